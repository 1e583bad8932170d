//! Whose the database is: practice and real money never meet in one.

use cbtrade_fleet::ownership::{self, Owned};
use cbtrade_fleet::{FleetConfig, FleetError, VenueConfig};

use super::super::{Fleet, operator};
use crate::error::{CommandError, Done, Kind};

/// Makes sure that the database is this fleet's, asking where practice would take one that holds live trades.
pub(super) async fn claim(fleet: &Fleet<'_>, config: &FleetConfig, may_practise: bool) -> Done {
    let ui = fleet.context.ui;
    let database = fleet.database(config).await?;
    let by = operator();
    let claimed = match ownership::claim(&database, &config.venue, may_practise, &by).await {
        Err(error @ FleetError::LiveTrades { .. }) => {
            confirm(fleet, &error)?;
            ownership::claim(&database, &config.venue, true, &by).await
        }
        claimed => claimed,
    };
    let owned = claimed.map_err(|error| with_way_out(fleet, error))?;
    if owned == Owned::FromNow && matches!(config.venue, VenueConfig::Local { .. }) {
        ui.say(
            "  this database is practice's from now on: a fleet with real money is refused on it",
        );
    }
    Ok(())
}

fn confirm(fleet: &Fleet<'_>, error: &FleetError) -> Done {
    let ui = fleet.context.ui;
    let refused = || {
        CommandError::new(
            Kind::NotConfirmed,
            format!("{error}; practice on it was not confirmed"),
        )
        .hint(format!(
            "Nothing was started. Practice on a copy, with a fleet of its own (nothing of the real one is touched): {}",
            fleet.command("practice DIR")
        ))
        .hint(format!(
            "If this database is not to be used with real money from now on: {}",
            fleet.command("up --practice")
        ))
    };
    if !ui.can_ask() {
        return Err(refused());
    }
    ui.warn(&format!(
        "{error}. After practice on this database real money cannot be traded with it. A copy is made by: {}",
        fleet.command("practice DIR")
    ));
    match ui
        .ask("Type practice to give this database up for practice:")?
        .as_str()
    {
        "practice" => Ok(()),
        _ => Err(refused()),
    }
}

fn with_way_out(fleet: &Fleet<'_>, error: FleetError) -> CommandError {
    let is_real = matches!(
        error,
        FleetError::OtherVenue {
            is_practice: false,
            ..
        }
    );
    let told = CommandError::from(error);
    match is_real {
        true => told.hint(format!(
            "Real money again: kind = \"coinbase\" in [venue] of {}",
            fleet.folder.config_file().display()
        )),
        false => told,
    }
}
