//! The settings that a private server is started with, each asserted after the start by reading it back.
//!
//! | option | value | server | why |
//! |---|---|---|---|
//! | `character-set-server` | `utf8mb4` | both | any text that SQLite holds |
//! | `collation-server` | `utf8mb4_nopad_bin` | MariaDB | compares as SQLite does: by bytes, trailing spaces count |
//! | `collation-server` | `utf8mb4_0900_bin` | MySQL | compares as SQLite does: by bytes, trailing spaces count |
//! | `default-time-zone` | `+00:00` | both | no instant depends on the machine |
//! | `sql-mode` | `STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION` | both | wrong values are errors for every client |
//! | `explicit-defaults-for-timestamp` | `ON` | both | no timestamp column changes by itself |
//! | `lower-case-table-names` | `0` | both | names stay as written |
//! | `innodb-flush-log-at-trx-commit` | `1` | both | an acknowledged commit is on the disk |
//! | `innodb-doublewrite` | `ON` | both | a page half written in a crash can be repaired |
//! | `innodb-file-per-table` | `ON` | both | a dropped table gives its space back |
//! | `innodb-autoinc-lock-mode` | `2` | both | no table-wide lock for generated numbers |
//! | `innodb-lock-wait-timeout` | `10` | both | a waiting bot learns of it in seconds |
//! | `transaction-isolation` | `READ-COMMITTED` | both | fewer gap locks, so fewer deadlocks |
//! | `loose-innodb-snapshot-isolation` | `ON` | MariaDB | no lost update at REPEATABLE READ |
//! | `skip-log-bin` | `OFF` | both | no second log as long as nothing reads it |
//! | `sync-binlog` | `1` | both | safe at once if the binary log is switched on |
//! | `log-bin-trust-function-creators` | `ON` | both | owners of a database may make its triggers |
//! | `local-infile` | `OFF` | both | no client is asked for its files |
//! | `event-scheduler` | `OFF` | both | nothing happens by itself |
//! | `max-allowed-packet` | `1073741824` | both | any value that SQLite can hold |
//! | `performance-schema` | `OFF` | both | its memory is better used for pages |
//! | `secure-file-priv` | `NULL` | MySQL | no statement reads or writes files |
//! | `persisted-globals-load` | `OFF` | MySQL | no setting but these |
//! | `mysqlx` | `OFF` | MySQL | no second protocol, no second port |
//!
//! Besides these, decided at each start: `innodb-buffer-pool-size` (a quarter of the available memory, 128 MiB to
//! 4 GiB), the redo log's size (512 MiB, for bulk loading), `max-connections` (400; the server lowers it by itself
//! where it may open few files), the folders, and `skip-networking` or `port` on 127.0.0.1. On MariaDB
//! `secure-file-priv` is an empty folder of the server's own, because there it cannot be switched off.

use std::collections::{BTreeSet, HashMap};

use crate::flavour::Flavour;

/// A server's system variables as text.
pub(crate) type Variables = HashMap<String, String>;

/// One fixed setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The option's name, without dashes in front.
    pub option: &'static str,
    /// The value; for a `skip-` option the variable's value afterwards.
    pub value: &'static str,
    /// The system variable to read it back from; `None` where the server shows none.
    pub variable: Option<&'static str>,
    /// The server it is for; `None` for both.
    pub flavour: Option<Flavour>,
    /// Why.
    pub why: &'static str,
}

const fn both(
    option: &'static str,
    value: &'static str,
    variable: &'static str,
    why: &'static str,
) -> Setting {
    Setting {
        option,
        value,
        variable: Some(variable),
        flavour: None,
        why,
    }
}

/// The list, in the order of the module's table.
pub const SETTINGS: &[Setting] = &[
    both(
        "character-set-server",
        "utf8mb4",
        "character_set_server",
        "any text that SQLite holds",
    ),
    Setting {
        flavour: Some(Flavour::MariaDb),
        ..both(
            "collation-server",
            "utf8mb4_nopad_bin",
            "collation_server",
            LIKE_SQLITE,
        )
    },
    Setting {
        flavour: Some(Flavour::MySql),
        ..both(
            "collation-server",
            "utf8mb4_0900_bin",
            "collation_server",
            LIKE_SQLITE,
        )
    },
    both(
        "default-time-zone",
        "+00:00",
        "time_zone",
        "no instant depends on the machine",
    ),
    both(
        "sql-mode",
        SQL_MODE,
        "sql_mode",
        "wrong values are errors for every client",
    ),
    both(
        "explicit-defaults-for-timestamp",
        "ON",
        "explicit_defaults_for_timestamp",
        "no timestamp column changes by itself",
    ),
    both(
        "lower-case-table-names",
        "0",
        "lower_case_table_names",
        "names stay as written",
    ),
    both(
        "innodb-flush-log-at-trx-commit",
        "1",
        "innodb_flush_log_at_trx_commit",
        "an acknowledged commit is on the disk",
    ),
    both(
        "innodb-doublewrite",
        "ON",
        "innodb_doublewrite",
        "a page half written in a crash can be repaired",
    ),
    both(
        "innodb-file-per-table",
        "ON",
        "innodb_file_per_table",
        "a dropped table gives its space back",
    ),
    both(
        "innodb-autoinc-lock-mode",
        "2",
        "innodb_autoinc_lock_mode",
        "no table-wide lock for generated numbers",
    ),
    both(
        "innodb-lock-wait-timeout",
        "10",
        "innodb_lock_wait_timeout",
        "a waiting bot learns of it in seconds",
    ),
    both(
        "transaction-isolation",
        "READ-COMMITTED",
        "transaction_isolation",
        "fewer gap locks, so fewer deadlocks",
    ),
    Setting {
        flavour: Some(Flavour::MariaDb),
        ..both(
            "loose-innodb-snapshot-isolation",
            "ON",
            "innodb_snapshot_isolation",
            "no lost update at REPEATABLE READ",
        )
    },
    both(
        "skip-log-bin",
        "OFF",
        "log_bin",
        "no second log as long as nothing reads it",
    ),
    both(
        "sync-binlog",
        "1",
        "sync_binlog",
        "safe at once if the binary log is switched on",
    ),
    both(
        "log-bin-trust-function-creators",
        "ON",
        "log_bin_trust_function_creators",
        "owners of a database may make its triggers",
    ),
    both(
        "local-infile",
        "OFF",
        "local_infile",
        "no client is asked for its files",
    ),
    both(
        "event-scheduler",
        "OFF",
        "event_scheduler",
        "nothing happens by itself",
    ),
    both(
        "max-allowed-packet",
        "1073741824",
        "max_allowed_packet",
        "any value that SQLite can hold",
    ),
    both(
        "performance-schema",
        "OFF",
        "performance_schema",
        "its memory is better used for pages",
    ),
    Setting {
        flavour: Some(Flavour::MySql),
        ..both(
            "secure-file-priv",
            "NULL",
            "secure_file_priv",
            "no statement reads or writes files",
        )
    },
    Setting {
        flavour: Some(Flavour::MySql),
        ..both(
            "persisted-globals-load",
            "OFF",
            "persisted_globals_load",
            "no setting but these",
        )
    },
    Setting {
        option: "mysqlx",
        value: "OFF",
        variable: None,
        flavour: Some(Flavour::MySql),
        why: "no second protocol, no second port",
    },
];

const LIKE_SQLITE: &str = "compares as SQLite does: by bytes, trailing spaces count";
const SQL_MODE: &str = "STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,\
                        ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION";

impl Setting {
    /// The command line argument.
    pub(crate) fn argument(&self) -> String {
        match self.option.strip_prefix("skip-") {
            Some(_) if self.value == "OFF" || self.value == "ON" => format!("--{}", self.option),
            _ => format!("--{}={}", self.option, self.value),
        }
    }

    /// Whether it is for a server of this family.
    pub(crate) fn is_for(&self, flavour: Flavour) -> bool {
        self.flavour.is_none_or(|wanted| wanted == flavour)
    }

    /// The value read back, where it is not the one that was set. `loose-` settings may be absent.
    pub(crate) fn broken_by(&self, variables: &Variables) -> Option<String> {
        let name = self.variable?;
        let found = variables.get(name).or_else(|| {
            // MariaDB before 11.1 knows only the older name.
            (name == "transaction_isolation")
                .then(|| variables.get("tx_isolation"))
                .flatten()
        });
        match found {
            Some(found) if same(found, self.value) => None,
            Some(found) => Some(found.clone()),
            None if self.option.starts_with("loose-") => None,
            // MySQL shows a path that is switched off as NULL or as nothing.
            None => Some(String::new()).filter(|_| self.value != "NULL"),
        }
    }
}

/// The fixed settings of a family.
pub(crate) fn for_flavour(flavour: Flavour) -> impl Iterator<Item = &'static Setting> {
    SETTINGS
        .iter()
        .filter(move |setting| setting.is_for(flavour))
}

fn same(found: &str, wanted: &str) -> bool {
    let set =
        |text: &str| -> BTreeSet<String> { text.split(',').map(str::to_ascii_uppercase).collect() };
    let switch = |text: &str| match text {
        "1" => "ON".to_owned(),
        "0" => "OFF".to_owned(),
        // The event scheduler that cannot even be switched on is switched off.
        "DISABLED" => "OFF".to_owned(),
        other => other.to_ascii_uppercase(),
    };
    found == wanted || switch(found) == switch(wanted) || set(found) == set(wanted)
}

/// A quarter of the memory that is available, in whole steps of 128 MiB, at least one and at most 4 GiB.
pub(crate) fn buffer_pool_bytes() -> u64 {
    let available = std::fs::read_to_string("/proc/meminfo")
        .ok()
        .and_then(|text| available_bytes(&text));
    pool_of(available.unwrap_or(0))
}

const POOL_STEP: u64 = 128 << 20;

fn pool_of(available_bytes: u64) -> u64 {
    (available_bytes / 4 / POOL_STEP * POOL_STEP).clamp(POOL_STEP, 4 << 30)
}

fn available_bytes(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.split_whitespace()
        .next()?
        .parse::<u64>()
        .ok()?
        .checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_table_is_the_list() {
        let rows: Vec<String> = SETTINGS
            .iter()
            .map(|setting| {
                let server = setting
                    .flavour
                    .map_or("both".to_owned(), |flavour| flavour.to_string());
                format!(
                    "//! | `{}` | `{}` | {server} | {} |",
                    setting.option, setting.value, setting.why
                )
            })
            .collect();
        let documented: Vec<&str> = include_str!("settings.rs")
            .lines()
            .filter(|line| line.starts_with("//! | `"))
            .collect();
        assert_eq!(documented, rows);
    }

    #[test]
    fn a_quarter_of_the_memory_within_bounds() {
        assert_eq!(pool_of(0), 128 << 20);
        assert_eq!(pool_of(2 << 30), 512 << 20);
        assert_eq!(pool_of((2 << 30) - 1), 384 << 20);
        assert_eq!(pool_of(1 << 40), 4 << 30);
        assert_eq!(
            available_bytes("MemTotal: 9 kB\nMemAvailable:   2048 kB\n"),
            Some(2 << 20)
        );
    }

    #[test]
    fn values_read_back_are_compared_by_meaning() {
        assert!(same("1", "ON") && same("OFF", "0") && same("DISABLED", "OFF"));
        assert!(same("b,A", "a,b") && !same("a,b,c", "a,b"));
        assert!(!same("2", "1"));
    }
}
