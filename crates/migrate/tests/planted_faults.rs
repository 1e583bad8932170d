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
#[path = "planted_faults/source.rs"]
mod source;
#[path = "planted_faults/target.rs"]
mod target;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use cbtrade_migrate::{Error, Job, Migration, Options, Silent};
use cbtrade_mysql::mysql_async::Value;
use cbtrade_mysql::quote_identifier;
use cbtrade_testkit::{Flavour, Random, TestServer, seed_from_env};

use change::Change;
use source::{
    BYTES, CODES, KEYLESS, MIXED, MOMENTS, PAIRS, POSITIONS, REALS, TABLES, TEXTS, Table, WHOLE,
    id_of,
};
use target::{ORIGINALS, Side};

/// Changes of one kind.
const PLANTS: usize = 240;

/// Least number of changed values and of kinds of them, per server.
const VALUES_MIN: usize = 10_000;
const KINDS_MIN: usize = 30;

/// Kinds of single-value changes: what it is, where, and the change.
const KINDS: &[(&str, Table, &str, Change)] = &[
    ("integer off by one", WHOLE, "big", change::off_by_one),
    ("sign flipped", WHOLE, "small", change::sign_flipped),
    ("two digits swapped", WHOLE, "big", change::digits_swapped),
    ("last digit lost", WHOLE, "big", change::last_digit_lost),
    (
        "one bit of an integer flipped",
        WHOLE,
        "big",
        change::bit_flipped,
    ),
    (
        "integer cut to 32 bits",
        WHOLE,
        "big",
        change::cut_to_32_bits,
    ),
    (
        "integer through a double",
        WHOLE,
        "big",
        change::through_double,
    ),
    ("NULL became 0", WHOLE, "maybe", change::null_to_zero),
    ("0 became NULL", WHOLE, "maybe", change::zero_to_null),
    (
        "double off by its last bit",
        REALS,
        "random",
        change::one_ulp,
    ),
    (
        "double with noise off by its last bit",
        REALS,
        "noisy",
        change::one_ulp,
    ),
    (
        "denormal double off by its last bit",
        REALS,
        "tiny",
        change::one_ulp,
    ),
    (
        "double through a float",
        REALS,
        "random",
        change::through_float,
    ),
    (
        "double through 15 digits",
        REALS,
        "random",
        change::through_15_digits,
    ),
    (
        "0.0 became the smallest double",
        REALS,
        "zero",
        change::zero_to_smallest,
    ),
    (
        "denormal double became 0.0",
        REALS,
        "tiny",
        change::denormal_to_zero,
    ),
    (
        "last digit of a decimal up by one",
        POSITIONS,
        "hold_cnt",
        change::last_decimal_up,
    ),
    (
        "last digit of a decimal down by one",
        POSITIONS,
        "gain_loss_amt",
        change::last_decimal_down,
    ),
    (
        "decimal rounded half-up",
        POSITIONS,
        "prc_high",
        change::last_decimal_up,
    ),
    (
        "decimal rounded where that is not allowed",
        POSITIONS,
        "prc_low",
        change::rounded_to_12,
    ),
    (
        "NULL decimal became 0",
        POSITIONS,
        "base_size_min",
        change::null_to_zero,
    ),
    (
        "Y and N exchanged",
        POSITIONS,
        "sell_yn",
        change::yes_no_flipped,
    ),
    (
        "letter case, case-blind collation",
        POSITIONS,
        "note1",
        change::letter_case,
    ),
    (
        "trailing space, padding collation",
        POSITIONS,
        "note1",
        change::trailing_space_added,
    ),
    (
        "fraction of a second dropped",
        POSITIONS,
        "pos_end_dttm",
        change::fraction_dropped,
    ),
    (
        "time zone: one hour earlier",
        POSITIONS,
        "pos_begin_dttm",
        change::one_hour_earlier,
    ),
    ("letter case", TEXTS, "plain", change::letter_case),
    (
        "two letters swapped",
        TEXTS,
        "plain",
        change::letters_swapped,
    ),
    (
        "trailing space added",
        TEXTS,
        "plain",
        change::trailing_space_added,
    ),
    (
        "trailing space lost",
        TEXTS,
        "padded",
        change::trailing_space_removed,
    ),
    (
        "leading space added",
        TEXTS,
        "plain",
        change::leading_space_added,
    ),
    (
        "space became a no-break space",
        TEXTS,
        "plain",
        change::space_to_no_break_space,
    ),
    (
        "invisible character added",
        TEXTS,
        "plain",
        change::invisible_character_added,
    ),
    ("accent lost", TEXTS, "accented", change::accent_lost),
    ("é decomposed", TEXTS, "accented", change::decomposed),
    ("é composed", TEXTS, "decomposed", change::composed),
    (
        "UTF-8 taken for Latin-1",
        TEXTS,
        "accented",
        change::garbled,
    ),
    (
        "emoji became ?",
        TEXTS,
        "emoji",
        change::emoji_to_question_mark,
    ),
    (
        "emoji became another",
        TEXTS,
        "emoji",
        change::emoji_to_another,
    ),
    ("last letter lost", TEXTS, "emoji", change::last_letter_lost),
    ("line end changed", TEXTS, "lines", change::line_end_changed),
    (
        "NULL became an empty text",
        TEXTS,
        "maybe",
        change::null_to_empty,
    ),
    (
        "NULL became the text NULL",
        TEXTS,
        "maybe",
        change::null_to_the_word,
    ),
    (
        "empty text became NULL",
        TEXTS,
        "maybe",
        change::empty_to_null,
    ),
    (
        "one bit of a blob flipped",
        BYTES,
        "data",
        change::blob_bit_flipped,
    ),
    ("last byte of a blob lost", BYTES, "data", change::blob_cut),
    (
        "zero byte added to a blob",
        BYTES,
        "data",
        change::blob_grown,
    ),
    (
        "empty blob became NULL",
        BYTES,
        "maybe",
        change::empty_to_null,
    ),
    (
        "NULL became an empty blob",
        BYTES,
        "maybe",
        change::null_to_empty,
    ),
    ("one second later", MOMENTS, "at", change::one_second_later),
    ("one day later", MOMENTS, "day", change::one_day_later),
    (
        "day and month swapped",
        MOMENTS,
        "at",
        change::day_and_month_swapped,
    ),
    (
        "value of a row with a two-text key",
        PAIRS,
        "v",
        change::last_letter_lost,
    ),
    (
        "value of a row with a mixed key",
        CODES,
        "v",
        change::letters_swapped,
    ),
    (
        "value of a row without a key",
        KEYLESS,
        "amount",
        change::one_ulp,
    ),
    (
        "text that shows a number",
        MIXED,
        "v",
        change::trailing_space_added,
    ),
];

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
    listed: usize,
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
        let counted: u64 = proof.tables.iter().map(|table| table.differences).sum();
        let listed: Vec<Place> = proof
            .tables
            .iter()
            .flat_map(|table| &table.listed)
            .map(|difference| {
                let (_, table) = difference
                    .table
                    .split_once('.')
                    .unwrap_or(("", &difference.table));
                (
                    table.to_owned(),
                    difference.row.clone(),
                    difference.column.clone(),
                )
            })
            .collect();
        assert_eq!(counted, listed.len() as u64, "{kind}: counted and listed");
        let unique: BTreeSet<Place> = listed.iter().cloned().collect();
        assert_eq!(
            unique.len(),
            listed.len(),
            "{kind}: something is listed twice"
        );
        let absent: Vec<&Place> = planted.places.difference(&unique).take(5).collect();
        let surplus: Vec<&Place> = unique.difference(&planted.places).take(5).collect();
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
            listed: listed.len(),
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

    async fn plant_values(&mut self, (kind, table, column, change): (&str, Table, &str, Change)) {
        let mut planted = Planted::default();
        let mut changed = Vec::new();
        for (address, value) in self.side.values(table, column).await {
            if let Some(new) = change(&value, &mut self.random).filter(|new| !same(new, &value)) {
                changed.push((address, new));
            }
        }
        assert!(changed.len() >= PLANTS, "{kind}: only {} values", changed.len());
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

/// Equal to the bit.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Double(one), Value::Double(other)) => one.to_bits() == other.to_bits(),
        _ => one == other,
    }
}

/// Changes of several values that belong together.
impl Bench {
    /// The values of two rows change places.
    async fn rows_swapped(&mut self, table: Table, column: &str) {
        let values = self.side.values(table, column).await;
        let chosen = self.choose(values, PLANTS);
        let mut planted = Planted::default();
        for pair in chosen.chunks_exact(2) {
            let ((one, first), (other, second)) = (&pair[0], &pair[1]);
            if same(first, second) {
                continue;
            }
            self.side.set(table, *one, column, second.clone()).await;
            self.side.set(table, *other, column, first.clone()).await;
            planted.value(table, *one, column);
            planted.value(table, *other, column);
            planted.plants.push((table, vec![*one, *other]));
        }
        let kind = format!("values of two rows swapped ({}.{column})", table.name);
        self.check(&kind, &[table.name], planted).await;
    }

    /// A value is overwritten with that of the row before.
    async fn copied_from_the_neighbour(&mut self) {
        let values = self.side.values(WHOLE, "big").await;
        let pairs: Vec<_> = values
            .windows(2)
            .map(|pair| (pair[1].0, pair[0].1.clone()))
            .collect();
        let mut planted = Planted::default();
        for (address, value) in self.choose(pairs, PLANTS) {
            self.side.set(WHOLE, address, "big", value).await;
            planted.value(WHOLE, address, "big");
            planted.plants.push((WHOLE, vec![address]));
        }
        self.check("value copied from the row before", &[WHOLE.name], planted)
            .await;
    }

    /// The same change in both rows of a pair: what an XOR cancels.
    async fn same_change_in_two_rows(&mut self) {
        let values = self.side.values(POSITIONS, "sell_yn").await;
        let sold: Vec<i64> = values
            .iter()
            .filter(|(_, value)| *value == Value::from("N"))
            .map(|(address, _)| *address)
            .collect();
        let chosen = self.choose(sold, PLANTS);
        let mut planted = Planted::default();
        for pair in chosen.chunks_exact(2) {
            for address in pair {
                self.side
                    .set(POSITIONS, *address, "sell_yn", Value::from("Y"))
                    .await;
                planted.value(POSITIONS, *address, "sell_yn");
            }
            planted.plants.push((POSITIONS, pair.to_vec()));
        }
        self.check(
            "the same flag changed in two rows",
            &[POSITIONS.name],
            planted,
        )
        .await;
    }

    /// Two equal rows of a table without a key get the same other value.
    async fn same_change_in_equal_rows(&mut self) {
        let pairs: Vec<i64> = (1..=source::ROWS / 2).map(|pair| pair * 2).collect();
        let mut planted = Planted::default();
        for second in self.choose(pairs, PLANTS) {
            for address in [second - 1, second] {
                self.side
                    .set(KEYLESS, address, "name", Value::from("fee, booked twice"))
                    .await;
                planted.value(KEYLESS, address, "name");
            }
            planted.plants.push((KEYLESS, vec![second - 1, second]));
        }
        self.check("two equal rows changed alike", &[KEYLESS.name], planted)
            .await;
    }

    /// Two columns of a row change places.
    async fn columns_swapped(&mut self, kind: &str, table: Table, one: &str, other: &str) {
        let first = self.side.values(table, one).await;
        let second = self.side.values(table, other).await;
        let both: Vec<_> = first.into_iter().zip(second).collect();
        let mut planted = Planted::default();
        for ((address, first), (_, second)) in self.choose(both, PLANTS) {
            self.side.set(table, address, one, second).await;
            self.side.set(table, address, other, first).await;
            planted.value(table, address, one);
            planted.value(table, address, other);
            planted.plants.push((table, vec![address]));
        }
        self.check(kind, &[table.name], planted).await;
    }
}

/// Changes of rows and keys.
impl Bench {
    async fn keys_off_by_one(&mut self) {
        let ids = (1..=source::ROWS).map(id_of).collect();
        let mut planted = Planted::default();
        for id in self.choose(ids, PLANTS) {
            self.side.set(WHOLE, id, "id", Value::from(id + 1)).await;
            planted.row(WHOLE, (WHOLE.label)(id));
            planted.row(WHOLE, (WHOLE.label)(id + 1));
            planted.plants.push((WHOLE, vec![id, id + 1]));
        }
        self.check("key one too high", &[WHOLE.name], planted).await;
    }

    async fn key_case_changed(&mut self) {
        let addresses = (1..=source::ROWS).collect();
        let mut planted = Planted::default();
        for address in self.choose(addresses, PLANTS) {
            self.side
                .set(
                    PAIRS,
                    address,
                    "strategy",
                    Value::from(format!("SMA {address}")),
                )
                .await;
            let label = (PAIRS.label)(address);
            planted.row(PAIRS, label.replace("sma", "SMA"));
            planted.row(PAIRS, label);
            planted.plants.push((PAIRS, vec![address]));
        }
        self.check("letter case of a key", &[PAIRS.name], planted)
            .await;
    }

    /// Rows are lost in every table.
    async fn rows_deleted(&mut self) {
        for table in TABLES {
            let values = self.side.values(table, table.address).await;
            let addresses = values.into_iter().map(|(address, _)| address).collect();
            let mut planted = Planted::default();
            for address in self.choose(addresses, PLANTS / 10) {
                let sql = format!(
                    "DELETE FROM {} WHERE {} = ?",
                    quote_identifier(table.name),
                    table.address
                );
                assert_eq!(
                    self.side.run_with(&sql, vec![Value::from(address)]).await,
                    1
                );
                planted.row(table, (table.label)(address));
                planted.plants.push((table, vec![address]));
                if table.name == REALS.name || table.name == MIXED.name {
                    // Their originals are not lost with them, and stay accounted for.
                    continue;
                }
            }
            self.check(
                &format!("row lost ({})", table.name),
                &[table.name],
                planted,
            )
            .await;
        }
    }

    /// Rows come in twice where no key forbids it, and from nowhere where one does.
    async fn rows_added(&mut self) {
        let mut planted = Planted::default();
        for address in self.choose((1..=source::ROWS).collect(), PLANTS) {
            let new = address + 10_000;
            let sql = "INSERT INTO keyless (name, amount, _cbtrade_row) SELECT name, amount, ? FROM keyless WHERE _cbtrade_row = ?";
            assert_eq!(
                self.side
                    .run_with(sql, vec![Value::from(new), Value::from(address)])
                    .await,
                1
            );
            planted.row(KEYLESS, (KEYLESS.label)(new));
            planted.plants.push((KEYLESS, vec![new]));
        }
        self.check(
            "row of a table without a key doubled",
            &[KEYLESS.name],
            planted,
        )
        .await;
        let mut planted = Planted::default();
        for row in self.choose((1..=source::ROWS).collect(), PLANTS) {
            let new = id_of(row) + 1;
            self.side
                .run_with(
                    "INSERT INTO texts (id, plain) VALUES (?, 'new')",
                    vec![Value::from(new)],
                )
                .await;
            planted.row(TEXTS, (TEXTS.label)(new));
            planted.plants.push((TEXTS, vec![new]));
        }
        self.check("row added", &[TEXTS.name], planted).await;
    }
}

/// Changes of the originals that are kept beside rows.
impl Bench {
    async fn originals_changed(&mut self) {
        let changes = [
            (
                "one bit of a kept original flipped",
                "original = CONCAT(LEFT(original, LENGTH(original) - 1), CHAR(ASCII(RIGHT(original, 1)) ^ 1))",
                0,
            ),
            (
                "zero byte added to a kept original",
                "original = CONCAT(original, 0x00)",
                0,
            ),
            (
                "storage class of a kept original",
                "storage_class = 'blob'",
                0,
            ),
            (
                "kept original at another row",
                "row_address = row_address + 1000000",
                1_000_000,
            ),
        ];
        for (kind, assignment, moved) in changes {
            let mut planted = Planted::default();
            for (table, column, address) in self.kept_originals(PLANTS).await {
                let sql = format!(
                    "UPDATE {ORIGINALS} SET {assignment} WHERE table_name = ? AND row_address = ?"
                );
                assert_eq!(
                    self.side
                        .run_with(&sql, vec![Value::from(&table), Value::from(address)])
                        .await,
                    1,
                    "{kind}"
                );
                planted.original(&table, address, &column);
                if moved > 0 {
                    planted.original(&table, address + moved, &column);
                }
            }
            self.check(kind, &[ORIGINALS], planted).await;
        }
    }

    async fn originals_lost_and_added(&mut self) {
        let mut planted = Planted::default();
        for (table, column, address) in self.kept_originals(PLANTS).await {
            let sql = format!("DELETE FROM {ORIGINALS} WHERE table_name = ? AND row_address = ?");
            assert_eq!(
                self.side
                    .run_with(&sql, vec![Value::from(&table), Value::from(address)])
                    .await,
                1
            );
            planted.original(&table, address, &column);
        }
        self.check("kept original lost", &[ORIGINALS], planted)
            .await;
        let mut planted = Planted::default();
        let numbers: Vec<(i64, i64)> = self.side.session.query(&format!("SELECT DISTINCT table_number, column_number FROM {ORIGINALS} WHERE table_name = 'mixed'")).await.unwrap();
        for address in 1..=100 {
            // No row has this address.
            let address = id_of(address) + 1;
            let sql = format!(
                "INSERT INTO {ORIGINALS} VALUES (?, ?, ?, 'mixed', 'v', 'text', 'x', 'storage-class')"
            );
            self.side
                .run_with(
                    &sql,
                    vec![
                        Value::from(numbers[0].0),
                        Value::from(address),
                        Value::from(numbers[0].1),
                    ],
                )
                .await;
            planted.original(MIXED.name, address, "v");
        }
        self.check("kept original from nowhere", &[ORIGINALS], planted)
            .await;
    }

    /// Some of the kept originals: table, column, row.
    async fn kept_originals(&mut self, count: usize) -> Vec<(String, String, i64)> {
        let sql = format!("SELECT table_name, column_name, row_address FROM {ORIGINALS}");
        let all = self.side.session.query(&sql).await.unwrap();
        self.choose(all, count)
    }
}

fn print_counts(flavour: Flavour, counts: &[Count]) {
    eprintln!(
        "\n{flavour:?}\n| change | planted | found | missed by BIT_XOR(CRC32(CONCAT_WS)) and COUNT |\n|---|---|---|---|"
    );
    for count in counts {
        let missed = count.missed_by_checksum.map_or("-".to_owned(), |missed| {
            format!("{missed} of {}", count.plants)
        });
        eprintln!(
            "| {} | {} | {} | {missed} |",
            count.kind, count.listed, count.listed
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_planted_change_is_found() {
    let seed = seed_from_env("CBTRADE_PLANTED_SEED");
    for flavour in TestServer::flavours() {
        let folder = tempfile::tempdir().unwrap();
        let mut bench = Bench::new(flavour, folder.path(), seed).await;
        for kind in KINDS {
            bench.plant_values(*kind).await;
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
        let values: usize = bench.counts.iter().map(|count| count.listed).sum();
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
