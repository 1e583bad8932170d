//! The ways out besides the end: Ctrl-C, SIGTERM, a bug of ours.
//!
//! Stopping at any instant is safe by design (whatever arrived is written down with its rows), so nothing is tidied
//! up on the way but the terminal.

use std::panic::PanicHookInfo;
use std::sync::OnceLock;

use tokio::signal::unix::{SignalKind, signal};

use crate::error::{CommandError, Kind};
use crate::ui::{self, Ui};

static JSON: OnceLock<bool> = OnceLock::new();
/// What is said at the end instead of the usual words, once something goes on without this process.
static GOES_ON: OnceLock<CommandError> = OnceLock::new();

/// Remembers what goes on when this process is interrupted from now on.
pub(crate) fn remember_what_goes_on(words: CommandError) {
    let _ = GOES_ON.set(words);
}

/// What a stop means for the command, and what is next.
static STOPPED: OnceLock<(&str, &str)> = OnceLock::new();

/// Remembers, for a panic, whether stdout carries JSON.
pub(crate) fn remember_json(json: bool) {
    let _ = JSON.set(json);
}

/// Makes a panic in any thread say that it is our bug, and end with the exit code of one.
pub(crate) fn report_panics_as_bugs() {
    std::panic::set_hook(Box::new(|panic| {
        ui::restore_terminal();
        let ui = Ui::new(JSON.get().copied().unwrap_or(false));
        std::process::exit(i32::from(ui.fail(&bug(panic))));
    }));
}

fn bug(panic: &PanicHookInfo<'_>) -> CommandError {
    let place = panic.location().map_or_else(
        || "an unknown place".to_owned(),
        |location| format!("{}:{}", location.file(), location.line()),
    );
    let text = panic
        .payload()
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.payload().downcast_ref::<String>().cloned())
        .unwrap_or_default();
    CommandError::new(
        Kind::Bug,
        format!("this is a bug in cbtrade, at {place}: {text}"),
    )
}

/// Ends the program at the first Ctrl-C, SIGTERM or SIGHUP, with what that means for the command and what is next.
pub(crate) fn watch(ui: &Ui, words: (&'static str, &'static str)) {
    let _ = STOPPED.set(words);
    listen(ui, |ui| {
        ui::restore_terminal();
        end(ui);
    });
}

/// Ends it at one of them while a question is open whose answer is not shown. For commands that end in order, which listen
/// themselves as soon as they are at work: a terminal must not stay without its echo.
pub(crate) fn watch_questions(ui: &Ui) {
    static BEGUN: OnceLock<()> = OnceLock::new();
    if BEGUN.set(()).is_ok() {
        listen(ui, |ui| {
            if ui::restore_terminal() {
                end(ui);
            }
        });
    }
}

fn listen(ui: &Ui, act: fn(&Ui)) {
    for kind in [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ] {
        let ui = ui.clone();
        // Without a handler the signal ends the program too, only without a word.
        let Ok(mut signals) = signal(kind) else {
            continue;
        };
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                act(&ui);
            }
        });
    }
}

fn end(ui: &Ui) {
    std::process::exit(i32::from(ui.stop(&stopped())));
}

fn stopped() -> CommandError {
    let words = STOPPED.get().copied();
    let (message, next) = words.unwrap_or(("stopped on the way", "Run the same command again."));
    let usual = || CommandError::new(Kind::Stopped, message).hint(next);
    GOES_ON.get().cloned().unwrap_or_else(usual)
}
