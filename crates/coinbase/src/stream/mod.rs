//! The venue's WebSocket: market data and news of our orders.
//!
//! A stream connects by itself again and again. Whenever something may be missing — a number left out, silence, a broken
//! connection — it says [`StreamEvent::Gap`] first, connects anew, and says [`StreamEvent::Connected`] when it is
//! subscribed: whoever listens then reads over REST what matters.

mod listener;
mod numbers;
mod read;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use cbtrade_exchange::StreamEvent;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::error::SettingsError;
use crate::limiter::Limiter;
use crate::settings::Settings;
use listener::Listener;

/// So many events wait for the listener; then the venue waits, and in the end the gap is seen.
const EVENTS_MAX: usize = 4_096;

/// What to listen to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// Last prices.
    Ticker,
    /// Trades of anybody.
    Trades,
    /// Our orders; needs a key, unless the venue is local.
    User,
}

impl Channel {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ticker => "ticker",
            Self::Trades => "market_trades",
            Self::User => "user",
        }
    }
}

/// What a stream is opened with.
pub(crate) struct Opening<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) channels: &'a [Channel],
    /// The venue's names of products.
    pub(crate) products: BTreeSet<String>,
    /// Tells the pauses of a process's streams apart.
    pub(crate) number: u64,
    /// How fast all processes of this machine may connect.
    pub(crate) limiter: Option<Arc<Limiter>>,
    /// Whoever holds this file listens; the others wait until it ends.
    pub(crate) seat: Option<PathBuf>,
}

/// A connection that renews itself. It ends when this is dropped.
pub struct Stream {
    events: mpsc::Receiver<StreamEvent>,
    products: watch::Sender<BTreeSet<String>>,
    task: JoinHandle<()>,
}

impl Stream {
    /// Listens to channels of products, by the names that the venue has for them there. [`Channel::User`] goes to its own
    /// address and is asked for alone; no products are all.
    ///
    /// # Errors
    /// Settings that are refused.
    pub fn open(
        settings: &Settings,
        channels: &[Channel],
        products: &[String],
    ) -> Result<Self, SettingsError> {
        settings.check()?;
        Ok(Self::begin(Opening {
            settings,
            channels,
            products: products.iter().cloned().collect(),
            number: 1,
            limiter: None,
            seat: None,
        }))
    }

    /// With settings that were checked.
    pub(crate) fn begin(opening: Opening<'_>) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (sender, events) = mpsc::channel(EVENTS_MAX);
        let (products, wished) = watch::channel(opening.products.clone());
        let task = tokio::spawn(Listener::new(opening, sender, wished).run());
        Self {
            events,
            products,
            task,
        }
    }

    /// From now on other products, by the venue's names.
    pub fn listen_to(&self, products: BTreeSet<String>) {
        self.products.send_if_modified(|wished| {
            let is_new = *wished != products;
            *wished = products;
            is_new
        });
    }

    /// The next event; `None` only after the end of the program's runtime.
    pub async fn next(&mut self) -> Option<StreamEvent> {
        self.events.recv().await
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.task.abort();
    }
}
