//! Holds every indicator against the recorded columns of the bots' former code.
//!
//! `lastrow`: the newest row of 2,200 windows. `indicators` and `stratcols`: every row of the last window of each set.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed test says where, and tables are what some of them are for"
)]

use std::collections::BTreeMap;

use cbtrade_indicators::{
    BandValue, DivergenceValue, Frame, HeikinAshiValue, ImpulseColour, IndicatorSettings,
    NadarayaWatsonValue, Row, two_sided,
};

mod recorded;
use recorded::{SETS, Source, Table, folder};

/// A frame with the former filter's values beside.
struct Window {
    rows: Vec<Row>,
    nwe: Vec<NadarayaWatsonValue>,
}

impl Window {
    fn of(candles: &[cbtrade_indicators::Candle], set: &recorded::Set) -> Self {
        let settings = IndicatorSettings::of(set.interval);
        let frame = Frame::of(set.interval, &settings, candles).unwrap();
        let closes: Vec<f64> = candles.iter().map(|candle| candle.close).collect();
        Self {
            rows: frame.rows().to_vec(),
            nwe: two_sided(&closes, 8.0, 3.0),
        }
    }
}

fn flag(is_set: bool) -> f64 {
    f64::from(u8::from(is_set))
}

/// Whether a value rose (or fell) against the row before.
fn moved(window: &Window, index: usize, is_up: bool, value: fn(&Row) -> f64) -> f64 {
    if index == 0 {
        return 0.0;
    }
    let (before, now) = (value(&window.rows[index - 1]), value(&window.rows[index]));
    flag(if is_up { now > before } else { now < before })
}

type Value = Box<dyn Fn(&Window, usize) -> f64>;

/// A name and a number of something.
type Named<V> = (&'static str, fn(&V) -> f64);
/// A name and a part of a row.
type Chosen<V> = (&'static str, fn(&Row) -> &V);

/// How closely a column must agree.
#[derive(Clone, Copy, PartialEq)]
enum Closeness {
    /// 1e-9 relative, or 1e-12 of the price.
    Price,
    /// 1e-9 relative, or 1e-10: a small difference of large numbers, in percent.
    Percent,
    /// 1e-6 relative: divided by a deviation, which the former code computed with running sums.
    Divided,
    /// 0.01: recorded rounded to two places.
    Rounded,
}

struct Column {
    name: String,
    closeness: Closeness,
    /// In padded windows prices are constant for a while, and the recorded value is the noise of rounding.
    is_noise_when_flat: bool,
    /// Rows of a window before which the recorded value is an artefact that is not repeated.
    first_row: usize,
    /// Rows at a window's end whose recorded value is another artefact.
    skipped_at_end: usize,
    value: Value,
}

#[derive(Default)]
struct Columns(Vec<Column>);

impl Columns {
    fn add(&mut self, name: &str, value: impl Fn(&Window, usize) -> f64 + 'static) -> &mut Column {
        self.0.push(Column {
            name: name.to_owned(),
            closeness: Closeness::Price,
            is_noise_when_flat: false,
            first_row: 0,
            skipped_at_end: 0,
            value: Box::new(value),
        });
        self.0.last_mut().unwrap()
    }

    fn row(&mut self, name: &str, value: impl Fn(&Row) -> f64 + 'static) -> &mut Column {
        self.add(name, move |window, index| value(&window.rows[index]))
    }

    /// A column that is divided by a deviation or by a range.
    fn divided(&mut self, name: &str, value: impl Fn(&Row) -> f64 + 'static) {
        let column = self.row(name, value);
        column.closeness = Closeness::Divided;
        column.is_noise_when_flat = true;
    }

    fn nwe(&mut self, name: &str, value: impl Fn(&NadarayaWatsonValue) -> f64 + 'static) {
        self.add(name, move |window, index| value(&window.nwe[index]));
    }
}

fn candle_columns(columns: &mut Columns) {
    columns.row("ta.hl2", |row| row.candle.hl2());
    columns.row("ta.ohlc4", |row| row.candle.ohlc4());
    // B-36: the former code divided by 3.
    columns.row("ta.hlcc4", |row| row.candle.hlcc4() * 4.0 / 3.0);
    columns.row("ta.color", |row| flag(row.candle.is_green()));
    columns.row("ta.ha_open", |row| row.heikin_ashi.open);
    columns.row("ta.ha_high", |row| row.heikin_ashi.high);
    columns.row("ta.ha_low", |row| row.heikin_ashi.low);
    columns.row("ta.ha_close", |row| row.heikin_ashi.close);
    columns.row("ta.ha_span", |row| row.heikin_ashi.span());
    columns.row("ta.ha_body", |row| row.heikin_ashi.body());
    columns.row("ta.ha_wick_upper", |row| row.heikin_ashi.wick_upper());
    columns.row("ta.ha_wick_lower", |row| row.heikin_ashi.wick_lower());
    let percentages: [Named<HeikinAshiValue>; 3] = [
        ("ta.ha_body_pct", HeikinAshiValue::body_pct),
        ("ta.ha_wick_upper_pct", HeikinAshiValue::wick_upper_pct),
        ("ta.ha_wick_lower_pct", HeikinAshiValue::wick_lower_pct),
    ];
    for (name, value) in percentages {
        columns
            .row(name, move |row| value(&row.heikin_ashi))
            .closeness = Closeness::Rounded;
    }
    columns.row("ta.ha_wick_upper_none", |row| {
        flag(row.heikin_ashi.has_no_wick_upper())
    });
    columns.row("ta.ha_wick_lower_none", |row| {
        flag(row.heikin_ashi.has_no_wick_lower())
    });
    columns.row("ta.ha_color", |row| flag(row.heikin_ashi.is_green()));
    let rates: [Named<Row>; 3] = [
        ("ta.close_roc", |row| row.close_roc),
        ("ta.ha_close_roc", |row| row.heikin_ashi_roc),
        ("ta.rsi_roc", |row| row.rsi_roc),
    ];
    for (name, value) in rates {
        columns.row(name, value).closeness = Closeness::Percent;
        columns.add(&format!("{name}_up"), move |window, index| {
            moved(window, index, true, value)
        });
        columns.add(&format!("{name}_dn"), move |window, index| {
            moved(window, index, false, value)
        });
    }
    columns.row("ta.rsi", |row| row.rsi);
    columns.row("ta.atr", |row| row.atr.simple);
    for (place, length) in [7, 24, 30].into_iter().enumerate() {
        columns.row(&format!("ta.max{length}"), move |row| {
            row.extremes[place].highest
        });
        columns.row(&format!("ta.min{length}"), move |row| {
            row.extremes[place].lowest
        });
    }
}

fn sha_columns(columns: &mut Columns) {
    let both: [Chosen<HeikinAshiValue>; 2] =
        [("fast", |row| &row.sha_fast), ("slow", |row| &row.sha_slow)];
    for (speed, candle) in both {
        let mut add = |part: &str, value: fn(&HeikinAshiValue) -> f64| {
            columns.row(&format!("ta.sha_{speed}_{part}"), move |row| {
                value(candle(row))
            });
        };
        add("open", |candle| candle.open);
        add("high", |candle| candle.high);
        add("low", |candle| candle.low);
        add("close", |candle| candle.close);
        add("body", HeikinAshiValue::body);
        add("wick_upper", HeikinAshiValue::wick_upper);
        add("wick_lower", HeikinAshiValue::wick_lower);
        add("color", |candle| flag(candle.is_green()));
        let parts: [Named<HeikinAshiValue>; 3] = [
            ("body", HeikinAshiValue::body),
            ("wick_upper", HeikinAshiValue::wick_upper),
            ("wick_lower", HeikinAshiValue::wick_lower),
        ];
        for (part, value) in parts {
            for (word, is_up) in [("growing", true), ("shrinking", false)] {
                let name = format!("sha.sha_{speed}_{part}_{word}");
                let column = columns.add(&name, move |window, index| {
                    if index == 0 {
                        return 0.0;
                    }
                    let at = |index: usize| value(candle(&window.rows[index]));
                    let (before, now) = (at(index - 1), at(index));
                    flag(if is_up { now > before } else { now < before })
                });
                column.is_noise_when_flat = true;
            }
        }
    }
}

fn band_columns(columns: &mut Columns) {
    let bands: [Chosen<BandValue>; 3] = [
        ("inner", |row| &row.band_inner),
        ("outer", |row| &row.band_outer),
        ("bb_bo", |row| &row.band_breakout),
    ];
    for (name, band) in bands {
        let mut add = |part: String, value: fn(&BandValue) -> f64| {
            columns.row(&format!("ta.{part}"), move |row| value(band(row)));
        };
        add(format!("bb_upper_{name}"), |band| band.upper);
        add(format!("bb_lower_{name}"), |band| band.lower);
        add(format!("bb_mid_{name}"), |band| band.middle);
        add(format!("bb_{name}_expanding"), |band| {
            flag(band.is_expanding())
        });
        add(format!("bb_{name}_contracting"), |band| {
            flag(band.is_contracting())
        });
        add(format!("bb_{name}_upwards"), |band| flag(band.is_upwards()));
        add(format!("bb_{name}_downwards"), |band| {
            flag(band.is_downwards())
        });
        let rates: [Named<BandValue>; 2] = [
            ("upper", |band| band.upper_roc),
            ("lower", |band| band.lower_roc),
        ];
        for (side, value) in rates {
            columns
                .row(&format!("ta.bb_{side}_roc_{name}"), move |row| {
                    value(band(row))
                })
                .closeness = Closeness::Percent;
        }
        columns.divided(&format!("ta.bb_width_{name}"), move |row| {
            band(row).width_pct()
        });
        columns.divided(&format!("ta.bb_pct_{name}"), move |row| {
            band(row).position(row.candle.close)
        });
    }
}

fn impulse_columns(columns: &mut Columns) {
    columns.row("ta.mi", |row| row.impulse.middle);
    columns.row("ta.imp_macd", |row| row.impulse.line);
    columns.row("ta.imp_macd_sign", |row| row.impulse.signal);
    columns.row("ta.imp_macd_hist", |row| row.impulse.histogram);
    // Before the middle exists, the former code had a channel already, from later candles.
    columns
        .row("ta.imp_macd_color", |row| match row.impulse.colour {
            ImpulseColour::Red => 0.0,
            ImpulseColour::Green => 1.0,
            ImpulseColour::Lime => 2.0,
            ImpulseColour::Orange => 3.0,
        })
        .first_row = 33;
    columns.row("ta.momentum_filter", |row| {
        flag(row.impulse.histogram.abs() > 0.5 * row.impulse.histogram_mean.abs())
    });
}

fn nwe_columns(columns: &mut Columns) {
    columns.nwe("ta.nwe_line", |nwe| nwe.line);
    columns
        .add("ta.nwe_roc", |window, index| window.nwe[index].roc)
        .closeness = Closeness::Percent;
    columns.nwe("ta.nwe_color", |nwe| flag(nwe.slope > 0.0));
    // The recorded column holds the margin, three mean errors.
    columns.nwe("ta.nwe_mae", |nwe| 3.0 * nwe.error_mean);
    columns.nwe("ta.nwe_upper", |nwe| nwe.upper);
    columns.nwe("ta.nwe_lower", |nwe| nwe.lower);
    columns.nwe("ta.nwe_diff", |nwe| nwe.slope);
    columns.nwe("ta.reversal_up", |nwe| flag(nwe.is_turned_up));
    columns.nwe("ta.reversal_down", |nwe| flag(nwe.is_turned_down));
}

fn trend_columns(columns: &mut Columns) {
    columns.row("drop.high_24h", |row| row.day_high);
    columns.divided("tpo.two_p_osc", |row| row.two_pole.line);
    columns.divided("tpo.two_pp_osc", |row| row.two_pole.delayed);
    columns.row("vidya.vidya_vidya", |row| row.vidya.line);
    columns.row("vidya.upper_band_vidya", |row| row.vidya.upper);
    columns.row("vidya.lower_band_vidya", |row| row.vidya.lower);
    columns.row("vidya.is_trend_up_vidya", |row| flag(row.vidya.is_up));
    columns.row("vidya.trend_cross_up_vidya", |row| {
        flag(row.vidya.is_turned_up)
    });
    columns.row("vidya.trend_cross_down_vidya", |row| {
        flag(row.vidya.is_turned_down)
    });
    columns.row("vidya.up_trend_volume", |row| row.vidya.volume_up);
    columns.row("vidya.down_trend_volume", |row| row.vidya.volume_down);
    // The former library calls the line 0 at the first row, where there is none.
    columns
        .row("st_atr.SUPERT_14_3.0", |row| row.supertrend.line)
        .first_row = 1;
    columns.row("st_atr.SUPERTd_14_3.0", |row| {
        if row.supertrend.is_up { 1.0 } else { -1.0 }
    });
    columns.row("st_atr.volatility_ratio", |row| row.volatility);
    columns.row("ht.HMA", |row| row.hull.line);
    columns.row("ht.ATR", |row| row.atr.wilder);
    columns.row("ht.upper_band", |row| row.hull.upper);
    columns.row("ht.lower_band", |row| row.hull.lower);
    columns
        .row("ht.momentum", |row| row.hull.momentum)
        .closeness = Closeness::Percent;
    // The former columns are centred: the value of a row stands at the row before.
    columns.add("ht.fractal_high", |window, index| {
        (window.rows.get(index + 1)).map_or(f64::NAN, |row| row.hull.fractal_high)
    });
    columns.add("ht.fractal_low", |window, index| {
        (window.rows.get(index + 1)).map_or(f64::NAN, |row| row.hull.fractal_low)
    });
}

fn volume_columns(columns: &mut Columns) {
    columns.row("msb.atr", |row| row.atr.wilder);
    columns.row("msb.vol_profile", |row| row.volume_means.structure);
    columns.row("msb.liq_high", |row| row.structure.highest);
    columns.row("msb.liq_low", |row| row.structure.lowest);
    columns.row("rsi_div_macd.RSI", |row| row.rsi);
    columns.row("rsi_div_macd.MACD", |row| row.macd.line);
    // Swapped in the former code.
    columns.row("rsi_div_macd.MACD_signal", |row| row.macd.histogram);
    columns.row("rsi_div_macd.MACD_hist", |row| row.macd.signal);
    columns.row("rsi_div_macd.vol_ma", |row| row.volume_means.divergence);
    // Recorded at the extreme, which is known five candles later; in the last five rows the former code made do with fewer.
    let kinds: [Named<DivergenceValue>; 2] = [
        ("rsi_div_macd.bullish_div", |divergence| {
            flag(divergence.is_bullish)
        }),
        ("rsi_div_macd.bearish_div", |divergence| {
            flag(divergence.is_bearish)
        }),
    ];
    for (name, value) in kinds {
        let column = columns.add(name, move |window, index| {
            value(&window.rows[index + 5].divergence)
        });
        column.skipped_at_end = 5;
    }
    columns.row("vwmacd.MACD_12_26_9", |row| row.macd.line);
    columns.row("vwmacd.MACDs_12_26_9", |row| row.macd.signal);
    columns.row("vwmacd.MACDh_12_26_9", |row| row.macd.histogram);
    columns.row("vwmacd.volume_ma", |row| row.volume_means.macd);
    columns.row("vwtm.bull_power", |row| row.power.bull);
    columns.row("vwtm.bear_power", |row| row.power.bear);
    columns.divided("vwtm.vtxp", |row| row.vortex.up);
    columns.divided("vwtm.vtxm", |row| row.vortex.down);
    columns.row("vwtm.vwma", |row| row.volume_weighted_mean);
    columns.row("vwtm.vol_ma", |row| row.volume_means.trend);
}

fn columns() -> Vec<Column> {
    let mut columns = Columns::default();
    candle_columns(&mut columns);
    sha_columns(&mut columns);
    band_columns(&mut columns);
    impulse_columns(&mut columns);
    nwe_columns(&mut columns);
    trend_columns(&mut columns);
    volume_columns(&mut columns);
    columns.0
}

/// How a column agreed.
#[derive(Default)]
struct Agreement {
    compared: usize,
    /// Undefined here (nothing divided by nothing), the noise of rounding there.
    undefined: usize,
    differing: usize,
    worst: f64,
    example: String,
}

impl Agreement {
    fn take(&mut self, closeness: Closeness, price: f64, ours: f64, theirs: f64, place: &str) {
        self.compared += 1;
        #[expect(clippy::float_cmp, reason = "infinities are equal to themselves only")]
        if (ours.is_nan() && theirs.is_nan()) || ours == theirs {
            return;
        }
        if closeness == Closeness::Divided && !ours.is_finite() {
            self.undefined += 1;
            return;
        }
        let distance = (ours - theirs).abs();
        let relative = distance / theirs.abs();
        let is_equal = match closeness {
            Closeness::Price => relative <= 1e-9 || distance <= 1e-12 * price,
            Closeness::Percent => relative <= 1e-9 || distance <= 1e-10,
            Closeness::Divided => relative <= 1e-6 || distance <= 1e-9,
            Closeness::Rounded => distance <= 0.01,
        };
        if is_equal {
            if distance > 1e-12 * price && relative > self.worst && closeness != Closeness::Rounded
            {
                self.worst = relative;
            }
            return;
        }
        self.differing += 1;
        if self.example.is_empty() {
            self.example = format!("{place}: {ours} for {theirs}");
        }
    }
}

fn is_meaningful(column: &Column, set: &recorded::Set) -> bool {
    !(set.is_padded && column.is_noise_when_flat)
}

#[expect(clippy::too_many_arguments, reason = "what is compared, and where")]
fn compare(
    table: &Table,
    name: &str,
    row: &[String],
    window: &Window,
    index: usize,
    place: &str,
    found: &mut BTreeMap<String, Agreement>,
    column: &Column,
) {
    if !table.columns.contains_key(name)
        || index < column.first_row
        || index + column.skipped_at_end >= window.rows.len()
    {
        return;
    }
    let price = window.rows[index].candle.close;
    let theirs = table.number(row, name);
    let ours = (column.value)(window, index);
    found.entry(column.name.clone()).or_default().take(
        column.closeness,
        price,
        ours,
        theirs,
        place,
    );
}

#[test]
fn every_column_agrees_with_the_recorded_one() {
    let Some(folder) = folder("every_column_agrees_with_the_recorded_one") else {
        return;
    };
    let columns = columns();
    let mut found = BTreeMap::new();
    for set in &SETS {
        println!("{} with the settings of {}", set.name, set.product);
        let source = Source::read(&folder, set);
        let read = |kind: &str| Table::read(&folder.join(format!("{kind}/{}.csv.gz", set.name)));
        let newest = read("lastrow");
        let mut window = Window::of(&[], set);
        for row in &newest.rows {
            let now_unix_s = newest.integer(row, "now_unix");
            window = Window::of(&source.window(now_unix_s), set);
            let index = window.rows.len() - 1;
            let place = format!("{} at {now_unix_s}", set.name);
            for column in columns.iter().filter(|column| is_meaningful(column, set)) {
                let name = &column.name;
                compare(
                    &newest, name, row, &window, index, &place, &mut found, column,
                );
            }
        }
        for (kind, prefix) in [("indicators", "ta."), ("stratcols", "")] {
            let whole = read(kind);
            for (index, row) in whole.rows.iter().enumerate() {
                let place = format!("{} row {index}", set.name);
                for column in columns.iter().filter(|column| is_meaningful(column, set)) {
                    let Some(name) = column.name.strip_prefix(prefix) else {
                        continue;
                    };
                    compare(
                        &whole, name, row, &window, index, &place, &mut found, column,
                    );
                }
            }
        }
    }
    println!("| column | values | undefined here | differing | worst relative error |");
    println!("|---|---|---|---|---|");
    let mut differing = Vec::new();
    for (name, agreement) in &found {
        let Agreement {
            compared,
            undefined,
            differing: wrong,
            worst,
            ..
        } = agreement;
        println!("| {name} | {compared} | {undefined} | {wrong} | {worst:.0e} |");
        if *wrong > 0 {
            differing.push(format!(
                "{name}: {wrong} of {compared}, {}",
                agreement.example
            ));
        }
    }
    let missing: Vec<&str> = (columns.iter())
        .filter(|column| !found.contains_key(&column.name))
        .map(|column| column.name.as_str())
        .collect();
    assert!(missing.is_empty(), "no such recorded column: {missing:?}");
    assert!(differing.is_empty(), "{differing:#?}");
}
