//! The supervisor with real processes: what it starts, hears, kills, holds and ends, and what is left when it is killed.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod bots;
mod fleet;
mod life;
