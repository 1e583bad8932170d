//! Every planted change of a value, a row or a kept original is found by the verification: no more, no fewer.
//!
//! A file with values of all kinds is migrated; then changes are planted in the target, kind by kind, hundreds of rows
//! at a time, and each verification must list exactly the planted places. What the checksum that people commonly
//! compare tables with (row count and BIT_XOR of CRC32 over CONCAT_WS) would have missed is counted beside.
//!
//! `cargo test -p cbtrade-migrate --test planted_faults -- --nocapture` prints the counts;
//! `CBTRADE_PLANTED_SEED` repeats a run.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a failed test says where; counts are printed"
)]

#[path = "planted_faults/change.rs"]
mod change;
#[path = "planted_faults/kinds.rs"]
mod kinds;
#[path = "planted_faults/originals.rs"]
mod originals;
#[path = "planted_faults/rows.rs"]
mod rows;
#[path = "planted_faults/source.rs"]
mod source;
#[path = "planted_faults/target.rs"]
mod target;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use cbtrade_migrate::{Error, Job, Migration, Options, Proof, Silent};
use cbtrade_mysql::mysql_async::Value;
use cbtrade_testkit::{Flavour, Random, TestServer, seed_from_env};

use change::Change;
use kinds::KINDS;
use source::{MOMENTS, REALS, TEXTS, Table, WHOLE};
use target::Side;

/// Changes of one kind.
const PLANTS: usize = 240;

/// Least number of changed values and of kinds of them, per server.
const VALUES_MIN: usize = 10_000;
const KINDS_MIN: usize = 30;

/// A place that a verification lists: table, row, column (empty for a whole row).
type Place = (String, String, String);

/// What was planted: the places that must be listed, and which rows belong together in one plant.
#[derive(Default)]
struct Planted {
    places: BTreeSet<Place>,
    /// Table and rows of each plant, for the common checksum; none for changes beside the tables.
    plants: Vec<(Table, Vec<i64>)>,
}

impl Planted {
    fn value(&mut self, table: Table, address: i64, column: &str) {
        let place = (
            table.name.to_owned(),
            (table.label)(address),
            column.to_owned(),
        );
        assert!(
            self.places.insert(place),
            "planted twice in {} {address} {column}",
            table.name
        );
    }

    fn row(&mut self, table: Table, label: String) {
        assert!(
            self.places
                .insert((table.name.to_owned(), label, String::new()))
        );
    }

    fn original(&mut self, table: &str, address: i64, column: &str) {
        let place = (
            table.to_owned(),
            format!("address {address}"),
            column.to_owned(),
        );
        assert!(self.places.insert(place));
    }
}

/// Counts of one kind.
struct Count {
    kind: String,
    found: usize,
    plants: usize,
    missed_by_checksum: Option<usize>,
}

struct Bench {
    migration: Migration,
    side: Side,
    random: Random,
    counts: Vec<Count>,
}

impl Bench {
    async fn new(flavour: Flavour, folder: &std::path::Path, seed: u64) -> Bench {
        let server = TestServer::shared(flavour);
        let mut random = Random::new(seed);
        let target = server.new_database("planted");
        let kept = server.new_database("kept");
        let job = Job {
            sources: vec![source::make(folder, &mut random)],
            target: target.clone(),
            candles_database: None,
            home: folder.join("home"),
        };
        let options = Options {
            listed_max: usize::MAX,
            ..Options::default()
        };
        let mut migration = Migration::open(job, options, Arc::new(Silent)).unwrap();
        let proof = migration.run().await.unwrap();
        assert!(proof.equal());
        assert!(
            proof.originals >= 2 * PLANTS as u64,
            "too few originals: {}",
            proof.originals
        );
        let methods: BTreeSet<&str> = proof
            .tables
            .iter()
            .map(|table| table.method.as_str())
            .collect();
        assert_eq!(
            methods.len(),
            2,
            "both ways of comparing are under test: {methods:?}"
        );
        let side = Side::open(&target, &kept.database.unwrap()).await;
        Bench {
            migration,
            side,
            random,
            counts: Vec::new(),
        }
    }

    /// Verifies, and holds what is listed against what was planted.
    async fn check(&mut self, kind: &str, tables: &[&str], planted: Planted) {
        let missed = self.missed_by_checksum(&planted).await;
        let found = self.migration.verify().await;
        assert!(
            matches!(found, Err(Error::Different { .. })),
            "{kind}: {found:?}"
        );
        let proof = self.migration.proof().unwrap().unwrap();
        assert!(!proof.equal());
        let listed = places_of(&proof);
        let absent: Vec<&Place> = planted.places.difference(&listed).take(5).collect();
        let surplus: Vec<&Place> = listed.difference(&planted.places).take(5).collect();
        assert!(
            absent.is_empty() && surplus.is_empty(),
            "{kind}: not found {absent:?}, not planted {surplus:?}"
        );
        for table in &proof.tables {
            let differs = table.differences > 0;
            assert_eq!(
                table.source_digest != table.target_digest,
                differs,
                "{kind}: digests of {}",
                table.table
            );
        }
        self.counts.push(Count {
            kind: kind.to_owned(),
            found: listed.len(),
            plants: planted.plants.len(),
            missed_by_checksum: missed,
        });
        for table in tables {
            self.side.restore(table).await;
        }
    }

    /// How many of the plants, each by itself, leave COUNT(*) and BIT_XOR(CRC32(CONCAT_WS(...))) as they were.
    async fn missed_by_checksum(&mut self, planted: &Planted) -> Option<usize> {
        let (table, _) = planted.plants.first()?;
        let before = self.side.checksums(*table, true).await;
        let after = self.side.checksums(*table, false).await;
        let sum = |rows: &HashMap<i64, u32>, addresses: &[i64]| {
            addresses
                .iter()
                .filter_map(|address| rows.get(address))
                .fold((0_u32, 0), |(sum, count), row| (sum ^ row, count + 1))
        };
        let missed = planted
            .plants
            .iter()
            .filter(|(_, rows)| sum(&before, rows) == sum(&after, rows));
        Some(missed.count())
    }

    /// So many different ones of these, in random order.
    fn choose<T>(&mut self, mut from: Vec<T>, count: usize) -> Vec<T> {
        assert!(from.len() >= count, "{} of {count}", from.len());
        for at in 0..count {
            let other = at + self.random.index(from.len() - at);
            from.swap(at, other);
        }
        from.truncate(count);
        from
    }

    /// Plants one kind of change in so many values of a column.
    async fn plant_values(&mut self, kind: &str, table: Table, column: &str, change: Change) {
        let mut planted = Planted::default();
        let mut changed = Vec::new();
        for (address, value) in self.side.values(table, column).await {
            if let Some(new) = change(&value, &mut self.random).filter(|new| !same(new, &value)) {
                changed.push((address, new));
            }
        }
        assert!(
            changed.len() >= PLANTS,
            "{kind}: only {} values",
            changed.len()
        );
        let changed = self.choose(changed, PLANTS);
        self.side.run("START TRANSACTION").await;
        for (address, new) in changed {
            self.side.set(table, address, column, new).await;
            planted.value(table, address, column);
            planted.plants.push((table, vec![address]));
        }
        self.side.run("COMMIT").await;
        self.check(kind, &[table.name], planted).await;
    }
}

/// Everything that a proof lists; nothing twice, and nothing counted that is not listed.
fn places_of(proof: &Proof) -> BTreeSet<Place> {
    let counted: u64 = proof.tables.iter().map(|table| table.differences).sum();
    let listed = proof.tables.iter().flat_map(|table| &table.listed);
    let places: BTreeSet<Place> = listed
        .map(|difference| {
            let (_, table) = difference.table.split_once('.').unwrap();
            (
                table.to_owned(),
                difference.row.clone(),
                difference.column.clone(),
            )
        })
        .collect();
    assert_eq!(counted, places.len() as u64, "counted and listed");
    places
}

/// Equal to the bit.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Double(one), Value::Double(other)) => one.to_bits() == other.to_bits(),
        _ => one == other,
    }
}

fn print_counts(flavour: Flavour, counts: &[Count]) {
    eprintln!(
        "\n{flavour:?}\n| change | planted and found | missed by COUNT and BIT_XOR |\n|---|---|---|"
    );
    for count in counts {
        let missed = count.missed_by_checksum.map_or("-".to_owned(), |missed| {
            format!("{missed} of {}", count.plants)
        });
        eprintln!("| {} | {} | {missed} |", count.kind, count.found);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_planted_change_is_found() {
    let seed = seed_from_env("CBTRADE_PLANTED_SEED");
    for flavour in TestServer::flavours() {
        let folder = tempfile::tempdir().unwrap();
        let mut bench = Bench::new(flavour, folder.path(), seed).await;
        for (table, kinds) in KINDS {
            for (kind, column, change) in *kinds {
                bench.plant_values(kind, *table, column, *change).await;
            }
        }
        // MariaDB stores -0.0 as 0.
        if flavour == Flavour::MySql {
            let change = change::zero_to_negative_zero;
            bench
                .plant_values("0.0 became -0.0", REALS, "zero", change)
                .await;
        }
        bench.rows_swapped(WHOLE, "big").await;
        bench.rows_swapped(MOMENTS, "at").await;
        bench.copied_from_the_neighbour().await;
        bench.same_change_in_two_rows().await;
        bench.same_change_in_equal_rows().await;
        bench
            .columns_swapped("two columns swapped", WHOLE, "one", "other")
            .await;
        bench
            .columns_swapped(
                "value in the empty column beside it",
                TEXTS,
                "filled",
                "beside",
            )
            .await;
        let values: usize = bench.counts.iter().map(|count| count.found).sum();
        let kinds = bench.counts.len();
        assert!(
            values >= VALUES_MIN && kinds >= KINDS_MIN,
            "{values} values of {kinds} kinds"
        );
        bench.keys_off_by_one().await;
        bench.key_case_changed().await;
        bench.rows_deleted().await;
        bench.rows_added().await;
        bench.originals_changed().await;
        bench.originals_lost_and_added().await;
        print_counts(flavour, &bench.counts);
        eprintln!(
            "{flavour:?}: {values} values of {kinds} kinds planted, all found, nothing else listed"
        );
        assert!(bench.migration.verify().await.unwrap().equal(), "restored");
    }
}
