//! The one place that writes to the terminal. stdout is data (the report, or one JSON document), stderr is
//! conversation. A pipe that the reader has closed is no error: what was done stays done.

mod findings;
mod progress;
mod prompt;
mod style;

use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::sync::{Arc, OnceLock};

use anstream::AutoStream;
use serde_json::{Map, Value, json};

use crate::error::{CommandError, Done, Kind};
use crate::words::wrapped;

pub(crate) use findings::{choice_meaning, choices, finding_text, findings_text};
pub(crate) use progress::ProgressLine;
pub(crate) use prompt::restore_terminal;
pub(crate) use style::Style;

/// Characters of a line of conversation.
const LINE_WIDTH: usize = 100;

/// Where words go.
#[derive(Clone)]
pub(crate) struct Ui {
    json: bool,
    progress: Arc<ProgressLine>,
    /// Why stdout did not take everything.
    unwritten: Arc<OnceLock<std::io::Error>>,
}

impl Ui {
    /// A front end; with `json`, stdout carries one JSON document and nothing else.
    pub(crate) fn new(json: bool) -> Ui {
        let terminal = std::io::stderr().is_terminal();
        Ui {
            json,
            progress: Arc::new(ProgressLine::new(terminal)),
            unwritten: Arc::default(),
        }
    }

    /// Whether stdout carries JSON.
    pub(crate) fn json(&self) -> bool {
        self.json
    }

    /// Whether there is somebody to ask.
    pub(crate) fn can_ask(&self) -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// The progress line, which the libraries report to.
    pub(crate) fn progress(&self) -> Arc<ProgressLine> {
        Arc::clone(&self.progress)
    }

    /// Writes the report to stdout.
    pub(crate) fn out(&self, text: &str) {
        self.progress.rest();
        let mut stream = AutoStream::auto(std::io::stdout()).lock();
        let end: &[u8] = match text.ends_with('\n') {
            true => b"",
            false => b"\n",
        };
        let written = stream
            .write_all(text.as_bytes())
            .and_then(|()| stream.write_all(end))
            .and_then(|()| stream.flush());
        match written {
            // A reader that has closed its end has had enough.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                let _ = self.unwritten.set(error);
            }
            _ => {}
        }
    }

    /// Whether all that was to be read on stdout has got there.
    ///
    /// # Errors
    /// It has not, and nobody has closed it: a full disk.
    pub(crate) fn written(&self) -> Done {
        match self.unwritten.get() {
            None => Ok(()),
            Some(error) => Err(CommandError::new(
                Kind::Stopped,
                "what there is to say could not be written to the standard output",
            )
            .because(error)
            .hint("What was done is done. Look where the output goes to, and ask again.")),
        }
    }

    /// What clears the terminal before a picture that is shown again and again; nothing where there is none.
    pub(crate) fn clear(&self) -> &'static str {
        match std::io::stdout().is_terminal() {
            true => "\u{1b}[2J\u{1b}[H",
            false => "",
        }
    }

    /// Writes the one JSON document to stdout.
    pub(crate) fn document(&self, value: &Value) {
        let text = serde_json::to_string_pretty(value).unwrap_or_default();
        self.out(&text);
    }

    /// Says a line on stderr.
    pub(crate) fn say(&self, line: &str) {
        self.progress.rest();
        let mut stream = AutoStream::auto(std::io::stderr()).lock();
        let _ = writeln!(stream, "{line}");
    }

    /// Says a heading on stderr.
    pub(crate) fn heading(&self, text: &str) {
        self.say(&format!("\n{}", Style::Heading.paint(text)));
    }

    /// Says something on stderr that should not be overlooked.
    pub(crate) fn warn(&self, text: &str) {
        let text = wrapped(text, LINE_WIDTH, "         ");
        self.say(&format!("{} {text}", Style::Warning.paint("warning:")));
    }

    /// Says what to type next.
    pub(crate) fn next(&self, steps: &[String]) {
        if steps.is_empty() {
            return;
        }
        self.heading("Next");
        for step in steps {
            self.say(&format!("  {step}"));
        }
    }

    /// Says on stderr (and, where it is asked for, in JSON) what went wrong. Returns the exit code.
    pub(crate) fn fail(&self, error: &CommandError) -> u8 {
        let mut text = format!(
            "\n{} {}",
            Style::Error.paint("error:"),
            if error.message.contains('\n') {
                error.message.clone()
            } else {
                wrapped(&error.message, LINE_WIDTH, "       ")
            }
        );
        for cause in &error.causes {
            text.push_str("\n  because: ");
            // A server's log comes in lines of its own.
            if cause.contains('\n') {
                text.push_str(&cause.replace('\n', "\n           "));
            } else {
                text.push_str(&wrapped(cause, LINE_WIDTH, "           "));
            }
        }
        if let Some(listing) = &error.listing {
            text.push_str("\n\n");
            text.push_str(listing.trim_end());
        }
        if !error.hints.is_empty() {
            text.push_str(&format!("\n\n{}", Style::Heading.paint("What to do")));
            for hint in &error.hints {
                text.push_str("\n  - ");
                // A command must stay in one line to be copied.
                if hint.starts_with("cbtrade ") || hint.contains(": cbtrade ") {
                    text.push_str(hint);
                } else {
                    text.push_str(&wrapped(hint, LINE_WIDTH, "    "));
                }
            }
        }
        self.say(text.trim_start_matches('\n'));
        self.stopped_document(error)
    }

    /// Says in one line why the program ends. Returns the exit code.
    pub(crate) fn stop(&self, error: &CommandError) -> u8 {
        self.say(&error.message);
        self.stopped_document(error)
    }

    fn stopped_document(&self, error: &CommandError) -> u8 {
        let code = error.kind.exit_code();
        if self.json {
            let mut document = Map::new();
            document.insert(
                "error".to_owned(),
                json!({
                    "kind": error.kind.name(),
                    "message": error.message,
                    "causes": error.causes,
                    "hints": error.hints,
                }),
            );
            document.insert("exit_code".to_owned(), json!(code));
            document.extend(error.detail.as_ref().clone());
            self.document(&Value::Object(document));
        }
        code
    }
}
