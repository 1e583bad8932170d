//! The catalogue's statements on real servers: the tables they make and what their triggers do.
#![cfg(test)]

use cbtrade_catalog::{
    Column, ColumnKind, DefaultValue, TEXT_COLLATION, Table, candle_table, candle_table_name,
    mysql_create_table, mysql_triggers, tables,
};
use cbtrade_mysql::mysql_async::Row;
use cbtrade_mysql::{Session, SessionOptions};
use cbtrade_testkit::{Flavour, TestServer};

/// A database with every table of the catalogue and one candle table.
struct Trial {
    session: Session,
    flavour: Flavour,
    database: String,
}

/// When things happen, in seconds since 1970: 2025-10-09 08:53:20, and ten minutes later.
const NOW: i64 = 1_760_000_000;
const LATER: i64 = NOW + 600;
const CANDLES: &str = "ohlcv_BTC_USDC";

impl Trial {
    async fn begin(flavour: Flavour) -> Self {
        let server = TestServer::shared(flavour);
        let target = server.new_database("catalog");
        let session = Session::open(&target, &SessionOptions::default())
            .await
            .unwrap();
        let mut trial = Self {
            session,
            flavour,
            database: String::new(),
        };
        trial.database = trial.text("SELECT database()").await;
        for table in tables() {
            trial.make(table, table.name).await;
        }
        assert_eq!(candle_table_name("BTC-USDC").as_deref(), Some(CANDLES));
        trial.make(candle_table(), CANDLES).await;
        trial.at(NOW).await;
        trial
    }

    async fn make(&mut self, table: &Table, name: &str) {
        self.run(&mysql_create_table(table, name)).await;
        for (_, sql) in mysql_triggers(table, name) {
            self.run(&sql).await;
        }
    }

    async fn at(&mut self, seconds: i64) {
        self.run(&format!("SET timestamp = {seconds}")).await;
    }

    async fn run(&mut self, sql: &str) {
        let ran = self.session.execute(sql).await;
        ran.unwrap_or_else(|error| panic!("{} refuses: {error:?}\n{sql}", self.flavour));
    }

    async fn rows(&mut self, sql: &str) -> Vec<Row> {
        self.session
            .query(sql)
            .await
            .unwrap_or_else(|error| panic!("{error:?}\n{sql}"))
    }

    /// The first row, its values joined by commas; NULL as `-`.
    async fn text(&mut self, sql: &str) -> String {
        let rows = self.rows(sql).await;
        let row = rows
            .into_iter()
            .next()
            .unwrap_or_else(|| panic!("no row: {sql}"));
        texts(row).join(", ")
    }
}

fn texts(row: Row) -> Vec<String> {
    use cbtrade_mysql::mysql_async::Value;
    let show = |value: Value| match value {
        Value::NULL => "-".to_owned(),
        Value::Bytes(bytes) => String::from_utf8(bytes).unwrap(),
        other => other.as_sql(true),
    };
    row.unwrap().into_iter().map(show).collect()
}

#[tokio::test]
async fn the_tables_are_made_as_the_catalogue_says() {
    for flavour in TestServer::flavours() {
        let mut trial = Trial::begin(flavour).await;
        for table in tables().iter().chain([candle_table()]) {
            let name = if table.candle_fill {
                CANDLES
            } else {
                table.name
            };
            check_columns(&mut trial, table, name).await;
            check_keys(&mut trial, table, name).await;
        }
    }
}

async fn check_columns(trial: &mut Trial, table: &Table, name: &str) {
    let sql = format!(
        "SELECT column_name, data_type, is_nullable, column_default, extra, character_maximum_length, \
         numeric_precision, numeric_scale, collation_name FROM information_schema.columns \
         WHERE table_schema = '{}' AND table_name = '{name}' ORDER BY ordinal_position",
        trial.database
    );
    let rows = trial.rows(&sql).await;
    assert_eq!(rows.len(), table.columns.len(), "{name}");
    for (row, column) in rows.into_iter().zip(&table.columns) {
        check_column(&texts(row), name, column);
    }
}

fn check_column(found: &[String], table: &str, column: &Column) {
    let place = format!("{table}.{}", column.name);
    assert_eq!(found[0], column.name);
    assert_eq!(found[2] == "YES", column.nullable, "{place}");
    let kind = match column.kind {
        ColumnKind::TinyInt => "tinyint",
        ColumnKind::Int => "int",
        ColumnKind::BigInt => "bigint",
        ColumnKind::Decimal { precision, scale } => {
            assert_eq!(
                found[6..8],
                [precision.to_string(), scale.to_string()],
                "{place}"
            );
            "decimal"
        }
        ColumnKind::Varchar(_) => "varchar",
        ColumnKind::Char(_) => "char",
        ColumnKind::Text => "text",
        ColumnKind::Timestamp => "timestamp",
    };
    assert_eq!(found[1], kind, "{place}");
    if let Some(characters) = column.kind.characters_max() {
        assert_eq!(found[5], characters.to_string(), "{place}");
    }
    assert_eq!(
        found[8],
        if column.kind.is_text() {
            TEXT_COLLATION
        } else {
            "-"
        },
        "{place}"
    );
    // MariaDB quotes literals, writes NULL as a word and calls with parentheses; MySQL does neither.
    let default = found[3].to_lowercase().replace(['\'', '(', ')'], "");
    match column.default {
        None => assert!(
            ["-", "null"].contains(&default.as_str()),
            "{place}: {default}"
        ),
        Some(DefaultValue::CurrentTimestamp) => assert_eq!(default, "current_timestamp", "{place}"),
        Some(DefaultValue::UnixTimestampNow) => assert_eq!(default, "unix_timestamp", "{place}"),
        Some(DefaultValue::Literal(literal)) => {
            let same_number =
                default.parse::<f64>().is_ok() && default.parse::<f64>() == literal.parse();
            assert!(
                same_number || default == literal.to_lowercase(),
                "{place}: {default}"
            );
        }
    }
    let extra = found[4].to_lowercase();
    assert_eq!(
        extra.contains("auto_increment"),
        column.auto_increment,
        "{place}"
    );
    assert_eq!(
        extra.contains("on update current_timestamp"),
        column.on_update_now,
        "{place}"
    );
}

async fn check_keys(trial: &mut Trial, table: &Table, name: &str) {
    let sql = format!(
        "SELECT index_name, non_unique, group_concat(column_name ORDER BY seq_in_index) \
         FROM information_schema.statistics WHERE table_schema = '{}' AND table_name = '{name}' \
         GROUP BY index_name, non_unique",
        trial.database
    );
    let mut found: Vec<Vec<String>> = trial.rows(&sql).await.into_iter().map(texts).collect();
    let key = |name: &str, unique: bool, columns: &[&str]| {
        vec![
            name.to_owned(),
            i32::from(!unique).to_string(),
            columns.join(","),
        ]
    };
    let mut wanted = Vec::new();
    if !table.primary_key.is_empty() {
        wanted.push(key("PRIMARY", true, &table.primary_key));
    }
    wanted.extend(
        table
            .unique_keys
            .iter()
            .map(|unique| key(unique.name, true, &unique.columns)),
    );
    wanted.extend(
        table
            .indexes
            .iter()
            .map(|index| key(index.name, false, &index.columns)),
    );
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted, "{name}");
}

#[tokio::test]
async fn on_insert_the_date_wins_and_no_date_gives_zero() {
    for flavour in TestServer::flavours() {
        let mut trial = Trial::begin(flavour).await;
        trial
            .run("INSERT INTO poss (pos_id, pos_begin_dttm, pos_begin_unix, pos_end_unix, check_last_unix) \
                  VALUES (1, '2025-01-01 00:00:00', 7, 8, 9)")
            .await;
        let sql = "SELECT pos_begin_unix, pos_end_unix, check_last_unix, add_unix, dlm, dlm_unix FROM poss";
        assert_eq!(
            trial.text(sql).await,
            "1735689600, 0, 9, 1760000000, 2025-10-09 08:53:20, 1760000000"
        );
        trial
            .run("INSERT INTO poss (pos_id, dlm, add_dttm) VALUES (2, '2020-01-01 00:00:00', NULL)")
            .await;
        let sql = "SELECT add_dttm, add_unix, dlm, dlm_unix FROM poss WHERE pos_id = 2";
        assert_eq!(
            trial.text(sql).await,
            "-, 0, 2020-01-01 00:00:00, 1577836800"
        );
    }
}

#[tokio::test]
async fn on_update_dlm_moves_unless_it_is_given() {
    for flavour in TestServer::flavours() {
        let mut trial = Trial::begin(flavour).await;
        let dlm = "SELECT dlm, dlm_unix FROM poss";
        trial
            .run("INSERT INTO poss (pos_id, bo_uuid, pos_stat) VALUES (1, 'a', 'OPEN')")
            .await;
        trial.at(LATER).await;
        trial
            .run("UPDATE poss SET pos_stat = 'CLOSE', dlm_unix = 5")
            .await;
        assert_eq!(trial.text(dlm).await, "2025-10-09 09:03:20, 1760000600");
        trial
            .run("UPDATE poss SET pos_stat = 'OPEN', dlm = '2020-01-01 00:00:00', dlm_unix = 5")
            .await;
        assert_eq!(trial.text(dlm).await, "2020-01-01 00:00:00, 1577836800");
        trial
            .run("UPDATE poss SET pos_stat = 'SELL', dlm = NULL")
            .await;
        assert_eq!(trial.text(dlm).await, "-, 0");
        trial
            .run("INSERT INTO poss (bo_uuid, pos_stat) VALUES ('a', 'ERR') ON DUPLICATE KEY UPDATE pos_stat = 'ERR'")
            .await;
        assert_eq!(trial.text(dlm).await, "2025-10-09 09:03:20, 1760000600");
        assert_eq!(trial.text("SELECT count(*) FROM poss").await, "1");
    }
}

#[tokio::test]
async fn an_update_that_changes_nothing_is_each_servers_own_affair() {
    for flavour in TestServer::flavours() {
        let mut trial = Trial::begin(flavour).await;
        trial
            .run("INSERT INTO poss (pos_id, pos_stat) VALUES (1, 'OPEN')")
            .await;
        trial.at(LATER).await;
        trial.run("UPDATE poss SET pos_stat = 'OPEN'").await;
        let expected = match flavour {
            Flavour::MariaDb => "2025-10-09 09:03:20, 1760000600",
            Flavour::MySql => "2025-10-09 08:53:20, 1760000000",
        };
        assert_eq!(
            trial.text("SELECT dlm, dlm_unix FROM poss").await,
            expected,
            "{flavour}"
        );
    }
}

#[tokio::test]
async fn add_unix_follows_updates_only_where_the_catalogue_says() {
    for flavour in TestServer::flavours() {
        let mut trial = Trial::begin(flavour).await;
        for (table, follows) in [
            ("bals", true),
            ("mkts", true),
            ("ords", true),
            ("currs", false),
            ("buy_ords", false),
            ("sell_ords", false),
            ("poss", false),
            ("trade_perfs", false),
        ] {
            let key = if table == "trade_perfs" {
                "(prod_id, lta) VALUES ('X', 'A')"
            } else {
                "() VALUES ()"
            };
            trial.run(&format!("INSERT INTO {table} {key}")).await;
            trial
                .run(&format!(
                    "UPDATE {table} SET add_dttm = '2020-01-01 00:00:00'"
                ))
                .await;
            let expected = match (table, follows) {
                ("trade_perfs", _) => "0",
                (_, true) => "1577836800",
                (_, false) => "1760000000",
            };
            assert_eq!(
                trial.text(&format!("SELECT add_unix FROM {table}")).await,
                expected,
                "{table}"
            );
        }
        let sql = "SELECT last_upd_unix, dlm_unix, needs_recalc_yn FROM trade_perfs";
        assert_eq!(trial.text(sql).await, "1760000000, 0, N");
    }
}

#[tokio::test]
async fn a_null_given_for_the_seconds_of_ords_stays() {
    for flavour in TestServer::flavours() {
        let mut trial = Trial::begin(flavour).await;
        let seconds = "SELECT dlm_unix FROM ords";
        trial
            .run("INSERT INTO ords (ord_id, dlm_unix) VALUES (1, NULL)")
            .await;
        assert_eq!(trial.text(seconds).await, "-");
        trial.run("UPDATE ords SET ord_bs = 'B'").await;
        assert_eq!(trial.text(seconds).await, "-");
        trial.run("UPDATE ords SET dlm_unix = 3").await;
        assert_eq!(trial.text(seconds).await, "1760000000");
        trial.run("UPDATE ords SET dlm_unix = NULL").await;
        assert_eq!(trial.text(seconds).await, "-");
    }
}

#[tokio::test]
async fn a_candle_has_its_blanks_filled_in_both_directions() {
    for flavour in TestServer::flavours() {
        let mut trial = Trial::begin(flavour).await;
        trial
            .run(
                "INSERT INTO ohlcv_BTC_USDC (timestamp, freq, start_dttm, end_unix, upd_unix) \
                  VALUES ('2025-01-01 00:00:00', '1min', '2025-01-01 00:00:00', 1735689659, 77)",
            )
            .await;
        let sql = "SELECT start_dttm, start_unix, end_dttm, end_unix, upd_dttm, upd_unix, dlm, dlm_unix \
                   FROM ohlcv_BTC_USDC";
        let filled = "2025-01-01 00:00:00, 1735689600, 2025-01-01 00:00:59, 1735689659, \
                      2025-10-09 08:53:20, 77, 2025-10-09 08:53:20, 1760000000";
        assert_eq!(trial.text(sql).await, filled);
        trial.at(LATER).await;
        trial.run("UPDATE ohlcv_BTC_USDC SET close = 1.5").await;
        let touched = "2025-01-01 00:00:00, 1735689600, 2025-01-01 00:00:59, 1735689659, \
                       2025-10-09 09:03:20, 77, 2025-10-09 09:03:20, 1760000000";
        assert_eq!(trial.text(sql).await, touched);
        trial.run("UPDATE ohlcv_BTC_USDC SET start_dttm = NULL, start_unix = 60, end_unix = 0, dlm_unix = NULL").await;
        let refilled = "1970-01-01 00:01:00, 60, 2025-01-01 00:00:59, 1735689659, \
                        2025-10-09 09:03:20, 77, 2025-10-09 09:03:20, -";
        assert_eq!(trial.text(sql).await, refilled);
    }
}

#[tokio::test]
async fn a_log_row_keeps_the_date_it_is_cleared_away_by() {
    for flavour in TestServer::flavours() {
        let mut trial = Trial::begin(flavour).await;
        trial
            .run("INSERT INTO buy_decisions (buy_dec_id) VALUES (1)")
            .await;
        trial
            .run("INSERT INTO buy_signals (signal_id) VALUES (1)")
            .await;
        trial.at(LATER).await;
        trial.run("UPDATE buy_decisions SET prod_id = 'X'").await;
        trial.run("UPDATE buy_signals SET prod_id = 'X'").await;
        assert_eq!(
            trial.text("SELECT dlm FROM buy_decisions").await,
            "2025-10-09 08:53:20"
        );
        assert_eq!(
            trial.text("SELECT dlm FROM buy_signals").await,
            "2025-10-09 09:03:20"
        );
    }
}

#[tokio::test]
async fn seconds_of_a_widened_date_are_not_rounded_up() {
    for flavour in TestServer::flavours() {
        let mut trial = Trial::begin(flavour).await;
        trial
            .run("ALTER TABLE poss MODIFY pos_begin_dttm DATETIME(6) NULL")
            .await;
        trial
            .run("INSERT INTO poss (pos_begin_dttm) VALUES ('2025-01-01 00:00:00.999999')")
            .await;
        assert_eq!(
            trial.text("SELECT pos_begin_unix FROM poss").await,
            "1735689600"
        );
        trial
            .run("UPDATE poss SET pos_begin_dttm = '2025-01-01 00:00:01.5'")
            .await;
        assert_eq!(
            trial.text("SELECT pos_begin_unix FROM poss").await,
            "1735689601"
        );
    }
}

#[tokio::test]
async fn text_compares_without_case_and_trailing_spaces() {
    for flavour in TestServer::flavours() {
        let mut trial = Trial::begin(flavour).await;
        trial
            .run("INSERT INTO poss (bo_uuid, pos_stat) VALUES ('a', 'OPEN')")
            .await;
        assert_eq!(
            trial
                .text("SELECT count(*) FROM poss WHERE pos_stat = 'open  '")
                .await,
            "1"
        );
        let refused = trial
            .session
            .execute("INSERT INTO poss (bo_uuid) VALUES ('A ')")
            .await;
        assert!(
            refused.is_err(),
            "a second bo_uuid that is equal but for its case"
        );
    }
}

/// The rows recorded from the original, or `None` with a word to the reader where this checkout
/// stands alone.
fn recorded_rows() -> Option<Vec<String>> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/cbtrade/golden/database/seed.sql");
    if !path.exists() {
        eprintln!(
            "skipped: the recorded rows (shared/cbtrade/golden/database/seed.sql) are not beside this checkout"
        );
        return None;
    }
    let text = std::fs::read_to_string(path)
        .unwrap()
        .replace("INTO cbtrade.", "INTO ")
        .replace("INTO ohlcv.", "INTO ");
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with("--") && !line.starts_with("SET "))
        .collect();
    let statements = lines.join("\n");
    Some(
        statements
            .split(";\n")
            .map(str::trim)
            .filter(|sql| !sql.is_empty())
            .map(str::to_owned)
            .collect(),
    )
}

/// The original's rows carry the seconds that its own triggers gave them.
#[tokio::test]
async fn the_triggers_leave_recorded_rows_as_they_are() {
    let Some(statements) = recorded_rows() else {
        return;
    };
    let (other_candles, no_triggers) = ("ohlcv_ETH_BTC", Vec::new());
    for flavour in TestServer::flavours() {
        let mut sums = Vec::new();
        for with_triggers in [false, true] {
            let mut trial = Trial::begin(flavour).await;
            trial.make(candle_table(), other_candles).await;
            let candles = [(candle_table(), CANDLES), (candle_table(), other_candles)];
            let all = tables()
                .iter()
                .map(|table| (table, table.name))
                .chain(candles);
            for (table, name) in all.clone() {
                let dropped = if with_triggers {
                    no_triggers.clone()
                } else {
                    mysql_triggers(table, name)
                };
                for (trigger, _) in dropped {
                    trial.run(&format!("DROP TRIGGER {trigger}")).await;
                }
            }
            for sql in &statements {
                trial.run(sql).await;
            }
            let mut sum = Vec::new();
            for (_, name) in all {
                let checksum = trial
                    .rows(&format!("CHECKSUM TABLE {name}"))
                    .await
                    .remove(0);
                sum.push((name, texts(checksum)[1].clone()));
            }
            sums.push(sum);
            let rows = trial
                .text("SELECT (SELECT count(*) FROM poss), (SELECT count(*) FROM ohlcv_BTC_USDC)")
                .await;
            assert_eq!(rows, "400, 2010");
        }
        assert_eq!(sums[0], sums[1], "{flavour}");
    }
}
