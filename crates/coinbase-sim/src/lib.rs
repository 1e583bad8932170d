//! A local venue that speaks Coinbase's REST and WebSocket on loopback: matching, money, faults, a journal.
//!
//! It is what the client and the bots are tried against, and what paper trading without the world can run on. Read it in
//! this order: [`Config`], [`Venue::start`], `engine`, `matching`, `state`, `audit`. What it does not model stands in
//! `docs/reference/venue.md`.

mod admin;
mod audit;
mod behaviour;
mod clock;
mod config;
mod engine;
mod error;
mod faults;
mod journal;
mod market;
mod matching;
mod money;
mod net;
mod orders;
mod questions;
mod recorded;
mod render;
mod reply;
mod request;
mod rest;
mod seeded;
mod state;
mod stream;
mod token;
mod validate;
mod venue;

pub use behaviour::Behaviour;
pub use config::{Config, FeeRounding, ProductConfig, PublicKey, RepeatedIds, Source, TokenCheck};
pub use error::VenueError;
pub use faults::{Fault, FaultKind};
pub use venue::{Running, Venue};
