//! Orders on paper: filled at once, and booked by the code that books live ones (B-26).

use cbtrade_database::{IntentBegun, NewIntent, PaperOrder, PaperTraded, Side};
use cbtrade_exchange::{Exchange, Product};

use super::rows::{self, Trade};
use super::{OrderError, Orders, Wished, place};
use crate::decide::{paper_buy, paper_sell};

impl<E: Exchange> Orders<E> {
    pub(super) async fn paper_buy(
        &self,
        new: &NewIntent,
        product: &Product,
    ) -> Result<Wished, OrderError> {
        let price = new.prc_est.unwrap_or_default();
        let fill = paper_buy(new.quote_size.unwrap_or_default(), price)?;
        let trade = self.paper_trade();
        let row = rows::placed_buy(&new.into(), product, &new.client_order_id);
        let row = row.and(rows::bought(Some(&fill), &trade)?);
        let position = rows::opened(&new.into(), product, &fill, &trade)?;
        let order = PaperOrder::Buy {
            order: &row,
            position: &position,
        };
        self.write_paper(new, order).await
    }

    pub(super) async fn paper_sell(
        &self,
        new: &NewIntent,
        product: &Product,
    ) -> Result<Wished, OrderError> {
        let Some(position) = self.position(new.pos_id).await? else {
            return Ok(Wished::Held("the position is gone".to_owned()));
        };
        let size = new.base_size.unwrap_or_default();
        let fill = paper_sell(size, new.prc_est.unwrap_or_default())?;
        let trade = self.paper_trade();
        let row = rows::placed_sale(&new.into(), product, &new.client_order_id);
        let row = row.and(rows::sold(Some(&fill), &trade)?);
        let changes = rows::reduced(&position, &fill, &new.into(), &trade)?;
        let order = PaperOrder::Sell {
            order: &row,
            position: &changes,
        };
        self.write_paper(new, order).await
    }

    fn paper_trade(&self) -> Trade {
        Trade {
            end: self.now(),
            state: "FILL",
            reason: String::new(),
        }
    }

    async fn write_paper(
        &self,
        new: &NewIntent,
        order: PaperOrder<'_>,
    ) -> Result<Wished, OrderError> {
        // On paper the order's id is its client id: no venue has it.
        let traded = self
            .database
            .db_intent_paper(new, &new.client_order_id, order, self.now())
            .await?;
        match traded {
            PaperTraded::Done { pos_id, .. } => {
                let done = match new.side {
                    Side::Buy => "bought",
                    Side::Sell => "sold",
                };
                self.journal.note(
                    &new.prod_id,
                    format!("position {pos_id}: {done} on paper: {}", new.reason),
                );
                Ok(Wished::Filled)
            }
            PaperTraded::Barred(IntentBegun::Recorded(_)) => Ok(Wished::Filled),
            PaperTraded::Barred(why) => Ok(Wished::Held(place::why_held(&why))),
        }
    }
}
