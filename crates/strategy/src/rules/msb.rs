//! `msb`: a close beyond the extremes of the market's last candles, with volume.
//!
//! The window of the former code included the judged candle, whose close cannot be above its own high (B-40). Repaired, it
//! ends one candle before.

use cbtrade_indicators::Extremes;

use super::{Newest, green, red};
use crate::decision::{Decision, Sheet};
use crate::settings::{Form, MsbSettings};

fn window<'a>(newest: &Newest<'a>, settings: &MsbSettings) -> &'a Extremes {
    match settings.form {
        Form::Repaired => &newest.previous().structure,
        Form::Original => &newest.now.structure,
    }
}

pub(crate) fn buy(newest: &Newest<'_>, settings: &MsbSettings) -> Decision {
    let now = newest.now;
    let mut sheet = Sheet::new();
    sheet.above(
        "close above the window's highest high",
        now.candle.close,
        window(newest, settings).highest,
    );
    volume_and_range(&mut sheet, newest, settings.volume_factor_buy, settings);
    green(&mut sheet, now);
    sheet.decided()
}

pub(crate) fn sell(newest: &Newest<'_>, settings: &MsbSettings) -> Decision {
    let now = newest.now;
    let mut sheet = Sheet::new();
    sheet.below(
        "close below the window's lowest low",
        now.candle.close,
        window(newest, settings).lowest,
    );
    volume_and_range(&mut sheet, newest, settings.volume_factor_sell, settings);
    red(&mut sheet, now);
    sheet.decided()
}

fn volume_and_range(sheet: &mut Sheet, newest: &Newest<'_>, factor: f64, settings: &MsbSettings) {
    let now = newest.now;
    sheet
        .above(
            "volume above its mean times a factor",
            now.candle.volume,
            factor * now.volume_means.structure,
        )
        .above(
            "the range against the price",
            now.atr.wilder / now.candle.close,
            settings.volatility_min,
        );
}
