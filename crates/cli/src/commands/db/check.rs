//! `cbtrade db check`.

use cbtrade_database::SCHEMA_VERSION;
use clap::Args;
use serde_json::json;

use super::DatabaseArguments;
use crate::arguments::EXIT_CODES;
use crate::commands::Context;
use crate::error::Done;

/// Compare tables, columns, triggers and keys with what bots need
///
/// Changes nothing. Exit code 4 when something differs.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(super) database: DatabaseArguments,
}

fn after_help() -> String {
    format!("Examples:\n  cbtrade db check\n  cbtrade db check --json\n\n{EXIT_CODES}")
}

pub(super) async fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    let ui = context.ui;
    let location = super::location(context, &arguments.database)?;
    let database = super::open(&location).await?;
    let version = database.db_schema_version().await?;
    let differences = database.db_schema_check().await?;
    if differences.is_empty() && version == SCHEMA_VERSION {
        if ui.json() {
            ui.document(&json!({
                "command": "db check",
                "exit_code": 0,
                "database": database.location().display(),
                "version": version,
                "differences": [],
            }));
        } else {
            ui.out(&format!(
                "The schema has version {version}, and everything is as it should be."
            ));
        }
        return Ok(());
    }
    let told = match version {
        0 => "the schema was not made by this layer yet".to_owned(),
        SCHEMA_VERSION => format!("{} things are not as they should be", differences.len()),
        version => {
            format!("the schema has version {version}; this program works with {SCHEMA_VERSION}")
        }
    };
    let error = super::differ(version, &told, &differences);
    Err(if version > SCHEMA_VERSION {
        error.hint("Use the newer cbtrade that made this schema.")
    } else {
        error.hint("Make what is missing (rows are not touched): cbtrade db upgrade")
    })
}
