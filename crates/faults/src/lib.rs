//! A proxy before a MySQL or MariaDB server that cuts, holds and delays messages where it is told to.
//!
//! [`FaultProxy`] forwards packet by packet. What goes wrong is either armed ([`Fault`]: once, at a place that is
//! counted out) or [`Weather`] (by chance, from a seed, until it changes). Every fault that happened is counted with the
//! [`Spot`] at which it did: whose message, and in which part of a conversation.

mod fault;
mod proxy;
mod wire;

pub use fault::{Action, After, Direction, Fault, Happened, Spot, Stage, Weather};
pub use proxy::FaultProxy;
