//! The faults of the bots' former code (docs/reference/faults.md), one by one: each test is named after the fault that it keeps
//! out. Where the fault can be switched on again, the test shows that it would be seen.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed test says where"
)]

mod absent;
mod budget;
mod buy;
mod given;
mod pairs;
mod pass;
mod position;
mod sell;
mod table;
