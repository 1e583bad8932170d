//! A database for practice: the rows of the real one under another name, and a fleet's folder that names it.

use cbtrade_database::columns::{poss, sell_ords};
use cbtrade_database::{
    Changes, CopiedTable, Database, Error, OrderFilter, Position, SellOrder, VenueKind,
};

use crate::config::VenueConfig;
use crate::error::FleetError;
use crate::ownership::{self, Owned};

/// What was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PracticeCopy {
    /// The tables with their rows, counted on both sides.
    pub tables: Vec<CopiedTable>,
    /// Orders that were open: the practice venue does not have them, so in the copy they are cancelled.
    pub orders_cancelled: usize,
}

/// Copies the tables of a database of the same server into an empty one and makes it practice's. One that was cut off goes
/// on where it stands; of one that is practice's already nothing is changed, and none is given back. Candles are not copied:
/// the practice venue's prices are its own.
///
/// # Errors
/// As [`Database::copy_tables_from`]; the tables cannot be made; [`FleetError::OtherVenue`] for a database that real money
/// is traded with.
pub async fn make(
    practice: &Database,
    real: &str,
    by: &str,
) -> Result<Option<PracticeCopy>, FleetError> {
    let failed = |source| FleetError::Database(Box::new(source));
    // A database without the layer's tables is a new one, or a copy that was cut off.
    if practice.db_schema_version().await.map_err(failed)? > 0 {
        practice.ensure_database_ready().await.map_err(failed)?;
        if ownership::check(practice, &VenueConfig::practice()).await? == Owned::Before {
            return Ok(None);
        }
    }
    copied(practice, real, by).await.map(Some).map_err(failed)
}

async fn copied(practice: &Database, real: &str, by: &str) -> Result<PracticeCopy, Error> {
    let tables = practice.copy_tables_from(real).await?;
    practice.ensure_database_ready().await?;
    practice.complete_schema().await?;
    let orders_cancelled = cancel_open_orders(practice).await?;
    // Said last: a copy that says whose it is, is whole.
    practice.db_venue_set(VenueKind::Local, by).await?;
    Ok(PracticeCopy {
        tables,
        orders_cancelled,
    })
}

/// Orders that are open at Coinbase are none of the practice venue's, which would be asked for them for ever.
async fn cancel_open_orders(practice: &Database) -> Result<usize, Error> {
    let open = OrderFilter {
        ord_stat: Some("OPEN"),
        ..OrderFilter::default()
    };
    let mut cancelled = 0;
    for order in practice.db_buy_ords_get(open).await? {
        practice
            .db_buy_ords_stat_upd(order.row.bo_id, "CANC")
            .await?;
        cancelled += 1;
    }
    for order in practice.db_sell_ords_get(open).await? {
        let void = Changes::<SellOrder>::new()
            .set(sell_ords::so_id, order.row.so_id)
            .set(sell_ords::ord_stat, "CANC");
        practice.db_sell_ords_insupd(&void).await?;
        if let Some(pos_id) = order.row.pos_id {
            let held = Changes::<Position>::new()
                .set(poss::pos_id, pos_id)
                .set(poss::pos_stat, "OPEN");
            practice.db_poss_upd(&held).await?;
        }
        cancelled += 1;
    }
    Ok(cancelled)
}
