//! What the account holds, may do and pays.

use cbtrade_core::Decimal;

/// One currency of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The venue's id of the account.
    pub id: String,
    /// The currency's id, such as `USDC`.
    pub currency: String,
    /// What can be spent now.
    pub available: Decimal,
    /// What open orders hold back.
    pub hold: Decimal,
    /// Whether the venue says that the account is active and ready.
    pub usable: bool,
}

impl Account {
    /// Available and held together; `None` beyond what a [`Decimal`] holds.
    #[must_use]
    pub fn total(&self) -> Option<Decimal> {
        self.available.checked_add(self.hold)
    }
}

/// Fees as fractions of the value: 0.006 is 0.6 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeeRates {
    /// For what rested in the book.
    pub maker: Decimal,
    /// For what was matched at once.
    pub taker: Decimal,
}

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permissions {
    /// Read balances and orders.
    pub can_view: bool,
    /// Place and cancel orders.
    pub can_trade: bool,
    /// Move money away. A key of a bot must not.
    pub can_transfer: bool,
}
