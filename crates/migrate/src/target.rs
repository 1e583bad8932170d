//! Connecting to the target, and what is there already.

use std::collections::BTreeSet;

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

/// What the target's databases hold. Tables of a ledger without a migration's line are what a crash left behind before
/// anything was made, or after everything was removed: as good as nothing.
pub(crate) async fn state(
    session: &mut Session,
    databases: &BTreeSet<String>,
) -> Result<TargetState, Error> {
    let mut found = Vec::new();
    for database in databases {
        let tables: Vec<String> = session
            .query_with("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? ORDER BY TABLE_NAME", (database,))
            .await
            .map_err(Error::server(format!("the tables of database `{database}` could not be listed")))?;
        if tables.iter().any(|table| table == ledger::MIGRATION_TABLE)
            && let Some(id) = ledger::migration_id(session, database).await?
        {
            return Ok(TargetState::Ours { id });
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
        let own = |name: &String| ledger::TABLES.contains(&name.as_str());
        found.extend(
            tables
                .into_iter()
                .filter(|name| !own(name))
                .chain(routines)
                .map(|name| format!("{database}.{name}")),
        );
    }
    if found.is_empty() {
        return Ok(TargetState::Empty);
    }
    found.truncate(5);
    Ok(TargetState::Other { found })
}

/// Connects and takes the target for this process alone. A tool that was killed keeps it until the server has ended its
/// last statement; what it was about to make is then there to be seen.
pub(crate) async fn connect_alone(
    target: &Target,
    database: &str,
    progress: &dyn Progress,
) -> Result<Session, Error> {
    const WAIT_S_EACH: u32 = 10;
    const WAITS_MAX: u32 = 60;
    let mut session = connect(target).await?;
    // Names of such locks have at most 64 characters.
    let name = format!(
        "cbtrade:{}",
        &blake3::hash(database.as_bytes()).to_hex()[..32]
    );
    for _ in 0..WAITS_MAX {
        let taken: Vec<Option<u8>> = session
            .query_with("SELECT GET_LOCK(?, ?)", (&name, WAIT_S_EACH))
            .await
            .map_err(Error::server("the target could not be locked"))?;
        if taken.first() == Some(&Some(1)) {
            return Ok(session);
        }
        progress.report(Event::Waiting("another cbtrade works on this target, or the server still ends a statement of one that was stopped".into()));
    }
    Err(Error::Busy {
        path: format!("{database} on {}", target.display()).into(),
    })
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
