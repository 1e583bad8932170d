//! Orders on paper: filled at once, and booked by the code that books live ones (B-26).

use cbtrade_database::{
    Intent, IntentBegun, IntentState, NewIntent, PaperOrder, PaperTraded, Side,
};
use cbtrade_exchange::{Exchange, Product};

use super::rows::{self, Sale, Trade};
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
        let row = place::placed(new).buy_row(product, &new.client_order_id);
        let row = row.and(rows::bought(Some(&fill), &trade)?);
        let position = rows::opened(&as_intent(new), product, &fill, &trade)?;
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
        let row = place::placed(new).sell_row(product, &new.client_order_id);
        let row = row.and(rows::sold(Some(&fill), &trade)?);
        let sale = Sale {
            wanted: size,
            mark: [
                new.strat_type.as_deref(),
                new.strat_name.as_deref(),
                new.strat_freq.as_deref(),
            ],
        };
        let changes = rows::reduced(&position, &fill, &sale, &trade)?;
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

/// A new intent as it will be.
fn as_intent(new: &NewIntent) -> Intent {
    Intent {
        intent_id: 0,
        client_order_id: new.client_order_id.clone(),
        side: new.side,
        prod_id: new.prod_id.clone(),
        test_txn_yn: place::yes_no(new.is_test).to_owned(),
        state: IntentState::Sending,
        order_uuid: None,
        pos_id: new.pos_id,
        bo_id: None,
        so_id: None,
        quote_size: new.quote_size,
        base_size: new.base_size,
        prc_est: new.prc_est,
        strat_type: new.strat_type.clone(),
        strat_name: new.strat_name.clone(),
        strat_freq: new.strat_freq.clone(),
        bot_guid: new.bot_guid.clone(),
        reason: Some(new.reason.clone()),
        note: None,
        created_unix: new.created.as_seconds(),
        ended_unix: None,
        add_dttm: new.created,
        dlm: new.created,
    }
}
