//! `cbtrade soak --commit-losses`.

use std::time::Duration;

use cbtrade_soak::{LossReport, LossSettings, SoakPlace, lose_commits};
use serde_json::json;

use crate::commands::Context;
use crate::error::{CommandError, Done, Kind};
use crate::words::{grouped, time};

/// Wrong writes that are shown of each kind.
const SHOWN: usize = 5;

pub(super) async fn run(context: &Context<'_>, losses: u64, seed: u64, place: SoakPlace) -> Done {
    let ui = context.ui;
    let settings = LossSettings {
        losses,
        seed,
        place,
        program: super::program()?,
    };
    ui.say(&format!("  seed {seed}"));
    let say = ui.clone();
    let mut next = 0;
    let told = std::sync::Mutex::new(&mut next);
    let report = lose_commits(&settings, &|lost| {
        if let Ok(mut next) = told.lock()
            && lost >= **next
        {
            **next = lost + losses / 20;
            say.say(&format!(
                "  {} of {} answers lost",
                grouped(lost),
                grouped(losses)
            ));
        }
    })
    .await?;
    let document = json!({
        "seed": report.seed,
        "engine": report.engine,
        "worked_ms": report.worked_ms,
        "commits_cut": report.commits_cut,
        "answers_cut": report.answers_cut,
        "acknowledged": report.acknowledged,
        "outcomes_unknown": report.outcomes_unknown,
        "connections_opened": report.connects,
        "lost": report.lost,
        "doubled": report.doubled,
        "misnumbered": report.misnumbered,
        "failed": report.failed,
        "difference": report.difference.to_string(),
    });
    if report.is_clean() {
        if ui.json() {
            ui.document(&json!({ "command": "soak", "exit_code": 0, "commit_losses": document }));
        } else {
            ui.out(&text(&report));
        }
        return Ok(());
    }
    if !ui.json() {
        ui.out(&text(&report));
    }
    let mut error = CommandError::new(Kind::Different, "lost answers to COMMIT were not survived")
        .detail("commit_losses", document)
        .hint(format!(
            "Run it again with the same chances: cbtrade soak --commit-losses {losses} --seed {seed}"
        ));
    error.listing = Some(wrong(&report));
    Err(error)
}

fn text(report: &LossReport) -> String {
    let per_second = report.losses() * 1_000 / report.worked_ms.max(1);
    format!(
        "{}, seed {}\n\n\
         answers lost        {} in {} ({} per second)\n\
         \u{20} COMMIT kept back   {}\n\
         \u{20} answer kept back   {}\n\
         writes acknowledged {}\n\
         lost                {}\n\
         doubled             {}\n\
         wrong number        {}\n\
         failed              {}\n\
         balance off by      {}\n",
        report.engine,
        report.seed,
        grouped(report.losses()),
        time(Duration::from_millis(report.worked_ms)),
        grouped(per_second),
        grouped(report.commits_cut),
        grouped(report.answers_cut),
        grouped(report.acknowledged),
        report.lost.len(),
        report.doubled.len(),
        report.misnumbered.len(),
        report.failed.len(),
        report.difference,
    )
}

fn wrong(report: &LossReport) -> String {
    let mut text = String::new();
    for (name, list) in [
        ("lost", &report.lost),
        ("doubled", &report.doubled),
        ("wrong number", &report.misnumbered),
        ("failed", &report.failed),
    ] {
        for one in list.iter().take(SHOWN) {
            text.push_str(&format!("  {name}: {one}\n"));
        }
    }
    text
}
