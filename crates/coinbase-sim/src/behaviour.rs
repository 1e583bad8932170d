//! How the venue treats orders while it is in order: delays, and plants that are no failures of the line.

use cbtrade_core::Decimal;
use serde::Deserialize;

/// Delays in simulated milliseconds and other habits. Set by the admin API, forgotten at a restart.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Behaviour {
    /// How long an order is pending before it is in the book.
    pub pending_ms: u64,
    /// How long lists do not show a new order. Its own address does.
    pub late_order_ms: u64,
    /// How long lists of fills do not show a new fill. The order's totals do.
    pub late_fills_ms: u64,
    /// How long a cancellation takes.
    pub cancel_ms: u64,
    /// How long an order is not settled after its last fill.
    pub settle_ms: u64,
    /// So many of the next orders are cancelled after a part of them.
    pub partial_then_cancel_times: u32,
    /// That part, as a fraction in text, such as `0.5`.
    pub partial_fraction: Option<String>,
    /// A cancellation comes too late: the order is filled at its limit while it is asked for.
    pub cancel_race: bool,
    /// What the venue's own clock shows more than the simulated one, in seconds.
    pub clock_skew_seconds: i64,
}

impl Behaviour {
    /// The part after which the next order is cancelled, if it is one of those.
    pub(crate) fn next_cut(&mut self) -> Option<Decimal> {
        let left = self.partial_then_cancel_times.checked_sub(1)?;
        self.partial_then_cancel_times = left;
        let fraction = self.partial_fraction.as_deref().unwrap_or("0.5");
        Decimal::parse(fraction).ok()
    }
}
