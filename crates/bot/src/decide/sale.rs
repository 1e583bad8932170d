//! How many coins of a position are sold.

use cbtrade_core::Decimal;

use super::amount::{Amount, DecideError};
use super::figures::Sizes;
use super::position::{Figures, Holding};
use crate::settings::ProductSettings;

/// What can be sold of a position. Whatever it is, the position is kept in sight: nothing is marked as an error here (B-30).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaleSize {
    /// So many coins.
    Sell {
        /// To be sold.
        base_cnt: Decimal,
        /// Held back as pocket (with a gain) or clip (with a loss).
        kept_cnt: Decimal,
        /// Above the largest size of one order, so it stays for the next.
        later_cnt: Decimal,
    },
    /// Less than the smallest size of an order: dust, to be told and kept.
    TooSmall {
        /// What would be sold.
        base_cnt: Decimal,
        /// The least that can be.
        base_min: Decimal,
    },
    /// The wallet has less than the position holds: to be told, and nothing is sold until it is explained.
    WalletShort {
        /// What the position holds.
        hold_cnt: Decimal,
        /// What the wallet has.
        available_cnt: Decimal,
    },
}

/// How many coins of a position are sold. On paper everything is, and no wallet is asked (`available_cnt` none).
///
/// # Errors
///
/// A number that does not fit.
pub fn sale_size(
    settings: &ProductSettings,
    holding: &Holding,
    figures: &Figures,
    sizes: &Sizes,
    available_cnt: Option<Decimal>,
) -> Result<SaleSize, DecideError> {
    let hold_cnt = holding.hold_cnt;
    let Some(available_cnt) = available_cnt else {
        return Ok(SaleSize::Sell {
            base_cnt: hold_cnt,
            kept_cnt: Decimal::ZERO,
            later_cnt: Decimal::ZERO,
        });
    };
    if available_cnt < hold_cnt {
        return Ok(SaleSize::WalletShort {
            hold_cnt,
            available_cnt,
        });
    }
    let gain_pct = figures.gain_pct;
    let part_pct = if gain_pct > Decimal::ZERO {
        settings.sell.pocket_pct
    } else {
        settings.sell.clip_pct
    };
    let size = Amount::from(hold_cnt);
    // Above 100 % the former code kept more than the part, and from 200 % on there was nothing left to sell.
    let part = size.percent(gain_pct.min(Decimal::from_integer(100)));
    let part = part.percent(part_pct);
    let kept = part.max(-part).min(size);
    let wanted = (size - kept).get("sale")?.floor_to(sizes.base_step);
    if wanted < sizes.base_min || wanted <= Decimal::ZERO {
        return Ok(SaleSize::TooSmall {
            base_cnt: wanted,
            base_min: sizes.base_min,
        });
    }
    let base_cnt = if sizes.base_max.is_zero() {
        wanted
    } else {
        wanted.min(sizes.base_max.floor_to(sizes.base_step))
    };
    Ok(SaleSize::Sell {
        base_cnt,
        kept_cnt: (size - Amount::from(wanted)).get("kept")?,
        later_cnt: (Amount::from(wanted) - Amount::from(base_cnt)).get("later")?,
    })
}
