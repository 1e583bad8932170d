//! The session contract: which session variables are set, and how they are compared when read back.

use std::collections::BTreeSet;

use crate::capabilities::Product;
use crate::session::{Isolation, SessionOptions};

/// The `sql_mode` of every session: all that makes a wrong value an error, id 0 stays 0, and nothing else.
/// That nothing else is set is asserted too; `quote_text` relies on it (no `NO_BACKSLASH_ESCAPES`).
const SQL_MODE: &str = "STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,\
                        ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION";

/// How a value read back is compared with the one set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// The same text, letter case aside.
    Text,
    /// The same number; `ON` is 1 and `OFF` is 0.
    Number,
    /// The same comma-separated words in any order.
    Set,
}

/// One session variable of the contract.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    /// The value as text, as `SHOW VARIABLES` gives it.
    pub(crate) value: String,
    pub(crate) comparison: Comparison,
    /// Whether it may be absent from a server (and is then left out).
    pub(crate) optional: bool,
}

impl Setting {
    /// The value as an SQL literal.
    pub(crate) fn literal(&self) -> String {
        match self.comparison {
            Comparison::Number => self.value.clone(),
            Comparison::Text | Comparison::Set => crate::quote_text(&self.value),
        }
    }

    /// Whether a value read back is the one wanted.
    pub(crate) fn is_met_by(&self, found: &str) -> bool {
        match self.comparison {
            Comparison::Text => found.eq_ignore_ascii_case(&self.value),
            Comparison::Number => number(found).is_some() && number(found) == number(&self.value),
            Comparison::Set => words(found) == words(&self.value),
        }
    }
}

fn number(text: &str) -> Option<u64> {
    // MariaDB writes max_statement_time as 0.000000.
    let whole = match text.split_once('.') {
        Some((whole, zeros)) if zeros.bytes().all(|digit| digit == b'0') => whole,
        Some(_) => return None,
        None => text,
    };
    match whole.to_ascii_uppercase().as_str() {
        "ON" => Some(1),
        "OFF" => Some(0),
        digits => digits.parse().ok(),
    }
}

fn words(text: &str) -> BTreeSet<String> {
    text.split(',')
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_uppercase)
        .collect()
}

/// The contract for a product, in the order in which it is set.
pub(crate) fn settings(product: Product, tidb: bool, options: &SessionOptions) -> Vec<Setting> {
    let text = |name, value: &str| Setting {
        name,
        value: value.to_owned(),
        comparison: Comparison::Text,
        optional: false,
    };
    let number = |name, value: u64| Setting {
        name,
        value: value.to_string(),
        comparison: Comparison::Number,
        optional: false,
    };
    let isolation = match options.isolation {
        Isolation::ReadCommitted => "READ-COMMITTED",
        Isolation::RepeatableRead => "REPEATABLE-READ",
    };
    let mut settings = vec![
        Setting {
            name: "sql_mode",
            value: SQL_MODE.to_owned(),
            comparison: Comparison::Set,
            optional: false,
        },
        text("time_zone", "+00:00"),
        text("character_set_client", "utf8mb4"),
        text("character_set_connection", "utf8mb4"),
        text("character_set_results", "utf8mb4"),
        text("collation_connection", "utf8mb4_bin"),
        number("autocommit", 1),
        number(
            "innodb_lock_wait_timeout",
            u64::from(options.row_lock_wait_s),
        ),
        number("lock_wait_timeout", u64::from(options.table_lock_wait_s)),
        number("net_read_timeout", u64::from(options.net_timeout_s)),
        number("net_write_timeout", u64::from(options.net_timeout_s)),
        number("wait_timeout", u64::from(options.idle_timeout_s)),
        number("max_sort_length", 4096),
        // Notes are kept: rounding a decimal is only a note, and a note about a value is a change of it.
        number("sql_notes", 1),
        number("sql_warnings", 0),
        number("foreign_key_checks", 1),
        number("unique_checks", 1),
        number("sql_safe_updates", 0),
        // A global limit would cut every reading short without a word.
        number("sql_select_limit", u64::MAX),
        number("sql_big_selects", 1),
        number("sql_auto_is_null", 0),
        text("completion_type", "NO_CHAIN"),
        text("default_storage_engine", "InnoDB"),
    ];
    // The variable was renamed; MariaDB 10.11 has only the old name, MySQL 8 only the new one.
    let (isolation_name, read_only_name) = match product {
        Product::MariaDb => ("tx_isolation", "tx_read_only"),
        Product::MySql => ("transaction_isolation", "transaction_read_only"),
    };
    settings.push(text(isolation_name, isolation));
    settings.push(number(read_only_name, u64::from(options.read_only)));
    match product {
        Product::MariaDb => {
            settings.push(Setting {
                optional: true,
                ..number("innodb_snapshot_isolation", 1)
            });
            settings.push(number("max_statement_time", 0));
        }
        Product::MySql => settings.push(number("max_execution_time", 0)),
    }
    if tidb {
        // It lacks some of InnoDB's and the optimizer's variables; the rest is held to.
        for setting in &mut settings {
            setting.optional = !matches!(setting.name, "sql_mode" | "time_zone" | "autocommit");
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_by_meaning() {
        let setting = |value: &str, comparison| Setting {
            name: "x",
            value: value.to_owned(),
            comparison,
            optional: false,
        };
        assert!(setting("1", Comparison::Number).is_met_by("ON"));
        assert!(setting("0", Comparison::Number).is_met_by("0.000000"));
        assert!(!setting("1", Comparison::Number).is_met_by("1.5"));
        assert!(!setting("1", Comparison::Number).is_met_by(""));
        assert!(setting("a,b", Comparison::Set).is_met_by("B,A"));
        assert!(!setting("a,b", Comparison::Set).is_met_by("A,B,NO_BACKSLASH_ESCAPES"));
        assert!(setting("innodb", Comparison::Text).is_met_by("InnoDB"));
    }
}
