//! How products and strategies have traded, from the rows that the database keeps, as decisions read it.

use std::collections::BTreeMap;

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_database::{
    Database, Error, Intent, IntentFilter, IntentState, Position, ProductFilter, Side,
    StrategyPerformance, TradeFilter, TradePerformance,
};
use cbtrade_indicators::Interval;
use cbtrade_strategy::Strategy;

use crate::decide::{ByClass, Combination, Performance, StrategyPerformances};

/// The classes of performance rows.
const CLASSES: [&str; 3] = ["L", "T", "A"];

/// Takes the fields that rows of both tables share.
macro_rules! performance {
    ($row:expr, $last_buy:ident, $now:expr) => {
        Performance {
            total_cnt: $row.tot_cnt.unwrap_or_default(),
            open_cnt: $row.tot_open_cnt.unwrap_or_default(),
            close_cnt: $row.tot_close_cnt.unwrap_or_default(),
            gain_amt: number($row.gain_loss_amt),
            gain_pct: number($row.gain_loss_pct),
            gain_pct_hour: number($row.gain_loss_pct_hr),
            gain_pct_day: number($row.gain_loss_pct_day),
            gain_close_pct_day: number($row.gain_loss_close_pct_day),
            minutes_since_buy: minutes_since($row.$last_buy, $now),
        }
    };
}

/// How a product and its strategies have traded. How many positions are open, and when the last was bought, does not come
/// from the performance rows, which may be missing or a day old: it is counted from `positions`, which are all that is open
/// of the product, and from the orders that are out to buy it.
///
/// # Errors
/// The database cannot be reached.
pub(crate) async fn of_product(
    database: &Database,
    prod_id: &str,
    positions: &[Position],
    now: Timestamp,
) -> Result<(ByClass<Performance>, StrategyPerformances), Error> {
    // Orders first: one that is settled in between is counted twice, and never not at all.
    let out = IntentFilter {
        prod_id: Some(prod_id),
        states: &IntentState::OPEN,
        ..IntentFilter::default()
    };
    let orders = database.db_intents_get(&out).await?;
    let mut product = ByClass::default();
    let mut strategies: StrategyPerformances = BTreeMap::new();
    for class in CLASSES {
        let filter = ProductFilter {
            prod_id: Some(prod_id),
            lta: Some(class),
            ..ProductFilter::default()
        };
        for row in database.db_trade_perfs_get(filter, 0).await? {
            put(&mut product, class, of_row(&row, now));
        }
        let filter = TradeFilter {
            prod_id: Some(prod_id),
            lta: Some(class),
            ..TradeFilter::default()
        };
        for row in database.db_trade_strat_perfs_get(filter, 0).await? {
            if let Some(combination) = combination(&row) {
                put(
                    strategies.entry(combination).or_default(),
                    class,
                    performance!(row, last_buy_strat_unix, now),
                );
            }
        }
    }
    let bought = orders.iter().filter(|intent| intent.side == Side::Buy);
    let held: Vec<Held> = bought
        .map(Held::of_order)
        .chain(positions.iter().map(Held::of_position))
        .collect();
    recount(&mut product, &mut strategies, &held, now);
    Ok((product, strategies))
}

/// What counts as open: a position, or an order that is out to buy one.
#[derive(Debug, Clone, Copy)]
struct Held {
    combination: Option<Combination>,
    is_test: bool,
    begun_unix: Option<i64>,
}

impl Held {
    fn of_position(position: &Position) -> Held {
        Held {
            combination: named(
                position.buy_strat_name.as_deref(),
                position.buy_strat_freq.as_deref(),
            ),
            is_test: crate::reconcile::is_test(position.test_txn_yn.as_deref()),
            begun_unix: position.pos_begin_unix,
        }
    }

    fn of_order(intent: &Intent) -> Held {
        Held {
            combination: named(intent.strat_name.as_deref(), intent.strat_freq.as_deref()),
            is_test: intent.is_test(),
            begun_unix: Some(intent.created_unix),
        }
    }
}

/// Counts anew what is open.
fn recount(
    product: &mut ByClass<Performance>,
    strategies: &mut StrategyPerformances,
    held: &[Held],
    now: Timestamp,
) {
    for performance in strategies.values_mut().chain([&mut *product]) {
        for class in [
            &mut performance.live,
            &mut performance.test,
            &mut performance.all,
        ] {
            class.open_cnt = 0;
        }
    }
    for one in held {
        count(product, one, now);
        if let Some(combination) = one.combination {
            count(strategies.entry(combination).or_default(), one, now);
        }
    }
}

fn count(performance: &mut ByClass<Performance>, held: &Held, now: Timestamp) {
    let own = if held.is_test {
        &mut performance.test
    } else {
        &mut performance.live
    };
    let since = minutes_since(held.begun_unix, now);
    for class in [own, &mut performance.all] {
        class.open_cnt += 1;
        class.minutes_since_buy = match (class.minutes_since_buy, since) {
            (Some(known), Some(since)) => Some(known.min(since)),
            (known, since) => known.or(since),
        };
    }
}

/// A product's row.
pub(crate) fn of_row(row: &TradePerformance, now: Timestamp) -> Performance {
    performance!(row, last_buy_unix, now)
}

/// The strategy and candles of a row; none for one that is not known, such as one of an operator's own.
fn combination(row: &StrategyPerformance) -> Option<Combination> {
    named(Some(&row.buy_strat_name), Some(&row.buy_strat_freq))
}

fn named(name: Option<&str>, interval: Option<&str>) -> Option<Combination> {
    Some(Combination {
        strategy: Strategy::of_name(name?.trim_end())?,
        interval: Interval::of_name(interval?.trim_end())?,
    })
}

fn put(of: &mut ByClass<Performance>, class: &str, performance: Performance) {
    match class {
        "L" => of.live = performance,
        "T" => of.test = performance,
        _ => of.all = performance,
    }
}

fn number(value: Option<Decimal>) -> Decimal {
    value.unwrap_or_default()
}

/// Minutes between a buy and now, both by the venue's clock; none where there was no buy.
fn minutes_since(last_buy_unix: Option<i64>, now: Timestamp) -> Option<i64> {
    let last = last_buy_unix.filter(|last| *last > 0)?;
    Some((now.as_seconds() - last).max(0) / 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(strategy: Strategy, is_test: bool, begun_unix: i64) -> Held {
        let interval = Interval::OneHour;
        Held {
            combination: Some(Combination { strategy, interval }),
            is_test,
            begun_unix: Some(begun_unix),
        }
    }

    #[test]
    fn what_is_open_is_counted_where_no_row_tells_of_it() {
        let now = Timestamp::from_seconds(10_000).unwrap();
        let (mut product, mut strategies) = (ByClass::default(), BTreeMap::new());
        // A row that is a day old, of what was closed since.
        let sha = held(Strategy::Sha, false, 0).combination.unwrap();
        let old: &mut ByClass<Performance> = strategies.entry(sha).or_default();
        old.live.open_cnt = 7;
        old.live.minutes_since_buy = Some(3);
        let open = [
            held(Strategy::Drop, false, 9_400),
            held(Strategy::Drop, false, 4_000),
            held(Strategy::Drop, true, 1_000),
            held(Strategy::Sha, false, 1_000),
        ];
        recount(&mut product, &mut strategies, &open, now);
        let counts =
            |of: &ByClass<Performance>| (of.live.open_cnt, of.test.open_cnt, of.all.open_cnt);
        assert_eq!(counts(&product), (3, 1, 4));
        assert_eq!(product.live.minutes_since_buy, Some(10));
        let drop = held(Strategy::Drop, false, 0).combination.unwrap();
        assert_eq!(counts(&strategies[&drop]), (2, 1, 3));
        assert_eq!(strategies[&drop].test.minutes_since_buy, Some(150));
        assert_eq!(counts(&strategies[&sha]), (1, 0, 1));
        // The last buy of a closed position is what the row says.
        assert_eq!(strategies[&sha].live.minutes_since_buy, Some(3));
    }
}
