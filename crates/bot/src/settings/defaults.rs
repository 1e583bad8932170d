//! Values that hold where the file has none, as far as they are more than one number.

use cbtrade_indicators::Interval;

use super::values::ByInterval;

/// `stable_coins`.
pub(super) const STABLE_COINS: [&str; 7] = ["DAI", "GUSD", "PAX", "PYUSD", "USD", "USDC", "USDT"];

/// `buy.trade_size_boost_thresholds_pct_day`, in thousandths.
pub(super) const BOOST_THRESHOLDS: [i128; 12] = [
    100, 250, 500, 1_000, 3_000, 5_000, 8_000, 13_000, 21_000, 34_000, 55_000, 89_000,
];

/// `sell.take_profit.trailing_profit_levels`, in thousandths.
pub(super) const GIVE_BACKS: [(i128, i128); 10] = [
    (1_000, 200),
    (2_000, 400),
    (3_000, 600),
    (5_000, 1_000),
    (8_000, 2_000),
    (13_000, 2_500),
    (21_000, 3_000),
    (34_000, 3_500),
    (55_000, 4_000),
    (89_000, 4_500),
];

const TRADED: [Interval; 5] = [
    Interval::FifteenMinutes,
    Interval::ThirtyMinutes,
    Interval::OneHour,
    Interval::FourHours,
    Interval::OneDay,
];

fn by_interval(rest: i64, own: [i64; 5]) -> ByInterval<i64> {
    let pairs = TRADED.into_iter().zip(own);
    pairs.fold(ByInterval::all(rest), |values, (interval, value)| {
        values.with(interval, value)
    })
}

/// `buy.buy_strat_delay_minutes`.
pub(super) fn strategy_delay_minutes() -> ByInterval<i64> {
    by_interval(30, [5, 10, 20, 40, 240])
}

/// `strats.NAME.buy.tests_min`.
pub(super) fn tests_min() -> ByInterval<i64> {
    by_interval(10, [8, 6, 4, 3, 2])
}

/// `strats.NAME.buy.boost_tests_min`.
pub(super) fn boost_tests_min() -> ByInterval<i64> {
    by_interval(11, [11, 9, 7, 5, 3])
}
