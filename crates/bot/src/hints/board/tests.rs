use cbtrade_exchange::{Gap, Heartbeat, OrderStatus, Side};

use super::*;

const ETH: &str = "ETH-USDC";
const SOL: &str = "SOL-USDC";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_800_000_000 + seconds).unwrap()
}

fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

fn board() -> Board {
    let mut board = Board::new(Pauses::at_speed(1));
    board.begin(at(0));
    board
}

fn order(product: &str, status: OrderStatus) -> StreamEvent {
    StreamEvent::Order(OrderUpdate {
        order_id: "one".to_owned(),
        client_order_id: "cbt-one".to_owned(),
        product: product.to_owned(),
        side: Side::Buy,
        status,
        filled_size: Decimal::ZERO,
        average_price: None,
        total_fees: None,
        time: at(0),
    })
}

fn price(product: &str, price: &str) -> StreamEvent {
    StreamEvent::Ticker(Ticker {
        product: product.to_owned(),
        price: decimal(price),
        best_bid: None,
        best_ask: None,
        volume_24h: None,
        time: at(0),
    })
}

fn gap() -> StreamEvent {
    StreamEvent::Gap(Gap {
        why: "message 7 came after 5".to_owned(),
    })
}

fn beat() -> StreamEvent {
    StreamEvent::Heartbeat(Heartbeat {
        counter: 1,
        time: at(0),
    })
}

impl Board {
    /// What follows from an order's news at this moment.
    fn follows(&mut self, now: Timestamp) -> Vec<String> {
        self.take_work(now).follow.into_iter().collect()
    }

    fn looks(&mut self, now: Timestamp) -> Vec<String> {
        self.take_looks(now).into_iter().collect()
    }

    fn hear_order(&mut self, product: &str, status: OrderStatus, now: Timestamp) {
        self.hear(Line::Orders, &order(product, status), now);
    }

    fn hear_price(&mut self, product: &str, of: &str, now: Timestamp) {
        self.hear(Line::Market, &price(product, of), now);
    }
}

#[test]
fn an_order_that_has_ended_is_followed_at_once_and_one_that_works_is_not() {
    let mut board = board();
    for status in [OrderStatus::Pending, OrderStatus::Open, OrderStatus::Queued] {
        board.hear_order(ETH, status, at(1));
    }
    assert_eq!(board.next_in_s(at(1)), None);
    for (second, status) in [
        (10, OrderStatus::Filled),
        (20, OrderStatus::Cancelled),
        (30, OrderStatus::Expired),
        (40, OrderStatus::Failed),
        (50, OrderStatus::Unknown("SOMETHING".to_owned())),
    ] {
        board.hear_order(ETH, status, at(second));
        assert_eq!(board.next_in_s(at(second)), Some(0));
        assert_eq!(board.follows(at(second)), [ETH]);
        assert_eq!(board.follows(at(second + 1)), [] as [&str; 0]);
        assert_eq!(board.next_in_s(at(second)), None);
    }
}

#[test]
fn a_storm_of_orders_is_followed_once_per_pause_and_product() {
    let mut board = board();
    let mut followed = Vec::new();
    for second in 0..20 {
        for _ in 0..500 {
            board.hear_order(ETH, OrderStatus::Filled, at(second));
            board.hear_order(SOL, OrderStatus::Filled, at(second));
            followed.extend(board.follows(at(second)));
        }
    }
    let of = |product: &str| followed.iter().filter(|one| *one == product).count();
    assert_eq!((of(ETH), of(SOL)), (10, 10));
    // What came in the pause is not lost.
    assert_eq!(board.next_in_s(at(19)), Some(1));
    assert_eq!(board.follows(at(20)), [ETH, SOL]);
}

#[test]
fn an_order_whose_end_the_answers_do_not_show_yet_is_tried_again_and_not_for_ever() {
    let mut board = board();
    board.hear_order(ETH, OrderStatus::Filled, at(0));
    let mut times = 0;
    for second in 0..1_000 {
        for product in board.follows(at(second)) {
            times += 1;
            board.again(&product);
        }
    }
    assert_eq!(times, 1 + TRIES_MAX);
}

#[test]
fn a_look_counts_for_everything_that_was_heard_before() {
    let mut board = board();
    board.began(ETH, true, at(0));
    board.hear_price(ETH, "100", at(1));
    board.hear_price(ETH, "90", at(20));
    board.hear_order(ETH, OrderStatus::Filled, at(20));
    board.began(ETH, true, at(21));
    assert_eq!(board.next_in_s(at(21)), None);
    // Measured from what was heard before it began.
    board.hear_price(ETH, "90.2", at(40));
    assert_eq!(board.looks(at(40)), [] as [&str; 0]);
    board.hear_price(ETH, "90.3", at(40));
    assert_eq!(board.looks(at(40)), [ETH]);
}

#[test]
fn a_price_that_moves_far_enough_is_looked_at_and_a_little_is_not() {
    let mut board = board();
    board.began(ETH, true, at(0));
    board.hear_price(ETH, "1000", at(20));
    for of in ["1002.9", "1003", "997.1", "997"] {
        board.hear_price(ETH, of, at(21));
    }
    assert!(!board.is_to_look(ETH, at(21)));
    board.hear_price(ETH, "1003.1", at(21));
    assert!(board.is_to_look(ETH, at(21)));
    assert_eq!(board.looks(at(21)), [ETH]);
    // Nobody is asked of a product that the bot does not hold.
    board.hear_price(SOL, "1", at(22));
    board.hear_price(SOL, "2", at(22));
    assert_eq!(board.next_in_s(at(22)), None);
}

#[test]
fn a_storm_of_prices_is_looked_at_once_per_pause() {
    let mut board = board();
    board.began(ETH, true, at(0));
    let mut looks = 0;
    for second in 1..=100 {
        for of in ["100", "50", "100", "200"] {
            board.hear_price(ETH, of, at(second));
            looks += board.looks(at(second)).len();
        }
    }
    assert_eq!(looks, 10);
}

#[test]
fn the_nearest_exit_is_worth_a_look_however_near_it_is() {
    use crate::decide::Figures;
    use crate::settings::MarketSettings;
    let settings = MarketSettings::read(
        "USDC",
        r#"{ "sell": { "stop_loss": { "hard_stop_loss_yn": "Y", "hard_stop_loss_pct": 7 } } }"#,
    )
    .unwrap_or_else(|error| panic!("{error}"))
    .resolve(ETH);
    let figures = Figures {
        gain_pct: decimal("-6.9"),
        ..Figures::default()
    };
    let mut board = board();
    board.began(ETH, true, at(0));
    board.expect(ETH, Exits::of(&settings, decimal("1000"), &figures));
    board.hear_price(ETH, "931", at(20));
    board.hear_price(ETH, "930.1", at(20));
    assert_eq!(board.looks(at(20)), [] as [&str; 0]);
    board.hear_price(ETH, "930", at(20));
    assert_eq!(board.looks(at(20)), [ETH]);
}

#[test]
fn only_products_that_can_be_sold_here_are_listened_to() {
    let mut board = board();
    board.began(ETH, true, at(0));
    board.began(SOL, false, at(0));
    board.began("ETH-BTC", true, at(0));
    assert_eq!(
        board.watched(),
        BTreeSet::from(["ETH-BTC".to_owned(), ETH.to_owned()])
    );
    board.hear_price(ETH, "100", at(20));
    board.hear_price(ETH, "200", at(20));
    board.leave(ETH);
    assert_eq!(board.next_in_s(at(20)), None);
    board.began(ETH, true, at(21));
    board.keep("USDC", &BTreeSet::from([SOL]));
    assert_eq!(board.watched(), BTreeSet::from(["ETH-BTC".to_owned()]));
}

#[test]
fn a_gap_of_our_orders_makes_the_bot_ask_once_and_one_of_prices_does_not() {
    let mut board = board();
    let said = board.hear(Line::Market, &gap(), at(1));
    assert_eq!(said.len(), 1);
    assert_eq!(said[0].weight, Weight::Detail);
    assert_eq!(board.take_work(at(1)), Work::default());
    let mut asked = 0;
    for second in 2..22 {
        for _ in 0..50 {
            board.hear(Line::Orders, &gap(), at(second));
            asked += i64::from(board.take_work(at(second)).follows_all);
        }
    }
    assert_eq!(asked, 10);
    assert_eq!(board.next_in_s(at(21)), Some(1));
    assert!(board.take_work(at(22)).follows_all);
    assert_eq!(board.next_in_s(at(22)), None);
}

#[test]
fn silence_is_told_once_and_shows_in_one_word() {
    let mut board = board();
    assert_eq!(board.word(), "polling");
    assert_eq!(board.hear(Line::Orders, &StreamEvent::Connected, at(1)), []);
    assert_eq!(board.word(), "stream");
    // Prices are wanted now, and do not come yet.
    board.want_market(true, at(2));
    assert_eq!(board.word(), "polling");
    board.hear(Line::Market, &beat(), at(3));
    assert_eq!(board.word(), "stream");
    let mut said = Vec::new();
    for second in 4..100 {
        board.hear(Line::Market, &beat(), at(second));
        said.extend(board.look(at(second)));
    }
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(said[0].weight, Weight::Warning);
    assert!(said[0].text.contains("our orders is silent"), "{said:?}");
    assert_eq!(board.word(), "polling");
    said.clear();
    for second in 100..150 {
        board.hear(Line::Market, &beat(), at(second));
        said.extend(board.hear(Line::Orders, &beat(), at(second)));
        said.extend(board.look(at(second)));
    }
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(said[0].weight, Weight::Note);
    assert!(said[0].text.contains("our orders is back"), "{said:?}");
    assert_eq!(board.word(), "stream");
    board.end();
    assert_eq!(board.word(), "polling");
}

#[test]
fn what_another_process_hears_is_not_missed_here() {
    let mut board = board();
    board.hear(Line::Orders, &StreamEvent::Elsewhere, at(1));
    assert_eq!(board.word(), "stream");
    assert_eq!(board.look(at(1_000)), []);
    // The other one has ended, and it comes here now.
    board.hear(Line::Orders, &StreamEvent::Connected, at(1_001));
    assert_eq!(board.look(at(1_011)).len(), 1);
}

#[test]
fn a_clock_that_is_set_back_holds_nothing_up() {
    let mut board = board();
    board.hear_order(ETH, OrderStatus::Filled, at(1_000));
    assert_eq!(board.follows(at(1_000)), [ETH]);
    board.hear_order(ETH, OrderStatus::Filled, at(10));
    assert_eq!(board.follows(at(10)), [ETH]);
}

#[test]
fn names_that_a_venue_makes_up_do_not_fill_the_memory() {
    let mut board = board();
    board.began(ETH, true, at(0));
    for number in 0..3 * PRODUCTS_MAX {
        board.hear_order(&format!("X{number}-USDC"), OrderStatus::Filled, at(1));
        if number % 100 == 0 {
            board.take_work(at(1));
        }
    }
    assert!(board.products.len() <= PRODUCTS_MAX);
    assert_eq!(board.watched(), BTreeSet::from([ETH.to_owned()]));
}

/// Anything in any order: pauses hold, news of a line come by turns, and what was asked for is done in the end.
#[test]
fn whatever_comes_pauses_hold_and_news_come_by_turns() {
    for seed in 0..40 {
        let mut random = cbtrade_core::Random::new(seed);
        let mut board = board();
        let mut second = 0;
        let mut done: BTreeMap<(bool, String), i64> = BTreeMap::new();
        let mut silent: BTreeMap<&str, bool> = BTreeMap::new();
        for _ in 0..3_000 {
            second += random.between(0, 3) * random.between(0, 4);
            let now = at(second);
            let product = *random.choose(&[ETH, SOL, "ETH-BTC"]).unwrap();
            let line = *random.choose(&[Line::Market, Line::Orders]).unwrap();
            let price = random.between(1, 5).to_string();
            let event = match random.below(8) {
                0 => order(product, OrderStatus::Filled),
                1 => order(product, OrderStatus::Open),
                2 => gap(),
                3 => StreamEvent::Connected,
                4 => beat(),
                _ => self::price(product, &price),
            };
            let mut said = board.hear(line, &event, now);
            said.extend(board.look(now));
            for said in said.iter().filter(|said| !said.text.contains("has a gap")) {
                let line = ["prices", "our orders"]
                    .into_iter()
                    .find(|line| said.text.contains(line))
                    .unwrap();
                let is_silent = said.text.contains("silent");
                let before = silent.insert(line, is_silent).unwrap_or_default();
                assert_ne!(is_silent, before, "seed {seed}: {said:?}");
            }
            match random.below(10) {
                0 => board.began(product, random.chance(0.7), now),
                1 => board.leave(product),
                _ => {}
            }
            let follows = board
                .follows(now)
                .into_iter()
                .map(|product| (true, product));
            let looks = board.looks(now).into_iter().map(|product| (false, product));
            for key in follows.chain(looks).collect::<Vec<_>>() {
                let pause_s = if key.0 { 2 } else { 10 };
                let before = done.insert(key.clone(), second);
                assert!(
                    before.is_none_or(|before| second - before >= pause_s),
                    "seed {seed}: {key:?}"
                );
            }
        }
        let later = at(second + 100);
        board.take_work(later);
        board.take_looks(later);
        assert_eq!(board.next_in_s(later), None, "seed {seed}");
    }
}
