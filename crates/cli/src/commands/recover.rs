//! `cbtrade recover`: the whole way, with questions.

use std::path::PathBuf;

use cbtrade_migrate::{Plan, Proof, doctor};
use clap::Args;
use serde_json::{Value, json};

use super::Context;
use super::doctor::{open_elsewhere, short_text};
use super::migrate::{confirm, cut_over, cutover_document, cutover_text, write_plan};
use crate::arguments::{EXIT_CODES, OptionArguments, RequiredSources, TargetArguments};
use crate::error::{CommandError, Done, Kind};
use crate::migration::{Opened, ServerUse, Standing, Which, not_moved};
use crate::sources;
use crate::ui::{Style, Ui, choice_meaning, choices, finding_text, findings_text};
use crate::words::{counted, shell};

/// Bring locked-up SQLite files to a server, with proof, and make it the live side
///
/// The whole way: look at the files, take snapshots, read every value, plan exact types, make databases and users, copy,
/// compare every value on both sides, show the report, ask for your confirmation, cut over. Up to your confirmation the
/// old files are not written; before the cut-over an archive of them is put aside. Run it again after any stop: it goes
/// on where it stands. `cbtrade migrate rollback` takes it back.
///
/// Without --target everything goes to a private server on this machine: databases `cbtrade`, and `ohlcv` for candle
/// files. Without a terminal it asks nothing: it stops with exit code 3 and the exact next command where it would ask.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct Arguments {
    #[command(flatten)]
    sources: RequiredSources,
    #[command(flatten)]
    target: TargetArguments,
    #[command(flatten)]
    options: OptionArguments,
    /// The digest of the proof that you have read, or at least its first 8 digits
    #[arg(long, value_name = "DIGEST")]
    confirm: Option<String>,
}

fn after_help() -> String {
    format!(
        "Examples:\n  cbtrade recover cbtrade.db\n  cbtrade recover /srv/bot/db\n  \
         cbtrade recover cbtrade.db ohlcvs/*.db --target 'mysql://root@localhost?socket=/run/mysqld/mysqld.sock'\n  \
         cbtrade recover cbtrade.db --yes --json > result.json\n\n{EXIT_CODES}"
    )
}

pub(crate) async fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    let ui = context.ui;
    let files = sources::files(&arguments.sources.sources)?;
    look(ui, &files)?;
    let which = Which {
        home: &context.home,
        home_named: context.home_named(),
        sources: &arguments.sources.sources,
        target: &arguments.target,
        options: &arguments.options,
        server: ServerUse::Needed,
    };
    not_moved(&which, &files)?;
    ui.heading("2. Copy and prove");
    let mut opened = Opened::open(ui, &which).await?;
    match opened.standing().await?.0 {
        Standing::Before => {}
        Standing::MovedElsewhere => return Err(opened.moved_elsewhere()),
        Standing::Live => return already_done(ui, &opened),
        Standing::TargetGone => return Err(opened.target_gone()),
        Standing::CutoverBegun => {
            if let Some(proof) = finish_cutover(ui, &mut opened).await? {
                return done(ui, &opened, &proof);
            }
        }
    }
    opened.remember()?;
    if let Err(error) = opened.migration.check_target().await {
        return Err(opened.explain(error, "recover"));
    }
    if let Some(path) = decide(ui, &mut opened, &arguments.options).await? {
        // The decisions are in a file that this migration was not opened with.
        drop(opened);
        let options = OptionArguments {
            plan: Some(path),
            ..arguments.options.clone()
        };
        opened = Opened::open(
            ui,
            &Which {
                options: &options,
                ..which
            },
        )
        .await?;
    }
    let proof = match opened.migration.run().await {
        Ok(proof) => proof,
        Err(error) => return Err(opened.explain(error, "recover")),
    };
    if !ui.json() {
        ui.out(&format!("\n{}", cbtrade_migrate::report_text(&proof)));
    }
    warn_of_writers(ui, &files);
    let confirmed = confirm(
        ui,
        &opened,
        &proof,
        arguments.confirm.as_deref(),
        arguments.options.yes,
    )?;
    ui.heading("3. Cut over");
    let proof = cut_over(&mut opened, &confirmed).await?;
    done(ui, &opened, &proof)
}

/// The short diagnosis: what the files are, and who still uses them.
fn look(ui: &Ui, files: &[PathBuf]) -> Done {
    ui.heading(&format!(
        "1. Look at {}",
        counted(files.len() as u64, "file", "files")
    ));
    for file in files {
        let outside = doctor::file_outside(file)?;
        ui.say(&format!("  {}  {}", file.display(), short_text(&outside)));
    }
    ui.say("  (more about each: cbtrade doctor FILE)");
    Ok(())
}

fn warn_of_writers(ui: &Ui, files: &[PathBuf]) {
    for file in files {
        let open = open_elsewhere(file);
        if open.is_empty() {
            continue;
        }
        let names: Vec<String> = open
            .iter()
            .map(|process| format!("{} (process {})", process.program, process.pid))
            .collect();
        ui.warn(&format!(
            "{} is still open in {}. Stop them before the cut-over: a write to it since the proof voids the proof.",
            file.display(),
            names.join(", ")
        ));
    }
}

fn already_done(ui: &Ui, opened: &Opened) -> Done {
    let proof = opened.migration.proof()?;
    match proof {
        Some(proof) => {
            ui.say("  This migration is done already: nothing was changed now.");
            done(ui, opened, &proof)
        }
        None => Err(CommandError::new(
            Kind::Refused,
            "the target is live already, and the proof of it is not in the home folder any more",
        )
        .hint(format!("See it: {}", opened.command("migrate status")))),
    }
}

/// Brings a cut-over to its end that was confirmed and then cut off. `None` if the old files were written since: then
/// everything is proved and confirmed anew.
async fn finish_cutover(ui: &Ui, opened: &mut Opened) -> Result<Option<Proof>, CommandError> {
    let Some(proof) = opened.migration.proof()? else {
        return Ok(None);
    };
    ui.say("  A confirmed cut-over was stopped on its way: it is brought to its end.");
    match cut_over(opened, &proof.digest()).await {
        Ok(proof) => Ok(Some(proof)),
        Err(error) if error.kind == Kind::Refused => {
            ui.warn(&format!(
                "that is not possible ({}); the files are proved anew",
                error.message
            ));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Asks about findings without a decision. Returns the plan file with the decisions, where any were taken.
async fn decide(
    ui: &Ui,
    opened: &mut Opened,
    options: &OptionArguments,
) -> Result<Option<PathBuf>, CommandError> {
    let path = options
        .plan
        .clone()
        .unwrap_or_else(|| opened.migration.plan_path());
    let mut plan = match opened.migration.plan().await {
        Ok(plan) => plan,
        Err(error) => return Err(opened.explain(error, "recover")),
    };
    if plan.undecided().is_empty() {
        if options.plan.as_ref().is_some_and(|path| !path.exists()) {
            write_plan(&plan, &path)?;
        }
        return Ok(None);
    }
    if !ui.can_ask() || options.yes {
        write_plan(&plan, &path)?;
        return Err(undecided(opened, &plan, &path));
    }
    ui.heading(&format!(
        "{} before anything is copied",
        counted(
            plan.undecided().len() as u64,
            "finding needs your decision",
            "findings need your decision"
        )
    ));
    ask_all(ui, &mut plan)?;
    write_plan(&plan, &path)?;
    ui.say(&format!(
        "  Your decisions are in {}; change them there at any time before the cut-over.",
        path.display()
    ));
    Ok(Some(path))
}

fn ask_all(ui: &Ui, plan: &mut Plan) -> Done {
    let all = plan.undecided().len();
    let open = plan
        .findings
        .iter_mut()
        .filter(|finding| finding.stops())
        .enumerate();
    for (number, finding) in open {
        let value = json!(finding);
        ui.say("");
        let number = format!("{} of {all}:", number + 1);
        ui.say(finding_text(&number, &value).trim_end());
        let names = choices(&value);
        for (at, name) in names.iter().enumerate() {
            ui.say(&format!(
                "       {} {name}: {}",
                at + 1,
                choice_meaning(name)
            ));
        }
        ui.say("       0 stop: do not go on");
        loop {
            let answer = ui.ask("     Your choice (number or word):")?;
            let chosen = names
                .iter()
                .position(|name| name.eq_ignore_ascii_case(&answer))
                .or_else(|| answer.parse::<usize>().ok()?.checked_sub(1));
            if answer == "0" || answer.eq_ignore_ascii_case("stop") {
                return Err(CommandError::new(
                    Kind::Findings,
                    "stopped at a finding without a decision",
                )
                .hint("Nothing was changed. Run the same command again when you have decided."));
            }
            if let Some(choice) = chosen.and_then(|at| finding.choices.get(at)) {
                finding.decision = *choice;
                break;
            }
            ui.say("     That is none of them.");
        }
    }
    Ok(())
}

fn undecided(opened: &Opened, plan: &Plan, path: &std::path::Path) -> CommandError {
    let list = plan.undecided();
    let values = json!(list);
    let mut error = CommandError::new(
        Kind::Findings,
        format!(
            "{} before anything is copied",
            counted(
                list.len() as u64,
                "finding needs a decision",
                "findings need a decision"
            )
        ),
    )
    .detail("findings", values.clone())
    .detail("plan_file", json!(path))
    .hint("Nothing was changed. On a terminal, the same command without --yes asks about each of them.")
    .hint(format!(
        "Or open {} and change `decision = \"stop\"` of each of them to one of its `choices`.",
        path.display()
    ))
    .hint(format!(
        "Then run: {} --plan {}",
        opened.command("recover"),
        shell(&path.display().to_string())
    ));
    error.listing = Some(findings_text(&values));
    error
}

fn done(ui: &Ui, opened: &Opened, proof: &Proof) -> Done {
    if ui.json() {
        ui.document(&Value::Object(cutover_document(opened, proof, "recover")));
    } else {
        ui.out(&cutover_text(opened, proof));
        ui.say(&format!(
            "{} the old bots must not be started again: the old files refuse their writes.",
            Style::Heading.paint("Remember:")
        ));
    }
    Ok(())
}
