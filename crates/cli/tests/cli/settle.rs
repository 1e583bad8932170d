//! An order to which no clear answer came, settled by hand: found at a running venue, or declared absent.

use cbtrade_coinbase::{Coinbase, Settings};
use cbtrade_core::{Decimal, Timestamp};
use cbtrade_database::{
    Database, IntentBegun, IntentFilter, IntentState, Location, NewIntent, Options, Side, VenueKind,
};
use cbtrade_exchange::{
    Exchange as _, OrderKind, OrderQuery, OrderRequest, Placement, Side as VenueSide,
};
use serde_json::Value;

use crate::fleet::TestVenue;
use crate::harness::Place;
use crate::json::holds;
use crate::terminal::Conversation;

const PRODUCT: &str = "BTC-USDC";

/// A fleet without bots at work, on a venue that runs.
struct Desk {
    place: Place,
    venue: TestVenue,
}

impl Desk {
    fn new() -> Desk {
        let place = Place::new();
        let _ = place.run(&["server", "start"]).ends(0);
        let _ = place.run(&["db", "upgrade"]).ends(0);
        place.fleet(&["init"], 0);
        let venue = TestVenue::start(&place, &["--balance", "BTC=0.5", "--balance", "USDC=1000"]);
        place.configure(&format!(
            "[venue]\nurl = \"http://127.0.0.1:{0}\"\nwebsocket = \"ws://127.0.0.1:{0}/ws\"\n",
            venue.port
        ));
        Desk { place, venue }
    }

    fn exchange(&self) -> Coinbase {
        let port = self.venue.port;
        let rest = format!("http://127.0.0.1:{port}");
        Coinbase::new(Settings::local(&rest, &format!("ws://127.0.0.1:{port}/ws"))).unwrap()
    }

    async fn database(&self) -> Database {
        let home = cbtrade_server::ServerHome::new(self.place.path("home/server")).unwrap();
        let location = Location::Servers {
            targets: vec![home.root_target().unwrap().with_database("cbtrade")],
            candles: "ohlcv".to_owned(),
        };
        Database::open(&location, Options::default()).await.unwrap()
    }

    /// What a bot leaves behind that died while it waited for the venue's answer; so many seconds ago.
    async fn left_behind(&self, id: &str, pos_id: Option<i64>, seconds: i64) -> i64 {
        let now: Timestamp = self.exchange().server_time().await.unwrap();
        let intent = NewIntent {
            client_order_id: id.to_owned(),
            side: pos_id.map_or(Side::Buy, |_| Side::Sell),
            prod_id: PRODUCT.to_owned(),
            is_test: false,
            pos_id,
            quote_size: pos_id.is_none().then(|| Decimal::from_integer(100)),
            base_size: pos_id.is_some().then(|| Decimal::parse("0.0005").unwrap()),
            prc_est: Some(Decimal::from_integer(60_000)),
            strat_type: Some("up".to_owned()),
            strat_name: Some("sha".to_owned()),
            strat_freq: Some("1h".to_owned()),
            bot_guid: "a bot that died".to_owned(),
            is_lease_needed: false,
            created: now.plus_seconds(-seconds),
            reason: "a signal".to_owned(),
            limits: None,
        };
        match self
            .database()
            .await
            .db_intent_begin(&intent)
            .await
            .unwrap()
        {
            IntentBegun::Recorded(intent_id) => intent_id,
            other => panic!("{other:?}"),
        }
    }

    /// The order reaches the venue, whose answer nobody hears.
    async fn sent(&self, id: &str, kind: OrderKind) {
        let side = match kind {
            OrderKind::MarketBuy { .. } => VenueSide::Buy,
            _ => VenueSide::Sell,
        };
        let request = OrderRequest {
            client_order_id: id.to_owned(),
            product: PRODUCT.to_owned(),
            side,
            kind,
        };
        let placed = self.exchange().place(&request).await;
        assert!(matches!(placed, Placement::Accepted { .. }), "{placed:?}");
    }

    async fn orders_at_venue(&self) -> usize {
        let query = OrderQuery::default();
        self.exchange().orders(&query).await.unwrap().len()
    }

    async fn state(&self, id: &str) -> IntentState {
        let filter = IntentFilter {
            client_order_ids: &[id],
            ..IntentFilter::default()
        };
        let found = self.database().await.db_intents_get(&filter).await.unwrap();
        found[0].state
    }

    fn settle(&self, id: &str, arguments: &[&str], code: i32) -> Value {
        let arguments = [&["orders", "settle", id], arguments].concat();
        self.place.fleet(&arguments, code)
    }

    fn position(&self, pos_id: i64) -> String {
        let sql = format!("SELECT pos_stat FROM poss WHERE pos_id = {pos_id}");
        let said = self
            .place
            .run(&["server", "shell", "-N", "-D", "cbtrade", "-e", &sql])
            .ends(0);
        said.out.trim().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unclear_order_is_taken_on_or_declared_absent_and_never_sent() {
    let desk = Desk::new();
    let (bought, sold) = ("cbt-left-behind-1", "cbt-left-behind-2");

    // The venue has it: it is settled like any other, and its position is there.
    let intent_id = desk.left_behind(bought, None, 90).await;
    let database = desk.database().await;
    database
        .db_intent_unknown(intent_id, "no answer came")
        .await
        .unwrap();
    desk.sent(
        bought,
        OrderKind::MarketBuy {
            quote_size: Decimal::from_integer(100),
        },
    )
    .await;
    let told = desk
        .place
        .run(&["fleet", "orders"])
        .ends(0)
        .tells(&["cbtrade fleet orders settle cbt-left-behind-1"]);
    assert!(told.out.contains("never sent again"), "{}", told.out);
    let settled = desk.settle(bought, &[], 0);
    let named: &[&str] = &["client_order_id", "found", "changed", "before", "state"];
    holds(
        &settled,
        &[named, &["order_id", "position", "position_state"]],
    );
    assert_eq!(
        (&settled["found"], &settled["before"], &settled["state"]),
        (&true.into(), &"UNKNOWN".into(), &"DONE".into()),
        "{settled}"
    );
    let pos_id = settled["position"].as_i64().unwrap();
    assert_eq!(settled["position_state"], "OPEN");
    assert_eq!(desk.orders_at_venue().await, 1, "nothing was sent");
    let _ = desk
        .place
        .run(&["fleet", "orders", "settle", bought])
        .ends(3)
        .tells(&["is clear", "has ended"]);

    // The venue does not have it: nothing is concluded before somebody says so.
    desk.left_behind(sold, Some(pos_id), 90).await;
    assert_eq!(desk.position(pos_id), "SELL");
    let refused = desk.settle(sold, &[], 3);
    assert_eq!(refused["error"]["kind"], "not-confirmed", "{refused}");
    assert_eq!(desk.state(sold).await, IntentState::Sending);
    assert_eq!(desk.position(pos_id), "SELL");
    for (answer, code, state, position) in [
        ("yes", 3, IntentState::Sending, "SELL"),
        ("absent", 0, IntentState::Absent, "OPEN"),
    ] {
        let mut talk =
            Conversation::begin(&desk.place, &["fleet", "orders", "settle", sold], false);
        let said = talk.until("Type absent to declare it absent:");
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("its position can be sold again"), "{said}");
        talk.answer(answer);
        let (ended, said) = talk.end();
        assert_eq!(ended, Some(code), "{said}");
        assert_eq!(desk.state(sold).await, state, "{said}");
        assert_eq!(desk.position(pos_id), position, "{said}");
    }
    let again = desk.settle(sold, &["--yes"], 0);
    assert_eq!(
        (&again["found"], &again["changed"], &again["state"]),
        (&false.into(), &false.into(), &"ABSENT".into()),
        "{again}"
    );
    assert_eq!(desk.orders_at_venue().await, 1, "nothing was sent");

    // It turns up after all.
    desk.sent(
        sold,
        OrderKind::MarketSell {
            base_size: Decimal::parse("0.0005").unwrap(),
        },
    )
    .await;
    let late = desk.settle(sold, &[], 0);
    assert_eq!(
        (&late["found"], &late["state"]),
        (&true.into(), &"DONE".into()),
        "{late}"
    );
    assert_eq!(desk.orders_at_venue().await, 2, "nothing was sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_left_alone_while_nothing_can_be_known_of_it() {
    let mut desk = Desk::new();
    let _ = desk
        .place
        .run(&["fleet", "orders", "settle", "cbt-nobody"])
        .ends(2)
        .tells(&[
            "no order has the client id cbt-nobody",
            "cbtrade fleet orders",
        ]);
    // A script says so beforehand.
    desk.left_behind("cbt-script", None, 90).await;
    let absent = desk.settle("cbt-script", &["--yes"], 0);
    assert_eq!(
        (&absent["found"], &absent["changed"], &absent["state"]),
        (&false.into(), &true.into(), &"ABSENT".into()),
        "{absent}"
    );

    let intent_id = desk.left_behind("cbt-young", None, 5).await;
    let _ = desk
        .place
        .run(&["fleet", "orders", "settle", "cbt-young", "--yes"])
        .ends(3)
        .tells(&["its bot may be sending it at this moment"]);
    assert_eq!(desk.state("cbt-young").await, IntentState::Sending);

    // The venue is gone: absence cannot be said.
    let database = desk.database().await;
    database
        .db_intent_unknown(intent_id, "no answer came")
        .await
        .unwrap();
    let _ = desk.venue.process.kill();
    let _ = desk.venue.process.wait();
    let _ = desk
        .place
        .run(&["fleet", "orders", "settle", "cbt-young", "--yes"])
        .ends(6)
        .tells(&["does not answer", "Nothing was changed"]);
    assert_eq!(desk.state("cbt-young").await, IntentState::Unknown);

    // The other venue would not know it either.
    database
        .db_venue_set(VenueKind::Coinbase, "the owner")
        .await
        .unwrap();
    let _ = desk
        .place
        .run(&["fleet", "orders", "settle", "cbt-young", "--yes"])
        .ends(3)
        .tells(&["Coinbase's (real money) since"]);
    assert_eq!(desk.state("cbt-young").await, IntentState::Unknown);
}
