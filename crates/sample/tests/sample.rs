//! A sample is what it claims to be.
#![cfg(test)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use cbtrade_catalog::{product_of_candle_file, recognise, recognise_candles, tables};
use cbtrade_core::Timestamp;
use cbtrade_sample::{Error, FaultKind, SampleOptions, SampleReport, make_sample};
use cbtrade_sqlite::rusqlite::types::ValueRef;
use cbtrade_sqlite::rusqlite::{Connection, OpenFlags, Row};
use tempfile::TempDir;

fn small() -> SampleOptions {
    SampleOptions {
        positions: 300,
        candles_per_product: 400,
        ..SampleOptions::default()
    }
}

fn made(options: &SampleOptions) -> (TempDir, SampleReport) {
    let directory = TempDir::new().unwrap();
    let report = make_sample(directory.path(), options).unwrap();
    (directory, report)
}

fn open(path: &Path) -> Connection {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap()
}

fn files(report: &SampleReport) -> Vec<&PathBuf> {
    [&report.database]
        .into_iter()
        .chain(&report.candle_files)
        .collect()
}

fn strings(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

fn number(connection: &Connection, sql: &str) -> i64 {
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

fn tables_of(connection: &Connection) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    strings(connection, sql)
}

fn columns_of(connection: &Connection, table: &str) -> Vec<String> {
    strings(
        connection,
        &format!("SELECT name FROM pragma_table_info('{table}')"),
    )
}

/// Everything that is stored in a file: definitions, rows, next automatic numbers.
fn digest(path: &Path) -> String {
    let connection = open(path);
    let mut hasher = blake3::Hasher::new();
    for sql in strings(
        &connection,
        "SELECT coalesce(sql, name) FROM sqlite_master ORDER BY name",
    ) {
        hasher.update(sql.as_bytes());
    }
    let mut names = tables_of(&connection);
    if number(
        &connection,
        "SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_sequence'",
    ) > 0
    {
        names.push("sqlite_sequence".to_owned());
    }
    for table in names {
        let mut statement = connection
            .prepare(&format!("SELECT * FROM \"{table}\" ORDER BY rowid"))
            .unwrap();
        let width = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..width {
                add_value(&mut hasher, row.get_ref(column).unwrap());
            }
        }
    }
    hasher.finalize().to_string()
}

fn add_value(hasher: &mut blake3::Hasher, value: ValueRef<'_>) {
    let (kind, bytes): (u8, Vec<u8>) = match value {
        ValueRef::Null => (0, Vec::new()),
        ValueRef::Integer(integer) => (1, integer.to_le_bytes().to_vec()),
        ValueRef::Real(real) => (2, real.to_le_bytes().to_vec()),
        ValueRef::Text(text) => (3, text.to_vec()),
        ValueRef::Blob(blob) => (4, blob.to_vec()),
    };
    hasher.update(&[kind]);
    hasher.update(&u64::try_from(bytes.len()).unwrap().to_le_bytes());
    hasher.update(&bytes);
}

#[test]
fn the_seed_decides_everything() {
    let digests = |options: &SampleOptions| -> Vec<String> {
        let (_directory, report) = made(options);
        files(&report).iter().map(|path| digest(path)).collect()
    };
    let first = digests(&small());
    assert_eq!(first.len(), 7);
    assert_eq!(first, digests(&small()));
    let other = digests(&SampleOptions { seed: 2, ..small() });
    assert!(first.iter().zip(&other).all(|(one, two)| one != two));
}

#[test]
fn every_file_is_sound_and_every_table_is_the_catalogues() {
    let (_directory, report) = made(&small());
    for path in files(&report) {
        assert_eq!(
            strings(&open(path), "PRAGMA integrity_check"),
            ["ok"],
            "{}",
            path.display()
        );
        assert_eq!(strings(&open(path), "PRAGMA journal_mode"), ["wal"]);
    }
    let database = open(&report.database);
    let mut expected: Vec<&str> = tables().iter().map(|table| table.name).collect();
    expected.sort_unstable();
    assert_eq!(tables_of(&database), expected);
    for table in tables() {
        let columns = columns_of(&database, table.name);
        let names: Vec<&str> = columns.iter().map(String::as_str).collect();
        assert_eq!(recognise(table.name, &names), Some(table));
        let further = columns.len() - table.columns.len();
        assert_eq!(further, usize::from(table.name == "poss"), "{}", table.name);
        let rows = number(&database, &format!("SELECT count(*) FROM {}", table.name));
        assert!(rows > 0, "{} is empty", table.name);
    }
}

#[test]
fn nothing_is_later_than_the_end_and_seconds_follow_their_dates() {
    let options = SampleOptions {
        faults: false,
        ..small()
    };
    let (_directory, report) = made(&options);
    let database = open(&report.database);
    let end = options.end.to_string();
    for table in tables() {
        for column in &table.columns {
            if column.kind == cbtrade_catalog::ColumnKind::Timestamp {
                let (name, column) = (table.name, column.name);
                let late = format!("SELECT count(*) FROM {name} WHERE {column} > '{end}'");
                assert_eq!(number(&database, &late), 0, "{name}.{column}");
            }
        }
        for rule in &table.insert_derives {
            let (name, target, from) = (table.name, rule.target, rule.from);
            let wrong = format!(
                "SELECT count(*) FROM {name} WHERE {target} IS NOT coalesce(CAST(strftime('%s', {from}) AS INTEGER), 0)"
            );
            assert_eq!(number(&database, &wrong), 0, "{name}.{target}");
        }
    }
}

#[test]
fn without_the_wal_the_last_rows_are_missing() {
    let (directory, report) = made(&SampleOptions {
        positions: 3000,
        ..small()
    });
    for path in files(&report) {
        let wal = PathBuf::from(format!("{}-wal", path.display()));
        assert!(
            fs::metadata(&wal).unwrap().len() > 32,
            "{} holds no frame",
            wal.display()
        );
        let alone = directory.path().join("alone.db");
        fs::copy(path, &alone).unwrap();
        let (whole, part) = (open(path), open(&alone));
        assert_eq!(strings(&part, "PRAGMA integrity_check"), ["ok"]);
        let mut lost_of_file = 0;
        for counted in report.tables.iter().filter(|counted| counted.file == *path) {
            let sql = format!("SELECT count(*) FROM {}", counted.table);
            let (rows, rows_part) = (number(&whole, &sql), number(&part, &sql));
            assert_eq!(
                rows,
                i64::try_from(counted.rows).unwrap(),
                "{}",
                counted.table
            );
            assert_eq!(
                rows - rows_part,
                i64::try_from(counted.wal_rows).unwrap(),
                "{}",
                counted.table
            );
            lost_of_file += counted.wal_rows;
        }
        assert!(lost_of_file > 0, "{} loses nothing", path.display());
        drop(part);
        for ending in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(format!("{}{ending}", alone.display()));
        }
    }
    let lost = |table: &str| {
        report
            .tables
            .iter()
            .find(|counted| counted.table == table)
            .unwrap()
            .wal_rows
    };
    assert!(lost("poss") > 0 && lost("buy_ords") > 0 && lost("sell_ords") > 0);
}

/// Columns of a position that the formulas connect.
struct Figures {
    closed: bool,
    values: Vec<f64>,
}

#[test]
fn the_figures_of_every_position_add_up_exactly() {
    let (_directory, report) = made(&SampleOptions {
        faults: false,
        positions: 1000,
        ..small()
    });
    let database = open(&report.database);
    let columns = "tot_out_cnt, tot_in_cnt, buy_fees_cnt, sell_fees_cnt_tot, fees_cnt_tot, buy_cnt, sell_cnt_tot, \
                   hold_cnt, pocket_cnt, clip_cnt, prc_sell_avg, val_curr, val_tot, gain_loss_amt, gain_loss_amt_net";
    // A position that was opened a moment ago has not been valued yet.
    let valued = "pos_stat <> 'ERR' AND check_last_unix > pos_begin_unix";
    let sql = format!("SELECT pos_stat = 'CLOSE', {columns} FROM poss WHERE {valued}");
    let take = |row: &Row<'_>| {
        let values = (1..=15)
            .map(|index| row.get(index))
            .collect::<Result<_, _>>()?;
        Ok(Figures {
            closed: row.get(0)?,
            values,
        })
    };
    let mut statement = database.prepare(&sql).unwrap();
    let rows: Vec<Figures> = statement
        .query_map([], take)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(rows.iter().any(|row| row.closed) && rows.iter().any(|row| !row.closed));
    for Figures { closed, values } in &rows {
        let [
            out,
            back,
            buy_fees,
            sell_fees,
            fees,
            bought,
            sold,
            hold,
            pocket,
            clip,
            average,
            now,
            total,
            gain,
            net,
        ] = values[..]
        else {
            panic!("fifteen columns")
        };
        assert!(fees == buy_fees + sell_fees);
        assert!(hold == bought - sold);
        if *closed {
            assert!(now == hold * average && total == now);
            assert!(gain == back - out + now && net == gain + total);
            assert!(hold == pocket + clip);
        } else {
            assert!(total == back + now && gain == total - out);
        }
    }
    let noisy = number(
        &database,
        "SELECT count(*) FROM poss WHERE length(CAST(gain_loss_amt AS TEXT)) > 15",
    );
    assert!(
        noisy > 500,
        "only {noisy} gains have the digits of binary arithmetic"
    );
}

#[test]
fn orders_positions_and_sums_belong_together() {
    let (_directory, report) = made(&SampleOptions {
        faults: false,
        positions: 1000,
        ..small()
    });
    let database = open(&report.database);
    for (what, sql) in [
        (
            "positions without their buy order",
            "SELECT count(*) FROM poss p LEFT JOIN buy_ords b ON b.bo_id = p.bo_id
             WHERE b.bo_id IS NULL OR b.buy_cnt_act <> p.buy_cnt OR b.tot_out_cnt <> p.tot_out_cnt
                OR b.tot_prc_buy <> p.prc_buy OR b.buy_order_uuid <> p.bo_uuid",
        ),
        (
            "closed positions without their sell order",
            "SELECT count(*) FROM poss p LEFT JOIN sell_ords s ON s.pos_id = p.pos_id
             WHERE p.pos_stat = 'CLOSE' AND (s.so_id IS NULL OR s.sell_cnt_act <> p.sell_cnt_tot
                OR s.tot_in_cnt <> p.tot_in_cnt OR s.sell_end_dttm <> p.pos_end_dttm)",
        ),
        (
            "live orders without the exchange's record",
            "SELECT count(*) FROM buy_ords b LEFT JOIN ords o ON o.ord_uuid = b.buy_order_uuid
             WHERE b.test_txn_yn = 'N' AND b.ord_stat = 'FILL' AND o.ord_total_value_after_fees IS NOT b.tot_out_cnt",
        ),
        (
            "decisions without their signal",
            "SELECT count(*) FROM buy_decisions WHERE signal_id NOT IN (SELECT signal_id FROM buy_signals)",
        ),
        (
            "products whose counts are not those of their positions",
            "SELECT count(*) FROM trade_perfs t WHERE lta = 'A' AND tot_cnt <>
             (SELECT count(*) FROM poss p WHERE p.prod_id = t.prod_id AND ignore_tf = 0)",
        ),
        (
            "products whose gains are not those of their strategies",
            "SELECT count(*) FROM trade_perfs t WHERE abs(gain_loss_amt -
             (SELECT sum(gain_loss_amt) FROM trade_strat_perfs s WHERE s.prod_id = t.prod_id AND s.lta = t.lta))
             > 1e-9 * tot_out_cnt",
        ),
        (
            "products whose gains are not those of their positions",
            "SELECT count(*) FROM trade_perfs t WHERE abs(gain_loss_close_amt -
             (SELECT total(gain_loss_amt) FROM poss p WHERE p.prod_id = t.prod_id AND pos_stat = 'CLOSE'
                AND (t.lta = 'A' OR (t.lta = 'T') = (p.test_txn_yn = 'Y')))) > 1e-9 * tot_out_cnt",
        ),
        (
            "coins in the wallet that no position holds",
            "SELECT count(*) FROM bals b JOIN mkts m ON m.base_curr_symb = b.symb WHERE abs(b.bal_tot -
             (SELECT total(hold_cnt) FROM poss p WHERE p.prod_id = m.prod_id AND test_txn_yn = 'N'))
             > 1e-9 * (1 + b.bal_tot)",
        ),
    ] {
        assert_eq!(number(&database, sql), 0, "{what}");
    }
}

#[test]
fn automatic_numbers_stand_ahead_of_the_rows() {
    let (_directory, report) = made(&small());
    let database = open(&report.database);
    let mut ahead = BTreeSet::new();
    for table in tables() {
        let Some(column) = table.auto_increment_column() else {
            continue;
        };
        let (name, key) = (table.name, column.name);
        let next = number(
            &database,
            &format!("SELECT seq FROM sqlite_sequence WHERE name = '{name}'"),
        );
        let newest = number(
            &database,
            &format!("SELECT coalesce(max({key}), 0) FROM {name}"),
        );
        assert!(next >= newest, "{name}");
        if next > newest {
            ahead.insert(name);
        }
    }
    let expected = [
        "buy_decisions",
        "buy_ords",
        "buy_signals",
        "ords",
        "poss",
        "sell_ords",
    ];
    assert_eq!(ahead.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn candles_are_consistent_and_longer_ones_are_made_of_shorter_ones() {
    let options = SampleOptions {
        candles_per_product: 8000,
        ..small()
    };
    let (_directory, report) = made(&options);
    assert_eq!(report.candle_files.len(), 6);
    for path in &report.candle_files {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        assert!(product_of_candle_file(stem).unwrap().ends_with("-USDC"));
        let connection = open(path);
        let names = tables_of(&connection);
        let mut candles = 0;
        for table in &names {
            let columns = columns_of(&connection, table);
            assert!(
                recognise_candles(&columns.iter().map(String::as_str).collect::<Vec<_>>())
                    .is_some()
            );
            candles += number(&connection, &format!("SELECT count(*) FROM {table}"));
            let wrong = "low > open OR low > close OR high < open OR high < close OR low <= 0 OR volume <= 0 \
                         OR timestamp <> start_dttm OR strftime('%s', end_dttm) <> CAST(end_unix AS TEXT)";
            assert_eq!(
                number(
                    &connection,
                    &format!("SELECT count(*) FROM {table} WHERE {wrong}")
                ),
                0,
                "{table}"
            );
        }
        assert_eq!(candles, 8000, "{stem}");
        let (fine, coarse) = if names.len() == 1 {
            ("ohlcv WHERE freq = '5min'", "ohlcv WHERE freq = '1h'")
        } else {
            ("ohlcv_5min WHERE 1", "ohlcv_1h WHERE 1")
        };
        let sql = format!(
            "SELECT count(*) FROM (SELECT * FROM {coarse} ORDER BY timestamp DESC LIMIT 24) c WHERE
               high <> (SELECT max(high) FROM {fine} AND timestamp >= c.start_dttm AND timestamp < c.end_dttm)
               OR low <> (SELECT min(low) FROM {fine} AND timestamp >= c.start_dttm AND timestamp < c.end_dttm)
               OR 12 <> (SELECT count(*) FROM {fine} AND timestamp >= c.start_dttm AND timestamp < c.end_dttm)"
        );
        assert_eq!(number(&connection, &sql), 0, "{stem}");
    }
}

#[test]
fn every_fault_is_where_the_report_says() {
    let (_directory, report) = made(&SampleOptions {
        nasty: true,
        ..small()
    });
    let database = open(&report.database);
    for fault in &report.faults {
        let table = cbtrade_catalog::table(&fault.table).unwrap();
        let key = table.auto_increment_column().unwrap().name;
        let show = if fault.kind == FaultKind::BrokenText {
            "hex"
        } else {
            ""
        };
        let sql = format!(
            "SELECT CAST({show}({}) AS TEXT) FROM {} WHERE {key} = {}",
            fault.column, fault.table, fault.row
        );
        let stored: String = database.query_row(&sql, [], |row| row.get(0)).unwrap();
        assert_eq!(stored, fault.value, "{fault:?}");
    }
    let kinds: Vec<FaultKind> = report.faults.iter().map(|fault| fault.kind).collect();
    for kind in [
        FaultKind::LongText,
        FaultKind::IsoDate,
        FaultKind::FractionalDate,
        FaultKind::EmptyDate,
        FaultKind::Milliseconds,
        FaultKind::TinyPrice,
        FaultKind::CaseCollision,
        FaultKind::Emoji,
        FaultKind::ExtraColumn,
        FaultKind::OrphanOrder,
        FaultKind::FreeText,
        FaultKind::ThousandsSeparator,
        FaultKind::ImpossibleDate,
        FaultKind::BrokenText,
    ] {
        assert!(kinds.contains(&kind), "{kind:?}");
    }
    let pairs = "SELECT count(*) - count(DISTINCT lower(bo_uuid)) FROM poss";
    assert_eq!(number(&database, pairs), 1);
    let orphans = "SELECT count(*) FROM sell_ords WHERE pos_id NOT IN (SELECT pos_id FROM poss)";
    assert_eq!(number(&database, orphans), 1);
}

#[test]
fn without_faults_there_are_none() {
    let (_directory, report) = made(&SampleOptions {
        faults: false,
        ..small()
    });
    assert_eq!(report.faults, []);
    let database = open(&report.database);
    assert!(!columns_of(&database, "poss").contains(&"legacy_note".to_owned()));
    for table in tables() {
        for column in &table.columns {
            let (name, column_name) = (table.name, column.name);
            let odd = match column.kind {
                kind if kind.characters_max().is_some() => {
                    format!("length({column_name}) > {}", kind.characters_max().unwrap())
                }
                cbtrade_catalog::ColumnKind::Timestamp => {
                    format!(
                        "{column_name} NOT GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9]'"
                    )
                }
                cbtrade_catalog::ColumnKind::Decimal { .. } => {
                    format!("typeof({column_name}) NOT IN ('real', 'null')")
                }
                cbtrade_catalog::ColumnKind::Text => continue,
                _ => format!("typeof({column_name}) NOT IN ('integer', 'null')"),
            };
            let sql = format!("SELECT count(*) FROM {name} WHERE {odd}");
            assert_eq!(number(&database, &sql), 0, "{name}.{column_name}");
        }
    }
    let tiny = "SELECT count(*) FROM mkts WHERE prc < 1e-6";
    assert_eq!(number(&database, tiny), 0);
}

#[test]
fn sizes_are_as_asked() {
    let options = SampleOptions {
        positions: 0,
        candles_per_product: 0,
        products: 1,
        ..small()
    };
    let (_directory, report) = made(&options);
    assert_eq!(report.candle_files.len(), 1);
    let rows = |table: &str| {
        report
            .tables
            .iter()
            .find(|counted| counted.table == table)
            .unwrap()
            .rows
    };
    assert_eq!((rows("poss"), rows("mkts"), rows("ohlcv")), (0, 1, 0));
    let (_directory, report) = made(&SampleOptions {
        positions: 41,
        products: 14,
        ..small()
    });
    let rows = |table: &str| {
        report
            .tables
            .iter()
            .find(|counted| counted.table == table)
            .unwrap()
            .rows
    };
    assert_eq!(
        (rows("poss"), rows("mkts"), report.candle_files.len()),
        (41, 14, 14)
    );
}

#[test]
fn what_cannot_be_made_is_refused_before_anything_is_written() {
    let directory = TempDir::new().unwrap();
    let inside = directory.path().join("new");
    for options in [
        SampleOptions {
            products: 0,
            ..small()
        },
        SampleOptions {
            products: 101,
            ..small()
        },
        SampleOptions {
            end: Timestamp::EPOCH,
            ..small()
        },
        SampleOptions {
            candles_per_product: u32::MAX,
            ..small()
        },
    ] {
        let error = make_sample(&inside, &options).unwrap_err();
        assert!(
            matches!(error, Error::Option { .. } | Error::TooManyCandles { .. }),
            "{error}"
        );
        assert!(!inside.exists());
    }
    fs::write(directory.path().join("precious"), "keep").unwrap();
    let error = make_sample(directory.path(), &small()).unwrap_err();
    assert!(matches!(error, Error::NotEmpty { .. }), "{error}");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}
