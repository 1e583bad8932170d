//! The venue's books beside the database's, to the last digit.

use std::collections::{BTreeMap, BTreeSet};

use cbtrade_coinbase::Coinbase;
use cbtrade_core::Decimal;
use cbtrade_database::{Database, FillRow, IntentFilter, IntentState, TradeFilter};
use cbtrade_exchange::{Exchange as _, Fill, FillQuery, Order, OrderQuery, Side};

use super::CASH;

fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

/// How much was compared.
#[derive(Debug, Default)]
pub(super) struct Compared {
    pub(super) orders: usize,
    pub(super) fills: usize,
    pub(super) buys: usize,
    pub(super) sales: usize,
}

fn sum(numbers: impl IntoIterator<Item = Decimal>) -> Decimal {
    numbers.into_iter().fold(Decimal::ZERO, |sum, number| {
        sum.checked_add(number).unwrap()
    })
}

pub(super) async fn compare(exchange: &Coinbase, database: &Database) -> Compared {
    let orders = exchange.orders(&OrderQuery::default()).await.unwrap();
    let fills = exchange.fills(&FillQuery::default()).await.unwrap();
    let intents = database
        .db_intents_get(&IntentFilter::default())
        .await
        .unwrap();
    let mut compared = Compared {
        orders: orders.len(),
        fills: fills.len(),
        ..Compared::default()
    };

    // Every order has its intent, and every intent that is done its order: none twice, none lost.
    let at_venue: BTreeMap<&str, &Order> = orders
        .iter()
        .map(|order| (order.client_order_id.as_str(), order))
        .collect();
    assert_eq!(
        at_venue.len(),
        orders.len(),
        "a client id twice at the venue"
    );
    let live: Vec<_> = intents.iter().filter(|intent| !intent.is_test()).collect();
    for intent in &live {
        let order = at_venue.get(intent.client_order_id.as_str());
        match intent.state {
            IntentState::Done => {
                let order =
                    order.unwrap_or_else(|| panic!("the venue has no order for {intent:?}"));
                assert_eq!(intent.order_uuid.as_deref(), Some(order.order_id.as_str()));
            }
            IntentState::Refused | IntentState::Absent => {
                assert!(order.is_none(), "the venue has an order for {intent:?}");
            }
            IntentState::Sending | IntentState::Unknown | IntentState::Placed => {
                panic!("not at its end: {intent:?}");
            }
        }
    }
    let known: BTreeSet<&str> = live
        .iter()
        .map(|intent| intent.client_order_id.as_str())
        .collect();
    for order in &orders {
        assert!(
            known.contains(order.client_order_id.as_str()),
            "an order without intent: {order:?}"
        );
    }

    // Every fill is kept, digit by digit.
    let kept: BTreeMap<String, FillRow> = database
        .db_fills_get(None, None)
        .await
        .unwrap()
        .into_iter()
        .map(|fill| (fill.entry_id.clone(), fill))
        .collect();
    assert_eq!(kept.len(), fills.len(), "fills kept and fills at the venue");
    for fill in &fills {
        let row = &kept[&fill.entry_id];
        let digits = (row.price, row.size, row.commission.unwrap());
        assert_eq!(
            digits,
            (fill.price, fill.base_size().unwrap(), fill.commission),
            "{fill:?}"
        );
    }
    compare_balances(exchange, database, &fills, &mut compared).await;
    compare_positions(database, &orders, &fills).await;
    compared
}

async fn compare_balances(
    exchange: &Coinbase,
    database: &Database,
    fills: &[Fill],
    compared: &mut Compared,
) {
    let value = |fill: &Fill| fill.base_size().unwrap().checked_mul(fill.price).unwrap();
    let mut cash = decimal(CASH);
    for fill in fills {
        cash = match fill.side {
            Side::Buy => {
                compared.buys += 1;
                let paid = value(fill).checked_add(fill.commission).unwrap();
                cash.checked_sub(paid).unwrap()
            }
            Side::Sell => {
                compared.sales += 1;
                let got = value(fill).checked_sub(fill.commission).unwrap();
                cash.checked_add(got).unwrap()
            }
        };
    }
    let live = TradeFilter {
        lta: Some("L"),
        ..TradeFilter::default()
    };
    let mut held: BTreeMap<String, Decimal> = BTreeMap::new();
    for position in database.db_poss_get(live, None, None).await.unwrap() {
        let row = position.row;
        assert_ne!(
            row.pos_stat.as_deref(),
            Some("SELL"),
            "an orphaned position: {row:?}"
        );
        let coins = held.entry(row.base_symb.unwrap()).or_default();
        *coins = coins.checked_add(row.hold_cnt.unwrap()).unwrap();
    }
    for account in exchange.accounts().await.unwrap() {
        assert_eq!(account.hold, Decimal::ZERO, "{account:?}");
        let expected = match account.currency.as_str() {
            "USDC" => cash,
            currency => held.get(currency).copied().unwrap_or_default(),
        };
        assert_eq!(account.available, expected, "{}", account.currency);
    }
}

/// What a position that the fleet opened has cost and brought is what its orders' fills say.
async fn compare_positions(database: &Database, orders: &[Order], fills: &[Fill]) {
    let live = TradeFilter {
        lta: Some("L"),
        ..TradeFilter::default()
    };
    let mut of_order: BTreeMap<&str, Vec<&Fill>> = BTreeMap::new();
    for fill in fills {
        of_order.entry(&fill.order_id).or_default().push(fill);
    }
    let positions = database.db_poss_get(live, None, None).await.unwrap();
    let mut opened: BTreeSet<String> = BTreeSet::new();
    for position in positions {
        let Some(uuid) = position.row.bo_uuid.clone() else {
            continue;
        };
        let Some(fills) = of_order.get(uuid.as_str()) else {
            continue;
        };
        let cost = sum(fills.iter().map(|fill| {
            let value = fill.size.checked_mul(fill.price).unwrap();
            value.checked_add(fill.commission).unwrap()
        }));
        assert_eq!(position.row.tot_out_cnt, Some(cost), "{uuid}");
        assert_eq!(
            position.row.buy_cnt,
            Some(sum(fills.iter().map(|fill| fill.size))),
            "{uuid}"
        );
        assert!(opened.insert(uuid), "a position twice");
    }
    let bought = orders
        .iter()
        .filter(|order| order.side == Side::Buy && order.filled_size > Decimal::ZERO);
    assert_eq!(
        bought.count(),
        opened.len(),
        "buys that were filled, and positions"
    );
}
