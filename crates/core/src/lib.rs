//! Time, randomness and other seams shared by every crate; no I/O.
//!
//! [`Timestamp`] is a moment, [`Clock`] the only way to ask for the present one, [`Random`] a stream
//! of numbers that is the same on every machine for the same seed. Code that takes a clock and a
//! seed instead of reaching for them can be run again with the same result. [`quote_identifier`] and
//! [`quote_text`] are the one place where names and texts enter MySQL's definitions.

mod clock;
mod decimal;
mod quote;
mod random;
mod timestamp;

pub use clock::{Clock, FixedClock, SystemClock};
pub use decimal::{Decimal, ParseDecimalError};
pub use quote::{quote_identifier, quote_text};
pub use random::Random;
pub use timestamp::{ParseTimestampError, Timestamp};
