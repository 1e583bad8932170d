//! `imp_macd`: Impulse MACD crosses its signal, strongly enough.

use super::{Newest, green_twice, red_twice};
use crate::decision::{Decision, Sheet};
use crate::settings::ImpMacdSettings;

/// Added to the signal before it divides; it matters for coins priced below about 1e-4.
const SIGNAL_FLOOR: f64 = 1e-8;

pub(crate) fn buy(newest: &Newest<'_>, settings: &ImpMacdSettings) -> Decision {
    let (now, previous) = (newest.now, newest.previous());
    let impulse = &now.impulse;
    let share = settings.distance_pct_min / 100.0;
    let mut sheet = Sheet::new();
    sheet
        .above("the line is above its signal", impulse.line, impulse.signal)
        .at_most(
            "it was not one candle before",
            previous.impulse.line,
            previous.impulse.signal,
        );
    if settings.is_filtered {
        sheet.above(
            "the histogram is strong against its mean",
            impulse.histogram.abs(),
            settings.strength_min * impulse.histogram_mean.abs(),
        );
    }
    sheet.met(
        "the bar is lime or green",
        usize::from(impulse.colour.is_rising()),
    );
    green_twice(&mut sheet, now);
    sheet
        .above(
            "line over signal, as a share of the signal",
            impulse.histogram / (impulse.signal.abs() + SIGNAL_FLOOR),
            share,
        )
        .above(
            "line over signal, against the range",
            impulse.histogram,
            share * now.atr.simple,
        );
    sheet.decided()
}

pub(crate) fn sell(newest: &Newest<'_>, settings: &ImpMacdSettings) -> Decision {
    let (now, previous) = (newest.now, newest.previous());
    let impulse = &now.impulse;
    let share = settings.distance_pct_min / 100.0;
    let mut sheet = Sheet::new();
    sheet
        .below("the line is below its signal", impulse.line, impulse.signal)
        .at_least(
            "it was not one candle before",
            previous.impulse.line,
            previous.impulse.signal,
        )
        .met(
            "the bar is red or orange",
            usize::from(!impulse.colour.is_rising()),
        );
    red_twice(&mut sheet, now);
    sheet
        .below(
            "line under signal, as a share of the signal",
            impulse.histogram / (impulse.signal.abs() + SIGNAL_FLOOR),
            -share,
        )
        .below(
            "line under signal, against the range",
            impulse.histogram,
            -share * now.atr.simple,
        );
    sheet.decided()
}
