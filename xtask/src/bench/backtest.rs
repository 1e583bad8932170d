//! `cargo xtask bench backtest`: minutes that the released program replays in a second of one processor, from file to result.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use cbtrade_core::Random;
use tokio::process::Command;

use super::machine::{Machine, Ticks, own_seconds};
use super::migrate::workspace;
use super::page::{Held, day};
use super::text::{grouped, rate};
use super::{Result, watched};

/// The strategies, in the order in which they are asked.
const STRATEGIES: [&str; 16] = [
    "nwe_3row",
    "sha",
    "imp_macd",
    "bb_bo",
    "tpo",
    "vidya",
    "nwe_env",
    "nwe_rev",
    "bb",
    "drop",
    "ht",
    "msb",
    "rsi_div_macd",
    "st_atr",
    "vwmacd",
    "vwtm",
];

/// A million minutes in at most so many seconds.
const SECONDS_MAX: f64 = 60.0;
/// The peak of memory may differ by so much between a quarter of the minutes and all of them.
const MEMORY_RATIO_MAX: f64 = 1.15;

struct Options {
    minutes: u64,
    minutes_each: u64,
    write: bool,
    program: PathBuf,
    /// The options that decide what is measured, as typed, for the page.
    typed: String,
}

impl Options {
    fn read(arguments: &[String]) -> Result<Options> {
        let mut options = Options {
            minutes: 1_000_000,
            minutes_each: 200_000,
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
                let number = value.parse::<u64>().ok().filter(|number| *number >= 1_000);
                number.ok_or_else(|| format!("{option} {value}: not a number from 1000 on"))
            };
            if option != "--program" {
                options.typed.push_str(&format!(" {option} {value}"));
            }
            match option.as_str() {
                "--minutes" => options.minutes = number()?,
                "--minutes-each" => options.minutes_each = number()?,
                "--program" => options.program = PathBuf::from(value).canonicalize()?,
                _ => return Err(format!("{option} is no option\n\n{}", super::USAGE).into()),
            }
        }
        Ok(options)
    }
}

/// A product of the many, and one of those that the operator trades with larger limits.
const OTHER: &str = "TST-USDC";
const MAJOR: &str = "BTC-USDC";

/// What is replayed.
struct Asked<'a> {
    name: &'a str,
    product: &'a str,
    strategies: &'a str,
    is_qualified: bool,
}

/// One replay.
struct Replayed {
    name: String,
    minutes: u64,
    /// Of one processor: user and system time of the program.
    seconds: f64,
    /// By the clock, with whatever else the machine did.
    clock_seconds: f64,
    peak_kib: u64,
    trades: u64,
}

/// Measures, prints, writes the page.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let options = Options::read(arguments)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let folder = workspace().join("target/bench-backtest");
    std::fs::create_dir_all(&folder)?;
    let missed = runtime.block_on(async {
        tokio::select! {
            missed = measure(&options, &folder) => missed,
            _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
        }
    });
    let _ = std::fs::remove_dir_all(&folder);
    match missed? {
        0 => Ok(()),
        missed => Err(format!("{missed} number(s) missed").into()),
    }
}

#[expect(clippy::print_stdout, reason = "the command's output")]
async fn measure(options: &Options, folder: &Path) -> Result<usize> {
    let quarter = options.minutes / 4;
    let mut files = Vec::new();
    for minutes in [options.minutes, quarter, options.minutes_each] {
        let path = folder.join(format!("{minutes}.csv"));
        make(&path, minutes)?;
        files.push((path, minutes));
    }
    let [all, quarter, each] = files.as_slice() else {
        return Err("three files were made".into());
    };
    let before = Ticks::now(0);
    let every = STRATEGIES.join(",");
    let asked = |name, product, is_qualified| Asked {
        name,
        product,
        strategies: &every,
        is_qualified,
    };
    let replays = [
        (
            all,
            asked("all 16, as a live bot (paper first)", OTHER, false),
        ),
        (all, asked("all 16, all qualified", OTHER, true)),
        (
            quarter,
            asked("all 16, a quarter of the minutes", OTHER, false),
        ),
        // The operator's limits let hundreds of positions of such a coin be open, and each is judged in every minute.
        (
            all,
            asked("all 16, with the limits of a major coin", MAJOR, false),
        ),
    ];
    let mut whole = Vec::new();
    for (file, asked) in &replays {
        whole.push(replay(options, file, asked).await?);
    }
    let mut single = Vec::new();
    for strategy in STRATEGIES {
        let alone = Asked {
            strategies: strategy,
            ..asked(strategy, OTHER, false)
        };
        single.push(replay(options, each, &alone).await?);
    }
    let others = Ticks::now(0).others_percent(before);
    let (text, missed) = page(options, &whole, &single, others);
    println!("{text}");
    if options.write {
        super::page::write("backtest", &text)?;
    }
    Ok(missed)
}

/// A market that moves by about three percent a day, with minutes now and then in which nothing is traded; the same each time.
fn make(path: &Path, minutes: u64) -> Result<()> {
    let mut random = Random::new(16);
    let mut out = BufWriter::new(File::create(path)?);
    writeln!(out, "start_unix,open,high,low,close,volume")?;
    let mut price = 100.0_f64;
    let mut start_unix_s: i64 = 1_672_531_200;
    for _ in 0..minutes {
        let mut draw = || 2.0 * random.unit() - 1.0;
        let open = price * (1.0 + draw() * 0.000_1);
        let close = open * (1.0 + draw() * 0.001_4);
        let high = open.max(close) * (1.0 + draw().abs() * 0.000_4);
        let low = open.min(close) * (1.0 - draw().abs() * 0.000_4);
        let volume = draw().abs() * 50.0;
        writeln!(
            out,
            "{start_unix_s},{open:.8},{high:.8},{low:.8},{close:.8},{volume:.8}"
        )?;
        price = close;
        start_unix_s += if random.chance(0.01) { 180 } else { 60 };
    }
    out.flush()?;
    Ok(())
}

async fn replay(
    options: &Options,
    (path, minutes): &(PathBuf, u64),
    asked: &Asked<'_>,
) -> Result<Replayed> {
    let trades = path.with_extension("trades");
    let mut command = Command::new(&options.program);
    command
        .args(["backtest", "--product", asked.product])
        .args(["--strategy", asked.strategies])
        .arg("--candles")
        .arg(path)
        .arg("--trades")
        .arg(&trades);
    if asked.is_qualified {
        command.arg("--qualified");
    }
    let before = own_seconds();
    let run = watched::run(&mut command).await?;
    let seconds = own_seconds() - before;
    if !run.success {
        let words: Vec<String> = run.lines.into_iter().map(|(_, line)| line).collect();
        return Err(format!("cbtrade backtest failed:\n{}", words.join("\n")).into());
    }
    let lines = std::fs::read_to_string(&trades)?.lines().count();
    Ok(Replayed {
        name: asked.name.to_owned(),
        minutes: *minutes,
        seconds,
        clock_seconds: run.seconds,
        peak_kib: run.peak_kib,
        trades: u64::try_from(lines.saturating_sub(1))?,
    })
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn seconds_of_a_million(replayed: &Replayed) -> f64 {
    replayed.seconds * 1e6 / replayed.minutes as f64
}

fn row(replayed: &Replayed) -> String {
    format!(
        "| {} | {} | {} | {:.1} | {:.1} | {} | {:.1} | {:.1} |\n",
        replayed.name,
        grouped(replayed.minutes),
        grouped(replayed.trades),
        replayed.seconds,
        replayed.clock_seconds,
        grouped(rate(replayed.minutes, replayed.seconds)),
        seconds_of_a_million(replayed),
        mib(replayed.peak_kib)
    )
}

fn page(
    options: &Options,
    whole: &[Replayed],
    single: &[Replayed],
    others_percent: u64,
) -> (String, usize) {
    let mut text = format!(
        "Measured on {}: {}. Repeat it with `cargo xtask bench backtest{}`.\n\n\
         | strategies | minutes | trades | seconds of one core | seconds by the clock | minutes/s | s per million | memory, MiB |\n\
         |---|---|---|---|---|---|---|---|\n",
        day(),
        Machine::found().text(),
        options.typed
    );
    for replayed in whole.iter().chain(single) {
        text.push_str(&row(replayed));
    }
    let mut list = Vec::new();
    if let [paper, qualified, quarter, ..] = whole {
        let slower = seconds_of_a_million(paper).max(seconds_of_a_million(qualified));
        list.push(Held {
            what: format!(
                "a million minutes, all 16 strategies on six frames, decisions included, in under {SECONDS_MAX} s of one core"
            ),
            measured: format!("{slower:.1} s"),
            holds: slower < SECONDS_MAX,
        });
        let ratio = mib(paper.peak_kib) / mib(quarter.peak_kib).max(1.0);
        list.push(Held {
            what: format!(
                "memory at {} minutes at most {MEMORY_RATIO_MAX} times that at a quarter of them",
                grouped(paper.minutes)
            ),
            measured: format!(
                "{:.1} MiB and {:.1} MiB",
                mib(paper.peak_kib),
                mib(quarter.peak_kib)
            ),
            holds: ratio <= MEMORY_RATIO_MAX,
        });
    }
    let (table, missed) = Held::table(&list);
    text.push_str(&table);
    text.push_str(&format!(
        "\nOther programs took {others_percent} % of the machine during these measurements.\n"
    ));
    (text, missed)
}
