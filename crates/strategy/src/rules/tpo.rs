//! `tpo`: the two-pole oscillator crosses its delayed line.

use super::Newest;
use crate::decision::{Decision, Sheet};

pub(crate) fn buy(newest: &Newest<'_>) -> Decision {
    let (now, before) = (&newest.now.two_pole, &newest.previous().two_pole);
    let mut sheet = Sheet::new();
    sheet
        .above(
            "the oscillator is above its delayed line",
            now.line,
            now.delayed,
        )
        .at_most("it was not one candle before", before.line, before.delayed)
        .below("the oscillator is below zero", now.line, 0.0);
    sheet.decided()
}

pub(crate) fn sell(newest: &Newest<'_>) -> Decision {
    let (now, before) = (&newest.now.two_pole, &newest.previous().two_pole);
    let mut sheet = Sheet::new();
    sheet
        .below(
            "the oscillator is below its delayed line",
            now.line,
            now.delayed,
        )
        .at_least("it was not one candle before", before.line, before.delayed)
        .above("the oscillator is above zero", now.line, 0.0);
    sheet.decided()
}
