//! The venue as an [`Exchange`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cbtrade_core::Timestamp;
use cbtrade_exchange::{
    Account, Book, CancelAnswer, Candle, EventStream, Exchange, ExchangeError, FeeRates, Fill,
    FillQuery, Granularity, Order, OrderQuery, OrderRequest, OrderStatus, Permissions, Placement,
    Product, Refusal,
};
use serde_json::{Value, json};

use crate::error::SettingsError;
use crate::feed::{Aliases, Feed};
use crate::fields::Fields;
use crate::limiter::Limiter;
use crate::read;
use crate::send::{Question, Sender};
use crate::settings::Settings;
use crate::walk::End;

/// Candles of one request: inside every bound that was ever reported.
const CANDLES_PER_REQUEST: i64 = 300;

/// Orders of one cancellation.
const CANCEL_PER_REQUEST: usize = 100;

/// Products, accounts, orders and fills of one page.
const PAGE: &str = "250";

/// Letters of a client id.
const CLIENT_ID_LETTERS_MAX: usize = 36;

/// A clock that is off by more than this many seconds is told of.
const SKEW_SECONDS_TELL: i64 = 5;

/// A clock that is off by more than this many seconds makes tokens that the venue refuses.
const SKEW_SECONDS_REFUSE: i64 = 30;

/// How well this machine's clock agrees with the venue's. Seconds are what the venue is ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockVerdict {
    /// Well enough.
    Good(i64),
    /// Tell somebody.
    Off(i64),
    /// Do not trade: tokens will be refused.
    Refuse(i64),
}

/// Coinbase Advanced Trade, or a local venue that speaks like it.
pub struct Coinbase {
    sender: Sender,
    /// How fast all processes of this machine may connect for streams.
    stream_limiter: Option<Arc<Limiter>>,
    aliases: Aliases,
}

impl Coinbase {
    /// A client of these settings. Nothing is sent.
    ///
    /// # Errors
    /// Settings that are refused, a limiter's folder that cannot be used.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        let sender = Sender::new(settings)?;
        let settings = &sender.settings;
        let stream_limiter = settings
            .limiter
            .as_ref()
            .map(|limiter| Limiter::of_streams(limiter, Arc::clone(&settings.clock)))
            .transpose()?;
        Ok(Self {
            stream_limiter: stream_limiter.map(Arc::new),
            aliases: Aliases::default(),
            sender,
        })
    }

    /// Holds this machine's clock against the venue's. Of use only for a venue that runs on real time.
    ///
    /// # Errors
    /// The venue does not say what time it is.
    pub async fn clock_verdict(&self) -> Result<ClockVerdict, ExchangeError> {
        let venue = self.server_time().await?;
        let ahead = venue.seconds_since(self.sender.settings.clock.now());
        Ok(match ahead.abs() {
            off if off > SKEW_SECONDS_REFUSE => ClockVerdict::Refuse(ahead),
            off if off > SKEW_SECONDS_TELL => ClockVerdict::Off(ahead),
            _ => ClockVerdict::Good(ahead),
        })
    }

    async fn get(
        &self,
        path: &str,
        query: Vec<(&'static str, String)>,
    ) -> Result<Value, ExchangeError> {
        self.sender.ask(&Question::get(path, query)).await
    }

    /// The twin of a market path that fits: with a key the one that no cache stands before, else the public one.
    fn market(&self, path: &str) -> String {
        if self.sender.settings.key.is_some() {
            path.to_owned()
        } else {
            format!("/market{path}")
        }
    }

    /// Orders of one status, or of any, until `take` has enough.
    async fn list(
        &self,
        product: Option<&str>,
        status: Option<&OrderStatus>,
        since: Option<Timestamp>,
        mut take: impl FnMut(Order) -> bool,
    ) -> Result<(), ExchangeError> {
        let mut query = vec![("limit", PAGE.to_owned())];
        query.extend(product.map(|product| ("product_ids", product.to_owned())));
        query.extend(status.map(|status| ("order_status", status.as_str().to_owned())));
        query.extend(since.map(|since| ("start_date", since.to_rfc3339())));
        self.sender
            .pages(
                "/orders/historical/batch",
                &query,
                "orders",
                End::HasNext,
                |fields| Ok(take(read::order(fields)?)),
            )
            .await
    }

    /// One request's candles, added to those there are.
    async fn add_candles(
        &self,
        path: &str,
        granularity: Granularity,
        window: (i64, i64),
        candles: &mut BTreeMap<Timestamp, Candle>,
    ) -> Result<(), ExchangeError> {
        let query = vec![
            ("start", window.0.to_string()),
            ("end", window.1.to_string()),
            ("granularity", granularity.as_str().to_owned()),
            ("limit", CANDLES_PER_REQUEST.to_string()),
        ];
        let value = self.get(path, query).await?;
        for fields in Fields::of(&value, "GET candles").needed_list("candles")? {
            let candle = read::candle(fields)?;
            candles.insert(candle.start, candle);
        }
        Ok(())
    }
}

/// Whether a product's or an order's id may stand in a path.
fn checked_id<'id>(id: &'id str, call: &str) -> Result<&'id str, ExchangeError> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    if !id.is_empty() && id.chars().all(is_plain) {
        return Ok(id);
    }
    Err(ExchangeError::Refused {
        call: call.to_owned(),
        detail: format!("`{id}` is no id"),
    })
}

impl Exchange for Coinbase {
    async fn server_time(&self) -> Result<Timestamp, ExchangeError> {
        let value = self.get("/time", Vec::new()).await?;
        let fields = Fields::of(&value, "GET /time");
        let millis = fields
            .text("epochMillis")
            .and_then(|text| text.parse::<i64>().ok())
            .and_then(|millis| Timestamp::from_micros(millis.checked_mul(1_000)?));
        match millis {
            Some(moment) => Ok(moment),
            None => fields.needed_moment("iso"),
        }
    }

    async fn permissions(&self) -> Result<Permissions, ExchangeError> {
        let value = self.get("/key_permissions", Vec::new()).await?;
        let fields = Fields::of(&value, "GET /key_permissions");
        // A key that the answer says nothing of is not one that may not transfer.
        fields.needed_text("can_transfer")?;
        Ok(Permissions {
            can_view: fields.is("can_view"),
            can_trade: fields.is("can_trade"),
            can_transfer: fields.is("can_transfer"),
        })
    }

    async fn products(&self) -> Result<Vec<Product>, ExchangeError> {
        let path = self.market("/products");
        let mut products: Vec<Product> = Vec::new();
        let mut seen = BTreeSet::new();
        loop {
            let mut query = vec![("product_type", "SPOT".to_owned())];
            if self.sender.settings.key.is_some() {
                query.push(("get_tradability_status", "true".to_owned()));
            }
            if !products.is_empty() {
                query.push(("offset", products.len().to_string()));
            }
            let value = self.get(&path, query).await?;
            let fields = Fields::of(&value, "GET /products");
            let before = products.len();
            for one in fields.needed_list("products")? {
                let product = read::product(one)?;
                if seen.insert(product.id.clone()) {
                    products.push(product);
                }
            }
            let there = fields.count("num_products").unwrap_or_default();
            let have = u64::try_from(products.len()).unwrap_or(u64::MAX);
            if products.len() == before || have >= there {
                return Ok(products);
            }
        }
    }

    async fn product(&self, product: &str) -> Result<Product, ExchangeError> {
        let id = checked_id(product, "GET /products")?;
        let path = self.market(&format!("/products/{id}"));
        let query = if self.sender.settings.key.is_some() {
            vec![("get_tradability_status", "true".to_owned())]
        } else {
            Vec::new()
        };
        let value = self.get(&path, query).await?;
        let product = read::product(Fields::of(&value, "GET /products/{id}"))?;
        self.aliases.learn(&product);
        Ok(product)
    }

    async fn candles(
        &self,
        product: &str,
        granularity: Granularity,
        start: Timestamp,
        end: Timestamp,
    ) -> Result<Vec<Candle>, ExchangeError> {
        let id = checked_id(product, "GET /products/{id}/candles")?;
        let path = self.market(&format!("/products/{id}/candles"));
        let length = granularity.seconds();
        let mut from = granularity.start_of(start).as_seconds();
        if from < start.as_seconds() {
            from += length;
        }
        let mut candles = BTreeMap::new();
        while from < end.as_seconds() {
            // The venue counts the end in.
            let last = from + (CANDLES_PER_REQUEST - 1) * length;
            let last = last.min(end.as_seconds() - 1);
            self.add_candles(&path, granularity, (from, last), &mut candles)
                .await?;
            from += CANDLES_PER_REQUEST * length;
        }
        Ok(candles
            .into_values()
            .filter(|candle| candle.start >= start && candle.start < end)
            .collect())
    }

    async fn book(&self, product: &str, levels: usize) -> Result<Book, ExchangeError> {
        let path = self.market("/product_book");
        let query = vec![
            ("product_id", product.to_owned()),
            ("limit", levels.to_string()),
        ];
        let value = self.get(&path, query).await?;
        let mut book = read::book(Fields::of(&value, "GET /product_book"))?;
        book.bids.truncate(levels);
        book.asks.truncate(levels);
        Ok(book)
    }

    async fn accounts(&self) -> Result<Vec<Account>, ExchangeError> {
        let mut accounts = Vec::new();
        let query = [("limit", PAGE.to_owned())];
        self.sender
            .pages("/accounts", &query, "accounts", End::HasNext, |fields| {
                accounts.push(read::account(fields)?);
                Ok(false)
            })
            .await?;
        Ok(accounts)
    }

    async fn fee_rates(&self) -> Result<FeeRates, ExchangeError> {
        let query = vec![("product_type", "SPOT".to_owned())];
        let value = self.get("/transaction_summary", query).await?;
        let tier = Fields::of(&value, "GET /transaction_summary").inside("fee_tier");
        Ok(FeeRates {
            maker: tier.needed_decimal("maker_fee_rate")?,
            taker: tier.needed_decimal("taker_fee_rate")?,
        })
    }

    async fn place(&self, request: &OrderRequest) -> Placement {
        let letters = request.client_order_id.chars().count();
        let checked = checked_id(&request.client_order_id, "POST /orders");
        if checked.is_err() || letters > CLIENT_ID_LETTERS_MAX {
            return Placement::Unclear(ExchangeError::Refused {
                call: "POST /orders".to_owned(),
                detail: "a client id has at most 36 letters, digits and dashes".to_owned(),
            });
        }
        let mut question = Question::post("/orders", read::order_body(request));
        question.client_order_id = Some(&request.client_order_id);
        match self.sender.once(&question, 1).await {
            Ok(value) => read::placement(Fields::of(&value, "POST /orders")),
            // The venue has read the request and calls it wrong: it has not taken it.
            Err(ExchangeError::BadRequest { detail, .. }) => {
                Placement::Refused(Refusal::new("INVALID_ARGUMENT", detail))
            }
            Err(error) => Placement::Unclear(error),
        }
    }

    async fn order(&self, order_id: &str) -> Result<Option<Order>, ExchangeError> {
        let id = checked_id(order_id, "GET /orders/historical")?;
        let path = format!("/orders/historical/{id}");
        match self.get(&path, Vec::new()).await {
            Ok(value) => {
                let fields = Fields::of(&value, "GET /orders/historical/{id}");
                let order = read::order(fields.inside("order"))?;
                if order.order_id == order_id {
                    Ok(Some(order))
                } else {
                    Err(fields.wrong("order_id", "is that of another order"))
                }
            }
            Err(ExchangeError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn find_order(
        &self,
        client_order_id: &str,
        product: &str,
        since: Timestamp,
    ) -> Result<Option<Order>, ExchangeError> {
        let mut found = None;
        self.list(Some(product), None, Some(since), |order| {
            if order.client_order_id == client_order_id {
                found = Some(order);
            }
            found.is_some()
        })
        .await?;
        Ok(found)
    }

    async fn orders(&self, query: &OrderQuery) -> Result<Vec<Order>, ExchangeError> {
        let mut orders: BTreeMap<String, Order> = BTreeMap::new();
        let every: Vec<Option<&OrderStatus>> = if query.statuses.is_empty() {
            vec![None]
        } else {
            query.statuses.iter().map(Some).collect()
        };
        for status in every {
            self.list(query.product.as_deref(), status, query.since, |order| {
                orders.insert(order.order_id.clone(), order);
                false
            })
            .await?;
        }
        let mut orders: Vec<Order> = orders.into_values().collect();
        orders.sort_by_key(|order| std::cmp::Reverse(order.created));
        Ok(orders)
    }

    async fn fills(&self, query: &FillQuery) -> Result<Vec<Fill>, ExchangeError> {
        let mut asked = vec![("limit", PAGE.to_owned())];
        asked.extend(query.order_id.clone().map(|id| ("order_ids", id)));
        asked.extend(query.product.clone().map(|id| ("product_ids", id)));
        let since = query.since.map(Timestamp::to_rfc3339);
        asked.extend(since.map(|since| ("start_sequence_timestamp", since)));
        let mut fills: Vec<Fill> = Vec::new();
        let mut seen = BTreeSet::new();
        self.sender
            .pages(
                "/orders/historical/fills",
                &asked,
                "fills",
                End::Cursor,
                |fields| {
                    let fill = read::fill(fields)?;
                    // New fills move the pages while they are read.
                    if seen.insert(fill.entry_id.clone()) {
                        fills.push(fill);
                    }
                    Ok(false)
                },
            )
            .await?;
        fills.sort_by_key(|fill| std::cmp::Reverse(fill.sequence_time));
        Ok(fills)
    }

    async fn cancel(&self, order_ids: &[String]) -> Result<Vec<CancelAnswer>, ExchangeError> {
        let mut answers = Vec::new();
        for ids in order_ids.chunks(CANCEL_PER_REQUEST) {
            let question = Question::post("/orders/batch_cancel", json!({ "order_ids": ids }));
            let value = self.sender.ask(&question).await?;
            let fields = Fields::of(&value, "POST /orders/batch_cancel");
            let mut said: BTreeMap<String, CancelAnswer> = BTreeMap::new();
            for result in fields.needed_list("results")? {
                let order_id = result.needed_text("order_id")?;
                let accepted = result.is("success");
                let reason = result.text("failure_reason").unwrap_or_default();
                let reason = if accepted { String::new() } else { reason };
                said.insert(
                    order_id.clone(),
                    CancelAnswer {
                        order_id,
                        accepted,
                        reason,
                    },
                );
            }
            answers.extend(ids.iter().map(|id| {
                said.remove(id).unwrap_or_else(|| CancelAnswer {
                    order_id: id.clone(),
                    accepted: false,
                    reason: "the venue does not mention it".to_owned(),
                })
            }));
        }
        Ok(answers)
    }

    fn listen(&self) -> Option<Box<dyn EventStream>> {
        let settings = &self.sender.settings;
        let limiter = self.stream_limiter.clone();
        Some(Box::new(Feed::begin(
            settings,
            limiter,
            self.aliases.clone(),
        )))
    }
}
