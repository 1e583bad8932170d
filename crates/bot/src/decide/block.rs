//! What forces a sale, what forbids it, and what puts it off.

use std::fmt;

use cbtrade_core::Decimal;
use cbtrade_indicators::Interval;

use super::position::Figures;
use super::sell::{ExitName, Position, SellInput, View};
use crate::settings::{Fault, ProductSettings, SaverSettings};

/// What forces a sale. A force skips blocks and vetoes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Force {
    /// `poss.force_sell_tf`.
    Position,
    /// `sell.force_sell.all_yn`.
    All,
    /// `sell.force_sell.live_all_yn`.
    LiveAll,
    /// `sell.force_sell.prod_ids`.
    Product,
    /// `sell.force_sell.pos_ids`.
    PositionListed,
}

impl Force {
    /// The exit's name in the columns.
    #[must_use]
    pub const fn exit(self) -> ExitName {
        ExitName {
            kind: "force",
            name: match self {
                Self::LiveAll => "forced sell L",
                _ => "forced sell",
            },
            interval: None,
        }
    }
}

impl fmt::Display for Force {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Position => "the position's force_sell_tf is set",
            Self::All => "sell.force_sell.all_yn is Y",
            Self::LiveAll => "sell.force_sell.live_all_yn is Y",
            Self::Product => "the product is in sell.force_sell.prod_ids",
            Self::PositionListed => "the position is in sell.force_sell.pos_ids",
        })
    }
}

/// All that forces a sale, in order.
pub(super) fn forces(settings: &ProductSettings, position: &Position) -> Vec<Force> {
    let force = &settings.sell.force;
    let found = [
        (position.is_forced, Force::Position),
        (force.all, Force::All),
        (force.live_all && !position.is_test, Force::LiveAll),
        (force.prod_ids.contains(&settings.prod_id), Force::Product),
        (
            force.pos_ids.contains(&position.pos_id),
            Force::PositionListed,
        ),
    ];
    found
        .into_iter()
        .filter_map(|(holds, force)| holds.then_some(force))
        .collect()
}

/// What forbids a sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block {
    /// `sell.selling_on_yn` is N.
    SellingOff,
    /// `sell.never_sell_loss.live_all_yn`.
    LiveLoss,
    /// `sell.never_sell_loss.all_yn`.
    Loss,
    /// `sell.never_sell_loss.live_prod_ids`.
    LiveLossProduct,
    /// `sell.never_sell_loss.prod_ids`.
    LossProduct,
    /// `sell.never_sell_loss.pos_ids`.
    LossPosition,
    /// `sell.never_sell_loss.live_max_loss_usd_acceptable`.
    LossTooLarge {
        /// What would be lost, below zero.
        gain_amt: Decimal,
        /// At most so much may be.
        loss_amt_max: Decimal,
    },
    /// `sell.never_sell.all_yn`.
    Never,
    /// `sell.never_sell.prod_ids`.
    NeverProduct,
    /// `sell.never_sell.pos_ids`.
    NeverPosition,
    /// Buy and sell price are suspiciously far apart.
    Spread {
        /// How far, in percent.
        spread_pct: Decimal,
    },
}

impl Block {
    /// The setting behind it.
    #[must_use]
    pub const fn setting(&self) -> &'static str {
        match self {
            Self::SellingOff => "sell.selling_on_yn",
            Self::LiveLoss => "sell.never_sell_loss.live_all_yn",
            Self::Loss => "sell.never_sell_loss.all_yn",
            Self::LiveLossProduct => "sell.never_sell_loss.live_prod_ids",
            Self::LossProduct => "sell.never_sell_loss.prod_ids",
            Self::LossPosition => "sell.never_sell_loss.pos_ids",
            Self::LossTooLarge { .. } => "sell.never_sell_loss.live_max_loss_usd_acceptable",
            Self::Never => "sell.never_sell.all_yn",
            Self::NeverProduct => "sell.never_sell.prod_ids",
            Self::NeverPosition => "sell.never_sell.pos_ids",
            Self::Spread { .. } => "largest spread",
        }
    }
}

impl fmt::Display for Block {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::SellingOff => "sell.selling_on_yn is N",
            Self::LiveLoss => "a loss is not sold live while sell.never_sell_loss.live_all_yn is Y",
            Self::Loss => "a loss is not sold while sell.never_sell_loss.all_yn is Y",
            Self::LiveLossProduct => {
                "a loss of this product is not sold live (sell.never_sell_loss.live_prod_ids)"
            }
            Self::LossProduct => {
                "a loss of this product is not sold (sell.never_sell_loss.prod_ids)"
            }
            Self::LossPosition => {
                "a loss of this position is not sold (sell.never_sell_loss.pos_ids)"
            }
            Self::LossTooLarge {
                gain_amt,
                loss_amt_max,
            } => {
                return write!(
                    out,
                    "{gain_amt} is more than a live sale may lose ({loss_amt_max}: \
                     sell.never_sell_loss.live_max_loss_usd_acceptable)"
                );
            }
            Self::Never => "sell.never_sell.all_yn is Y",
            Self::NeverProduct => "the product is in sell.never_sell.prod_ids",
            Self::NeverPosition => "the position is in sell.never_sell.pos_ids",
            Self::Spread { spread_pct } => {
                return write!(
                    out,
                    "buy and sell price are {spread_pct} % apart, from {SPREAD_PCT_MAX} % on nothing is sold"
                );
            }
        };
        out.write_str(words)
    }
}

/// From this spread on a price is not believed.
const SPREAD_PCT_MAX: Decimal = Decimal::from_integer(5);

/// All that forbids a sale, in order.
pub(super) fn blocks<V: View>(input: &SellInput<'_, V>, figures: &Figures) -> Vec<Block> {
    let sell = &input.settings.sell;
    let prod_id = &input.settings.prod_id;
    let pos_id = &input.position.pos_id;
    let (never, never_loss) = (&sell.never, &sell.never_loss);
    let is_loss = figures.gain_pct < Decimal::ZERO;
    let is_live_loss = is_loss && !input.position.is_test;
    let loss_amt_max = Decimal::from_units(never_loss.live_loss_amt_max.units().saturating_abs());
    let gain_amt = figures.gain_amt;
    let is_too_large = !loss_amt_max.is_zero()
        && gain_amt < Decimal::from_units(loss_amt_max.units().saturating_neg());
    let spread_pct = input.spread_pct;
    let mut found = Vec::new();
    let mut forbid = |holds: bool, block: Block| {
        if holds {
            found.push(block);
        }
    };
    forbid(!sell.is_on, Block::SellingOff);
    forbid(is_live_loss && never_loss.live_all, Block::LiveLoss);
    forbid(is_loss && never_loss.all, Block::Loss);
    forbid(
        is_live_loss && never_loss.live_prod_ids.contains(prod_id),
        Block::LiveLossProduct,
    );
    forbid(
        is_loss && never_loss.prod_ids.contains(prod_id),
        Block::LossProduct,
    );
    forbid(
        is_loss && never_loss.pos_ids.contains(pos_id),
        Block::LossPosition,
    );
    forbid(
        is_live_loss && is_too_large,
        Block::LossTooLarge {
            gain_amt,
            loss_amt_max,
        },
    );
    forbid(never.all, Block::Never);
    forbid(never.prod_ids.contains(prod_id), Block::NeverProduct);
    forbid(never.pos_ids.contains(pos_id), Block::NeverPosition);
    forbid(spread_pct >= SPREAD_PCT_MAX, Block::Spread { spread_pct });
    found
}

/// What puts a sale off: shorter candles still rise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Veto {
    /// Which of them is looked at: `ha_green` or `nwe_green`.
    pub name: &'static str,
    /// The candles that rise.
    pub intervals: &'static [Interval],
}

impl fmt::Display for Veto {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.intervals.iter().map(|one| one.name()).collect();
        write!(
            out,
            "sell.profit_saver.{}: {} are green",
            self.name,
            names.join(", ")
        )
    }
}

const FIVE: Interval = Interval::FiveMinutes;
const FIFTEEN: Interval = Interval::FifteenMinutes;
const THIRTY: Interval = Interval::ThirtyMinutes;
const HOUR: Interval = Interval::OneHour;

/// The lines that must rise, by the position's candles.
fn nwe_intervals(interval: Interval) -> &'static [Interval] {
    match interval {
        Interval::OneDay | Interval::FourHours | Interval::OneHour => &[FIFTEEN, FIVE],
        Interval::ThirtyMinutes | Interval::FifteenMinutes => &[FIVE],
        Interval::FiveMinutes | Interval::OneMinute => &[],
    }
}

/// The Heikin-Ashi candles that must rise.
fn heikin_ashi_intervals(interval: Interval) -> &'static [Interval] {
    match interval {
        Interval::OneDay => &[HOUR, THIRTY, FIFTEEN, FIVE],
        Interval::FourHours => &[THIRTY, FIFTEEN, FIVE],
        Interval::OneHour | Interval::ThirtyMinutes => &[FIFTEEN, FIVE],
        Interval::FifteenMinutes => &[FIVE],
        Interval::FiveMinutes | Interval::OneMinute => &[],
    }
}

/// Whether this veto holds for the product and the exit: by product it is restricted, not switched off, and products can be
/// left out (B-33).
fn is_asked(saver: &SaverSettings, settings: &ProductSettings, exit: ExitName) -> bool {
    if !saver.is_on || saver.skip_exits.contains(exit.name) {
        return false;
    }
    if settings.faults.has(Fault::B33) {
        return saver.prod_ids.is_empty();
    }
    let is_listed = saver.prod_ids.is_empty() || saver.prod_ids.contains(&settings.prod_id);
    let is_exit = saver.exits.is_empty() || saver.exits.contains(exit.name);
    is_listed && is_exit && !saver.skip_prod_ids.contains(&settings.prod_id)
}

/// All that puts a sale off. Losing sales are asked too, as ever.
pub(super) fn vetoes<V: View>(input: &SellInput<'_, V>, exit: ExitName) -> Vec<Veto> {
    let settings = input.settings;
    let Some(interval) = input.position.interval else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let lines = nwe_intervals(interval);
    let rises = |interval: &Interval| input.view.is_nwe_green(*interval, 0) == Some(true);
    if is_asked(&settings.sell.nwe_green, settings, exit)
        && !lines.is_empty()
        && lines.iter().all(rises)
    {
        found.push(Veto {
            name: "nwe_green",
            intervals: lines,
        });
    }
    let candles = heikin_ashi_intervals(interval);
    let rises = |interval: &Interval| input.view.is_heikin_ashi_green(*interval) == Some(true);
    if is_asked(&settings.sell.heikin_ashi_green, settings, exit)
        && !candles.is_empty()
        && candles.iter().all(rises)
    {
        found.push(Veto {
            name: "ha_green",
            intervals: candles,
        });
    }
    found
}
