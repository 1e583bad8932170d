//! The few statements that writing methods are made of. Column names come from records; values are always bound.

use crate::change::Changes;
use crate::dialect::Dialect;
use crate::engine::{Outcome, Transaction};
use crate::error::{Error, ErrorKind};
use crate::record::Record;
use crate::value::Value;

/// A row's key: columns and values, all of which must be equal.
pub(crate) type Key<'a> = &'a [(&'static str, Value)];

/// `column = ?` for all columns of a key. On SQLite, text is compared as everywhere in the layer.
fn condition<R: Record>(dialect: Dialect, key: Key<'_>) -> String {
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

    /// Updates the rows of a key.
    pub(crate) async fn update<R: Record>(
        &mut self,
        key: Key<'_>,
        changes: &Changes<R>,
    ) -> Result<Outcome, Error> {
        if key.is_empty() {
            return Err(Error::new(self.call, ErrorKind::MissingKey));
        }
        if changes.is_empty() {
            return Err(Error::new(self.call, ErrorKind::EmptyChange).key(shown(key)));
        }
        let entries = changes
            .checked(self.call)
            .map_err(|error| error.key(shown(key)))?;
        let dialect = self.dialect();
        let assignments: Vec<String> = entries
            .iter()
            .map(|(name, _)| format!("{} = ?", dialect.name(name)))
            .collect();
        let sql = format!(
            "UPDATE {} SET {} WHERE {}",
            R::TABLE,
            assignments.join(","),
            condition::<R>(dialect, key)
        );
        let mut values: Vec<Value> = entries.into_iter().map(|(_, value)| value).collect();
        values.extend(key_values(key));
        self.run(&sql, values)
            .await
            .map_err(|error| error.key(shown(key)))
    }

    /// Whether a row with this key is there; it stays as it is until the end of the transaction.
    pub(crate) async fn is_there<R: Record>(&mut self, key: Key<'_>) -> Result<bool, Error> {
        let dialect = self.dialect();
        let sql = format!(
            "SELECT 1 FROM {} WHERE {}{}",
            R::TABLE,
            condition::<R>(dialect, key),
            dialect.for_update()
        );
        Ok(!self.rows(&sql, key_values(key)).await?.is_empty())
    }
}

impl Transaction {
    /// Updates the row of a key, or inserts it where there is none. On insert the key's columns are written too, and what
    /// is NULL or empty is left to the table's defaults, as the original layer does.
    ///
    /// Two writers that both find no row meet at the unique key: the second one's transaction is run again and updates.
    pub(crate) async fn upsert<R: Record>(
        &mut self,
        key: Key<'_>,
        changes: &Changes<R>,
    ) -> Result<Outcome, Error> {
        if self.is_there::<R>(key).await? {
            let columns: Vec<&str> = key.iter().map(|(column, _)| *column).collect();
            let rest = changes.without(&columns);
            return match rest.is_empty() {
                true => Ok(Outcome::default()),
                false => self.update(key, &rest).await,
            };
        }
        let row = changes.for_insert(key);
        match self.insert(&row).await {
            Err(error) if error.kind == ErrorKind::Duplicate => {
                self.who_has_the_key::<R>(key, error).await
            }
            done => done,
        }
    }

    /// After a refused insert: another writer put the same row there (then the transaction is run again), or another row
    /// has one of the other keys (then the call mixes two rows up).
    async fn who_has_the_key<R: Record>(
        &mut self,
        key: Key<'_>,
        error: Error,
    ) -> Result<Outcome, Error> {
        let kind = match self.is_there::<R>(key).await? {
            true => ErrorKind::Conflict,
            false => ErrorKind::WrongKey,
        };
        Err(Error::new(self.call, kind).key(shown(key)).because(error))
    }
}
