//! The statements that calls of the layer send, to be sent again by others.
//!
//! What a call writes must be new each time, or the server would find nothing to change and the second one would look
//! fast. So a call is made under a mark: its texts hold the number of the pass, and one of its amounts does. Sent again,
//! the statements get the mark of another pass, and do the same work on other values.

use std::sync::{Arc, Mutex, PoisonError};

use cbtrade_core::Decimal;
use cbtrade_database::{Database, Observer, Statement, Value};

use super::super::Result;
use super::calls::Typical;
use super::fill::{HISTORY, PRODUCTS_WITH_CANDLES};

/// Under which name and number a call is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    /// A number that no other batch of calls has.
    pub(super) pass: u32,
    /// The call's number in its batch.
    pub(super) number: u32,
}

/// The pass that is recorded.
const RECORDED: u32 = 0;

fn prefix(pass: u32) -> String {
    format!("run-{pass:05}-")
}

fn amount(pass: u32) -> Decimal {
    Decimal::from_integer(1_000_000 + i64::from(pass))
}

impl Mark {
    /// A text that no other call has.
    pub(super) fn text(self) -> String {
        format!("{}{:06}", prefix(self.pass), self.number)
    }

    /// A text that all calls of the pass have: the bot.
    pub(super) fn bot(self) -> String {
        format!("{}bot", prefix(self.pass))
    }

    /// An amount that no other pass has.
    pub(super) fn amount(self) -> Decimal {
        amount(self.pass)
    }

    pub(super) fn product(self) -> String {
        HISTORY.product(self.number)
    }

    pub(super) fn coin(self) -> String {
        self.product()
            .split('-')
            .next()
            .unwrap_or_default()
            .to_owned()
    }

    /// What the history calls the coin's currency.
    pub(super) fn currency(self) -> String {
        let number = self.number % HISTORY.products;
        // The numbers of currencies begin with 1, those of products with 0.
        let number = if number == 0 {
            HISTORY.products
        } else {
            number
        };
        format!("seed-currency-{number}")
    }

    pub(super) fn product_with_candles(self) -> String {
        HISTORY.product(self.number % PRODUCTS_WITH_CANDLES)
    }

    /// A position, and its buy order: spread over all of them.
    pub(super) fn position(self) -> i64 {
        i64::from(self.number * 97 % HISTORY.positions + 1)
    }
}

/// Calls with the statements of each.
#[derive(Clone, Debug, Default)]
pub(super) struct Recorded {
    pub(super) calls: Vec<Vec<Statement>>,
}

impl Recorded {
    /// Statements of one call; the largest number of all.
    pub(super) fn statements(&self) -> usize {
        self.calls.iter().map(Vec::len).max().unwrap_or(0)
    }

    /// Whether anything is written.
    pub(super) fn writes(&self) -> bool {
        let mut statements = self.calls.iter().flatten();
        statements.any(|statement| statement.in_transaction)
    }

    /// The same calls under the mark of another pass.
    pub(super) fn of_pass(&self, pass: u32) -> Vec<Vec<Statement>> {
        let marked = |value: &Value| match value {
            Value::Text(text) => Value::Text(text.replace(&prefix(RECORDED), &prefix(pass))),
            Value::Decimal(number) if *number == amount(RECORDED) => Value::Decimal(amount(pass)),
            value => value.clone(),
        };
        let again = |statement: &Statement| Statement {
            values: statement.values.iter().map(marked).collect(),
            ..statement.clone()
        };
        let call = |call: &Vec<Statement>| call.iter().map(again).collect();
        self.calls.iter().map(call).collect()
    }
}

/// Collects the statements of a database's calls.
#[derive(Clone, Debug, Default)]
pub(super) struct Recorder(Arc<Mutex<Vec<Statement>>>);

impl Recorder {
    pub(super) fn observer(&self) -> Observer {
        let seen = Arc::clone(&self.0);
        Observer::new(move |statement| {
            seen.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(statement);
        })
    }

    /// Makes a call under the recorded pass; gives its statements.
    pub(super) async fn call(
        &self,
        database: &Database,
        typical: &Typical,
        number: u32,
    ) -> Result<Vec<Statement>> {
        self.taken();
        let mark = Mark {
            pass: RECORDED,
            number,
        };
        (typical.call)(database, mark).await?;
        let mut statements = self.taken();
        // What the layer does for itself in the background belongs to no call.
        statements.retain(|statement| !statement.method.starts_with("db_process_"));
        statements.retain(|statement| !statement.method.starts_with("db_operations_"));
        Ok(statements)
    }

    fn taken(&self) -> Vec<Statement> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_pass_has_other_texts_and_amounts() {
        let mark = Mark {
            pass: RECORDED,
            number: 7,
        };
        let statement = Statement {
            method: "test",
            sql: "SELECT ?".to_owned(),
            values: vec![
                Value::from(mark.text()),
                Value::from(mark.amount()),
                Value::from(7_i64),
            ],
            in_transaction: false,
        };
        let recorded = Recorded {
            calls: vec![vec![statement]],
        };
        let again = Mark {
            pass: 12,
            number: 7,
        };
        assert_eq!(
            recorded.of_pass(12)[0][0].values,
            [
                Value::from(again.text()),
                Value::from(again.amount()),
                Value::from(7_i64)
            ]
        );
        assert_eq!(again.product(), "COIN007-USDC");
        assert_eq!(again.coin(), "COIN007");
        assert_eq!(again.currency(), "seed-currency-7");
    }
}
