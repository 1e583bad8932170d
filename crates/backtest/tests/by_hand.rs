//! One trade, reckoned by hand to the last digit.
//!
//! The price stands at 100 for 25 hours, at 88 for five candles of 15 minutes, and then rises. `drop` buys when the price is above
//! 90 again on a green candle. The taker's fee is 0.5 %, buy and sell price are 0.2 % apart, an order slips by 0.1 %.
//!
//! | minute | open | close | what happens |
//! |---|---|---|---|
//! | 1,575 | 88 | 91 | `drop` signals; 50 are ordered |
//! | 1,576 | 91.5 | 92 | filled at 91.5 × 1.002 = 91.683: 50 / (91.683 × 1.005) = 0.54264415 coins for 49.751243604450 and a fee of 0.248756218022; a coin has cost 92.141415, and brings 92 × 0.999 = 91.908: -0.25 % |
//! | 1,577 | 92 | 95 | it brings 94.905: 3 %, so from 2 % on it is sold |
//! | 1,578 | 94.5 | 94 | sold at 94.5 × 0.998 = 94.311: 51.177312430650 less a fee of 0.255886562153 |

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod support;

use cbtrade_backtest::{BacktestSettings, Costs, Minute, Replay, plain_product};
use cbtrade_core::Decimal;
use cbtrade_indicators::{Candle, Interval};
use cbtrade_strategy::Strategy;
use support::{BEGIN_UNIX_S, decimal, market, replay};

/// Minutes at one price, then the ones of the table.
fn minutes() -> Vec<Minute> {
    let level = |price: f64| [price; 2];
    let mut all = vec![level(100.0); 1_500];
    all.extend(vec![level(88.0); 75]);
    all.extend([[88.0, 91.0], [91.5, 92.0], [92.0, 95.0], [94.5, 94.0]]);
    all.into_iter()
        .zip(0..)
        .map(|([open, close], minute)| {
            let candle = Candle {
                start_unix_s: BEGIN_UNIX_S + 60 * minute,
                open,
                high: open.max(close),
                low: open.min(close),
                close,
                volume: 1.0,
            };
            Minute::of(&candle).unwrap()
        })
        .collect()
}

fn settings() -> BacktestSettings {
    let own = r#",
        "buy_test_txns": {"test_txns_on_yn": "N"},
        "buy": {"trade_size_min_mult": 50, "trade_size_max": 100},
        "sell": {"take_profit": {"hard_take_profit_yn": "Y", "hard_take_profit_pct": 2, "hard_take_profit_strats_skip": []},
                 "profit_saver": {"ha_green": {"use_yn": "N"}, "nwe_green": {"use_yn": "N"}}}"#;
    BacktestSettings {
        cash: Decimal::from_integer(1_000),
        costs: Costs {
            fee_pct: decimal("0.5"),
            spread_pct: decimal("0.2"),
            slippage_pct: decimal("0.1"),
        },
        strategies: vec![Strategy::Drop],
        intervals: vec![Interval::FifteenMinutes],
        is_qualified: true,
        ..BacktestSettings::new(market("TST-USD", own), plain_product("TST-USD").unwrap())
    }
}

#[test]
fn a_trade_is_what_it_is_by_hand() {
    let (report, trades) = replay(settings(), &minutes());
    let [trade] = trades.as_slice() else {
        panic!("{trades:?}");
    };
    let minute = |number: i64| BEGIN_UNIX_S + 60 * number;
    let times = [trade.decided, trade.begun, trade.sale_decided, trade.ended];
    let times = times.map(|time| time.as_seconds());
    assert_eq!(times, [1_576, 1_576, 1_578, 1_578].map(minute));
    assert_eq!(
        (trade.strategy, trade.interval, trade.exit),
        ("drop", "15min", "hard_profit")
    );
    let amounts = [
        trade.prc_buy,
        trade.base_cnt,
        trade.spent_amt,
        trade.prc_sell,
        trade.received_amt,
        trade.fee_amt,
        trade.gain_amt,
        trade.gain_pct,
    ];
    let wanted = [
        "91.683",
        "0.54264415",
        "49.999999822472",
        "94.311",
        "50.921425868497",
        "0.504642780175",
        "0.921426046025",
        "1.8429",
    ];
    assert_eq!(amounts, wanted.map(decimal));
    let result = &report.result;
    assert_eq!(result.equity, decimal("1000.921426046025"));
    assert_eq!((result.cash, result.coins), (result.equity, Decimal::ZERO));
    assert_eq!(result.return_pct, decimal("0.0921"));
    // Down to 999.873338715728 after the buy; later from 1001.499643233278 to the end.
    assert_eq!(result.drawdown_max_pct, decimal("0.0577"));
    assert_eq!(result.drawdown_max_amt, decimal("0.578217187253"));
    assert_eq!(result.signals, 4);
    assert_eq!(report.live.win_rate_pct, Some(decimal("100")));
    assert_eq!(report.live.profit_factor, None);
    let hold = &result.buy_and_hold;
    assert_eq!(hold.equity, decimal("932.5230136759"));
    assert_eq!(hold.return_pct, decimal("-6.7477"));
    assert_eq!(hold.drawdown_max_pct, decimal("12.7"));
}

#[test]
fn equity_at_each_minute_is_what_it_is_by_hand() {
    let mut replay = Replay::new(settings()).unwrap();
    let mut last = Vec::new();
    for minute in minutes() {
        replay.give(&minute).unwrap();
        last.push(replay.moment().unwrap().equity);
    }
    let last = last.split_off(1_574);
    let wanted = [
        "1000",
        "1000",
        "999.873338715728",
        "1001.499643233278",
        "1000.921426046025",
    ];
    assert_eq!(last, wanted.map(decimal));
}

#[test]
fn what_is_decided_last_is_not_filled() {
    let mut all = minutes();
    all.truncate(1_576);
    let (report, trades) = replay(settings(), &all);
    assert_eq!((trades.len(), report.open.len()), (0, 0));
    assert_eq!(report.result.cash, Decimal::from_integer(1_000));
    let is_said = |note: &String| note.starts_with("1 order decided at the end");
    assert!(report.notes.iter().any(is_said), "{:?}", report.notes);
}

#[test]
fn without_qualification_it_is_bought_on_paper_first() {
    let mut settings = settings();
    settings.is_qualified = false;
    settings.market = market(
        "TST-USD",
        r#", "buy": {"trade_size_min_mult": 50, "trade_size_max": 100}"#,
    );
    let (report, _) = replay(settings, &minutes());
    assert_eq!(report.result.cash, Decimal::from_integer(1_000));
    let [open] = report.open.as_slice() else {
        panic!("{:?}", report.open);
    };
    // At once, at what it cost when it was decided: 91 × 1.001, with the fee that bots reckon with.
    assert!(open.is_test);
    assert_eq!(open.prc_buy, decimal("91.091"));
    assert_eq!(open.begun.as_seconds(), BEGIN_UNIX_S + 60 * 1_576);
    let qualification = &report.denials[0];
    assert_eq!(
        (qualification.test, qualification.effect),
        ("live_test_mode_switch", "paper")
    );
    assert_eq!(qualification.count, 4);
}
