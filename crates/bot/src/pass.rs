//! One pass over a pair: look, buy, sell, follow.

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_database::{
    BuyDecision, BuyLimits, BuySignal, Changes, Error as DatabaseError, Position, columns,
};
use cbtrade_exchange::{Book, Exchange, ExchangeError, Product};
use cbtrade_indicators::Interval;
use cbtrade_strategy::Strategy;

use crate::bot::{Bot, BotError, count};
use crate::candles::CandlesError;
use crate::decide::{
    self, AuditRow, Budget, BuyAction, BuyOutcome, BuyPass, ByClass, Cap, DecideError, Judged,
    Performance, ProductFacts, SaleSize, SellAction, SellInput, SellOutcome, Sizes, Standing,
    StrategyPerformances, buy_pass, decide_sell, depth_amount, depth_price, sale_size, spread_pct,
};
use crate::frames::FrameSet;
use crate::hints::Exits;
use crate::market::{Wallet, market_row};
use crate::orders::{
    BuyWish, Mark, OrderError, SellWish, Wished, age_minutes, figures_of, holding_of, is_away,
    refreshed,
};
use crate::performance;
use crate::settings::{MarketSettings, ProductSettings};

/// A pair could not be gone through. The others are; this one is tried again in the next round.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PassError {
    #[error("the pass ended early at the database")]
    Database(#[from] DatabaseError),
    #[error("the pass ended early at the venue")]
    Venue(#[from] ExchangeError),
    #[error("the pass ended early: no frames")]
    Candles(#[from] CandlesError),
    #[error("the pass ended early: an order could not be handled")]
    Orders(#[from] OrderError),
    #[error("the pass ended early: a figure could not be computed")]
    Figures(#[from] DecideError),
}

impl PassError {
    /// The error, if it is one of this pair alone.
    ///
    /// # Errors
    /// It is the database that is away, which ends the round.
    pub(crate) fn of_one_pair(self) -> Result<Self, BotError> {
        match self {
            Self::Database(error)
            | Self::Candles(CandlesError::Store(error))
            | Self::Orders(OrderError::Database(error))
                if is_away(&error) =>
            {
                Err(BotError::Database(error))
            }
            error => Ok(error),
        }
    }
}

/// Levels of the book that are read.
const BOOK_LEVELS: usize = 60;

/// What a pass is given by its round.
pub(crate) struct PassInput<'a> {
    pub(crate) market: &'a MarketSettings,
    pub(crate) prod_id: &'a str,
    /// Whether the pair is one to buy in this round.
    pub(crate) may_buy: bool,
    /// Whether the fleet is to sell everything.
    pub(crate) liquidates: bool,
}

/// Which sides of a pair the bot has to itself.
struct Sides {
    buys: bool,
    sells: bool,
}

/// A pair as it is at this moment.
struct Look {
    product: Product,
    settings: ProductSettings,
    prc_buy: Decimal,
    prc_sell: Decimal,
    spread_pct: Decimal,
    frames: FrameSet,
    performance: ByClass<Performance>,
    performances: StrategyPerformances,
    now: Timestamp,
}

impl<E: Exchange> Bot<E> {
    /// Goes through a pair, if it is not another bot's. The budget is that of the round, counted down by what is bought.
    pub(crate) async fn pass(
        &self,
        input: &PassInput<'_>,
        budget: &mut Budget,
        wallet: &mut Wallet,
    ) -> Result<(), PassError> {
        let prod_id = input.prod_id;
        let before = self.open_positions(prod_id).await?;
        let Some(sides) = self.claim(input, !before.is_empty()).await? else {
            self.hints.leave(prod_id, self.now());
            let line = format!(
                "not looked at in this round ({} open): nothing to do for this bot, or another bot has just had it",
                before.len()
            );
            self.journal().detail(prod_id, line);
            return Ok(());
        };
        self.hints.began(prod_id, sides.sells, self.now());
        self.sign_of_life("pair", Some(prod_id)).await;
        count(&self.counters.passes);
        // What is open is ended first: what comes after is decided on what it left.
        self.orders.follow(Some(prod_id)).await?;
        let positions = self.open_positions(prod_id).await?;
        let mut settings = input.market.resolve(prod_id);
        // The operator's word to sell everything is stronger than a switch that was set before.
        settings.sell.is_on |= input.liquidates;
        settings.paper_only |= !self.options.may_trade_live;
        let look = Box::new(Box::pin(self.look(prod_id, settings, &positions)).await?);
        if sides.buys {
            Box::pin(self.buy(input, &look, budget)).await?;
        }
        if sides.sells {
            Box::pin(self.sell(input, &look, &positions, wallet)).await?;
        }
        self.orders.follow(Some(prod_id)).await?;
        Ok(())
    }

    /// All that is open of a product, live and on paper.
    async fn open_positions(&self, prod_id: &str) -> Result<Vec<Position>, PassError> {
        let open = self.database().db_poss_open_get_by_prod_id(prod_id).await?;
        let both = open.live.into_iter().chain(open.test);
        Ok(both.map(|aged| aged.row).collect())
    }

    /// Takes or renews the leases that the pass needs; none if another bot has the pair.
    async fn claim(
        &self,
        input: &PassInput<'_>,
        has_positions: bool,
    ) -> Result<Option<Sides>, PassError> {
        let guid = &self.orders.bot_guid;
        let mode = self.options.mode;
        let wants = Sides {
            buys: mode.buys() && input.may_buy && !input.liquidates,
            sells: mode.sells() && has_positions,
        };
        let buys = wants.buys
            && self
                .database()
                .db_mkt_checks_buy_upd(input.prod_id, guid)
                .await?;
        let sells = wants.sells
            && self
                .database()
                .db_mkt_checks_sell_upd(input.prod_id, guid)
                .await?;
        Ok((buys || sells).then_some(Sides { buys, sells }))
    }

    async fn look(
        &self,
        prod_id: &str,
        settings: ProductSettings,
        positions: &[Position],
    ) -> Result<Look, PassError> {
        let product = self.exchange().product(prod_id).await?;
        self.orders.progress.came_on();
        // Only what the venue has just said is written, nothing from the beginning of the round (B-08).
        self.database()
            .db_mkts_insupd(&market_row(&product))
            .await?;
        let book = self.exchange().book(prod_id, BOOK_LEVELS).await?;
        self.orders.progress.came_on();
        let costs = positions.iter().filter_map(|position| position.tot_out_cnt);
        let amount = depth_amount(settings.buy.trade_size, costs);
        let (prc_buy, prc_sell) = prices(&book, &product, amount)?;
        let now = self.now();
        let frames = self
            .candles
            .frames(
                self.database(),
                self.exchange(),
                self.journal(),
                (prod_id, &settings.strategies),
                now,
            )
            .await?;
        let (performance, performances) =
            performance::of_product(self.database(), prod_id, positions, now).await?;
        Ok(Look {
            spread_pct: spread_pct(prc_buy, prc_sell)?,
            product,
            settings,
            prc_buy,
            prc_sell,
            frames,
            performance,
            performances,
            now,
        })
    }

    async fn buy(
        &self,
        input: &PassInput<'_>,
        look: &Look,
        budget: &mut Budget,
    ) -> Result<(), PassError> {
        let facts = ProductFacts {
            sizes: sizes(&look.product),
            is_limit_only: look.product.limit_only,
            prc_buy: look.prc_buy,
            spread_pct: look.spread_pct,
            performance: look.performance,
        };
        let pass = BuyPass {
            market: input.market,
            product: &look.settings,
            facts: &facts,
            performances: &look.performances,
            frames: &look.frames,
        };
        let standing = Standing::of(&look.performance, &look.performances);
        let round = buy_pass(&pass, budget.clone(), standing)?;
        *budget = round.budget;
        self.journal().detail(
            input.prod_id,
            format!(
                "asked {} strategies at {} (buy) and {} (sell), {} %; {} signals, {} frames too short",
                round.asked,
                look.prc_buy,
                look.prc_sell,
                look.spread_pct,
                round.judged.len(),
                round.too_short
            ),
        );
        for judged in &round.judged {
            self.carry_out_buy(input, look, judged, budget.reserve_amt)
                .await?;
        }
        Ok(())
    }

    async fn carry_out_buy(
        &self,
        input: &PassInput<'_>,
        look: &Look,
        judged: &Judged,
        reserve_amt: Decimal,
    ) -> Result<(), PassError> {
        let prod_id = look.product.id.as_str();
        let outcome = &judged.outcome;
        // A signal may last for days, and so may what keeps it from being followed: that is told and kept once.
        let thing = format!(
            "signal {prod_id} {} {}",
            outcome.combination.strategy.name(),
            outcome.combination.interval.name()
        );
        let kept_by: Vec<&str> = outcome.steps.iter().map(|step| step.test.name()).collect();
        let is_bought = outcome.action != BuyAction::None;
        if is_bought || self.is_news(&thing, &kept_by.join(" ")) {
            self.write_decision(look, judged).await?;
            self.journal().note(prod_id, outcome.to_string());
        }
        let is_test = match outcome.action {
            BuyAction::None => return Ok(()),
            BuyAction::Test => true,
            BuyAction::Live => false,
        };
        let Some(size) = look.product.floor_quote_size(outcome.size) else {
            self.journal().warn(
                prod_id,
                format!(
                    "{} is no size that the venue takes; nothing is bought",
                    outcome.size
                ),
            );
            return Ok(());
        };
        if !is_test && !self.options.may_trade_live {
            self.journal()
                .note(prod_id, "live trading is switched off; nothing is bought");
            return Ok(());
        }
        if !is_test && let Some(why) = self.wallet_short(look, size, reserve_amt).await? {
            self.journal().note(prod_id, why);
            return Ok(());
        }
        let strategy = outcome.combination.strategy;
        let wish = BuyWish {
            product: &look.product,
            quote_size: size,
            price_estimate: look.prc_buy,
            is_test,
            mark: Mark {
                kind: strategy.kind().name().to_owned(),
                name: strategy.name().to_owned(),
                interval: outcome.combination.interval.name().to_owned(),
            },
            reason: outcome.to_string(),
            limits: if is_test {
                None
            } else {
                limits(input.market, outcome)
            },
        };
        let wished = self.orders.buy(&wish).await?;
        if matches!(wished, Wished::Placed { .. } | Wished::Filled) {
            count(&self.counters.buys);
        }
        self.tell_wished(prod_id, "buy", &wished);
        Ok(())
    }

    /// Why the wallet, as it is now, cannot pay a buy. Other bots spend from it too, so what the round began with may be gone.
    async fn wallet_short(
        &self,
        look: &Look,
        size: Decimal,
        reserve_amt: Decimal,
    ) -> Result<Option<String>, PassError> {
        let wallet = Wallet::of(&self.exchange().accounts().await?);
        let available = wallet.available(&look.product.quote_currency);
        let is_enough = size
            .checked_add(reserve_amt)
            .is_some_and(|needed| needed <= available);
        Ok((!is_enough).then(|| {
            format!(
                "no buy: the wallet has {available} {} by now, and {reserve_amt} of it is reserved; {size} is too much",
                look.product.quote_currency
            )
        }))
    }

    fn tell_wished(&self, prod_id: &str, what: &str, wished: &Wished) {
        match wished {
            Wished::Placed { .. } | Wished::Filled => {}
            Wished::Held(why) => {
                if self.is_news(&format!("no {what} {prod_id}"), why) {
                    self.journal().note(prod_id, format!("no {what}: {why}"));
                }
            }
            Wished::Refused(refusal) => self.journal().warn(
                prod_id,
                format!(
                    "the venue refused to {what}: {} ({})",
                    refusal.reason, refusal.message
                ),
            ),
            Wished::Unclear => self.journal().alert(
                prod_id,
                format!("it is not clear whether the order to {what} was taken; it is looked up"),
            ),
        }
    }

    /// Why a buy was made, moved to paper or denied, for whoever asks later.
    async fn write_decision(&self, look: &Look, judged: &Judged) -> Result<(), PassError> {
        let outcome = &judged.outcome;
        let strategy = outcome.combination.strategy;
        let interval = outcome.combination.interval.name();
        let signal = Changes::<BuySignal>::new()
            .set(columns::buy_signals::prod_id, look.product.id.as_str())
            .set(columns::buy_signals::buy_strat_type, strategy.kind().name())
            .set(columns::buy_signals::buy_strat_name, strategy.name())
            .set(columns::buy_signals::buy_strat_freq, interval)
            .set(columns::buy_signals::event_dttm, look.now)
            .set(
                columns::buy_signals::test_txn_yn,
                if outcome.is_test { "Y" } else { "N" },
            );
        let signal_id = self.database().db_buy_signals_ins(&signal).await?;
        for row in outcome.audit_rows() {
            let row = decision_row(&row)
                .set(columns::buy_decisions::signal_id, signal_id)
                .set(columns::buy_decisions::actv_dttm, look.now)
                .set(columns::buy_decisions::prod_id, look.product.id.as_str())
                .set(
                    columns::buy_decisions::symb,
                    look.product.quote_currency.as_str(),
                )
                .set(
                    columns::buy_decisions::buy_strat_type,
                    strategy.kind().name(),
                )
                .set(columns::buy_decisions::buy_strat_name, strategy.name())
                .set(columns::buy_decisions::buy_strat_freq, interval);
            self.database().db_buy_decisions_ins(&row).await?;
        }
        Ok(())
    }

    async fn sell(
        &self,
        input: &PassInput<'_>,
        look: &Look,
        positions: &[Position],
        wallet: &mut Wallet,
    ) -> Result<(), PassError> {
        for position in positions {
            // Those in SELL have an order, which is followed.
            if position.pos_stat.as_deref() == Some("OPEN") {
                self.judge_position(input, look, position, wallet).await?;
            } else {
                let line = format!("position {}: its order is followed", position.pos_id);
                self.journal().detail(input.prod_id, line);
            }
        }
        Ok(())
    }

    async fn judge_position(
        &self,
        input: &PassInput<'_>,
        look: &Look,
        position: &Position,
        wallet: &mut Wallet,
    ) -> Result<(), PassError> {
        let judged = as_decided(position, input.liquidates);
        let outcome = decide_sell(&SellInput {
            settings: &look.settings,
            position: &judged,
            prc_sell: look.prc_sell,
            spread_pct: look.spread_pct,
            age_minutes: age_minutes(position, look.now).unwrap_or_default(),
            view: &look.frames,
        })?;
        let exits = Exits::of(&look.settings, judged.holding.prc_buy, &outcome.figures);
        self.hints.expect(input.prod_id, exits);
        let row = refreshed(position, &outcome.figures, look.now);
        let row = row
            .set(columns::poss::pocket_pct, look.settings.sell.pocket_pct)
            .set(columns::poss::clip_pct, look.settings.sell.clip_pct);
        self.database().db_poss_insupd(&row).await?;
        let line = format!("position {}: {outcome}", position.pos_id);
        if outcome.action == SellAction::Hold {
            // What keeps a position may last for weeks: it is told when it begins and when it changes.
            let thing = format!("position {}", position.pos_id);
            if outcome.exit.is_some() && self.is_news(&thing, &outcome.kept_by()) {
                self.journal().note(input.prod_id, line);
            } else {
                self.journal().detail(input.prod_id, line);
            }
            return Ok(());
        }
        self.journal().note(input.prod_id, line);
        self.carry_out_sale(look, &judged, &outcome, wallet).await
    }

    async fn carry_out_sale(
        &self,
        look: &Look,
        position: &decide::Position,
        outcome: &SellOutcome,
        wallet: &mut Wallet,
    ) -> Result<(), PassError> {
        let prod_id = look.product.id.as_str();
        if !position.is_test && !self.options.may_trade_live {
            self.journal()
                .note(prod_id, "live trading is switched off; nothing is sold");
            return Ok(());
        }
        let base = look.product.base_currency.as_str();
        let available = (!position.is_test).then(|| wallet.available(base));
        let size = sale_size(
            &look.settings,
            &position.holding,
            &outcome.figures,
            &sizes(&look.product),
            available,
        )?;
        let base_size = match size {
            SaleSize::Sell { base_cnt, .. } => base_cnt,
            // Both may stay so for long: it is told once, and again after an hour.
            SaleSize::TooSmall { base_cnt, base_min } => {
                let why = format!(
                    "position {}: {base_cnt} cannot be sold, the least is {base_min}; it is kept",
                    position.pos_id
                );
                if self.is_news(&format!("sale of {}", position.pos_id), &why) {
                    self.journal().note(prod_id, why);
                }
                return Ok(());
            }
            SaleSize::WalletShort {
                hold_cnt,
                available_cnt,
            } => {
                let why = format!(
                    "position {} holds {hold_cnt}, but only {available_cnt} {base} can be sold; nothing is sold before that is explained",
                    position.pos_id
                );
                if self.is_news(&format!("sale of {}", position.pos_id), &why) {
                    self.journal().alert(prod_id, why);
                }
                return Ok(());
            }
        };
        let wish = SellWish {
            product: &look.product,
            pos_id: position.pos_id,
            base_size,
            price_estimate: look.prc_sell,
            is_test: position.is_test,
            mark: mark_of(outcome),
            reason: outcome.to_string(),
        };
        let wished = self.orders.sell(&wish).await?;
        if matches!(wished, Wished::Placed { .. } | Wished::Filled) {
            count(&self.counters.sells);
            if !position.is_test {
                wallet.spend(base, base_size);
            }
        }
        self.tell_wished(prod_id, "sell", &wished);
        Ok(())
    }
}

fn mark_of(outcome: &SellOutcome) -> Mark {
    outcome.exit.map_or_else(Mark::default, |exit| Mark {
        kind: exit.kind.to_owned(),
        name: exit.name.to_owned(),
        interval: exit
            .interval
            .map_or_else(String::new, |interval| interval.name().to_owned()),
    })
}

/// Prices at which the amount would be filled; the product's last ones where the book is empty.
fn prices(
    book: &Book,
    product: &Product,
    amount: Decimal,
) -> Result<(Decimal, Decimal), PassError> {
    let ask = depth_price(&book.asks, amount)?;
    let bid = depth_price(&book.bids, amount)?;
    let missing = || DecideError::OutOfRange {
        what: "price of a product that has neither a book nor a last price",
    };
    let ask = ask.or(product.price).ok_or_else(missing)?;
    let bid = bid.or(product.price).ok_or_else(missing)?;
    Ok((ask, bid))
}

/// What a live buy may not exceed: the limits that it was judged by. Those of open positions hold for live ones only.
fn limits(market: &MarketSettings, outcome: &BuyOutcome) -> Option<BuyLimits> {
    let rooms = outcome.rooms.as_ref()?;
    let max = |cap: Cap| {
        let room = rooms.iter().find(|room| room.cap == cap);
        room.map(|room| room.max_amt)
    };
    Some(BuyLimits {
        market_amt_max: max(Cap::Market)?,
        kind_amt_max: max(Cap::Kind)?,
        pair_amt_max: max(Cap::Pair)?,
        pair_kind_amt_max: max(Cap::PairKind)?,
        products_cnt_max: market.open_products_max,
        pair_cnt_max: outcome.limits.product_live_max,
        strategy_cnt_max: outcome.limits.strategy_live_max,
    })
}

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

fn as_decided(position: &Position, liquidates: bool) -> decide::Position {
    let text = |text: &Option<String>| {
        text.as_deref()
            .map(str::trim_end)
            .unwrap_or_default()
            .to_owned()
    };
    decide::Position {
        pos_id: position.pos_id,
        is_test: text(&position.test_txn_yn).eq_ignore_ascii_case("Y"),
        strategy: Strategy::of_name(&text(&position.buy_strat_name)),
        interval: Interval::of_name(&text(&position.buy_strat_freq)),
        is_forced: liquidates || position.force_sell_tf.unwrap_or_default() != 0,
        holding: holding_of(position),
        figures: figures_of(position),
    }
}

fn decision_row(row: &AuditRow) -> Changes<BuyDecision> {
    use columns::buy_decisions as column;
    let yes_no = |yes: bool| if yes { "Y" } else { "N" };
    let short = |text: &str| -> String { text.chars().take(64).collect() };
    let mut changes = Changes::new()
        .set(column::buy_yn, yes_no(row.buys))
        .set(column::test_txn_yn, yes_no(row.is_test))
        .set(column::buy_deny_yn, yes_no(row.is_denied))
        .set(column::test_fnc_name, row.test)
        .set(column::message, row.message.as_str());
    let places = [
        (
            column::setting_name,
            column::setting_value,
            column::buy_stat_name,
            column::buy_stat_value,
        ),
        (
            column::setting_name2,
            column::setting_value2,
            column::buy_stat_name2,
            column::buy_stat_value2,
        ),
        (
            column::setting_name3,
            column::setting_value3,
            column::buy_stat_name3,
            column::buy_stat_value3,
        ),
    ];
    for (compared, place) in row.comparisons.iter().zip(places) {
        changes = changes
            .set(place.0, short(compared.setting))
            .set(place.1, short(&compared.setting_value))
            .set(place.2, short(compared.figure))
            .set(place.3, short(&compared.figure_value));
    }
    changes
}
