//! The few statements that writing methods are made of. Column names come from records; values are always bound.

use crate::change::{Changes, numbered_by, table_of};
use crate::dialect::Dialect;
use crate::engine::{Outcome, Transaction};
use crate::error::{Error, ErrorKind};
use crate::record::Record;
use crate::value::Value;

/// A row's key: columns and values, all of which must be equal.
pub(crate) type Key<'a> = &'a [(&'static str, Value)];

/// What becomes of `dlm` in an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stamp {
    /// It is set to the present moment, whatever the change says of it.
    Now,
    /// It is what the change says, or else what the table's own rule makes of it.
    AsGiven,
}

impl Stamp {
    /// The original layer's way: its writers of orders leave `dlm` to the caller and the table.
    fn of(table: &str) -> Stamp {
        match table {
            "bals" | "currs" | "mkts" | "ords" | "poss" | "trade_perfs" | "trade_strat_perfs" => {
                Stamp::Now
            }
            _ => Stamp::AsGiven,
        }
    }
}

/// `column = ?` for all columns of a key. On SQLite, text is compared as everywhere in the layer.
fn condition(dialect: Dialect, key: Key<'_>) -> String {
    let parts: Vec<String> = key
        .iter()
        .map(|(column, value)| match value {
            Value::Text(_) => dialect.text_is(&dialect.name(column)),
            _ => format!("{} = ?", dialect.name(column)),
        })
        .collect();
    parts.join(" AND ")
}

fn key_values(key: Key<'_>) -> Vec<Value> {
    key.iter().map(|(_, value)| value.clone()).collect()
}

/// A key for messages.
pub(crate) fn shown(key: Key<'_>) -> String {
    key.iter()
        .map(|(column, value)| format!("{column} = {value}"))
        .collect::<Vec<_>>()
        .join(", ")
}

impl Transaction {
    /// Inserts a row; what is not named gets the table's default.
    pub(crate) async fn insert<R: Record>(
        &mut self,
        changes: &Changes<R>,
    ) -> Result<Outcome, Error> {
        let entries = changes.checked(self.call)?;
        let dialect = self.dialect();
        let names: Vec<String> = entries.iter().map(|(name, _)| dialect.name(name)).collect();
        let sql = if entries.is_empty() {
            match dialect {
                Dialect::MySql => format!("INSERT INTO {} () VALUES ()", R::TABLE),
                Dialect::Sqlite => format!("INSERT INTO {} DEFAULT VALUES", R::TABLE),
            }
        } else {
            let places = vec!["?"; entries.len()].join(",");
            format!(
                "INSERT INTO {} ({}) VALUES ({places})",
                R::TABLE,
                names.join(",")
            )
        };
        self.run(&sql, entries.into_iter().map(|(_, value)| value).collect())
            .await
    }

    /// Updates the rows of a key. Where the original layer stamps `dlm`, so does this, whatever the change says of it.
    pub(crate) async fn update<R: Record>(
        &mut self,
        key: Key<'_>,
        changes: &Changes<R>,
    ) -> Result<Outcome, Error> {
        if changes.is_empty() {
            return Err(Error::new(self.call, ErrorKind::EmptyChange).key(shown(key)));
        }
        self.update_stamped(key, changes, Stamp::of(R::TABLE)).await
    }

    /// Updates the rows of a key; with a stamp, also where no column is changed.
    pub(crate) async fn update_stamped<R: Record>(
        &mut self,
        key: Key<'_>,
        changes: &Changes<R>,
        stamp: Stamp,
    ) -> Result<Outcome, Error> {
        if key.is_empty() {
            return Err(Error::new(self.call, ErrorKind::MissingKey));
        }
        let mut entries = changes
            .checked(self.call)
            .map_err(|error| error.key(shown(key)))?;
        let dialect = self.dialect();
        if stamp == Stamp::Now {
            entries.retain(|(name, _)| *name != "dlm" && *name != "dlm_unix");
        }
        let mut assignments: Vec<String> = entries
            .iter()
            .map(|(name, _)| format!("{} = ?", dialect.name(name)))
            .collect();
        if stamp == Stamp::Now {
            assignments.push(format!("dlm = {}", dialect.now()));
            // Derived where a trigger derives it; the performance tables have none.
            assignments.push(format!("dlm_unix = {}", dialect.now_seconds()));
        }
        if assignments.is_empty() {
            return Ok(Outcome::default());
        }
        let sql = format!(
            "UPDATE {} SET {} WHERE {}",
            R::TABLE,
            assignments.join(","),
            condition(dialect, key)
        );
        let mut values: Vec<Value> = entries.into_iter().map(|(_, value)| value).collect();
        values.extend(key_values(key));
        self.run(&sql, values)
            .await
            .map_err(|error| error.key(shown(key)))
    }

    /// Whether a row with this key is there; it stays as it is until the end of the transaction.
    pub(crate) async fn is_there<R: Record>(&mut self, key: Key<'_>) -> Result<bool, Error> {
        Ok(self.find::<R>(key).await?.is_some())
    }

    /// The number of the row with this key (0 where rows have none); it stays as it is until the end of the transaction.
    pub(crate) async fn find<R: Record>(&mut self, key: Key<'_>) -> Result<Option<i64>, Error> {
        let dialect = self.dialect();
        let number =
            numbered_by(R::TABLE).map_or_else(|| "0".to_owned(), |name| dialect.name(name));
        let sql = format!(
            "SELECT {number} FROM {} WHERE {}{}",
            R::TABLE,
            condition(dialect, key),
            dialect.for_update()
        );
        let rows = self.rows(&sql, key_values(key)).await?;
        let Some(mut row) = rows.into_iter().next() else {
            return Ok(None);
        };
        let number = row
            .take::<i64>(0)
            .map_err(|source| Error::answer(self.call, source))?;
        Ok(Some(number))
    }
}

impl Transaction {
    /// Updates the row of a key, or inserts it where there is none. On insert the key's columns are written too, and what
    /// is NULL or empty is left to the table's defaults, as the original layer does.
    ///
    /// Two writers that both find no row meet at the unique key: the second one's transaction is run again and updates.
    /// A row number that is given must be that of the row, or of none.
    pub(crate) async fn upsert<R: Record>(
        &mut self,
        key: Key<'_>,
        changes: &Changes<R>,
    ) -> Result<Outcome, Error> {
        let number = changes.number(self.call)?;
        match self.find::<R>(key).await? {
            Some(found) if number.is_some_and(|number| number != found) => {
                let both = format!("{}, but row {}", shown(key), found);
                Err(Error::new(self.call, ErrorKind::WrongKey).key(both))
            }
            Some(_) => self.update_found(key, changes).await,
            None => {
                let row = changes.for_insert(key);
                match self.insert(&row).await {
                    Err(error) if error.kind == ErrorKind::Duplicate => {
                        self.who_has_the_key(key, changes, &row, error).await
                    }
                    done => done,
                }
            }
        }
    }

    async fn update_found<R: Record>(
        &mut self,
        key: Key<'_>,
        changes: &Changes<R>,
    ) -> Result<Outcome, Error> {
        let stamp = Stamp::of(R::TABLE);
        self.update_stamped(key, &changes.for_update(key), stamp)
            .await
            .map_err(|mut error| {
                if error.kind == ErrorKind::Duplicate {
                    error.kind = ErrorKind::WrongKey;
                }
                error
            })
    }

    /// After a refused insert: another writer put the same row there (then the transaction is run again); or the row's
    /// other unique keys all name one row, whose key has changed (a wallet at the exchange got a new identifier); or the
    /// call mixes two rows up.
    async fn who_has_the_key<R: Record>(
        &mut self,
        key: Key<'_>,
        changes: &Changes<R>,
        row: &Changes<R>,
        error: Error,
    ) -> Result<Outcome, Error> {
        if self.is_there::<R>(key).await? {
            return Err(Error::new(self.call, ErrorKind::Conflict)
                .key(shown(key))
                .because(error));
        }
        let mut owners: Vec<i64> = Vec::new();
        if let (None, Some(table)) = (changes.number(self.call)?, table_of(R::TABLE)) {
            for unique in &table.unique_keys {
                let other: Option<Vec<(&'static str, Value)>> = unique
                    .columns
                    .iter()
                    .map(|column| row.named(column).map(|value| (*column, value.clone())))
                    .collect();
                if let Some(other) = other {
                    owners.extend(self.find::<R>(&other).await?);
                }
            }
        }
        owners.dedup();
        match (owners.as_slice(), numbered_by(R::TABLE)) {
            ([owner], Some(number)) => {
                self.update_found(&[(number, Value::from(*owner))], changes)
                    .await
            }
            _ => Err(Error::new(self.call, ErrorKind::WrongKey)
                .key(shown(key))
                .because(error)),
        }
    }
}
