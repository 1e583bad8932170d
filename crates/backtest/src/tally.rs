//! Trades counted together.

use cbtrade_core::Decimal;

use crate::costs::{negative, sum};
use crate::error::BacktestError;
use crate::ledger::Trade;

/// Sums over closed trades. They are exact, however many trades are kept in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Trades.
    pub count: u64,
    /// Those with a gain.
    pub win_count: u64,
    /// Those with a loss; trades that brought exactly what they cost are neither.
    pub loss_count: u64,
    /// What the winners won.
    pub won_amt: Decimal,
    /// What the losers lost, above zero.
    pub lost_amt: Decimal,
    /// Fees of both sides.
    pub fee_amt: Decimal,
    /// What was spent in all.
    pub spent_amt: Decimal,
    /// Minutes for which they were held, added up.
    pub minutes: i64,
}

impl Tally {
    /// Counts a trade.
    ///
    /// # Errors
    ///
    /// A sum that is too large.
    pub fn add(&mut self, trade: &Trade) -> Result<(), BacktestError> {
        self.count += 1;
        let gain = trade.gain_amt;
        if gain > Decimal::ZERO {
            self.win_count += 1;
            self.won_amt = sum(self.won_amt, gain, "gains")?;
        } else if gain < Decimal::ZERO {
            self.loss_count += 1;
            self.lost_amt = sum(self.lost_amt, negative(gain), "losses")?;
        }
        self.fee_amt = sum(self.fee_amt, trade.fee_amt, "fees")?;
        self.spent_amt = sum(self.spent_amt, trade.spent_amt, "costs")?;
        self.minutes = self.minutes.saturating_add(trade.minutes());
        Ok(())
    }

    /// What was won less what was lost.
    #[must_use]
    pub fn gain_amt(&self) -> Decimal {
        let lost = negative(self.lost_amt);
        self.won_amt.checked_add(lost).unwrap_or_default()
    }

    /// What was won by what was lost, to four places; none where nothing was lost.
    #[must_use]
    pub fn profit_factor(&self) -> Option<Decimal> {
        Some(self.won_amt.checked_div(self.lost_amt)?.round(4))
    }

    /// Winners of a hundred trades, to two places; none without trades.
    #[must_use]
    pub fn win_rate_pct(&self) -> Option<Decimal> {
        part_pct(self.win_count, self.count)
    }

    /// The gain in percent of what was spent, to four places.
    #[must_use]
    pub fn gain_pct(&self) -> Option<Decimal> {
        let pct = self.gain_amt().checked_mul_div(100, self.spent_amt)?;
        Some(pct.round(4))
    }

    /// Minutes for which a trade was held on average.
    #[must_use]
    pub fn minutes_mean(&self) -> Option<i64> {
        let count = i64::try_from(self.count).ok()?;
        self.minutes.checked_div(count)
    }
}

/// So many of so many, in percent to two places.
pub(crate) fn part_pct(part: u64, all: u64) -> Option<Decimal> {
    let number = |count: u64| i64::try_from(count).ok().map(Decimal::from_integer);
    let pct = number(part)?.checked_mul_div(100, number(all)?)?;
    Some(pct.round(2))
}
