//! What may be spent.

use cbtrade_bot::decide::{Budget, Effect};
use cbtrade_bot::decide::{BuyAction, BuyTest, Wallet};
use cbtrade_bot::settings::{Fault, Faults, ProductSettings};
use cbtrade_core::Decimal;
use cbtrade_strategy::Kind;

use super::given::{Given, PAIRS, budget, decimal, market, market_with, spending};

#[test]
fn b07_an_empty_wallet_stops_buying_only() {
    let mut given = Given::new("ADA-USDC");
    let wallet = Wallet {
        available_amt: Decimal::ZERO,
        base_positions_amt: Decimal::ZERO,
        day_of_month: 1,
        gain_amt: Decimal::ZERO,
    };
    given.budget = Budget::of(&given.market, &wallet, &[], PAIRS).unwrap();
    assert_eq!(given.budget.spendable_amt, decimal("-250"));
    let outcome = given.decide();
    assert!(outcome.has(BuyTest::Budget, Effect::ToTest));
    assert_eq!(outcome.action, BuyAction::Test);
}

#[test]
fn b14_a_pair_spends_no_more_than_its_limit() {
    let market = market();
    let own = budget(&market, &[]);
    let caps = |prod_id: &str, faults| {
        let product = ProductSettings {
            faults,
            ..market.resolve(prod_id)
        };
        own.pair_caps(&market, &product, decimal("5")).unwrap()
    };
    // 14000 × 70 / 182 twice over is 10769; the limit is 6000.
    assert_eq!(caps("BTC-USDC", Faults::NONE).max_amt, decimal("6000"));
    let former = caps("BTC-USDC", Faults::NONE.with(Fault::B14)).max_amt;
    assert!(former > decimal("10769"), "{former}");
}

#[test]
fn b14_the_products_own_split_holds() {
    let market = market();
    let own = budget(&market, &[]);
    let caps = own
        .pair_caps(&market, &market.resolve("BTC-USDC"), Decimal::ZERO)
        .unwrap();
    let part = |amount: Decimal| amount.checked_mul_div(100, caps.max_amt).unwrap();
    assert_eq!(part(caps.up_max_amt), decimal("40"));
    assert_eq!(part(caps.dn_max_amt), decimal("60"));
}

#[test]
fn b14_after_too_large_a_loss_nothing_is_bought_live() {
    let mut given = Given::new("ADA-USDC");
    assert_eq!(given.decide().action, BuyAction::Live);
    given.budget.gain_amt = decimal("-249.99");
    assert_eq!(given.decide().action, BuyAction::Live);
    given.budget.gain_amt = decimal("-250");
    assert!(given.decide().has(BuyTest::LiveTotalLoss, Effect::ToTest));
    assert_eq!(given.decide_with(Fault::B14).action, BuyAction::Live);
    given.product.tests.are_on = false;
    assert_eq!(given.decide().action, BuyAction::None);
}

#[test]
fn b15_kind_dn_has_its_own_share() {
    let market = market_with("\"spend_dn_max_pct\": 50", "\"spend_dn_max_pct\": 20");
    let own = budget(&market, &[]);
    let max = |kind, faults| {
        let product = ProductSettings {
            faults,
            ..market.resolve("ADA-USDC")
        };
        own.kind_max_amt(&market, &product, kind).unwrap()
    };
    assert_eq!(max(Kind::Up, Faults::NONE), decimal("7000"));
    assert_eq!(max(Kind::Down, Faults::NONE), decimal("2800"));
    assert_eq!(
        max(Kind::Down, Faults::NONE.with(Fault::B15)),
        decimal("7000")
    );
}

#[test]
fn b18_a_pairs_share_is_in_percent() {
    let mut market = market();
    market.budget.spend_max_amt = decimal("1000");
    let own = budget(&market, &[]);
    let caps = |faults| {
        let product = ProductSettings {
            faults,
            ..market.resolve("SOL-USDC")
        };
        own.pair_caps(&market, &product, Decimal::ZERO).unwrap()
    };
    // 1000 × 50 / 182, and of that 40 %.
    let right = caps(Faults::NONE);
    assert_eq!(right.max_amt.round(6), decimal("274.725275"));
    assert_eq!(right.up_max_amt.round(6), decimal("109.890110"));
    let wrong = caps(Faults::NONE.with(Fault::B18));
    assert!(wrong.up_max_amt < decimal("61"), "{}", wrong.up_max_amt);
}

#[test]
fn b19_what_undesignated_products_have_spent_is_their_cost() {
    let mut given = Given::new("LTC-USDC");
    let others = [
        spending("BTC-USDC", Kind::Up, "1390"),
        spending("UNI-USDC", Kind::Up, "1399"),
    ];
    given.budget = budget(&given.market, &others);
    let spent = given.budget.undesignated_spent_amt(&given.market).unwrap();
    assert_eq!(spent, decimal("1399"));
    assert!(!given.decide().has(BuyTest::UndesignatedGroup, Effect::Deny));
    let others = [spending("UNI-USDC", Kind::Up, "1400")];
    given.budget = budget(&given.market, &others);
    let outcome = given.decide();
    assert!(outcome.has(BuyTest::UndesignatedGroup, Effect::Deny));
    assert_eq!(outcome.action, BuyAction::None);
}

#[test]
fn b19_one_undesignated_product_has_its_own_limit() {
    let mut given = Given::new("LTC-USDC");
    given.budget = budget(&given.market, &[spending("LTC-USDC", Kind::Up, "140")]);
    assert!(given.decide().has(BuyTest::UndesignatedPair, Effect::Deny));
    let former = given.decide_with(Fault::B19);
    assert!(!former.has(BuyTest::UndesignatedPair, Effect::Deny));
}

#[test]
fn b20_a_pairs_amount_is_doubled_once_however_many_strategies_are_asked() {
    let mut market = market();
    assert!(market.is_designated("ADA-USDC"));
    market.budget.spend_max_amt = decimal("1000");
    let own = budget(&market, &[]);
    let product = market.resolve("ADA-USDC");
    let first = own.pair_caps(&market, &product, decimal("0.11")).unwrap();
    assert_eq!(first.multiplier, decimal("2"));
    for _ in 0..80 {
        let next = own.pair_caps(&market, &product, decimal("0.11")).unwrap();
        assert_eq!(next, first);
    }
    let plain = own.pair_caps(&market, &product, decimal("0.1")).unwrap();
    assert_eq!(plain.multiplier, Decimal::ONE);
}

#[test]
fn b21_where_nothing_fits_nothing_is_bought_live() {
    let mut given = Given::new("BTC-USDC");
    // The market's amount is spent; the wallet could pay.
    given.budget.spent.up_amt = decimal("7000");
    given.budget.spent.dn_amt = decimal("7000");
    let outcome = given.decide();
    assert_eq!(outcome.fit.unwrap().size, Decimal::ZERO);
    assert_eq!(outcome.action, BuyAction::Test);
    let former = given.decide_with(Fault::B21);
    assert_eq!(former.action, BuyAction::Live);
    assert!(former.size > Decimal::ZERO);
}

#[test]
fn b55_the_size_is_the_target_or_what_fits_in_whole_steps() {
    let mut given = Given::new("ADA-USDC");
    given.facts.sizes.quote_min = decimal("2");
    given.performance.all.gain_pct_day = decimal("3.5");
    assert_eq!(given.decide().target.size, decimal("25"));
    assert_eq!(given.decide().size, decimal("25"));
    // Steps of two overshot it.
    assert_eq!(given.decide_with(Fault::B55).size, decimal("26"));
    given.budget.spendable_amt = decimal("13.9");
    assert_eq!(given.decide().size, decimal("12"));
}

#[test]
fn every_buy_is_counted_before_the_next() {
    let mut own = budget(&market(), &[]);
    own.count("ADA-USDC", Kind::Up, decimal("25")).unwrap();
    assert_eq!(own.spendable_amt, decimal("9975"));
    assert_eq!(own.spent.up_amt, decimal("25"));
    assert_eq!(own.pair_spent("ADA-USDC").up_amt, decimal("25"));
    assert!(own.open_products.contains("ADA-USDC"));
}

#[test]
fn the_reserve_grows_with_the_day_of_the_month() {
    let market = market_with(
        "\"reserve_addtl_daily_amt\": 0",
        "\"reserve_addtl_daily_amt\": 10",
    );
    let own = budget(&market, &[]);
    assert_eq!(own.reserve_amt, decimal("400"));
    assert_eq!(own.spendable_amt, decimal("9850"));
}
