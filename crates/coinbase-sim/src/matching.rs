//! What becomes of orders as time goes on.
//!
//! An order that faces the book walks it, level by level, as taker. One that rests is filled at its limit, as maker,
//! where the price goes through it at a step of the path. The book is as deep for the next order as for the last one.

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_exchange::{Book, Level, OrderKind, OrderStatus, Side, StopDirection};

use crate::clock::{after_ms, at_seconds};
use crate::config::FeeRounding;
use crate::engine::Engine;
use crate::market::STEP_SECONDS;
use crate::money::{ceil_to, minus, over, plus, times};
use crate::state::{Event, Filled, Order};

/// Steps of fees that are rounded up.
const EIGHT_PLACES: Decimal = Decimal::from_units(10_000);
const CENT: Decimal = Decimal::from_units(10_000_000_000);

/// How a walk through the book ended.
enum Walk {
    /// All that was wished for is filled.
    Done,
    /// The book, the limit or the protection came first.
    Short,
}

impl Engine {
    /// The book of a product; none where there is no such product, an empty one where the admin API says so.
    pub(crate) fn book(&self, product: &str, now: Timestamp) -> Option<Book> {
        let mut book = self.markets.get(product)?.book(now);
        if self.flag(product, "book", "full") == "empty" {
            book.bids.clear();
            book.asks.clear();
        }
        Some(book)
    }

    /// The fee of a value, rounded as the venue is told to.
    pub(crate) fn fee(&self, value: Decimal, rate: Decimal) -> Decimal {
        let fee = times(value, rate);
        match self.config.fee_rounding {
            FeeRounding::Exact => fee,
            FeeRounding::UpTo8 => ceil_to(fee, EIGHT_PLACES),
            FeeRounding::UpToCent => ceil_to(fee, CENT),
        }
    }

    /// Lets everything happen that happens up to a moment.
    pub(crate) fn advance(&mut self, now: Timestamp) {
        let live: Vec<usize> = self.state.live.iter().copied().collect();
        for place in live {
            self.advance_order(place, now);
        }
    }

    fn at(&self, place: usize) -> Option<Order> {
        self.state.orders.get(place).cloned()
    }

    fn advance_order(&mut self, place: usize, now: Timestamp) {
        let Some(order) = self.at(place) else {
            return;
        };
        if order.status == OrderStatus::Pending {
            if order.opens > now {
                return;
            }
            self.commit(Event::Opened {
                order: order.id.clone(),
            });
            if order.is_awake {
                self.enter(place, order.opens);
            }
        }
        let end = match order.kind {
            OrderKind::LimitGtd { end_time, .. } => Some(end_time),
            _ => None,
        };
        let last = [end, order.cancel_at]
            .into_iter()
            .flatten()
            .fold(now, Timestamp::min);
        self.rest(place, last);
        let is_live = self.state.live.contains(&place);
        if is_live && order.cancel_at.is_some_and(|at| at <= now) {
            self.end(&order.id, "CANCELLED", "User requested cancel", last);
        } else if is_live && end.is_some_and(|end| end <= now) {
            self.end(&order.id, "EXPIRED", "", last);
        }
    }

    pub(crate) fn end(&mut self, id: &str, status: &str, message: &str, time: Timestamp) {
        self.commit(Event::Ended {
            order: id.to_owned(),
            status: status.to_owned(),
            message: message.to_owned(),
            time,
        });
    }

    /// Matches an order that has just come into the book, or was woken.
    fn enter(&mut self, place: usize, now: Timestamp) {
        let Some(order) = self.at(place) else {
            return;
        };
        let Some(book) = self.book(&order.product, now) else {
            return;
        };
        let levels = match order.side {
            Side::Buy => book.asks,
            Side::Sell => book.bids,
        };
        if matches!(order.kind, OrderKind::LimitFok { .. }) && !reaches(&order, &levels) {
            self.end(&order.id, "CANCELLED", "Fill or kill", now);
            return;
        }
        let walk = self.walk(place, &levels, now);
        match walk {
            Walk::Done => self.finish(place, now),
            Walk::Short if order.kind.is_immediate() => {
                self.end(&order.id, "CANCELLED", "Not enough to trade with", now);
            }
            Walk::Short => {}
        }
    }

    /// Ends an order whose every part is filled, or which is to be cut.
    fn finish(&mut self, place: usize, now: Timestamp) {
        let Some(order) = self.at(place) else {
            return;
        };
        let is_short = order
            .base_size()
            .map_or(order.filled_size.is_zero(), |size| order.filled_size < size);
        if order.cut.is_some() || is_short {
            self.end(&order.id, "CANCELLED", "Internal error", now);
        } else {
            self.end(&order.id, "FILLED", "", now);
        }
    }

    /// What is left to fill: in the base currency, or in the quote currency for a market buy.
    fn left(order: &Order) -> (Option<Decimal>, Option<Decimal>) {
        let part = |whole: Decimal| order.cut.map_or(whole, |cut| times(whole, cut));
        let base = order
            .base_size()
            .map(|size| minus(part(size), order.filled_size));
        let quote = match order.kind {
            OrderKind::MarketBuy { quote_size } => Some(minus(
                part(quote_size),
                plus(order.filled_value, order.fees),
            )),
            _ => None,
        };
        (base, quote)
    }

    fn walk(&mut self, place: usize, levels: &[Level], now: Timestamp) -> Walk {
        let best = levels.first().map(|level| level.price);
        for level in levels {
            let Some(order) = self.at(place) else {
                return Walk::Short;
            };
            if !is_within(&order, level.price, best, self.config.price_protection) {
                return Walk::Short;
            }
            let (wanted, is_last) = self.wanted(&order, level);
            if wanted > Decimal::ZERO {
                self.fill(&order, level.price, wanted, false, now);
            }
            if is_last {
                return Walk::Done;
            }
        }
        Walk::Short
    }

    /// How much of a level an order takes, and whether it wants no more after that.
    fn wanted(&self, order: &Order, level: &Level) -> (Decimal, bool) {
        let step = self
            .products
            .get(&order.product)
            .map_or(Decimal::ONE, |rules| rules.base_increment);
        let (base, quote) = Self::left(order);
        let mut most = base.map_or(level.size, |base| base.floor_to(step));
        if order.side == Side::Buy {
            let budget = quote.unwrap_or_else(|| {
                let free = self.state.balance(&order.hold_currency).available;
                plus(order.hold, free)
            });
            let payable = self.payable(budget, level.price, step);
            if quote.is_some() {
                most = payable;
            } else {
                most = most.min(payable);
            }
        }
        (most.min(level.size), most <= level.size)
    }

    /// The largest size at a price that a budget pays with its fee.
    fn payable(&self, budget: Decimal, price: Decimal, step: Decimal) -> Decimal {
        let rate = self.state.fees.taker;
        let each = times(price, plus(Decimal::ONE, rate));
        let mut size = over(budget, each).floor_to(step).max(Decimal::ZERO);
        while size > Decimal::ZERO {
            let value = times(size, price);
            if plus(value, self.fee(value, rate)) <= budget {
                break;
            }
            // A fee that is rounded up may be more than a step of the size: go down by what is too much.
            let excess = minus(plus(value, self.fee(value, rate)), budget);
            let less = ceil_to(over(excess, each), step).max(step);
            size = minus(size, less).max(Decimal::ZERO);
        }
        size
    }

    pub(crate) fn fill(
        &mut self,
        order: &Order,
        price: Decimal,
        size: Decimal,
        maker: bool,
        time: Timestamp,
    ) {
        let rates = self.state.fees;
        let value = times(size, price);
        let fee = self.fee(value, if maker { rates.maker } else { rates.taker });
        let after = match order.side {
            Side::Sell => minus(order.hold, size),
            Side::Buy => {
                let rest = minus(order.hold, plus(value, fee)).max(Decimal::ZERO);
                let open = order
                    .base_size()
                    .map(|whole| minus(whole, plus(order.filled_size, size)));
                match (open, order.limit_price()) {
                    (Some(open), Some(limit)) => rest.min(self.cost(open, limit)),
                    _ => rest,
                }
            }
        };
        let (entry, trade) = self.next_fill_ids();
        self.commit(Event::Filled(Box::new(Filled {
            order: order.id.clone(),
            entry,
            trade,
            time,
            listed: after_ms(time, self.behaviour.late_fills_ms),
            price,
            size,
            value,
            fee,
            maker,
            hold: after,
        })));
    }

    /// Holds a resting order against the path of the price up to a moment.
    fn rest(&mut self, place: usize, until: Timestamp) {
        let Some(mut order) = self.at(place) else {
            return;
        };
        let mut step = order.checked.as_seconds().div_euclid(STEP_SECONDS) + 1;
        let last = until.as_seconds().div_euclid(STEP_SECONDS);
        while step <= last && self.state.live.contains(&place) {
            let moment = at_seconds(step * STEP_SECONDS);
            self.rest_at(place, &order, moment);
            let Some(now) = self.at(place) else {
                return;
            };
            order = now;
            step += 1;
        }
        if let Some(order) = self.state.orders.get_mut(place) {
            order.checked = order.checked.max(until);
        }
    }

    fn rest_at(&mut self, place: usize, order: &Order, moment: Timestamp) {
        let Some(market) = self.markets.get(&order.product) else {
            return;
        };
        let price = market.price(moment);
        if !order.is_awake {
            if let OrderKind::StopLimitGtc {
                stop_price,
                stop_direction,
                ..
            } = order.kind
            {
                let wakes = match stop_direction {
                    StopDirection::Up => price >= stop_price,
                    StopDirection::Down => price <= stop_price,
                };
                if wakes {
                    self.commit(Event::Woken {
                        order: order.id.clone(),
                        time: moment,
                    });
                    self.enter(place, moment);
                }
            }
            return;
        }
        let Some(limit) = order.limit_price() else {
            return;
        };
        let through = match order.side {
            Side::Buy => price < limit,
            Side::Sell => price > limit,
        };
        let touches = self.config.touch_fills && price == limit;
        if !through && !touches {
            return;
        }
        let Some(rules) = self.products.get(&order.product) else {
            return;
        };
        let volume = market.minute_volume(moment);
        if volume.is_zero() {
            return;
        }
        let size = if rules.participation >= Decimal::ONE {
            order.base_size().unwrap_or_default()
        } else {
            let quarter = over(volume, Decimal::from_integer(60 / STEP_SECONDS));
            times(quarter, rules.participation).max(rules.base_increment)
        };
        let (wanted, is_last) = self.wanted(order, &Level { price: limit, size });
        if wanted > Decimal::ZERO {
            self.fill(order, limit, wanted, true, moment);
        }
        if is_last {
            self.finish(place, moment);
        }
    }
}

/// Whether an order still trades at a price.
fn is_within(order: &Order, price: Decimal, best: Option<Decimal>, protection: Decimal) -> bool {
    let best = best.unwrap_or(price);
    match (order.limit_price(), order.side) {
        (Some(limit), Side::Buy) => price <= limit,
        (Some(limit), Side::Sell) => price >= limit,
        (None, Side::Buy) => price <= times(best, plus(Decimal::ONE, protection)),
        (None, Side::Sell) => price >= times(best, minus(Decimal::ONE, protection)),
    }
}

/// Whether the levels within an order's limit hold all of it.
fn reaches(order: &Order, levels: &[Level]) -> bool {
    let there = levels
        .iter()
        .filter(|level| is_within(order, level.price, None, Decimal::ZERO))
        .fold(Decimal::ZERO, |all, level| plus(all, level.size));
    order.base_size().is_some_and(|size| there >= size)
}
