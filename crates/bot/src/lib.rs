//! One bot: the operator's settings, the frames of candles it looks at, and its decisions.
//!
//! [`settings`] reads the operator's files. [`frames`] puts candles together. [`decide`] holds every decision (which pairs,
//! how much, when to buy, hold and sell, what a position's figures are) as pure functions of plain values: no I/O, no
//! database, no clock. Live bots, paper bots and the backtest run the very same code.

pub mod decide;
pub mod frames;
pub mod settings;
