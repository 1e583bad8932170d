//! What a buy may not exceed, held in the transaction that records it.
//!
//! Several bots buy at once, each judging by what it read some seconds before. So that no limit is broken by two that each
//! keep it, the limits are counted anew where the buy is recorded, one buy after another: open positions and open buy orders
//! of its class alike, whichever bot made them.

use std::collections::BTreeSet;

use cbtrade_core::Decimal;

use super::begin::NewIntent;
use super::letter;
use crate::dialect::Dialect;
use crate::engine::Transaction;
use crate::error::{Error, ErrorKind};
use crate::records::IntentState;
use crate::schema::INTENT_TABLE;
use crate::value::Value;

/// Amounts of the quote currency and numbers of positions that hold with a buy counted in.
#[derive(Clone, Debug, PartialEq)]
pub struct BuyLimits {
    /// Cost of all open positions in the quote currency, without those that are to be ignored.
    pub market_amt_max: Decimal,
    /// The same of the buy's type of strategy: `dn`, or all others.
    pub kind_amt_max: Decimal,
    /// Cost of the product's open positions.
    pub pair_amt_max: Decimal,
    /// The same of the buy's type of strategy.
    pub pair_kind_amt_max: Decimal,
    /// Products with open positions in the quote currency. A buy of a product that has some is not held against it.
    pub products_cnt_max: i64,
    /// Open positions of the product, without those that are to be ignored.
    pub pair_cnt_max: i64,
    /// The same of the buy's strategy and length of candles.
    pub strategy_cnt_max: i64,
}

/// A limit that a buy would break.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OverLimit {
    /// Which limit: the field of [`BuyLimits`].
    pub limit: &'static str,
    /// The limit itself, an amount or a number.
    pub max: Decimal,
    /// What there would be with the buy.
    pub would_be: Decimal,
}

crate::record::record! {
    /// What an open position or an open buy order has of a limit.
    Held of "poss" {
        prod_id: Option<String>,
        buy_strat_type: Option<String>,
        buy_strat_name: Option<String>,
        buy_strat_freq: Option<String>,
        tot_out_cnt: Option<Decimal>,
        ignore_tf: Option<i64>,
    }
}

impl Transaction {
    /// The limit that a buy would break; none if it keeps them all. Whoever asks holds the lock at which buys with limits
    /// meet.
    pub(super) async fn over_limit(
        &mut self,
        intent: &NewIntent,
        limits: &BuyLimits,
    ) -> Result<Option<OverLimit>, Error> {
        let quote = intent.prod_id.rsplit('-').next().unwrap_or_default();
        // Orders first: one that is settled in between is counted twice, and never not at all.
        let mut held = self
            .records::<Held>(&orders(self.dialect()), class(intent))
            .await?;
        held.retain(|order| {
            let product = text(order.prod_id.as_ref());
            product.rsplit('-').next() == Some(quote)
        });
        let mut values = class(intent);
        values.push(Value::from(quote));
        held.extend(
            self.records::<Held>(&positions(self.dialect()), values)
                .await?,
        );
        let mut sums = Sums::of(intent);
        for one in &held {
            sums.count(one);
        }
        sums.first_over(limits).ok_or_else(|| {
            Error::new(self.call, ErrorKind::Answer).detail("a sum of costs is too large")
        })
    }
}

fn class(intent: &NewIntent) -> Vec<Value> {
    vec![Value::from(letter(intent.is_test))]
}

fn orders(dialect: Dialect) -> String {
    let states = IntentState::OPEN
        .map(|state| format!("'{state}'"))
        .join(",");
    format!(
        "SELECT prod_id, strat_type AS buy_strat_type, strat_name AS buy_strat_name, strat_freq AS buy_strat_freq, \
         quote_size AS tot_out_cnt, 0 AS ignore_tf FROM {INTENT_TABLE} \
         WHERE state IN ({states}) AND side = 'BUY' AND {}",
        dialect.text_is("test_txn_yn")
    )
}

fn positions(dialect: Dialect) -> String {
    format!(
        "SELECT prod_id, buy_strat_type, buy_strat_name, buy_strat_freq, tot_out_cnt, ignore_tf FROM poss \
         WHERE {} AND {} AND {}",
        dialect.text_in("pos_stat", crate::methods::poss::OPEN_STATES),
        dialect.text_is("test_txn_yn"),
        dialect.text_is("symb"),
    )
}

fn text(column: Option<&String>) -> &str {
    column.map_or("", |text| text.trim_end())
}

/// What there would be with a buy. An amount that is too large is none.
struct Sums<'a> {
    intent: &'a NewIntent,
    market_amt: Option<Decimal>,
    kind_amt: Option<Decimal>,
    pair_amt: Option<Decimal>,
    pair_kind_amt: Option<Decimal>,
    products: BTreeSet<String>,
    pair_cnt: i64,
    strategy_cnt: i64,
}

impl<'a> Sums<'a> {
    fn of(intent: &'a NewIntent) -> Self {
        let size = Some(intent.quote_size.unwrap_or_default());
        Self {
            intent,
            market_amt: size,
            kind_amt: size,
            pair_amt: size,
            pair_kind_amt: size,
            products: BTreeSet::new(),
            pair_cnt: 1,
            strategy_cnt: 1,
        }
    }

    fn count(&mut self, held: &Held) {
        let cost = held.tot_out_cnt.unwrap_or_default();
        let add = |sum: &mut Option<Decimal>| *sum = sum.and_then(|sum| sum.checked_add(cost));
        let is_ignored = held.ignore_tf.unwrap_or(0) != 0;
        let own = self.intent;
        let is_of_kind = is_down(held.buy_strat_type.as_ref()) == is_down(own.strat_type.as_ref());
        let is_of_pair = text(held.prod_id.as_ref()) == own.prod_id;
        if !is_ignored {
            add(&mut self.market_amt);
            if is_of_kind {
                add(&mut self.kind_amt);
            }
        }
        if is_of_pair {
            add(&mut self.pair_amt);
            if is_of_kind {
                add(&mut self.pair_kind_amt);
            }
        }
        if is_of_pair && !is_ignored {
            self.pair_cnt += 1;
            let is_of_strategy = text(held.buy_strat_name.as_ref())
                == text(own.strat_name.as_ref())
                && text(held.buy_strat_freq.as_ref()) == text(own.strat_freq.as_ref());
            self.strategy_cnt += i64::from(is_of_strategy);
        }
        self.products.insert(text(held.prod_id.as_ref()).to_owned());
    }

    /// The first limit that is broken. None where a sum is too large to be one.
    fn first_over(&self, limits: &BuyLimits) -> Option<Option<OverLimit>> {
        let number = |count: i64| Some(Decimal::from_integer(count));
        let is_known = self.products.contains(&self.intent.prod_id);
        let products = i64::try_from(self.products.len()).ok()?;
        let products = if is_known { 0 } else { products + 1 };
        let judged = [
            (
                "market_amt_max",
                Some(limits.market_amt_max),
                self.market_amt,
            ),
            ("pair_amt_max", Some(limits.pair_amt_max), self.pair_amt),
            ("kind_amt_max", Some(limits.kind_amt_max), self.kind_amt),
            (
                "pair_kind_amt_max",
                Some(limits.pair_kind_amt_max),
                self.pair_kind_amt,
            ),
            (
                "products_cnt_max",
                number(limits.products_cnt_max),
                number(products),
            ),
            (
                "pair_cnt_max",
                number(limits.pair_cnt_max),
                number(self.pair_cnt),
            ),
            (
                "strategy_cnt_max",
                number(limits.strategy_cnt_max),
                number(self.strategy_cnt),
            ),
        ];
        for (limit, max, would_be) in judged {
            let (max, would_be) = (max?, would_be?);
            if would_be > max {
                return Some(Some(OverLimit {
                    limit,
                    max,
                    would_be,
                }));
            }
        }
        Some(None)
    }
}

/// Strategies are of type `dn` or of any other.
fn is_down(kind: Option<&String>) -> bool {
    text(kind).eq_ignore_ascii_case("dn")
}
