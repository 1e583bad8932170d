//! Servers with odd settings, which every session inherits.

use cbtrade_mysql::{Session, SessionOptions};
use cbtrade_testkit::{Flavour, TestServer};

use crate::Bench;

/// Global settings that a session inherits and that could change or hide values.
fn odd_settings(flavour: Flavour) -> Vec<&'static str> {
    let mut settings = vec![
        "sql_mode = ''",
        "sql_mode = 'ANSI'",
        "sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,IGNORE_SPACE'",
        "sql_mode = 'PAD_CHAR_TO_FULL_LENGTH'",
        "time_zone = '+05:30'",
        "autocommit = OFF",
        "default_storage_engine = 'MyISAM'",
        "innodb_strict_mode = OFF",
        "character_set_server = 'latin1'",
        "collation_connection = 'utf8mb4_general_ci'",
        "max_sort_length = 64",
        "group_concat_max_len = 4",
        "sql_select_limit = 100",
        "max_error_count = 0",
        "sql_big_selects = OFF",
        "max_join_size = 50",
        "foreign_key_checks = OFF",
        "unique_checks = OFF",
        "updatable_views_with_limit = NO",
        "transaction_isolation = 'READ-UNCOMMITTED'",
        "innodb_lock_wait_timeout = 1",
        "wait_timeout = 1",
        "sql_safe_updates = ON",
        "sql_auto_is_null = ON",
        "low_priority_updates = ON",
        "auto_increment_increment = 7",
        "div_precision_increment = 0",
        "lock_wait_timeout = 1",
    ];
    match flavour {
        Flavour::MariaDb => settings.extend([
            "sql_mode = 'ORACLE'",
            "sql_mode = 'MSSQL'",
            "max_statement_time = 0.001",
            "tx_read_only = ON",
            "old_mode = ''",
            "default_regex_flags = 'DOTALL'",
            "sql_if_exists = ON",
            "column_compression_threshold = 1",
            "system_versioning_alter_history = KEEP",
        ]),
        Flavour::MySql => settings.extend([
            "sql_require_primary_key = ON",
            "sql_generate_invisible_primary_key = ON",
            "transaction_read_only = ON",
            "max_execution_time = 1",
            "default_collation_for_utf8mb4 = 'utf8mb4_general_ci'",
            "show_create_table_verbosity = ON",
            "print_identified_with_as_hex = ON",
            "windowing_use_high_precision = OFF",
        ]),
    }
    settings
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_settings_of_the_server_change_nothing() {
    let bench = Bench::new(1000);
    for flavour in TestServer::flavours() {
        let server = TestServer::with_options(flavour, &[]);
        let reference = bench.reference(&server).await;
        let mut wrong = Vec::new();
        for setting in odd_settings(flavour) {
            bench.begin(&server);
            let Some(restore) = set(&server, setting).await else {
                eprintln!("{flavour:?}: this version does not take {setting}");
                continue;
            };
            let outcome = bench
                .outcome(&server, &server.root_target(), &reference)
                .await;
            server.run_sql(&[&restore]);
            match outcome {
                Ok(outcome) => eprintln!("{flavour:?}: {setting}: {outcome:?}"),
                Err(why) => wrong.push(format!("{setting}: {why}")),
            }
        }
        assert!(wrong.is_empty(), "{flavour:?}: {wrong:#?}");
    }
}

/// Changes a global setting; returns the statement that puts it back, or `None` where the server refuses.
async fn set(server: &TestServer, setting: &str) -> Option<String> {
    let (name, _) = setting.split_once(' ').unwrap();
    let mut session = Session::open(&server.root_target(), &SessionOptions::default())
        .await
        .unwrap();
    let before: Vec<Option<String>> = session
        .query(&format!("SELECT CAST(@@GLOBAL.{name} AS CHAR)"))
        .await
        .ok()?;
    let changed = session.execute(&format!("SET GLOBAL {setting}")).await;
    session.close().await;
    changed.ok()?;
    let before = before.into_iter().next().flatten().unwrap_or_default();
    let value = if before.parse::<f64>().is_ok() {
        before
    } else {
        format!("'{before}'")
    };
    Some(format!("SET GLOBAL {name} = {value}"))
}
