//! A database belongs to one venue. Practice writes live positions that nobody has, and candles of prices that never were:
//! on the database that real money is traded with it would spoil what the bots decide upon. So the first start of trading
//! says in the database whose it is, and a fleet of the other venue is refused from then on.
//!
//! | the database | local venue | Coinbase, live | Coinbase without `live` |
//! |---|---|---|---|
//! | says nothing, no live trades | says `local` | says `coinbase` | may be used |
//! | says nothing, has live trades | must be allowed | says `coinbase` | may be used |
//! | says `local` | may be used | refused | refused |
//! | says `coinbase` | refused | may be used | may be used |
//!
//! Without `live` nothing is said: buys are paper, which stand beside live ones. But orders that are open are looked up at
//! Coinbase, which knows none of a local venue's: so practice's database is refused there, too.

use cbtrade_database::{Database, VenueKind};

use crate::config::VenueConfig;
use crate::error::FleetError;

/// Whose a database is that may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owned {
    /// Its live orders are this venue's, since before.
    Before,
    /// Its live orders are this venue's from now on.
    FromNow,
    /// Nobody's yet, and nothing was said: no live orders are sent.
    Nobody,
}

impl VenueConfig {
    /// Where live orders go, as databases say it.
    #[must_use]
    pub fn owner(&self) -> VenueKind {
        match self {
            VenueConfig::Local { .. } => VenueKind::Local,
            VenueConfig::Coinbase { .. } => VenueKind::Coinbase,
        }
    }
}

/// Refuses a database whose live orders belong to the other venue. Changes nothing.
///
/// # Errors
/// [`FleetError::OtherVenue`]; [`FleetError::Database`] where the database does not say.
pub async fn check(database: &Database, venue: &VenueConfig) -> Result<Owned, FleetError> {
    match database.db_venue_get().await.map_err(unknown)? {
        None => Ok(Owned::Nobody),
        Some(mark) if mark.venue == venue.owner() => Ok(Owned::Before),
        Some(mark) => Err(other(database, venue, mark)),
    }
}

/// Makes sure that the database is this venue's before bots trade with it. `may_practise` lets practice have a database that
/// holds live trades, for good; `by` is who does it.
///
/// # Errors
/// As [`check`]; [`FleetError::LiveTrades`] for practice on live trades that is not allowed.
pub async fn claim(
    database: &Database,
    venue: &VenueConfig,
    may_practise: bool,
    by: &str,
) -> Result<Owned, FleetError> {
    let owned = check(database, venue).await?;
    if owned == Owned::Before || !venue.takes_orders() {
        return Ok(owned);
    }
    if venue.owner() == VenueKind::Local
        && !may_practise
        && database.db_live_trades_there().await.map_err(unknown)?
    {
        return Err(FleetError::LiveTrades {
            database: database.location().display(),
        });
    }
    let mark = database
        .db_venue_set(venue.owner(), by)
        .await
        .map_err(unknown)?;
    match mark.venue == venue.owner() {
        true => Ok(Owned::FromNow),
        // Another fleet was first.
        false => Err(other(database, venue, mark)),
    }
}

fn unknown(source: cbtrade_database::Error) -> FleetError {
    FleetError::Database(Box::new(source))
}

fn other(
    database: &Database,
    venue: &VenueConfig,
    mark: cbtrade_database::VenueMark,
) -> FleetError {
    FleetError::OtherVenue {
        database: database.location().display(),
        owner: whose(mark.venue),
        at: match mark.at_dttm {
            Some(at) => format!("{} ({})", at.to_rfc3339(), mark.set_by),
            None => mark.set_by,
        },
        venue: whose(venue.owner()),
        is_practice: mark.venue == VenueKind::Local,
    }
}

fn whose(venue: VenueKind) -> &'static str {
    match venue {
        VenueKind::Local => "practice's (a local venue)",
        VenueKind::Coinbase => "Coinbase's (real money)",
    }
}
