//! `nwe_3row`, `nwe_env`, `nwe_rev`: the Nadaraya-Watson line rising, its envelope, its turns.
//!
//! By default the line is the causal one (B-37). The other choice reads the newest values of the former two-sided filter.

use cbtrade_indicators::{ENVELOPE_ROWS, NadarayaWatsonValue, two_sided};

use super::{Newest, green_twice, red_twice};
use crate::decision::{Decision, Sheet};
use crate::settings::{Form, NweLine, NweSettings};

/// The line at the last three candles, the latest first.
type Lines = [NadarayaWatsonValue; 3];

fn lines(newest: &Newest<'_>, settings: &NweSettings, rows_min: usize) -> Lines {
    let [first, second, _] = newest.before;
    let causal = [newest.now.nwe, first.nwe, second.nwe];
    if settings.line == NweLine::Causal {
        return causal;
    }
    let skipped = newest.rows.len().saturating_sub(rows_min);
    let closes: Vec<f64> = (newest.rows.iter().skip(skipped))
        .map(|row| row.candle.close)
        .collect();
    match two_sided(&closes, settings.bandwidth, settings.multiplier).as_slice() {
        [.., second, first, now] => [*now, *first, *second],
        _ => causal,
    }
}

/// The line alone, without its envelope, for which the rows that the kernel reaches are enough.
fn bare_lines(newest: &Newest<'_>, settings: &NweSettings) -> Lines {
    // The kernel's four σ, and the candles over which slopes and changes are taken.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a bandwidth is a few candles; casts of floats saturate"
    )]
    let rows_min = (4.0 * settings.bandwidth).ceil() as usize + 8;
    lines(newest, settings, rows_min)
}

pub(crate) fn three_rows_buy(newest: &Newest<'_>, settings: &NweSettings) -> Decision {
    let [now, first, second] = bare_lines(newest, settings);
    let mut sheet = Sheet::new();
    sheet
        .above("the line rises", now.slope, 0.0)
        .above("it rose one candle before", first.slope, 0.0)
        .above("it rose two candles before", second.slope, 0.0)
        .at_least("its change in percent", now.roc, 0.0)
        .at_least("its change one candle before", first.roc, 0.0);
    green_twice(&mut sheet, newest.now);
    sheet.decided()
}

pub(crate) fn three_rows_sell(newest: &Newest<'_>, settings: &NweSettings) -> Decision {
    let [now, first, second] = bare_lines(newest, settings);
    let mut sheet = Sheet::new();
    sheet
        .below("the line falls", now.slope, 0.0)
        .below("it fell one candle before", first.slope, 0.0)
        .below("it fell two candles before", second.slope, 0.0)
        .at_most("its change in percent", now.roc, 0.0)
        .at_most("its change one candle before", first.roc, 0.0);
    red_twice(&mut sheet, newest.now);
    sheet.decided()
}

pub(crate) fn envelope_buy(newest: &Newest<'_>, settings: &NweSettings) -> Decision {
    // Of the former line: one mean error over as many rows as the recorded windows have.
    let lines = lines(newest, settings, ENVELOPE_ROWS);
    let [now, ..] = lines;
    let [first, second, _] = newest.before;
    let deepest = [newest.now, first, second]
        .iter()
        .zip(&lines)
        .fold(f64::NAN, |deepest, (row, line)| {
            deepest.min(row.candle.low - line.lower)
        });
    let mut sheet = Sheet::new();
    sheet
        .below(
            "a low below the lower band in three candles: deepest, against 0",
            deepest,
            0.0,
        )
        .above(
            "close above the lowest close that was below the band",
            newest.now.candle.close,
            now.lowest_close_below,
        )
        .above("the line rises", now.slope, 0.0)
        .above("its change in percent", now.roc, 0.0);
    green_twice(&mut sheet, newest.now);
    sheet.decided()
}

pub(crate) fn envelope_sell(newest: &Newest<'_>, settings: &NweSettings) -> Decision {
    let lines = lines(newest, settings, ENVELOPE_ROWS);
    let [now, ..] = lines;
    let [first, second, _] = newest.before;
    let candles = [newest.now, first, second];
    // The highest close of those above the upper band. The former code took the judged candle's own close for the peak, and
    // no close is below itself (B-38).
    let judged = if settings.form == Form::Repaired {
        3
    } else {
        1
    };
    let peak = (candles.iter().zip(&lines).take(judged))
        .filter(|(row, line)| row.candle.close > line.upper)
        .fold(f64::NAN, |peak, (row, _)| peak.max(row.candle.close));
    let mut sheet = Sheet::new();
    sheet
        .below(
            "close below the highest close above the upper band in three candles",
            newest.now.candle.close,
            peak,
        )
        .below("the line falls", now.slope, 0.0)
        .below("its change in percent", now.roc, 0.0);
    red_twice(&mut sheet, newest.now);
    sheet.decided()
}

pub(crate) fn reversal_buy(newest: &Newest<'_>, settings: &NweSettings) -> Decision {
    let [now, first, _] = bare_lines(newest, settings);
    let turns = usize::from(now.is_turned_up) + usize::from(first.is_turned_up);
    let mut sheet = Sheet::new();
    sheet
        .met("the line turned up on this or the previous candle", turns)
        .above("the line rises", now.slope, 0.0);
    green_twice(&mut sheet, newest.now);
    sheet.decided()
}

pub(crate) fn reversal_sell(newest: &Newest<'_>, settings: &NweSettings) -> Decision {
    let [now, first, _] = bare_lines(newest, settings);
    let turns = usize::from(now.is_turned_down) + usize::from(first.is_turned_down);
    let mut sheet = Sheet::new();
    sheet
        .met("the line turned down on this or the previous candle", turns)
        .below("the line falls", now.slope, 0.0);
    red_twice(&mut sheet, newest.now);
    sheet.decided()
}
