//! One trading bot: select, decide, order, follow, close.
//!
//! [`stop`] is the emergency stop and [`beat`] the sign of life; both work with the database down.

pub mod beat;
pub mod stop;
