//! The supervisor as this process.

use std::ffi::OsString;
use std::sync::Arc;

use cbtrade_core::{Clock as _, SystemClock};
use cbtrade_fleet::{BotCommand, Ending, FleetConfig, Notifier, Supervisor, follow_log};
use cbtrade_vault::Passphrase;
use tokio::signal::unix::{SignalKind, signal};

use super::super::Fleet;
use crate::error::{CommandError, Done, Kind};

/// Looks after the bots until SIGTERM, SIGHUP or Ctrl-C; a second one kills them.
pub(super) fn run(
    fleet: &Fleet<'_>,
    config: FleetConfig,
    may_practise: bool,
    passphrase: Option<Passphrase>,
    is_detached: bool,
) -> Done {
    if is_detached {
        // No terminal's end and no Ctrl-C reaches it then. Fails where it leads a session already.
        let _ = nix::unistd::setsid();
        follow_log(fleet.folder.supervisor_log());
    }
    let ui = fleet.context.ui.clone();
    let supervisor = Supervisor::new(
        fleet.folder.clone(),
        config,
        bot_command(fleet, may_practise)?,
        Arc::new(SystemClock),
        Notifier::from_environment(),
        Box::new(move |event| ui.say(&format!("{} {event}", SystemClock.now()))),
    )?
    .with_passphrase(passphrase);
    let ending = Ending::default();
    for kind in [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ] {
        let ending = ending.clone();
        let mut signals = signal(kind).map_err(|source| {
            CommandError::new(Kind::Unreachable, "signals cannot be received").because(&source)
        })?;
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                ending.ask();
            }
        });
    }
    // The signals are received by other threads of the runtime.
    tokio::task::block_in_place(|| supervisor.run(&ending));
    Ok(())
}

/// This program as a bot, with the home folder that this one has.
fn bot_command(fleet: &Fleet<'_>, may_practise: bool) -> Result<BotCommand, CommandError> {
    let program = std::env::current_exe().map_err(|source| {
        CommandError::new(Kind::Unreachable, "the program's own file cannot be found")
            .because(&source)
    })?;
    let home = fleet.context.home.clone().into_os_string();
    let mut arguments: Vec<OsString> = vec!["--home".into(), home, "bot".into(), "run".into()];
    if may_practise {
        arguments.push("--practice".into());
    }
    Ok(BotCommand { program, arguments })
}
