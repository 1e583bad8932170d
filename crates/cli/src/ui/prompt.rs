//! Questions on the terminal: a line, or a password that is not shown.

use std::fs::File;
use std::io::{BufRead as _, Write as _};
use std::os::fd::AsFd as _;
use std::sync::Mutex;

use cbtrade_mysql::Secret;
use cbtrade_vault::Passphrase;
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};

use super::Ui;
use crate::error::{CommandError, Kind};
use crate::interrupt;

/// What to do where a question found no answer.
const ASK_AGAIN: &str = "Nothing was changed by it. Run the same command again: it asks anew.";

/// The terminal as it was before its echo was switched off; for every way out of the program.
static ECHOING: Mutex<Option<Termios>> = Mutex::new(None);

/// Switches the terminal's echo on again, if a password prompt has switched it off. Returns whether one had.
pub(crate) fn restore_terminal() -> bool {
    let Ok(mut saved) = ECHOING.lock() else {
        return false;
    };
    let Some(before) = saved.take() else {
        return false;
    };
    let _ = tcsetattr(std::io::stdin(), SetArg::TCSANOW, &before);
    true
}

impl Ui {
    /// Asks for a line.
    ///
    /// # Errors
    /// The input has ended.
    pub(crate) fn ask(&self, question: &str) -> Result<String, CommandError> {
        self.put(question);
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

    fn put(&self, question: &str) {
        self.progress.rest();
        let mut stream = anstream::AutoStream::auto(std::io::stderr()).lock();
        let _ = write!(stream, "{question} ");
        let _ = stream.flush();
    }

    /// Asks for a password, without showing it.
    ///
    /// # Errors
    /// As [`Ui::ask`].
    pub(crate) fn ask_password(&self, question: &str) -> Result<Secret, CommandError> {
        self.without_echo(|| self.ask(question)).map(Secret::new)
    }

    /// Asks for a passphrase, without showing it. What was typed is left in no buffer.
    ///
    /// # Errors
    /// As [`Ui::ask`]; it is empty.
    pub(crate) fn ask_passphrase(&self, question: &str) -> Result<Passphrase, CommandError> {
        let read = || {
            self.put(question);
            let input = std::io::stdin().as_fd().try_clone_to_owned();
            input.map(|input| Passphrase::read(&mut File::from(input)))
        };
        match self.without_echo(read) {
            Ok(Ok(passphrase)) => Ok(passphrase),
            Ok(Err(source)) => Err(CommandError::new(
                Kind::NotConfirmed,
                "the question was not answered",
            )
            .because(&source)
            .hint(ASK_AGAIN)),
            Err(source) => Err(CommandError::new(
                Kind::NotConfirmed,
                "the question was not answered: the input cannot be read",
            )
            .because(&source)
            .hint(ASK_AGAIN)),
        }
    }

    /// Does something while what is typed is not shown.
    fn without_echo<T>(&self, ask: impl FnOnce() -> T) -> T {
        if let Ok(before) = tcgetattr(std::io::stdin()) {
            let mut silent = before.clone();
            silent.local_flags.remove(LocalFlags::ECHO);
            if let Ok(mut saved) = ECHOING.lock() {
                *saved = Some(before);
            }
            interrupt::watch_questions(self);
            let _ = tcsetattr(std::io::stdin(), SetArg::TCSANOW, &silent);
        }
        let answer = ask();
        restore_terminal();
        self.say("");
        answer
    }
}
