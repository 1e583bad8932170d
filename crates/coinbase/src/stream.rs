//! The venue's WebSocket: market data and news of our orders.
//!
//! A stream connects by itself again and again. Whenever something may be missing — a number left out, silence, a broken
//! connection — it says [`StreamEvent::Gap`] first, connects anew, and says [`StreamEvent::Connected`] when it is
//! subscribed: whoever listens then reads over REST what matters.

use std::collections::BTreeMap;
use std::time::Duration;

use cbtrade_core::{Decimal, Random, Timestamp};
use cbtrade_exchange::{
    ExchangeError, Gap, Heartbeat, OrderStatus, OrderUpdate, Side, StreamEvent, Ticker, Trade,
};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::error::SettingsError;
use crate::fields::Fields;
use crate::settings::Settings;

/// So many events wait for the listener; then the venue waits, and in the end the gap is seen.
const EVENTS_MAX: usize = 4_096;

/// Largest message: a book's snapshot has several megabytes.
const MESSAGE_BYTES_MAX: usize = 32 << 20;

/// Longest pause before connecting again.
const RECONNECT_MAX: Duration = Duration::from_secs(30);

/// What to listen to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// Last prices.
    Ticker,
    /// Trades of anybody.
    Trades,
    /// Our orders; needs a key, unless the venue is local.
    User,
}

impl Channel {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ticker => "ticker",
            Self::Trades => "market_trades",
            Self::User => "user",
        }
    }
}

/// A connection that renews itself. It ends when this is dropped.
pub struct Stream {
    events: mpsc::Receiver<StreamEvent>,
    task: JoinHandle<()>,
}

impl Stream {
    /// Listens to channels of products. [`Channel::User`] goes to its own address and is asked for alone.
    ///
    /// # Errors
    /// Settings that are refused.
    pub fn open(
        settings: &Settings,
        channels: &[Channel],
        products: &[String],
    ) -> Result<Self, SettingsError> {
        settings.check()?;
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (sender, events) = mpsc::channel(EVENTS_MAX);
        let listener = Listener {
            settings: settings.clone(),
            channels: channels.to_vec(),
            products: products.to_vec(),
            sender,
            orders: BTreeMap::new(),
            random: Random::stream(settings.seed, 1),
        };
        Ok(Self {
            events,
            task: tokio::spawn(listener.run()),
        })
    }

    /// The next event; `None` only after the end of the program's runtime.
    pub async fn next(&mut self) -> Option<StreamEvent> {
        self.events.recv().await
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

struct Listener {
    settings: Settings,
    channels: Vec<Channel>,
    products: Vec<String>,
    sender: mpsc::Sender<StreamEvent>,
    /// How far our orders were: what repeats or goes back is not told again.
    orders: BTreeMap<String, (u8, Decimal)>,
    random: Random,
}

/// How one connection ended.
enum Ending {
    /// Nobody listens any more.
    Unwanted,
    /// It must be made anew.
    Broken { why: String, was_alive: bool },
}

/// What the numbers of a connection say.
#[derive(Default)]
struct Numbers {
    last: Option<u64>,
    beat: Option<u64>,
}

enum Sequence {
    Next,
    Repeated,
    Gap(String),
}

impl Numbers {
    fn see(&mut self, number: Option<u64>) -> Sequence {
        let Some(number) = number else {
            return Sequence::Next;
        };
        match self.last {
            Some(last) if number <= last => Sequence::Repeated,
            Some(last) if number > last + 1 => {
                Sequence::Gap(format!("message {number} came after {last}"))
            }
            _ => {
                self.last = Some(number);
                Sequence::Next
            }
        }
    }

    fn see_beat(&mut self, counter: u64) -> Option<String> {
        let gap = self
            .beat
            .filter(|last| counter > last + 1)
            .map(|last| format!("heartbeat {counter} came after {last}"));
        self.beat = Some(counter);
        gap
    }
}

impl Listener {
    async fn run(mut self) {
        let mut pause = self.settings.reconnect;
        loop {
            match self.connection().await {
                Ending::Unwanted => return,
                Ending::Broken { why, was_alive } => {
                    if !self.tell(StreamEvent::Gap(Gap { why })).await {
                        return;
                    }
                    if was_alive {
                        pause = self.settings.reconnect;
                    }
                }
            }
            tokio::time::sleep(pause.mul_f64(0.75 + self.random.unit() / 2.0)).await;
            pause = (pause * 2).min(RECONNECT_MAX);
        }
    }

    async fn tell(&self, event: StreamEvent) -> bool {
        self.sender.send(event).await.is_ok()
    }

    fn address(&self) -> &str {
        if self.channels.contains(&Channel::User) {
            &self.settings.ws_user_url
        } else {
            &self.settings.ws_market_url
        }
    }

    async fn connection(&mut self) -> Ending {
        let broken = |why: String, was_alive: bool| Ending::Broken { why, was_alive };
        let mut socket = match self.connect().await {
            Ok(socket) => socket,
            Err(why) => return broken(why, false),
        };
        let mut numbers = Numbers::default();
        let mut alive = false;
        loop {
            let heard = tokio::time::timeout(self.settings.silence, socket.next()).await;
            let text = match heard {
                Err(_) => return broken("the venue is silent".to_owned(), alive),
                Ok(None) => return broken("the venue ended the connection".to_owned(), alive),
                Ok(Some(Err(error))) => return broken(error.to_string(), alive),
                Ok(Some(Ok(Message::Text(text)))) => text,
                Ok(Some(Ok(_))) => continue,
            };
            let Ok(value) = serde_json::from_str::<Value>(text.as_str()) else {
                return broken("a message is no JSON".to_owned(), alive);
            };
            let fields = Fields::of(&value, "stream");
            if fields.text("type").as_deref() == Some("error") {
                let why = fields.text("message").unwrap_or_default();
                return broken(format!("the venue refuses: {why}"), false);
            }
            match numbers.see(fields.count("sequence_num")) {
                Sequence::Next => {}
                Sequence::Repeated => continue,
                Sequence::Gap(why) => return broken(why, alive),
            }
            if !alive {
                alive = true;
                if !self.tell(StreamEvent::Connected).await {
                    return Ending::Unwanted;
                }
            }
            let events = match self.read(fields, &mut numbers) {
                Ok(events) => events,
                Err(why) => return broken(why, alive),
            };
            for event in events {
                if !self.tell(event).await {
                    return Ending::Unwanted;
                }
            }
        }
    }

    async fn connect(&self) -> Result<Socket, String> {
        let config = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_BYTES_MAX))
            .max_frame_size(Some(MESSAGE_BYTES_MAX));
        let connecting =
            tokio_tungstenite::connect_async_with_config(self.address(), Some(config), true);
        let connected = tokio::time::timeout(self.settings.timeout, connecting).await;
        let (mut socket, _) = connected
            .map_err(|_| "no connection in time".to_owned())?
            .map_err(|error| error.to_string())?;
        let names = self.channels.iter().map(|channel| channel.as_str());
        // Heartbeats first: quiet channels end after a minute without them.
        for channel in std::iter::once("heartbeats").chain(names) {
            let mut message = json!({ "type": "subscribe", "channel": channel });
            if let Value::Object(fields) = &mut message {
                if channel != "heartbeats" && !self.products.is_empty() {
                    fields.insert("product_ids".to_owned(), json!(self.products));
                }
                if let Some(key) = &self.settings.key {
                    let now = self.settings.clock.now().as_seconds();
                    fields.insert("jwt".to_owned(), key.token(None, now)?.into());
                }
            }
            socket
                .send(Message::Text(message.to_string().into()))
                .await
                .map_err(|error| error.to_string())?;
        }
        Ok(socket)
    }

    /// The events of a message. One that cannot be read makes the connection suspect.
    fn read(
        &mut self,
        fields: Fields<'_>,
        numbers: &mut Numbers,
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
                        events.extend(update.and_then(|update| self.fresh(update)));
                    }
                }
                // What is not known here is nobody's business.
                _ => {}
            }
        }
        Ok(events)
    }

    /// An update that says more than the last one of its order.
    fn fresh(&mut self, update: OrderUpdate) -> Option<StreamEvent> {
        let now = (rank(&update.status), update.filled_size);
        let before = self.orders.get(&update.order_id).copied();
        if before.is_some_and(|(rank, filled)| now.0 <= rank && now.1 <= filled) {
            return None;
        }
        self.orders.insert(update.order_id.clone(), now);
        Some(StreamEvent::Order(update))
    }
}

/// How late in an order's life a status is.
fn rank(status: &OrderStatus) -> u8 {
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
        | OrderStatus::Failed => 6,
    }
}

fn ticker(fields: Fields<'_>, time: Timestamp) -> Result<Ticker, ExchangeError> {
    Ok(Ticker {
        product: fields.needed_text("product_id")?,
        price: fields.needed_decimal("price")?,
        best_bid: fields.decimal("best_bid")?,
        best_ask: fields.decimal("best_ask")?,
        volume_24h: fields.decimal("volume_24_h")?,
        time,
    })
}

fn trade(fields: Fields<'_>, time: Timestamp) -> Result<Option<Trade>, ExchangeError> {
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

fn update(fields: Fields<'_>, time: Timestamp) -> Result<Option<OrderUpdate>, ExchangeError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_tell_gaps_from_repetitions() {
        let mut numbers = Numbers::default();
        assert!(matches!(numbers.see(Some(0)), Sequence::Next));
        assert!(matches!(numbers.see(Some(1)), Sequence::Next));
        assert!(matches!(numbers.see(Some(1)), Sequence::Repeated));
        assert!(matches!(numbers.see(None), Sequence::Next));
        assert!(matches!(numbers.see(Some(3)), Sequence::Gap(_)));
        assert_eq!(numbers.see_beat(7), None);
        assert_eq!(numbers.see_beat(8), None);
        assert!(numbers.see_beat(10).is_some());
    }
}
