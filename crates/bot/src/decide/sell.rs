//! Whether a position is sold, and why.

use std::fmt;

use cbtrade_core::Decimal;
use cbtrade_indicators::Interval;
use cbtrade_strategy::{Decision, Exit, ExitVerdict, Strategy};

use super::amount::DecideError;
use super::block::{Block, Force, Veto, blocks, forces, vetoes};
use super::exits::{Tests, after_frames, before_frames};
use super::position::{Figures, Holding, refresh};
use crate::settings::ProductSettings;

/// What the frames say, as far as sales ask. [`FrameSet`](crate::frames::FrameSet) answers with indicators.
pub trait View {
    /// Whether the last Heikin-Ashi candle of this length rose; none where the frame is too short to say.
    fn is_heikin_ashi_green(&self, interval: Interval) -> Option<bool>;

    /// Whether the Nadaraya-Watson line rises, so many candles ago.
    fn is_nwe_green(&self, interval: Interval, ago: usize) -> Option<bool>;

    /// The high of the last candle.
    fn high(&self, interval: Interval) -> Option<Decimal>;

    /// The average true range.
    fn range(&self, interval: Interval) -> Option<Decimal>;

    /// A strategy's own exit at this gain in percent; none where the frame is not there.
    fn exit(
        &self,
        settings: &ProductSettings,
        strategy: Strategy,
        interval: Interval,
        gain_pct: Decimal,
    ) -> Option<StrategyExit>;
}

/// A strategy's own exit.
#[derive(Debug, Clone)]
pub struct StrategyExit {
    /// Whether its rule fired, and what the filter made of it; none where it did not fire.
    pub verdict: Option<ExitVerdict>,
    /// The rule's conditions, where they are known.
    pub decision: Option<Decision>,
}

impl From<Exit> for StrategyExit {
    fn from(exit: Exit) -> Self {
        Self {
            verdict: exit.verdict,
            decision: Some(exit.decision),
        }
    }
}

/// An open position, as decisions need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// `pos_id`.
    pub pos_id: i64,
    /// `test_txn_yn`.
    pub is_test: bool,
    /// `buy_strat_name`; none where it is no strategy that is known.
    pub strategy: Option<Strategy>,
    /// `buy_strat_freq`.
    pub interval: Option<Interval>,
    /// `force_sell_tf`: the operator's word in the database.
    pub is_forced: bool,
    /// What it holds and has cost.
    pub holding: Holding,
    /// Its figures as of the last look.
    pub figures: Figures,
}

/// A position, and everything it is judged by.
#[derive(Debug)]
pub struct SellInput<'a, V> {
    /// The product's settings.
    pub settings: &'a ProductSettings,
    /// The position.
    pub position: &'a Position,
    /// What a sale brings for one coin, from the order book.
    pub prc_sell: Decimal,
    /// How far buy and sell price are apart, in percent.
    pub spread_pct: Decimal,
    /// Minutes since it was opened.
    pub age_minutes: i64,
    /// The frames.
    pub view: &'a V,
}

/// What sells a position: `sell_strat_type`, `sell_strat_name`, `sell_strat_freq`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExitName {
    /// `profit`, `stop_loss`, `momentum`, `force`, or a strategy's.
    pub kind: &'static str,
    /// `trail_profit`, `hard_stop_loss`, …, or the strategy.
    pub name: &'static str,
    /// The length of candles of a strategy's exit.
    pub interval: Option<Interval>,
}

/// A test with its numbers: what the operator is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SellTest {
    /// What was tested.
    pub name: &'static str,
    /// Whether it wants to sell.
    pub sells: bool,
    /// The numbers.
    pub words: String,
}

/// What becomes of a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SellAction {
    /// It is held.
    Hold,
    /// It is sold.
    Sell,
}

/// What was decided about a position, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct SellOutcome {
    /// What to do.
    pub action: SellAction,
    /// The refreshed figures; to be stored, whatever was decided.
    pub figures: Figures,
    /// The exit that fired, also where it was blocked. The position's columns take it only when it is sold ([`sold_by`]).
    ///
    /// [`sold_by`]: Self::sold_by
    pub exit: Option<ExitName>,
    /// Why it must be sold.
    pub forces: Vec<Force>,
    /// Why it must not be sold.
    pub blocks: Vec<Block>,
    /// Why it is not sold just now.
    pub vetoes: Vec<Veto>,
    /// The tests, in order; after the first that sells, none is asked.
    pub tests: Vec<SellTest>,
    /// Whether the strategy's own rule was asked.
    pub is_strategy_asked: bool,
}

impl SellOutcome {
    /// What sells it: none where it is held, whatever fired.
    #[must_use]
    pub fn sold_by(&self) -> Option<ExitName> {
        match self.action {
            SellAction::Hold => None,
            SellAction::Sell => self.exit,
        }
    }

    /// What wanted to sell and what keeps the position, without the numbers of this moment: as long as it is the same,
    /// there is nothing new to tell.
    #[must_use]
    pub fn kept_by(&self) -> String {
        let mut words: Vec<&str> = self.exit.iter().map(|exit| exit.name).collect();
        words.extend(self.blocks.iter().map(Block::setting));
        words.extend(self.vetoes.iter().map(|veto| veto.name));
        words.join(" ")
    }

    /// The sale that does not take place, as an owner would say it.
    fn kept(&self, exit: ExitName, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figures {
            gain_pct,
            gain_pct_high,
            gain_amt,
            ..
        } = self.figures;
        let name = exit.name.replace('_', " ");
        write!(out, "would be sold by {name}")?;
        if let Some(interval) = exit.interval {
            write!(out, " on {}", interval.name())?;
        }
        write!(
            out,
            " at {gain_pct} % ({gain_amt}; peak {gain_pct_high} %), but is kept"
        )?;
        let blocks = self.blocks.iter().map(ToString::to_string);
        let vetoes = self.vetoes.iter().map(|veto| format!("not now, {veto}"));
        let reasons: Vec<String> = blocks.chain(vetoes).collect();
        write!(out, ": {}", reasons.join("; "))
    }

    /// Whether it is held against an exit or altogether.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.action == SellAction::Hold && !(self.blocks.is_empty() && self.vetoes.is_empty())
    }
}

/// Decides about an open position.
///
/// # Errors
///
/// A number that does not fit.
pub fn decide_sell<V: View>(input: &SellInput<'_, V>) -> Result<SellOutcome, DecideError> {
    decide(input, false)
}

/// The same decision without its tests taken down. For replays, where nobody reads them.
///
/// # Errors
///
/// A number that does not fit.
pub fn decide_sell_silently<V: View>(input: &SellInput<'_, V>) -> Result<SellOutcome, DecideError> {
    decide(input, true)
}

fn decide<V: View>(input: &SellInput<'_, V>, is_silent: bool) -> Result<SellOutcome, DecideError> {
    let SellInput {
        settings,
        position,
        prc_sell,
        ..
    } = *input;
    let mut outcome = SellOutcome {
        action: SellAction::Hold,
        figures: refresh(&position.holding, &position.figures, prc_sell)?,
        exit: None,
        forces: forces(settings, position),
        blocks: Vec::new(),
        vetoes: Vec::new(),
        tests: Vec::new(),
        is_strategy_asked: false,
    };
    if let Some(force) = outcome.forces.first() {
        outcome.exit = Some(force.exit());
        // Without selling, not even force sells; the operator's main switch is the last word.
        if settings.sell.is_on {
            outcome.action = SellAction::Sell;
        } else {
            outcome.blocks.push(Block::SellingOff);
        }
        return Ok(outcome);
    }
    outcome.blocks = blocks(input, &outcome.figures);
    let mut tests = Tests {
        list: Vec::new(),
        is_silent,
    };
    outcome.exit = before_frames(input, &outcome.figures, &mut tests);
    if outcome.exit.is_none() {
        // What the candles have seen counts for the price's high, not for the gain's peak.
        raise_high(input, &mut outcome.figures);
        outcome.exit = after_frames(input, &mut tests, &mut outcome);
    }
    outcome.tests = tests.list;
    if let Some(exit) = outcome.exit
        && outcome.blocks.is_empty()
    {
        outcome.vetoes = vetoes(input, exit);
        if outcome.vetoes.is_empty() {
            outcome.action = SellAction::Sell;
        }
    }
    Ok(outcome)
}

/// The longest candles that fit the position's age, with their length in minutes.
const HIGHS: [(i64, Interval); 5] = [
    (1_440, Interval::OneDay),
    (240, Interval::FourHours),
    (60, Interval::OneHour),
    (15, Interval::FifteenMinutes),
    (5, Interval::FiveMinutes),
];

/// Raises the highest price to the high of the last candle that lies within the position's age.
fn raise_high<V: View>(input: &SellInput<'_, V>, figures: &mut Figures) {
    let fitting = HIGHS
        .into_iter()
        .find(|(minutes, _)| input.age_minutes >= *minutes);
    if let Some(high) = fitting.and_then(|(_, interval)| input.view.high(interval)) {
        figures.prc_high = figures.prc_high.max(high);
    }
}

impl fmt::Display for ExitName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ({})", self.name, self.kind)?;
        match self.interval {
            Some(interval) => write!(out, " on {}", interval.name()),
            None => Ok(()),
        }
    }
}

impl fmt::Display for SellOutcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figures {
            gain_pct,
            gain_pct_high,
            gain_amt,
            ..
        } = self.figures;
        match (self.action, self.exit) {
            (SellAction::Hold, Some(exit)) => return self.kept(exit, out),
            (SellAction::Sell, Some(exit)) => write!(out, "sold by {exit}")?,
            (_, None) => out.write_str("held")?,
        }
        write!(
            out,
            ": gain {gain_pct} % (peak {gain_pct_high} %), {gain_amt}"
        )?;
        for force in &self.forces {
            write!(out, "; forced: {force}")?;
        }
        for block in &self.blocks {
            write!(out, "; blocked: {block}")?;
        }
        for veto in &self.vetoes {
            write!(out, "; not now: {veto}")?;
        }
        for test in self.tests.iter().filter(|test| test.sells) {
            write!(out, "; {}: {}", test.name, test.words)?;
        }
        Ok(())
    }
}
