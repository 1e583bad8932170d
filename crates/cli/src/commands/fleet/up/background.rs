//! The supervisor as a process in the background.

use std::fs::OpenOptions;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cbtrade_fleet::{FleetConfig, SupervisorState, last_lines, supervisor_state};
use cbtrade_vault::Passphrase;

use super::super::{Fleet, status, table};
use super::{LOG_LINES, LOOK_EVERY, Wait, wait_until_alive, warn_of_stop};
use crate::environment;
use crate::error::{CommandError, Done, Kind};
use crate::place;

/// How long the supervisor may take to take its seat.
const SEAT_WAIT: Duration = Duration::from_secs(10);

pub(super) async fn run(
    fleet: &Fleet<'_>,
    config: &FleetConfig,
    passphrase: Option<&Passphrase>,
    limit: Duration,
) -> Done {
    let ui = fleet.context.ui;
    let mut child = start(fleet, config, passphrase)?;
    wait_for_seat(fleet, &mut child).await?;
    if !ui.json() {
        ui.say(&format!(
            "  the supervisor runs (process {}); waiting for {} bots …",
            child.id(),
            config.bots.len()
        ));
    }
    let wait = Wait {
        names: config.bots.iter().map(|bot| bot.name.clone()).collect(),
        not_pids: Vec::new(),
        limit,
    };
    let status = wait_until_alive(fleet, config, &wait).await?;
    if ui.json() {
        ui.document(&status::document("fleet up", &status));
        return Ok(());
    }
    ui.out(&format!("All bots run.\n\n{}", table::text(&status)));
    warn_of_stop(fleet, &status);
    let first = config.bots.first().map_or("supervisor", |bot| &bot.name);
    ui.next(&[
        format!("look at them:                {}", fleet.command("status")),
        format!(
            "EMERGENCY STOP:              {}",
            fleet.command("stop halt")
        ),
        format!("end them:                    {}", fleet.command("down")),
        format!(
            "what they say:               tail -f {}",
            fleet.folder.log_file(first).display()
        ),
    ]);
    Ok(())
}

fn start(
    fleet: &Fleet<'_>,
    config: &FleetConfig,
    passphrase: Option<&Passphrase>,
) -> Result<Child, CommandError> {
    fleet.folder.prepare()?;
    let path = fleet.folder.supervisor_log();
    let failed = |source: std::io::Error| {
        CommandError::new(
            Kind::Unreachable,
            format!(
                "the supervisor cannot be started with its log in {}",
                path.display()
            ),
        )
        .because(&source)
    };
    let log = OpenOptions::new()
        .append(true)
        .create(true)
        .open(&path)
        .map_err(failed)?;
    let errors = log.try_clone().map_err(failed)?;
    let program = std::env::current_exe().map_err(failed)?;
    let mut command = Command::new(program);
    command
        .arg("--home")
        .arg(&fleet.context.home)
        .args(["fleet", "up", "--foreground", "--detached", "--fleet"])
        .arg(fleet.folder.path())
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors);
    // A password that was typed here is typed once. That of the private server is in its folder.
    if config.database.is_some()
        && let Some(password) = place::password_of(&fleet.location(config)?)
    {
        command.env(environment::PASSWORD.name, password.expose());
    }
    if passphrase.is_some() {
        command
            .args(["--passphrase-file", "-"])
            .stdin(Stdio::piped());
    }
    let mut child = command.spawn().map_err(failed)?;
    if let (Some(passphrase), Some(mut input)) = (passphrase, child.stdin.take()) {
        // A supervisor that has ended already does not read it; its log says why it ended.
        let _ = passphrase.hand_to(&mut input);
    }
    Ok(child)
}

async fn wait_for_seat(fleet: &Fleet<'_>, child: &mut Child) -> Done {
    let begun = Instant::now();
    loop {
        let ended = child.try_wait().ok().flatten();
        let holder = match supervisor_state(&fleet.folder)? {
            SupervisorState::Runs(holder) => holder.process,
            _ => None,
        };
        let own = i32::try_from(child.id()).unwrap_or_default();
        if ended.is_none() && holder.is_some_and(|process| process.pid == own) {
            return Ok(());
        }
        if ended.is_some() || begun.elapsed() > SEAT_WAIT {
            let mut error = CommandError::new(
                Kind::Unreachable,
                match ended {
                    Some(status) => format!("the supervisor has ended at once ({status})"),
                    None => "the supervisor does not begin its work".to_owned(),
                },
            )
            .hint(format!(
                "Run it here to see what it says: {}",
                fleet.command("up --foreground")
            ));
            let lines = last_lines(&fleet.folder.supervisor_log(), LOG_LINES);
            error.listing = Some(lines.join("\n"));
            return Err(error);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
