//! `cbtrade migrate copy`.

use clap::Args;
use serde_json::{Value, json};

use crate::arguments::{EXIT_CODES, OptionArguments, RequiredSources, TargetArguments};
use crate::commands::Context;
use crate::error::Done;
use crate::words::counted;

/// Copy every row, then make indexes, keys and triggers
///
/// Each chunk of rows and the note of its arrival are one transaction: stopped at any instant, the same command goes on, and no row arrives twice.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct Arguments {
    #[command(flatten)]
    sources: RequiredSources,
    #[command(flatten)]
    target: TargetArguments,
    #[command(flatten)]
    options: OptionArguments,
}

fn after_help() -> String {
    format!(
        "Examples:\n  cbtrade migrate copy shop.db --target 'mysql://root@localhost/shop'\n\n{EXIT_CODES}"
    )
}

pub(super) async fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    super::plan_must_exist(&arguments.options)?;
    let mut opened = super::open(
        context,
        &arguments.sources.sources,
        &arguments.target,
        &arguments.options,
    )
    .await?;
    opened.must_be_before_cutover().await?;
    opened.remember()?;
    let plan = match opened.migration.copy().await {
        Ok(plan) => plan,
        Err(error) => return Err(opened.explain(error, "migrate copy")),
    };
    let next = opened.command("migrate verify");
    let tables = plan.target_tables().count() as u64;
    if context.ui.json() {
        let mut document = opened.document("migrate copy");
        document.insert("tables".into(), json!(tables));
        document.insert(
            "rows".into(),
            json!(plan.tables.iter().map(|table| table.rows).sum::<u64>()),
        );
        document.insert("next".into(), json!([next]));
        context.ui.document(&Value::Object(document));
        return Ok(());
    }
    context.ui.out(&format!(
        "all rows are copied; indexes, keys and triggers are made: {}",
        counted(tables, "table", "tables")
    ));
    context.ui.next(&[next]);
    Ok(())
}
