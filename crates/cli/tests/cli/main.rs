//! The program as people and other programs meet it: what it does, says and ends with.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod backtest;
mod db;
mod doctor;
mod fleet;
mod harness;
mod json;
mod key;
mod practice;
mod recover;
mod refusals;
mod resume;
mod roles;
mod run;
mod server;
mod settle;
mod soak;
mod terminal;
mod trading;
mod venue;
