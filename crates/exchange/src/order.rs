//! Orders and fills.

use std::fmt;

use cbtrade_core::{Decimal, Timestamp};

use crate::text::words;

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Base currency for quote currency.
    Buy,
    /// Quote currency for base currency.
    Sell,
}

impl Side {
    /// The venue's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Buy => "BUY",
            Self::Sell => "SELL",
        }
    }

    /// The side of this word, in any case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            _ if text.eq_ignore_ascii_case("BUY") => Some(Self::Buy),
            _ if text.eq_ignore_ascii_case("SELL") => Some(Self::Sell),
            _ => None,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Which way the price must go to wake a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StopDirection {
    /// Up to the stop price.
    Up,
    /// Down to the stop price.
    Down,
}

/// What kind of order. Sizes in the base currency but for [`OrderKind::MarketBuy`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderKind {
    /// Spend so much of the quote currency now, the fee included.
    MarketBuy {
        /// In the quote currency.
        quote_size: Decimal,
    },
    /// Buy so much of the base currency now, at any price.
    MarketBuyBase {
        /// In the base currency.
        base_size: Decimal,
    },
    /// Sell so much now, at any price.
    MarketSell {
        /// In the base currency.
        base_size: Decimal,
    },
    /// What can be had at the limit or better now; the rest is dropped.
    LimitIoc {
        /// In the base currency.
        base_size: Decimal,
        /// The worst price.
        limit_price: Decimal,
    },
    /// All of it at the limit or better now, or nothing.
    LimitFok {
        /// In the base currency.
        base_size: Decimal,
        /// The worst price.
        limit_price: Decimal,
    },
    /// Waits until it is filled or cancelled.
    LimitGtc {
        /// In the base currency.
        base_size: Decimal,
        /// The worst price.
        limit_price: Decimal,
        /// Refused where it would be matched at once.
        post_only: bool,
    },
    /// Waits until a moment.
    LimitGtd {
        /// In the base currency.
        base_size: Decimal,
        /// The worst price.
        limit_price: Decimal,
        /// Refused where it would be matched at once.
        post_only: bool,
        /// When it expires.
        end_time: Timestamp,
    },
    /// Becomes a limit order when the last price reaches the stop. Not every account is offered it.
    StopLimitGtc {
        /// In the base currency.
        base_size: Decimal,
        /// The worst price.
        limit_price: Decimal,
        /// Where it wakes.
        stop_price: Decimal,
        /// From which side.
        stop_direction: StopDirection,
    },
}

impl OrderKind {
    /// Whether it is filled or dropped at once and never waits in the book.
    #[must_use]
    pub const fn is_immediate(&self) -> bool {
        match self {
            Self::MarketBuy { .. }
            | Self::MarketBuyBase { .. }
            | Self::MarketSell { .. }
            | Self::LimitIoc { .. }
            | Self::LimitFok { .. } => true,
            Self::LimitGtc { .. } | Self::LimitGtd { .. } | Self::StopLimitGtc { .. } => false,
        }
    }
}

/// An order to be sent. One intent has one client id and one request, for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRequest {
    /// Our id: at most 36 letters, digits and dashes.
    pub client_order_id: String,
    /// The product's id.
    pub product: String,
    /// Which way.
    pub side: Side,
    /// What kind.
    pub kind: OrderKind,
}

words! {
    /// Where an order is in its life. There is no word for a partly filled one.
    OrderStatus {
        /// Taken, not yet in the book.
        Pending = "PENDING",
        /// Waits for the market to open.
        Queued = "QUEUED",
        /// In the book.
        Open = "OPEN",
        /// Its end is asked for; it can still be filled.
        CancelQueued = "CANCEL_QUEUED",
        /// Its change is asked for; it can still be filled.
        EditQueued = "EDIT_QUEUED",
        /// All of it is filled.
        Filled = "FILLED",
        /// Ended before it was filled; some of it may be.
        Cancelled = "CANCELLED",
        /// Ended by time; some of it may be filled.
        Expired = "EXPIRED",
        /// Not carried out.
        Failed = "FAILED",
    }
}

/// What an order's status means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderState {
    /// It may still be filled.
    Working,
    /// All of it is filled.
    Filled,
    /// Nothing more will be filled, and not all of it is.
    Ended,
    /// A status that is not known here: ask again, do nothing on it.
    Unknown,
}

impl OrderStatus {
    /// The statuses of orders that may still be filled. A list of [`OrderStatus::Open`] alone misses the others.
    pub const LIVE: [Self; 5] = [
        Self::Pending,
        Self::Queued,
        Self::Open,
        Self::CancelQueued,
        Self::EditQueued,
    ];

    /// What it means.
    #[must_use]
    pub const fn state(&self) -> OrderState {
        match self {
            Self::Pending | Self::Queued | Self::Open | Self::CancelQueued | Self::EditQueued => {
                OrderState::Working
            }
            Self::Filled => OrderState::Filled,
            Self::Cancelled | Self::Expired | Self::Failed => OrderState::Ended,
            Self::Unknown(_) => OrderState::Unknown,
        }
    }

    /// Whether nothing more will happen to the order.
    #[must_use]
    pub const fn is_terminal(&self) -> bool {
        matches!(self.state(), OrderState::Filled | OrderState::Ended)
    }
}

/// An order as the venue shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The venue's id.
    pub order_id: String,
    /// Our id, or that of another program.
    pub client_order_id: String,
    /// The product's id.
    pub product: String,
    /// Which way.
    pub side: Side,
    /// What kind; `None` where it is one that is not known here.
    pub kind: Option<OrderKind>,
    /// Where it is in its life.
    pub status: OrderStatus,
    /// When the venue took it.
    pub created: Timestamp,
    /// When it was filled last.
    pub last_fill_time: Option<Timestamp>,
    /// How much of it is done, in percent.
    pub completion_percent: Option<Decimal>,
    /// Filled so far, in the base currency.
    pub filled_size: Decimal,
    /// Value of what is filled, in the quote currency, without fees.
    pub filled_value: Decimal,
    /// Average price of what is filled.
    pub average_filled_price: Option<Decimal>,
    /// How many fills.
    pub fills_count: u64,
    /// Fees so far, in the quote currency.
    pub total_fees: Decimal,
    /// What was paid with fees for a buy, what was got after fees for a sell.
    pub total_value_after_fees: Decimal,
    /// What it still holds back, where the venue says it.
    pub hold: Option<Decimal>,
    /// Whether money and coins are where they belong.
    pub settled: bool,
    /// Whether its end is asked for.
    pub pending_cancel: bool,
    /// The venue's reason where it failed.
    pub reject_reason: String,
    /// The same for people.
    pub reject_message: String,
    /// What the venue says of its end.
    pub cancel_message: String,
}

impl Order {
    /// Whether some of it is filled and not all.
    #[must_use]
    pub fn is_partly_filled(&self) -> bool {
        self.filled_size > Decimal::ZERO && self.status != OrderStatus::Filled
    }
}

/// Which orders. Everything that is `None` or empty excludes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderQuery {
    /// Of this product.
    pub product: Option<String>,
    /// Of one of these statuses. Each is asked for on its own, because the venue does not take every mixture.
    pub statuses: Vec<OrderStatus>,
    /// Taken by the venue at this moment or later.
    pub since: Option<Timestamp>,
}

words! {
    /// What kind of row a fill is.
    FillKind {
        /// A trade.
        Fill = "FILL",
        /// A trade taken back.
        Reversal = "REVERSAL",
        /// A trade put right.
        Correction = "CORRECTION",
        /// Made by the venue.
        Synthetic = "SYNTHETIC",
    }
}

words! {
    /// Whether a fill had waited in the book.
    Liquidity {
        /// It had.
        Maker = "MAKER",
        /// It had not.
        Taker = "TAKER",
    }
}

/// A part of an order that was traded: the record that accounts are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fill {
    /// Unique per row.
    pub entry_id: String,
    /// Unique per trade.
    pub trade_id: String,
    /// The venue's id of the order.
    pub order_id: String,
    /// When it was traded.
    pub time: Timestamp,
    /// The moment that lists of fills are cut by.
    pub sequence_time: Timestamp,
    /// A trade, or something done to one.
    pub kind: FillKind,
    /// In the quote currency.
    pub price: Decimal,
    /// As the venue gives it; see [`Fill::base_size`].
    pub size: Decimal,
    /// Whether `size` is in the quote currency.
    pub size_in_quote: bool,
    /// In the quote currency.
    pub commission: Decimal,
    /// The product's id.
    pub product: String,
    /// Which way.
    pub side: Side,
    /// Whether it had waited.
    pub liquidity: Liquidity,
}

impl Fill {
    /// The size in the base currency; `None` where it cannot be computed.
    #[must_use]
    pub fn base_size(&self) -> Option<Decimal> {
        if self.size_in_quote {
            self.size.checked_div(self.price)
        } else {
            Some(self.size)
        }
    }
}

/// Which fills. Everything that is `None` excludes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FillQuery {
    /// Of this order.
    pub order_id: Option<String>,
    /// Of this product.
    pub product: Option<String>,
    /// With a sequence time of this moment or later.
    pub since: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_say_what_they_mean() {
        for text in OrderStatus::KNOWN {
            let status = OrderStatus::from(*text);
            assert_eq!(status.as_str(), *text);
            assert_eq!(OrderStatus::LIVE.contains(&status), !status.is_terminal());
        }
        let odd = OrderStatus::from("HIBERNATING");
        assert_eq!(odd.to_string(), "HIBERNATING");
        assert_eq!(odd.state(), OrderState::Unknown);
        assert!(!odd.is_terminal());
    }

    #[test]
    fn sides_are_read_in_any_case() {
        assert_eq!(Side::parse("Buy"), Some(Side::Buy));
        assert_eq!(Side::parse("SELL"), Some(Side::Sell));
        assert_eq!(Side::parse("UNKNOWN_ORDER_SIDE"), None);
    }
}
