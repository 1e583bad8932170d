//! Connecting to the target, and what is there already.

use cbtrade_mysql::{
    Backoff, Capabilities, Product, Session, SessionOptions, Target, with_backoff,
};
use cbtrade_schema::ServerRules;

use crate::error::Error;
use crate::ledger;
use crate::progress::{Event, Progress};

/// What the target's databases hold before a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetState {
    /// The databases are absent or empty.
    Empty,
    /// They hold this migration, at some stage.
    Ours {
        /// The migration's id.
        id: String,
    },
    /// They hold something else.
    Other {
        /// Some of it.
        found: Vec<String>,
    },
}

/// Longest time that one statement of a migration may take: an index over millions of rows is slow.
const STATEMENT_TIMEOUT_MS: u64 = 6 * 3_600_000;

/// Options of the sessions of a migration.
pub(crate) fn session_options() -> SessionOptions {
    SessionOptions {
        statement_timeout_ms: Some(STATEMENT_TIMEOUT_MS),
        net_timeout_s: 3600,
        statements_kept: 3,
        ..SessionOptions::default()
    }
}

/// Connects once; for the first contact, where waiting would only hide a wrong address.
pub(crate) async fn connect(target: &Target) -> Result<Session, Error> {
    Session::open(target, &session_options())
        .await
        .map_err(Error::server("the target server cannot be used"))
}

/// Connects again after a loss, with backoff, telling what it waits for.
pub(crate) async fn reconnect(target: &Target, progress: &dyn Progress) -> Result<Session, Error> {
    let options = session_options();
    // A server that recovers from a crash or is restarted is back within this.
    let backoff = Backoff {
        wait_ms_first: 50,
        wait_ms_max: 2_000,
        deadline_ms: 120_000,
    };
    with_backoff(
        &backoff,
        || Session::open(target, &options),
        |waiting| {
            progress.report(Event::Waiting(format!(
                "the server does not answer ({}); attempt {} after {:.0?}",
                waiting.error, waiting.attempt, waiting.waited
            )));
        },
    )
    .await
    .map_err(Error::server(
        "the connection to the target was lost and could not be had again",
    ))
}

/// The schema rules of a server.
pub(crate) fn server_rules(capabilities: &Capabilities) -> ServerRules {
    let collation = capabilities.binary_no_pad_collation;
    ServerRules {
        mariadb: capabilities.product == Product::MariaDb,
        binary_collation: collation.unwrap_or("utf8mb4_bin").to_owned(),
        binary_no_pad: collation.is_some(),
        invisible_columns: capabilities.invisible_columns,
        descending_indexes: capabilities.descending_indexes,
        index_bytes_max: match capabilities.innodb_page_size {
            4096 => 768,
            8192 => 1536,
            _ => 3072,
        },
        packet_bytes_max: capabilities.max_allowed_packet,
        table_names_fold_case: capabilities.lower_case_table_names != 0,
    }
}

/// What the target's databases hold.
pub(crate) async fn state(
    session: &mut Session,
    databases: &[String],
) -> Result<TargetState, Error> {
    let mut found = Vec::new();
    let mut ours = None;
    for database in databases {
        let tables: Vec<String> = session
            .query_with("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? ORDER BY TABLE_NAME", (database,))
            .await
            .map_err(Error::server(format!("the tables of database `{database}` could not be listed")))?;
        if tables.iter().any(|table| table == ledger::MIGRATION_TABLE) {
            ours = ledger::migration_id(session, database).await?.or(ours);
        }
        let routines: Vec<String> = session
            .query_with(
                "SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ?",
                (database,),
            )
            .await
            .map_err(Error::server(format!(
                "the routines of database `{database}` could not be listed"
            )))?;
        found.extend(
            tables
                .into_iter()
                .chain(routines)
                .map(|name| format!("{database}.{name}")),
        );
    }
    match ours {
        Some(id) => Ok(TargetState::Ours { id }),
        None if found.is_empty() => Ok(TargetState::Empty),
        None => {
            found.truncate(5);
            Ok(TargetState::Other { found })
        }
    }
}

/// Whether a database exists.
pub(crate) async fn database_exists(session: &mut Session, database: &str) -> Result<bool, Error> {
    let rows: Vec<String> = session
        .query_with(
            "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?",
            (database,),
        )
        .await
        .map_err(Error::server("the server's databases could not be listed"))?;
    Ok(!rows.is_empty())
}
