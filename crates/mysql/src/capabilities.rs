//! What a server is and what it can do, found out at connect and never assumed.

use std::collections::HashMap;

/// The family of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Product {
    /// MariaDB.
    MariaDb,
    /// MySQL, or a server that speaks as one (TiDB: see [`Capabilities::tidb`]).
    MySql,
}

impl std::fmt::Display for Product {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Product::MariaDb => "MariaDB",
            Product::MySql => "MySQL",
        })
    }
}

/// Oldest MySQL that CBTrade runs on: expression defaults, enforced from then on.
const MYSQL_MIN: (u16, u16, u16) = (8, 0, 13);
/// Oldest MariaDB that CBTrade runs on: the oldest long-term release of its time.
const MARIADB_MIN: (u16, u16, u16) = (10, 11, 0);

/// Why a server cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooOld {
    /// MySQL before 8.0.13.
    #[error("it is MySQL {version}, and MySQL 8.0.13 or later is needed")]
    MySql {
        /// The version as the server writes it.
        version: String,
    },
    /// MariaDB before 10.11.
    #[error("it is MariaDB {version}, and MariaDB 10.11 or later is needed")]
    MariaDb {
        /// The version as the server writes it.
        version: String,
    },
    /// A server whose version text is not one of either.
    #[error(
        "it calls itself {version:?}, which is neither MySQL 8.0.13 or later nor MariaDB 10.11 or later"
    )]
    Unknown {
        /// The version as the server writes it.
        version: String,
    },
}

/// A setting of the server that can lose or harm data, for `doctor` to name.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct UnsafeSetting {
    /// The system variable.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The value that is safe.
    pub wanted: String,
    /// What may happen with the present value.
    pub why: String,
}

/// What a server is and can do. Versions decide only what no question can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// MariaDB or MySQL.
    pub product: Product,
    /// Whether it is TiDB behind MySQL's protocol.
    pub tidb: bool,
    /// Major, minor, patch.
    pub version: (u16, u16, u16),
    /// The version as the server writes it.
    pub version_text: String,
    /// Largest packet that the server takes from a client, in bytes.
    pub max_allowed_packet: u64,
    /// 0: table names are case-sensitive; 1: stored in lower case; 2: compared in lower case.
    pub lower_case_table_names: u8,
    /// InnoDB's page size, in bytes; it bounds the size of a row and of a key.
    pub innodb_page_size: u32,
    /// Whether the server takes no writes (`read_only`, `super_read_only`, `innodb_read_only`).
    pub read_only: bool,
    /// Whether columns can be invisible.
    pub invisible_columns: bool,
    /// The collation that compares utf8mb4 by bytes and keeps trailing spaces apart, where there is one:
    /// `utf8mb4_0900_bin` or `utf8mb4_nopad_bin`.
    pub binary_no_pad_collation: Option<&'static str>,
    /// Whether `DESC` in an index is kept.
    pub descending_indexes: bool,
    /// Whether CHECK constraints are enforced.
    pub check_constraints: bool,
    /// Whether a default may be an expression.
    pub expression_defaults: bool,
    /// Whether the binary log is on.
    pub log_bin: bool,
    /// Whether a user without SUPER may create triggers and functions while the binary log is on.
    pub trust_function_creators: bool,
    /// Whether tables must have a primary key (`sql_require_primary_key`, `innodb_force_primary_key`).
    pub primary_key_required: bool,
    /// Whether `innodb_snapshot_isolation` exists; the contract then has it on.
    pub snapshot_isolation: bool,
    /// Settings that can lose or harm data.
    pub unsafe_settings: Vec<UnsafeSetting>,
}

/// The system variables that capabilities are read from, besides the version.
pub(crate) const VARIABLES: &[&str] = &[
    "innodb_checksum_algorithm",
    "innodb_doublewrite",
    "innodb_flush_log_at_trx_commit",
    "innodb_flush_method",
    "innodb_force_primary_key",
    "innodb_force_recovery",
    "innodb_page_size",
    "innodb_read_only",
    "innodb_snapshot_isolation",
    "log_bin",
    "log_bin_trust_function_creators",
    "lower_case_table_names",
    "max_allowed_packet",
    "read_only",
    "sql_require_primary_key",
    "super_read_only",
    "sync_binlog",
];

/// The collations to ask for, the wanted one of each family.
pub(crate) const NO_PAD_COLLATIONS: &[&str] = &["utf8mb4_0900_bin", "utf8mb4_nopad_bin"];

/// Which server it is, by `VERSION()` and `@@version_comment`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) product: Product,
    pub(crate) tidb: bool,
    pub(crate) version: (u16, u16, u16),
    pub(crate) version_text: String,
}

impl Identity {
    pub(crate) fn read(version_text: &str, comment: &str) -> Result<Identity, TooOld> {
        let version_text = version_text.to_owned();
        let unknown = || TooOld::Unknown {
            version: version_text.clone(),
        };
        let lower = version_text.to_ascii_lowercase();
        let tidb = lower.contains("-tidb-");
        let mariadb = lower.contains("mariadb") || comment.to_ascii_lowercase().contains("mariadb");
        // Old MariaDB put "5.5.5-" before its own version so that old replicas would talk to it.
        let digits = if mariadb {
            lower.strip_prefix("5.5.5-").unwrap_or(&lower)
        } else {
            &lower
        };
        let version = parse_version(digits).ok_or_else(unknown)?;
        let product = if mariadb {
            Product::MariaDb
        } else {
            Product::MySql
        };
        let identity = Identity {
            product,
            tidb,
            version,
            version_text: version_text.clone(),
        };
        match product {
            // TiDB writes the MySQL version it imitates, 8.0.11, and has what 8.0.13 brought.
            Product::MySql if tidb && version >= (8, 0, 0) => Ok(identity),
            Product::MySql if version < MYSQL_MIN => Err(TooOld::MySql {
                version: version_text,
            }),
            Product::MariaDb if version < MARIADB_MIN => Err(TooOld::MariaDb {
                version: version_text,
            }),
            Product::MySql | Product::MariaDb => Ok(identity),
        }
    }
}

fn parse_version(text: &str) -> Option<(u16, u16, u16)> {
    let numbers = text
        .split(|character: char| !character.is_ascii_digit() && character != '.')
        .next()?;
    let mut parts = numbers.split('.').map(|part| part.parse::<u16>().ok());
    Some((
        parts.next()??,
        parts.next()??,
        parts.next().flatten().unwrap_or(0),
    ))
}

impl Capabilities {
    /// Puts together what was read from the server.
    pub(crate) fn new(
        identity: Identity,
        variables: &HashMap<String, String>,
        collations: &[String],
    ) -> Capabilities {
        let number = |name: &str| {
            variables
                .get(name)
                .and_then(|value| value.parse::<u64>().ok())
        };
        let on = |name: &str| variables.get(name).is_some_and(|value| is_on(value));
        let mariadb = identity.product == Product::MariaDb;
        let version = identity.version;
        let mysql_since = |since: (u16, u16, u16)| !mariadb && !identity.tidb && version >= since;
        Capabilities {
            max_allowed_packet: number("max_allowed_packet").unwrap_or(1 << 20),
            lower_case_table_names: number("lower_case_table_names")
                .and_then(|value| u8::try_from(value).ok())
                .unwrap_or(0),
            innodb_page_size: number("innodb_page_size")
                .and_then(|value| u32::try_from(value).ok())
                .unwrap_or(16_384),
            read_only: on("read_only") || on("super_read_only") || on("innodb_read_only"),
            invisible_columns: mariadb || mysql_since((8, 0, 23)),
            binary_no_pad_collation: NO_PAD_COLLATIONS
                .iter()
                .copied()
                .find(|wanted| collations.iter().any(|found| found == wanted)),
            descending_indexes: mysql_since((8, 0, 0)) || mariadb,
            check_constraints: mariadb || mysql_since((8, 0, 16)),
            expression_defaults: true,
            log_bin: on("log_bin"),
            trust_function_creators: on("log_bin_trust_function_creators"),
            primary_key_required: on("sql_require_primary_key") || on("innodb_force_primary_key"),
            snapshot_isolation: variables.contains_key("innodb_snapshot_isolation"),
            unsafe_settings: unsafe_settings(variables),
            product: identity.product,
            tidb: identity.tidb,
            version,
            version_text: identity.version_text,
        }
    }
}

/// Whether a system variable's text means "on"; `read_only` has further values in newer MariaDB.
fn is_on(value: &str) -> bool {
    !matches!(
        value.to_ascii_uppercase().as_str(),
        "" | "OFF" | "0" | "FALSE"
    )
}

/// One rule about a durable setting: the values that are safe, and what happens with any other.
struct Rule {
    name: &'static str,
    safe: &'static [&'static str],
    why: &'static str,
    only_with_binlog: bool,
}

const RULES: &[Rule] = &[
    Rule {
        name: "innodb_flush_log_at_trx_commit",
        safe: &["1", "3"],
        why: "a commit that was acknowledged can be lost when the machine or the server crashes",
        only_with_binlog: false,
    },
    Rule {
        name: "sync_binlog",
        safe: &["1"],
        why: "after a crash of the machine the binary log can lack commits that the tables have, \
              so replicas and restores to a point in time differ",
        only_with_binlog: true,
    },
    Rule {
        name: "innodb_doublewrite",
        safe: &["ON", "1", "FAST", "DETECT_AND_RECOVER"],
        why: "a page half written in a crash cannot be repaired",
        only_with_binlog: false,
    },
    Rule {
        name: "innodb_force_recovery",
        safe: &["0"],
        why: "the server runs in rescue mode, where it may refuse writes or hide damage",
        only_with_binlog: false,
    },
];

fn unsafe_settings(variables: &HashMap<String, String>) -> Vec<UnsafeSetting> {
    let log_bin = variables.get("log_bin").is_some_and(|value| is_on(value));
    let mut found: Vec<UnsafeSetting> = RULES
        .iter()
        .filter(|rule| log_bin || !rule.only_with_binlog)
        .filter_map(|rule| {
            let value = variables.get(rule.name)?;
            let safe = rule
                .safe
                .iter()
                .any(|safe| value.eq_ignore_ascii_case(safe));
            (!safe).then(|| unsafe_setting(rule.name, value, rule.safe.first()?, rule.why))?
        })
        .collect();
    // Here the safe values are many and the unsafe ones few.
    for (name, bad, wanted, why) in [
        (
            "innodb_flush_method",
            &["nosync", "littlesync"][..],
            "fsync",
            "writes are never forced to the disk, so a crash of the machine can lose or tear anything",
        ),
        (
            "innodb_checksum_algorithm",
            &["none", "strict_none"][..],
            "crc32",
            "damaged pages are read as if they were sound",
        ),
    ] {
        if let Some(value) = variables.get(name)
            && bad.iter().any(|bad| value.eq_ignore_ascii_case(bad))
        {
            found.extend(unsafe_setting(name, value, wanted, why));
        }
    }
    found
}

fn unsafe_setting(name: &str, value: &str, wanted: &str, why: &str) -> Option<UnsafeSetting> {
    Some(UnsafeSetting {
        name: name.to_owned(),
        value: value.to_owned(),
        wanted: wanted.to_owned(),
        why: why.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(version: &str, comment: &str) -> Identity {
        Identity::read(version, comment).unwrap_or_else(|error| panic!("{version}: {error}"))
    }

    #[test]
    fn versions_that_will_do() {
        let maria = identity("10.11.19-MariaDB-0+deb12u1", "Debian 12");
        assert_eq!(
            (maria.product, maria.version),
            (Product::MariaDb, (10, 11, 19))
        );
        assert_eq!(identity("5.5.5-10.11.6-MariaDB", "").version, (10, 11, 6));
        assert_eq!(
            identity("11.8.2", "mariadb.org binary distribution").product,
            Product::MariaDb
        );
        let mysql = identity("8.0.13", "MySQL Community Server - GPL");
        assert_eq!(
            (mysql.product, mysql.version, mysql.tidb),
            (Product::MySql, (8, 0, 13), false)
        );
        assert_eq!(identity("9.7.0-0ubuntu1", "(Ubuntu)").version, (9, 7, 0));
        assert!(identity("8.0.11-TiDB-v7.5.1", "TiDB Server").tidb);
    }

    #[test]
    fn versions_that_will_not_do_are_named() {
        let error = |version: &str| Identity::read(version, "").unwrap_err();
        assert_eq!(
            error("8.0.12"),
            TooOld::MySql {
                version: "8.0.12".to_owned()
            }
        );
        assert_eq!(
            error("5.7.44-log"),
            TooOld::MySql {
                version: "5.7.44-log".to_owned()
            }
        );
        assert!(
            error("10.6.18-MariaDB")
                .to_string()
                .contains("MariaDB 10.6.18-MariaDB, and MariaDB 10.11")
        );
        assert!(matches!(error("5.7.25-TiDB-v5.0.0"), TooOld::MySql { .. }));
        assert!(matches!(error("nonsense"), TooOld::Unknown { .. }));
    }

    fn variables(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn unsafe_settings_are_named_with_what_is_wanted() {
        let found = unsafe_settings(&variables(&[
            ("innodb_flush_log_at_trx_commit", "2"),
            ("sync_binlog", "0"),
            ("log_bin", "ON"),
            ("innodb_doublewrite", "DETECT_ONLY"),
            ("innodb_flush_method", "nosync"),
        ]));
        let names: Vec<&str> = found.iter().map(|setting| setting.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "innodb_flush_log_at_trx_commit",
                "sync_binlog",
                "innodb_doublewrite",
                "innodb_flush_method"
            ]
        );
        assert_eq!(
            found.first().map(|setting| setting.wanted.as_str()),
            Some("1")
        );
        let without_binlog = variables(&[
            ("sync_binlog", "0"),
            ("log_bin", "OFF"),
            ("innodb_doublewrite", "ON"),
        ]);
        assert_eq!(unsafe_settings(&without_binlog), []);
    }

    #[test]
    fn a_read_only_server_is_seen_in_any_of_its_variables() {
        let capabilities = |pairs: &[(&str, &str)]| {
            Capabilities::new(
                identity("9.7.0", ""),
                &variables(pairs),
                &["utf8mb4_0900_bin".to_owned()],
            )
        };
        assert!(!capabilities(&[("read_only", "OFF"), ("super_read_only", "OFF")]).read_only);
        assert!(capabilities(&[("read_only", "OFF"), ("super_read_only", "ON")]).read_only);
        assert!(capabilities(&[("read_only", "NO_LOCK_NO_ADMIN")]).read_only);
        assert_eq!(
            capabilities(&[]).binary_no_pad_collation,
            Some("utf8mb4_0900_bin")
        );
    }
}
