//! `cargo xtask bench migrate`: the tool beside other ways of bringing the same rows to the same server.

mod bare;
mod load_data;
mod ours;
mod report;
mod rounds;
mod source;
mod sqlite3_to_mysql;
mod tables;

use std::path::{Path, PathBuf};

use cbtrade_server::Flavour;

use super::Result;
use super::machine::Machine;

/// What is measured.
#[derive(Clone, Debug)]
struct Options {
    candles: u64,
    wide: u64,
    factor: u64,
    rounds: usize,
    server: Option<Flavour>,
    write: bool,
    program: PathBuf,
    /// The options that decide what is measured, as typed, for the page.
    typed: String,
}

impl Options {
    fn read(arguments: &[String]) -> Result<Options> {
        let mut options = Options {
            candles: 2_000_000,
            wide: 200_000,
            factor: 4,
            rounds: 3,
            server: None,
            write: true,
            program: workspace().join("target/release/cbtrade"),
            typed: String::new(),
        };
        let mut rest = arguments.iter();
        while let Some(option) = rest.next() {
            if option == "--no-write" {
                options.write = false;
                continue;
            }
            let value = rest
                .next()
                .ok_or_else(|| format!("{option} needs a value\n\n{}", super::USAGE))?;
            let number = || {
                let number = value.parse::<u64>().ok().filter(|number| *number > 0);
                number.ok_or_else(|| format!("{option} {value}: not a number from 1"))
            };
            if option != "--program" {
                options.typed.push_str(&format!(" {option} {value}"));
            }
            match option.as_str() {
                "--rows-candles" => options.candles = number()?,
                "--rows-wide" => options.wide = number()?,
                "--factor" => options.factor = number()?,
                "--rounds" => options.rounds = usize::try_from(number()?)?,
                "--program" => options.program = PathBuf::from(value).canonicalize()?,
                "--server" => options.server = super::server::asked(value)?,
                _ => return Err(format!("{option} is no option\n\n{}", super::USAGE).into()),
            }
        }
        Ok(options)
    }

    fn rows(&self) -> u64 {
        self.candles + self.wide
    }
}

/// Measures, prints, writes the page.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let options = Options::read(arguments)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let folder = workspace().join("target/bench");
    let missed = runtime.block_on(async {
        tokio::select! {
            missed = measure(&options, &folder) => missed,
            _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
        }
    });
    // However it ended, no server stays and no gigabytes of files.
    super::server::Server::remove_all(&folder)?;
    let _ = std::fs::remove_dir_all(&folder);
    let missed = missed?;
    if missed == 0 {
        Ok(())
    } else {
        Err(format!("{missed} number(s) missed").into())
    }
}

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the command's output"
)]
async fn measure(options: &Options, folder: &Path) -> Result<usize> {
    let flavours = super::server::Server::flavours(options.server);
    if flavours.is_empty() {
        return Err(
            "no such server on this machine (scripts/get-mariadb, scripts/get-mysql)".into(),
        );
    }
    if options.server.is_none() && flavours.len() < 2 {
        eprintln!("SKIPPED: only {} is on this machine", flavours[0]);
    }
    let sources = source::make(&folder.join("sources"), options)?;
    let mut figures = Vec::new();
    for flavour in flavours {
        figures.push(rounds::measure(folder, flavour, &sources, options).await?);
    }
    let page = report::page(&Machine::found(), options, &sources, &figures);
    println!("{}", page.text);
    if options.write {
        super::page::write("migrate", &page.text)?;
    }
    Ok(page.missed)
}

/// The workspace's root.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or_else(|| Path::new("."))
        .to_owned()
}

/// Says on standard error what is being done.
#[expect(clippy::print_stderr, reason = "the command's progress")]
fn say(words: &str) {
    eprintln!("bench: {words}");
}
