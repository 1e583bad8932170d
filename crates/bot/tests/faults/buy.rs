//! Whether a signal buys.

use std::collections::{BTreeMap, BTreeSet};

use cbtrade_bot::decide::{BuyAction, BuyTest, Combination, Effect, OpenCounts, combinations};
use cbtrade_bot::decide::{ByClass, Performance};
use cbtrade_bot::settings::Fault;
use cbtrade_core::Decimal;
use cbtrade_indicators::Interval;
use cbtrade_strategy::Strategy;

use super::given::{Given, decimal, market, market_with};

fn since(minutes: i64) -> Performance {
    Performance {
        minutes_since_buy: Some(minutes),
        ..Performance::default()
    }
}

#[test]
fn b13_delays_are_those_of_the_strategys_candles() {
    let mut given = Given::new("ADA-USDC");
    given.performance.live = since(25);
    // 20 minutes for hours; 30 for everything before.
    assert_eq!(given.decide().action, BuyAction::Live);
    let former = given.decide_with(Fault::B13);
    assert!(former.has(BuyTest::LiveStrategyDelay, Effect::ToTest));
    given.combination.interval = Interval::OneDay;
    given.performance.live = since(239);
    assert!(
        given
            .decide()
            .has(BuyTest::LiveStrategyDelay, Effect::ToTest)
    );
    assert_eq!(given.decide_with(Fault::B13).action, BuyAction::Live);
    given.performance.live = since(240);
    assert_eq!(given.decide().action, BuyAction::Live);
}

#[test]
fn b13_the_tests_that_are_asked_for_are_those_of_the_strategys_candles() {
    let mut given = Given::new("ADA-USDC");
    given.performance.all.total_cnt = 4;
    assert!(given.decide().target.is_proven);
    assert!(!given.decide_with(Fault::B13).target.is_proven);
}

#[test]
fn b14_the_main_switches_are_read() {
    let given = Given::of(
        market_with("\"trade_yn\": \"Y\"", "\"trade_yn\": \"N\""),
        "ADA-USDC",
    );
    let outcome = given.decide();
    assert!(outcome.has(BuyTest::TradingOn, Effect::Deny));
    assert_eq!(outcome.action, BuyAction::None);
    assert_eq!(given.decide_with(Fault::B14).action, BuyAction::Live);
    let given = Given::of(
        market_with("\"trade_live_yn\": \"Y\"", "\"trade_live_yn\": \"N\""),
        "ADA-USDC",
    );
    assert!(given.decide().has(BuyTest::LiveTradingOn, Effect::ToTest));
    assert_eq!(given.decide().action, BuyAction::Test);
    assert_eq!(given.decide_with(Fault::B14).action, BuyAction::Live);
}

#[test]
fn b14_open_positions_of_a_strategy_have_the_smaller_limit() {
    let mut given = Given::new("BTC-USDC");
    let open = |live, test| BTreeMap::from([(given.combination, OpenCounts { live, test })]);
    let (four, five, tests) = (open(4, 0), open(5, 0), open(0, 5));
    given.standing.strategies = four;
    assert_eq!(given.decide().action, BuyAction::Live);
    // Six are the strategy's own limit, five that of all strategies.
    given.standing.strategies = five;
    assert!(
        given
            .decide()
            .has(BuyTest::LiveStrategyOpen, Effect::ToTest)
    );
    assert_eq!(given.decide_with(Fault::B14).action, BuyAction::Live);
    given.product.paper_only = true;
    given.standing.strategies = tests;
    assert!(given.decide().has(BuyTest::TestStrategyOpen, Effect::Deny));
    assert_eq!(given.decide_with(Fault::B14).action, BuyAction::Test);
}

#[test]
fn b14_open_paper_positions_of_a_product_have_a_limit() {
    let mut given = Given::new("ADA-USDC");
    given.product.paper_only = true;
    given.standing.open.test = 29;
    assert_eq!(given.decide().action, BuyAction::Test);
    given.standing.open.test = 30;
    assert!(given.decide().has(BuyTest::TestProductOpen, Effect::Deny));
    assert_eq!(given.decide_with(Fault::B14).action, BuyAction::Test);
}

#[test]
fn b16_products_with_open_positions_are_counted() {
    let mut given = Given::of(
        market_with("\"mkts_open_max\": 1000", "\"mkts_open_max\": 2"),
        "ADA-USDC",
    );
    given.budget.open_products = BTreeSet::from(["BTC-USDC".to_owned()]);
    assert_eq!(given.decide().action, BuyAction::Live);
    given.budget.open_products.insert("ETH-USDC".to_owned());
    assert!(
        given
            .decide()
            .has(BuyTest::LiveOpenProducts, Effect::ToTest)
    );
    // One that is open already opens no new product.
    given.budget.open_products.remove("ETH-USDC");
    given.budget.open_products.insert("ADA-USDC".to_owned());
    assert_eq!(given.decide().action, BuyAction::Live);
}

#[test]
fn b22_live_buys_look_at_spread_and_market() {
    let mut given = Given::new("ADA-USDC");
    given.facts.spread_pct = decimal("2");
    let outcome = given.decide();
    assert!(outcome.has(BuyTest::LiveSpread, Effect::Deny));
    assert_eq!(outcome.action, BuyAction::None);
    assert_eq!(given.decide_with(Fault::B22).action, BuyAction::Live);
    given.facts.spread_pct = decimal("1.99");
    assert_eq!(given.decide().action, BuyAction::Live);
    given.facts.is_limit_only = true;
    assert!(given.decide().has(BuyTest::LiveLimitOnly, Effect::ToTest));
    assert_eq!(given.decide_with(Fault::B22).action, BuyAction::Live);
}

#[test]
fn b23_the_products_delay_holds_on_paper() {
    let mut given = Given::new("ADA-USDC");
    given.product.paper_only = true;
    given.facts.performance.test = since(5);
    assert!(given.decide().has(BuyTest::TestProductDelay, Effect::Deny));
    assert_eq!(given.decide_with(Fault::B23).action, BuyAction::Test);
    given.facts.performance.test = since(6);
    assert_eq!(given.decide().action, BuyAction::Test);
}

#[test]
fn b24_every_row_of_the_audit_says_why_and_fits_its_columns() {
    let mut given = Given::new("LTC-USDC");
    given.product.buy.is_on = false;
    given.product.trades = false;
    given
        .product
        .sell
        .force
        .prod_ids
        .insert("LTC-USDC".to_owned());
    given.facts.spread_pct = decimal("123.456789012345");
    given.performance.test = since(1);
    given.facts.performance.test = since(1);
    given.performance.all = Performance::default();
    given.budget.spendable_amt = decimal("-123456789.123456789012");
    let mut rows = given.decide().audit_rows();
    rows.extend(Given::new("ADA-USDC").decide().audit_rows());
    let mut live = Given::new("ADA-USDC");
    live.facts.is_limit_only = true;
    live.performance.live = since(1);
    rows.extend(live.decide().audit_rows());
    assert!(rows.len() > 10, "{}", rows.len());
    for row in &rows {
        assert!(row.message.len() > 20, "{row:?}");
        assert!(
            row.test.len() <= 64 && row.comparisons.len() <= 3,
            "{row:?}"
        );
        for compared in &row.comparisons {
            for text in [
                compared.setting,
                &compared.setting_value,
                compared.figure,
                &compared.figure_value,
            ] {
                assert!(text.len() <= 64, "{text}");
            }
        }
    }
    assert!(rows.iter().any(|row| row.buys && !row.is_denied));
}

#[test]
fn one_buy_per_strategy_and_pass_each_counted_before_the_next() {
    let mut given = Given::new("BTC-USDC");
    let first = given.decide();
    assert_eq!(first.action, BuyAction::Live);
    given.standing.count(&first);
    assert_eq!(given.standing.open.live, 1);
    given.combination.interval = Interval::OneDay;
    let second = given.decide();
    assert!(second.has(BuyTest::OncePerPass, Effect::Deny));
    assert_eq!(second.action, BuyAction::None);
    given.combination.strategy = Strategy::Tpo;
    assert_eq!(given.decide().action, BuyAction::Live);
    // The product's limit counts what this pass has bought.
    given.product.buy.open_live_cnt_max = 1;
    assert!(given.decide().has(BuyTest::LiveProductOpen, Effect::ToTest));
}

#[test]
fn a_strategy_goes_live_with_enough_closed_trades_and_gain() {
    let mut given = Given::new("ADA-USDC");
    let all = |close_cnt, gain: &str| Performance {
        close_cnt,
        gain_close_pct_day: decimal(gain),
        ..Performance::default()
    };
    for (close_cnt, gain, action, most) in [
        (1, "9", BuyAction::Test, 1),
        (2, "0.0249", BuyAction::Test, 1),
        (2, "0.025", BuyAction::Live, 1),
        (6, "0.0249", BuyAction::Test, 1),
        (6, "0.025", BuyAction::Live, 1),
    ] {
        given.performance.all = all(close_cnt, gain);
        let outcome = given.decide();
        assert_eq!(outcome.action, action, "{close_cnt} {gain}: {outcome}");
        assert_eq!(outcome.limits.strategy_live_max, most);
    }
    given.performance.all = all(6, "0.0249");
    assert_eq!(given.decide().limits.strategy_test_max, 1);
    given.performance.all = all(5, "0.0249");
    assert_eq!(given.decide().limits.strategy_test_max, 2);
    given.product.tests.are_on = false;
    assert_eq!(given.decide().action, BuyAction::None);
}

#[test]
fn strategies_are_asked_best_first() {
    let market = market();
    let product = market.resolve("ADA-USDC");
    let gains = |gain_pct_day: &str, gain_amt: &str| ByClass {
        all: Performance {
            gain_pct_day: decimal(gain_pct_day),
            gain_amt: decimal(gain_amt),
            ..Performance::default()
        },
        ..ByClass::default()
    };
    let of = |strategy, interval| Combination { strategy, interval };
    let known = BTreeMap::from([
        (of(Strategy::Drop, Interval::OneDay), gains("2", "1")),
        (of(Strategy::Bb, Interval::OneHour), gains("2", "5")),
        (of(Strategy::Sha, Interval::OneHour), gains("-1", "90")),
    ]);
    let all = combinations(&product, &known);
    assert_eq!(all[0], of(Strategy::Bb, Interval::OneHour));
    assert_eq!(all[1], of(Strategy::Drop, Interval::OneDay));
    assert_eq!(all.last(), Some(&of(Strategy::Sha, Interval::OneHour)));
    // Three strategies are off, one trades on three lengths of candles.
    assert_eq!(all.len(), 12 * 5 + 3);
    let unknown = all.iter().filter(|one| !known.contains_key(one));
    assert!(unknown.clone().count() > 0 && unknown.clone().is_sorted_by_key(|one| one.strategy));
}

#[test]
fn sizes_double_with_every_threshold() {
    let mut given = Given::new("BTC-USDC");
    let size = |given: &Given| given.decide().target.size;
    assert_eq!(size(&given), decimal("25"));
    given.performance.all.gain_pct_day = decimal("2.5");
    assert_eq!(size(&given), decimal("400"));
    given.performance.all.total_cnt = 6;
    // Hours ask for seven trades before a boost.
    assert_eq!(size(&given), decimal("25"));
    given.performance.all.gain_pct_day = Decimal::ZERO;
    assert_eq!(size(&given), decimal("10"));
}
