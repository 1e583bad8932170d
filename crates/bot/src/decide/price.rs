//! Prices from the order book.

use cbtrade_core::Decimal;
use cbtrade_exchange::Level;

use super::amount::{Amount, DecideError, change_pct};

/// The price at which so much of the quote currency is filled: that of the level at which the levels' *values* reach it (B-44;
/// the former code held coins against money). Levels come best first. Where the book is too thin, the last level's price, since
/// that is what is known; none for an empty book.
///
/// # Errors
///
/// A number that does not fit.
pub fn depth_price(
    levels: &[Level],
    quote_amount: Decimal,
) -> Result<Option<Decimal>, DecideError> {
    let mut filled = Amount::ZERO;
    for level in levels {
        filled = filled + Amount::from(level.price) * Amount::from(level.size);
        if filled.get("order book")? >= quote_amount {
            return Ok(Some(level.price));
        }
    }
    Ok(levels.last().map(|level| level.price))
}

/// For how much of the quote currency the book is read: the larger of `buy.trade_size` and the largest open position's cost.
#[must_use]
pub fn depth_amount(trade_size: Decimal, positions: impl IntoIterator<Item = Decimal>) -> Decimal {
    positions.into_iter().fold(trade_size, Decimal::max)
}

/// How far the buy price is above the sell price, in percent of their middle, to four places. The former code divided by the last
/// price that the market's row had, which could be old.
///
/// # Errors
///
/// A number that does not fit.
pub fn spread_pct(prc_buy: Decimal, prc_sell: Decimal) -> Result<Decimal, DecideError> {
    let middle = (Amount::from(prc_buy) + Amount::from(prc_sell)) / Amount::from(2);
    let apart = Amount::from(prc_buy) - Amount::from(prc_sell);
    change_pct(middle + apart, middle, 4).get("prc_range_pct")
}
