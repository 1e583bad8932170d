//! `drop`: back above a price so many percent below the day's high. No exit.

use cbtrade_indicators::Row;

use super::{Newest, green_twice};
use crate::decision::{Decision, Sheet};
use crate::settings::DropSettings;

pub(crate) fn buy(newest: &Newest<'_>, settings: &DropSettings) -> Decision {
    let target = |row: &Row| row.day_high * (1.0 - settings.drop_pct / 100.0);
    let now = newest.now;
    let mut sheet = Sheet::new();
    sheet
        .above("close above the dip's price", now.candle.close, target(now))
        .below(
            "a close below the dip's price in the three candles before: deepest, against 0",
            newest.lowest_before(|row| row.candle.close - target(row)),
            0.0,
        );
    green_twice(&mut sheet, now);
    sheet.decided()
}
