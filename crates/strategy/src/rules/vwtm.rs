//! `vwtm`: bull or bear power, Vortex and a volume-weighted mean agree, with volume.
//!
//! The former code held powers, which are price differences, against 0.5 in units of the price: always met by coins of
//! thousands, never by coins of cents (B-39). Repaired, they are measured in average true ranges.

use super::{Newest, green, red};
use crate::decision::{Decision, Sheet};
use crate::settings::{Form, VwtmSettings};

fn power(power: f64, newest: &Newest<'_>, settings: &VwtmSettings) -> f64 {
    match settings.form {
        Form::Repaired => power / newest.now.atr.simple,
        Form::Original => power,
    }
}

pub(crate) fn buy(newest: &Newest<'_>, settings: &VwtmSettings) -> Decision {
    let now = newest.now;
    let mut sheet = Sheet::new();
    sheet
        .above(
            "bull power",
            power(now.power.bull, newest, settings),
            settings.power_min,
        )
        .above(
            "upward Vortex above downward",
            now.vortex.up,
            now.vortex.down,
        )
        .above(
            "volume above its mean times a factor",
            now.candle.volume,
            settings.volume_factor_buy * now.volume_means.trend,
        )
        .above(
            "the volume-weighted mean rises",
            now.volume_weighted_mean,
            newest.previous().volume_weighted_mean,
        );
    green(&mut sheet, now);
    sheet.decided()
}

pub(crate) fn sell(newest: &Newest<'_>, settings: &VwtmSettings) -> Decision {
    let now = newest.now;
    let mut sheet = Sheet::new();
    sheet
        .below(
            "bear power",
            power(now.power.bear, newest, settings),
            -settings.power_min,
        )
        .above(
            "downward Vortex above upward",
            now.vortex.down,
            now.vortex.up,
        )
        .above(
            "volume above its mean times a factor",
            now.candle.volume,
            settings.volume_factor_sell * now.volume_means.trend,
        )
        .below(
            "the volume-weighted mean falls",
            now.volume_weighted_mean,
            newest.previous().volume_weighted_mean,
        );
    red(&mut sheet, now);
    sheet.decided()
}
