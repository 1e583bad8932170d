//! `cbtrade migrate verify`.

use clap::Args;
use serde_json::{Value, json};

use crate::arguments::{EXIT_CODES, OptionArguments, OptionalSources, TargetArguments};
use crate::commands::Context;
use crate::error::Done;

/// Compare every value on both sides again
///
/// Reads both sides anew, by code that the copier does not use, and writes proof and report. A difference is shown as
/// row, column and both values.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct Arguments {
    #[command(flatten)]
    sources: OptionalSources,
    #[command(flatten)]
    target: TargetArguments,
    #[command(flatten)]
    options: OptionArguments,
}

fn after_help() -> String {
    format!(
        "Examples:\n  cbtrade migrate verify shop.db --target 'mysql://root@localhost/shop'\n\n{EXIT_CODES}"
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
    let proof = match opened.migration.verify().await {
        Ok(proof) => proof,
        Err(error) => return Err(opened.explain(error, "migrate verify")),
    };
    let cutover = opened.command("migrate cutover");
    if context.ui.json() {
        let mut document = opened.document("migrate verify");
        opened.proof_fields(&proof, &mut document);
        document.insert("next".into(), json!([cutover]));
        context.ui.document(&Value::Object(document));
        return Ok(());
    }
    context.ui.out(&cbtrade_migrate::report_text(&proof));
    context
        .ui
        .next(&[format!("make the target the live side:   {cutover}")]);
    Ok(())
}
