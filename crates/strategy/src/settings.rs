//! What the strategies are run with. Defaults are the operator's file.

use cbtrade_core::Decimal;
use cbtrade_indicators::{BandSettings, Interval};

use crate::exit::ExitFilter;
use crate::registry::Strategy;

/// Which form of a rule runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The repaired rule.
    Repaired,
    /// The rule as the bots' former code had it, with its fault: to hold recorded decisions against, not to trade by.
    Original,
}

/// What every strategy has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Common {
    /// `use_yn`: it may buy. Exits are judged all the same.
    pub is_on: bool,
    /// `freqs`: the candles it may buy on, shortest first.
    pub intervals: Vec<Interval>,
    /// Which exits are wanted.
    pub exit: ExitFilter,
}

impl Common {
    pub(crate) fn of(strategy: Strategy) -> Self {
        let whole = |number| Some(Decimal::from_integer(number));
        let (profit_pct_min, loss_pct_max) = match strategy {
            Strategy::Bb | Strategy::Drop | Strategy::Vwtm => (None, None),
            Strategy::ImpMacd
            | Strategy::Nwe3Row
            | Strategy::NweEnv
            | Strategy::NweRev
            | Strategy::Sha => (whole(3), whole(4)),
            Strategy::BbBo
            | Strategy::Ht
            | Strategy::Msb
            | Strategy::RsiDivMacd
            | Strategy::StAtr
            | Strategy::Tpo
            | Strategy::Vidya
            | Strategy::Vwmacd => (whole(3), None),
        };
        Self {
            is_on: strategy.is_on_by_default(),
            intervals: strategy.intervals().to_vec(),
            exit: ExitFilter {
                profit_pct_min,
                loss_pct_max,
            },
        }
    }
}

/// Which Nadaraya-Watson line is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NweLine {
    /// The causal one: what it was at a candle, it stays (B-37).
    Causal,
    /// The newest values of the former two-sided filter. They know no more than the causal ones, but half of the newest is the
    /// present close, and those before it are other ones than the bot saw at the time.
    TwoSided,
}

/// `nwe_3row`, `nwe_env`, `nwe_rev`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NweSettings {
    /// `bandwidth`: the kernel's σ in candles.
    pub bandwidth: f64,
    /// `mult`: the envelope's width in mean errors.
    pub multiplier: f64,
    /// The line.
    pub line: NweLine,
    /// In `nwe_env` the exit against the recent peak (B-38), or against the candle's own close; the others have one form.
    pub form: Form,
}

/// `sha`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShaSettings {
    /// `fast_sha_len1`, `fast_sha_len2`.
    pub fast_lengths: (usize, usize),
    /// `slow_sha_len1`, `slow_sha_len2`.
    pub slow_lengths: (usize, usize),
}

/// `imp_macd`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ImpMacdSettings {
    /// `per_ma`.
    pub length: usize,
    /// `per_sign`.
    pub signal_length: usize,
    /// `filter_strength`: whether the histogram's strength is asked for.
    pub is_filtered: bool,
    /// `filter_period`: the histogram's mean.
    pub filter_length: usize,
    /// `threshold`: how much of its mean the histogram must be.
    pub strength_min: f64,
    /// By what share of the signal, and of the range, line and signal must differ; in percent, not in the operator's file.
    pub distance_pct_min: f64,
}

/// `tpo`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TpoSettings {
    /// `sma_length`.
    pub mean_length: usize,
    /// `osc_length`.
    pub smooth_length: usize,
    /// `shift`.
    pub delay_rows: usize,
}

/// `vidya`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VidyaSettings {
    /// `vidya_length`.
    pub length: usize,
    /// `vidya_momentum`.
    pub momentum_length: usize,
    /// `band_distance`.
    pub band_multiplier: f64,
}

/// `bb`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BbSettings {
    /// `inner_per`, `inner_sd`.
    pub inner: BandSettings,
    /// `outer_per`, `outer_sd`.
    pub outer: BandSettings,
}

/// `drop`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DropSettings {
    /// `drop_pct`: how far below the day's high prices must have been. 6 for BTC, ETH and SOL in the operator's file.
    pub drop_pct: f64,
}

/// `ht`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HtSettings {
    /// `hull_period`.
    pub length: usize,
    /// `atr_multiplier`.
    pub band_multiplier: f64,
    /// `momentum_window`.
    pub momentum_length: usize,
    /// `fractal_length`.
    pub fractal_length: usize,
    /// The fractal before the present candle (B-40), or one that includes it.
    pub form: Form,
}

/// `msb`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MsbSettings {
    /// `liquidity_window`.
    pub window_length: usize,
    /// `volatility_threshold`: how much of the price the range must be.
    pub volatility_min: f64,
    /// `volume_confirmation`: volume against its mean, to buy.
    pub volume_factor_buy: f64,
    /// The same to sell; not in the operator's file.
    pub volume_factor_sell: f64,
    /// The window before the present candle (B-40), or one that includes it.
    pub form: Form,
}

/// `rsi_div_macd`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RsiDivMacdSettings {
    /// `rsi_period`, of the volume's mean; relative strength itself is the frame's, over 14.
    pub rsi_length: usize,
    /// `macd_fast`; the same as in `vwmacd`.
    pub macd_fast_length: usize,
    /// `macd_slow`; the same as in `vwmacd`.
    pub macd_slow_length: usize,
    /// `divergence_window`: candles on each side of a local extreme.
    pub side_length: usize,
    /// `volume_multiplier`: volume against its mean, to buy.
    pub volume_factor_buy: f64,
    /// The same to sell; not in the operator's file.
    pub volume_factor_sell: f64,
    /// The extreme that is confirmed now (B-40), or one at the present candle, which cannot be known.
    pub form: Form,
}

/// `st_atr`. Its range is over 14 candles, whatever `atr_period` says, as it always was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StAtrSettings {
    /// `supertrend_mult`.
    pub multiplier: f64,
    /// `volatility_threshold`.
    pub volatility_min: f64,
}

/// `vwmacd`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VwmacdSettings {
    /// `macd_fast`.
    pub macd_fast_length: usize,
    /// `macd_slow`.
    pub macd_slow_length: usize,
    /// `volume_ma_window`.
    pub volume_length: usize,
    /// `volume_threshold`: volume against its mean, to buy.
    pub volume_factor_buy: f64,
    /// The same to sell; not in the operator's file.
    pub volume_factor_sell: f64,
}

/// `vwtm`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VwtmSettings {
    /// `ema_period`.
    pub power_length: usize,
    /// `vortex_period`.
    pub vortex_length: usize,
    /// `volume_ma_window`; the volume-weighted mean has this length too.
    pub volume_length: usize,
    /// `bull_power_threshold`: how far high (or low) must be from the average, in ranges (B-39); in the original form in
    /// units of the price.
    pub power_min: f64,
    /// `volume_multiplier`: volume against its mean, to buy.
    pub volume_factor_buy: f64,
    /// The same to sell; not in the operator's file.
    pub volume_factor_sell: f64,
    /// Powers in ranges, or in units of the price.
    pub form: Form,
}

/// All strategies' settings, resolved for one product.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub(crate) common: [Common; 16],
    /// `nwe_3row`.
    pub nwe_3row: NweSettings,
    /// `sha`.
    pub sha: ShaSettings,
    /// `imp_macd`.
    pub imp_macd: ImpMacdSettings,
    /// `bb_bo`: `per`, `sd`.
    pub bb_bo: BandSettings,
    /// `tpo`.
    pub tpo: TpoSettings,
    /// `vidya`.
    pub vidya: VidyaSettings,
    /// `nwe_env`.
    pub nwe_env: NweSettings,
    /// `nwe_rev`.
    pub nwe_rev: NweSettings,
    /// `bb`.
    pub bb: BbSettings,
    /// `drop`.
    pub drop: DropSettings,
    /// `ht`.
    pub ht: HtSettings,
    /// `msb`.
    pub msb: MsbSettings,
    /// `rsi_div_macd`.
    pub rsi_div_macd: RsiDivMacdSettings,
    /// `st_atr`.
    pub st_atr: StAtrSettings,
    /// `vwmacd`.
    pub vwmacd: VwmacdSettings,
    /// `vwtm`.
    pub vwtm: VwtmSettings,
}

/// Settings that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Strategies that share an indicator want it different.
    #[error("`{one}` and `{other}` share {what}, so {what} must be the same in both")]
    Disagreement {
        /// One strategy.
        one: &'static str,
        /// The other.
        other: &'static str,
        /// What they share.
        what: &'static str,
    },
}
