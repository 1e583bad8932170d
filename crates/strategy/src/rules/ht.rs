//! `ht`: beyond Hull's bands and beyond the last fractal.
//!
//! The fractal of the former code included the judged candle, whose close cannot be above its own high (B-40). Repaired, it
//! is that of the candles before.

use super::{Newest, green, red};
use crate::decision::{Decision, Sheet};
use crate::settings::{Form, HtSettings};

fn fractal<'a>(newest: &Newest<'a>, settings: &HtSettings) -> &'a cbtrade_indicators::HullValue {
    match settings.form {
        Form::Repaired => &newest.previous().hull,
        Form::Original => &newest.now.hull,
    }
}

pub(crate) fn buy(newest: &Newest<'_>, settings: &HtSettings) -> Decision {
    let now = newest.now;
    let mut sheet = Sheet::new();
    sheet
        .above(
            "close above the upper band",
            now.candle.close,
            now.hull.upper,
        )
        .above("the average's change in percent", now.hull.momentum, 0.0)
        .above(
            "close above the last fractal's high",
            now.candle.close,
            fractal(newest, settings).fractal_high,
        );
    green(&mut sheet, now);
    sheet.decided()
}

pub(crate) fn sell(newest: &Newest<'_>, settings: &HtSettings) -> Decision {
    let now = newest.now;
    let mut sheet = Sheet::new();
    sheet
        .below(
            "close below the lower band",
            now.candle.close,
            now.hull.lower,
        )
        .below("the average's change in percent", now.hull.momentum, 0.0)
        .below(
            "close below the last fractal's low",
            now.candle.close,
            fractal(newest, settings).fractal_low,
        );
    red(&mut sheet, now);
    sheet.decided()
}
