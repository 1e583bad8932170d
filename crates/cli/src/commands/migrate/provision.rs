//! `cbtrade migrate provision`.

use clap::Args;
use serde_json::{Value, json};

use crate::arguments::{EXIT_CODES, OptionArguments, RequiredSources, TargetArguments};
use crate::commands::Context;
use crate::error::Done;
use crate::words::counted;

/// Make databases, empty tables and, where asked for, users
///
/// Everything before the copy. What is made is written down in the target, so that `rollback` removes exactly that.
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
        "Examples:\n  cbtrade migrate provision shop.db --target 'mysql://root@localhost/shop'\n\n{EXIT_CODES}"
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
    let plan = match opened.migration.provision().await {
        Ok(plan) => plan,
        Err(error) => return Err(opened.explain(error, "migrate provision")),
    };
    let next = opened.command("migrate copy");
    let tables = plan.target_tables().count() as u64;
    if context.ui.json() {
        let mut document = opened.document("migrate provision");
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
        "databases and tables are made: {}",
        counted(tables, "table", "tables")
    ));
    context.ui.next(&[next]);
    Ok(())
}
