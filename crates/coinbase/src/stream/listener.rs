//! One connection after another, until nobody listens any more.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use cbtrade_core::Random;
use cbtrade_exchange::{Gap, StreamEvent};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::numbers::{Numbers, Sequence};
use super::read::{Seen, events};
use super::{Channel, Opening};
use crate::fields::Fields;
use crate::limiter::Limiter;
use crate::settings::Settings;

/// Largest message: a book's snapshot has several megabytes.
const MESSAGE_BYTES_MAX: usize = 32 << 20;

/// Longest pause before connecting again.
const RECONNECT_MAX: Duration = Duration::from_secs(30);

/// The channel of signs of life.
const HEARTBEATS: &str = "heartbeats";

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub(super) struct Listener {
    settings: Settings,
    channels: Vec<Channel>,
    wished: watch::Receiver<BTreeSet<String>>,
    sender: mpsc::Sender<StreamEvent>,
    seen: Seen,
    random: Random,
    limiter: Option<Arc<Limiter>>,
    seat: Option<PathBuf>,
}

/// How one connection ended.
enum Ending {
    /// Nobody listens any more.
    Unwanted,
    /// It must be made anew.
    Broken(String),
}

impl Listener {
    pub(super) fn new(
        opening: Opening<'_>,
        sender: mpsc::Sender<StreamEvent>,
        wished: watch::Receiver<BTreeSet<String>>,
    ) -> Self {
        Self {
            settings: opening.settings.clone(),
            channels: opening.channels.to_vec(),
            wished,
            sender,
            seen: Seen::default(),
            random: Random::stream(opening.settings.seed, opening.number),
            limiter: opening.limiter,
            seat: opening.seat,
        }
    }

    pub(super) async fn run(mut self) {
        // Held until the end: the system gives it back however the process ends.
        let Some(_seat) = self.take_seat().await else {
            return;
        };
        let mut pause = self.settings.reconnect;
        loop {
            let began = Instant::now();
            match self.connection().await {
                Ending::Unwanted => return,
                Ending::Broken(why) => {
                    if !self.tell(StreamEvent::Gap(Gap { why })).await {
                        return;
                    }
                }
            }
            // A venue that takes connections only to end them must not be asked four times a second.
            if began.elapsed() >= self.settings.silence {
                pause = self.settings.reconnect;
            }
            tokio::time::sleep(self.scattered(pause)).await;
            pause = (pause * 2).min(RECONNECT_MAX);
        }
    }

    fn scattered(&mut self, pause: Duration) -> Duration {
        pause.mul_f64(0.75 + self.random.unit() / 2.0)
    }

    async fn tell(&self, event: StreamEvent) -> bool {
        self.sender.send(event).await.is_ok()
    }

    /// Waits until no other process listens; `None` when nobody wants it any more. Without a seat there is nothing to wait
    /// for, and where the file cannot be used it is better to listen too often than not at all.
    async fn take_seat(&mut self) -> Option<Option<File>> {
        let Some(path) = self.seat.clone() else {
            return Some(None);
        };
        let opened = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path);
        let Ok(file) = opened else {
            return Some(None);
        };
        let mut is_told = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Some(Some(file)),
                Err(std::fs::TryLockError::WouldBlock) => {}
                Err(std::fs::TryLockError::Error(_)) => return Some(None),
            }
            if !is_told && !self.tell(StreamEvent::Elsewhere).await {
                return None;
            }
            is_told = true;
            let pause = self.scattered(self.settings.silence);
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.sender.closed() => return None,
            }
        }
    }

    fn address(&self) -> &str {
        if self.channels.contains(&Channel::User) {
            &self.settings.ws_user_url
        } else {
            &self.settings.ws_market_url
        }
    }

    async fn connection(&mut self) -> Ending {
        let mut subscribed = self.wished.borrow_and_update().clone();
        let mut socket = match self.connect(&subscribed).await {
            Ok(socket) => socket,
            Err(why) => return Ending::Broken(why),
        };
        let mut numbers = Numbers::default();
        let mut alive = false;
        let mut deadline = Instant::now() + self.settings.silence;
        loop {
            let message = tokio::select! {
                heard = tokio::time::timeout_at(deadline, socket.next()) => heard,
                changed = self.wished.changed() => {
                    if changed.is_err() {
                        return Ending::Unwanted;
                    }
                    let wished = self.wished.borrow_and_update().clone();
                    if let Err(why) = self.change(&mut socket, &subscribed, &wished).await {
                        return Ending::Broken(why);
                    }
                    subscribed = wished;
                    continue;
                }
            };
            let text = match message {
                Err(_) => return Ending::Broken("the venue is silent".to_owned()),
                Ok(None) => return Ending::Broken("the venue ended the connection".to_owned()),
                Ok(Some(Err(error))) => return Ending::Broken(error.to_string()),
                Ok(Some(Ok(Message::Text(text)))) => text,
                // A ping says that the line stands, not that anything would come over it.
                Ok(Some(Ok(_))) => continue,
            };
            deadline = Instant::now() + self.settings.silence;
            if let Err(ending) = self.hear(text.as_str(), &mut numbers, &mut alive).await {
                return ending;
            }
        }
    }

    /// One message.
    async fn hear(
        &mut self,
        text: &str,
        numbers: &mut Numbers,
        alive: &mut bool,
    ) -> Result<(), Ending> {
        let Ok(value) = serde_json::from_str::<Value>(text) else {
            return Err(Ending::Broken("a message is no JSON".to_owned()));
        };
        let fields = Fields::of(&value, "stream");
        if fields.text("type").as_deref() == Some("error") {
            let why = fields.text("message").unwrap_or_default();
            return Err(Ending::Broken(format!("the venue refuses: {why}")));
        }
        match numbers.see(fields.count("sequence_num")) {
            Sequence::Next => {}
            Sequence::Repeated => return Ok(()),
            Sequence::Gap(why) => return Err(Ending::Broken(why)),
        }
        if !*alive {
            *alive = true;
            if !self.tell(StreamEvent::Connected).await {
                return Err(Ending::Unwanted);
            }
        }
        let events = events(fields, numbers, &mut self.seen).map_err(Ending::Broken)?;
        for event in events {
            if !self.tell(event).await {
                return Err(Ending::Unwanted);
            }
        }
        Ok(())
    }

    async fn connect(&self, products: &BTreeSet<String>) -> Result<Socket, String> {
        if let Some(limiter) = &self.limiter {
            let wait = limiter.take().map_err(|error| error.to_string())?;
            tokio::time::sleep(wait).await;
        }
        let config = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_BYTES_MAX))
            .max_frame_size(Some(MESSAGE_BYTES_MAX));
        let connecting =
            tokio_tungstenite::connect_async_with_config(self.address(), Some(config), true);
        let connected = tokio::time::timeout(self.settings.timeout, connecting).await;
        let (mut socket, _) = connected
            .map_err(|_| "no connection in time".to_owned())?
            .map_err(|error| error.to_string())?;
        // Heartbeats first: quiet channels end after a minute without them.
        self.ask(&mut socket, "subscribe", HEARTBEATS, None).await?;
        for channel in &self.channels {
            let named = (!products.is_empty()).then_some(products);
            // Of prices no names are none; of orders they are all.
            if named.is_some() || *channel == Channel::User {
                self.ask(&mut socket, "subscribe", channel.as_str(), named)
                    .await?;
            }
        }
        Ok(socket)
    }

    /// Asks for the difference of products.
    async fn change(
        &self,
        socket: &mut Socket,
        before: &BTreeSet<String>,
        wished: &BTreeSet<String>,
    ) -> Result<(), String> {
        let new: BTreeSet<String> = wished.difference(before).cloned().collect();
        let old: BTreeSet<String> = before.difference(wished).cloned().collect();
        for channel in &self.channels {
            for (kind, products) in [("subscribe", &new), ("unsubscribe", &old)] {
                if !products.is_empty() {
                    self.ask(socket, kind, channel.as_str(), Some(products))
                        .await?;
                }
            }
        }
        Ok(())
    }

    /// Sends one request, with a token of its own where there is a key.
    async fn ask(
        &self,
        socket: &mut Socket,
        kind: &str,
        channel: &str,
        products: Option<&BTreeSet<String>>,
    ) -> Result<(), String> {
        let mut message = json!({ "type": kind, "channel": channel });
        if let Value::Object(fields) = &mut message {
            if let Some(products) = products {
                fields.insert("product_ids".to_owned(), json!(products));
            }
            if let Some(key) = &self.settings.key {
                let now = self.settings.clock.now().as_seconds();
                fields.insert("jwt".to_owned(), key.token(None, now)?.into());
            }
        }
        socket
            .send(Message::Text(message.to_string().into()))
            .await
            .map_err(|error| error.to_string())
    }
}
