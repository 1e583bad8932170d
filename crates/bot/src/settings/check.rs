//! What the operator should know of the settings: limits that hold for the first time, keys that do nothing.

use std::collections::BTreeSet;
use std::fmt;

use cbtrade_core::Decimal;
use cbtrade_strategy::Strategy;

use super::market::{MarketSettings, NoteKind, ShareMode};
use super::product::{ProductSettings, SaverSettings};
use super::store::Settings;

/// What kind of thing a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingKind {
    /// It may not do what its name suggests, or what was meant. First, because it may cost money.
    Caution,
    /// The former code never read this setting, or not as it stands; from now on it holds.
    Enforced,
    /// It is read under an odd spelling.
    OddSpelling,
    /// The file does not have it; its default holds.
    Missing,
    /// It does nothing.
    WithoutEffect,
}

/// Something about the settings that the operator should know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Finding {
    /// What kind of thing it is.
    pub kind: FindingKind,
    /// The quote currency whose file it is in; empty for `bot.json`.
    pub quote: String,
    /// The key with its path.
    pub key: String,
    /// Its value, as it holds.
    pub value: String,
    /// What it means.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.quote.is_empty() {
            write!(out, "{} ", self.quote)?;
        }
        write!(out, "{}", self.key)?;
        if !self.value.is_empty() {
            write!(out, " = {}", self.value)?;
        }
        write!(out, ": {}", self.message)
    }
}

/// Everything there is to say, in order of kind and key.
pub(super) fn check(settings: &Settings) -> Vec<Finding> {
    let mut findings: Vec<Finding> = notes("", &settings.bot.notes).collect();
    findings.extend(pauses(settings));
    for (quote, market) in &settings.markets {
        let mut list = List {
            quote,
            market,
            findings: Vec::new(),
        };
        list.budget();
        list.buy();
        list.sell();
        list.strategies();
        findings.append(&mut list.findings);
        findings.extend(notes(quote, &market.notes));
    }
    findings.sort();
    findings
}

/// A bot that looks less often than this misses what the shortest candles say.
const PAUSE_S_MAX: i64 = 300;

fn pauses(settings: &Settings) -> impl Iterator<Item = Finding> {
    [
        ("loop_secs", settings.bot.loop_seconds),
        ("auto_loop_secs", settings.bot.auto_loop_seconds),
    ]
    .into_iter()
    .filter(|(_, seconds)| *seconds > PAUSE_S_MAX)
    .map(|(key, seconds)| Finding {
        kind: FindingKind::Caution,
        quote: String::new(),
        key: key.to_owned(),
        value: seconds.to_string(),
        message: "so many seconds pass between two looks, and no stop loss sells in them"
            .to_owned(),
    })
}

fn notes<'a>(
    quote: &'a str,
    notes: &'a [super::market::Note],
) -> impl Iterator<Item = Finding> + 'a {
    notes.iter().map(move |note| {
        let (kind, message) = match note.kind {
            NoteKind::WithoutEffect => (
                FindingKind::WithoutEffect,
                "nothing depends on it, now as before",
            ),
            NoteKind::Missing => (FindingKind::Missing, "not in the file; its default holds"),
            NoteKind::OddSpelling => (
                FindingKind::OddSpelling,
                "read under this spelling; the former code could not find it",
            ),
        };
        let is_paper = note.key == "paper_trades_only_yn" && note.kind == NoteKind::Missing;
        Finding {
            kind,
            quote: quote.to_owned(),
            key: note.key.clone(),
            value: String::new(),
            message: if is_paper {
                "not in the file; without it every buy is a paper buy".to_owned()
            } else {
                message.to_owned()
            },
        }
    })
}

struct List<'a> {
    quote: &'a str,
    market: &'a MarketSettings,
    findings: Vec<Finding>,
}

impl List<'_> {
    fn push(&mut self, kind: FindingKind, key: &str, value: String, message: &str) {
        self.findings.push(Finding {
            kind,
            quote: self.quote.to_owned(),
            key: key.to_owned(),
            value,
            message: message.to_owned(),
        });
    }

    fn enforced(&mut self, key: &str, value: String, message: &str) {
        self.push(FindingKind::Enforced, key, value, message);
    }

    fn caution(&mut self, key: &str, value: &str, message: &str) {
        self.push(FindingKind::Caution, key, value.to_owned(), message);
    }

    /// A value by product in short: that of all others, then those of their own.
    fn by_product<T: fmt::Display + PartialEq>(
        &self,
        value: impl Fn(&ProductSettings) -> T,
    ) -> String {
        let rest = value(&self.market.others);
        let mut text = rest.to_string();
        for (prod_id, product) in &self.market.products {
            let own = value(product);
            if own != rest {
                text.push_str(&format!(", {prod_id} {own}"));
            }
        }
        text
    }

    fn any(&self, holds: impl Fn(&ProductSettings) -> bool) -> bool {
        holds(&self.market.others) || self.market.products.values().any(holds)
    }

    fn budget(&mut self) {
        let budget = &self.market.budget;
        if budget.loss_amt_max.is_zero() {
            self.caution("budget.max_tot_loss", "0", "no loss stops the buying");
        } else {
            let value = budget.loss_amt_max.to_string();
            let message = "never enforced before: once all live positions together have lost so \
                           much, nothing is bought live";
            self.enforced("budget.max_tot_loss", value, message);
        }
        let (up, dn) = (budget.spend_up_max_pct, budget.spend_dn_max_pct);
        let message = "strategies of kind dn had the share of kind up; now they have their own";
        if up != dn {
            self.enforced("budget.spend_dn_max_pct", dn.to_string(), message);
        }
        let split = self.by_product(|product| {
            let own = &product.budget;
            format!("{}/{}", own.spend_up_max_pct, own.spend_dn_max_pct)
        });
        let message = "never read before: a pair's amount is split like this (up/dn)";
        self.enforced("budget.spend_max_pcts", split, message);
        let limits = self.by_product(|product| product.budget.spend_max_amt);
        let message = "never enforced before: so much at most in open live positions of a product";
        self.enforced("budget.spend_pair_max", limits, message);
        let pct = budget.undesignated_pair_max_pct.to_string();
        let message = "never enforced before: of the undesignated amount, for one product";
        self.enforced("budget.undesignated_pair_max_pct", pct, message);
        if budget.share_mode == ShareMode::Shares && budget.shares.rest().is_zero() {
            let message = "a pair without a share of its own can buy nothing live";
            self.caution("budget.mkt_shares.***", "0", message);
        }
        if self.market.pairs.traded.is_empty() {
            let message = "no pair is designated: whatever is bought has the undesignated budget";
            self.caution("pairs.trade_pairs", "[]", message);
        }
    }

    fn buy(&mut self) {
        let flag = |holds: bool| if holds { "Y" } else { "N" };
        for (key, is_off, value, message) in [
            (
                "trade_yn",
                self.any(|product| !product.trades),
                self.by_product(|product| flag(product.trades)),
                "never read before: with N nothing is bought, neither live nor on paper",
            ),
            (
                "trade_live_yn",
                self.any(|product| !product.trades_live),
                self.by_product(|product| flag(product.trades_live)),
                "never read before: with N nothing is bought live",
            ),
        ] {
            if is_off {
                self.enforced(key, value, message);
            }
        }
        let value = self.market.open_products_max.to_string();
        let message = "was compared with the number of listed products: so many products may have \
                       open live positions";
        self.enforced("buy.mkts_open_max", value, message);
        let value = self.by_product(|product| product.buy.open_test_cnt_max);
        let message = "never read before: open paper positions of a product";
        self.enforced("buy.open_test_poss_cnt_max", value, message);
        let value = self.by_product(|product| product.buy.strategy_open_live_cnt_max);
        let message = "never read before: open live positions of a strategy on candles of one \
                       length; the smaller one of this and the strategy's own limit holds";
        self.enforced("buy.strat_open_cnt_max", value, message);
        let value = self.by_product(|product| product.buy.strategy_open_test_cnt_max);
        let message = "never read before: the same on paper";
        self.enforced("buy.strat_open_test_cnt_max", value, message);
        let message =
            "each length of candles has its own delay; before, that of `***` held for all";
        let delays = self.by_product(|product| intervals(&product.buy.strategy_delay_minutes));
        self.enforced("buy.buy_strat_delay_minutes", delays, message);
        let delays = self.by_product(|product| product.buy.delay_minutes);
        let message = "holds for paper buys too, where it had no effect";
        self.enforced("buy.buy_delay_minutes", delays, message);
        if self.any(|product| product.buy.trade_size_max < product.buy.trade_size) {
            let value = self.by_product(|product| product.buy.trade_size_max);
            let message = "smaller than buy.trade_size: no buy reaches the size that is meant";
            self.caution("buy.trade_size_max", &value, message);
        }
        if self.any(|product| product.buy.is_limit) {
            let message = "limit orders never worked before: try them with little money first";
            self.caution("buy.buy_limit_yn", "Y", message);
        }
    }

    fn sell(&mut self) {
        let levels = self.by_product(|product| {
            let levels = &product.sell.take_profit.levels;
            let words = levels
                .iter()
                .map(|level| format!("{}:{}", level.peak_pct_min, level.drop_pct_max));
            words.collect::<Vec<_>>().join(" ")
        });
        let message = "peaks are compared as numbers; before, those from 8 to 89 gave back 2.0";
        self.enforced("sell.take_profit.trailing_profit_levels", levels, message);
        let others = &self.market.others.sell;
        let never_worked = "never worked before: from now on it sells";
        for (key, is_on) in [
            (
                "sell.take_profit.hard_take_profit_yn",
                others.take_profit.hard.is_on,
            ),
            (
                "sell.stop_loss.atr_stop_loss_yn",
                others.stop_loss.atr.is_on,
            ),
            (
                "sell.stop_loss.trailing_atr_stop_loss_yn",
                others.stop_loss.trailing_atr.is_on,
            ),
        ] {
            if is_on {
                self.enforced(key, "Y".to_owned(), never_worked);
            }
        }
        for (key, saver) in [
            ("ha_green", &others.heikin_ashi_green),
            ("nwe_green", &others.nwe_green),
        ] {
            if restricts(saver) {
                let key = format!("sell.profit_saver.{key}");
                let message = "its lists of products and exits restrict it; before, prod_ids \
                               switched it off and skip_prod_ids did nothing";
                self.enforced(&key, String::new(), message);
            }
        }
        self.sell_cautions();
    }

    fn sell_cautions(&mut self) {
        let others = &self.market.others.sell;
        let (is_on, is_limit) = (others.is_on, others.is_limit);
        let never_loss = others.never_loss.all;
        let stops = others.stop_loss.hard.is_on || others.stop_loss.trailing.is_on;
        let limit = others.never_loss.live_loss_amt_max;
        if !is_on {
            let message = "nothing is sold, not even what is to be sold by force";
            self.caution("sell.selling_on_yn", "N", message);
        }
        if is_limit {
            let message = "limit orders never worked before: try them with little money first";
            self.caution("sell.sell_limit_yn", "Y", message);
        }
        let whole = Decimal::from_integer(100);
        let stop_loss = |product: &ProductSettings| product.sell.stop_loss.hard.clone();
        if self.any(|product| stop_loss(product).is_on && stop_loss(product).pct >= whole) {
            let value = self.by_product(|product| stop_loss(product).pct);
            let message = "nothing can lose so many percent: this stop loss never sells";
            self.caution("sell.stop_loss.hard_stop_loss_pct", &value, message);
        }
        if never_loss && stops {
            let message = "no position is sold at a loss, so no stop loss ever sells";
            self.caution("sell.never_sell_loss.all_yn", "Y", message);
        } else if limit != Decimal::ZERO {
            let message = "it holds back live sales that lose more than this; it does not force \
                           them";
            let key = "sell.never_sell_loss.live_max_loss_usd_acceptable";
            self.caution(key, &limit.to_string(), message);
        }
    }

    fn strategies(&mut self) {
        for strategy in Strategy::ALL {
            let name = strategy.name();
            let common = self.market.others.strategies.common(strategy);
            let (is_on, loss) = (common.is_on, common.exit.loss_pct_max);
            if is_on && !strategy.is_on_by_default() {
                let message = "could never buy before; now it can, on paper first";
                self.enforced(&format!("strats.{name}.use_yn"), "Y".to_owned(), message);
            }
            if let Some(loss) = loss {
                let key = format!("strats.{name}.sell.exit_if_loss_pct_max");
                let message = "despite its name it is the smallest loss that the strategy takes";
                self.caution(&key, &loss.to_string(), message);
            }
            let tests = &self.market.others.strategy_buy(strategy).tests_min;
            if tests.own().any(|(_, own)| own != tests.rest()) {
                let value = intervals(tests);
                let message = "each length of candles has its own; before, that of `***` held";
                self.enforced(&format!("strats.{name}.buy.tests_min"), value, message);
            }
        }
    }
}

fn restricts(saver: &SaverSettings) -> bool {
    let lists: [&BTreeSet<String>; 3] = [&saver.prod_ids, &saver.skip_prod_ids, &saver.exits];
    saver.is_on && lists.iter().any(|list| !list.is_empty())
}

fn intervals(values: &super::values::ByInterval<i64>) -> String {
    let own = values
        .own()
        .map(|(interval, value)| format!("{} {value}", interval.name()));
    let all = own.chain([format!("others {}", values.rest())]);
    all.collect::<Vec<_>>().join(" ")
}
