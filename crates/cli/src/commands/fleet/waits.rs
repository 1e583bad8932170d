//! Bots that live and wait for venue or database: how what they wait for is started.

use cbtrade_fleet::{FleetStatus, VenueConfig};

use super::Fleet;

/// What to type so that bots that wait can work; nothing where none waits.
pub(super) fn advice(fleet: &Fleet<'_>, status: &FleetStatus) -> Vec<String> {
    let waiting = status.waiting();
    let waits_for = |what: &str| {
        waiting
            .iter()
            .any(|bot| bot.doing.as_ref().is_some_and(|doing| doing.contains(what)))
    };
    let mut advice = Vec::new();
    let Ok(config) = fleet.config() else {
        return advice;
    };
    if waits_for("venue") {
        advice.push(match &config.venue {
            VenueConfig::Local { url, speed, .. } => {
                let port = url
                    .rsplit_once(':')
                    .map(|(_, port)| port.trim_end_matches('/'))
                    .filter(|port| port.parse::<u16>().is_ok())
                    .map_or_else(String::new, |port| format!(" --port {port}"));
                let words = format!("venue run{port} --speed {speed}");
                format!(
                    "start the local venue:      {}   (in another terminal)",
                    fleet.command_of_home(&words)
                )
            }
            VenueConfig::Coinbase { .. } => format!(
                "why Coinbase is away:       {}",
                fleet.full_command("venue status")
            ),
        });
    }
    if waits_for("database") {
        advice.push(match &config.database {
            None => format!(
                "start the database:         {}",
                fleet.command_of_home("server start")
            ),
            Some(_) => format!(
                "why the database is away:   {}",
                fleet.command_of_home("db check")
            ),
        });
    }
    advice
}

/// The first line about a fleet that came up: whether its bots work.
pub(super) fn headline(status: &FleetStatus) -> String {
    let waiting = status.waiting();
    let Some(first) = waiting.first() else {
        return "All bots run.".to_owned();
    };
    let doing = first.doing.as_deref().unwrap_or("waiting");
    let mut text = format!(
        "All bots live, and {} of {} cannot work yet: {} is {doing}",
        waiting.len(),
        status.bots.len(),
        first.name
    );
    if let Some(error) = &first.last_error {
        text.push_str(&format!(" ({error})"));
    }
    text.push_str(". They go on by themselves as soon as it answers.");
    text
}
