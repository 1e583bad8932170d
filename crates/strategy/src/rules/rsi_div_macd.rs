//! `rsi_div_macd`: closes and relative strength diverge, MACD and volume agree.
//!
//! A local extreme needs five later candles. The former code asked for one at the judged candle, which never has them
//! (B-40), and had MACD's signal and histogram swapped. Repaired, the divergence counts at the candle that confirms it.

use super::{Newest, green, red};
use crate::decision::{Decision, Sheet};
use crate::settings::{Form, RsiDivMacdSettings};

fn known(is_diverging: bool, settings: &RsiDivMacdSettings) -> usize {
    usize::from(is_diverging && settings.form == Form::Repaired)
}

pub(crate) fn buy(newest: &Newest<'_>, settings: &RsiDivMacdSettings) -> Decision {
    let now = newest.now;
    let mut sheet = Sheet::new();
    sheet
        .met(
            "a lower low with a higher relative strength became known",
            known(now.divergence.is_bullish, settings),
        )
        .above("MACD above its signal", now.macd.line, now.macd.signal)
        .above(
            "volume above its mean times a factor",
            now.candle.volume,
            settings.volume_factor_buy * now.volume_means.divergence,
        );
    green(&mut sheet, now);
    sheet.decided()
}

pub(crate) fn sell(newest: &Newest<'_>, settings: &RsiDivMacdSettings) -> Decision {
    let now = newest.now;
    let mut sheet = Sheet::new();
    sheet
        .met(
            "a higher high with a lower relative strength became known",
            known(now.divergence.is_bearish, settings),
        )
        .below("MACD below its signal", now.macd.line, now.macd.signal)
        .above(
            "volume above its mean times a factor",
            now.candle.volume,
            settings.volume_factor_sell * now.volume_means.divergence,
        );
    red(&mut sheet, now);
    sheet.decided()
}
