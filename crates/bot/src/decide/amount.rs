//! Arithmetic of decisions: exact decimals, and an overflow that is kept until it is asked for.

use std::ops::{Add, Div, Mul, Neg, Sub};

use cbtrade_core::Decimal;

/// A decision cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecideError {
    /// A figure is too large for a decimal, or something is divided by zero.
    #[error(
        "`{what}` cannot be computed: a number is too large, or its divisor is zero; look at the row it comes from"
    )]
    OutOfRange {
        /// The figure.
        what: &'static str,
    },
}

/// A decimal, or nothing once a step left its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Amount(Option<Decimal>);

impl Amount {
    pub(crate) const ZERO: Self = Self(Some(Decimal::ZERO));

    /// The number, where every step was in range.
    pub(crate) fn get(self, what: &'static str) -> Result<Decimal, DecideError> {
        self.0.ok_or(DecideError::OutOfRange { what })
    }

    pub(crate) fn round(self, places: u32) -> Self {
        Self(self.0.map(|number| number.round(places)))
    }

    /// So many percent of it.
    pub(crate) fn percent(self, pct: Decimal) -> Self {
        self * Self::from(pct) / Self::from(100)
    }

    pub(crate) fn min(self, other: Self) -> Self {
        Self(self.0.zip(other.0).map(|(one, two)| one.min(two)))
    }

    pub(crate) fn max(self, other: Self) -> Self {
        Self(self.0.zip(other.0).map(|(one, two)| one.max(two)))
    }

    pub(crate) fn sum(amounts: impl IntoIterator<Item = Decimal>) -> Self {
        amounts
            .into_iter()
            .fold(Self::ZERO, |sum, amount| sum + Self::from(amount))
    }
}

impl From<Decimal> for Amount {
    fn from(number: Decimal) -> Self {
        Self(Some(number))
    }
}

impl From<i64> for Amount {
    fn from(number: i64) -> Self {
        Self(Some(Decimal::from_integer(number)))
    }
}

macro_rules! operator {
    ($trait:ident, $method:ident, $checked:ident) => {
        impl $trait for Amount {
            type Output = Self;

            fn $method(self, other: Self) -> Self {
                let both = self.0.zip(other.0);
                Self(both.and_then(|(one, two)| one.$checked(two)))
            }
        }
    };
}

operator!(Add, add, checked_add);
operator!(Sub, sub, checked_sub);
operator!(Mul, mul, checked_mul);
operator!(Div, div, checked_div);

impl Neg for Amount {
    type Output = Self;

    fn neg(self) -> Self {
        Self::ZERO - self
    }
}

/// How much `now` is above `then`, in percent of `then`, rounded once to so many places; 0 where `then` is zero.
pub(crate) fn change_pct(now: Amount, then: Amount, places: u32) -> Amount {
    let part = now - then;
    match (part.0, then.0) {
        (Some(_), Some(then)) if then.is_zero() => Amount::ZERO,
        (Some(part), Some(then)) => Amount(part.checked_mul_div(100, then)).round(places),
        _ => Amount(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overflow_is_kept_to_the_end() {
        let large = Amount::from(Decimal::from_units(i128::MAX));
        let error = (large + Amount::from(1) - Amount::from(1))
            .get("sum")
            .unwrap_err();
        assert!(error.to_string().contains("`sum`"));
        assert!((Amount::from(1) / Amount::ZERO).get("quotient").is_err());
    }

    #[test]
    fn changes_are_rounded_once() {
        let pct = |now: &str, then: &str, places| {
            let decimal = |text: &str| Amount::from(Decimal::parse(text).unwrap());
            change_pct(decimal(now), decimal(then), places)
                .get("")
                .unwrap()
                .to_string()
        };
        assert_eq!(pct("1.03", "1", 2), "3");
        assert_eq!(pct("2", "3", 4), "-33.3333");
        assert_eq!(pct("1", "0", 2), "0");
    }
}
