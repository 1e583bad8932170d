//! The six frames.

use std::sync::OnceLock;

use cbtrade_core::Decimal;
use cbtrade_indicators::{Candle, Frame, FrameError, Interval, Row};
use cbtrade_strategy::{Settings as StrategySettings, SettingsError, Strategy};

use crate::decide::{StrategyExit, View};
use crate::settings::ProductSettings;

/// The lengths of candles that are looked at, shortest first. Strategies trade on all but the first.
pub const INTERVALS: [Interval; 6] = [
    Interval::FiveMinutes,
    Interval::FifteenMinutes,
    Interval::ThirtyMinutes,
    Interval::OneHour,
    Interval::FourHours,
    Interval::OneDay,
];

/// Frames cannot be made or moved on.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FramesError {
    /// The strategies want an indicator different.
    #[error("the frames cannot be made: the settings of two strategies contradict each other")]
    Settings(#[from] SettingsError),
    /// A candle cannot be taken in.
    #[error("the frame of {interval} cannot take a candle")]
    Candle {
        /// The frame.
        interval: &'static str,
        /// What is wrong with it.
        #[source]
        source: FrameError,
    },
    /// A minute comes after later ones.
    #[error(
        "the minute {start_unix_s} comes after {last_unix_s}; minutes are given in order, and only the last may be revised"
    )]
    MinuteOutOfOrder {
        /// When it begins.
        start_unix_s: i64,
        /// When the last one begins.
        last_unix_s: i64,
    },
}

/// A frame, and its forming candle without the last minute.
#[derive(Debug, Clone)]
struct Place {
    frame: Frame,
    before_minute: Option<Candle>,
    /// The last candle's high as an exact number: made once, however many positions ask for it.
    high: OnceLock<Option<Decimal>>,
}

/// A frame for each of [`INTERVALS`].
#[derive(Debug, Clone)]
pub struct FrameSet {
    places: [Place; 6],
    last_minute_unix_s: Option<i64>,
}

impl FrameSet {
    /// Empty frames, with the indicators that these strategies ask for.
    ///
    /// # Errors
    ///
    /// Strategies that want an indicator different.
    pub fn new(settings: &StrategySettings) -> Result<Self, FramesError> {
        let place = |interval| -> Result<Place, FramesError> {
            Ok(Place {
                frame: Frame::new(interval, &settings.indicators(interval)?),
                before_minute: None,
                high: OnceLock::new(),
            })
        };
        let [five, fifteen, thirty, hour, four, day] = INTERVALS;
        Ok(Self {
            places: [
                place(five)?,
                place(fifteen)?,
                place(thirty)?,
                place(hour)?,
                place(four)?,
                place(day)?,
            ],
            last_minute_unix_s: None,
        })
    }

    /// Takes in a minute, in order of time. The last minute can be given again, as often as it changes: it is replaced, not
    /// added. Minutes without trades are left out.
    ///
    /// # Errors
    ///
    /// A minute before the last, or with impossible prices; the frames are unchanged then.
    pub fn give_minute(&mut self, minute: &Candle) -> Result<(), FramesError> {
        let start_unix_s = minute.start_unix_s;
        let minute_fault = |source| FramesError::Candle {
            interval: Interval::OneMinute.name(),
            source,
        };
        // What one frame would refuse must not have moved another.
        if let Some(fault) = minute.fault() {
            return Err(minute_fault(FrameError::BadCandle {
                start_unix_s,
                fault,
            }));
        }
        if Interval::OneMinute.start_unix_s(start_unix_s) != start_unix_s {
            return Err(minute_fault(FrameError::OffGrid {
                interval: Interval::OneMinute.name(),
                start_unix_s,
            }));
        }
        let is_revised = match self.last_minute_unix_s {
            Some(last_unix_s) if start_unix_s < last_unix_s => {
                return Err(FramesError::MinuteOutOfOrder {
                    start_unix_s,
                    last_unix_s,
                });
            }
            Some(last_unix_s) => start_unix_s == last_unix_s,
            None => false,
        };
        for place in &mut self.places {
            place.give(minute, is_revised)?;
        }
        self.last_minute_unix_s = Some(start_unix_s);
        Ok(())
    }

    /// Takes in a candle of one of the frames: one that begins with the last replaces it, a later one is appended.
    ///
    /// # Errors
    ///
    /// What the frame refuses.
    pub fn give(&mut self, interval: Interval, candle: &Candle) -> Result<(), FramesError> {
        for place in &mut self.places {
            if place.frame.interval() == interval {
                place.before_minute = None;
                place.take(candle)?;
            }
        }
        Ok(())
    }

    /// The frame of this length; none for minutes, which are not looked at.
    #[must_use]
    pub fn frame(&self, interval: Interval) -> Option<&Frame> {
        let mut frames = self.places.iter().map(|place| &place.frame);
        frames.find(|frame| frame.interval() == interval)
    }

    /// The last close of the shortest frame that has one: the price the frames stand at.
    #[must_use]
    pub fn last_close(&self) -> Option<f64> {
        let mut rows = self.places.iter().filter_map(|place| place.frame.ago(0));
        rows.next().map(|row| row.candle.close)
    }

    fn row(&self, interval: Interval, ago: usize) -> Option<&Row> {
        self.frame(interval)?.ago(ago)
    }
}

impl Place {
    fn take(&mut self, candle: &Candle) -> Result<(), FramesError> {
        let interval = self.frame.interval().name();
        let high = |frame: &Frame| frame.ago(0).map(|row| row.candle.high.to_bits());
        let before = high(&self.frame);
        let given = self.frame.give(candle);
        if high(&self.frame) != before {
            self.high = OnceLock::new();
        }
        given.map_err(|source| FramesError::Candle { interval, source })
    }

    fn give(&mut self, minute: &Candle, is_revised: bool) -> Result<(), FramesError> {
        let start_unix_s = self.frame.interval().start_unix_s(minute.start_unix_s);
        if !is_revised {
            let forming = self.frame.ago(0).map(|row| row.candle);
            self.before_minute = forming.filter(|candle| candle.start_unix_s == start_unix_s);
        }
        let candle = match &self.before_minute {
            Some(before) => before.merged(minute),
            None => Candle {
                start_unix_s,
                ..*minute
            },
        };
        self.take(&candle)
    }
}

impl View for FrameSet {
    fn is_heikin_ashi_green(&self, interval: Interval) -> Option<bool> {
        let row = self.row(interval, 0)?;
        let candle = row.heikin_ashi;
        (!candle.open.is_nan()).then(|| candle.is_green())
    }

    fn is_nwe_green(&self, interval: Interval, ago: usize) -> Option<bool> {
        let slope = self.row(interval, ago)?.nwe.slope;
        (!slope.is_nan()).then_some(slope > 0.0)
    }

    fn high(&self, interval: Interval) -> Option<Decimal> {
        let mut places = self.places.iter();
        let place = places.find(|place| place.frame.interval() == interval)?;
        let high = || Decimal::from_double(place.frame.ago(0)?.candle.high);
        *place.high.get_or_init(high)
    }

    fn range(&self, interval: Interval) -> Option<Decimal> {
        Decimal::from_double(self.row(interval, 0)?.atr.simple)
    }

    fn exit(
        &self,
        settings: &ProductSettings,
        strategy: Strategy,
        interval: Interval,
        gain_pct: Decimal,
    ) -> Option<StrategyExit> {
        let frame = self.frame(interval)?;
        Some(strategy.exit(frame, &settings.strategies, gain_pct).into())
    }
}
