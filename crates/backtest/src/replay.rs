//! The replay itself: minute by minute, what a bot would have seen, decided and got.

use std::collections::BTreeSet;

use cbtrade_bot::decide::{
    self, Budget, BuyAction, BuyPass, Combination, DecideError, ExitName, Judged, ProductFacts,
    SaleSize, SellAction, SellInput, Sizes, Standing, Wallet, buy_pass, decide_sell_silently,
    sale_size,
};
use cbtrade_bot::frames::FrameSet;
use cbtrade_bot::settings::ProductSettings;
use cbtrade_core::{Clock as _, Decimal, FixedClock, Timestamp};
use cbtrade_exchange::Product;

use crate::costs::Quotes;
use crate::error::BacktestError;
use crate::feed::{FeedFigures, Minute};
use crate::ledger::{Ledger, Sale, Trade};
use crate::record::Record;
use crate::report::Report;
use crate::settings::BacktestSettings;

/// The report lists at most so many trades, the newest; sums are over all of them.
pub const TRADES_KEPT: usize = 5_000;

/// A market order that waits for the next minute.
#[derive(Debug, Clone)]
enum Order {
    Buy {
        combination: Combination,
        size: Decimal,
        prc_estimate: Decimal,
        decided: Timestamp,
    },
    Sell {
        pos_id: i64,
        base_cnt: Decimal,
        exit: ExitName,
        prc_estimate: Decimal,
        decided: Timestamp,
    },
}

/// A look at the replay after a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The simulated time: the end of the last minute.
    pub now: Timestamp,
    /// The prices at it.
    pub quotes: Quotes,
    /// Cash, and coins at the price a sale brings.
    pub equity: Decimal,
}

/// What is known of the wallet when a budget is made; it is made anew when that changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct BudgetKey {
    day: i64,
    cash: Decimal,
    gain_amt: Decimal,
    open: usize,
}

/// A replay. Give it every minute in order, then ask for the [`Report`].
///
/// The order within a minute: orders of the minute before are filled at its first price; the frames take it in; at its end the
/// strategies are asked to buy, then every position that was open is judged, as in a live bot's pass. A live order decided then is
/// filled in the next minute, a paper order at once at the price it was decided at, as live bots fill theirs. So nothing that is
/// decided knows a later price.
#[derive(Debug)]
pub struct Replay {
    settings: BacktestSettings,
    product: ProductSettings,
    sizes: Sizes,
    pairs: BTreeSet<String>,
    clock: FixedClock,
    frames: FrameSet,
    ledger: Ledger,
    orders: Vec<Order>,
    budget: Option<(BudgetKey, Budget)>,
    closed: Vec<Trade>,
    last: Option<Moment>,
    record: Record,
}

impl Replay {
    /// Nothing replayed yet.
    ///
    /// # Errors
    ///
    /// Costs that cannot be; strategies that contradict each other.
    pub fn new(settings: BacktestSettings) -> Result<Self, BacktestError> {
        settings.costs.checked()?;
        let product = settings.resolved();
        let mut pairs = settings.market.pairs.traded.clone();
        pairs.insert(product.prod_id.clone());
        Ok(Self {
            frames: FrameSet::new(&product.strategies)?,
            sizes: sizes(&settings.product),
            pairs,
            clock: FixedClock::new(Timestamp::EPOCH),
            ledger: Ledger::new(settings.cash),
            orders: Vec::new(),
            budget: None,
            closed: Vec::new(),
            last: None,
            record: Record::new(settings.cash),
            product,
            settings,
        })
    }

    /// Takes the next minute in. Returns the positions that were closed.
    ///
    /// # Errors
    ///
    /// A minute that the frames refuse; a number that is too large.
    pub fn give(&mut self, minute: &Minute) -> Result<&[Trade], BacktestError> {
        self.closed.clear();
        let start = minute.start();
        if self.settings.to.is_some_and(|to| start >= to) {
            return Ok(&self.closed);
        }
        let is_in_period = self.settings.from.is_none_or(|from| start >= from);
        self.clock.set(start);
        if is_in_period {
            self.record
                .begin(minute, &self.settings, &self.frames, self.clock.now())?;
            self.fill(minute)?;
        }
        self.frames.give_minute(&minute.candle)?;
        self.clock
            .set(start.plus_seconds(self.settings.length.seconds()));
        if is_in_period {
            self.pass(minute)?;
        } else {
            self.record.warm_up += 1;
        }
        Ok(&self.closed)
    }

    /// Fills what was ordered in the minute before.
    fn fill(&mut self, minute: &Minute) -> Result<(), BacktestError> {
        let now = self.clock.now();
        let costs = self.settings.costs;
        for order in std::mem::take(&mut self.orders) {
            match order {
                Order::Buy {
                    combination,
                    size,
                    prc_estimate,
                    decided,
                } => {
                    let price = costs.buy_price(minute.open)?;
                    let step = self.settings.product.base_increment;
                    match costs.buy(size, price, prc_estimate, step)? {
                        Some(fill) => {
                            let times = (decided, now);
                            self.ledger.bought(combination, false, &fill, times)?;
                            self.record.bought(combination, false);
                        }
                        None => self
                            .record
                            .not_bought("the size does not buy one step of coins"),
                    }
                }
                Order::Sell {
                    pos_id,
                    base_cnt,
                    exit,
                    prc_estimate,
                    decided,
                } => {
                    let price = costs.sell_price(minute.open)?;
                    let fill = costs.sell(base_cnt, price, prc_estimate)?;
                    let sale = Sale {
                        fill: &fill,
                        exit,
                        decided,
                        ended: now,
                    };
                    self.book_sale(pos_id, &sale)?;
                }
            }
        }
        Ok(())
    }

    fn book_sale(&mut self, pos_id: i64, sale: &Sale<'_>) -> Result<(), BacktestError> {
        if let Some(trade) = self.ledger.sold(pos_id, sale, &self.product)? {
            self.record.closed(&trade)?;
            self.closed.push(trade);
        }
        Ok(())
    }

    /// A bot's pass at the end of a minute.
    fn pass(&mut self, minute: &Minute) -> Result<(), BacktestError> {
        let now = self.clock.now();
        let quotes = self.settings.costs.quotes(minute.close)?;
        // What is bought on paper in this pass is judged from the next one on.
        let open_before = self.ledger.open().len();
        self.ledger.refresh_book(now.as_seconds())?;
        self.buy(&quotes)?;
        self.sell(&quotes, open_before)?;
        let equity = self.ledger.equity(quotes.prc_sell)?;
        self.last = Some(Moment {
            now,
            quotes,
            equity,
        });
        self.record
            .minute_ended(minute, &quotes, (now, equity), &self.ledger)
    }

    fn failed(&self, source: DecideError) -> BacktestError {
        BacktestError::Decision {
            at: self.clock.now().to_rfc3339(),
            source,
        }
    }

    /// The budget of this round; the same as in the last one unless something was traded or a day began.
    fn round_budget(&mut self) -> Result<Budget, BacktestError> {
        let now = self.clock.now();
        let key = BudgetKey {
            day: now.as_seconds().div_euclid(86_400),
            cash: self.ledger.cash(),
            gain_amt: self.ledger.book().product().live.gain_amt,
            open: self.ledger.open_live(),
        };
        if let Some((known, budget)) = &self.budget
            && *known == key
        {
            return Ok(budget.clone());
        }
        let wallet = Wallet {
            available_amt: key.cash,
            base_positions_amt: Decimal::ZERO,
            day_of_month: day_of_month(now),
            gain_amt: key.gain_amt,
        };
        let positions = self.ledger.spendings(&self.product.prod_id);
        let pairs = self.pairs.iter().map(String::as_str);
        let budget = Budget::of(&self.settings.market, &wallet, &positions, pairs)
            .map_err(|source| self.failed(source))?;
        self.budget = Some((key, budget.clone()));
        Ok(budget)
    }

    fn buy(&mut self, quotes: &Quotes) -> Result<(), BacktestError> {
        let budget = self.round_budget()?;
        let book = self.ledger.book();
        let facts = ProductFacts {
            sizes: self.sizes,
            is_limit_only: self.settings.product.limit_only,
            prc_buy: quotes.prc_buy,
            spread_pct: quotes.spread_pct,
            performance: *book.product(),
        };
        let pass = BuyPass {
            market: &self.settings.market,
            product: &self.product,
            facts: &facts,
            performances: book.strategies(),
            frames: &self.frames,
        };
        let standing = Standing::of(book.product(), book.strategies());
        let round = buy_pass(&pass, budget, standing).map_err(|source| self.failed(source))?;
        self.record.asked(&round);
        for judged in &round.judged {
            self.carry_out_buy(judged, quotes)?;
        }
        Ok(())
    }

    fn carry_out_buy(&mut self, judged: &Judged, quotes: &Quotes) -> Result<(), BacktestError> {
        let outcome = &judged.outcome;
        self.record.judged(outcome);
        if outcome.action == BuyAction::None {
            return Ok(());
        }
        let Some(size) = self.settings.product.floor_quote_size(outcome.size) else {
            self.record.not_bought("the size is below the smallest");
            return Ok(());
        };
        let combination = outcome.combination;
        let now = self.clock.now();
        if outcome.action == BuyAction::Live {
            self.orders.push(Order::Buy {
                combination,
                size,
                prc_estimate: quotes.prc_buy,
                decided: now,
            });
            return Ok(());
        }
        let fill = decide::paper_buy(size, quotes.prc_buy).map_err(|source| self.failed(source))?;
        self.ledger.bought(combination, true, &fill, (now, now))?;
        self.record.bought(combination, true);
        Ok(())
    }

    fn sell(&mut self, quotes: &Quotes, open_before: usize) -> Result<(), BacktestError> {
        let now = self.clock.now();
        let mut sales = Vec::new();
        for index in 0..open_before {
            let Some(open) = self.ledger.open().get(index) else {
                break;
            };
            let age_minutes = now.seconds_since(open.begun).max(0) / 60;
            let outcome = decide_sell_silently(&SellInput {
                settings: &self.product,
                position: &open.position,
                prc_sell: quotes.prc_sell,
                spread_pct: quotes.spread_pct,
                age_minutes,
                view: &self.frames,
            })
            .map_err(|source| self.failed(source))?;
            let pos_id = open.position.pos_id;
            self.ledger.looked_at(index, outcome.figures, age_minutes);
            match (outcome.action, outcome.exit) {
                (SellAction::Sell, Some(exit)) => sales.push((pos_id, exit)),
                (SellAction::Hold, Some(_)) => self.record.held(&outcome),
                _ => {}
            }
        }
        let mut available = self.ledger.coins();
        for (pos_id, exit) in sales {
            self.carry_out_sale(pos_id, exit, quotes, &mut available)?;
        }
        Ok(())
    }

    fn carry_out_sale(
        &mut self,
        pos_id: i64,
        exit: ExitName,
        quotes: &Quotes,
        available: &mut Decimal,
    ) -> Result<(), BacktestError> {
        let now = self.clock.now();
        let open = self.ledger.open().iter();
        let Some(open) = open.into_iter().find(|open| open.position.pos_id == pos_id) else {
            return Ok(());
        };
        let position = &open.position;
        let is_test = position.is_test;
        let size = sale_size(
            &self.product,
            &position.holding,
            &position.figures,
            &self.sizes,
            (!is_test).then_some(*available),
        );
        let base_cnt = match size.map_err(|source| self.failed(source))? {
            SaleSize::Sell { base_cnt, .. } => base_cnt,
            SaleSize::TooSmall { .. } => {
                self.record
                    .not_sold("what is left is below the smallest size");
                return Ok(());
            }
            SaleSize::WalletShort { .. } => {
                self.record
                    .not_sold("the wallet has less than the position holds");
                return Ok(());
            }
        };
        if !is_test {
            *available = crate::costs::difference(*available, base_cnt, "coins")?;
            self.orders.push(Order::Sell {
                pos_id,
                base_cnt,
                exit,
                prc_estimate: quotes.prc_sell,
                decided: now,
            });
            return Ok(());
        }
        let fill = decide::paper_sell(base_cnt, quotes.prc_sell);
        let sale = Sale {
            fill: &fill.map_err(|source| self.failed(source))?,
            exit,
            decided: now,
            ended: now,
        };
        self.book_sale(pos_id, &sale)
    }

    /// The books as they are.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The frames as they are.
    #[must_use]
    pub fn frames(&self) -> &FrameSet {
        &self.frames
    }

    /// The last minute of the period; none before its first.
    #[must_use]
    pub fn moment(&self) -> Option<Moment> {
        self.last
    }

    /// How many minutes of the period were replayed.
    #[must_use]
    pub fn minutes(&self) -> u64 {
        self.record.minutes
    }

    /// The result. `feed` is what was noticed of the minutes, `span` when the first and the last of them began.
    ///
    /// # Errors
    ///
    /// No minute within the period; a number that is too large.
    pub fn finish(
        self,
        feed: FeedFigures,
        span: Option<(Timestamp, Timestamp)>,
    ) -> Result<Report, BacktestError> {
        let Some(last) = self.last else {
            let text = |moment: Option<Timestamp>| {
                moment.map_or_else(|| "-".to_owned(), Timestamp::to_rfc3339)
            };
            let Some((first, end)) = span else {
                return Err(BacktestError::NoCandle {
                    place: "what was given: neither in the period nor before it".to_owned(),
                });
            };
            return Err(BacktestError::Empty {
                from: text(self.settings.from),
                to: text(self.settings.to),
                first: first.to_rfc3339(),
                last: end.to_rfc3339(),
            });
        };
        self.record.report(&crate::record::Ending {
            settings: &self.settings,
            product: &self.product,
            frames: &self.frames,
            ledger: &self.ledger,
            feed,
            last,
            orders_waiting: self.orders.len(),
        })
    }
}

/// The product's sizes as decisions take them.
fn sizes(product: &Product) -> Sizes {
    Sizes {
        base_step: product.base_increment,
        base_min: product.base_size_min,
        base_max: product.base_size_max.unwrap_or_default(),
        quote_step: product.quote_increment,
        quote_min: product.quote_size_min,
        quote_max: product.quote_size_max.unwrap_or_default(),
    }
}

/// 1 to 31.
fn day_of_month(now: Timestamp) -> i64 {
    let text = now.to_rfc3339();
    let day = text.get(8..10).and_then(|day| day.parse().ok());
    day.unwrap_or(1)
}
