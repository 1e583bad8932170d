//! A bot's bad days: what ended, misled or cost the former bots, and odd input of every kind, against the local venue. No
//! duplicate order, no lost fill, no bot that ends, and a line that says what was decided and why.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed test says where"
)]

mod alive;
#[path = "../common/mod.rs"]
mod common;
mod former;
mod late;
mod odd_market;
mod odd_orders;
