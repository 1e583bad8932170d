//! Who hears of every call.

use std::sync::Arc;
use std::time::Duration;

/// One request and what came of it. Nothing in it is secret: no token, no key.
#[derive(Debug, Clone)]
pub struct Call<'call> {
    /// Method and path, such as `POST /orders`.
    pub call: &'call str,
    /// Our id of the order, where the call places or seeks one.
    pub client_order_id: Option<&'call str>,
    /// Counted from 1.
    pub attempt: u32,
    /// HTTP status; `None` where no answer came.
    pub status: Option<u16>,
    /// From the first byte out to the last byte in.
    pub latency: Duration,
    /// The first 300 characters of the answer, or what the network said.
    pub excerpt: &'call str,
}

/// Hears of every call.
pub type Observer = Arc<dyn Fn(&Call<'_>) + Send + Sync>;

/// Longest part of an answer that is kept, in characters.
pub(crate) const EXCERPT_LETTERS_MAX: usize = 300;

/// The beginning of a text.
pub(crate) fn excerpt(text: &str) -> String {
    text.trim().chars().take(EXCERPT_LETTERS_MAX).collect()
}
