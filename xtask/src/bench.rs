//! `cargo xtask bench`: measurements side by side in one run, written into `docs/reference/performance.md`.
//!
//! Measuring needs optimised programs and, for the competitors, the layer and the drivers themselves, which no other command of
//! xtask needs. So the work sits behind the feature `bench`: the plain xtask builds itself once more, optimised and
//! with that feature, and hands its arguments over.

#[cfg(feature = "bench")]
mod backtest;
#[cfg(feature = "bench")]
mod database;
#[cfg(feature = "bench")]
mod machine;
#[cfg(feature = "bench")]
mod migrate;
#[cfg(feature = "bench")]
mod page;
#[cfg(feature = "bench")]
mod server;
#[cfg(feature = "bench")]
mod text;
#[cfg(feature = "bench")]
mod watched;

/// What can go wrong here goes to the person at the terminal as it is.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

const USAGE: &str = "\
cargo xtask bench migrate [options]

  --rows-candles N   candles of 8 columns in the plain file [2000000]
  --rows-wide N      rows of 40 columns in the plain file [200000]
  --factor N         memory is measured again at so many times the rows; 1 leaves it out [4]
  --rounds N         rounds, of which the medians are taken [3]
  --server NAME      mariadb, mysql, or all that are found [all]
  --program FILE     measure this `cbtrade` instead of building the present one
  --no-write         only print; leave docs/reference/performance.md as it is

The competitor sqlite3-to-mysql is looked for in .local/sqlite3-to-mysql. To have it:
  python3 -m venv .local/sqlite3-to-mysql && .local/sqlite3-to-mysql/bin/pip install sqlite3-to-mysql

cargo xtask bench database [options]

  --calls N          calls of a method in a round, fewer of slow ones; at most 300 [200]
  --rounds N         rounds, in turn with the bare driver [5]
  --server NAME      mariadb, mysql, or all that are found [all]
  --only TEXT        only methods with TEXT in their names
  --no-write         only print; leave docs/reference/performance.md as it is

The competitor PyMySQL is looked for in .local/pymysql. To have it:
  python3 -m venv .local/pymysql && .local/pymysql/bin/pip install 'pymysql==1.1.2'

cargo xtask bench backtest [options]

  --minutes N        minutes replayed with all strategies [1000000]
  --minutes-each N   minutes replayed with each strategy alone [200000]
  --program FILE     measure this `cbtrade` instead of building the present one
  --no-write         only print; leave docs/reference/performance.md as it is";

/// Runs `bench` with the arguments that follow it.
///
/// # Errors
/// Arguments that are not understood, a build that fails, a competitor or a server that does not do its work, or a
/// number that is missed.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    match arguments.first().map(String::as_str) {
        Some("migrate" | "database" | "backtest") => measure(arguments),
        _ => Err(USAGE.into()),
    }
}

#[cfg(feature = "bench")]
fn measure(arguments: &[String]) -> Result<()> {
    if cfg!(debug_assertions) {
        return hand_over(arguments);
    }
    let options = arguments.get(1..).unwrap_or_default();
    if arguments.first().is_some_and(|first| first == "database") {
        return database::run(options);
    }
    if !options.iter().any(|argument| argument == "--program") {
        cargo(&["build", "--release", "--package", "cbtrade-cli"], &[])?;
    }
    if arguments.first().is_some_and(|first| first == "backtest") {
        return backtest::run(options);
    }
    migrate::run(options)
}

#[cfg(not(feature = "bench"))]
fn measure(arguments: &[String]) -> Result<()> {
    hand_over(arguments)
}

/// Runs the same command in an xtask that is optimised and has the feature.
fn hand_over(arguments: &[String]) -> Result<()> {
    let build = [
        "run",
        "--release",
        "--package",
        "xtask",
        "--features",
        "bench",
    ];
    let after = [["--", "bench"].map(str::to_owned).as_slice(), arguments].concat();
    cargo(&build, &after)
}

fn cargo(first: &[&str], rest: &[String]) -> Result<()> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = std::process::Command::new(program)
        .args(first)
        .args(rest)
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("cargo {} ended with {status}", first.join(" ")).into())
    }
}
