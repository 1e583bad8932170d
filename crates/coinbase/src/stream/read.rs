//! A message of the venue as events.

use std::collections::BTreeMap;

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_exchange::{
    ExchangeError, Heartbeat, OrderStatus, OrderUpdate, Side, StreamEvent, Ticker, Trade,
};

use super::numbers::Numbers;
use crate::fields::Fields;

/// So many orders are remembered before those that have ended are forgotten.
const ORDERS_MAX: usize = 2_048;

/// How far our orders were: what repeats or goes back is not told again.
#[derive(Debug, Default)]
pub(super) struct Seen(BTreeMap<String, (u8, Decimal)>);

/// The events of a message. One that cannot be read makes the connection suspect.
pub(super) fn events(
    fields: Fields<'_>,
    numbers: &mut Numbers,
    seen: &mut Seen,
) -> Result<Vec<StreamEvent>, String> {
    let time = fields.moment("timestamp").unwrap_or(Timestamp::EPOCH);
    let channel = fields.text("channel").unwrap_or_default();
    let mut events = Vec::new();
    for event in fields.list("events") {
        match channel.as_str() {
            "heartbeats" => {
                let counter = event.count("heartbeat_counter").unwrap_or_default();
                if let Some(why) = numbers.see_beat(counter) {
                    return Err(why);
                }
                events.push(StreamEvent::Heartbeat(Heartbeat { counter, time }));
            }
            "ticker" | "ticker_batch" => {
                for one in event.list("tickers") {
                    let ticker = ticker(one, time).map_err(|error| error.to_string())?;
                    events.push(StreamEvent::Ticker(ticker));
                }
            }
            "market_trades" => {
                for one in event.list("trades") {
                    let trade = trade(one, time).map_err(|error| error.to_string())?;
                    events.extend(trade.map(StreamEvent::Trade));
                }
            }
            "user" => {
                for one in event.list("orders") {
                    let update = update(one, time).map_err(|error| error.to_string())?;
                    events.extend(update.and_then(|update| seen.fresh(update)));
                }
            }
            // What is not known here is nobody's business.
            _ => {}
        }
    }
    Ok(events)
}

impl Seen {
    /// An update that says more than the last one of its order.
    fn fresh(&mut self, update: OrderUpdate) -> Option<StreamEvent> {
        let now = (rank(&update.status), update.filled_size);
        let before = self.0.get(&update.order_id).copied();
        if before.is_some_and(|(rank, filled)| now.0 <= rank && now.1 <= filled) {
            return None;
        }
        if self.0.len() >= ORDERS_MAX {
            self.0.retain(|_, (rank, _)| *rank < ENDED);
        }
        self.0.insert(update.order_id.clone(), now);
        Some(StreamEvent::Order(update))
    }
}

/// The rank of an order that has ended.
const ENDED: u8 = 6;

/// How late in an order's life a status is.
pub(super) fn rank(status: &OrderStatus) -> u8 {
    match status {
        OrderStatus::Unknown(_) => 0,
        OrderStatus::Pending => 1,
        OrderStatus::Queued => 2,
        OrderStatus::Open => 3,
        OrderStatus::EditQueued => 4,
        OrderStatus::CancelQueued => 5,
        OrderStatus::Filled
        | OrderStatus::Cancelled
        | OrderStatus::Expired
        | OrderStatus::Failed => ENDED,
    }
}

pub(super) fn ticker(fields: Fields<'_>, time: Timestamp) -> Result<Ticker, ExchangeError> {
    Ok(Ticker {
        product: fields.needed_text("product_id")?,
        price: fields.needed_decimal("price")?,
        best_bid: fields.decimal("best_bid")?,
        best_ask: fields.decimal("best_ask")?,
        volume_24h: fields.decimal("volume_24_h")?,
        time,
    })
}

pub(super) fn trade(fields: Fields<'_>, time: Timestamp) -> Result<Option<Trade>, ExchangeError> {
    let Some(maker_side) = fields.text("side").as_deref().and_then(Side::parse) else {
        return Ok(None);
    };
    Ok(Some(Trade {
        trade_id: fields.needed_text("trade_id")?,
        product: fields.needed_text("product_id")?,
        price: fields.needed_decimal("price")?,
        size: fields.needed_decimal("size")?,
        maker_side,
        time: fields.moment("time").unwrap_or(time),
    }))
}

pub(super) fn update(
    fields: Fields<'_>,
    time: Timestamp,
) -> Result<Option<OrderUpdate>, ExchangeError> {
    let Some(side) = fields.text("order_side").as_deref().and_then(Side::parse) else {
        return Ok(None);
    };
    let average_price = fields.decimal("avg_price")?;
    Ok(Some(OrderUpdate {
        order_id: fields.needed_text("order_id")?,
        client_order_id: fields.text("client_order_id").unwrap_or_default(),
        product: fields.needed_text("product_id")?,
        side,
        status: OrderStatus::from(fields.needed_text("status")?.as_str()),
        filled_size: fields.decimal_or_zero("cumulative_quantity")?,
        average_price: average_price.filter(|average| !average.is_zero()),
        total_fees: fields.decimal("total_fees")?,
        time,
    }))
}
