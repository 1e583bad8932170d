//! Arithmetic on money, and its form in the journal.
//!
//! Sizes and prices are held to the product's limits before anything is computed with them, so that no result leaves the
//! range of a [`Decimal`]; should one do so all the same, it stays at the end of the range, where the invariants see it.

use cbtrade_core::Decimal;

const MOST: Decimal = Decimal::from_units(i128::MAX);
const LEAST: Decimal = Decimal::from_units(-i128::MAX);

pub(crate) fn plus(left: Decimal, right: Decimal) -> Decimal {
    left.checked_add(right)
        .unwrap_or(if right < Decimal::ZERO { LEAST } else { MOST })
}

pub(crate) fn minus(left: Decimal, right: Decimal) -> Decimal {
    left.checked_sub(right)
        .unwrap_or(if right < Decimal::ZERO { MOST } else { LEAST })
}

pub(crate) fn times(left: Decimal, right: Decimal) -> Decimal {
    let negative = (left < Decimal::ZERO) != (right < Decimal::ZERO);
    left.checked_mul(right)
        .unwrap_or(if negative { LEAST } else { MOST })
}

/// The quotient; 0 for a divisor of 0.
pub(crate) fn over(left: Decimal, divisor: Decimal) -> Decimal {
    left.checked_div(divisor).unwrap_or(Decimal::ZERO)
}

/// Rounded up to a multiple of `step`; unchanged where the step is not positive.
pub(crate) fn ceil_to(number: Decimal, step: Decimal) -> Decimal {
    let floored = number.floor_to(step);
    if floored < number {
        plus(floored, step)
    } else {
        floored
    }
}

/// Decimals in the journal: as text, so that no reader makes a binary fraction of them.
pub(crate) mod text {
    use cbtrade_core::Decimal;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        number: &Decimal,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Decimal, D::Error> {
        let text = String::deserialize(deserializer)?;
        Decimal::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Moments in the journal: microseconds since 1970.
pub(crate) mod micros {
    use cbtrade_core::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        moment: &Timestamp,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(moment.as_micros())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Timestamp, D::Error> {
        let micros = i64::deserialize(deserializer)?;
        Timestamp::from_micros(micros)
            .ok_or_else(|| serde::de::Error::custom("a moment outside the years 1 to 9999"))
    }
}
