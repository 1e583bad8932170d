//! SQL made from columns and values. Table and column names are looked up in the database before they are used, and a
//! condition that would touch a whole table is refused.

use cbtrade_catalog::{Table, candle_table, candle_table_name};

use super::call;
use crate::change::checked;
use crate::database::Database;
use crate::dialect::Dialect;
use crate::engine::Transaction;
use crate::error::{Call, Error, ErrorKind};
use crate::row::Row;
use crate::transact;
use crate::value::{FromValue as _, Value};

/// Columns and values, as callers write them down.
pub type Columns<'a> = &'a [(&'a str, Value)];

/// ` WHERE …` with its values.
type Condition = (String, Vec<Value>);

/// A table of a call, and the columns that it has.
struct Place {
    call: Call,
    dialect: Dialect,
    /// The table as it stands in a statement.
    table: String,
    name: String,
    columns: Vec<String>,
    /// What the catalogue knows of it.
    known: Option<&'static Table>,
}

impl Place {
    fn error(&self, kind: ErrorKind) -> Error {
        Error::new(self.call, kind).on_table(self.name.clone())
    }

    /// The columns in the table's own spelling and quoted, with their values checked.
    fn entries(&self, columns: Columns<'_>) -> Result<Vec<(String, Value)>, Error> {
        columns
            .iter()
            .map(|(column, value)| Ok((self.column(column)?, self.value(column, value)?)))
            .collect()
    }

    fn column(&self, column: &str) -> Result<String, Error> {
        let own = self
            .columns
            .iter()
            .find(|own| own.eq_ignore_ascii_case(column))
            .ok_or_else(|| self.error(ErrorKind::UnknownColumn).column(column))?;
        Ok(self.dialect.name(own))
    }

    fn value(&self, column: &str, value: &Value) -> Result<Value, Error> {
        match self.known.filter(|table| table.column(column).is_some()) {
            Some(table) => checked(self.call, Some(table), column, value)
                .map_err(|error| error.on_table(self.name.clone())),
            None => Ok(value.clone()),
        }
    }

    /// Each column equal to its value; NULL is equal to nothing.
    fn condition(&self, columns: Columns<'_>) -> Result<Condition, Error> {
        let mut parts = Vec::new();
        let mut values = Vec::new();
        for (column, value) in columns {
            let (name, value) = (self.column(column)?, self.value(column, value)?);
            parts.push(match value {
                Value::Text(_) => self.dialect.text_is(&name),
                Value::Decimal(_) => format!(
                    "{} = {}",
                    self.dialect.decimal(&name),
                    self.dialect.decimal_parameter()
                ),
                _ => format!("{name} = ?"),
            });
            values.push(value);
        }
        match parts.is_empty() {
            true => Ok((String::new(), values)),
            false => Ok((format!(" WHERE {}", parts.join(" AND ")), values)),
        }
    }

    /// The same for a write, which must have one.
    fn required_condition(&self, columns: Columns<'_>) -> Result<Condition, Error> {
        if columns.is_empty() {
            return Err(self.error(ErrorKind::MissingKey));
        }
        self.condition(columns)
    }

    fn insert(&self, entries: &[(String, Value)]) -> (String, Vec<Value>) {
        let names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
        let sql = match (self.dialect, names.is_empty()) {
            (Dialect::Sqlite, true) => format!("INSERT INTO {} DEFAULT VALUES", self.table),
            _ => format!(
                "INSERT INTO {} ({}) VALUES ({})",
                self.table,
                names.join(","),
                vec!["?"; names.len()].join(",")
            ),
        };
        let values = entries.iter().map(|(_, value)| value.clone()).collect();
        (sql, values)
    }

    /// The table's keys, primary key first, of which all columns are given.
    fn keys_of<'a>(&self, columns: &'a [(&'a str, Value)]) -> Vec<Vec<(&'a str, Value)>> {
        let Some(table) = self.known else {
            return Vec::new();
        };
        let given = |name: &&'static str| {
            columns
                .iter()
                .find(|(column, value)| column.eq_ignore_ascii_case(name) && !value.is_null())
                .cloned()
        };
        std::iter::once(&table.primary_key)
            .chain(table.unique_keys.iter().map(|key| &key.columns))
            .filter(|key| !key.is_empty())
            .filter_map(|key| key.iter().map(given).collect())
            .collect()
    }
}

impl Database {
    /// Rows of a table whose columns are equal to these values; `col_list` empty for all columns.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] for a table that is not there; [`ErrorKind::UnknownColumn`].
    pub async fn seld_ez(
        &self,
        schema: &str,
        table: &str,
        col_list: &[&str],
        where_dict: Columns<'_>,
    ) -> Result<Vec<Row>, Error> {
        let place = self.place(call("seld_ez"), schema, table).await?;
        let columns: Vec<String> = match col_list.is_empty() {
            true => place
                .columns
                .iter()
                .map(|column| place.dialect.name(column))
                .collect(),
            false => col_list
                .iter()
                .map(|column| place.column(column))
                .collect::<Result<_, _>>()?,
        };
        let (condition, values) = place.condition(where_dict)?;
        let sql = format!(
            "SELECT {} FROM {}{condition}",
            columns.join(","),
            place.table
        );
        self.rows(place.call, &sql, values).await
    }

    /// Inserts a row; gives the number of rows inserted.
    ///
    /// # Errors
    /// As [`Database::seld_ez`]; [`ErrorKind::Duplicate`]; [`ErrorKind::ValueRejected`].
    pub async fn ins_ez(
        &self,
        schema: &str,
        table: &str,
        in_dict: Columns<'_>,
    ) -> Result<u64, Error> {
        let place = self.place(call("ins_ez"), schema, table).await?;
        let (sql, values) = place.insert(&place.entries(in_dict)?);
        Ok(self.run(place.call, &sql, values).await?.rows_changed)
    }

    /// Updates the rows whose columns are equal to the values of `where_dict`, which must name at least one; gives the
    /// number of rows that changed.
    ///
    /// # Errors
    /// As [`Database::seld_ez`]; [`ErrorKind::MissingKey`] without a condition; [`ErrorKind::EmptyChange`].
    pub async fn upd_ez(
        &self,
        schema: &str,
        table: &str,
        in_dict: Columns<'_>,
        where_dict: Columns<'_>,
    ) -> Result<u64, Error> {
        let place = self.place(call("upd_ez"), schema, table).await?;
        let entries = place.entries(in_dict)?;
        let (condition, of_condition) = place.required_condition(where_dict)?;
        if entries.is_empty() {
            return Err(place.error(ErrorKind::EmptyChange));
        }
        let (sql, mut values) = update(&place, &entries, &condition);
        values.extend(of_condition);
        Ok(self.run(place.call, &sql, values).await?.rows_changed)
    }

    /// Deletes the rows whose columns are equal to the values of `where_dict`, which must name at least one; gives the
    /// number of rows deleted.
    ///
    /// # Errors
    /// As [`Database::seld_ez`]; [`ErrorKind::MissingKey`] without a condition.
    pub async fn del_ez(
        &self,
        schema: &str,
        table: &str,
        where_dict: Columns<'_>,
    ) -> Result<u64, Error> {
        let place = self.place(call("del_ez"), schema, table).await?;
        let (condition, values) = place.required_condition(where_dict)?;
        let sql = format!("DELETE FROM {}{condition}", place.table);
        Ok(self.run(place.call, &sql, values).await?.rows_changed)
    }

    /// Updates the row that the table's keys name, as far as they are given, or inserts one. What is NULL or empty is not
    /// written. Gives the row's number, 0 for a table that does not number its rows and where there was nothing to write.
    ///
    /// # Errors
    /// As [`Database::seld_ez`]; [`ErrorKind::WrongKey`] where two keys name two rows.
    pub async fn insupd_ez(
        &self,
        schema: &str,
        table: &str,
        in_dict: Columns<'_>,
    ) -> Result<i64, Error> {
        let place = self.place(call("insupd_ez"), schema, table).await?;
        let given: Vec<(&str, Value)> = in_dict
            .iter()
            .filter(|(_, value)| super::has_val(value))
            .cloned()
            .collect();
        let entries = place.entries(&given)?;
        if entries.is_empty() {
            return Ok(0);
        }
        let mut keys = Vec::new();
        for key in place.keys_of(&given) {
            keys.push(place.condition(&key)?);
        }
        transact!(self, place.call, |transaction| {
            upsert(transaction, &place, &entries, &keys).await
        })
    }

    /// Looks up a table and its columns. The two databases are meant by their own names and by those of the catalogue; no
    /// name is the trading database.
    async fn place(&self, call: Call, schema: &str, table: &str) -> Result<Place, Error> {
        let is = |name: &str| schema.eq_ignore_ascii_case(name);
        let candles = is(self.candles_database()) || is("ohlcv");
        let trading = schema.is_empty() || is(self.trading_database()) || is("cbtrade");
        let not_found = || Error::new(call, ErrorKind::NotFound).on_table(table.to_owned());
        if !candles && !trading {
            let (one, other) = (self.trading_database(), self.candles_database());
            return Err(not_found().detail(format!(
                "the databases are {one} and {other}, not {schema:?}"
            )));
        }
        let dialect = self.dialect();
        let columns = self.live_columns(call, candles, table).await?;
        if columns.is_empty() {
            return Err(not_found());
        }
        let quoted = dialect.name(table);
        let (place, known) = match candles {
            true => (
                format!("{}.{quoted}", dialect.name(self.candles_database())),
                product_table(table).then(candle_table),
            ),
            false => (quoted, cbtrade_catalog::table(table)),
        };
        Ok(Place {
            call,
            dialect,
            table: place,
            name: table.to_owned(),
            columns,
            known,
        })
    }

    /// The columns that a table has in the database, which may be more than those of the catalogue.
    async fn live_columns(
        &self,
        call: Call,
        candles: bool,
        table: &str,
    ) -> Result<Vec<String>, Error> {
        let database = match candles {
            true => self.candles_database(),
            false => self.trading_database(),
        };
        let (sql, values) = match self.dialect() {
            Dialect::MySql => (
                "SELECT column_name FROM information_schema.columns WHERE table_schema = ? AND table_name = ? \
                 ORDER BY ordinal_position",
                vec![Value::from(database), Value::from(table)],
            ),
            Dialect::Sqlite => (
                "SELECT name FROM pragma_table_info(?, ?)",
                vec![
                    Value::from(table),
                    Value::from(if candles { database } else { "main" }),
                ],
            ),
        };
        self.column(call, sql, values).await
    }
}

fn product_table(table: &str) -> bool {
    let product = table.strip_prefix("ohlcv_").unwrap_or_default();
    candle_table_name(&product.replace('_', "-")).is_some()
}

fn update(place: &Place, entries: &[(String, Value)], condition: &str) -> (String, Vec<Value>) {
    let assignments: Vec<String> = entries
        .iter()
        .map(|(name, _)| format!("{name} = ?"))
        .collect();
    let sql = format!(
        "UPDATE {} SET {}{condition}",
        place.table,
        assignments.join(",")
    );
    (
        sql,
        entries.iter().map(|(_, value)| value.clone()).collect(),
    )
}

/// Updates the one row that the keys name, or inserts it. Every key that names a row must name the same one.
async fn upsert(
    transaction: &mut Transaction,
    place: &Place,
    entries: &[(String, Value)],
    keys: &[Condition],
) -> Result<i64, Error> {
    let identity = identity(place);
    let mut found: Option<(Vec<Value>, &Condition)> = None;
    for key in keys {
        let (condition, values) = key;
        let sql = format!(
            "SELECT {identity} FROM {}{condition}{}",
            place.table,
            place.dialect.for_update()
        );
        let rows = transaction.rows(&sql, values.clone()).await?;
        let Some(row) = rows.into_iter().next().map(Row::into_values) else {
            continue;
        };
        match &found {
            Some((other, _)) if *other != row => return Err(place.error(ErrorKind::WrongKey)),
            Some(_) => {}
            None => found = Some((row, key)),
        }
    }
    let numbered = place
        .known
        .is_some_and(|table| table.auto_increment_column().is_some());
    match found {
        Some((row, (condition, of_condition))) => {
            let (sql, mut values) = update(place, entries, condition);
            values.extend(of_condition.iter().cloned());
            transaction.run(&sql, values).await.map_err(wrong_key)?;
            let number = row.into_iter().next().and_then(i64::from_value);
            Ok(number.filter(|_| numbered).unwrap_or_default())
        }
        None => {
            let (sql, values) = place.insert(entries);
            let done = transaction.run(&sql, values).await;
            // Another writer was faster: the next attempt finds its row.
            let done = done.map_err(|mut error| {
                if error.kind == ErrorKind::Duplicate && !keys.is_empty() {
                    error.kind = ErrorKind::Conflict;
                }
                error
            })?;
            Ok(done.last_id)
        }
    }
}

/// What tells rows apart: the primary key's columns, or those of the first unique key.
fn identity(place: &Place) -> String {
    let key = place.known.map_or(&[][..], Table::row_key);
    match key.is_empty() {
        true => "1".to_owned(),
        false => key
            .iter()
            .map(|column| place.dialect.name(column))
            .collect::<Vec<_>>()
            .join(","),
    }
}

fn wrong_key(mut error: Error) -> Error {
    if error.kind == ErrorKind::Duplicate {
        error.kind = ErrorKind::WrongKey;
    }
    error
}
