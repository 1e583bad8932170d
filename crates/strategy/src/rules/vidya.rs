//! `vidya`: the trend of the variable index dynamic average turns.

use super::Newest;
use crate::decision::{Decision, Sheet};

pub(crate) fn buy(newest: &Newest<'_>) -> Decision {
    let (now, previous) = (newest.now, newest.previous());
    let mut sheet = Sheet::new();
    sheet
        .above(
            "close above the upper band",
            now.candle.close,
            now.vidya.upper,
        )
        .at_most(
            "it was not one candle before",
            previous.candle.close,
            previous.vidya.upper,
        )
        .met("the trend turned up", usize::from(now.vidya.is_turned_up));
    sheet.decided()
}

pub(crate) fn sell(newest: &Newest<'_>) -> Decision {
    let (now, previous) = (newest.now, newest.previous());
    let mut sheet = Sheet::new();
    sheet
        .below(
            "close below the lower band",
            now.candle.close,
            now.vidya.lower,
        )
        .at_least(
            "it was not one candle before",
            previous.candle.close,
            previous.vidya.lower,
        )
        .met(
            "the trend turned down",
            usize::from(now.vidya.is_turned_down),
        );
    sheet.decided()
}
