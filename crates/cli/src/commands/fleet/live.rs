//! The question before bots begin to trade with real money, wherever they are about to.

use cbtrade_fleet::{FleetConfig, running_ground};

use super::Fleet;
use crate::error::{CommandError, Done, Kind};

/// Asks, where bots with this configuration trade with real money and those that run now do not. `sure` is the command
/// that is typed by whoever needs no question.
///
/// # Errors
/// The answer is no, or there is nobody to ask.
pub(crate) fn confirm(fleet: &Fleet<'_>, config: &FleetConfig, yes: bool, sure: &str) -> Done {
    if yes || !config.venue.is_live() || runs_live(fleet) {
        return Ok(());
    }
    let ui = fleet.context.ui;
    let refused = || {
        CommandError::new(
            Kind::NotConfirmed,
            "trading with real money was not confirmed",
        )
        .hint("Nothing was started. fleet.toml says live = true; take it out to trade on paper.")
        .hint(format!("If you are sure: {sure}"))
    };
    if !ui.can_ask() {
        return Err(refused());
    }
    ui.warn("fleet.toml says live = true: these bots buy and sell with real money on Coinbase");
    match ui.ask("Type live to go on:")?.as_str() {
        "live" => Ok(()),
        _ => Err(refused()),
    }
}

/// Whether bots that trade with real money run already. What cannot be read says nothing of the kind.
fn runs_live(fleet: &Fleet<'_>) -> bool {
    let ground = running_ground(&fleet.folder).ok().flatten();
    ground.is_some_and(|ground| ground.live)
}
