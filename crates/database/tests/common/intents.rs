//! Intents, orders, positions and fills as a bot writes them.

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_database::columns::{buy_ords, poss, sell_ords};
use cbtrade_database::{
    BuyOrder, Changes, Database, FillRow, Intent, IntentBegun, IntentFilter, NewIntent, OrderRow,
    Position, SellOrder, Settled, Side,
};

pub(crate) const PRODUCT: &str = "SOL-USDC";
/// The bots' clock need not be the server's.
pub(crate) const BEGUN_S: i64 = 1_500_000_000;

pub(crate) fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(crate) fn moment(second: i64) -> Timestamp {
    Timestamp::from_seconds(BEGUN_S + second).unwrap()
}

/// A live buy that needs no lease.
pub(crate) fn to_buy(client_order_id: &str) -> NewIntent {
    NewIntent {
        client_order_id: client_order_id.to_owned(),
        side: Side::Buy,
        prod_id: PRODUCT.to_owned(),
        is_test: false,
        pos_id: None,
        quote_size: Some(decimal("25")),
        base_size: None,
        prc_est: Some(decimal("200.5")),
        strat_type: Some("up".to_owned()),
        strat_name: Some("sha".to_owned()),
        strat_freq: Some("1h".to_owned()),
        bot_guid: "one".to_owned(),
        is_lease_needed: false,
        created: moment(0),
        reason: "it rises".to_owned(),
        limits: None,
    }
}

/// A live sale that needs no lease.
pub(crate) fn to_sell(client_order_id: &str, pos_id: i64) -> NewIntent {
    NewIntent {
        side: Side::Sell,
        pos_id: Some(pos_id),
        quote_size: None,
        base_size: Some(decimal("0.12")),
        strat_type: Some("profit".to_owned()),
        strat_name: Some("trail_profit".to_owned()),
        strat_freq: None,
        ..to_buy(client_order_id)
    }
}

pub(crate) fn buy_order(state: &str) -> Changes<BuyOrder> {
    Changes::new()
        .set(buy_ords::ord_stat, state)
        .set(buy_ords::buy_strat_type, "up")
        .set(buy_ords::buy_strat_name, "sha")
        .set(buy_ords::buy_strat_freq, "1h")
        .set(buy_ords::tot_out_cnt, decimal("25"))
}

pub(crate) fn sell_order(state: &str) -> Changes<SellOrder> {
    Changes::new()
        .set(sell_ords::ord_stat, state)
        .set(sell_ords::tot_in_cnt, decimal("26"))
}

pub(crate) fn position() -> Changes<Position> {
    Changes::new()
        .set(poss::symb, "USDC")
        .set(poss::base_symb, "SOL")
        .set(poss::buy_strat_type, "up")
        .set(poss::buy_strat_name, "sha")
        .set(poss::buy_strat_freq, "1h")
        .set(poss::tot_out_cnt, decimal("25"))
        .set(poss::hold_cnt, decimal("0.12"))
}

pub(crate) fn closed() -> Changes<Position> {
    Changes::new()
        .set(poss::pos_stat, "CLOSE")
        .set(poss::tot_in_cnt, decimal("26"))
        .set(poss::hold_cnt, decimal("0"))
}

pub(crate) fn fill(entry_id: &str, order_uuid: &str, side: Side) -> FillRow {
    FillRow {
        entry_id: entry_id.to_owned(),
        order_uuid: order_uuid.to_owned(),
        client_order_id: None,
        trade_id: Some(format!("trade of {entry_id}")),
        prod_id: PRODUCT.to_owned(),
        side,
        price: decimal("200.25"),
        size: decimal("0.06"),
        commission: Some(decimal("0.05")),
        liquidity: Some("TAKER".to_owned()),
        trade_unix: Some(BEGUN_S + 1),
        kind: Some("FILL".to_owned()),
    }
}

pub(crate) fn recorded(begun: IntentBegun) -> i64 {
    match begun {
        IntentBegun::Recorded(intent_id) => intent_id,
        other => panic!("it is not recorded: {other:?}"),
    }
}

pub(crate) async fn begin(database: &Database, intent: &NewIntent) -> i64 {
    recorded(database.db_intent_begin(intent).await.unwrap())
}

pub(crate) async fn of_order(database: &Database, client_order_id: &str) -> Intent {
    let filter = IntentFilter {
        client_order_ids: &[client_order_id],
        ..IntentFilter::default()
    };
    let found = database.db_intents_get(&filter).await.unwrap();
    found.into_iter().next().unwrap()
}

/// Buys; gives the position. The order's identifier is the bot's with a mark.
pub(crate) async fn bought(database: &Database, client_order_id: &str) -> i64 {
    let intent_id = begin(database, &to_buy(client_order_id)).await;
    let order_uuid = format!("{client_order_id}-uuid");
    database
        .db_intent_placed(intent_id, &order_uuid, OrderRow::Buy(&buy_order("OPEN")))
        .await
        .unwrap();
    let settled = settle_buy(database, intent_id, &order_uuid).await;
    assert!(!settled.was_done);
    settled.pos_id.unwrap()
}

pub(crate) async fn settle_buy(database: &Database, intent_id: i64, order_uuid: &str) -> Settled {
    let fills = [
        fill(&format!("{order_uuid}-b"), order_uuid, Side::Buy),
        fill(&format!("{order_uuid}-a"), order_uuid, Side::Buy),
    ];
    database
        .db_intent_buy_settled(
            intent_id,
            &buy_order("FILL"),
            Some(&position()),
            &fills,
            moment(2),
        )
        .await
        .unwrap()
}

pub(crate) async fn settle_sale(database: &Database, intent_id: i64, order_uuid: &str) -> Settled {
    let fills = [fill(&format!("{order_uuid}-a"), order_uuid, Side::Sell)];
    database
        .db_intent_sell_settled(intent_id, &sell_order("FILL"), &closed(), &fills, moment(3))
        .await
        .unwrap()
}
