//! The corpus of odd SQLite databases on every server: each case arrives without loss, or is refused with the place
//! named and nothing changed. `tests/corpus/README.md` says what that means, word by word.
//!
//! `CBTRADE_CASE=part-of-a-name` runs a part of the cases; `CBTRADE_CORPUS_THREADS` says how many at a time.
//! The results are written to `corpus.json` in the build folder, where `cargo xtask corpus` reads them.

#[path = "corpus/bare_server.rs"]
mod bare_server;
#[path = "corpus/case.rs"]
mod case;
#[path = "corpus/compare.rs"]
mod compare;
#[path = "corpus/number.rs"]
mod number;
#[path = "corpus/planted.rs"]
mod planted;
#[path = "corpus/report_check.rs"]
mod report_check;
#[path = "corpus/run.rs"]
mod run;
#[path = "corpus/setup.rs"]
mod setup;
#[path = "corpus/source.rs"]
mod source;
#[path = "corpus/target.rs"]
mod target;

use std::any::Any;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use cbtrade_testkit::{Flavour, TestServer};
use serde::Serialize;

use crate::case::{Case, Expect, TargetWord};
use crate::run::Ending;

/// What the harness itself does either works or is told in words.
type Outcome<T> = Result<T, String>;

/// Cases that run at a time, where the environment does not say: they wait for the disk more than they work.
const THREADS: usize = 4;

/// Of a thousand cases so many must arrive: a tool that refused everything would lose nothing, either.
const LOSSLESS_PER_MILLE_MIN: usize = 900;

/// The workspace's folder.
fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn corpus() -> PathBuf {
    workspace().join("tests/corpus")
}

/// The text of a panic.
fn panic_text(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "a panic without words".to_owned())
}

/// One line of the results.
#[derive(Debug, Serialize)]
struct Line {
    case: String,
    flavour: String,
    ending: &'static str,
    expected: &'static str,
    detail: Vec<String>,
    milliseconds: u64,
}

/// Cases that wait for locks or start servers of their own first, so that they do not stand alone at the end.
fn slow_first(cases: &mut [Case]) {
    cases.sort_by_key(|case| {
        let heavy = ["rows-", "tables-500", "columns-", "blob-", "text-of-"];
        (
            case.role().is_none() && case.setup.is_empty(),
            matches!(case.target, TargetWord::Plain),
            !heavy.iter().any(|start| case.name.starts_with(start)),
        )
    });
}

fn run_case(case: &Case, flavours: &[Flavour], test: &str) -> Vec<Line> {
    let line = |flavour: Flavour, ending: Ending, began: Instant| {
        let (ending, detail) = match ending {
            Ending::Lossless => ("lossless", Vec::new()),
            Ending::BetterThanAsked => ("better", Vec::new()),
            Ending::Refused(message) => ("refused", vec![message]),
            Ending::Skipped(reason) => ("skipped", vec![reason]),
            Ending::Failed(faults) => ("failed", faults),
        };
        Line {
            case: case.name.clone(),
            flavour: flavour.to_string(),
            ending,
            expected: if case.expect == Expect::Lossless {
                "lossless"
            } else {
                "refused"
            },
            detail,
            milliseconds: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    };
    let mut began = Instant::now();
    let failed = |text: String| Ending::Failed(vec![text]);
    let built = tempfile::tempdir()
        .map_err(|error| error.to_string())
        .and_then(|work| Ok((setup::prepare(case, work.path(), test)?, work)));
    let (prepared, work) = match built {
        Ok(built) => built,
        Err(error) => {
            let text = format!("the harness could not build the case: {error}");
            return flavours
                .iter()
                .map(|flavour| line(*flavour, failed(text.clone()), began))
                .collect();
        }
    };
    let mut lines = Vec::new();
    for flavour in flavours {
        let home = work.path().join(flavour.to_string());
        let ran = catch_unwind(AssertUnwindSafe(|| {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .map_err(|error| error.to_string())?;
            Ok(runtime.block_on(run::run(case, &prepared, *flavour, &home)))
        }));
        let ending = match ran {
            Ok(Ok(ending)) => ending,
            Ok(Err(error)) => failed(error),
            Err(panic) => failed(format!("panicked: {}", panic_text(&*panic))),
        };
        lines.push(line(*flavour, ending, began));
        began = Instant::now();
    }
    lines
}

fn run_all(cases: &[Case], flavours: &[Flavour], test: &str) -> Vec<Line> {
    let threads = std::env::var("CBTRADE_CORPUS_THREADS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(THREADS);
    let next = AtomicUsize::new(0);
    let lines = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let own = run_case(case, flavours, test);
                    if let Ok(mut lines) = lines.lock() {
                        lines.extend(own);
                    }
                }
            });
        }
    });
    let mut lines = lines.into_inner().unwrap_or_default();
    lines.sort_by(|one, other| (&one.case, &one.flavour).cmp(&(&other.case, &other.flavour)));
    lines
}

/// How many of a thousand cases that ran arrived.
fn lossless_per_mille(lines: &[Line], flavour: Flavour) -> usize {
    let own = || {
        let of_flavour = lines
            .iter()
            .filter(|line| line.flavour == flavour.to_string());
        of_flavour.filter(|line| line.ending != "skipped")
    };
    let arrived = own().filter(|line| ["lossless", "better"].contains(&line.ending));
    (arrived.count() * 1000)
        .checked_div(own().count())
        .unwrap_or(0)
}

/// The table for people: one line per server, then every case that is not as expected.
fn summary(lines: &[Line], flavours: &[Flavour]) -> String {
    let mut text = String::from(
        "\nserver    cases  lossless  refused  better  skipped  failed  lossless share\n",
    );
    for flavour in flavours {
        let own: Vec<&Line> = lines
            .iter()
            .filter(|line| line.flavour == flavour.to_string())
            .collect();
        let count = |ending: &str| own.iter().filter(|line| line.ending == ending).count();
        let per_mille = lossless_per_mille(lines, *flavour);
        let _ = writeln!(
            text,
            "{:<9} {:>5} {:>9} {:>8} {:>7} {:>8} {:>7} {:>12}.{} %",
            flavour.to_string(),
            own.len(),
            count("lossless"),
            count("refused"),
            count("better"),
            count("skipped"),
            count("failed"),
            per_mille / 10,
            per_mille % 10
        );
    }
    for (ending, words) in [
        ("skipped", "SKIPPED"),
        ("better", "arrived where a refusal was expected"),
        ("failed", "FAILED"),
    ] {
        for line in lines.iter().filter(|line| line.ending == ending) {
            let _ = writeln!(text, "{words}: {} on {}", line.case, line.flavour);
            for detail in &line.detail {
                let _ = writeln!(text, "    {detail}");
            }
        }
    }
    text
}

/// Where the results are written: the folder that the test binary was built in.
fn results_path() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let target = program
        .ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").is_file())?;
    Some(target.join("corpus.json"))
}

#[test]
fn every_case_arrives_without_loss_or_is_refused() {
    if setup::play_role().unwrap() {
        return;
    }
    let flavours = TestServer::flavours();
    let mut cases = case::read_all(&corpus()).unwrap();
    assert!(
        cases.len() >= 319,
        "the corpus has lost cases: {}",
        cases.len()
    );
    if let Ok(part) = std::env::var("CBTRADE_CASE") {
        cases.retain(|case| case.name.contains(&part));
        assert!(!cases.is_empty(), "no case's name contains `{part}`");
    }
    slow_first(&mut cases);
    let began = Instant::now();
    let lines = run_all(
        &cases,
        &flavours,
        "every_case_arrives_without_loss_or_is_refused",
    );
    let text = summary(&lines, &flavours);
    println!(
        "{text}{} s for {} cases",
        began.elapsed().as_secs(),
        cases.len()
    );
    if let Some(path) = results_path() {
        std::fs::write(path, serde_json::to_string_pretty(&lines).unwrap()).unwrap();
    }
    let failed: Vec<String> = lines
        .iter()
        .filter(|line| line.ending == "failed")
        .map(|line| format!("{} on {}", line.case, line.flavour))
        .collect();
    if std::env::var_os("CBTRADE_CASE").is_none() {
        for flavour in &flavours {
            let share = lossless_per_mille(&lines, *flavour);
            assert!(
                share >= LOSSLESS_PER_MILLE_MIN,
                "{flavour}: {share} of 1000"
            );
        }
    }
    assert!(
        failed.is_empty(),
        "{} failed:\n{}",
        failed.len(),
        failed.join("\n")
    );
}

#[test]
fn the_comparison_sees_every_planted_change() {
    for flavour in TestServer::flavours() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let unseen = runtime.block_on(planted::unseen(flavour)).unwrap();
        assert!(unseen.is_empty(), "not seen on {flavour}: {unseen:#?}");
    }
}

/// The lists in the corpus's README are the cases, each once, and its numbers are right.
#[test]
fn the_readme_lists_every_case_in_its_group() {
    let text = std::fs::read_to_string(corpus().join("README.md")).unwrap();
    let cases = case::read_all(&corpus()).unwrap();
    let (table, lists) = text
        .split_once("## Groups")
        .unwrap()
        .1
        .split_once("\n- **")
        .unwrap();
    let refused = |names: &[&str]| {
        let expected = |name: &&&str| {
            cases
                .iter()
                .any(|case| case.name == **name && case.expect == Expect::Refused)
        };
        names.iter().filter(expected).count()
    };
    let mut listed: Vec<&str> = Vec::new();
    for list in lists.split("\n- **") {
        let (group, names) = list.split_once("**: ").unwrap();
        let names: Vec<&str> = names.split('`').skip(1).step_by(2).collect();
        let line = format!("| {group} | {} | {} |", names.len(), refused(&names));
        assert!(table.contains(&line), "the table of groups lacks: {line}");
        listed.extend(names);
    }
    let line = format!("| all | {} | {} |", listed.len(), refused(&listed));
    assert!(table.contains(&line), "the table of groups lacks: {line}");
    listed.sort_unstable();
    let names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(listed, names);
}
