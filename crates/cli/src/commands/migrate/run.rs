//! `cbtrade migrate run`.

use clap::Args;
use serde_json::{Value, json};

use crate::arguments::{EXIT_CODES, OptionArguments, RequiredSources, TargetArguments};
use crate::commands::Context;
use crate::error::Done;

/// Copy SQLite files to MySQL or MariaDB and prove that every value arrived
///
/// Takes a snapshot of each file (beside live writers, without writing to it), reads every value, plans exact types,
/// makes the tables, copies, makes indexes and keys, and compares every value on both sides. The old files stay live:
/// `run` never cuts over, and asks nothing. Stopped at any instant, the same command goes on where it stands.
///
/// Values that no type holds exactly are findings: nothing is copied before each has a decision in the plan file.
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
        "Examples:\n  \
         cbtrade migrate run shop.db --target 'mysql://root@localhost/shop?socket=/run/mysqld/mysqld.sock'\n  \
         CBTRADE_MYSQL_PASSWORD=… cbtrade migrate run shop.db --target mysql://me@db.example/shop --json\n\n{EXIT_CODES}"
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
    let proof = match opened.migration.run().await {
        Ok(proof) => proof,
        Err(error) => return Err(opened.explain(error, "migrate run")),
    };
    let cutover = opened.command("migrate cutover");
    let rollback = opened.command("migrate rollback");
    if context.ui.json() {
        let mut document = opened.document("migrate run");
        opened.proof_fields(&proof, &mut document);
        document.insert("next".into(), json!([cutover, rollback]));
        context.ui.document(&Value::Object(document));
        return Ok(());
    }
    context.ui.out(&cbtrade_migrate::report_text(&proof));
    context.ui.next(&[
        format!("make the target the live side:   {cutover}"),
        format!("or take everything back:         {rollback}"),
    ]);
    Ok(())
}
