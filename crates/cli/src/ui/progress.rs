//! The progress line: stage, counts, per cent, rows per second, what is waited for, and how long it may still take.
//!
//! On a terminal it is one line that moves; elsewhere plain lines, one for each stage and one every few seconds.

use std::io::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anstream::AutoStream;
use cbtrade_migrate::{Event, Progress};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::words::{grouped, time};

/// Time between two plain lines.
const PLAIN_LINES_EVERY: Duration = Duration::from_secs(5);
/// Time between two changes of the line on a terminal.
const CHANGES_EVERY: Duration = Duration::from_millis(100);
/// Time before the rate of a stage says anything.
const RATE_AFTER: Duration = Duration::from_secs(1);
/// Time before the rest of a stage is estimated.
const ESTIMATE_AFTER: Duration = Duration::from_secs(3);
/// The longest estimate that is worth showing.
const ESTIMATE_MAX: Duration = Duration::from_secs(48 * 3600);

/// The progress of the stage that runs.
pub(crate) struct ProgressLine {
    terminal: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    stage: Option<Stage>,
    bar: Option<ProgressBar>,
}

struct Stage {
    name: &'static str,
    begun: Instant,
    shown: Instant,
    rows: u64,
    rows_all: u64,
    step: String,
    waiting: Option<String>,
}

impl ProgressLine {
    pub(crate) fn new(terminal: bool) -> ProgressLine {
        ProgressLine {
            terminal,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the stage that is shown, so that other words can be said.
    pub(crate) fn rest(&self) {
        let mut state = self.state();
        self.end_stage(&mut state);
    }

    fn end_stage(&self, state: &mut State) {
        if let Some(bar) = state.bar.take() {
            bar.finish_and_clear();
        }
        let Some(stage) = state.stage.take() else {
            return;
        };
        let took = stage.begun.elapsed();
        if self.terminal {
            plain_line(&stage.end_text(took));
        }
    }

    fn begin_stage(&self, state: &mut State, name: &'static str, rows: u64) {
        self.end_stage(state);
        let now = Instant::now();
        let stage = Stage {
            name,
            begun: now,
            shown: now,
            rows: 0,
            rows_all: rows,
            step: String::new(),
            waiting: None,
        };
        if self.terminal {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("  {spinner} {wide_msg}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner());
            bar.set_style(style.tick_chars("|/-\\ "));
            bar.set_message(stage.text(Duration::ZERO));
            bar.enable_steady_tick(CHANGES_EVERY);
            state.bar = Some(bar);
        } else {
            plain_line(&format!("  {}", stage.text(Duration::ZERO)));
        }
        state.stage = Some(stage);
    }

    fn show(&self, state: &mut State, at_once: bool) {
        let State { stage, bar } = state;
        let Some(stage) = stage else {
            return;
        };
        let every = if bar.is_some() {
            CHANGES_EVERY
        } else {
            PLAIN_LINES_EVERY
        };
        if !at_once && stage.shown.elapsed() < every {
            return;
        }
        stage.shown = Instant::now();
        let text = stage.text(stage.begun.elapsed());
        match bar {
            Some(bar) => bar.set_message(text),
            None => plain_line(&format!("  {text}")),
        }
    }
}

fn plain_line(text: &str) {
    let mut stream = AutoStream::auto(std::io::stderr()).lock();
    let _ = writeln!(stream, "{text}");
}

impl Progress for ProgressLine {
    fn report(&self, event: Event) {
        let mut state = self.state();
        if let Event::Stage { name, rows } = event {
            self.begin_stage(&mut state, name, rows);
            return;
        }
        let mut at_once = false;
        if let Some(stage) = &mut state.stage {
            match event {
                Event::Stage { .. } => {}
                Event::Rows { table, rows } => {
                    stage.rows += rows;
                    stage.step = table;
                    stage.waiting = None;
                }
                Event::Step(step) => stage.step = step,
                Event::Waiting(what) => {
                    // The first word of a wait is said at once, its repetitions in their time.
                    at_once = stage.waiting.is_none();
                    stage.waiting = Some(what);
                }
            }
        }
        self.show(&mut state, at_once);
    }
}

impl Stage {
    fn text(&self, elapsed: Duration) -> String {
        let mut parts = Vec::new();
        if self.rows_all > 0 && self.rows > 0 {
            let rows = self.rows.min(self.rows_all);
            parts.push(format!(
                "{} of {} rows ({} %)",
                grouped(rows),
                grouped(self.rows_all),
                u128::from(rows) * 100 / u128::from(self.rows_all)
            ));
        } else if self.rows_all > 0 {
            parts.push(format!("{} rows", grouped(self.rows_all)));
        } else if self.rows > 0 {
            parts.push(format!("{} rows", grouped(self.rows)));
        }
        if let Some(rate) = self.rate(elapsed).filter(|_| elapsed >= RATE_AFTER) {
            parts.push(format!("{} rows/s", grouped(rate)));
        }
        if let Some(rest) = self.estimate(elapsed) {
            parts.push(format!("about {} left", time(rest)));
        }
        match &self.waiting {
            Some(what) => parts.push(format!("waiting: {what}")),
            None if !self.step.is_empty() => parts.push(self.step.clone()),
            None => {}
        }
        let words = words_of(self.name);
        if parts.is_empty() {
            format!("{}: {words}", self.name)
        } else {
            format!("{}: {words}, {}", self.name, parts.join(", "))
        }
    }

    fn end_text(&self, took: Duration) -> String {
        let mut text = format!("  {:<10} {}", self.name, words_of(self.name));
        if self.rows > 0 {
            text.push_str(&format!(", {} rows", grouped(self.rows)));
        }
        text.push_str(&format!(", {}", time(took)));
        text
    }

    fn rate(&self, elapsed: Duration) -> Option<u64> {
        let rate = u128::from(self.rows) * 1000 / elapsed.as_millis().max(1);
        u64::try_from(rate).ok().filter(|rate| *rate > 0)
    }

    /// How long the rest takes at the speed so far: not before one per cent, nor in the first seconds.
    fn estimate(&self, elapsed: Duration) -> Option<Duration> {
        let left = self.rows_all.checked_sub(self.rows)?;
        if elapsed < ESTIMATE_AFTER || left == 0 || self.rows.saturating_mul(100) < self.rows_all {
            return None;
        }
        let seconds = left / self.rate(elapsed)?;
        Some(Duration::from_secs(seconds)).filter(|rest| *rest <= ESTIMATE_MAX)
    }
}

/// What a stage does.
fn words_of(stage: &str) -> &'static str {
    match stage {
        "snapshot" => "copying the files aside and checking them",
        "census" => "reading every value",
        "plan" => "deciding types",
        "provision" => "making databases and tables",
        "copy" => "copying rows",
        "finish" => "making indexes, keys and triggers",
        "verify" => "comparing every value on both sides",
        "cutover" => "archiving and fencing the old files, moving the epoch",
        "rollback" => "taking everything back",
        _ => "working",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(rows: u64, rows_all: u64) -> Stage {
        Stage {
            name: "copy",
            begun: Instant::now(),
            shown: Instant::now(),
            rows,
            rows_all,
            step: String::new(),
            waiting: None,
        }
    }

    #[test]
    fn the_line_says_counts_rate_and_rest() {
        let text = stage(250, 1000).text(Duration::from_secs(5));
        assert_eq!(
            text,
            "copy: copying rows, 250 of 1,000 rows (25 %), 50 rows/s, about 15 s left"
        );
    }

    #[test]
    fn no_estimate_before_one_per_cent_or_in_the_first_seconds() {
        assert_eq!(stage(9, 1000).estimate(Duration::from_secs(60)), None);
        assert_eq!(stage(500, 1000).estimate(Duration::from_secs(2)), None);
        assert_eq!(stage(0, 0).estimate(Duration::from_secs(60)), None);
        assert_eq!(
            stage(500, 1000).estimate(Duration::from_secs(10)),
            Some(Duration::from_secs(10))
        );
    }

    #[test]
    fn a_wait_says_why() {
        let mut stage = stage(250, 1000);
        stage.waiting = Some("the server does not answer".to_owned());
        let text = stage.text(Duration::from_millis(10));
        assert!(
            text.ends_with("waiting: the server does not answer"),
            "{text}"
        );
    }
}
