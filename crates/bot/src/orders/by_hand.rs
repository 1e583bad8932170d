//! An unclear order in the hands of an operator: the steps that bots take by themselves, each when it is asked for. No order
//! is sent here.

use cbtrade_database::Intent;
use cbtrade_exchange::Exchange;

use super::{Followed, OrderError, Orders};

impl<E: Exchange> Orders<E> {
    /// Asks the venue about an order by its client id. One that the venue has is taken on, and settled where it is at its
    /// end; none if the venue does not show it, of which nothing is concluded.
    ///
    /// # Errors
    /// The venue or the database cannot be asked.
    pub async fn ask_about(&self, intent: &Intent) -> Result<Option<Followed>, OrderError> {
        match self.found(intent).await? {
            Some(order) => self.take_on(intent, &order).await.map(Some),
            None => Ok(None),
        }
    }

    /// The operator says that the venue never took the order: a position that was to be sold is open again. Should it turn
    /// up after all, bots take it on as ever. Returns whether the order was unclear until now.
    ///
    /// # Errors
    /// The database refused, or is away.
    pub async fn declare_absent(&self, intent: &Intent, note: &str) -> Result<bool, OrderError> {
        Ok(self
            .database
            .db_intent_absent(intent.intent_id, note, self.now())
            .await?)
    }
}
