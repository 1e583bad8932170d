//! One trading bot: select, decide, order, follow, close.
//!
//! [`stop`] is the emergency stop that works with the database down.

pub mod stop;
