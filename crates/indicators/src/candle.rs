//! Candles and their lengths.

/// The lengths of candles that bots look at, shortest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Interval {
    /// One minute.
    OneMinute,
    /// Five minutes.
    FiveMinutes,
    /// A quarter of an hour.
    FifteenMinutes,
    /// Half an hour.
    ThirtyMinutes,
    /// An hour.
    OneHour,
    /// Four hours.
    FourHours,
    /// A day.
    OneDay,
}

impl Interval {
    /// All, shortest first.
    pub const ALL: [Self; 7] = [
        Self::OneMinute,
        Self::FiveMinutes,
        Self::FifteenMinutes,
        Self::ThirtyMinutes,
        Self::OneHour,
        Self::FourHours,
        Self::OneDay,
    ];

    /// The name in settings, in the columns `freq` and on pages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OneMinute => "1min",
            Self::FiveMinutes => "5min",
            Self::FifteenMinutes => "15min",
            Self::ThirtyMinutes => "30min",
            Self::OneHour => "1h",
            Self::FourHours => "4h",
            Self::OneDay => "1d",
        }
    }

    /// The interval of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|interval| interval.name() == name)
    }

    /// The length in seconds.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        match self {
            Self::OneMinute => 60,
            Self::FiveMinutes => 300,
            Self::FifteenMinutes => 900,
            Self::ThirtyMinutes => 1_800,
            Self::OneHour => 3_600,
            Self::FourHours => 14_400,
            Self::OneDay => 86_400,
        }
    }

    /// Where the candle begins that a moment is in: intervals lie side by side from 1970-01-01 UTC on.
    #[must_use]
    pub const fn start_unix_s(self, moment_unix_s: i64) -> i64 {
        moment_unix_s - moment_unix_s.rem_euclid(self.seconds())
    }

    /// How many candles make a day, at least one.
    #[must_use]
    pub const fn candles_per_day(self) -> usize {
        match self {
            Self::OneMinute => 1_440,
            Self::FiveMinutes => 288,
            Self::FifteenMinutes => 96,
            Self::ThirtyMinutes => 48,
            Self::OneHour => 24,
            Self::FourHours => 6,
            Self::OneDay => 1,
        }
    }
}

/// What prices did between two moments. Prices are binary here: an indicator is a judgement, not money.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candle {
    /// When it begins, in seconds since 1970-01-01 UTC.
    pub start_unix_s: i64,
    /// The first price.
    pub open: f64,
    /// The highest price.
    pub high: f64,
    /// The lowest price.
    pub low: f64,
    /// The last price; of a forming candle, the present one.
    pub close: f64,
    /// How much of the base currency changed hands.
    pub volume: f64,
}

impl Candle {
    /// Whether it rose. A candle that ends where it began is red.
    #[must_use]
    pub fn is_green(&self) -> bool {
        self.close > self.open
    }

    /// The middle of its range: (high + low) / 2.
    #[must_use]
    pub fn hl2(&self) -> f64 {
        (self.high + self.low) / 2.0
    }

    /// The mean of high, low and close ("typical price").
    #[must_use]
    pub fn hlc3(&self) -> f64 {
        (self.high + self.low + self.close) / 3.0
    }

    /// The mean of all four prices.
    #[must_use]
    pub fn ohlc4(&self) -> f64 {
        (self.open + self.high + self.low + self.close) / 4.0
    }

    /// The mean of high, low and twice the close ("weighted close"). The bots' former code divided by 3 (B-36).
    #[must_use]
    pub fn hlcc4(&self) -> f64 {
        (self.high + self.low + self.close + self.close) / 4.0
    }

    /// This candle with a later, finer one taken in: open stays, high and low widen, close moves on, volume adds up.
    /// A finer candle is taken in once; taking it in at every look is what doubled volumes (B-51).
    #[must_use]
    pub fn merged(&self, finer: &Self) -> Self {
        Self {
            start_unix_s: self.start_unix_s,
            open: self.open,
            high: self.high.max(finer.high),
            low: self.low.min(finer.low),
            close: finer.close,
            volume: self.volume + finer.volume,
        }
    }

    /// What is wrong with it, if something is: a price that is no positive number, a high below or a low above another
    /// price, or a volume below zero.
    #[must_use]
    pub fn fault(&self) -> Option<&'static str> {
        let prices = [self.open, self.high, self.low, self.close];
        if prices
            .iter()
            .any(|price| !price.is_finite() || *price <= 0.0)
        {
            return Some("a price is not a positive number");
        }
        if prices
            .iter()
            .any(|price| *price > self.high || *price < self.low)
        {
            return Some("a price lies outside low and high");
        }
        (!self.volume.is_finite() || self.volume < 0.0)
            .then_some("the volume is not a number from 0 on")
    }
}
