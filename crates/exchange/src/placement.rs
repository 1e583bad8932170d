//! Answers to orders and cancellations.

use crate::{ExchangeError, Refusal};

/// What became of an order that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placement {
    /// The venue took it. It says nothing about fills: read the order.
    Accepted {
        /// The venue's id.
        order_id: String,
    },
    /// The venue does not want it. There is no such order.
    Refused(Refusal),
    /// Nobody knows: look it up by its client id, never send it again blindly. Where
    /// [`ExchangeError::may_have_acted`] is false, the venue has certainly not taken it.
    Unclear(ExchangeError),
}

/// The answer to the cancellation of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CancelAnswer {
    /// The venue's id of the order.
    pub order_id: String,
    /// Whether the venue will try. The order is gone only when its status says so.
    pub accepted: bool,
    /// The venue's reason where it will not.
    pub reason: String,
}
