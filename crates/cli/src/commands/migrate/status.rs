//! `cbtrade migrate status`.

use cbtrade_migrate::known::{self, Known};
use cbtrade_migrate::{Stage, Status};
use cbtrade_server::Status as ServerStatus;
use clap::Args;
use serde_json::{Value, json};

use crate::arguments::{EXIT_CODES, OptionArguments, OptionalSources, TargetArguments};
use crate::commands::Context;
use crate::error::{CommandError, Done};
use crate::migration::{Opened, Which};
use crate::place;
use crate::words::{grouped, name_of};

/// Say where migrations stand
///
/// Without SOURCE: every migration that was begun from the home folder. Changes nothing, and starts no server.
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
    format!("Examples:\n  cbtrade migrate status\n  cbtrade migrate status --json\n\n{EXIT_CODES}")
}

pub(super) async fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    let ui = context.ui;
    let which = Which {
        home: &context.home,
        home_named: context.home_named(),
        sources: &arguments.sources.sources,
        target: &arguments.target,
        options: &arguments.options,
    };
    let mut told = Vec::new();
    if which.sources.is_empty() {
        for known in known::list(&context.home)? {
            told.push(match status_of(context, &which, &known).await {
                Ok(told) => told,
                // One that cannot be asked must not hide the others.
                Err(error) => unknown(&known, &error),
            });
        }
    } else {
        let mut opened = Opened::open(ui, &which).await?;
        let status = opened.migration.status().await?;
        told.push(Told {
            document: document(&opened, &status),
            text: text(&opened, &status),
        });
    }
    if ui.json() {
        let list: Vec<Value> = told.into_iter().map(|told| told.document).collect();
        ui.document(&json!({
            "command": "migrate status",
            "exit_code": 0,
            "migrations": list,
        }));
        return Ok(());
    }
    if told.is_empty() {
        ui.out(&format!(
            "No migration was begun from {}.",
            context.home.display()
        ));
        ui.next(&["cbtrade recover LEGACY.db".to_owned()]);
        return Ok(());
    }
    for told in told {
        ui.out(&told.text);
    }
    Ok(())
}

struct Told {
    document: Value,
    text: String,
}

async fn status_of(
    context: &Context<'_>,
    which: &Which<'_>,
    known: &Known,
) -> Result<Told, CommandError> {
    if known.private_server {
        let server = place::private_server(&context.home)?;
        if !matches!(server.status()?, ServerStatus::Running(_)) {
            return Ok(not_running(known));
        }
    }
    let mut opened = Opened::open_known(context.ui, which, known).await?;
    let status = opened.migration.status().await?;
    Ok(Told {
        document: document(&opened, &status),
        text: text(&opened, &status),
    })
}

fn head(id: &str, sources: &[std::path::PathBuf]) -> String {
    let mut text = format!("Migration {id}\n");
    for source in sources {
        text.push_str(&format!("  source   {}\n", source.display()));
    }
    text
}

fn unknown(known: &Known, error: &CommandError) -> Told {
    let mut text = head(&known.id, &known.sources);
    text.push_str(&format!(
        "  target   {}\n  stage    not known: {}\n",
        known.target, error.message
    ));
    for line in error.causes.iter().chain(&error.hints) {
        text.push_str(&format!("           {line}\n"));
    }
    Told {
        document: json!({
            "migration": known.id,
            "sources": known.sources,
            "target": known.target,
            "stage": Value::Null,
            "live": Value::Null,
            "error": {
                "kind": error.kind.name(),
                "message": error.message,
                "causes": error.causes,
                "hints": error.hints,
            },
            "next": [],
        }),
        text,
    }
}

fn not_running(known: &Known) -> Told {
    let mut text = head(&known.id, &known.sources);
    text.push_str(
        "  target   the private server, which does not run (start it: cbtrade server start)\n",
    );
    Told {
        document: json!({
            "migration": known.id,
            "sources": known.sources,
            "target": known.target,
            "stage": Value::Null,
            "live": Value::Null,
            "next": ["cbtrade server start"],
        }),
        text,
    }
}

fn next(opened: &Opened, status: &Status) -> Vec<String> {
    match (status.live.as_str(), status.stage) {
        ("target", _) => vec![opened.command("migrate rollback")],
        (_, Stage::Verify) if status.source_unchanged => vec![
            opened.command("migrate cutover"),
            opened.command("migrate rollback"),
        ],
        (_, Stage::Planned) => vec![opened.command("migrate run")],
        _ => vec![
            opened.command("migrate run"),
            opened.command("migrate rollback"),
        ],
    }
}

fn document(opened: &Opened, status: &Status) -> Value {
    json!({
        "migration": status.migration,
        "sources": opened.files,
        "target": status.target,
        "stage": status.stage,
        "live": status.live,
        "chunks_arrived": status.chunks.map(|(arrived, _)| arrived),
        "chunks": status.chunks.map(|(_, all)| all),
        "differences": status.differences,
        "source_unchanged": status.source_unchanged,
        "next": next(opened, status),
    })
}

fn text(opened: &Opened, status: &Status) -> String {
    let mut text = head(&status.migration, &opened.files);
    text.push_str(&format!("  target   {}\n", status.target));
    text.push_str(&format!("  stage    {}\n", stage_words(status.stage)));
    if let Some((arrived, all)) = status.chunks.filter(|_| status.stage < Stage::Copy) {
        text.push_str(&format!(
            "  copied   {} of {} chunks\n",
            grouped(arrived),
            grouped(all)
        ));
    }
    let live = if status.live == "target" {
        "the target"
    } else {
        "the old files"
    };
    text.push_str(&format!("  live     {live}\n"));
    match status.differences {
        Some(0) => text.push_str("  proof    both sides were equal\n"),
        Some(differences) => text.push_str(&format!(
            "  proof    {} differences: do not cut over\n",
            grouped(differences)
        )),
        None => {}
    }
    if status.live != "target" && status.stage > Stage::Planned && !status.source_unchanged {
        text.push_str("  note     the old files have changed since they were read: the next run starts from their new content\n");
    }
    for (number, command) in next(opened, status).iter().enumerate() {
        let word = match (status.live.as_str(), number) {
            ("target", _) => "way back",
            (_, 0) => "next",
            _ => "or",
        };
        text.push_str(&format!("  {word:<8} {command}\n"));
    }
    text
}

fn stage_words(stage: Stage) -> String {
    let words = match stage {
        Stage::Planned => "nothing is in the target yet",
        Stage::Provision => "tables are made, rows are on their way",
        Stage::Copy => "rows are copied",
        Stage::Finish => "rows are copied, indexes and keys are made; not verified yet",
        Stage::Verify => "verified, not cut over",
        Stage::Cutover => "cut over",
    };
    format!("{} ({words})", name_of(stage))
}
