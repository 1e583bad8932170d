//! What the venue knows, and the events that it is made of.
//!
//! Nothing changes but by an [`Event`]: it is decided, written into the journal, applied. After the end of the process
//! the journal's events are applied again, and everything is as it was.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_exchange::{FeeRates, OrderKind, OrderStatus, Side};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::money::{micros, minus, plus, text};
use crate::request::read_kind;

/// One change of the venue's state.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Event {
    /// The clock is set.
    Clock {
        #[serde(with = "micros")]
        real: Timestamp,
        #[serde(with = "micros")]
        simulated: Timestamp,
        speed: u32,
    },
    /// Money comes in, or goes out where it is negative.
    Money {
        currency: String,
        #[serde(with = "text")]
        amount: Decimal,
    },
    /// What is paid changes.
    Fees {
        #[serde(with = "text")]
        maker: Decimal,
        #[serde(with = "text")]
        taker: Decimal,
    },
    /// A product's flag or status changes.
    Flag {
        product: String,
        flag: String,
        value: String,
    },
    /// A product's price is multiplied from a moment on.
    Factor {
        product: String,
        #[serde(with = "micros")]
        from: Timestamp,
        #[serde(with = "text")]
        factor: Decimal,
    },
    /// An order is taken.
    Taken(Box<Taken>),
    /// An order is in the book.
    Opened { order: String },
    /// A stop is woken.
    Woken {
        order: String,
        #[serde(with = "micros")]
        time: Timestamp,
    },
    /// A part of an order is traded.
    Filled(Box<Filled>),
    /// The end of an order is asked for.
    CancelAsked {
        order: String,
        #[serde(with = "micros")]
        effective: Timestamp,
    },
    /// Nothing more happens to an order.
    Ended {
        order: String,
        status: String,
        message: String,
        #[serde(with = "micros")]
        time: Timestamp,
    },
}

/// An order is taken.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Taken {
    pub(crate) order: String,
    pub(crate) client_order_id: String,
    pub(crate) product: String,
    pub(crate) side: String,
    pub(crate) configuration: Value,
    #[serde(with = "micros")]
    pub(crate) created: Timestamp,
    /// When it is in the book.
    #[serde(with = "micros")]
    pub(crate) opens: Timestamp,
    /// When lists show it.
    #[serde(with = "micros")]
    pub(crate) listed: Timestamp,
    pub(crate) hold_currency: String,
    #[serde(with = "text")]
    pub(crate) hold: Decimal,
    /// Filled at most so far before it is cancelled, in the base currency; a planted fault.
    pub(crate) cut: Option<String>,
}

/// A part of an order is traded.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Filled {
    pub(crate) order: String,
    pub(crate) entry: String,
    pub(crate) trade: String,
    #[serde(with = "micros")]
    pub(crate) time: Timestamp,
    /// When lists of fills show it.
    #[serde(with = "micros")]
    pub(crate) listed: Timestamp,
    #[serde(with = "text")]
    pub(crate) price: Decimal,
    #[serde(with = "text")]
    pub(crate) size: Decimal,
    #[serde(with = "text")]
    pub(crate) value: Decimal,
    #[serde(with = "text")]
    pub(crate) fee: Decimal,
    pub(crate) maker: bool,
    /// What the order holds back after it.
    #[serde(with = "text")]
    pub(crate) hold: Decimal,
}

/// One currency.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Balance {
    pub(crate) available: Decimal,
    pub(crate) hold: Decimal,
}

/// An order.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) client_order_id: String,
    pub(crate) product: String,
    pub(crate) side: Side,
    pub(crate) configuration: Value,
    pub(crate) kind: OrderKind,
    pub(crate) status: OrderStatus,
    pub(crate) created: Timestamp,
    pub(crate) opens: Timestamp,
    pub(crate) listed: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) last_fill: Option<Timestamp>,
    pub(crate) cancel_at: Option<Timestamp>,
    /// Up to where the price was held against it.
    pub(crate) checked: Timestamp,
    pub(crate) is_awake: bool,
    pub(crate) hold_currency: String,
    pub(crate) hold: Decimal,
    pub(crate) filled_size: Decimal,
    pub(crate) filled_value: Decimal,
    pub(crate) fees: Decimal,
    pub(crate) fills: u64,
    pub(crate) cut: Option<Decimal>,
    pub(crate) message: String,
}

impl Order {
    /// The whole size in the base currency, where the order has one.
    pub(crate) fn base_size(&self) -> Option<Decimal> {
        match self.kind {
            OrderKind::MarketBuy { .. } => None,
            OrderKind::MarketBuyBase { base_size }
            | OrderKind::MarketSell { base_size }
            | OrderKind::LimitIoc { base_size, .. }
            | OrderKind::LimitFok { base_size, .. }
            | OrderKind::LimitGtc { base_size, .. }
            | OrderKind::LimitGtd { base_size, .. }
            | OrderKind::StopLimitGtc { base_size, .. } => Some(base_size),
        }
    }

    /// The worst price, where the order has one.
    pub(crate) fn limit_price(&self) -> Option<Decimal> {
        match self.kind {
            OrderKind::MarketBuy { .. }
            | OrderKind::MarketBuyBase { .. }
            | OrderKind::MarketSell { .. } => None,
            OrderKind::LimitIoc { limit_price, .. }
            | OrderKind::LimitFok { limit_price, .. }
            | OrderKind::LimitGtc { limit_price, .. }
            | OrderKind::LimitGtd { limit_price, .. }
            | OrderKind::StopLimitGtc { limit_price, .. } => Some(limit_price),
        }
    }
}

/// A part of an order that was traded, with what it belongs to.
#[derive(Debug, Clone)]
pub(crate) struct Fill {
    pub(crate) product: String,
    pub(crate) side: Side,
    pub(crate) filled: Filled,
}

/// Everything that the venue knows.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) balances: BTreeMap<String, Balance>,
    pub(crate) fees: FeeRates,
    /// Flags and status of products that differ from what they began with.
    pub(crate) flags: HashMap<String, BTreeMap<String, String>>,
    pub(crate) factors: Vec<(String, Timestamp, Decimal)>,
    /// In the order of their taking.
    pub(crate) orders: Vec<Order>,
    pub(crate) by_id: HashMap<String, usize>,
    pub(crate) by_client_id: HashMap<String, Vec<usize>>,
    /// Places of orders that may still be filled.
    pub(crate) live: BTreeSet<usize>,
    pub(crate) fills: Vec<Fill>,
    pub(crate) clock: Option<(Timestamp, Timestamp, u32)>,
    pub(crate) audit: crate::audit::Audit,
}

impl State {
    pub(crate) fn new(fees: FeeRates) -> Self {
        Self {
            balances: BTreeMap::new(),
            fees,
            flags: HashMap::new(),
            factors: Vec::new(),
            orders: Vec::new(),
            by_id: HashMap::new(),
            by_client_id: HashMap::new(),
            live: BTreeSet::new(),
            fills: Vec::new(),
            clock: None,
            audit: crate::audit::Audit::default(),
        }
    }

    pub(crate) fn order(&self, id: &str) -> Option<&Order> {
        self.by_id.get(id).and_then(|place| self.orders.get(*place))
    }

    fn order_mut(&mut self, id: &str) -> Option<&mut Order> {
        let place = self.by_id.get(id)?;
        self.orders.get_mut(*place)
    }

    pub(crate) fn balance(&self, currency: &str) -> Balance {
        self.balances.get(currency).copied().unwrap_or_default()
    }

    fn change(&mut self, currency: &str, available: Decimal, hold: Decimal) {
        let balance = self.balances.entry(currency.to_owned()).or_default();
        balance.available = plus(balance.available, available);
        balance.hold = plus(balance.hold, hold);
    }

    /// Applies an event and holds the result against the rules of money.
    pub(crate) fn apply(&mut self, event: &Event) {
        match event {
            Event::Clock {
                real,
                simulated,
                speed,
            } => self.clock = Some((*real, *simulated, *speed)),
            Event::Money { currency, amount } => self.change(currency, *amount, Decimal::ZERO),
            Event::Fees { maker, taker } => {
                self.fees = FeeRates {
                    maker: *maker,
                    taker: *taker,
                };
            }
            Event::Flag {
                product,
                flag,
                value,
            } => {
                let flags = self.flags.entry(product.clone()).or_default();
                flags.insert(flag.clone(), value.clone());
            }
            Event::Factor {
                product,
                from,
                factor,
            } => self.factors.push((product.clone(), *from, *factor)),
            Event::Taken(taken) => self.take(taken),
            Event::Opened { order } => {
                if let Some(order) = self.order_mut(order) {
                    order.status = OrderStatus::Open;
                }
            }
            Event::Woken { order, time } => {
                if let Some(order) = self.order_mut(order) {
                    order.is_awake = true;
                    order.checked = *time;
                }
            }
            Event::Filled(filled) => self.fill(filled),
            Event::CancelAsked { order, effective } => {
                if let Some(order) = self.order_mut(order) {
                    order.status = OrderStatus::CancelQueued;
                    order.cancel_at = Some(*effective);
                }
            }
            Event::Ended {
                order,
                status,
                message,
                time,
            } => self.end(order, status, message, *time),
        }
        crate::audit::after(self, event);
    }

    fn take(&mut self, taken: &Taken) {
        let side = Side::parse(&taken.side).unwrap_or(Side::Buy);
        let Ok(kind) = read_kind(side, &taken.configuration) else {
            self.audit.broken(format!(
                "order {} has no readable configuration",
                taken.order
            ));
            return;
        };
        let place = self.orders.len();
        self.change(
            &taken.hold_currency,
            minus(Decimal::ZERO, taken.hold),
            taken.hold,
        );
        self.orders.push(Order {
            id: taken.order.clone(),
            client_order_id: taken.client_order_id.clone(),
            product: taken.product.clone(),
            side,
            configuration: taken.configuration.clone(),
            is_awake: !matches!(kind, OrderKind::StopLimitGtc { .. }),
            kind,
            status: OrderStatus::Pending,
            created: taken.created,
            opens: taken.opens,
            listed: taken.listed,
            updated: taken.created,
            last_fill: None,
            cancel_at: None,
            checked: taken.opens,
            hold_currency: taken.hold_currency.clone(),
            hold: taken.hold,
            filled_size: Decimal::ZERO,
            filled_value: Decimal::ZERO,
            fees: Decimal::ZERO,
            fills: 0,
            cut: taken
                .cut
                .as_deref()
                .and_then(|cut| Decimal::parse(cut).ok()),
            message: String::new(),
        });
        if self.by_id.insert(taken.order.clone(), place).is_some() {
            self.audit
                .broken(format!("there are two orders {}", taken.order));
        }
        self.by_client_id
            .entry(taken.client_order_id.clone())
            .or_default()
            .push(place);
        self.live.insert(place);
    }

    fn fill(&mut self, filled: &Filled) {
        let Some(order) = self.order_mut(&filled.order) else {
            self.audit
                .broken(format!("a fill of the unknown order {}", filled.order));
            return;
        };
        let (product, side) = (order.product.clone(), order.side);
        let released = minus(order.hold, filled.hold);
        order.hold = filled.hold;
        order.filled_size = plus(order.filled_size, filled.size);
        order.filled_value = plus(order.filled_value, filled.value);
        order.fees = plus(order.fees, filled.fee);
        order.fills += 1;
        order.last_fill = Some(filled.time);
        order.updated = filled.time;
        order.checked = filled.time;
        let (base, quote) = currencies(&product);
        match side {
            Side::Buy => {
                let cost = plus(filled.value, filled.fee);
                self.change(
                    &quote,
                    minus(released, cost),
                    minus(Decimal::ZERO, released),
                );
                self.change(&base, filled.size, Decimal::ZERO);
            }
            Side::Sell => {
                self.change(
                    &base,
                    minus(released, filled.size),
                    minus(Decimal::ZERO, released),
                );
                self.change(&quote, minus(filled.value, filled.fee), Decimal::ZERO);
            }
        }
        self.fills.push(Fill {
            product,
            side,
            filled: filled.clone(),
        });
    }

    fn end(&mut self, id: &str, status: &str, message: &str, time: Timestamp) {
        let Some(order) = self.order_mut(id) else {
            return;
        };
        let (currency, left) = (order.hold_currency.clone(), order.hold);
        order.hold = Decimal::ZERO;
        order.status = OrderStatus::from(status);
        message.clone_into(&mut order.message);
        order.updated = time;
        self.change(&currency, left, minus(Decimal::ZERO, left));
        if let Some(place) = self.by_id.get(id) {
            self.live.remove(place);
        }
    }
}

/// Base and quote currency of a product's id.
pub(crate) fn currencies(product: &str) -> (String, String) {
    let (base, quote) = product.split_once('-').unwrap_or((product, ""));
    (base.to_owned(), quote.to_owned())
}
