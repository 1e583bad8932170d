//! What `liquidate` will truly do: who sells, what is held, and what hinders.

use cbtrade_fleet::{FleetStatus, VenueConfig};

use super::{Fleet, table};

/// Modes of bots that sell.
const SELLING_MODES: [&str; 2] = ["full", "sell"];

/// Why less is sold than `liquidate` says, a sentence each, and how much there is to sell.
pub(super) async fn hindrances(fleet: &Fleet<'_>) -> Vec<String> {
    let config = fleet.config();
    let Ok(mut status) = fleet.status_of_any_config().await else {
        return Vec::new();
    };
    let mut words = of_status(&status, &fleet.command("up"));
    if let Ok(config) = &config
        && matches!(config.venue, VenueConfig::Coinbase { live: false, .. })
    {
        words.push(
            "fleet.toml does not say live = true: no live position is sold, paper positions only"
                .to_owned(),
        );
    }
    if let (Ok(config), true) = (&config, status.database.reached)
        && status.database.held_positions.is_none()
        && let Ok(database) = fleet.database(config).await
    {
        let _ = status.add_held(&database).await;
    }
    if let (Some(held), Some(failed)) = (
        status.database.held_positions,
        status.database.failed_positions,
    ) {
        words.push(table::held_words(held, failed));
    }
    words
}

fn of_status(status: &FleetStatus, up: &str) -> Vec<String> {
    let lives = |state: &str| matches!(state, "running" | "starting" | "left");
    let selling = status
        .bots
        .iter()
        .filter(|bot| SELLING_MODES.contains(&bot.mode.as_str()));
    let mut selling = selling.peekable();
    if selling.peek().is_none() {
        return vec![
            "no bot of this fleet sells (full or sell in fleet.toml): nothing is sold".to_owned(),
        ];
    }
    if !selling.any(|bot| lives(&bot.state)) {
        return vec![format!(
            "no bot that sells is running now: nothing is sold before one does. Start them: {up}"
        )];
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test says where")]

    use cbtrade_core::{Clock as _, SystemClock};
    use cbtrade_fleet::{FleetConfig, FleetFolder};
    use cbtrade_testkit::TestFolder;

    use super::*;

    #[test]
    fn nothing_is_sold_without_a_bot_that_sells() {
        let place = TestFolder::new();
        let folder = FleetFolder::new(place.path()).unwrap();
        let told = |config: &str| {
            std::fs::write(folder.config_file(), config).unwrap();
            let config = FleetConfig::read(&folder).unwrap();
            let status = FleetStatus::of_folder(&folder, &config, SystemClock.now()).unwrap();
            of_status(&status, "cbtrade fleet up").join(" ")
        };
        assert!(told("").contains("Start them: cbtrade fleet up"));
        let buying = told("[bots]\nauto = 1\nfull = 0\nbuy = 2");
        assert!(buying.contains("no bot of this fleet sells"), "{buying}");
    }
}
