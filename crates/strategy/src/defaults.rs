//! The operator's settings as defaults, and what they mean for a frame's indicators.

use cbtrade_indicators::{BandSettings, IndicatorSettings, Interval};

use crate::registry::Strategy;
use crate::settings::{
    BbSettings, Common, DropSettings, Form, HtSettings, ImpMacdSettings, MsbSettings, NweLine,
    NweSettings, RsiDivMacdSettings, Settings, SettingsError, ShaSettings, StAtrSettings,
    TpoSettings, VidyaSettings, VwmacdSettings, VwtmSettings,
};

const fn band(length: usize, multiplier: f64) -> BandSettings {
    BandSettings { length, multiplier }
}

impl Default for NweSettings {
    fn default() -> Self {
        Self {
            bandwidth: 8.0,
            multiplier: 3.0,
            line: NweLine::Causal,
            form: Form::Repaired,
        }
    }
}

impl Default for ShaSettings {
    fn default() -> Self {
        Self {
            fast_lengths: (8, 8),
            slow_lengths: (13, 13),
        }
    }
}

impl Default for ImpMacdSettings {
    fn default() -> Self {
        Self {
            length: 34,
            signal_length: 9,
            is_filtered: true,
            filter_length: 25,
            strength_min: 0.5,
            distance_pct_min: 3.0,
        }
    }
}

impl Default for TpoSettings {
    fn default() -> Self {
        Self {
            mean_length: 25,
            smooth_length: 20,
            delay_rows: 4,
        }
    }
}

impl Default for VidyaSettings {
    fn default() -> Self {
        Self {
            length: 10,
            momentum_length: 20,
            band_multiplier: 2.0,
        }
    }
}

impl Default for BbSettings {
    fn default() -> Self {
        Self {
            inner: band(34, 2.2),
            outer: band(34, 2.5),
        }
    }
}

impl Default for DropSettings {
    fn default() -> Self {
        Self { drop_pct: 10.0 }
    }
}

impl Default for HtSettings {
    fn default() -> Self {
        Self {
            length: 20,
            band_multiplier: 1.5,
            momentum_length: 14,
            fractal_length: 3,
            form: Form::Repaired,
        }
    }
}

impl Default for MsbSettings {
    fn default() -> Self {
        Self {
            window_length: 20,
            volatility_min: 0.03,
            volume_factor_buy: 1.5,
            volume_factor_sell: 0.8,
            form: Form::Repaired,
        }
    }
}

impl Default for RsiDivMacdSettings {
    fn default() -> Self {
        Self {
            rsi_length: 14,
            macd_fast_length: 12,
            macd_slow_length: 26,
            side_length: 5,
            volume_factor_buy: 1.5,
            volume_factor_sell: 0.8,
            form: Form::Repaired,
        }
    }
}

impl Default for StAtrSettings {
    fn default() -> Self {
        Self {
            multiplier: 3.0,
            volatility_min: 0.02,
        }
    }
}

impl Default for VwmacdSettings {
    fn default() -> Self {
        Self {
            macd_fast_length: 12,
            macd_slow_length: 26,
            volume_length: 20,
            volume_factor_buy: 1.2,
            volume_factor_sell: 0.8,
        }
    }
}

impl Default for VwtmSettings {
    fn default() -> Self {
        Self {
            power_length: 20,
            vortex_length: 14,
            volume_length: 50,
            power_min: 0.5,
            volume_factor_buy: 1.8,
            volume_factor_sell: 1.5,
            form: Form::Repaired,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            common: Strategy::ALL.map(Common::of),
            nwe_3row: NweSettings::default(),
            sha: ShaSettings::default(),
            imp_macd: ImpMacdSettings::default(),
            bb_bo: band(21, 2.1),
            tpo: TpoSettings::default(),
            vidya: VidyaSettings::default(),
            nwe_env: NweSettings::default(),
            nwe_rev: NweSettings::default(),
            bb: BbSettings::default(),
            drop: DropSettings::default(),
            ht: HtSettings::default(),
            msb: MsbSettings::default(),
            rsi_div_macd: RsiDivMacdSettings::default(),
            st_atr: StAtrSettings::default(),
            vwmacd: VwmacdSettings::default(),
            vwtm: VwtmSettings::default(),
        }
    }
}

impl Settings {
    /// The defaults with every rule in its original form, faults included: to hold recorded decisions against.
    #[must_use]
    pub fn original() -> Self {
        let mut settings = Self::default();
        for nwe in [
            &mut settings.nwe_3row,
            &mut settings.nwe_env,
            &mut settings.nwe_rev,
        ] {
            nwe.line = NweLine::TwoSided;
            nwe.form = Form::Original;
        }
        for form in [
            &mut settings.ht.form,
            &mut settings.msb.form,
            &mut settings.rsi_div_macd.form,
            &mut settings.vwtm.form,
        ] {
            *form = Form::Original;
        }
        settings
    }

    /// What every strategy has, of this one.
    #[must_use]
    pub fn common(&self, strategy: Strategy) -> &Common {
        let [first, ..] = &self.common;
        self.common.get(strategy as usize).unwrap_or(first)
    }

    /// The same, to be changed.
    pub fn common_mut(&mut self, strategy: Strategy) -> Option<&mut Common> {
        self.common.get_mut(strategy as usize)
    }

    /// The strategies that may buy on candles of this length, in the order in which they are asked.
    pub fn buyers(&self, interval: Interval) -> impl Iterator<Item = Strategy> {
        Strategy::ALL.into_iter().filter(move |strategy| {
            let common = self.common(*strategy);
            common.is_on && common.intervals.contains(&interval)
        })
    }

    /// What the indicators of a frame of this interval are computed with. Each is computed once per frame, so strategies
    /// that share one must want it alike.
    ///
    /// # Errors
    ///
    /// The strategies that do not.
    pub fn indicators(&self, interval: Interval) -> Result<IndicatorSettings, SettingsError> {
        let lines = [("nwe_env", &self.nwe_env), ("nwe_rev", &self.nwe_rev)];
        for (other, settings) in lines {
            let is_same = settings
                .bandwidth
                .total_cmp(&self.nwe_3row.bandwidth)
                .is_eq();
            agree(is_same, "nwe_3row", other, "the bandwidth")?;
        }
        let (one, other) = (&self.rsi_div_macd, &self.vwmacd);
        let is_same = (one.macd_fast_length, one.macd_slow_length)
            == (other.macd_fast_length, other.macd_slow_length);
        agree(is_same, "rsi_div_macd", "vwmacd", "MACD's lengths")?;
        Ok(IndicatorSettings {
            sha_fast_lengths: self.sha.fast_lengths,
            sha_slow_lengths: self.sha.slow_lengths,
            impulse_length: self.imp_macd.length,
            impulse_signal_length: self.imp_macd.signal_length,
            impulse_filter_length: self.imp_macd.filter_length,
            band_inner: self.bb.inner,
            band_outer: self.bb.outer,
            band_breakout: self.bb_bo,
            nwe_bandwidth: self.nwe_env.bandwidth,
            nwe_multiplier: self.nwe_env.multiplier,
            two_pole_mean_length: self.tpo.mean_length,
            two_pole_smooth_length: self.tpo.smooth_length,
            two_pole_delay_rows: self.tpo.delay_rows,
            vidya_length: self.vidya.length,
            vidya_momentum_length: self.vidya.momentum_length,
            vidya_band_multiplier: self.vidya.band_multiplier,
            supertrend_multiplier: self.st_atr.multiplier,
            macd_fast_length: self.vwmacd.macd_fast_length,
            macd_slow_length: self.vwmacd.macd_slow_length,
            macd_volume_length: self.vwmacd.volume_length,
            power_length: self.vwtm.power_length,
            vortex_length: self.vwtm.vortex_length,
            trend_volume_length: self.vwtm.volume_length,
            hull_length: self.ht.length,
            hull_band_multiplier: self.ht.band_multiplier,
            hull_momentum_length: self.ht.momentum_length,
            fractal_length: self.ht.fractal_length,
            structure_length: self.msb.window_length,
            divergence_side_length: self.rsi_div_macd.side_length,
            divergence_volume_length: self.rsi_div_macd.rsi_length,
            ..IndicatorSettings::of(interval)
        })
    }
}

fn agree(
    is_same: bool,
    one: &'static str,
    other: &'static str,
    what: &'static str,
) -> Result<(), SettingsError> {
    if is_same {
        Ok(())
    } else {
        Err(SettingsError::Disagreement { one, other, what })
    }
}
