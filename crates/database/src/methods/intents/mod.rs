//! An order's life in the database: the intent before it is sent, the order's row when the exchange has it, fills and
//! position when it has ended. Each step is one transaction, and takes place once however often it is asked for.
//!
//! ```text
//!            ┌────────────── unknown ──────────────┐
//!            │                                     ▼
//! begin ▶ SENDING ─── refused ──▶ REFUSED ◀── UNKNOWN ── absent ──▶ ABSENT
//!            │                                     │                  │
//!            └───────────────▶ PLACED ◀────────────┴──────────────────┘
//!                                │ settled
//!                                ▼
//!                              DONE
//! ```
//!
//! Locks are taken in one order: the stop level's row, the lease, the intent, the order's row, the position, the
//! performance rows. Buys that have limits meet at the first. A sell's begin takes the position before there is an intent that somebody could wait for.

mod adopt;
mod begin;
mod fills;
mod get;
mod limits;
mod outcome;
mod paper;
mod placed;
mod settled;

pub use begin::{IntentBegun, NewIntent, PositionBusy};
pub use get::IntentFilter;
pub use limits::{BuyLimits, OverLimit};
pub use paper::{PaperOrder, PaperTraded};
pub use placed::{OrderRow, Placed};
pub use settled::Settled;

use crate::change::{Changes, numbered_by};
use crate::engine::Transaction;
use crate::error::{Call, Error, ErrorKind};
use crate::methods::filter::Class;
use crate::methods::performance::Subject;
use crate::record::{Record, select_list};
use crate::records::{Intent, IntentState, Position, Side, StrategyPerformance, TradePerformance};
use crate::schema::INTENT_TABLE;
use crate::value::Value;
use crate::write::Computed;

/// Characters that a reason or a note keeps.
const WORDS_MAX: usize = 1024;

const fn call(method: &'static str) -> Call {
    Call {
        method,
        table: INTENT_TABLE,
    }
}

/// A reason or a note as it is kept: an exchange's answer may be of any length, and its beginning says enough.
pub(super) fn words(text: &str) -> Value {
    match text.char_indices().nth(WORDS_MAX) {
        None => Value::from(text),
        Some(_) => {
            let kept: String = text.chars().take(WORDS_MAX - 1).collect();
            Value::from(format!("{kept}…"))
        }
    }
}

/// A text as long as its column on every engine: a file would take any.
pub(super) fn fits(call: Call, column: &str, text: &str, most: usize) -> Result<(), Error> {
    if text.chars().count() <= most {
        return Ok(());
    }
    Err(Error::new(call, ErrorKind::ValueRejected)
        .column(column)
        .detail(format!("at most {most} characters fit")))
}

impl Transaction {
    /// The rows of a query as records.
    pub(super) async fn records<R: Record>(
        &mut self,
        sql: &str,
        values: Vec<Value>,
    ) -> Result<Vec<R>, Error> {
        let call = self.call;
        self.rows(sql, values)
            .await?
            .into_iter()
            .map(|row| R::from_row(row).map_err(|source| Error::answer(call, source)))
            .collect()
    }

    /// An intent, which stays as it is until the end of the transaction.
    async fn intent(&mut self, intent_id: i64) -> Result<Intent, Error> {
        let dialect = self.dialect();
        let sql = format!(
            "SELECT {} FROM {INTENT_TABLE} WHERE intent_id = ?{}",
            select_list::<Intent>(dialect, ""),
            dialect.for_update()
        );
        let found = self.records(&sql, vec![Value::from(intent_id)]).await?;
        found.into_iter().next().ok_or_else(|| {
            Error::new(self.call, ErrorKind::WrongState)
                .key(format!("intent_id = {intent_id}"))
                .detail("there is no such intent")
        })
    }

    /// The open intents of a position.
    async fn open_intents_of(&mut self, pos_id: i64) -> Result<Vec<Intent>, Error> {
        let dialect = self.dialect();
        let states = IntentState::OPEN
            .map(|state| format!("'{state}'"))
            .join(",");
        let sql = format!(
            "SELECT {} FROM {INTENT_TABLE} WHERE pos_id = ? AND state IN ({states}) AND side = 'SELL' ORDER BY intent_id",
            select_list::<Intent>(dialect, "")
        );
        self.records(&sql, vec![Value::from(pos_id)]).await
    }

    /// Whether no other sale of the position is open.
    async fn is_only_sale(&mut self, intent: &Intent, pos_id: i64) -> Result<bool, Error> {
        let open = self.open_intents_of(pos_id).await?;
        Ok(open.iter().all(|one| one.intent_id == intent.intent_id))
    }

    /// What every sale and every end of a sale looks at; the position stays as it is until the end of the transaction.
    async fn sold_position(&mut self, pos_id: i64) -> Result<Option<SoldPosition>, Error> {
        let dialect = self.dialect();
        let sql = format!(
            "SELECT {} FROM poss WHERE pos_id = ?{}",
            select_list::<SoldPosition>(dialect, ""),
            dialect.for_update()
        );
        let found = self.records(&sql, vec![Value::from(pos_id)]).await?;
        Ok(found.into_iter().next())
    }

    /// Sets the state of a position. It becomes SELL with its attempt counted, or OPEN.
    async fn position_state(&mut self, pos_id: i64, state: &'static str) -> Result<(), Error> {
        let changes = Changes::<Position>::new().set(crate::columns::poss::pos_stat, state);
        let mut computed = Computed::touched(self.dialect());
        if state == SELLING {
            let one_more = "COALESCE(sell_order_attempt_cnt, 0) + 1";
            computed.push(Computed::new(
                "sell_order_attempt_cnt",
                one_more,
                Vec::new(),
            ));
        }
        let key = [("pos_id", Value::from(pos_id))];
        self.update_and(&key, &changes, &computed).await?;
        Ok(())
    }

    /// Writes columns of an intent.
    async fn intent_update(
        &mut self,
        intent_id: i64,
        columns: &[(&'static str, Value)],
    ) -> Result<(), Error> {
        let dialect = self.dialect();
        let assignments: Vec<String> = columns
            .iter()
            .map(|(name, _)| format!("{} = ?", dialect.name(name)))
            .collect();
        let sql = format!(
            "UPDATE {INTENT_TABLE} SET {}, dlm = {} WHERE intent_id = ?",
            assignments.join(", "),
            dialect.now()
        );
        let mut values: Vec<Value> = columns.iter().map(|(_, value)| value.clone()).collect();
        values.push(Value::from(intent_id));
        self.run(&sql, values).await?;
        Ok(())
    }

    /// Marks the performance rows of a trade for recalculation: all classes first, as every writer does.
    async fn mark_performances(
        &mut self,
        prod_id: &str,
        is_test: bool,
        strategy: [Option<String>; 3],
    ) -> Result<(), Error> {
        let own = if is_test { Class::Test } else { Class::Live };
        let subject = |class: Class, strategy: Option<[String; 3]>| Subject {
            prod_id: prod_id.to_owned(),
            class,
            strategy,
        };
        for class in [Class::All, own] {
            let subject = subject(class, None);
            self.mark_performance::<TradePerformance>(&subject).await?;
        }
        let [Some(kind), Some(name), Some(freq)] = strategy else {
            return Ok(());
        };
        let strategy = [kind, name, freq];
        for class in [Class::All, own] {
            let subject = subject(class, Some(strategy.clone()));
            self.mark_performance::<StrategyPerformance>(&subject)
                .await?;
        }
        Ok(())
    }
}

/// State of a position that a sell order is out for.
const SELLING: &str = "SELL";
/// State of a position that can be sold.
const OPEN: &str = "OPEN";

crate::record::record! {
    /// What a sale looks at.
    SoldPosition of "poss" {
        pos_id: i64,
        prod_id: Option<String>,
        test_txn_yn: Option<String>,
        pos_stat: Option<String>,
        sell_order_cnt: Option<i64>,
        ignore_tf: Option<i64>,
        buy_strat_type: Option<String>,
        buy_strat_name: Option<String>,
        buy_strat_freq: Option<String>,
    }
}

impl SoldPosition {
    fn is(&self, state: &str) -> bool {
        let own = self.pos_stat.as_deref().unwrap_or_default();
        own.trim_end().eq_ignore_ascii_case(state)
    }

    fn is_ignored(&self) -> bool {
        self.ignore_tf.unwrap_or(0) != 0
    }

    fn is_test(&self) -> bool {
        yes(self.test_txn_yn.as_deref())
    }

    fn strategy(&self) -> [Option<String>; 3] {
        [
            self.buy_strat_type.clone(),
            self.buy_strat_name.clone(),
            self.buy_strat_freq.clone(),
        ]
    }
}

fn yes(letter: Option<&str>) -> bool {
    letter.is_some_and(|letter| letter.trim().eq_ignore_ascii_case("Y"))
}

/// The letter of `test_txn_yn`.
fn letter(is_test: bool) -> &'static str {
    if is_test { "Y" } else { "N" }
}

fn wrong_state(call: Call, intent: &Intent, detail: impl Into<String>) -> Error {
    Error::new(call, ErrorKind::WrongState)
        .key(format!("intent_id = {}", intent.intent_id))
        .detail(detail)
}

/// An order's row as it is written for an intent: what the caller does not say of it, the intent does. What it says of
/// another order is refused.
fn order_of<R: Record>(
    call: Call,
    changes: &Changes<R>,
    intent: &Intent,
    order_uuid: &str,
) -> Result<Changes<R>, Error> {
    let own = match intent.side {
        Side::Buy => vec![
            ("buy_order_uuid", Value::from(order_uuid)),
            (
                "buy_client_order_id",
                Value::from(intent.client_order_id.as_str()),
            ),
        ],
        Side::Sell => vec![
            ("sell_order_uuid", Value::from(order_uuid)),
            (
                "sell_client_order_id",
                Value::from(intent.client_order_id.as_str()),
            ),
            ("pos_id", Value::from(intent.pos_id)),
        ],
    };
    let of_both = [
        ("prod_id", Value::from(intent.prod_id.as_str())),
        ("test_txn_yn", Value::from(letter(intent.is_test()))),
    ];
    let number = numbered_by(R::TABLE).unwrap_or_default();
    let mut order = changes.without(&[number]);
    for (name, value) in own.into_iter().chain(of_both) {
        match changes.named(name) {
            Some(given) if !given.is_null() && given.to_string() != value.to_string() => {
                return Err(Error::new(call, ErrorKind::WrongKey)
                    .on_table(R::TABLE)
                    .column(name)
                    .detail(format!("the intent says {value}")));
            }
            _ => order.set_named(call, name, value)?,
        }
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_keep_their_beginning() {
        assert_eq!(words("why"), Value::from("why"));
        let kept = words(&"é".repeat(5_000)).to_string();
        assert_eq!(kept.chars().count(), WORDS_MAX);
        assert!(kept.ends_with('…'));
    }
}
