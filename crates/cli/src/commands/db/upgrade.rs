//! `cbtrade db upgrade`.

use cbtrade_database::{Database, SCHEMA_VERSION};
use clap::Args;
use serde_json::json;

use super::DatabaseArguments;
use crate::arguments::EXIT_CODES;
use crate::commands::Context;
use crate::error::Done;
use crate::place;

/// Make the tables that bots need, or bring older ones up to this program's version
///
/// What is there stays as it is: rows are not touched, columns of your own neither. It can be stopped at any instant and
/// run again, also by several at once. `recover` leaves a database that this command takes as it is.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct Arguments {
    #[command(flatten)]
    database: DatabaseArguments,
}

fn after_help() -> String {
    format!(
        "Examples:\n  cbtrade db upgrade\n  cbtrade db upgrade --target /srv/bot/db/cbtrade.db\n\n{EXIT_CODES}"
    )
}

pub(super) async fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    let ui = context.ui;
    if arguments.database.target.is_none() {
        // Only there every database is ours to make.
        Database::create_databases(&place::private_location(&context.home)?).await?;
    }
    let database = super::open(context, &arguments.database).await?;
    let before = database.db_schema_version().await?;
    database.ensure_database_ready().await?;
    let differences = database.db_schema_check().await?;
    if ui.json() {
        ui.document(&json!({
            "command": "db upgrade",
            "exit_code": 0,
            "database": database.location().display(),
            "version_before": before,
            "version": SCHEMA_VERSION,
            "differences": differences.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }));
        return Ok(());
    }
    ui.out(&match before {
        SCHEMA_VERSION => {
            format!("The schema has version {SCHEMA_VERSION} already; nothing was changed.")
        }
        0 => format!("The schema is made: version {SCHEMA_VERSION}."),
        before => format!("The schema is brought up from version {before} to {SCHEMA_VERSION}."),
    });
    for difference in &differences {
        ui.warn(&difference.to_string());
    }
    ui.next(&[
        "look at it:   cbtrade db check".to_owned(),
        "see bots at work:   cbtrade db stats".to_owned(),
    ]);
    Ok(())
}
