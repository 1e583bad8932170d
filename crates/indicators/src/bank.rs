//! All indicators of a frame, side by side, and what they say at one candle.

use crate::divergence::{Divergence, DivergenceValue};
use crate::heikin_ashi::{HeikinAshi, HeikinAshiValue, SmoothedHeikinAshi};
use crate::impulse_macd::{ImpulseMacd, ImpulseMacdValue};
use crate::momentum::{Macd, MacdValue, Roc, Rsi, Vortex, VortexValue};
use crate::nadaraya_watson::{NadarayaWatson, NadarayaWatsonValue};
use crate::range::{Atr, AtrValue, BandValue, Bollinger};
use crate::settings::{BandSettings, IndicatorSettings};
use crate::trend::{
    Hull, HullValue, Power, PowerValue, Supertrend, SupertrendValue, TwoPole, TwoPoleValue, Vidya,
    VidyaValue,
};
use crate::window::{Extreme, Mean, Side, VolumeWeightedMean};
use crate::{Candle, Stage};

/// The highest high and lowest low of a window that ends with the candle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extremes {
    /// The highest high.
    pub highest: f64,
    /// The lowest low.
    pub lowest: f64,
}

/// Means of volumes over the windows of the strategies that ask for volume.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VolumeMeans {
    /// Of MACD with volume.
    pub macd: f64,
    /// Of the market structure.
    pub structure: f64,
    /// Of the divergence.
    pub divergence: f64,
    /// Of the volume-weighted trend.
    pub trend: f64,
}

/// A candle and every indicator at it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// The candle itself.
    pub candle: Candle,
    /// Its Heikin-Ashi candle.
    pub heikin_ashi: HeikinAshiValue,
    /// The close's rate of change.
    pub close_roc: f64,
    /// The Heikin-Ashi close's rate of change.
    pub heikin_ashi_roc: f64,
    /// Relative strength.
    pub rsi: f64,
    /// The relative strength's rate of change.
    pub rsi_roc: f64,
    /// Average true range, simple and Wilder's.
    pub atr: AtrValue,
    /// Smoothed Heikin-Ashi, fast.
    pub sha_fast: HeikinAshiValue,
    /// Smoothed Heikin-Ashi, slow.
    pub sha_slow: HeikinAshiValue,
    /// Impulse MACD.
    pub impulse: ImpulseMacdValue,
    /// The inner bands of the rebound.
    pub band_inner: BandValue,
    /// The outer bands of the rebound.
    pub band_outer: BandValue,
    /// The bands of the breakout.
    pub band_breakout: BandValue,
    /// Nadaraya-Watson, causal.
    pub nwe: NadarayaWatsonValue,
    /// Highest highs and lowest lows of the three windows.
    pub extremes: [Extremes; 3],
    /// The highest high of a day.
    pub day_high: f64,
    /// The two-pole oscillator.
    pub two_pole: TwoPoleValue,
    /// VIDYA with its trend.
    pub vidya: VidyaValue,
    /// Supertrend.
    pub supertrend: SupertrendValue,
    /// The simple average true range over the mean close.
    pub volatility: f64,
    /// MACD.
    pub macd: MacdValue,
    /// Means of volumes.
    pub volume_means: VolumeMeans,
    /// Elder's powers.
    pub power: PowerValue,
    /// Vortex.
    pub vortex: VortexValue,
    /// The volume-weighted mean of closes.
    pub volume_weighted_mean: f64,
    /// Hull's average with bands, momentum and fractals.
    pub hull: HullValue,
    /// The window of the market's structure, this candle included.
    pub structure: Extremes,
    /// Divergence of closes and relative strength.
    pub divergence: DivergenceValue,
}

/// The machines behind a frame.
#[derive(Debug, Clone)]
pub(crate) struct Bank {
    heikin_ashi: HeikinAshi,
    close_roc: Roc,
    heikin_ashi_roc: Roc,
    rsi: Rsi,
    rsi_roc: Roc,
    atr: Atr,
    sha_fast: SmoothedHeikinAshi,
    sha_slow: SmoothedHeikinAshi,
    impulse: ImpulseMacd,
    band_inner: Bollinger,
    band_outer: Bollinger,
    band_breakout: Bollinger,
    nwe: NadarayaWatson,
    extremes: [Range; 3],
    day_high: Extreme,
    two_pole: TwoPole,
    vidya: Vidya,
    supertrend: Supertrend,
    close_mean: Mean,
    macd: Macd,
    volume_macd: Mean,
    volume_structure: Mean,
    volume_divergence: Mean,
    volume_trend: Mean,
    power: Power,
    vortex: Vortex,
    volume_weighted_mean: VolumeWeightedMean,
    hull: Hull,
    structure: Range,
    divergence: Divergence,
}

/// Highest high and lowest low.
#[derive(Debug, Clone)]
struct Range {
    highest: Extreme,
    lowest: Extreme,
}

impl Range {
    fn new(length: usize) -> Self {
        Self {
            highest: Extreme::new(Side::Highest, length),
            lowest: Extreme::new(Side::Lowest, length),
        }
    }

    fn step(&mut self, candle: &Candle, stage: Stage) -> Extremes {
        Extremes {
            highest: self.highest.step(candle.high, stage),
            lowest: self.lowest.step(candle.low, stage),
        }
    }
}

fn band(settings: BandSettings) -> Bollinger {
    Bollinger::new(settings.length, settings.multiplier)
}

impl Bank {
    pub(crate) fn new(settings: &IndicatorSettings) -> Self {
        let (fast_first, fast_second) = settings.sha_fast_lengths;
        let (slow_first, slow_second) = settings.sha_slow_lengths;
        Self {
            heikin_ashi: HeikinAshi::default(),
            close_roc: Roc::new(settings.roc_length),
            heikin_ashi_roc: Roc::new(settings.roc_length),
            rsi: Rsi::new(settings.rsi_length),
            rsi_roc: Roc::new(settings.roc_length),
            atr: Atr::new(settings.atr_length),
            sha_fast: SmoothedHeikinAshi::new(fast_first, fast_second),
            sha_slow: SmoothedHeikinAshi::new(slow_first, slow_second),
            impulse: ImpulseMacd::new(
                settings.impulse_length,
                settings.impulse_signal_length,
                settings.impulse_filter_length,
            ),
            band_inner: band(settings.band_inner),
            band_outer: band(settings.band_outer),
            band_breakout: band(settings.band_breakout),
            nwe: NadarayaWatson::new(settings.nwe_bandwidth, settings.nwe_multiplier),
            extremes: settings.extreme_lengths.map(Range::new),
            day_high: Extreme::short_at_first(Side::Highest, settings.day_length),
            two_pole: TwoPole::new(
                settings.two_pole_mean_length,
                settings.two_pole_smooth_length,
                settings.two_pole_delay_rows,
            ),
            vidya: Vidya::new(
                settings.vidya_length,
                settings.vidya_momentum_length,
                settings.vidya_smooth_length,
                settings.vidya_range_length,
                settings.vidya_band_multiplier,
            ),
            supertrend: Supertrend::new(settings.supertrend_multiplier),
            close_mean: Mean::new(settings.volatility_length),
            macd: Macd::new(
                settings.macd_fast_length,
                settings.macd_slow_length,
                settings.macd_signal_length,
            ),
            volume_macd: Mean::new(settings.macd_volume_length),
            volume_structure: Mean::new(settings.structure_length),
            volume_divergence: Mean::new(settings.divergence_volume_length),
            volume_trend: Mean::new(settings.trend_volume_length),
            power: Power::new(settings.power_length),
            vortex: Vortex::new(settings.vortex_length),
            volume_weighted_mean: VolumeWeightedMean::new(settings.trend_volume_length),
            hull: Hull::new(
                settings.hull_length,
                settings.hull_band_multiplier,
                settings.hull_momentum_length,
                settings.fractal_length,
            ),
            structure: Range::new(settings.structure_length),
            divergence: Divergence::new(settings.divergence_side_length),
        }
    }

    /// What all say at this candle.
    pub(crate) fn step(&mut self, candle: &Candle, stage: Stage) -> Row {
        let close = candle.close;
        let heikin_ashi = self.heikin_ashi.step(candle, stage);
        let rsi = self.rsi.step(close, stage);
        let atr = self.atr.step(candle, stage);
        Row {
            candle: *candle,
            heikin_ashi,
            close_roc: self.close_roc.step(close, stage),
            heikin_ashi_roc: self.heikin_ashi_roc.step(heikin_ashi.close, stage),
            rsi,
            rsi_roc: self.rsi_roc.step(rsi, stage),
            atr,
            sha_fast: self.sha_fast.step(candle, stage),
            sha_slow: self.sha_slow.step(candle, stage),
            impulse: self.impulse.step(candle, stage),
            band_inner: self.band_inner.step(close, stage),
            band_outer: self.band_outer.step(close, stage),
            band_breakout: self.band_breakout.step(close, stage),
            nwe: self.nwe.step(close, stage),
            extremes: self
                .extremes
                .each_mut()
                .map(|range| range.step(candle, stage)),
            day_high: self.day_high.step(candle.high, stage),
            two_pole: self.two_pole.step(close, stage),
            vidya: self.vidya.step(candle, stage),
            supertrend: self.supertrend.step(candle, atr, stage),
            volatility: atr.simple / self.close_mean.step(close, stage),
            macd: self.macd.step(close, stage),
            volume_means: self.volume_means(candle.volume, stage),
            power: self.power.step(candle, stage),
            vortex: self.vortex.step(candle, stage),
            volume_weighted_mean: self.volume_weighted_mean.step(close, candle.volume, stage),
            hull: self.hull.step(candle, atr, stage),
            structure: self.structure.step(candle, stage),
            divergence: self.divergence.step(close, rsi, stage),
        }
    }

    fn volume_means(&mut self, volume: f64, stage: Stage) -> VolumeMeans {
        VolumeMeans {
            macd: self.volume_macd.step(volume, stage),
            structure: self.volume_structure.step(volume, stage),
            divergence: self.volume_divergence.step(volume, stage),
            trend: self.volume_trend.step(volume, stage),
        }
    }
}
