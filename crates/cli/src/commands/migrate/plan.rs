//! `cbtrade migrate plan`.

use std::path::{Path, PathBuf};

use cbtrade_migrate::Plan;
use clap::Args;
use serde_json::{Value, json};

use crate::arguments::{EXIT_CODES, OptionArguments, RequiredSources, TargetArguments};
use crate::commands::Context;
use crate::error::{CommandError, Done, Kind};
use crate::migration::Opened;
use crate::ui::{Ui, findings_text};
use crate::words::{counted, shell};

/// Write the plan: every type, key and finding with its reason and decision
///
/// Reads every value and writes a TOML file to read, edit and keep. The target's server is only asked what it can do;
/// nothing is made there. Exit code 0 also with findings that need a decision: `undecided` in the JSON counts them.
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
        "Examples:\n  cbtrade migrate plan shop.db --target 'mysql://root@localhost/shop' --plan shop-plan.toml\n\n{EXIT_CODES}"
    )
}

pub(super) async fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    let mut opened = super::open(
        context,
        &arguments.sources.sources,
        &arguments.target,
        &arguments.options,
    )
    .await?;
    opened.must_be_before_cutover().await?;
    let plan = match opened.migration.plan().await {
        Ok(plan) => plan,
        Err(error) => return Err(opened.explain(error, "migrate plan")),
    };
    let path = match &arguments.options.plan {
        Some(path) => {
            write_plan(&plan, path)?;
            path.clone()
        }
        None => opened.migration.plan_path(),
    };
    say_plan(context.ui, &opened, &plan, &path, "migrate plan");
    Ok(())
}

/// Writes a plan file; it appears whole or not at all.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn write_plan(plan: &Plan, path: &Path) -> Done {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let temporary = PathBuf::from(name);
    std::fs::write(&temporary, plan.to_toml())
        .and_then(|()| std::fs::rename(&temporary, path))
        .map_err(|source| {
            CommandError::new(
                Kind::Unreachable,
                format!("the plan file {} cannot be written", path.display()),
            )
            .because(&source)
            .hint("Name another file with --plan.")
        })
}

/// Says what is planned: on stdout for people, or as JSON.
pub(crate) fn say_plan(ui: &Ui, opened: &Opened, plan: &Plan, path: &Path, command: &str) {
    let undecided = json!(plan.undecided());
    let open = plan.undecided().len();
    let run = format!(
        "{} --plan {}",
        opened.command("migrate run"),
        shell(&path.display().to_string())
    );
    if ui.json() {
        let mut document = opened.document(command);
        document.insert("plan_file".into(), json!(path));
        document.insert("tables".into(), tables(plan));
        document.insert("findings".into(), json!(plan.findings));
        document.insert("undecided".into(), json!(open));
        document.insert("next".into(), json!([run]));
        ui.document(&Value::Object(document));
        return;
    }
    ui.out(&text(plan));
    if open > 0 {
        ui.heading(&format!(
            "{} before anything is copied",
            counted(
                open as u64,
                "finding needs a decision",
                "findings need a decision"
            )
        ));
        ui.say(&findings_text(&undecided));
        ui.next(&[
            format!("decide in the plan file:   {}", path.display()),
            format!("then:                      {run}"),
        ]);
        return;
    }
    ui.next(&[
        format!("read the plan:   {}", path.display()),
        format!("copy and prove:  {run}"),
    ]);
}

fn tables(plan: &Plan) -> Value {
    plan.tables
        .iter()
        .map(|table| {
            json!({
                "source": table.source,
                "target": format!("{}.{}", table.database, table.name),
                "rows": table.rows,
                "catalogue": table.catalogue,
            })
        })
        .collect()
}

fn text(plan: &Plan) -> String {
    let mut text = String::from("Tables\n");
    let width = plan
        .tables
        .iter()
        .map(|table| table.source.chars().count())
        .max()
        .unwrap_or(0)
        .clamp(5, 40);
    for table in &plan.tables {
        text.push_str(&format!(
            "  {:<width$} {:>14}  to {}.{}{}\n",
            table.source,
            counted(table.rows, "row", "rows"),
            table.database,
            table.name,
            if table.catalogue.is_some() {
                "  (CBTrade's catalogue)"
            } else {
                ""
            }
        ));
    }
    let decided: Vec<_> = plan
        .findings
        .iter()
        .filter(|finding| !finding.stops())
        .collect();
    if !decided.is_empty() {
        text.push_str("\nFindings with a decision\n");
    }
    for finding in decided {
        let place = match &finding.column {
            Some(column) => format!("{}.{column}", finding.table),
            None if finding.table.is_empty() => finding.id.clone(),
            None => finding.table.clone(),
        };
        text.push_str(&format!(
            "  {place}: {} ({}): {}\n",
            crate::words::name_of(finding.kind),
            counted(finding.count, "place", "places"),
            crate::words::name_of(finding.decision),
        ));
    }
    let left: Vec<_> = plan
        .objects
        .iter()
        .filter(|object| !object.converted)
        .collect();
    if !left.is_empty() {
        text.push_str("\nNot carried over (listed with their text in the plan)\n");
    }
    for object in left {
        let of = if object.table.is_empty() || object.table == object.name {
            String::new()
        } else {
            format!(" of {}", object.table)
        };
        text.push_str(&format!(
            "  {} {}{of}: {}\n",
            object.kind, object.name, object.reason
        ));
    }
    text
}
