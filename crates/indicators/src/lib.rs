//! Technical indicators as pure functions of candles: no I/O, no clock, no state outside the values themselves.
//!
//! Every indicator is a small machine with one method `step`: give it the next candle (or value) and it answers with the
//! indicator's value there. [`Stage`] says whether the candle is final. A forming candle may be given as often as it
//! changes; it leaves no trace, so that the next one replaces it at the cost of one step. There is one code path for both,
//! and for live trading, backtest and recorded columns: a whole column is the same machine run over all candles
//! ([`column`]).
//!
//! [`Frame`] holds the candles of one interval with the [`Row`] of all indicators at each, computed once and the same for
//! every strategy (B-53). A frame shorter than a strategy needs is refused by the strategy; nothing is padded (B-35).
//!
//! Undefined values are NaN, as in the recorded columns: every comparison with one is false, so that no rule fires on what
//! is not known. Conventions are those of pandas-ta 0.3.14b, with which the bots' history was made: EMA seeded with a simple
//! mean, [`Rma`] without a seed, Bollinger bands with the population's deviation, no true range at the first candle.

mod bank;
mod candle;
mod divergence;
mod frame;
mod heikin_ashi;
mod impulse_macd;
mod momentum;
mod nadaraya_watson;
mod range;
mod recursive;
mod settings;
mod trend;
mod window;

pub use bank::{Extremes, Row, VolumeMeans};
pub use candle::{Candle, Interval};
pub use divergence::{Divergence, DivergenceValue};
pub use frame::{Frame, FrameError, ROWS_KEPT};
pub use heikin_ashi::{HeikinAshi, HeikinAshiValue, SmoothedHeikinAshi};
pub use impulse_macd::{ImpulseColour, ImpulseMacd, ImpulseMacdValue};
pub use momentum::{Macd, MacdValue, Roc, Rsi, Vortex, VortexValue};
pub use nadaraya_watson::{ENVELOPE_ROWS, NadarayaWatson, NadarayaWatsonValue, two_sided};
pub use range::{Atr, AtrValue, BandValue, Bollinger, TrueRange};
pub use recursive::{Ema, GapEma, Rma, Smma};
pub use settings::{BandSettings, IndicatorSettings};
pub use trend::{
    Hull, HullValue, Power, PowerValue, Supertrend, SupertrendValue, TwoPole, TwoPoleValue, Vidya,
    VidyaValue,
};
pub use window::{
    Deviation, Extreme, Lag, Mean, Population, Side, VolumeWeightedMean, WeightedMean,
};

/// Whether a candle is final.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It may still change: the step leaves no trace.
    Forming,
    /// It is final: the step is taken.
    Closed,
}

/// A whole column at once: `step` run over all inputs as closed candles.
///
/// ```
/// use cbtrade_indicators::{Rsi, column};
///
/// let closes = [10.0, 11.0, 10.5, 12.0];
/// let mut rsi = Rsi::new(2);
/// let values = column(&closes, |close, stage| rsi.step(*close, stage));
/// assert!(values[1].is_nan());
/// // The rise of 1 weighs half by now, the fall of 0.5 in full.
/// assert!((values[2] - 50.0).abs() < 1e-9);
/// ```
pub fn column<I, O>(inputs: &[I], mut step: impl FnMut(&I, Stage) -> O) -> Vec<O> {
    inputs
        .iter()
        .map(|input| step(input, Stage::Closed))
        .collect()
}
