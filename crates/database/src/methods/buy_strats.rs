//! Table `buy_strats`: the strategies that bots trade.

use crate::change::Changes;
use crate::database::Database;
use crate::engine::Outcome;
use crate::error::{Call, Error, ErrorKind};
use crate::record::{Record as _, select_list};
use crate::records::{BuyStrategy, columns};
use crate::transact;
use crate::value::Value;

/// A strategy and candle length, as in a list of those to be traded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StrategyEntry<'a> {
    /// `up` or `dn`.
    pub buy_strat_type: &'a str,
    /// Strategy, such as `sha`.
    pub buy_strat_name: &'a str,
    /// Candle length, such as `15min`.
    pub buy_strat_freq: &'a str,
}

const fn call(method: &'static str) -> Call {
    Call {
        method,
        table: "buy_strats",
    }
}

impl Database {
    /// All strategies, by number.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_buy_strats_get(&self) -> Result<Vec<BuyStrategy>, Error> {
        let sql = format!(
            "SELECT {} FROM buy_strats ORDER BY buy_strat_id",
            select_list::<BuyStrategy>(self.dialect(), "")
        );
        self.records(call("db_buy_strats_get"), &sql, Vec::new())
            .await
    }

    /// Writes a strategy; of the columns named only what is neither NULL nor empty. The row is the one of `buy_strat_id` if
    /// that is given, else a new one.
    ///
    /// # Errors
    /// [`ErrorKind::EmptyChange`]; [`ErrorKind::ValueRejected`].
    pub async fn db_buy_strats_insupd(
        &self,
        changes: &Changes<BuyStrategy>,
    ) -> Result<Outcome, Error> {
        const CALL: Call = call("db_buy_strats_insupd");
        let changes = changes.given();
        if changes.is_empty() {
            return Err(Error::new(CALL, ErrorKind::EmptyChange));
        }
        let number = changes.number(CALL)?;
        transact!(self, CALL, |transaction| {
            match number {
                Some(number) => {
                    let key = [(
                        columns::buy_strats::buy_strat_id.name(),
                        Value::from(number),
                    )];
                    transaction.upsert(&key, &changes).await
                }
                None => transaction.insert(&changes.for_insert(&[])).await,
            }
        })
    }

    /// Makes the table this list, numbered from 1; gives whether anything had to be changed. Readers see the old list or
    /// the new one, never an empty one between.
    ///
    /// # Errors
    /// [`ErrorKind::ValueRejected`].
    pub async fn db_buy_strats_replace(&self, list: &[StrategyEntry<'_>]) -> Result<bool, Error> {
        const CALL: Call = call("db_buy_strats_replace");
        let mut rows = Vec::with_capacity(list.len());
        for (entry, number) in list.iter().zip(1_i64..) {
            rows.push(row_of(CALL, entry, number)?);
        }
        let dialect = self.dialect();
        let read = format!(
            "SELECT {} FROM buy_strats ORDER BY buy_strat_id{}",
            select_list::<BuyStrategy>(dialect, ""),
            dialect.for_update()
        );
        let places = vec!["(?, ?, ?, ?)"; rows.len()].join(", ");
        let insert = format!(
            "INSERT INTO buy_strats ({}) VALUES {places}",
            select_list::<BuyStrategy>(dialect, "")
        );
        transact!(self, CALL, |transaction| {
            let present: Vec<Vec<Value>> = transaction
                .rows(&read, Vec::new())
                .await?
                .into_iter()
                .map(|row| row.into_values())
                .collect();
            if present == rows {
                return Ok(false);
            }
            // Where the list was empty there is nothing to delete but what another bot fills it with at this moment.
            if !present.is_empty() {
                transaction
                    .run("DELETE FROM buy_strats", Vec::new())
                    .await?;
            }
            if rows.is_empty() {
                return Ok(true);
            }
            // Rows have their numbers, so that two bots that fill an empty table meet at the first one.
            match transaction.run(&insert, rows.concat()).await {
                Ok(_) => Ok(true),
                Err(mut error) if error.kind == ErrorKind::Duplicate => {
                    error.kind = ErrorKind::Conflict;
                    Err(error)
                }
                Err(error) => Err(error),
            }
        })
    }
}

/// A row's values in the order of the table's columns.
fn row_of(call: Call, entry: &StrategyEntry<'_>, number: i64) -> Result<Vec<Value>, Error> {
    let row = Changes::<BuyStrategy>::new()
        .set(columns::buy_strats::buy_strat_id, number)
        .set(columns::buy_strats::buy_strat_type, entry.buy_strat_type)
        .set(columns::buy_strats::buy_strat_name, entry.buy_strat_name)
        .set(columns::buy_strats::buy_strat_freq, entry.buy_strat_freq)
        .checked(call)?;
    debug_assert_eq!(row.len(), BuyStrategy::COLUMNS.len());
    Ok(row.into_iter().map(|(_, value)| value).collect())
}
