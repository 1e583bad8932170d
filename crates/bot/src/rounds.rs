//! A bot's life: begin, go round all pairs, wait, end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use cbtrade_core::{Clock as _, Decimal, SystemClock, Timestamp};
use cbtrade_database::{Market, Position, ProductFilter, StopLevel, TradeFilter};
use cbtrade_exchange::Exchange;
use cbtrade_strategy::Kind;

use crate::bot::{Bot, BotError, Mode, count};
use crate::decide::{
    Budget, PairsInput, Performance, Product, Sizes, Spending, Wallet as BudgetWallet, select_pairs,
};
use crate::journal::Weight;
use crate::market::{Wallet, write_accounts, write_products};
use crate::orders::chain;
use crate::pass::PassInput;
use crate::performance::of_row;
use crate::settings::{Finding, FindingKind, MarketSettings, Reload, Settings};

/// A signed request must be younger than two minutes; a bot warns long before.
const SKEW_S_MAX: i64 = 30;
const SKEW_S_WARNED: i64 = 5;
/// Product rows older than this are refreshed by whoever sees it, in case no bot does only that.
const PRODUCTS_STALE_S: i64 = 180;
/// Between two comparisons of the wallet with the positions, in the venue's seconds.
const RECONCILE_EVERY_S: i64 = 300;
/// Signals and decisions are kept so many days.
const AUDIT_DAYS: i64 = 90;
/// After a round that failed altogether, a bot waits longer each time, up to this.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// A bot never runs round without pause.
const WAIT_MIN: Duration = Duration::from_millis(100);

impl<E: Exchange> Bot<E> {
    /// Works until it is asked to end. An error of one pair, of the venue or of the database ends nothing: the bot waits
    /// and goes on.
    ///
    /// # Errors
    /// What an operator must change before a bot can work: settings, keys, clock.
    pub async fn run(&self) -> Result<(), BotError> {
        // Futures of a whole life are large: they live on the heap.
        let life = Box::pin(self.live());
        self.pulse.beside(life, || self.answers()).await
    }

    async fn live(&self) -> Result<(), BotError> {
        self.sign_of_life("starting", None).await;
        if !self.begin().await? {
            return Ok(());
        }
        let _listening = self.listen();
        let mut failures = 0_u32;
        let mut reconciled = self.now();
        while !self.end.is_asked() {
            // Futures of a whole round are large: they live on the heap.
            let round = Box::pin(self.round(&mut reconciled)).await;
            count(&self.counters.rounds);
            let mut doing = "waiting";
            let pause = match round {
                Ok(pause) => {
                    failures = 0;
                    pause
                }
                Err(error) => {
                    doing = error.doing();
                    failures = failures.saturating_add(1);
                    self.went_wrong(None, &error);
                    WAIT_MAX.min(Duration::from_millis(500) * 2_u32.pow(failures.min(6)))
                }
            };
            let rounds = self.counters.rounds.load(Ordering::Relaxed);
            if self.options.rounds_max > 0 && rounds >= self.options.rounds_max {
                break;
            }
            if failures > 0 {
                self.sign_of_life(doing, None).await;
                // What has just failed is not done sooner because of a hint.
                self.wait(pause).await;
            } else {
                self.wait_for_round(pause).await;
            }
        }
        self.finish().await;
        Ok(())
    }

    /// What must be so before the first decision. Waits for venue and database; `false` if the bot was asked to end.
    async fn begin(&self) -> Result<bool, BotError> {
        self.tell_settings();
        let mut wait = Duration::from_millis(500);
        loop {
            let doing = match self.ready().await {
                Ok(()) => return Ok(true),
                Err(
                    error @ (BotError::Settings(_)
                    | BotError::KeyTooStrong
                    | BotError::KeyTooWeak
                    | BotError::ClockSkew { .. }),
                ) => return Err(error),
                Err(error) => {
                    self.went_wrong(None, &error);
                    error.doing()
                }
            };
            self.sign_of_life(doing, None).await;
            self.end.wait(wait).await;
            if self.end.is_asked() {
                return Ok(false);
            }
            wait = WAIT_MAX.min(wait * 2);
        }
    }

    async fn ready(&self) -> Result<(), BotError> {
        self.read_clock().await?;
        if self.options.may_trade_live {
            let may = self.exchange().permissions().await?;
            if may.can_transfer {
                return Err(BotError::KeyTooStrong);
            }
            if !may.can_trade {
                return Err(BotError::KeyTooWeak);
            }
        }
        let quotes = quotes(&self.settings());
        let found = self.orders.reconcile(&quotes).await?;
        self.journal().say(
            Weight::Note,
            None,
            format!(
                "ready: {} orders taken on, {} from before, {} open, {} unknown, {} of other programs; {} currencies differ",
                found.taken_on,
                found.legacy_taken_on,
                found.open_intents,
                found.unknown_orders.len(),
                found.external_orders,
                found.differences.len()
            ),
        );
        Ok(())
    }

    /// Reads the venue's clock. It counts for everything a bot writes; where it runs as fast as ours, the two must agree.
    async fn read_clock(&self) -> Result<(), BotError> {
        let venue = self.exchange().server_time().await?;
        self.orders.clock.set(venue);
        if self.options.speed == 1 && self.options.may_trade_live {
            let seconds = SystemClock.now().seconds_since(venue);
            if seconds.abs() > SKEW_S_MAX {
                return Err(BotError::ClockSkew { seconds });
            }
            if seconds.abs() > SKEW_S_WARNED {
                self.journal().say(
                    Weight::Warning,
                    None,
                    format!("this machine's clock differs by {seconds} s from the venue's"),
                );
            }
        }
        Ok(())
    }

    /// One round; gives how long to wait until the next.
    async fn round(&self, reconciled: &mut Timestamp) -> Result<Duration, BotError> {
        let settings = self.reload_settings();
        self.read_clock().await?;
        let quotes = quotes(&settings);
        if self.now().seconds_since(*reconciled) >= RECONCILE_EVERY_S {
            self.orders.reconcile(&quotes).await?;
            *reconciled = self.now();
        }
        for quote in &quotes {
            match self.options.mode {
                Mode::Auto => self.refresh_market(quote).await?,
                Mode::Full | Mode::Buy | Mode::Sell => {
                    if let Some(market) = settings.markets.get(quote) {
                        Box::pin(self.trade_market(quote, market, None)).await?;
                    }
                }
            }
        }
        if self.options.mode == Mode::Auto {
            self.keep_house().await?;
        }
        self.orders.follow(None).await?;
        let seconds = match self.options.mode {
            Mode::Auto => settings.bot.auto_loop_seconds,
            _ => settings.bot.loop_seconds,
        };
        Ok(self.in_venue_time(seconds))
    }

    /// So many of the venue's seconds, as they pass here.
    fn in_venue_time(&self, seconds: i64) -> Duration {
        let seconds = u64::try_from(seconds).unwrap_or_default();
        WAIT_MIN.max(Duration::from_secs(seconds) / self.options.speed.max(1))
    }

    async fn refresh_market(&self, quote: &str) -> Result<(), BotError> {
        self.sign_of_life("products and balances", None).await;
        let products = self.exchange().products().await?;
        let written = write_products(self.database(), &products, quote).await?;
        let accounts = self.exchange().accounts().await?;
        write_accounts(self.database(), &accounts, self.now()).await?;
        count(&self.counters.passes);
        self.journal().say(
            Weight::Detail,
            None,
            format!(
                "{quote}: {written} products and {} balances refreshed",
                accounts.len()
            ),
        );
        Ok(())
    }

    async fn keep_house(&self) -> Result<(), BotError> {
        let database = self.database();
        database.db_buy_signals_cleanup_old(AUDIT_DAYS).await?;
        database.db_buy_decisions_cleanup_old(AUDIT_DAYS).await?;
        Ok(())
    }

    /// The stop level that counts: the stronger one of database and file.
    async fn stop_level(&self) -> Result<StopLevel, BotError> {
        let kept = self.database().db_stop_level_get().await?.level;
        let local = match self.orders.stop.read() {
            Ok(stop) => stop.map_or(StopLevel::Run, |stop| stop.level),
            Err(error) => {
                self.went_wrong(None, &error);
                StopLevel::Halt
            }
        };
        Ok(kept.max(local))
    }

    /// Goes through the pairs of a market, or through some of them, as soon as a hint asks for it.
    pub(crate) async fn trade_market(
        &self,
        quote: &str,
        market: &MarketSettings,
        only: Option<&BTreeSet<&str>>,
    ) -> Result<(), BotError> {
        let level = self.stop_level().await?;
        if level == StopLevel::Halt {
            if only.is_none() {
                self.journal().say(
                    Weight::Note,
                    None,
                    "the fleet is halted: orders are followed, none is made",
                );
            }
            return Ok(());
        }
        if only.is_none() {
            self.refresh_if_stale(quote).await?;
        }
        let mut wallet = Wallet::of(&self.exchange().accounts().await?);
        let prepared = self.prepare(market, quote, &wallet).await?;
        let mut budget = prepared.budget;
        let mut pairs = prepared.pairs;
        let listed = pairs.iter().map(|(prod_id, _)| prod_id.as_str()).collect();
        self.hints.keep(quote, &listed, self.now());
        if let Some(only) = only {
            pairs.retain(|(prod_id, _)| only.contains(prod_id.as_str()));
        }
        while !pairs.is_empty() && !self.end.is_asked() {
            // Where it fails, the pass does too, and says what it means for the round.
            let _ = self.follow_hints().await;
            let (prod_id, may_buy) = pairs.remove(self.hints.next_of(&pairs, self.now()));
            let input = PassInput {
                market,
                prod_id: &prod_id,
                may_buy: may_buy && level == StopLevel::Run,
                liquidates: level == StopLevel::Liquidate,
            };
            if let Err(error) = Box::pin(self.pass(&input, &mut budget, &mut wallet)).await {
                // Without the database every further pair would wait for it in vain, and the bot seem to hang.
                self.went_wrong(Some(&prod_id), &error.of_one_pair()?);
            }
        }
        Ok(())
    }

    /// Without a bot that refreshes products, whoever trades does it.
    async fn refresh_if_stale(&self, quote: &str) -> Result<(), BotError> {
        let rows = self.database().db_mkts_get(None, Some(quote), None).await?;
        let newest = rows.iter().filter_map(|row| row.dlm_unix).max();
        let now = SystemClock.now().as_seconds();
        if newest.is_none_or(|newest| now - newest > PRODUCTS_STALE_S) {
            self.refresh_market(quote).await?;
        }
        Ok(())
    }

    async fn prepare(
        &self,
        market: &MarketSettings,
        quote: &str,
        wallet: &Wallet,
    ) -> Result<Prepared, BotError> {
        let database = self.database();
        let rows = database.db_mkts_get(None, Some(quote), None).await?;
        let products: Vec<Product> = rows.iter().map(of_market).collect();
        let all = self.performances(quote, "A").await?;
        let live = self.performances(quote, "L").await?;
        let with_positions: BTreeSet<String> = database
            .db_pairs_loop_poss_open_prod_ids_get(Some(quote))
            .await?
            .into_iter()
            .collect();
        let with_orders: BTreeSet<String> = self
            .orders
            .open_intents()
            .await?
            .into_iter()
            .map(|intent| intent.prod_id)
            .filter(|product| product.ends_with(&format!("-{quote}")))
            .collect();
        let (pairs, left_out) = select_pairs(&PairsInput {
            settings: market,
            products: &products,
            performance: &all,
            with_positions: &with_positions,
            with_orders: &with_orders,
        });
        for (product, hindrance) in &left_out {
            self.journal()
                .detail(product, format!("not bought: {hindrance}"));
        }
        let positions = self.spending(quote).await?;
        let gain_amt = live
            .values()
            .map(|performance| performance.gain_amt)
            .fold(Decimal::ZERO, |sum, gain| {
                sum.checked_add(gain).unwrap_or(sum)
            });
        let budget = Budget::of(
            market,
            &BudgetWallet {
                available_amt: wallet.available(quote),
                base_positions_amt: Decimal::ZERO,
                day_of_month: day_of_month(self.now()),
                gain_amt,
            },
            &positions,
            pairs.iter().map(|pair| pair.prod_id.as_str()),
        )
        .map_err(|error| BotError::Orders(error.into()))?;
        Ok(Prepared {
            budget,
            pairs: pairs
                .into_iter()
                .map(|pair| (pair.prod_id, pair.buys))
                .collect(),
        })
    }

    async fn performances(
        &self,
        quote: &str,
        class: &str,
    ) -> Result<BTreeMap<String, Performance>, BotError> {
        let filter = ProductFilter {
            quote_symb: Some(quote),
            lta: Some(class),
            ..ProductFilter::default()
        };
        let now = self.now();
        let rows = self.database().db_trade_perfs_get(filter, 0).await?;
        Ok(rows
            .into_iter()
            .map(|row| (row.prod_id.clone(), of_row(&row, now)))
            .collect())
    }

    /// What the open live positions have cost.
    async fn spending(&self, quote: &str) -> Result<Vec<Spending>, BotError> {
        let mut spending = Vec::new();
        for state in ["OPEN", "SELL"] {
            let filter = TradeFilter {
                quote_symb: Some(quote),
                lta: Some("L"),
                ..TradeFilter::default()
            };
            let rows = self
                .database()
                .db_poss_get(filter, None, Some(state))
                .await?;
            spending.extend(rows.into_iter().filter_map(|aged| spent(&aged.row)));
        }
        Ok(spending)
    }

    /// Gives back what the bot holds: another may take it at once.
    async fn finish(&self) {
        self.sign_of_life("ended", None).await;
        let guid = self.orders.bot_guid.clone();
        match self.database().db_mkt_checks_get(None).await {
            Ok(checks) => {
                for check in checks {
                    let Some(prod_id) = check.prod_id else {
                        continue;
                    };
                    let mine = |holder: &Option<String>| holder.as_deref() == Some(guid.as_str());
                    if (mine(&check.buy_check_guid) || mine(&check.sell_check_guid))
                        && let Err(error) =
                            self.database().db_mkt_checks_release(&prod_id, &guid).await
                    {
                        self.went_wrong(Some(&prod_id), &error);
                    }
                }
            }
            Err(error) => self.went_wrong(None, &error),
        }
    }

    /// What the operator should know of the settings, once.
    fn tell_settings(&self) {
        self.tell_findings(self.settings().check());
    }

    /// What may cost money is told whole; of the rest, that there is some.
    fn tell_findings(&self, findings: Vec<Finding>) {
        let (cautions, rest): (Vec<_>, Vec<_>) = findings
            .into_iter()
            .partition(|finding| finding.kind == FindingKind::Caution);
        for caution in cautions {
            self.journal().say(Weight::Note, None, caution.to_string());
        }
        if !rest.is_empty() {
            self.journal().say(
                Weight::Note,
                None,
                format!(
                    "{} more things to know of the settings; `cbtrade settings check` names them",
                    rest.len()
                ),
            );
        }
    }

    /// Looks at the files again; the last good settings stay in force where they cannot be used (B-12).
    fn reload_settings(&self) -> Arc<Settings> {
        let mut store = self.store();
        match store.reload() {
            Reload::Unchanged | Reload::StillKept => {}
            Reload::Changed { findings } => {
                self.journal()
                    .say(Weight::Note, None, "the settings have changed and are in force");
                self.tell_findings(findings);
            }
            Reload::Kept { error } => self.journal().say(
                Weight::Alert,
                None,
                format!(
                    "the settings have changed and cannot be used, the last good ones stay in force: {}",
                    chain(&error)
                ),
            ),
        }
        Arc::clone(store.current())
    }
}

/// The quote currencies that are traded.
fn quotes(settings: &Settings) -> Vec<String> {
    settings.markets.keys().cloned().collect()
}

/// What a round works on.
struct Prepared {
    budget: Budget,
    pairs: Vec<(String, bool)>,
}

fn spent(position: &Position) -> Option<Spending> {
    let kind = match position.buy_strat_type.as_deref().map(str::trim_end) {
        Some("dn") => Kind::Down,
        _ => Kind::Up,
    };
    Some(Spending {
        prod_id: position.prod_id.clone()?,
        kind,
        spent_amt: position.tot_out_cnt.unwrap_or_default(),
        is_ignored: position.ignore_tf.unwrap_or_default() != 0,
    })
}

fn of_market(row: &Market) -> Product {
    let flag = |value: Option<i64>| value.unwrap_or_default() != 0;
    let number = |value: Option<Decimal>| value.unwrap_or_default();
    Product {
        prod_id: row.prod_id.clone().unwrap_or_default(),
        base: row.base_curr_symb.clone().unwrap_or_default(),
        is_online: row
            .mkt_status_tf
            .as_deref()
            .is_some_and(|status| status.trim_end().eq_ignore_ascii_case("online")),
        is_view_only: flag(row.mkt_view_only_tf),
        is_disabled: flag(row.mkt_is_disabled_tf),
        is_cancel_only: flag(row.mkt_cancel_only_tf),
        is_limit_only: flag(row.mkt_limit_only_tf),
        is_post_only: flag(row.mkt_post_only_tf),
        is_trading_disabled: flag(row.mkt_trading_disabled_tf),
        is_auction: flag(row.mkt_auction_mode_tf),
        is_ignored: flag(row.ignore_tf),
        is_watched: flag(row.mkt_watched_tf),
        price_change_pct: row.prc_pct_chg_24h,
        volume_quote: row.vol_quote_24h,
        volume_change_pct: row.vol_pct_chg_24h,
        sizes: Sizes {
            base_step: number(row.base_size_incr),
            base_min: number(row.base_size_min),
            base_max: number(row.base_size_max),
            quote_step: number(row.quote_size_incr),
            quote_min: number(row.quote_size_min),
            quote_max: number(row.quote_size_max),
        },
    }
}

/// The day of the month in UTC, 1 to 31.
fn day_of_month(now: Timestamp) -> i64 {
    // `YYYY-MM-DDT…`
    now.to_rfc3339()
        .get(8..10)
        .and_then(|day| day.parse().ok())
        .unwrap_or(1)
}
