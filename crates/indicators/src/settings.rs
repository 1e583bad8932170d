//! The lengths and factors of all indicators of a frame.

use crate::Interval;

/// A Bollinger band's settings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BandSettings {
    /// Candles of the mean.
    pub length: usize,
    /// Width in deviations.
    pub multiplier: f64,
}

/// What a frame's indicators are computed with. The defaults are the settings the operator's bots run with.
///
/// Lengths are in candles.
#[derive(Debug, Clone, PartialEq)]
pub struct IndicatorSettings {
    /// The range of changes shown as ROC.
    pub roc_length: usize,
    /// RSI of the frame and of the divergence.
    pub rsi_length: usize,
    /// Both average true ranges, also those of Supertrend and of Hull's bands.
    pub atr_length: usize,
    /// First and second smoothing of the fast smoothed Heikin-Ashi.
    pub sha_fast_lengths: (usize, usize),
    /// First and second smoothing of the slow smoothed Heikin-Ashi.
    pub sha_slow_lengths: (usize, usize),
    /// Averages of Impulse MACD.
    pub impulse_length: usize,
    /// Signal of Impulse MACD.
    pub impulse_signal_length: usize,
    /// Mean of its histogram, against which its strength is measured.
    pub impulse_filter_length: usize,
    /// The inner bands of the rebound.
    pub band_inner: BandSettings,
    /// The outer bands of the rebound.
    pub band_outer: BandSettings,
    /// The bands of the breakout.
    pub band_breakout: BandSettings,
    /// The Nadaraya-Watson kernel's σ.
    pub nwe_bandwidth: f64,
    /// Its envelope's width in mean errors.
    pub nwe_multiplier: f64,
    /// The three windows of highest highs and lowest lows.
    pub extreme_lengths: [usize; 3],
    /// How many candles make the day over which a dip is measured.
    pub day_length: usize,
    /// The two-pole oscillator's mean.
    pub two_pole_mean_length: usize,
    /// Its smoothing.
    pub two_pole_smooth_length: usize,
    /// How far its delayed line lies back.
    pub two_pole_delay_rows: usize,
    /// VIDYA's average.
    pub vidya_length: usize,
    /// VIDYA's momentum.
    pub vidya_momentum_length: usize,
    /// VIDYA's last smoothing.
    pub vidya_smooth_length: usize,
    /// The range in VIDYA's bands.
    pub vidya_range_length: usize,
    /// VIDYA's bands in ranges.
    pub vidya_band_multiplier: f64,
    /// Supertrend's bands in ranges.
    pub supertrend_multiplier: f64,
    /// The mean of closes that the volatility is measured against.
    pub volatility_length: usize,
    /// MACD's fast average.
    pub macd_fast_length: usize,
    /// MACD's slow average.
    pub macd_slow_length: usize,
    /// MACD's signal.
    pub macd_signal_length: usize,
    /// The volume mean of MACD with volume.
    pub macd_volume_length: usize,
    /// The average of Elder's powers.
    pub power_length: usize,
    /// Vortex.
    pub vortex_length: usize,
    /// The volume-weighted mean and the volume mean of the volume-weighted trend.
    pub trend_volume_length: usize,
    /// Hull's average.
    pub hull_length: usize,
    /// Hull's bands in ranges.
    pub hull_band_multiplier: f64,
    /// The change of Hull's average.
    pub hull_momentum_length: usize,
    /// Candles of a fractal.
    pub fractal_length: usize,
    /// The window of a market's structure: its highest high, lowest low and volume mean.
    pub structure_length: usize,
    /// Candles on each side of a local extreme of the divergence.
    pub divergence_side_length: usize,
    /// The volume mean of the divergence.
    pub divergence_volume_length: usize,
}

impl IndicatorSettings {
    /// The defaults for candles of this length; only the number of candles in a day depends on it.
    #[must_use]
    pub fn of(interval: Interval) -> Self {
        Self {
            roc_length: 3,
            rsi_length: 14,
            atr_length: 14,
            sha_fast_lengths: (8, 8),
            sha_slow_lengths: (13, 13),
            impulse_length: 34,
            impulse_signal_length: 9,
            impulse_filter_length: 25,
            band_inner: BandSettings {
                length: 34,
                multiplier: 2.2,
            },
            band_outer: BandSettings {
                length: 34,
                multiplier: 2.5,
            },
            band_breakout: BandSettings {
                length: 21,
                multiplier: 2.1,
            },
            nwe_bandwidth: 8.0,
            nwe_multiplier: 3.0,
            extreme_lengths: [7, 24, 30],
            day_length: interval.candles_per_day(),
            two_pole_mean_length: 25,
            two_pole_smooth_length: 20,
            two_pole_delay_rows: 4,
            vidya_length: 10,
            vidya_momentum_length: 20,
            vidya_smooth_length: 15,
            vidya_range_length: 100,
            vidya_band_multiplier: 2.0,
            supertrend_multiplier: 3.0,
            volatility_length: 50,
            macd_fast_length: 12,
            macd_slow_length: 26,
            macd_signal_length: 9,
            macd_volume_length: 20,
            power_length: 20,
            vortex_length: 14,
            trend_volume_length: 50,
            hull_length: 20,
            hull_band_multiplier: 1.5,
            hull_momentum_length: 14,
            fractal_length: 3,
            structure_length: 20,
            divergence_side_length: 5,
            divergence_volume_length: 14,
        }
    }
}
