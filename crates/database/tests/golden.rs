//! The layer against the original one: calls whose results and changes were recorded there are made here, on every
//! engine, and must give the same, but for the deliberate differences listed in `golden/differences.toml`.
//!
//! `CBTRADE_GOLDEN_ONLY` runs the cases whose id or module begins so (several, with commas between);
//! `CBTRADE_GOLDEN_SHOW` says how many of the cases that are not in order are printed with all their differences;
//! `CBTRADE_GOLDEN_TABLE=1` prints the counts by module; `CBTRADE_GOLDEN_CASES` names another folder of cases, for which
//! the list was not made: there, what is recorded as a defect of the original may differ.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test ends where something unexpected happens, and tells its counts"
)]

#[path = "golden/answer.rs"]
mod answer;
#[path = "golden/arguments.rs"]
mod arguments;
#[path = "golden/case.rs"]
mod case;
#[path = "golden/compare.rs"]
mod compare;
#[path = "golden/differences.rs"]
mod differences;
#[path = "golden/dispatch/mod.rs"]
mod dispatch;
#[path = "golden/file_store.rs"]
mod file_store;
#[path = "golden/report.rs"]
mod report;
#[path = "golden/run.rs"]
mod run;
#[path = "golden/scalar.rs"]
mod scalar;
#[path = "golden/seed.rs"]
mod seed;
#[path = "golden/server_store.rs"]
mod server_store;
#[path = "golden/store.rs"]
mod store;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use cbtrade_core::{FixedClock, Timestamp};
use cbtrade_database::{Database, Location, Options, PerformanceFormula};
use cbtrade_testkit::{Flavour, TestServer};

use crate::case::Case;
use crate::differences::{Differences, Engine};
use crate::file_store::FileStore;
use crate::report::Cases;
use crate::seed::Seed;
use crate::server_store::{CLOCK, ServerStore};
use crate::store::Store;

/// Nobody but the case at hand is to write.
const NEVER: Duration = Duration::ZERO;
/// The moment at which everything happens: 2025-10-09 08:53:20.
const NOW_SECONDS: i64 = 1_760_000_000;

/// The recorded cases, or `None` after saying that they are not here; and whether they are others than the list's.
fn golden() -> Option<(PathBuf, bool)> {
    let (folder, is_other) = match std::env::var_os("CBTRADE_GOLDEN_CASES") {
        Some(folder) => (PathBuf::from(folder), true),
        None => {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
            (root.join("shared/cbtrade/golden/database"), false)
        }
    };
    if folder.exists() {
        return Some((folder, is_other));
    }
    println!("SKIPPED: golden database cases (no shared folder)");
    None
}

fn list() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/differences.toml")
}

/// The cases that the environment asks for.
fn wanted(cases: Vec<Case>) -> Vec<Case> {
    let Ok(only) = std::env::var("CBTRADE_GOLDEN_ONLY") else {
        return cases;
    };
    let wanted: Vec<&str> = only.split(',').collect();
    let fits = |case: &Case| {
        wanted
            .iter()
            .any(|start| case.id.starts_with(start) || case.module.starts_with(start))
    };
    cases.into_iter().filter(fits).collect()
}

/// What a run needs, whatever the engine.
struct Set {
    cases: Vec<Case>,
    kind: Cases,
    seed: Seed,
    differences: Differences,
}

fn set(engine: Engine) -> Option<Set> {
    let (folder, is_other) = golden()?;
    let seed = seed::read_seed(&folder.join("seed.sql"));
    let all = case::read_cases(&folder.join("cases.jsonl"), &Arc::new(seed.spent()));
    let differences = Differences::read(&list(), engine);
    let ids: Vec<&str> = all.iter().map(|case| case.id.as_str()).collect();
    if !is_other {
        let unknown = differences.unknown(&ids);
        assert_eq!(unknown, Vec::<String>::new(), "listed, but no case");
    }
    let number = all.len();
    let cases = wanted(all);
    Some(Set {
        kind: match is_other {
            true => Cases::Others,
            false if cases.len() == number => Cases::All,
            false => Cases::Some,
        },
        cases,
        seed,
        differences,
    })
}

impl Set {
    async fn run(&self, store: &mut impl Store, database: &Database, engine: Engine) {
        let ran = run::run(store, database, engine, &self.differences, &self.cases).await;
        report::report(engine, &ran, self.differences.rules.len(), self.kind);
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

fn on_server(flavour: Flavour, engine: Engine) {
    let Some(set) = set(engine) else {
        return;
    };
    if !TestServer::flavours().contains(&flavour) {
        println!("SKIPPED: golden database cases on {flavour}");
        return;
    }
    let server = TestServer::with_options(flavour, &[]);
    runtime().block_on(async {
        let location = Location::Servers {
            targets: vec![server.target("cbtrade")],
            candles: "ohlcv".to_owned(),
        };
        let options = Options {
            at_connect: vec![CLOCK.to_owned()],
            performance_formula: PerformanceFormula::Original,
            figures_every: NEVER,
            ..Options::default()
        };
        let database = Database::open(&location, options).await.unwrap();
        let mut store = ServerStore::new(&server, &database, &set.seed).await;
        set.run(&mut store, &database, engine).await;
    });
}

#[test]
fn the_golden_cases_agree_on_mariadb() {
    on_server(Flavour::MariaDb, Engine::MariaDb);
}

#[test]
fn the_golden_cases_agree_on_mysql() {
    on_server(Flavour::MySql, Engine::MySql);
}

#[test]
fn the_golden_cases_agree_on_sqlite() {
    let Some(set) = set(Engine::Sqlite) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cbtrade.db");
    let now = Timestamp::from_seconds(NOW_SECONDS).unwrap();
    let options = Options {
        clock: Arc::new(FixedClock::new(now)),
        performance_formula: PerformanceFormula::Original,
        figures_every: NEVER,
        ..Options::default()
    };
    runtime().block_on(async {
        let database = Database::create_file(&path, options).await.unwrap();
        database.ensure_database_ready().await.unwrap();
        let mut store = FileStore::new(&path, &set.seed);
        set.run(&mut store, &database, Engine::Sqlite).await;
    });
}

/// The reference is where bots' authors look the differences up.
#[test]
fn the_reference_says_every_difference() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/database.md");
    let page = std::fs::read_to_string(page).unwrap();
    for reason in differences::reasons(&list()) {
        assert!(
            page.contains(&reason),
            "docs/reference/database.md lacks: {reason}"
        );
    }
}
