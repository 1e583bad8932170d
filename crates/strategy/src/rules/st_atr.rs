//! `st_atr`: Supertrend, where there is enough volatility. A state, not an event: it stays true for the whole trend.
//!
//! Volatility is the simple average true range over the mean close, whatever other strategies look at (B-53).

use super::{Newest, green, red};
use crate::decision::{Decision, Sheet};
use crate::settings::StAtrSettings;

pub(crate) fn buy(newest: &Newest<'_>, settings: &StAtrSettings) -> Decision {
    let now = newest.now;
    let mut sheet = Sheet::new();
    sheet
        .above(
            "close above Supertrend",
            now.candle.close,
            now.supertrend.line,
        )
        .met("the trend is up", usize::from(now.supertrend.is_up))
        .above(
            "the range against the mean close",
            now.volatility,
            settings.volatility_min,
        );
    green(&mut sheet, now);
    sheet.decided()
}

pub(crate) fn sell(newest: &Newest<'_>) -> Decision {
    let now = newest.now;
    let mut sheet = Sheet::new();
    sheet
        .below(
            "close below Supertrend",
            now.candle.close,
            now.supertrend.line,
        )
        .met("the trend is down", usize::from(!now.supertrend.is_up));
    red(&mut sheet, now);
    sheet.decided()
}
