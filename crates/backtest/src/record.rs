//! What is noted during a replay, all of it of a size that does not grow with its length.

use std::collections::{BTreeMap, VecDeque};

use cbtrade_bot::decide::{Block, BuyOutcome, BuyRound, BuyTest, Combination, Effect, SellOutcome};
use cbtrade_bot::frames::{FrameSet, INTERVALS};
use cbtrade_bot::settings::ProductSettings;
use cbtrade_core::{Decimal, Timestamp};
use cbtrade_indicators::Interval;
use cbtrade_strategy::Strategy;

use crate::costs::{Quotes, difference, product, sum};
use crate::curve::{Curve, Point};
use crate::error::BacktestError;
use crate::feed::{FeedFigures, Length, Minute};
use crate::ledger::{Ledger, Open, Trade};
use crate::replay::{Moment, TRADES_KEPT};
use crate::report::{
    BuyAndHold, CombinationReport, Count, Denial, ExitReport, FrameReport, OpenReport, Report,
    ResultReport, TallyReport, Terms,
};
use crate::settings::BacktestSettings;
use crate::statistics::{DailyReturns, Drawdown};
use crate::tally::{Tally, part_pct};

type Done<T = ()> = Result<T, BacktestError>;

/// Live and paper.
#[derive(Debug, Clone, Copy, Default)]
struct Both {
    live: Tally,
    paper: Tally,
}

impl Both {
    fn add(&mut self, trade: &Trade) -> Done {
        if trade.is_test {
            self.paper.add(trade)
        } else {
            self.live.add(trade)
        }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Own {
    signals: u64,
    live_buys: u64,
    paper_buys: u64,
    trades: Both,
}

/// Everything bought at the beginning.
#[derive(Debug, Clone, Copy)]
struct Held {
    cash: Decimal,
    coins: Decimal,
    drawdown: Drawdown,
    equity: Decimal,
}

/// The notes.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) minutes: u64,
    pub(crate) warm_up: u64,
    begun: Option<Timestamp>,
    frames_at_first: [usize; 6],
    asked: u64,
    asked_too_short: u64,
    signals: u64,
    own: BTreeMap<Combination, Own>,
    all: Both,
    exits: BTreeMap<&'static str, Both>,
    denials: BTreeMap<(BuyTest, bool), u64>,
    held: BTreeMap<&'static str, u64>,
    not_placed: BTreeMap<&'static str, u64>,
    trades: VecDeque<Trade>,
    trades_left_out: u64,
    curve: Curve,
    drawdown: Drawdown,
    returns: DailyReturns,
    minutes_in_market: u64,
    invested_pct_sum: Decimal,
    hold: Option<Held>,
}

/// What a report is made of beside the notes.
pub(crate) struct Ending<'a> {
    pub(crate) settings: &'a BacktestSettings,
    pub(crate) product: &'a ProductSettings,
    pub(crate) frames: &'a FrameSet,
    pub(crate) ledger: &'a Ledger,
    pub(crate) feed: FeedFigures,
    pub(crate) last: Moment,
    pub(crate) orders_waiting: usize,
}

fn seen(frames: &FrameSet) -> [usize; 6] {
    let seen = |interval| {
        frames
            .frame(interval)
            .map_or(0, |frame| frame.candles_seen())
    };
    INTERVALS.map(seen)
}

fn long(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

impl Record {
    pub(crate) fn new(cash: Decimal) -> Self {
        Self {
            minutes: 0,
            warm_up: 0,
            begun: None,
            frames_at_first: [0; 6],
            asked: 0,
            asked_too_short: 0,
            signals: 0,
            own: BTreeMap::new(),
            all: Both::default(),
            exits: BTreeMap::new(),
            denials: BTreeMap::new(),
            held: BTreeMap::new(),
            not_placed: BTreeMap::new(),
            trades: VecDeque::new(),
            trades_left_out: 0,
            curve: Curve::default(),
            drawdown: Drawdown::new(cash, Timestamp::EPOCH),
            returns: DailyReturns::new(cash),
            minutes_in_market: 0,
            invested_pct_sum: Decimal::ZERO,
            hold: None,
        }
    }

    /// At the beginning of a minute of the period; does something at the first only.
    pub(crate) fn begin(
        &mut self,
        minute: &Minute,
        settings: &BacktestSettings,
        frames: &FrameSet,
        now: Timestamp,
    ) -> Done {
        if self.begun.is_some() {
            return Ok(());
        }
        self.begun = Some(now);
        self.frames_at_first = seen(frames);
        self.drawdown = Drawdown::new(settings.cash, now);
        let (costs, cash) = (settings.costs, settings.cash);
        let price = costs.buy_price(minute.open)?;
        let fill = costs.buy(cash, price, price, settings.product.base_increment)?;
        let (spent, coins) =
            fill.map_or_else(Default::default, |fill| (fill.spent_amt, fill.base_cnt));
        self.hold = Some(Held {
            cash: difference(cash, spent, "buy and hold")?,
            coins,
            drawdown: Drawdown::new(cash, now),
            equity: cash,
        });
        Ok(())
    }

    pub(crate) fn asked(&mut self, round: &BuyRound) {
        self.asked += long(round.asked);
        self.asked_too_short += long(round.too_short);
    }

    pub(crate) fn judged(&mut self, outcome: &BuyOutcome) {
        self.signals += 1;
        self.own.entry(outcome.combination).or_default().signals += 1;
        for step in &outcome.steps {
            let key = (step.test, step.effect == Effect::Deny);
            *self.denials.entry(key).or_default() += 1;
        }
    }

    pub(crate) fn bought(&mut self, combination: Combination, is_test: bool) {
        let own = self.own.entry(combination).or_default();
        if is_test {
            own.paper_buys += 1;
        } else {
            own.live_buys += 1;
        }
    }

    pub(crate) fn not_bought(&mut self, why: &'static str) {
        *self.not_placed.entry(why).or_default() += 1;
    }

    pub(crate) fn not_sold(&mut self, why: &'static str) {
        *self.not_placed.entry(why).or_default() += 1;
    }

    /// An exit fired, and the position was held.
    pub(crate) fn held(&mut self, outcome: &SellOutcome) {
        let blocks = outcome.blocks.iter().map(Block::setting);
        let vetoes = outcome.vetoes.iter().map(|veto| match veto.name {
            "nwe_green" => "sell.profit_saver.nwe_green",
            _ => "sell.profit_saver.ha_green",
        });
        for key in blocks.chain(vetoes) {
            *self.held.entry(key).or_default() += 1;
        }
    }

    pub(crate) fn closed(&mut self, trade: &Trade) -> Done {
        self.all.add(trade)?;
        self.exits.entry(trade.exit).or_default().add(trade)?;
        if let (Some(strategy), Some(interval)) = (
            Strategy::of_name(trade.strategy),
            Interval::of_name(trade.interval),
        ) {
            let combination = Combination { strategy, interval };
            let own = self.own.entry(combination).or_default();
            own.trades.add(trade)?;
        }
        if self.trades.len() >= TRADES_KEPT {
            self.trades.pop_front();
            self.trades_left_out += 1;
        }
        self.trades.push_back(trade.clone());
        Ok(())
    }

    pub(crate) fn minute_ended(
        &mut self,
        minute: &Minute,
        quotes: &Quotes,
        (now, equity): (Timestamp, Decimal),
        ledger: &Ledger,
    ) -> Done {
        self.minutes += 1;
        let drawdown_pct = self.drawdown.take(equity, now)?;
        self.returns.take(equity, minute.start());
        let open = ledger.open_live();
        self.minutes_in_market += u64::from(open > 0);
        if !ledger.coins().is_zero() {
            let value = product(ledger.coins(), quotes.prc_sell, "exposure")?;
            let part = value.checked_mul_div(100, equity).unwrap_or_default();
            self.invested_pct_sum = sum(self.invested_pct_sum, part, "exposure")?;
        }
        let held_equity = match &mut self.hold {
            Some(hold) => {
                let value = product(hold.coins, quotes.prc_sell, "buy and hold")?;
                hold.equity = sum(hold.cash, value, "buy and hold")?;
                hold.drawdown.take(hold.equity, now)?;
                hold.equity
            }
            None => equity,
        };
        self.curve.take(Point {
            at: now,
            price: minute.close,
            price_low: minute.close,
            price_high: minute.close,
            equity,
            equity_low: equity,
            equity_high: equity,
            cash: ledger.cash(),
            held_equity,
            drawdown_pct,
            open_max: open,
        });
        Ok(())
    }

    /// The report.
    pub(crate) fn report(self, ending: &Ending<'_>) -> Done<Report> {
        let frames = self.frames(ending);
        let result = self.result(ending)?;
        let notes = notes(ending, &frames);
        let own = self.own.iter();
        Ok(Report {
            prod_id: ending.settings.product.id.clone(),
            from: self.begun.unwrap_or(ending.last.now),
            to: ending.last.now,
            terms: terms(ending),
            candles: ending.feed,
            frames,
            result,
            live: TallyReport::from(&self.all.live),
            paper: TallyReport::from(&self.all.paper),
            strategies: own.map(|(place, own)| combination(*place, own)).collect(),
            exits: self
                .exits
                .iter()
                .map(|(exit, both)| ExitReport {
                    exit,
                    live: TallyReport::from(&both.live),
                    paper: TallyReport::from(&both.paper),
                })
                .collect(),
            denials: denials(&self.denials),
            held: counts(&self.held),
            not_placed: counts(&self.not_placed),
            open: open_positions(ending.ledger),
            trades: self.trades.into(),
            trades_left_out: self.trades_left_out,
            minutes_per_point: self.curve.minutes_per_point(),
            curve: self.curve.points(),
            notes,
        })
    }

    fn frames(&self, ending: &Ending<'_>) -> Vec<FrameReport> {
        let at_last = seen(ending.frames);
        INTERVALS
            .into_iter()
            .zip(self.frames_at_first.into_iter().zip(at_last))
            .map(|(interval, (candles_at_first, candles_at_last))| {
                let buyers = ending.product.strategies.buyers(interval);
                let buyers = buyers.filter(|strategy| ending.product.is_available(*strategy));
                let needed: Vec<usize> = buyers.map(Strategy::candles_needed).collect();
                FrameReport {
                    interval: interval.name(),
                    candles_at_first,
                    candles_at_last,
                    candles_needed: needed
                        .iter()
                        .copied()
                        .min()
                        .zip(needed.iter().copied().max()),
                }
            })
            .collect()
    }

    fn result(&self, ending: &Ending<'_>) -> Done<ResultReport> {
        let cash = ending.settings.cash;
        let equity = ending.last.equity;
        let return_pct = |equity: Decimal| -> Done<Decimal> {
            let gain = difference(equity, cash, "return")?;
            let pct = gain.checked_mul_div(100, cash);
            Ok(pct.map_or(Decimal::ZERO, |pct| pct.round(4)))
        };
        let live = ending.ledger.open().iter();
        let live = live.filter(|open| !open.position.is_test);
        let mut open_gain_amt = Decimal::ZERO;
        for open in live {
            open_gain_amt = sum(open_gain_amt, open.position.figures.gain_amt, "open gain")?;
        }
        let minutes = i64::try_from(self.minutes).unwrap_or(i64::MAX);
        let invested = self
            .invested_pct_sum
            .checked_div(Decimal::from_integer(minutes));
        let hold = self.hold.map_or_else(Default::default, |hold| {
            (hold.equity, hold.drawdown.max_pct)
        });
        Ok(ResultReport {
            minutes: self.minutes,
            warm_up_minutes: self.warm_up,
            equity,
            cash: ending.ledger.cash(),
            coins: ending.ledger.coins(),
            gain_amt: difference(equity, cash, "gain")?,
            return_pct: return_pct(equity)?,
            drawdown_max_pct: self.drawdown.max_pct,
            drawdown_max_amt: self.drawdown.max_amt,
            drawdown_from: self.drawdown.max_from,
            drawdown_at: self.drawdown.max_at,
            sharpe: self.returns.sharpe().map(six_places),
            days: self.returns.days(),
            fee_amt: ending.ledger.fee_amt(),
            in_market_pct: part_pct(self.minutes_in_market, self.minutes),
            invested_pct: invested.map(|pct| pct.round(2)),
            open_gain_amt,
            asked: self.asked,
            asked_too_short: self.asked_too_short,
            signals: self.signals,
            buy_and_hold: BuyAndHold {
                equity: hold.0,
                return_pct: return_pct(hold.0)?,
                drawdown_max_pct: hold.1,
            },
        })
    }
}

fn six_places(number: f64) -> f64 {
    (number * 1e6).round() / 1e6
}

fn terms(ending: &Ending<'_>) -> Terms {
    let BacktestSettings {
        cash,
        costs,
        length,
        is_qualified,
        ..
    } = ending.settings;
    let strategies = &ending.product.strategies;
    let could_buy = |strategy: &Strategy, interval: Interval| {
        ending.product.is_available(*strategy)
            && strategies.buyers(interval).any(|buyer| buyer == *strategy)
    };
    let on_any = |strategy: &Strategy| {
        let mut intervals = INTERVALS.into_iter();
        intervals.any(|interval| could_buy(strategy, interval))
    };
    let by_any = |interval: &Interval| {
        let mut all = Strategy::ALL.iter();
        all.any(|strategy| could_buy(strategy, *interval))
    };
    Terms {
        candles: length.interval().name(),
        cash: *cash,
        fee_pct: costs.fee_pct,
        spread_pct: costs.spread_pct,
        slippage_pct: costs.slippage_pct,
        is_qualified: *is_qualified,
        strategies: Strategy::ALL
            .into_iter()
            .filter(on_any)
            .map(Strategy::name)
            .collect(),
        intervals: INTERVALS
            .into_iter()
            .filter(by_any)
            .map(Interval::name)
            .collect(),
    }
}

fn notes(ending: &Ending<'_>, frames: &[FrameReport]) -> Vec<String> {
    let mut notes = ending.settings.notes();
    for frame in frames {
        let seen = frame.candles_at_last;
        match frame.candles_needed {
            Some((least, _)) if seen < least => notes.push(format!(
                "No strategy could be judged on {} candles: there were {seen} of the {least} that it takes at least. Begin earlier.",
                frame.interval
            )),
            Some((_, most)) if seen < most => notes.push(format!(
                "Some strategies could not be judged on {} candles: there were {seen} of {most}.",
                frame.interval
            )),
            _ => {}
        }
    }
    if ending.orders_waiting > 0 {
        notes.push(format!(
            "{} decided at the end had no next minute to be filled in, and are not counted.",
            match ending.orders_waiting {
                1 => "1 order".to_owned(),
                count => format!("{count} orders"),
            }
        ));
    }
    let feed = ending.feed;
    if feed.missing > 0 {
        let unit = match ending.settings.length {
            Length::OneMinute => "minutes",
            Length::FiveMinutes => "candles",
        };
        notes.push(format!(
            "{} {unit} between the first and the last are not there, at most {} in a row; nothing was made up for them.",
            feed.missing, feed.missing_in_a_row_max
        ));
    }
    if feed.doubled > 0 {
        notes.push(format!(
            "{} candles were there twice with the same numbers, and taken once.",
            feed.doubled
        ));
    }
    notes
}

fn combination(place: Combination, own: &Own) -> CombinationReport {
    CombinationReport {
        strategy: place.strategy.name(),
        interval: place.interval.name(),
        signals: own.signals,
        live_buys: own.live_buys,
        paper_buys: own.paper_buys,
        live: TallyReport::from(&own.trades.live),
        paper: TallyReport::from(&own.trades.paper),
    }
}

/// The most frequent first.
fn denials(counts: &BTreeMap<(BuyTest, bool), u64>) -> Vec<Denial> {
    let mut all: Vec<Denial> = counts
        .iter()
        .map(|((test, is_denied), count)| Denial {
            test: test.name(),
            words: test.words(),
            effect: if *is_denied { "denied" } else { "paper" },
            count: *count,
        })
        .collect();
    all.sort_by_key(|denial| std::cmp::Reverse(denial.count));
    all
}

fn counts(counts: &BTreeMap<&'static str, u64>) -> Vec<Count> {
    let mut all: Vec<Count> = counts
        .iter()
        .map(|(what, count)| Count {
            what: (*what).to_owned(),
            count: *count,
        })
        .collect();
    all.sort_by_key(|count| std::cmp::Reverse(count.count));
    all
}

fn open_positions(ledger: &Ledger) -> Vec<OpenReport> {
    let report = |open: &Open| OpenReport {
        pos_id: open.position.pos_id,
        is_test: open.position.is_test,
        strategy: open.combination.strategy.name(),
        interval: open.combination.interval.name(),
        begun: open.begun,
        prc_buy: open.prc_fill,
        base_cnt: open.position.holding.hold_cnt,
        spent_amt: open.position.holding.spent_amt,
        gain_amt: open.position.figures.gain_amt,
        gain_pct: open.position.figures.result_pct,
    };
    let mut all: Vec<OpenReport> = ledger.open().iter().map(report).collect();
    // The sort is stable: oldest first within each.
    all.sort_by_key(|open| open.is_test);
    all
}
