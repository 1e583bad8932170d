//! Candles and their lengths.

use cbtrade_core::{Decimal, Timestamp};

/// A candle's length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Granularity {
    /// 1 minute.
    OneMinute,
    /// 5 minutes.
    FiveMinutes,
    /// 15 minutes.
    FifteenMinutes,
    /// 30 minutes.
    ThirtyMinutes,
    /// 1 hour.
    OneHour,
    /// 2 hours.
    TwoHours,
    /// 4 hours.
    FourHours,
    /// 6 hours.
    SixHours,
    /// 1 day.
    OneDay,
}

impl Granularity {
    /// All of them, the shortest first.
    pub const ALL: [Self; 9] = [
        Self::OneMinute,
        Self::FiveMinutes,
        Self::FifteenMinutes,
        Self::ThirtyMinutes,
        Self::OneHour,
        Self::TwoHours,
        Self::FourHours,
        Self::SixHours,
        Self::OneDay,
    ];

    /// The length in seconds.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        match self {
            Self::OneMinute => 60,
            Self::FiveMinutes => 300,
            Self::FifteenMinutes => 900,
            Self::ThirtyMinutes => 1_800,
            Self::OneHour => 3_600,
            Self::TwoHours => 7_200,
            Self::FourHours => 14_400,
            Self::SixHours => 21_600,
            Self::OneDay => 86_400,
        }
    }

    /// The venue's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OneMinute => "ONE_MINUTE",
            Self::FiveMinutes => "FIVE_MINUTE",
            Self::FifteenMinutes => "FIFTEEN_MINUTE",
            Self::ThirtyMinutes => "THIRTY_MINUTE",
            Self::OneHour => "ONE_HOUR",
            Self::TwoHours => "TWO_HOUR",
            Self::FourHours => "FOUR_HOUR",
            Self::SixHours => "SIX_HOUR",
            Self::OneDay => "ONE_DAY",
        }
    }

    /// The length with this word of the venue.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }

    /// The length of so many seconds.
    #[must_use]
    pub fn of_seconds(seconds: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.seconds() == seconds)
    }

    /// The start of the candle that a moment lies in.
    #[must_use]
    pub fn start_of(self, moment: Timestamp) -> Timestamp {
        let seconds = moment.as_seconds();
        let start = seconds - seconds.rem_euclid(self.seconds());
        Timestamp::from_seconds(start).unwrap_or(Timestamp::MIN)
    }
}

/// Prices and volume of one stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candle {
    /// Where it begins.
    pub start: Timestamp,
    /// First price.
    pub open: Decimal,
    /// Highest price.
    pub high: Decimal,
    /// Lowest price.
    pub low: Decimal,
    /// Last price.
    pub close: Decimal,
    /// Traded size, in the base currency.
    pub volume: Decimal,
}
