//! Connections to MySQL and MariaDB: the session contract, capabilities and error classes.
//!
//! [`Target`] says where a server is, [`Session::open`] connects, finds out what the server can do
//! ([`Capabilities`]), sets the session contract and reads it back. Every error has a [`Error::class`]
//! that says what can be done about it. This crate knows no table of CBTrade.

mod backoff;
mod capabilities;
mod class;
mod contract;
mod error;
mod secret;
mod session;
mod target;

pub use mysql_async;

pub use backoff::{Backoff, Waiting, with_backoff};
pub use capabilities::{Capabilities, Product, TooOld, UnsafeSetting};
pub use cbtrade_core::{quote_identifier, quote_text};
pub use class::{ErrorClass, classify, classify_server_code};
pub use error::{Error, Warning};
pub use secret::Secret;
pub use session::{Isolation, Ran, Session, SessionOptions, Warnings};
pub use target::{Target, TlsMode};
