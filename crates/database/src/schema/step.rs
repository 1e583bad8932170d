//! The steps, in order. A step once released is never changed: what is wrong with it is mended by a later one.

use std::pin::Pin;

use super::bots::OwnTable;
use super::define::{Guard, guarded, layer_indexes};
use super::{CALL, PROCESS_TABLE, SCHEMA_TABLE};
use crate::database::Database;
use crate::dialect::Dialect;
use crate::engine::operation::OPERATION_TABLE;
use crate::error::Error;

/// The version of the schema that this program works with.
pub const SCHEMA_VERSION: i64 = 6;

type Running<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>;

/// One step of the schema's history.
pub(super) struct Step {
    pub(super) version: i64,
    pub(super) name: &'static str,
    pub(super) run: for<'a> fn(&'a Database) -> Running<'a>,
}

pub(super) const STEPS: &[Step] = &[
    Step {
        version: 1,
        name: "tables of the catalogue",
        run: |database| Box::pin(catalogue(database)),
    },
    Step {
        version: 2,
        name: "operation tokens",
        run: |database| Box::pin(operations(database)),
    },
    Step {
        version: 3,
        name: "keys for what bots ask",
        run: |database| Box::pin(indexes(database)),
    },
    Step {
        version: 4,
        name: "figures of processes",
        run: |database| Box::pin(processes(database)),
    },
    Step {
        version: 5,
        name: "intents, fills, stop levels and bots",
        run: |database| Box::pin(super::bots::make(database)),
    },
    Step {
        version: 6,
        name: "the venue of live orders",
        run: |database| Box::pin(super::bots::make_venue(database)),
    },
];

/// The tables that these steps make, besides those of the catalogue and of [`super::bots`].
pub(super) fn own_tables() -> Vec<OwnTable> {
    const NUMBER: &[&str] = &["BIGINT"];
    const TEXT: &[&str] = &["VARCHAR"];
    const MOMENT: &[&str] = &["TIMESTAMP", "DATETIME"];
    let mut tables = vec![
        OwnTable {
            name: SCHEMA_TABLE,
            columns: vec![("version", NUMBER), ("name", TEXT), ("applied", MOMENT)],
        },
        OwnTable {
            name: OPERATION_TABLE,
            columns: vec![
                ("operation", &["BINARY(16)"]),
                ("method", TEXT),
                ("result", TEXT),
                ("at", MOMENT),
            ],
        },
        OwnTable {
            name: PROCESS_TABLE,
            columns: vec![
                ("process", TEXT),
                ("program", TEXT),
                ("host", TEXT),
                ("pid", NUMBER),
                ("begun", MOMENT),
                ("seen", MOMENT),
                ("figures", &["MEDIUMTEXT", "LONGTEXT"]),
            ],
        },
    ];
    tables.extend(super::bots::own_tables());
    tables
}

/// The table of steps, the candle database, and every table and trigger of the catalogue that is missing.
async fn catalogue(database: &Database) -> Result<(), Error> {
    let steps = match database.dialect() {
        Dialect::MySql => format!(
            "CREATE TABLE {SCHEMA_TABLE} (version BIGINT NOT NULL PRIMARY KEY, name VARCHAR(64) NOT NULL, \
             applied TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP) ENGINE=InnoDB DEFAULT CHARACTER SET=utf8mb4"
        ),
        Dialect::Sqlite => format!(
            "CREATE TABLE {SCHEMA_TABLE} (version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, \
             applied TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP)"
        ),
    };
    guarded(
        database,
        CALL,
        &Guard::table(database, SCHEMA_TABLE),
        vec![steps],
    )
    .await?;
    for table in cbtrade_catalog::tables() {
        database.make_table(CALL, table).await?;
        database.make_triggers(CALL, table).await?;
    }
    Ok(())
}

/// Where writes leave their tokens, so that a lost answer to COMMIT can be looked up.
async fn operations(database: &Database) -> Result<(), Error> {
    let statements = match database.dialect() {
        Dialect::MySql => vec![format!(
            "CREATE TABLE {OPERATION_TABLE} (operation BINARY(16) NOT NULL PRIMARY KEY, method VARCHAR(64) NOT NULL, \
             result VARCHAR(255) NOT NULL, at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP) \
             ENGINE=InnoDB DEFAULT CHARACTER SET=ascii COLLATE=ascii_bin"
        )],
        // A commit to a file is never in doubt; the table is there for the one method that asks.
        Dialect::Sqlite => vec![format!(
            "CREATE TABLE {OPERATION_TABLE} (operation BLOB NOT NULL PRIMARY KEY, method TEXT NOT NULL, \
             result TEXT NOT NULL, at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP)"
        )],
    };
    guarded(
        database,
        CALL,
        &Guard::table(database, OPERATION_TABLE),
        statements,
    )
    .await
}

async fn indexes(database: &Database) -> Result<(), Error> {
    for index in layer_indexes(database.dialect()) {
        guarded(
            database,
            CALL,
            &Guard::index(database, index.table, &index.name),
            vec![index.statement],
        )
        .await?;
    }
    Ok(())
}

async fn processes(database: &Database) -> Result<(), Error> {
    let statement = match database.dialect() {
        Dialect::MySql => format!(
            "CREATE TABLE {PROCESS_TABLE} (process VARCHAR(64) NOT NULL PRIMARY KEY, program VARCHAR(64) NOT NULL, \
             host VARCHAR(255) NOT NULL, pid BIGINT NOT NULL, begun TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, \
             seen TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, figures MEDIUMTEXT NOT NULL) \
             ENGINE=InnoDB DEFAULT CHARACTER SET=utf8mb4"
        ),
        Dialect::Sqlite => format!(
            "CREATE TABLE {PROCESS_TABLE} (process TEXT NOT NULL PRIMARY KEY, program TEXT NOT NULL, host TEXT NOT NULL, \
             pid INTEGER NOT NULL, begun TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, \
             seen TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, figures TEXT NOT NULL)"
        ),
    };
    guarded(
        database,
        CALL,
        &Guard::table(database, PROCESS_TABLE),
        vec![statement],
    )
    .await
}
