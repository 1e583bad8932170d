//! Candle lengths.

/// A candle length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Frequency {
    /// Name as stored in `freq` columns.
    pub name: &'static str,
    /// Length in seconds. A candle's end lies one second less after its start.
    pub seconds: i64,
}

/// Every candle length the bots keep, shortest first.
pub const FREQUENCIES: [Frequency; 8] = [
    Frequency {
        name: "1min",
        seconds: 60,
    },
    Frequency {
        name: "3min",
        seconds: 180,
    },
    Frequency {
        name: "5min",
        seconds: 300,
    },
    Frequency {
        name: "15min",
        seconds: 900,
    },
    Frequency {
        name: "30min",
        seconds: 1800,
    },
    Frequency {
        name: "1h",
        seconds: 3600,
    },
    Frequency {
        name: "4h",
        seconds: 14_400,
    },
    Frequency {
        name: "1d",
        seconds: 86_400,
    },
];

/// The candle length of this name, upper and lower case alike.
pub fn frequency(name: &str) -> Option<&'static Frequency> {
    FREQUENCIES
        .iter()
        .find(|frequency| frequency.name.eq_ignore_ascii_case(name))
}

/// The candle length a table is named after, where a file holds one table per length: `1h`,
/// `ohlcv_1h` and `candles-1h` all give `1h`.
pub fn frequency_of_table(table_name: &str) -> Option<&'static Frequency> {
    table_name.rsplit(['_', '-']).next().and_then(frequency)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_name_gives_its_frequency() {
        for name in [
            "15min",
            "ohlcv_15min",
            "candles-15MIN",
            "ohlcv_BTC_USDC_15min",
        ] {
            assert_eq!(
                frequency_of_table(name).map(|found| found.seconds),
                Some(900),
                "{name}"
            );
        }
        for name in ["ohlcv", "ohlcv_", "ohlcv_2min", "ohlcv15min"] {
            assert_eq!(frequency_of_table(name), None, "{name}");
        }
    }
}
