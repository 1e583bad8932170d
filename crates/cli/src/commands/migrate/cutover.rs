//! `cbtrade migrate cutover`, and the confirmation that `recover` asks for too.

use cbtrade_migrate::Proof;
use clap::Args;
use serde_json::{Map, Value, json};

use crate::arguments::{EXIT_CODES, OptionArguments, OptionalSources, TargetArguments};
use crate::commands::Context;
use crate::error::{CommandError, Done, Kind};
use crate::migration::{Opened, Standing};
use crate::ui::{Style, Ui};
use crate::words::shell;

/// Digits of the digest that a confirmation needs.
const CONFIRMED_DIGITS: usize = 8;
/// How often a wrong answer may be corrected.
const ANSWERS_MAX: usize = 3;

/// Make the target the live side, after your confirmation
///
/// Needs a proof that both sides are equal, and your word, bound to the digest of that proof: typed in, or given with
/// --confirm, or with --yes. Then: a compressed archive of the old files is put aside, every old file is fenced (a
/// forgotten bot that writes there gets an error instead of losing its rows), and the target becomes the live side. A
/// write to an old file since the proof voids it. `rollback` takes it back.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct Arguments {
    #[command(flatten)]
    sources: OptionalSources,
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
        "Examples:\n  cbtrade migrate cutover\n  cbtrade migrate cutover shop.db --target 'mysql://root@localhost/shop' --confirm 1a2b3c4d\n\n{EXIT_CODES}"
    )
}

pub(super) async fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    let ui = context.ui;
    let mut opened = super::open(
        context,
        &arguments.sources.sources,
        &arguments.target,
        &arguments.options,
    )
    .await?;
    match opened.standing().await?.0 {
        Standing::TargetGone => return Err(opened.target_gone()),
        Standing::MovedElsewhere => return Err(opened.moved_elsewhere()),
        Standing::Before | Standing::CutoverBegun | Standing::Live => {}
    }
    let Some(proof) = opened.migration.proof()?.filter(Proof::equal) else {
        return Err(CommandError::new(
            Kind::Refused,
            "there is no proof that both sides are equal",
        )
        .hint(format!("Make it: {}", opened.command("migrate run"))));
    };
    if arguments.confirm.is_none() && !arguments.options.yes && ui.can_ask() {
        ui.out(&cbtrade_migrate::report_text(&proof));
    }
    let confirmed = confirm(
        ui,
        &opened,
        &proof,
        arguments.confirm.as_deref(),
        arguments.options.yes,
    )?;
    let proof = cut_over(&mut opened, &confirmed).await?;
    if ui.json() {
        ui.document(&Value::Object(document(&opened, &proof, "migrate cutover")));
        return Ok(());
    }
    ui.out(&done_text(&opened, &proof));
    Ok(())
}

/// Asks for the beginning of the proof's digest, unless it or `--yes` was given.
///
/// # Errors
/// Nobody to ask, or another answer.
pub(crate) fn confirm(
    ui: &Ui,
    opened: &Opened,
    proof: &Proof,
    given: Option<&str>,
    yes: bool,
) -> Result<String, CommandError> {
    let digest = proof.digest();
    let begin: String = digest.chars().take(CONFIRMED_DIGITS).collect();
    let not_confirmed = |message: &str| {
        let mut fields = opened.document("");
        opened.proof_fields(proof, &mut fields);
        fields.retain(|name, _| name != "command" && name != "exit_code");
        let mut error = CommandError::new(Kind::NotConfirmed, message)
            .hint("The copy stands and is proved. The old files are as they were, and live.")
            .hint(format!(
                "Read the report: {}",
                opened.migration.report_path().display()
            ))
            .hint(format!(
                "Then: {} --confirm {begin}",
                opened.command("migrate cutover")
            ));
        error.detail.extend(fields);
        error
    };
    let begins = |answer: &str| answer.len() >= CONFIRMED_DIGITS && digest.starts_with(answer);
    if let Some(given) = given {
        let given = given.trim().to_lowercase();
        return match begins(&given) {
            true => Ok(given),
            false => Err(not_confirmed(&format!(
                "the cut-over was not confirmed: `{given}` is not the beginning of the digest of the proof"
            ))),
        };
    }
    if yes {
        return Ok(digest);
    }
    if !ui.can_ask() {
        return Err(not_confirmed("the cut-over was not confirmed"));
    }
    ui.heading("The last step");
    ui.say("  The cut-over puts an archive of the old files aside, makes them refuse writes, and makes the");
    ui.say("  target the live side. Stop the old bots first. `cbtrade migrate rollback` takes it back.");
    ui.say(&format!("  The digest of the proof: {digest}\n"));
    for _ in 0..ANSWERS_MAX {
        let answer = ui
            .ask("Type the first 8 digits of the digest to go on (or nothing to stop here):")
            .map_err(|error| not_confirmed(&error.message))?
            .to_lowercase();
        if answer.is_empty() {
            break;
        }
        if begins(&answer) {
            return Ok(answer);
        }
        ui.say("  That is not how the digest begins.");
    }
    Err(not_confirmed("the cut-over was not confirmed"))
}

/// Cuts over.
///
/// # Errors
/// As the library's; with the commands that go on.
pub(crate) async fn cut_over(opened: &mut Opened, confirmed: &str) -> Result<Proof, CommandError> {
    match opened.migration.cutover(confirmed).await {
        Ok(proof) => Ok(proof),
        Err(error) => {
            let mut told = opened.explain(error, &format!("migrate cutover --confirm {confirmed}"));
            if told.kind == Kind::Refused {
                told = told.hint(format!(
                    "Copy and prove anew: {}",
                    opened.command("migrate run")
                ));
            }
            Err(told)
        }
    }
}

/// The JSON document after a cut-over.
pub(crate) fn document(opened: &Opened, proof: &Proof, command: &str) -> Map<String, Value> {
    let mut document = opened.document(command);
    opened.proof_fields(proof, &mut document);
    document.insert("live".into(), json!("target"));
    document.insert("archive".into(), json!(proof.archive));
    let mut next = vec![
        opened.command("migrate status"),
        opened.command("migrate rollback"),
    ];
    next.extend(bots_next(opened, proof).map(|(command, _)| command));
    document.insert("next".into(), json!(next));
    document
}

/// What brings the bots back after a cut-over, each with what it is for; nothing where the database is not theirs.
fn bots_next(opened: &Opened, proof: &Proof) -> impl Iterator<Item = (String, &'static str)> {
    let is_trading = proof.tables.iter().any(|table| {
        let name = table.table.rsplit('.').next().unwrap_or_default();
        name.eq_ignore_ascii_case("poss")
    });
    let mut upgrade = opened.command_at_home("db upgrade");
    if !opened.place.private_server {
        let url = opened.place.target.display();
        upgrade.push_str(&format!(" --target {}", shell(&url)));
    }
    let commands = [
        (upgrade, "the tables that the new bots need beside yours"),
        (
            opened.command_at_home("fleet init"),
            "the bots' folder and settings",
        ),
    ];
    commands.into_iter().filter(move |_| is_trading)
}

/// What stands after a cut-over, for people.
pub(crate) fn done_text(opened: &Opened, proof: &Proof) -> String {
    let mut text = format!(
        "\n{} The target is the live side: {}\n",
        Style::Good.paint("DONE."),
        opened.place.target.display()
    );
    if let Some(candles) = &opened.place.candles_database {
        text.push_str(&format!("  candles          database {candles}\n"));
    }
    if let Some(archive) = &proof.archive {
        let files: Vec<&str> = archive
            .files
            .iter()
            .map(|(file, _)| file.as_str())
            .collect();
        listed("archive", &files, &mut text);
    }
    let files: Vec<String> = opened
        .files
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    listed("refuses writes", &files, &mut text);
    text.push_str(&format!(
        "  proof            {}\n  report           {}\n",
        opened.migration.proof_path().display(),
        opened.migration.report_path().display()
    ));
    if opened.place.roles {
        text.push_str(&format!(
            "  bots connect as  user cbtrade_bots, password in {}\n",
            opened.credentials().display()
        ));
    }
    if opened.place.private_server {
        if let Some(socket) = &opened.place.target.socket {
            text.push_str(&format!("  through          {}\n", socket.display()));
        }
        text.push_str(&format!(
            "  after a reboot   {}\n",
            opened.command_at_home("server start")
        ));
        text.push_str(&format!(
            "  look inside      {}\n",
            opened.command_at_home("server shell cbtrade")
        ));
    }
    text.push_str(&format!(
        "  where it stands  {}\n  the way back     {}\n",
        opened.command("migrate status"),
        opened.command("migrate rollback")
    ));
    let next: Vec<(String, &str)> = bots_next(opened, proof).collect();
    if !next.is_empty() {
        text.push_str("\nNext, to trade again (docs/guides/fleet.md):\n");
    }
    for (number, (command, what)) in next.iter().enumerate() {
        text.push_str(&format!("  {}. {command}   # {what}\n", number + 1));
    }
    text
}

/// Files that are listed one by one after a cut-over.
const FILES_MAX: usize = 3;

fn listed(word: &str, files: &[&str], text: &mut String) {
    for file in files.iter().take(FILES_MAX) {
        text.push_str(&format!("  {word:<16} {file}\n"));
    }
    if files.len() > FILES_MAX {
        text.push_str(&format!(
            "  {:<16} … and {} more (all in the report)\n",
            "",
            files.len() - FILES_MAX
        ));
    }
}
