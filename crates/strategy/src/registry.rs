//! The strategies by name.

use cbtrade_indicators::{Frame, Interval};

use crate::decision::{Decision, Outcome};
use crate::exit::ExitVerdict;
use crate::rules::{self, Newest};
use crate::settings::Settings;

/// Which half of the budget a strategy spends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// It follows rising prices.
    Up,
    /// It waits for a dip or a turn.
    Down,
}

impl Kind {
    /// The name in settings and in the columns `buy_strat_type`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "dn",
        }
    }
}

/// The strategies, in the order in which they are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strategy {
    /// The Nadaraya-Watson line on three rising candles.
    Nwe3Row,
    /// Smoothed Heikin-Ashi, fast and slow.
    Sha,
    /// Impulse MACD.
    ImpMacd,
    /// Bollinger breakout.
    BbBo,
    /// Two-pole oscillator.
    Tpo,
    /// VIDYA's trend.
    Vidya,
    /// The Nadaraya-Watson envelope.
    NweEnv,
    /// The Nadaraya-Watson line turning.
    NweRev,
    /// Bollinger rebound.
    Bb,
    /// A deep dip.
    Drop,
    /// Hull's trend.
    Ht,
    /// Market structure break.
    Msb,
    /// Divergence of relative strength, with MACD.
    RsiDivMacd,
    /// Supertrend with enough volatility.
    StAtr,
    /// MACD with volume.
    Vwmacd,
    /// Volume-weighted trend.
    Vwtm,
}

/// An exit: what the rule says, and what the filter makes of it.
#[derive(Debug, Clone, Copy)]
pub struct Exit {
    /// The rule's decision.
    pub decision: Decision,
    /// The filter's verdict; none without a signal.
    pub verdict: Option<ExitVerdict>,
}

impl Exit {
    /// Whether to sell.
    #[must_use]
    pub fn is_sale(&self) -> bool {
        self.verdict.is_some_and(ExitVerdict::is_sale)
    }
}

const ALL_INTERVALS: &[Interval] = &[
    Interval::FifteenMinutes,
    Interval::ThirtyMinutes,
    Interval::OneHour,
    Interval::FourHours,
    Interval::OneDay,
];

const LONG_INTERVALS: &[Interval] = &[Interval::OneHour, Interval::FourHours, Interval::OneDay];

impl Strategy {
    /// All, in the order in which they are asked.
    pub const ALL: [Self; 16] = [
        Self::Nwe3Row,
        Self::Sha,
        Self::ImpMacd,
        Self::BbBo,
        Self::Tpo,
        Self::Vidya,
        Self::NweEnv,
        Self::NweRev,
        Self::Bb,
        Self::Drop,
        Self::Ht,
        Self::Msb,
        Self::RsiDivMacd,
        Self::StAtr,
        Self::Vwmacd,
        Self::Vwtm,
    ];

    /// The name in settings and in the columns `buy_strat_name` and `sell_strat_name`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nwe3Row => "nwe_3row",
            Self::Sha => "sha",
            Self::ImpMacd => "imp_macd",
            Self::BbBo => "bb_bo",
            Self::Tpo => "tpo",
            Self::Vidya => "vidya",
            Self::NweEnv => "nwe_env",
            Self::NweRev => "nwe_rev",
            Self::Bb => "bb",
            Self::Drop => "drop",
            Self::Ht => "ht",
            Self::Msb => "msb",
            Self::RsiDivMacd => "rsi_div_macd",
            Self::StAtr => "st_atr",
            Self::Vwmacd => "vwmacd",
            Self::Vwtm => "vwtm",
        }
    }

    /// The strategy of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|strategy| strategy.name() == name)
    }

    /// Which half of the budget it spends.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Nwe3Row | Self::Sha | Self::ImpMacd | Self::BbBo | Self::Tpo | Self::Vidya => {
                Kind::Up
            }
            _ => Kind::Down,
        }
    }

    /// What its exits are called in the columns `sell_strat_type`; their `sell_strat_name` is the strategy's name. The former
    /// code wrote `up` for these four, `strat` for the Nadaraya-Watson ones, and nothing for the rest, which are `strat` now.
    #[must_use]
    pub const fn exit_type(self) -> &'static str {
        match self {
            Self::ImpMacd | Self::Sha | Self::Tpo | Self::Vidya => "up",
            _ => "strat",
        }
    }

    /// The candles it may trade on, shortest first.
    #[must_use]
    pub const fn intervals(self) -> &'static [Interval] {
        match self {
            Self::Vwtm => LONG_INTERVALS,
            _ => ALL_INTERVALS,
        }
    }

    /// Whether it is switched on unless the operator says otherwise. The three that could never fire before they were
    /// repaired (B-40) have no history to be judged by and wait for the operator's word.
    #[must_use]
    pub const fn is_on_by_default(self) -> bool {
        !matches!(self, Self::Ht | Self::Msb | Self::RsiDivMacd)
    }

    /// Whether it has an exit rule. Positions of the others end by stops, taken profits and force alone.
    #[must_use]
    pub const fn has_exit(self) -> bool {
        !matches!(self, Self::Bb | Self::BbBo | Self::Drop)
    }

    /// Whether the exit filter is asked. It never was for `st_atr`.
    #[must_use]
    pub const fn is_exit_filtered(self) -> bool {
        !matches!(self, Self::StAtr)
    }

    /// How many candles a frame must have: enough for every window and for averages to have forgotten where they began.
    /// Younger coins are not judged (B-35).
    #[must_use]
    pub const fn candles_needed(self) -> usize {
        match self {
            // The range of its bands is over 100 candles, its momentum over 20, its smoothing over 15.
            Self::Vidya => 135,
            // The kernel reaches over 33 candles; the mean error is over 100 at least.
            Self::NweEnv => 133,
            _ => 100,
        }
    }

    /// Whether to buy, judged on the frame's last candle.
    #[must_use]
    pub fn buy(self, frame: &Frame, settings: &Settings) -> Decision {
        self.judged(frame, |newest| match self {
            Self::Nwe3Row => rules::nwe::three_rows_buy(newest, &settings.nwe_3row),
            Self::Sha => rules::sha::buy(newest),
            Self::ImpMacd => rules::imp_macd::buy(newest, &settings.imp_macd),
            Self::BbBo => rules::bands::breakout_buy(newest),
            Self::Tpo => rules::tpo::buy(newest),
            Self::Vidya => rules::vidya::buy(newest),
            Self::NweEnv => rules::nwe::envelope_buy(newest, &settings.nwe_env),
            Self::NweRev => rules::nwe::reversal_buy(newest, &settings.nwe_rev),
            Self::Bb => rules::bands::rebound_buy(newest),
            Self::Drop => rules::drop::buy(newest, &settings.drop),
            Self::Ht => rules::ht::buy(newest, &settings.ht),
            Self::Msb => rules::msb::buy(newest, &settings.msb),
            Self::RsiDivMacd => rules::rsi_div_macd::buy(newest, &settings.rsi_div_macd),
            Self::StAtr => rules::st_atr::buy(newest, &settings.st_atr),
            Self::Vwmacd => rules::vwmacd::buy(newest, &settings.vwmacd),
            Self::Vwtm => rules::vwtm::buy(newest, &settings.vwtm),
        })
    }

    /// Whether the strategy's own exit rule fires, judged on the frame's last candle; the exit filter is not asked. It does
    /// not matter whether the strategy is switched on: positions of one that is off can still be closed.
    #[must_use]
    pub fn sell(self, frame: &Frame, settings: &Settings) -> Decision {
        if !self.has_exit() {
            return Decision::without_checks(Outcome::NoRule);
        }
        self.judged(frame, |newest| match self {
            Self::Bb | Self::BbBo | Self::Drop => Decision::without_checks(Outcome::NoRule),
            Self::Nwe3Row => rules::nwe::three_rows_sell(newest, &settings.nwe_3row),
            Self::Sha => rules::sha::sell(newest),
            Self::ImpMacd => rules::imp_macd::sell(newest, &settings.imp_macd),
            Self::Tpo => rules::tpo::sell(newest),
            Self::Vidya => rules::vidya::sell(newest),
            Self::NweEnv => rules::nwe::envelope_sell(newest, &settings.nwe_env),
            Self::NweRev => rules::nwe::reversal_sell(newest, &settings.nwe_rev),
            Self::Ht => rules::ht::sell(newest, &settings.ht),
            Self::Msb => rules::msb::sell(newest, &settings.msb),
            Self::RsiDivMacd => rules::rsi_div_macd::sell(newest, &settings.rsi_div_macd),
            Self::StAtr => rules::st_atr::sell(newest),
            Self::Vwmacd => rules::vwmacd::sell(newest, &settings.vwmacd),
            Self::Vwtm => rules::vwtm::sell(newest, &settings.vwtm),
        })
    }

    /// The exit of a position with this gain in percent: rule, then filter.
    #[must_use]
    pub fn exit(self, frame: &Frame, settings: &Settings, gain_pct: cbtrade_core::Decimal) -> Exit {
        let decision = self.sell(frame, settings);
        let verdict = decision.is_signal().then(|| {
            if self.is_exit_filtered() {
                settings.common(self).exit.verdict(gain_pct)
            } else {
                ExitVerdict::Unfiltered
            }
        });
        Exit { decision, verdict }
    }

    fn judged(self, frame: &Frame, rule: impl FnOnce(&Newest<'_>) -> Decision) -> Decision {
        let (seen, needed) = (frame.candles_seen(), self.candles_needed());
        match Newest::of(frame) {
            Some(newest) if seen >= needed => rule(&newest),
            _ => Decision::without_checks(Outcome::TooFewCandles { seen, needed }),
        }
    }
}
