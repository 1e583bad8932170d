//! Servers with odd settings, which every session inherits.

use cbtrade_mysql::{Session, SessionOptions};
use cbtrade_testkit::{Flavour, TestServer};

use crate::Bench;

/// Groups of global settings that a session inherits and that could change or hide values. A mode stands for itself,
/// because the server has only one at a time.
fn odd_settings(flavour: Flavour) -> Vec<Vec<&'static str>> {
    let mut groups = vec![
        vec!["sql_mode = ''"],
        vec!["sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,IGNORE_SPACE'"],
        vec!["sql_select_limit = 100"],
    ];
    let mut values = vec![
        "time_zone = '+05:30'",
        "autocommit = OFF",
        "innodb_strict_mode = OFF",
        "character_set_server = 'latin1'",
        "collation_connection = 'utf8mb4_general_ci'",
        "max_sort_length = 64",
        "group_concat_max_len = 4",
        "max_error_count = 0",
        "max_join_size = 50",
        "sql_auto_is_null = ON",
        "auto_increment_increment = 7",
        "div_precision_increment = 0",
    ];
    let mut statements = vec![
        "default_storage_engine = 'MyISAM'",
        "foreign_key_checks = OFF",
        "unique_checks = OFF",
        "updatable_views_with_limit = NO",
        "innodb_lock_wait_timeout = 1",
        "lock_wait_timeout = 1",
        "wait_timeout = 1",
        "sql_safe_updates = ON",
        "low_priority_updates = ON",
    ];
    match flavour {
        Flavour::MariaDb => {
            groups.push(vec!["sql_mode = 'PAD_CHAR_TO_FULL_LENGTH'"]);
            groups.push(vec!["sql_mode = 'ORACLE'"]);
            groups.push(vec!["sql_mode = 'MSSQL'"]);
            values.extend(["old_mode = ''", "column_compression_threshold = 1"]);
            statements.extend(["tx_read_only = ON", "sql_if_exists = ON"]);
        }
        Flavour::MySql => {
            groups.push(vec!["sql_require_primary_key = ON"]);
            groups.push(vec!["sql_generate_invisible_primary_key = ON"]);
            values.push("show_create_table_verbosity = ON");
            statements.push("transaction_read_only = ON");
        }
    }
    groups.extend([values, statements]);
    groups
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_settings_of_the_server_change_nothing() {
    let bench = Bench::new(1000);
    for flavour in TestServer::flavours() {
        let server = TestServer::with_options(flavour, &[]);
        let reference = bench.reference(&server).await;
        let mut wrong = Vec::new();
        for group in odd_settings(flavour) {
            bench.begin(&server);
            let mut restore = Vec::new();
            for setting in &group {
                restore.push(set(&server, setting).await);
            }
            let outcome = bench
                .outcome(&server, &server.root_target(), &reference)
                .await;
            for statement in restore {
                server.run_sql(&[&statement]);
            }
            match outcome {
                Ok(outcome) => eprintln!("{flavour:?}: {group:?}: {outcome:?}"),
                Err(why) => wrong.push(format!("{group:?}: {why}")),
            }
        }
        assert!(wrong.is_empty(), "{flavour:?}: {wrong:#?}");
    }
}

/// Changes a global setting; returns the statement that puts it back.
async fn set(server: &TestServer, setting: &str) -> String {
    let (name, _) = setting.split_once(' ').unwrap();
    let mut session = Session::open(&server.root_target(), &SessionOptions::default())
        .await
        .unwrap();
    let before: Vec<Option<String>> = session
        .query(&format!("SELECT CAST(@@GLOBAL.{name} AS CHAR)"))
        .await
        .unwrap_or_else(|error| panic!("{setting}: {error:?}"));
    session
        .execute(&format!("SET GLOBAL {setting}"))
        .await
        .unwrap_or_else(|error| panic!("{setting}: {error:?}"));
    session.close().await;
    let before = before.into_iter().next().flatten().unwrap_or_default();
    let value = if before.parse::<f64>().is_ok() {
        before
    } else {
        format!("'{before}'")
    };
    format!("SET GLOBAL {name} = {value}")
}
