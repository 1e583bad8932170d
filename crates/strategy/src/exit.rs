//! When a strategy's exit signal becomes a sale.

use std::fmt;

use cbtrade_core::Decimal;

/// Which exits of a strategy are wanted, by the position's gain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExitFilter {
    /// `exit_if_profit`: exits with a gain are wanted from this gain on, in percent; none at all without a value.
    pub profit_pct_min: Option<Decimal>,
    /// `exit_if_loss`: exits with a loss are wanted from this loss on, in percent; none at all without a value. Despite its
    /// name in the settings (`exit_if_loss_pct_max`) it is the smallest loss that is taken: smaller ones are held.
    pub loss_pct_max: Option<Decimal>,
}

/// What the filter says of an exit signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitVerdict {
    /// Sell: the gain is at least what is asked for.
    Profit,
    /// Sell: the loss is at least what is asked for.
    Loss,
    /// Hold: exits with a gain are switched off.
    ProfitNotWanted,
    /// Hold: the gain is too small.
    ProfitTooSmall,
    /// Hold: exits with a loss are switched off.
    LossNotWanted,
    /// Hold: the loss is too small.
    LossTooSmall,
    /// Sell: this strategy's exits are not filtered.
    Unfiltered,
}

impl ExitVerdict {
    /// Whether to sell.
    #[must_use]
    pub const fn is_sale(self) -> bool {
        matches!(self, Self::Profit | Self::Loss | Self::Unfiltered)
    }

    /// The verdict in words.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Profit => "the gain is at least the smallest wanted",
            Self::Loss => "the loss is at least the smallest that is taken",
            Self::ProfitNotWanted => "exits with a gain are switched off",
            Self::ProfitTooSmall => "the gain is smaller than wanted",
            Self::LossNotWanted => "exits with a loss are switched off",
            Self::LossTooSmall => "the loss is smaller than those that are taken",
            Self::Unfiltered => "exits of this strategy are not filtered",
        }
    }
}

impl fmt::Display for ExitVerdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.reason())
    }
}

impl ExitFilter {
    /// What becomes of an exit signal at this gain, in percent. A gain of exactly 0 counts as a loss.
    #[must_use]
    pub fn verdict(&self, gain_pct: Decimal) -> ExitVerdict {
        if gain_pct > Decimal::ZERO {
            return match self.profit_pct_min {
                None => ExitVerdict::ProfitNotWanted,
                Some(least) if gain_pct >= least => ExitVerdict::Profit,
                Some(_) => ExitVerdict::ProfitTooSmall,
            };
        }
        let loss_pct = Decimal::from_units(-gain_pct.units());
        match self.loss_pct_max {
            None => ExitVerdict::LossNotWanted,
            Some(least) if loss_pct >= least => ExitVerdict::Loss,
            Some(_) => ExitVerdict::LossTooSmall,
        }
    }
}
