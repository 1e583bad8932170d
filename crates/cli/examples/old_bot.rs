//! An old bot that somebody forgot to stop: it tries to note something on its newest position in the SQLite file.
//!
//! `cargo run -p cbtrade-cli --example old_bot -- cbtrade.db` ends with 0 where the file takes the write, and with 1 and
//! SQLite's words where it does not. The demo shows with it what a fenced file answers.

#![allow(
    clippy::print_stdout,
    reason = "a program of its own, which speaks on its terminal"
)]

use std::process::ExitCode;

use cbtrade_sqlite::rusqlite::Connection;

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        println!("usage: old_bot FILE");
        return ExitCode::from(2);
    };
    let note = "UPDATE poss SET note1 = 'still here' WHERE pos_id = (SELECT max(pos_id) FROM poss)";
    let written = Connection::open(path).and_then(|connection| connection.execute(note, []));
    match written {
        Ok(rows) => {
            println!("the old bot: wrote {rows} row(s)");
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("the old bot: sqlite3 error: {error}");
            ExitCode::FAILURE
        }
    }
}
