//! A whole pass over a product's strategies.

use std::collections::{BTreeMap, BTreeSet};

use cbtrade_bot::decide::{BuyAction, BuyPass, BuyTest, ByClass, Effect, buy_pass, combinations};
use cbtrade_bot::frames::FrameSet;
use cbtrade_core::{Decimal, Random};
use cbtrade_indicators::Candle;

use super::given::Given;

/// Minutes of a price that wanders.
fn wander(frames: &mut FrameSet, random: &mut Random, price: &mut f64, start_unix_s: i64) {
    let mut draw = || f64::from(i32::try_from(random.between(-1_000, 1_000)).unwrap());
    let open = *price;
    *price *= 1.0 + draw() / 400_000.0;
    let minute = Candle {
        start_unix_s,
        open,
        high: open.max(*price) * 1.0003,
        low: open.min(*price) * 0.9997,
        close: *price,
        volume: draw().abs(),
    };
    frames.give_minute(&minute).unwrap();
}

#[test]
fn every_pass_counts_what_it_buys_and_no_strategy_buys_twice() {
    let mut given = Given::new("BTC-USDC");
    let proven = given.performance;
    let all = combinations(&given.product, &BTreeMap::new());
    let performances: BTreeMap<_, _> = all.iter().map(|one| (*one, proven)).collect();
    given.facts.performance = ByClass::default();
    let mut frames = FrameSet::new(&given.product.strategies).unwrap();
    let (mut random, mut price) = (Random::new(7), 100.0);
    let (mut several, mut twice, mut live) = (0, 0, 0);
    for number in 0..20_000 {
        wander(
            &mut frames,
            &mut random,
            &mut price,
            1_600_000_000 / 86_400 * 86_400 + 60 * number,
        );
        if number % 30 != 29 {
            continue;
        }
        let pass = BuyPass {
            market: &given.market,
            product: &given.product,
            facts: &given.facts,
            performances: &performances,
            frames: &frames,
        };
        let round = buy_pass(&pass, given.budget.clone(), given.standing.clone()).unwrap();
        assert_eq!(round.asked, all.len());
        let bought: Vec<_> = round
            .judged
            .iter()
            .filter(|judged| judged.outcome.action != BuyAction::None)
            .collect();
        let strategies: BTreeSet<_> = bought
            .iter()
            .map(|judged| judged.outcome.combination.strategy)
            .collect();
        assert_eq!(strategies.len(), bought.len());
        let spent = bought
            .iter()
            .filter(|judged| judged.outcome.action == BuyAction::Live)
            .map(|judged| judged.outcome.size)
            .fold(Decimal::ZERO, |sum, size| sum.checked_add(size).unwrap());
        let left = given.budget.spendable_amt.checked_sub(spent).unwrap();
        assert_eq!(round.budget.spendable_amt, left);
        assert!(round.judged.iter().all(|judged| judged.signal.is_signal()));
        several += usize::from(bought.len() > 1);
        live += usize::from(!spent.is_zero());
        let is_twice = |judged: &&cbtrade_bot::decide::Judged| {
            judged.outcome.has(BuyTest::OncePerPass, Effect::Deny)
        };
        twice += round.judged.iter().filter(is_twice).count();
    }
    assert!(
        several > 0 && twice > 0 && live > 0,
        "{several} {twice} {live}"
    );
}
