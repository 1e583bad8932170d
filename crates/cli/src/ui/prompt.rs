//! Questions on the terminal: a line, or a password that is not shown.

use std::io::{BufRead as _, Write as _};
use std::sync::Mutex;

use cbtrade_mysql::Secret;
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};

use super::Ui;
use crate::error::{CommandError, Kind};

/// What to do where a question found no answer.
const ASK_AGAIN: &str = "Nothing was changed by it. Run the same command again: it asks anew.";

/// The terminal as it was before its echo was switched off; for every way out of the program.
static ECHOING: Mutex<Option<Termios>> = Mutex::new(None);

/// Switches the terminal's echo on again, if a password prompt has switched it off.
pub(crate) fn restore_terminal() {
    let Ok(mut saved) = ECHOING.lock() else {
        return;
    };
    if let Some(before) = saved.take() {
        let _ = tcsetattr(std::io::stdin(), SetArg::TCSANOW, &before);
    }
}

impl Ui {
    /// Asks for a line.
    ///
    /// # Errors
    /// The input has ended.
    pub(crate) fn ask(&self, question: &str) -> Result<String, CommandError> {
        self.progress.rest();
        {
            let mut stream = anstream::AutoStream::auto(std::io::stderr()).lock();
            let _ = write!(stream, "{question} ");
            let _ = stream.flush();
        }
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        match read {
            Ok(0) => Err(CommandError::new(
                Kind::NotConfirmed,
                "the question was not answered: the input has ended",
            )
            .hint(ASK_AGAIN)),
            Ok(_) => Ok(line.trim().to_owned()),
            Err(source) => Err(CommandError::new(
                Kind::NotConfirmed,
                "the question was not answered: the input cannot be read",
            )
            .because(&source)
            .hint(ASK_AGAIN)),
        }
    }

    /// Asks for a password, without showing it.
    ///
    /// # Errors
    /// As [`Ui::ask`].
    pub(crate) fn ask_password(&self, question: &str) -> Result<Secret, CommandError> {
        if let Ok(before) = tcgetattr(std::io::stdin()) {
            let mut silent = before.clone();
            silent.local_flags.remove(LocalFlags::ECHO);
            if let Ok(mut saved) = ECHOING.lock() {
                *saved = Some(before);
            }
            let _ = tcsetattr(std::io::stdin(), SetArg::TCSANOW, &silent);
        }
        let answer = self.ask(question);
        restore_terminal();
        self.say("");
        answer.map(Secret::new)
    }
}
