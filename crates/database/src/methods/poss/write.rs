//! Writing positions: only the columns that are named, in one transaction.

use super::call;
use crate::change::{Changes, checked};
use crate::database::Database;
use crate::dialect::Dialect;
use crate::engine::Transaction;
use crate::error::{Call, Error, ErrorKind};
use crate::record::Column;
use crate::records::{Position, columns::poss};
use crate::transact;
use crate::value::{FromValue as _, Value};
use crate::write::Computed;

/// Columns that an update never takes from its caller: the key, and the stamp of the last change.
const NOT_GIVEN: [&str; 3] = ["pos_id", "dlm", "dlm_unix"];

impl Database {
    /// Updates the position of `pos_id` or else of `bo_uuid`, or inserts one. Only the columns that are named are written;
    /// on insert, what is NULL or empty is left to the table's defaults. Returns the position's `pos_id`.
    ///
    /// A `pos_id` of 0 counts as none.
    ///
    /// # Errors
    /// [`ErrorKind::MissingKey`] without both keys; [`ErrorKind::WrongKey`] if the keys belong to different positions;
    /// [`ErrorKind::ValueRejected`]. Nothing is written then.
    pub async fn db_poss_insupd(&self, changes: &Changes<Position>) -> Result<i64, Error> {
        const CALL: Call = call("db_poss_insupd");
        let pos_id = pos_id(CALL, changes)?;
        let bo_uuid = match given(CALL, changes, poss::bo_uuid)? {
            Value::Text(text) if !text.trim_end().is_empty() => Some(text),
            _ => None,
        };
        if pos_id.is_none() && bo_uuid.is_none() {
            return Err(Error::new(CALL, ErrorKind::MissingKey)
                .detail("neither pos_id nor bo_uuid is given"));
        }
        transact!(self, CALL, |transaction| {
            match find(transaction, pos_id, bo_uuid.as_deref()).await? {
                Some(found) => {
                    update(transaction, found, changes).await?;
                    Ok(found)
                }
                None => insert(transaction, pos_id, changes).await,
            }
        })
    }

    /// Sets the state of a position. Returns the rows changed.
    ///
    /// # Errors
    /// [`ErrorKind::ValueRejected`] for a state that is too long.
    pub async fn db_poss_err_upd(&self, pos_id: i64, pos_stat: &str) -> Result<u64, Error> {
        const CALL: Call = call("db_poss_err_upd");
        let changes = Changes::new().set(poss::pos_stat, pos_stat);
        transact!(self, CALL, |transaction| {
            update(transaction, pos_id, &changes).await
        })
    }

    /// Updates the position of `pos_id`: the columns that are named, and its age. Returns the rows changed.
    ///
    /// A time of the last check that is named but empty becomes the present moment. The age is counted from the begin that
    /// is given, else from the position's own; where neither is known, it is left as it is.
    ///
    /// # Errors
    /// [`ErrorKind::MissingKey`] without `pos_id`; [`ErrorKind::ValueRejected`].
    pub async fn db_poss_upd(&self, pos_data: &Changes<Position>) -> Result<u64, Error> {
        self.refresh(call("db_poss_upd"), pos_data).await
    }

    /// The same as [`Database::db_poss_upd`], for a position that is being sold.
    ///
    /// # Errors
    /// As [`Database::db_poss_upd`].
    pub async fn db_poss_upd_sell(&self, pos_data: &Changes<Position>) -> Result<u64, Error> {
        self.refresh(call("db_poss_upd_sell"), pos_data).await
    }

    /// The same as [`Database::db_poss_upd`], for a position that is closed.
    ///
    /// # Errors
    /// As [`Database::db_poss_upd`].
    pub async fn db_poss_upd_close(&self, pos_data: &Changes<Position>) -> Result<u64, Error> {
        self.refresh(call("db_poss_upd_close"), pos_data).await
    }

    async fn refresh(&self, call: Call, changes: &Changes<Position>) -> Result<u64, Error> {
        let Some(pos_id) = pos_id(call, changes)? else {
            return Err(Error::new(call, ErrorKind::MissingKey).column("pos_id"));
        };
        let dialect = self.dialect();
        let mut computed = vec![age(call, dialect, changes)?];
        // The seconds of the begin follow its date; and a server would count the age from what it has just assigned.
        let mut taken = [NOT_GIVEN.as_slice(), &["age_mins", "pos_begin_unix"]].concat();
        for (column, now) in [
            ("check_last_dttm", dialect.now()),
            ("check_last_unix", dialect.now_seconds()),
        ] {
            if changes.named(column).is_some_and(is_blank) {
                computed.push(Computed::new(column, now, Vec::new()));
                taken.push(column);
            }
        }
        computed.extend(Computed::touched(dialect));
        let rest = changes.without(&taken);
        let key = [("pos_id", Value::from(pos_id))];
        transact!(self, call, |transaction| {
            let outcome = transaction.update_and(&key, &rest, &computed).await?;
            Ok(outcome.rows_changed)
        })
    }
}

fn is_blank(value: &Value) -> bool {
    value.is_null() || *value == Value::Text(String::new())
}

/// The value given for a column, in the column's own type; NULL if none is.
fn given<T>(
    call: Call,
    changes: &Changes<Position>,
    column: Column<Position, T>,
) -> Result<Value, Error> {
    match changes.get(column) {
        None => Ok(Value::Null),
        Some(value) if is_blank(value) => Ok(Value::Null),
        Some(value) => checked(call, cbtrade_catalog::table("poss"), column.name(), value),
    }
}

fn pos_id(call: Call, changes: &Changes<Position>) -> Result<Option<i64>, Error> {
    let value = given(call, changes, poss::pos_id)?;
    Ok(i64::from_value(value).filter(|pos_id| *pos_id != 0))
}

/// The position's age in whole minutes, by the database's clock.
fn age(call: Call, dialect: Dialect, changes: &Changes<Position>) -> Result<Computed, Error> {
    let unix = given(call, changes, poss::pos_begin_unix)?;
    let moment = given(call, changes, poss::pos_begin_dttm)?;
    let (begin, begin_values) = match (unix, moment) {
        (unix @ Value::Integer(1..), _) => ("?".to_owned(), vec![unix]),
        (_, moment @ Value::Moment(_)) => (dialect.seconds("?"), vec![moment]),
        _ => ("pos_begin_unix".to_owned(), Vec::new()),
    };
    let age_given = given(call, changes, poss::age_mins)?;
    let (otherwise, otherwise_values) = match age_given {
        Value::Null => ("age_mins", Vec::new()),
        age => ("?", vec![age]),
    };
    let sql = format!(
        "CASE WHEN {begin} > 0 THEN ROUND(({} - {begin}) / 60.0) ELSE {otherwise} END",
        dialect.now_seconds()
    );
    let values = [begin_values.clone(), begin_values, otherwise_values].concat();
    Ok(Computed::new("age_mins", sql, values))
}

/// Finds the position of either key and keeps it as it is until the end of the transaction.
async fn find(
    transaction: &mut Transaction,
    pos_id: Option<i64>,
    bo_uuid: Option<&str>,
) -> Result<Option<i64>, Error> {
    let by_id = match pos_id {
        Some(pos_id) => one(transaction, "pos_id = ?", Value::from(pos_id)).await?,
        None => None,
    };
    let by_uuid = match bo_uuid {
        Some(bo_uuid) => {
            let condition = transaction.dialect().text_is("bo_uuid");
            one(transaction, &condition, Value::from(bo_uuid)).await?
        }
        None => None,
    };
    match (pos_id, by_uuid) {
        (Some(pos_id), Some(other)) if pos_id != other => {
            Err(Error::new(transaction.call, ErrorKind::WrongKey)
                .key(format!("pos_id = {pos_id}"))
                .detail(format!("bo_uuid belongs to position {other}")))
        }
        _ => Ok(by_id.or(by_uuid)),
    }
}

async fn one(
    transaction: &mut Transaction,
    condition: &str,
    value: Value,
) -> Result<Option<i64>, Error> {
    let lock = transaction.dialect().for_update();
    let sql = format!("SELECT pos_id FROM poss WHERE {condition}{lock}");
    let found = transaction
        .rows(&sql, vec![value])
        .await?
        .into_iter()
        .next();
    found
        .map(|mut row| row.take(0))
        .transpose()
        .map_err(|source| Error::answer(transaction.call, source))
}

async fn update(
    transaction: &mut Transaction,
    pos_id: i64,
    changes: &Changes<Position>,
) -> Result<u64, Error> {
    let touched = Computed::touched(transaction.dialect());
    let key = [("pos_id", Value::from(pos_id))];
    let outcome = transaction
        .update_and(&key, &changes.without(&NOT_GIVEN), &touched)
        .await?;
    Ok(outcome.rows_changed)
}

async fn insert(
    transaction: &mut Transaction,
    pos_id: Option<i64>,
    changes: &Changes<Position>,
) -> Result<i64, Error> {
    let key: Vec<(&'static str, Value)> = pos_id
        .map(|pos_id| ("pos_id", Value::from(pos_id)))
        .into_iter()
        .collect();
    let row = changes.without(&["pos_id"]).for_insert(&key);
    match transaction.insert(&row).await {
        Ok(outcome) => Ok(pos_id.unwrap_or(outcome.last_id)),
        // Another writer put a position there since it was looked for. Run again, this one updates it.
        Err(error) if error.kind == ErrorKind::Duplicate => {
            Err(Error::new(transaction.call, ErrorKind::Conflict).because(error))
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use cbtrade_core::Timestamp;

    use super::*;

    const CALL: Call = call("test");

    #[test]
    fn an_id_of_zero_is_none_and_a_text_is_read() {
        let changes = |value: Value| {
            let mut changes = Changes::<Position>::new();
            changes.set_named(CALL, "pos_id", value).unwrap();
            changes
        };
        assert_eq!(pos_id(CALL, &changes(Value::Integer(0))).unwrap(), None);
        assert_eq!(pos_id(CALL, &changes(Value::from("5"))).unwrap(), Some(5));
        assert_eq!(pos_id(CALL, &Changes::new()).unwrap(), None);
        let error = pos_id(CALL, &changes(Value::from("five"))).unwrap_err();
        assert_eq!(error.kind, ErrorKind::ValueRejected);
    }

    #[test]
    fn the_age_is_counted_from_what_is_known_best() {
        let shown = |changes: &Changes<Position>| {
            let age = age(CALL, Dialect::MySql, changes).unwrap();
            format!("{age:?}")
        };
        let begin = Timestamp::from_seconds(1_759_996_830).unwrap();
        let both = Changes::new()
            .set(poss::pos_begin_unix, 1_759_832_358)
            .set(poss::pos_begin_dttm, begin);
        assert!(shown(&both).contains("Integer(1759832358)"));
        let unknown = both.set(poss::pos_begin_unix, 0);
        assert!(shown(&unknown).contains("UNIX_TIMESTAMP(?)"));
        assert!(shown(&Changes::new()).contains("pos_begin_unix > 0"));
    }
}
