//! `cbtrade db upgrade`.

use cbtrade_database::{Database, ErrorKind, SCHEMA_VERSION};
use clap::Args;
use serde_json::json;

use super::DatabaseArguments;
use crate::arguments::EXIT_CODES;
use crate::commands::Context;
use crate::error::Done;

/// Make the tables that bots need, or bring older ones up to this program's version
///
/// A database that is not there is made, and so is a SQLite file. What is there stays as it is: rows are not touched, columns of your own neither. It can be stopped at any instant and
/// run again, also by several at once. `recover` leaves a database that this command takes as it is.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(super) database: DatabaseArguments,
}

fn after_help() -> String {
    format!(
        "Examples:\n  cbtrade db upgrade\n  cbtrade db upgrade --target /srv/bot/db/cbtrade.db\n\n{EXIT_CODES}"
    )
}

pub(super) async fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    let ui = context.ui;
    let location = super::location(context, &arguments.database)?;
    let made = match super::reach(&location).await {
        Err(error) if error.kind == ErrorKind::NotFound => Database::make_place(&location).await?,
        reached => {
            reached?;
            false
        }
    };
    let database = super::open(&location).await?;
    let before = database.db_schema_version().await?;
    database.ensure_database_ready().await?;
    let mut differences = database.db_schema_check().await?;
    let completed = !differences.is_empty();
    if completed {
        database.complete_schema().await?;
        differences = database.db_schema_check().await?;
    }
    if !differences.is_empty() {
        return Err(super::differ(
            SCHEMA_VERSION,
            "some things are not as they should be, and cannot be made without touching rows",
            &differences,
        )
        .hint(
            "Add or change the column by hand (ALTER TABLE): what its rows get is your decision.",
        ));
    }
    if ui.json() {
        ui.document(&json!({
            "command": "db upgrade",
            "exit_code": 0,
            "database": database.location().display(),
            "database_made": made,
            "version_before": before,
            "version": SCHEMA_VERSION,
            "completed": completed,
            "differences": [],
        }));
        return Ok(());
    }
    if made {
        ui.out(&format!(
            "{} was not there and is made.",
            location.display()
        ));
    }
    ui.out(&match before {
        SCHEMA_VERSION if completed => {
            format!("The schema has version {SCHEMA_VERSION} already; what was missing is made.")
        }
        SCHEMA_VERSION => {
            format!("The schema has version {SCHEMA_VERSION} already; nothing was changed.")
        }
        0 => format!("The schema is made: version {SCHEMA_VERSION}."),
        before => format!("The schema is brought up from version {before} to {SCHEMA_VERSION}."),
    });
    ui.next(&[
        "look at it:   cbtrade db check".to_owned(),
        "see bots at work:   cbtrade db stats".to_owned(),
    ]);
    Ok(())
}
