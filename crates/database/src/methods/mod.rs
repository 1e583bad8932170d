//! The methods, one module per table or report, with the names that bots know.

mod filter;

pub use filter::TradeFilter;
