//! `sha`: fast and slow smoothed Heikin-Ashi agree.

use cbtrade_indicators::{HeikinAshiValue, Row};

use super::{Newest, green_twice, red_twice};
use crate::decision::{Decision, Sheet};

/// A smoothed candle and the one before it.
struct Pair<'a> {
    now: &'a HeikinAshiValue,
    before: &'a HeikinAshiValue,
}

fn pair<'a>(newest: &Newest<'a>, part: fn(&Row) -> &HeikinAshiValue) -> Pair<'a> {
    Pair {
        now: part(newest.now),
        before: part(newest.previous()),
    }
}

pub(crate) fn buy(newest: &Newest<'_>) -> Decision {
    let close = newest.now.candle.close;
    let fast = pair(newest, |row| &row.sha_fast);
    let slow = pair(newest, |row| &row.sha_slow);
    let mut sheet = Sheet::new();
    sheet
        .above("close above the fast close", close, fast.now.close)
        .above("close above the slow close", close, slow.now.close)
        .above("the fast body grows", fast.now.body(), fast.before.body())
        .above("the slow body grows", slow.now.body(), slow.before.body())
        .above(
            "the fast upper wick is the longer",
            fast.now.wick_upper(),
            fast.now.wick_lower(),
        )
        .above(
            "the slow upper wick is the longer",
            slow.now.wick_upper(),
            slow.now.wick_lower(),
        )
        .above("fast is green", fast.now.close, fast.now.open)
        .above("slow is green", slow.now.close, slow.now.open)
        .above("fast was green", fast.before.close, fast.before.open)
        .above("slow was green", slow.before.close, slow.before.open);
    green_twice(&mut sheet, newest.now);
    sheet.decided()
}

pub(crate) fn sell(newest: &Newest<'_>) -> Decision {
    let close = newest.now.candle.close;
    let fast = pair(newest, |row| &row.sha_fast);
    let slow = pair(newest, |row| &row.sha_slow);
    let mut sheet = Sheet::new();
    sheet
        .below("close below the fast close", close, fast.now.close)
        .below("close below the slow close", close, slow.now.close)
        .below("the fast body shrinks", fast.now.body(), fast.before.body())
        .below("the slow body shrinks", slow.now.body(), slow.before.body())
        .below(
            "the fast lower wick is the longer",
            fast.now.wick_upper(),
            fast.now.wick_lower(),
        )
        .below(
            "the slow lower wick is the longer",
            slow.now.wick_upper(),
            slow.now.wick_lower(),
        )
        .at_most("fast is red", fast.now.close, fast.now.open)
        .at_most("slow is red", slow.now.close, slow.now.open)
        .at_most("fast was red", fast.before.close, fast.before.open)
        .at_most("slow was red", slow.before.close, slow.before.open);
    red_twice(&mut sheet, newest.now);
    sheet.decided()
}
