//! `cbtrade migrate status`.

use cbtrade_migrate::known::{self, Known};
use cbtrade_migrate::{Stage, Status};
use cbtrade_server::Status as ServerStatus;
use clap::Args;
use serde_json::{Value, json};

use crate::arguments::{EXIT_CODES, OptionArguments, OptionalSources, TargetArguments};
use crate::commands::Context;
use crate::error::{CommandError, Done};
use crate::migration::{Opened, ServerUse, Standing, Which};
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
        server: ServerUse::AsItIs,
    };
    let mut told = Vec::new();
    if which.sources.is_empty() {
        for known in known::list(&context.home)? {
            let opened = Opened::open_known(ui, &which, &known).await;
            told.push(match status_of(opened).await {
                Ok(told) => told,
                // One that cannot be asked must not hide the others.
                Err(error) => unknown(&known, &error),
            });
        }
    } else {
        told.push(status_of(Opened::open(ui, &which).await).await?);
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

async fn status_of(opened: Result<Opened, CommandError>) -> Result<Told, CommandError> {
    let mut opened = opened?;
    let (standing, status) = opened.standing().await?;
    let server = match opened.offline {
        true => Some(server_words(&opened)?),
        false => None,
    };
    Ok(Told {
        document: document(&opened, standing, &status, server),
        text: text(&opened, standing, &status, server),
    })
}

/// Why the private server was not asked.
fn server_words(opened: &Opened) -> Result<&'static str, CommandError> {
    Ok(match opened.private_server()?.status()? {
        ServerStatus::Absent => "absent",
        ServerStatus::Stopped { .. } | ServerStatus::Running(_) => "stopped",
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

/// Whether the old files are known to be fenced, and no more than that: the server that would know which side is live
/// does not run.
fn server_would_know(standing: Standing, server: Option<&str>) -> bool {
    standing == Standing::TargetGone && server == Some("stopped")
}

fn next(opened: &Opened, standing: Standing, status: &Status, server: Option<&str>) -> Vec<String> {
    if server_would_know(standing, server) {
        return vec![opened.command_at_home("server start")];
    }
    match (standing, status.stage) {
        (Standing::Live, _) => vec![opened.command("migrate rollback")],
        // What goes on is in the home folder of the migration that moved them.
        (Standing::MovedElsewhere, Stage::Planned) => Vec::new(),
        (Standing::MovedElsewhere, _) => vec![opened.command("migrate rollback")],
        (Standing::TargetGone, _) => {
            vec![format!(
                "{} --target-lost",
                opened.command("migrate rollback")
            )]
        }
        (Standing::CutoverBegun, _) => vec![
            opened.command("migrate cutover --yes"),
            opened.command("migrate rollback"),
        ],
        (Standing::Before, Stage::Verify)
            if status.source_unchanged && status.differences == Some(0) =>
        {
            vec![
                opened.command("migrate cutover"),
                opened.command("migrate rollback"),
            ]
        }
        // The copy is not what it should be: running again would only compare it again.
        (Standing::Before, stage)
            if stage > Stage::Planned && status.differences.is_some_and(|found| found > 0) =>
        {
            vec![
                opened.command("migrate rollback"),
                opened.command("migrate verify"),
            ]
        }
        (Standing::Before, Stage::Planned) => vec![opened.command("migrate run")],
        (Standing::Before, _) => vec![
            opened.command("migrate run"),
            opened.command("migrate rollback"),
        ],
    }
}

fn document(opened: &Opened, standing: Standing, status: &Status, server: Option<&str>) -> Value {
    let live = (!server_would_know(standing, server)).then_some(&status.live);
    json!({
        "migration": status.migration,
        "sources": opened.files,
        "target": status.target,
        "server": server,
        "stage": status.stage,
        "live": live,
        "fenced": status.fenced,
        "moved_by": status.moved.as_ref().map(|moved| &moved.migration),
        "chunks_arrived": status.chunks.map(|(arrived, _)| arrived),
        "chunks": status.chunks.map(|(_, all)| all),
        "differences": status.differences,
        "source_unchanged": status.source_unchanged,
        "next": next(opened, standing, status, server),
    })
}

fn text(opened: &Opened, standing: Standing, status: &Status, server: Option<&str>) -> String {
    let mut text = head(&status.migration, &opened.files);
    match server {
        Some("absent") => text.push_str("  target   the private server, which is gone\n"),
        Some(_) => text.push_str(&format!(
            "  target   the private server, which does not run (start it: {})\n",
            opened.command_at_home("server start")
        )),
        None => text.push_str(&format!("  target   {}\n", status.target)),
    }
    if standing == Standing::TargetGone && server != Some("stopped") {
        text.push_str("  stage    cut over, and nothing of it is in the target any more\n");
    } else {
        let words = match status.differences {
            Some(1..) if status.stage == Stage::Finish => {
                "finish (rows are copied, and the two sides differ)".to_owned()
            }
            _ => stage_words(status.stage),
        };
        text.push_str(&format!("  stage    {words}\n"));
    }
    if let Some((arrived, all)) = status.chunks.filter(|_| status.stage < Stage::Copy) {
        text.push_str(&format!(
            "  copied   {} of {} chunks\n",
            grouped(arrived),
            grouped(all)
        ));
    }
    text.push_str(&format!("  live     {}\n", live_words(standing, server)));
    if standing == Standing::MovedElsewhere {
        let error = opened.moved_elsewhere();
        for line in std::iter::once(&error.message).chain(&error.hints) {
            text.push_str(&format!("           {line}\n"));
        }
    }
    match status.differences {
        Some(0) => text.push_str("  proof    both sides were equal\n"),
        Some(differences) => text.push_str(&format!(
            "  proof    {} differences: do not cut over\n",
            grouped(differences)
        )),
        None => {}
    }
    if standing == Standing::Before && status.stage > Stage::Planned && !status.source_unchanged {
        text.push_str("  note     the old files have changed since they were copied: the next run starts from their new content\n");
    }
    for (number, command) in next(opened, standing, status, server).iter().enumerate() {
        let word = match (standing, number) {
            (Standing::Live, _) => "way back",
            (Standing::MovedElsewhere, _) => "remove",
            (_, 0) => "next",
            _ => "or",
        };
        text.push_str(&format!("  {word:<8} {command}\n"));
    }
    text
}

fn live_words(standing: Standing, server: Option<&str>) -> &'static str {
    match standing {
        _ if server_would_know(standing, server) => {
            "not the old files: they are fenced (whether the target is live, its server knows)"
        }
        Standing::Live => "the target",
        Standing::Before => "the old files",
        Standing::MovedElsewhere => {
            "neither side of this migration: another one moved the old files"
        }
        Standing::TargetGone => {
            "neither side: the old files are fenced, and nothing is in the target"
        }
        Standing::CutoverBegun => {
            "neither side: the old files are fenced, and the cut-over did not come to its end"
        }
    }
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
