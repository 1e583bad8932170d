//! `bb`: rebound from below the bands. `bb_bo`: breakout above them. Neither has an exit.

use super::{Newest, green_twice};
use crate::decision::{Decision, Sheet};

pub(crate) fn rebound_buy(newest: &Newest<'_>) -> Decision {
    let now = newest.now;
    let mut sheet = Sheet::new();
    sheet
        .above(
            "close above the inner lower band",
            now.candle.close,
            now.band_inner.lower,
        )
        .below(
            "a close below the outer lower band in the three candles before: deepest, against 0",
            newest.lowest_before(|row| row.candle.close - row.band_outer.lower),
            0.0,
        );
    green_twice(&mut sheet, now);
    sheet.decided()
}

pub(crate) fn breakout_buy(newest: &Newest<'_>) -> Decision {
    let now = newest.now;
    let mut sheet = Sheet::new();
    sheet
        .above(
            "close above the upper band",
            now.candle.close,
            now.band_breakout.upper,
        )
        .below(
            "a close below the upper band in the three candles before: deepest, against 0",
            newest.lowest_before(|row| row.candle.close - row.band_breakout.upper),
            0.0,
        );
    green_twice(&mut sheet, now);
    sheet.decided()
}
