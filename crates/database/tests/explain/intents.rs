//! An order's life in a history that is as long as the orders'.

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_database::columns::{buy_ords, poss, sell_ords};
use cbtrade_database::{
    Beat, BuyLimits, BuyOrder, Changes, FillRow, IntentFilter, IntentState, NewIntent, OrderRow,
    PaperOrder, Position, SellOrder, Side, StopLevel, VenueKind,
};

use crate::calls::{Listed, PRODUCT};

/// The layer's own tables that grow.
pub(crate) const TABLES: [&str; 2] = ["_cbtrade_intent", "_cbtrade_fill"];

/// An intent and a fill for each order of the history.
pub(crate) const HISTORY: &[&str] = &[
    "INSERT INTO _cbtrade_intent (intent_id, client_order_id, side, prod_id, test_txn_yn, state, order_uuid, pos_id, bo_id, \
     bot_guid, created_unix) SELECT bo_id, buy_client_order_id, 'BUY', prod_id, test_txn_yn, 'DONE', buy_order_uuid, bo_id, \
     bo_id, 'bot', buy_begin_unix FROM buy_ords",
    "INSERT INTO _cbtrade_fill (entry_id, order_uuid, prod_id, side, price, size, trade_unix) \
     SELECT buy_client_order_id, buy_order_uuid, prod_id, 'BUY', 1, 1, buy_begin_unix FROM buy_ords",
];

/// The first intent that a call records; the next one has the next number.
const FIRST: i64 = 200_001;
/// Positions of the product that can be sold, live and paper.
const LIVE: i64 = 108_307;
const LIVE_TOO: i64 = 134_347;
const PAPER: i64 = 100_387;

fn now() -> Timestamp {
    Timestamp::from_seconds(1_760_000_000).expect("within the calendar")
}

fn intent(client_order_id: &str, pos_id: Option<i64>) -> NewIntent {
    NewIntent {
        client_order_id: client_order_id.to_owned(),
        side: pos_id.map_or(Side::Buy, |_| Side::Sell),
        prod_id: PRODUCT.to_owned(),
        is_test: false,
        pos_id,
        quote_size: Some(Decimal::ONE),
        base_size: Some(Decimal::ONE),
        prc_est: Some(Decimal::ONE),
        strat_type: Some("up".to_owned()),
        strat_name: Some("sha".to_owned()),
        strat_freq: Some("15min".to_owned()),
        bot_guid: "bot".to_owned(),
        is_lease_needed: false,
        created: now(),
        reason: "why".to_owned(),
        limits: None,
    }
}

fn paper(client_order_id: &str, pos_id: Option<i64>) -> NewIntent {
    NewIntent {
        is_test: true,
        ..intent(client_order_id, pos_id)
    }
}

fn leased(client_order_id: &str) -> NewIntent {
    NewIntent {
        is_lease_needed: true,
        ..intent(client_order_id, None)
    }
}

fn limited(client_order_id: &str) -> NewIntent {
    NewIntent {
        limits: Some(BuyLimits {
            market_amt_max: Decimal::ZERO,
            kind_amt_max: Decimal::ZERO,
            pair_amt_max: Decimal::ZERO,
            pair_kind_amt_max: Decimal::ZERO,
            products_cnt_max: 0,
            pair_cnt_max: 0,
            strategy_cnt_max: 0,
        }),
        ..intent(client_order_id, None)
    }
}

fn buy() -> Changes<BuyOrder> {
    Changes::new().set(buy_ords::ord_stat, "FILL")
}

fn sell() -> Changes<SellOrder> {
    Changes::new().set(sell_ords::ord_stat, "FILL")
}

fn held() -> Changes<Position> {
    Changes::new().set(poss::hold_cnt, Decimal::ONE)
}

fn closed() -> Changes<Position> {
    Changes::new().set(poss::pos_stat, "CLOSE")
}

fn fill() -> [FillRow; 1] {
    [FillRow {
        entry_id: "entry".to_owned(),
        order_uuid: "explain-buy".to_owned(),
        client_order_id: None,
        trade_id: None,
        prod_id: PRODUCT.to_owned(),
        side: Side::Buy,
        price: Decimal::ONE,
        size: Decimal::ONE,
        commission: None,
        liquidity: None,
        trade_unix: None,
        kind: None,
    }]
}

fn open() -> IntentFilter<'static> {
    IntentFilter {
        states: &IntentState::OPEN,
        ..IntentFilter::default()
    }
}

pub(crate) fn intents() -> Vec<Listed> {
    calls! {
        /// a buy
        db_intent_begin(&intent("explain-1", None));
        /// a sale
        db_intent_begin(&intent("explain-2", Some(LIVE)));
        /// another sale
        db_intent_begin(&intent("explain-3", Some(LIVE_TOO)));
        /// without the lease
        db_intent_begin(&leased("explain-4"));
        db_intent_unknown(FIRST, "timed out");
        /// a buy
        db_intent_placed(FIRST, "explain-buy", OrderRow::Buy(&buy()));
        /// a sale
        db_intent_placed(FIRST + 1, "explain-sell", OrderRow::Sell(&sell()));
        db_intent_absent(FIRST + 2, "never seen", now());
        /// an absent sale
        db_intent_placed(FIRST + 2, "explain-late", OrderRow::Sell(&sell()));
        db_intent_buy_settled(FIRST, &buy(), Some(&held()), &fill(), now());
        db_intent_sell_settled(FIRST + 1, &sell(), &closed(), &fill(), now());
        /// a buy to be refused
        db_intent_begin(&intent("explain-5", None));
        db_intent_refused(FIRST + 3, "no funds", now());
        /// a buy
        db_intent_paper(
            &paper("explain-6", None),
            "explain-paper-1",
            PaperOrder::Buy { order: &buy(), position: &held() },
            now(),
        );
        /// a sale
        db_intent_paper(
            &paper("explain-7", Some(PAPER)),
            "explain-paper-2",
            PaperOrder::Sell { order: &sell(), position: &closed() },
            now(),
        );
        db_intent_adopt(&intent("explain-8", None), "explain-adopted");
        /// a buy with limits
        db_intent_begin(&limited("explain-9"));
        /// open ones
        db_intents_get(&open());
        /// open ones of a product
        db_intents_get(&IntentFilter { prod_id: Some(PRODUCT), ..open() });
        /// of a position
        db_intents_get(&IntentFilter { pos_id: Some(LIVE), ..IntentFilter::default() });
        /// of orders
        db_intents_get(&IntentFilter {
            client_order_ids: &["explain-1", "explain-2"],
            ..IntentFilter::default()
        });
        /// of an order at the exchange
        db_intents_get(&IntentFilter {
            order_uuid: Some("explain-buy"),
            ..IntentFilter::default()
        });
        /// of an order
        db_fills_get(Some("explain-buy"), None);
        /// of a product
        db_fills_get(None, Some(PRODUCT));
        db_fills_add(&fill());
        db_stop_level_set(StopLevel::NoNewBuys, "why", "who");
        db_stop_level_get();
        db_stop_rearm("why", "who");
        db_live_trades_there();
        db_venue_get();
        db_venue_set(VenueKind::Local, "who");
        db_bot_heartbeat(&Beat {
            bot: "one".to_owned(),
            guid: "bot".to_owned(),
            ..Beat::default()
        });
        db_bots_get();
        db_bot_gone("one");
    }
}
