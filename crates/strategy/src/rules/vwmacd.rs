//! `vwmacd`: MACD with volume. A state, not an event.

use super::{Newest, green, red};
use crate::decision::{Decision, Sheet};
use crate::settings::VwmacdSettings;

pub(crate) fn buy(newest: &Newest<'_>, settings: &VwmacdSettings) -> Decision {
    let now = newest.now;
    let mut sheet = Sheet::new();
    sheet
        .above("MACD above its signal", now.macd.line, now.macd.signal)
        .above("the histogram is positive", now.macd.histogram, 0.0)
        .above(
            "volume above its mean times a factor",
            now.candle.volume,
            settings.volume_factor_buy * now.volume_means.macd,
        );
    green(&mut sheet, now);
    sheet.decided()
}

pub(crate) fn sell(newest: &Newest<'_>, settings: &VwmacdSettings) -> Decision {
    let now = newest.now;
    let mut sheet = Sheet::new();
    sheet
        .below("MACD below its signal", now.macd.line, now.macd.signal)
        .above(
            "volume above its mean times a factor",
            now.candle.volume,
            settings.volume_factor_sell * now.volume_means.macd,
        );
    red(&mut sheet, now);
    sheet.decided()
}
