//! A position's figures, and prices.

use cbtrade_bot::decide::{
    BuyFill, SellFill, close_position, depth_price, open_position, paper_buy, paper_sell, refresh,
    slippage_pct, spread_pct,
};
use cbtrade_core::Decimal;
use cbtrade_exchange::Level;

use super::given::decimal;

#[test]
fn b26_paper_and_live_have_the_same_units_and_fees() {
    let paper = paper_buy(decimal("1000"), decimal("100")).unwrap();
    // The same buy live: 996 of 1000 became coins, 4 were fees, both in the quote currency.
    let live = BuyFill {
        base_cnt: decimal("9.96"),
        spent_amt: decimal("1000"),
        fee_amt: decimal("4"),
        prc_fill: decimal("100"),
        prc_estimate: decimal("100"),
    };
    assert_eq!(paper, live);
    let (holding, figures) = open_position(&paper).unwrap();
    assert_eq!((holding, figures), open_position(&live).unwrap());
    // The cost of a coin has the fee in it.
    assert_eq!(holding.prc_buy, decimal("100.40160643"));
    assert_eq!(
        (holding.buy_fee_amt, figures.prc_curr),
        (decimal("4"), decimal("100"))
    );
    let sold = paper_sell(decimal("9.96"), decimal("100")).unwrap();
    assert_eq!(
        (sold.received_amt, sold.fee_amt),
        (decimal("992.016"), decimal("3.984"))
    );
}

#[test]
fn b27_a_fill_that_is_seen_twice_gives_the_same_position() {
    let fill = paper_buy(decimal("25"), decimal("0.37")).unwrap();
    assert_eq!(open_position(&fill).unwrap(), open_position(&fill).unwrap());
}

#[test]
fn b28_the_filled_part_is_a_position() {
    let part = BuyFill {
        base_cnt: decimal("0.5"),
        spent_amt: decimal("50.2"),
        fee_amt: decimal("0.2"),
        prc_fill: decimal("100"),
        prc_estimate: decimal("99"),
    };
    let (holding, _) = open_position(&part).unwrap();
    assert_eq!(
        (holding.hold_cnt, holding.prc_buy),
        (decimal("0.5"), decimal("100.4"))
    );
    // Nothing filled is no position.
    let none = BuyFill {
        base_cnt: Decimal::ZERO,
        ..part
    };
    assert!(open_position(&none).is_err());
}

#[test]
fn b34_the_net_is_what_was_realised() {
    let fill = BuyFill {
        base_cnt: decimal("10"),
        spent_amt: decimal("1000"),
        fee_amt: decimal("4"),
        prc_fill: decimal("99.6"),
        prc_estimate: decimal("99.6"),
    };
    let (holding, figures) = open_position(&fill).unwrap();
    let before = refresh(&holding, &figures, decimal("130")).unwrap();
    let sale = SellFill {
        base_cnt: decimal("8.5"),
        received_amt: decimal("1105"),
        fee_amt: decimal("4.42"),
        prc_estimate: decimal("130"),
        prc_fill: decimal("130.52"),
    };
    let closed = close_position(&holding, &before, &sale, decimal("50"), decimal("20")).unwrap();
    assert_eq!(closed.prc_sell_avg, decimal("130"));
    // 1.5 coins at 130 are 195: in the gain once, in the net not at all.
    assert_eq!(closed.figures.held_amt, decimal("195"));
    assert_eq!(closed.figures.gain_amt, decimal("300"));
    assert_eq!(closed.gain_amt_net, decimal("105"));
    assert_eq!(closed.figures.result_pct, decimal("30"));
    // With a gain the rest is pocket.
    assert_eq!(
        (closed.holding.pocket_cnt, closed.holding.clip_cnt),
        (decimal("1.5"), Decimal::ZERO)
    );
    // The estimate of the decision stays beside what came of it.
    assert_eq!(closed.figures.gain_amt_est, decimal("300"));
    assert_eq!(closed.holding.fee_amt, decimal("8.42"));
}

#[test]
fn a_loss_leaves_a_clip() {
    let (holding, figures) =
        open_position(&paper_buy(decimal("100"), decimal("10")).unwrap()).unwrap();
    let sale = paper_sell(decimal("9"), decimal("9")).unwrap();
    let closed = close_position(&holding, &figures, &sale, decimal("50"), decimal("20")).unwrap();
    assert_eq!(closed.holding.clip_cnt, decimal("0.96"));
    assert_eq!(closed.holding.pocket_cnt, Decimal::ZERO);
    assert!(closed.figures.gain_amt < Decimal::ZERO);
}

#[test]
fn figures_follow_the_price() {
    let (holding, first) = open_position(&BuyFill {
        base_cnt: decimal("4"),
        spent_amt: decimal("400"),
        fee_amt: decimal("1.6"),
        prc_fill: decimal("99.6"),
        prc_estimate: decimal("99.6"),
    })
    .unwrap();
    let high = refresh(&holding, &first, decimal("110")).unwrap();
    let low = refresh(&holding, &high, decimal("95.5")).unwrap();
    assert_eq!(
        (high.gain_pct, low.gain_pct),
        (decimal("10"), decimal("-4.5"))
    );
    assert_eq!(
        (low.gain_pct_high, low.gain_pct_low),
        (decimal("10"), decimal("-4.5"))
    );
    assert_eq!(low.gain_pct_drop, decimal("-14.5"));
    assert_eq!(
        (low.prc_high, low.prc_low),
        (decimal("110"), decimal("95.5"))
    );
    assert_eq!(
        (low.gain_amt, low.gain_amt_est_high),
        (decimal("-18"), decimal("40"))
    );
}

#[test]
fn b44_depth_is_measured_in_money() {
    let level = |price: &str, size: &str| Level {
        price: decimal(price),
        size: decimal(size),
    };
    // Half a coin is worth 30,000: the first level fills 400. The former code summed coins until they were 400.
    let book = [
        level("60000", "0.5"),
        level("61000", "900"),
        level("99000", "9"),
    ];
    let at = |amount: &str| depth_price(&book, decimal(amount)).unwrap();
    assert_eq!(at("400"), Some(decimal("60000")));
    assert_eq!(at("30000"), Some(decimal("60000")));
    assert_eq!(at("30000.01"), Some(decimal("61000")));
    // Too thin a book says what it can.
    assert_eq!(at("99999999"), Some(decimal("99000")));
    assert_eq!(depth_price(&[], decimal("1")).unwrap(), None);
}

#[test]
fn spread_and_slippage_are_in_percent() {
    assert_eq!(
        spread_pct(decimal("101"), decimal("99")).unwrap(),
        decimal("2")
    );
    assert_eq!(
        slippage_pct(decimal("101"), decimal("100")).unwrap(),
        decimal("1")
    );
}
