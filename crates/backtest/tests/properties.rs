//! What holds in every replay, whatever the market does.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed test says where, and a skipped one that it is"
)]

mod support;

use std::collections::BTreeMap;

use cbtrade_backtest::{Costs, Minute, Replay, Trade, page, summary};
use cbtrade_bot::frames::{History, INTERVALS};
use cbtrade_core::{Decimal, Timestamp};
use cbtrade_indicators::Interval;
use cbtrade_strategy::Strategy;
use support::{Walk, busy, replay};

/// Coins that closed positions have kept.
fn kept(trades: &[Trade]) -> Decimal {
    let live = trades.iter().filter(|trade| !trade.is_test);
    live.fold(Decimal::ZERO, |sum, trade| {
        sum.checked_add(trade.kept_cnt).unwrap()
    })
}

#[test]
fn at_every_minute_equity_is_cash_and_coins_and_every_coin_is_accounted_for() {
    for seed in [1, 2] {
        let mut replay = Replay::new(busy()).unwrap();
        let mut trades = Vec::new();
        let mut spent_most = Decimal::ZERO;
        for minute in Walk::minutes(seed, 12_000) {
            trades.extend_from_slice(replay.give(&minute).unwrap());
            let (ledger, moment) = (replay.ledger(), replay.moment().unwrap());
            let value = ledger.coins().checked_mul(moment.quotes.prc_sell).unwrap();
            assert_eq!(moment.equity, ledger.cash().checked_add(value).unwrap());
            assert!(ledger.cash() >= Decimal::ZERO);
            let open = ledger.open().iter().filter(|open| !open.position.is_test);
            let (mut held, mut spent) = (Decimal::ZERO, Decimal::ZERO);
            for open in open {
                held = held.checked_add(open.position.holding.hold_cnt).unwrap();
                spent = spent.checked_add(open.position.holding.spent_amt).unwrap();
            }
            assert_eq!(ledger.coins(), held.checked_add(kept(&trades)).unwrap());
            spent_most = spent_most.max(spent);
        }
        // All that was spent and received is the cash that is there.
        let live = trades.iter().filter(|trade| !trade.is_test);
        let mut cash = Decimal::from_integer(10_000);
        for trade in live.clone() {
            cash = cash.checked_add(trade.received_amt).unwrap();
            cash = cash.checked_sub(trade.spent_amt).unwrap();
        }
        let ledger = replay.ledger();
        for open in ledger.open().iter().filter(|open| !open.position.is_test) {
            cash = cash.checked_sub(open.position.holding.spent_amt).unwrap();
        }
        assert_eq!(cash, ledger.cash());
        println!(
            "seed {seed}: {} live trades of {}, at most {spent_most} spent, {} kept, equity {}",
            live.count(),
            trades.len(),
            kept(&trades),
            replay.moment().unwrap().equity
        );
        assert!(
            trades.iter().any(|trade| !trade.is_test),
            "nothing was traded"
        );
        assert!(kept(&trades) > Decimal::ZERO);
    }
}

#[test]
fn nothing_is_traded_before_its_signal_or_at_another_price_than_the_next_minutes_first() {
    let minutes = Walk::minutes(3, 12_000);
    let starts: Vec<i64> = minutes
        .iter()
        .map(|minute| minute.candle.start_unix_s)
        .collect();
    let opens: BTreeMap<i64, Decimal> = starts
        .iter()
        .copied()
        .zip(minutes.iter().map(|minute| minute.open))
        .collect();
    let closes: BTreeMap<i64, Decimal> = starts
        .iter()
        .zip(&minutes)
        .map(|(start, minute)| (start + 60, minute.close))
        .collect();
    let (report, trades) = replay(busy(), &minutes);
    let next = |decided: Timestamp| {
        let decided = decided.as_seconds();
        starts
            .iter()
            .copied()
            .find(|start| *start >= decided)
            .unwrap()
    };
    let costs = Costs::default();
    for trade in &trades {
        assert!(closes.contains_key(&trade.decided.as_seconds()));
        assert!(trade.decided <= trade.begun);
        assert!(trade.begun < trade.sale_decided);
        assert!(trade.sale_decided <= trade.ended);
        if trade.is_test {
            // On paper it is filled at once, at the price that it was decided at.
            let quotes = costs.quotes(closes[&trade.begun.as_seconds()]).unwrap();
            assert_eq!(
                (trade.begun, trade.prc_buy),
                (trade.decided, quotes.prc_buy)
            );
            assert_eq!(trade.ended, trade.sale_decided);
            continue;
        }
        assert_eq!(trade.begun.as_seconds(), next(trade.decided));
        assert_eq!(trade.ended.as_seconds(), next(trade.sale_decided));
        let bought = costs.buy_price(opens[&trade.begun.as_seconds()]).unwrap();
        let sold = costs.sell_price(opens[&trade.ended.as_seconds()]).unwrap();
        assert_eq!((trade.prc_buy, trade.prc_sell), (bought, sold));
    }
    assert!(
        report.live.trades > 0 && report.paper.trades > 0,
        "{}",
        summary(&report)
    );
}

/// Every trade, and the equity at every minute, up to a moment.
fn past(minutes: &[Minute], until: Timestamp) -> (Vec<Trade>, Vec<Decimal>) {
    let mut replay = Replay::new(busy()).unwrap();
    let (mut trades, mut equity) = (Vec::new(), Vec::new());
    for minute in minutes {
        let closed = replay.give(minute).unwrap();
        trades.extend(closed.iter().filter(|trade| trade.ended < until).cloned());
        let moment = replay.moment().unwrap();
        if moment.now <= until {
            equity.push(moment.equity);
        }
    }
    (trades, equity)
}

#[test]
fn another_future_changes_nothing_of_the_past() {
    let minutes = Walk::minutes(4, 9_000);
    let cut = 7_500;
    let until = minutes[cut].start();
    let whole = past(&minutes, until);
    let cut_off = past(&minutes[..cut], until);
    let mut other = minutes[..cut].to_vec();
    // The market falls to a half, and goes on from there.
    other.extend(minutes[cut..].iter().map(|minute| {
        let mut candle = minute.candle;
        for price in [
            &mut candle.open,
            &mut candle.high,
            &mut candle.low,
            &mut candle.close,
        ] {
            *price /= 2.0;
        }
        Minute::of(&candle).unwrap()
    }));
    let other = past(&other, until);
    assert!(whole.0.len() > 10);
    assert_eq!(whole.1.len(), cut);
    assert_eq!(whole, cut_off);
    assert_eq!(whole, other);
}

#[test]
fn the_same_minutes_give_the_same_bytes() {
    let minutes = Walk::minutes(5, 6_000);
    let once = replay(busy(), &minutes).0;
    let again = replay(busy(), &minutes).0;
    let json = |report: &cbtrade_backtest::Report| report.to_json().unwrap().to_string();
    assert_eq!(json(&once), json(&again));
    assert_eq!(page(&once), page(&again));
    assert_eq!(summary(&once), summary(&again));
}

#[test]
fn minutes_before_the_period_only_fill_the_frames() {
    let minutes = Walk::minutes(6, 8_000);
    let from = minutes[5_000].start();
    let to = minutes[7_000].start();
    let mut settings = busy();
    (settings.from, settings.to) = (Some(from), Some(to));
    let (report, trades) = replay(settings, &minutes);
    assert_eq!((report.from, report.result.minutes), (from, 2_000));
    assert_eq!(report.result.warm_up_minutes, 5_000);
    assert!(
        trades
            .iter()
            .all(|trade| trade.decided > from && trade.ended < to)
    );
    assert!(report.result.signals > 0);
    assert!(report.frames[0].candles_at_first > 900);
    // Without minutes in the period there is nothing to say.
    let mut settings = busy();
    settings.from = Some(minutes[7_999].start().plus_seconds(60));
    let mut replay = Replay::new(settings).unwrap();
    for minute in &minutes {
        replay.give(minute).unwrap();
    }
    let span = (minutes[0].start(), minutes[7_999].start());
    let error = replay.finish(report.candles, Some(span)).unwrap_err();
    assert!(
        error.to_string().contains("no candle in the period"),
        "{error}"
    );
}

#[test]
fn strategies_decide_on_these_frames_as_on_those_that_a_live_bot_makes() {
    let minutes = Walk::minutes(7, 40_000);
    let mut settings = busy();
    settings.strategies = Strategy::ALL.to_vec();
    let strategies = settings.resolved().strategies;
    let mut replay = Replay::new(settings).unwrap();
    let mut history = History::new();
    let (mut compared, mut signals, mut differences) = (0, 0, 0);
    for (count, minute) in minutes.iter().enumerate() {
        replay.give(minute).unwrap();
        let end = minute.candle.start_unix_s + 60;
        history.add(Interval::OneMinute, &minute.candle, end);
        if count < 2_000 || count % 997 != 0 {
            continue;
        }
        let live = history.frames(&strategies, end).unwrap();
        for interval in INTERVALS {
            let (own, theirs) = (
                replay.frames().frame(interval).unwrap(),
                live.frame(interval).unwrap(),
            );
            let (one, other) = (own.ago(0).unwrap().candle, theirs.ago(0).unwrap().candle);
            assert_eq!(one.start_unix_s, other.start_unix_s);
            assert_eq!(
                (one.open, one.high, one.low, one.close),
                (other.open, other.high, other.low, other.close)
            );
            for strategy in Strategy::ALL {
                let buys = [own, theirs].map(|frame| strategy.buy(frame, &strategies).is_signal());
                let sells =
                    [own, theirs].map(|frame| strategy.sell(frame, &strategies).is_signal());
                compared += 2;
                signals += usize::from(buys[0]) + usize::from(sells[0]);
                differences += usize::from(buys[0] != buys[1]) + usize::from(sells[0] != sells[1]);
            }
        }
    }
    println!("{compared} decisions compared, {signals} signals, {differences} differ");
    // A live bot's frames begin 500 candles back: averages that never quite forget differ in their last digits.
    assert!(signals > 100 && differences == 0);
}
