//! The day's orders: what a bot means to do, and what came of it.

use cbtrade_database::{
    Beat, Changes, Database, IntentBegun, IntentFilter, IntentState, OrderRow, PaperOrder,
    PaperTraded, Side, StopLevel, VenueKind, columns::poss,
};

use super::common::intents::{
    PRODUCT, begin, bought, buy_order, closed, fill, moment, of_order, position, sell_order,
    settle_sale, to_buy, to_sell,
};

pub(super) async fn order_life(database: &Database) {
    let beat = Beat {
        bot: "auto-1".to_owned(),
        guid: "one".to_owned(),
        mode: "auto".to_owned(),
        host: "here".to_owned(),
        state: "begins".to_owned(),
        figures: "{}".to_owned(),
        ..Beat::default()
    };
    assert_eq!(database.db_venue_get().await.unwrap(), None);
    let mark = database.db_venue_set(VenueKind::Coinbase, "story").await;
    assert_eq!(mark.unwrap().venue, VenueKind::Coinbase);
    assert!(database.db_live_trades_there().await.unwrap());
    database.db_bot_heartbeat(&beat).await.unwrap();
    assert_eq!(database.db_bots_get().await.unwrap()[0].guid, "one");

    let pos_id = bought(database, "life-buy").await;
    let sale = begin(database, &to_sell("life-sell", pos_id)).await;
    assert!(database.db_intent_unknown(sale, "timed out").await.unwrap());
    assert!(
        database
            .db_intent_absent(sale, "never seen", moment(1))
            .await
            .unwrap()
    );
    let order = sell_order("OPEN");
    database
        .db_intent_placed(sale, "life-sell-uuid", OrderRow::Sell(&order))
        .await
        .unwrap();
    settle_sale(database, sale, "life-sell-uuid").await;
    assert_eq!(
        of_order(database, "life-sell").await.state,
        IntentState::Done
    );
    let again = fill("life-sell-uuid-a", "life-sell-uuid", Side::Sell);
    assert_eq!(database.db_fills_add(&[again]).await.unwrap(), 0);
    assert_eq!(
        database
            .db_fills_get(None, Some(PRODUCT))
            .await
            .unwrap()
            .len(),
        3
    );

    let refused = begin(database, &to_buy("life-refused")).await;
    assert!(
        database
            .db_intent_refused(refused, "no funds", moment(2))
            .await
            .unwrap()
    );
    paper(database).await;

    database
        .db_stop_level_set(StopLevel::NoNewBuys, "the market closes", "story")
        .await
        .unwrap();
    assert_eq!(
        database.db_stop_level_get().await.unwrap().level,
        StopLevel::NoNewBuys
    );
    let begun = database
        .db_intent_begin(&to_buy("life-late"))
        .await
        .unwrap();
    assert!(matches!(begun, IntentBegun::Stopped(_)), "{begun:?}");
    database.db_stop_rearm("a new day", "story").await.unwrap();
    let open = IntentFilter {
        prod_id: Some(PRODUCT),
        states: &IntentState::OPEN,
        ..IntentFilter::default()
    };
    assert_eq!(database.db_intents_get(&open).await.unwrap(), []);
    assert!(database.db_bot_gone("auto-1").await.unwrap());

    // An order from before there were intents is given one, once.
    let legacy = to_buy("life-legacy");
    let adopted = database.db_intent_adopt(&legacy, "life-legacy-uuid").await;
    assert!(adopted.unwrap());
    let again = database.db_intent_adopt(&legacy, "life-legacy-uuid").await;
    assert!(!again.unwrap());
    assert_eq!(
        of_order(database, "life-legacy").await.state,
        IntentState::Placed
    );
}

async fn paper(database: &Database) {
    let mut buy = to_buy("life-paper-buy");
    buy.is_test = true;
    let (order, opened) = (buy_order("FILL"), position());
    let paper = PaperOrder::Buy {
        order: &order,
        position: &opened,
    };
    let traded = database
        .db_intent_paper(&buy, "life-paper-1", paper, moment(3))
        .await;
    let PaperTraded::Done { pos_id, .. } = traded.unwrap() else {
        panic!("nothing is in its way");
    };
    let mut sell = to_sell("life-paper-sell", pos_id);
    sell.is_test = true;
    let (order, end): (_, Changes<_>) = (sell_order("FILL"), closed().set(poss::note1, "sold"));
    let paper = PaperOrder::Sell {
        order: &order,
        position: &end,
    };
    let traded = database
        .db_intent_paper(&sell, "life-paper-2", paper, moment(4))
        .await;
    assert!(matches!(traded.unwrap(), PaperTraded::Done { .. }));
}
