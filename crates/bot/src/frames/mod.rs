//! Candles put together, and the six frames that a bot looks at.
//!
//! [`FrameSet`] holds a [`Frame`](cbtrade_indicators::Frame) for each of [`INTERVALS`], with the indicators of every row computed
//! once. It is filled in one of two ways: minute by minute ([`FrameSet::give_minute`], what a backtest does), or from what store
//! and exchange know of each length of candles ([`History::frames`], what a bot does). Every candle has one source: it is
//! replaced by a better one and never added to itself (B-51). Nothing is padded: a young coin has short frames, and strategies
//! say how many candles they need (B-35).

mod history;
mod set;

pub use history::{Added, History};
pub use set::{FrameSet, FramesError, INTERVALS};
