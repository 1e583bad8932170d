//! From an order's end to its rows: what was executed, exactly as the venue's fills say.

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_database::{Changes, FillRow, Intent, Position, Side, TradeFilter, columns};
use cbtrade_exchange::{Exchange, Fill, FillKind, Order, OrderStatus, Product};

use super::rows::{self, Trade};
use super::{OrderError, Orders};
use crate::decide::{BuyFill, DecideError, SellFill, split_sale};

/// What the fills of an order add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Executed {
    /// In the base currency.
    pub(crate) size: Decimal,
    /// Without fees, in the quote currency.
    pub(crate) value: Decimal,
    /// In the quote currency.
    pub(crate) fees: Decimal,
    /// When the last of it was traded.
    pub(crate) end: Option<Timestamp>,
}

impl Executed {
    /// `None` beyond what a [`Decimal`] holds. Reversals and corrections are no trades: whoever sees one must look, and
    /// the size that is missing then keeps the order from being booked.
    pub(crate) fn of(fills: &[Fill]) -> Option<Self> {
        let mut sum = Self {
            size: Decimal::ZERO,
            value: Decimal::ZERO,
            fees: Decimal::ZERO,
            end: None,
        };
        for fill in fills.iter().filter(|fill| fill.kind == FillKind::Fill) {
            let size = fill.base_size()?;
            sum.size = sum.size.checked_add(size)?;
            sum.value = sum.value.checked_add(size.checked_mul(fill.price)?)?;
            sum.fees = sum.fees.checked_add(fill.commission)?;
            sum.end = sum.end.max(Some(fill.time));
        }
        Some(sum)
    }

    /// As a buy; `None` where nothing was bought.
    fn bought(&self, prc_estimate: Decimal) -> Option<BuyFill> {
        Some(BuyFill {
            base_cnt: self.size,
            spent_amt: self.value.checked_add(self.fees)?,
            fee_amt: self.fees,
            prc_fill: self.value.checked_div(self.size)?,
            prc_estimate,
        })
    }

    /// As a sale; `None` where nothing was sold.
    fn sold(&self, prc_estimate: Decimal) -> Option<SellFill> {
        Some(SellFill {
            base_cnt: self.size,
            received_amt: self.value.checked_sub(self.fees)?,
            fee_amt: self.fees,
            prc_estimate,
            prc_fill: self.value.checked_div(self.size)?,
        })
    }
}

/// What the order's row says of its end.
fn order_state(order: &Order, executed: &Executed) -> &'static str {
    match &order.status {
        _ if executed.size > Decimal::ZERO => "FILL",
        OrderStatus::Failed => "ERR",
        _ => "CANC",
    }
}

fn end_reason(order: &Order, executed: &Executed) -> String {
    let mut words = Vec::new();
    if order.status != OrderStatus::Filled {
        words.push(format!("{}, {} filled", order.status, executed.size));
    }
    for said in [
        &order.reject_reason,
        &order.reject_message,
        &order.cancel_message,
    ] {
        if !said.is_empty() {
            words.push(said.clone());
        }
    }
    words.join("; ").chars().take(1_000).collect()
}

impl<E: Exchange> Orders<E> {
    pub(super) async fn settle_buy(
        &self,
        intent: &Intent,
        order: &Order,
        fills: &[Fill],
        executed: &Executed,
        product: &Product,
    ) -> Result<(), OrderError> {
        let trade = Trade {
            end: executed.end.unwrap_or_else(|| self.now()),
            state: order_state(order, executed),
            reason: end_reason(order, executed),
        };
        let fill = executed.bought(intent.prc_est.unwrap_or_default());
        let row = rows::bought(fill.as_ref(), &trade)?;
        let position = match &fill {
            Some(fill) => Some(rows::opened(&intent.into(), product, fill, &trade)?),
            None => None,
        };
        let settled = self
            .database
            .db_intent_buy_settled(
                intent.intent_id,
                &row,
                position.as_ref(),
                &fill_rows(intent, fills),
                self.now(),
            )
            .await?;
        if !settled.was_done {
            let said = match (settled.pos_id, &fill) {
                (Some(pos_id), Some(fill)) => format!(
                    "bought {} for {}, of that {} fees: position {pos_id}{}",
                    fill.base_cnt,
                    fill.spent_amt,
                    fill.fee_amt,
                    in_brackets(&trade.reason)
                ),
                _ => format!(
                    "order {} ended without a trade{}",
                    intent.client_order_id,
                    in_brackets(&trade.reason)
                ),
            };
            self.journal.note(&intent.prod_id, said);
        }
        Ok(())
    }

    pub(super) async fn settle_sell(
        &self,
        intent: &Intent,
        order: &Order,
        fills: &[Fill],
        executed: &Executed,
    ) -> Result<(), OrderError> {
        let mut trade = Trade {
            end: executed.end.unwrap_or_else(|| self.now()),
            state: order_state(order, executed),
            reason: end_reason(order, executed),
        };
        let fill = executed.sold(intent.prc_est.unwrap_or_default());
        let position = self.position(intent.pos_id).await?;
        let held = position.as_ref().map(|position| position.hold_cnt);
        let (own, beyond) = match (held, &fill) {
            (Some(Some(held)), Some(fill)) => split_sale(held, fill)?,
            (Some(None), Some(fill)) => (Some(*fill), None),
            (None, fill) => (None, *fill),
            (Some(_), None) => (None, None),
        };
        if let Some(beyond) = &beyond {
            trade.reason = said_beyond(intent, beyond, &trade.reason);
        }
        let row = rows::sold(fill.as_ref(), &trade)?;
        let changes = match (&position, &own) {
            (Some(position), Some(fill)) => rows::reduced(position, fill, &intent.into(), &trade)?,
            // Nothing of it was sold: it is held as before, unless it was closed meanwhile.
            _ => Changes::new().set(columns::poss::pos_stat, "OPEN"),
        };
        let settled = self
            .database
            .db_intent_sell_settled(
                intent.intent_id,
                &row,
                &changes,
                &fill_rows(intent, fills),
                self.now(),
            )
            .await?;
        if !settled.was_done {
            self.journal.note(
                &intent.prod_id,
                format!(
                    "position {}: sold {} for {} after fees{}",
                    intent.pos_id.unwrap_or_default(),
                    executed.size,
                    fill.map_or(Decimal::ZERO, |fill| fill.received_amt),
                    in_brackets(&trade.reason)
                ),
            );
            if beyond.is_some() {
                self.journal.alert(
                    &intent.prod_id,
                    format!("order {}: {}", intent.client_order_id, trade.reason),
                );
            }
        }
        Ok(())
    }

    pub(super) async fn position(
        &self,
        pos_id: Option<i64>,
    ) -> Result<Option<Position>, OrderError> {
        let Some(pos_id) = pos_id else {
            return Ok(None);
        };
        let any = TradeFilter::default();
        let found = self.database.db_poss_get(any, Some(pos_id), None).await?;
        Ok(found.into_iter().next().map(|position| position.row))
    }
}

impl From<DecideError> for OrderError {
    fn from(source: DecideError) -> Self {
        Self::Figures(source)
    }
}

/// What the row of an order says first that sold more than its position held.
pub(crate) const BEYOND: &str = "sold beyond its position";

fn said_beyond(intent: &Intent, beyond: &SellFill, reason: &str) -> String {
    let text = format!(
        "{BEYOND}: {} for {} after fees are not of position {}, which was sold by another order or changed by hand",
        beyond.base_cnt,
        beyond.received_amt,
        intent.pos_id.unwrap_or_default()
    );
    match reason {
        "" => text,
        reason => format!("{text}; {reason}"),
    }
}

fn in_brackets(reason: &str) -> String {
    match reason {
        "" => String::new(),
        reason => format!(" ({reason})"),
    }
}

/// The venue's fills as they are kept. Those that are no trades are kept as well; they are not booked.
fn fill_rows(intent: &Intent, fills: &[Fill]) -> Vec<FillRow> {
    fills
        .iter()
        .map(|fill| FillRow {
            entry_id: fill.entry_id.clone(),
            order_uuid: fill.order_id.clone(),
            client_order_id: Some(intent.client_order_id.clone()),
            trade_id: Some(fill.trade_id.clone()),
            prod_id: fill.product.clone(),
            side: match fill.side {
                cbtrade_exchange::Side::Buy => Side::Buy,
                cbtrade_exchange::Side::Sell => Side::Sell,
            },
            price: fill.price,
            size: fill.base_size().unwrap_or(fill.size),
            commission: Some(fill.commission),
            liquidity: Some(fill.liquidity.to_string()),
            trade_unix: Some(fill.time.as_seconds()),
            kind: Some(fill.kind.to_string()),
        })
        .collect()
}
