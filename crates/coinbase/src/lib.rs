//! Coinbase Advanced Trade as an exchange: REST and WebSocket, signed requests, retries, one limiter per machine.
//!
//! Read it in this order: [`Settings`], [`Coinbase`], `send` (what is repeated and what never is), `limiter`, [`Stream`].
//! A host that is not this machine is spoken to only with a key and with `live` said out loud.

mod client;
mod error;
mod feed;
mod fields;
mod key;
mod limiter;
mod observer;
mod read;
mod send;
mod settings;
mod stream;
mod walk;

pub use client::{ClockVerdict, Coinbase};
pub use error::SettingsError;
pub use key::Key;
pub use limiter::{Limiter, LimiterSettings};
pub use observer::{Call, Observer};
pub use settings::Settings;
pub use stream::{Channel, Stream};
