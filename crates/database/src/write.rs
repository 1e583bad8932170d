//! The few statements that writing methods are made of. Column names come from records; values are always bound.

use crate::change::{Changes, numbered_by, table_of};
use crate::dialect::Dialect;
use crate::engine::{Outcome, Transaction};
use crate::error::{Error, ErrorKind};
use crate::record::Record;
use crate::value::Value;

/// A row's key: columns and values, all of which must be equal.
pub(crate) type Key<'a> = &'a [(&'static str, Value)];

/// A column whose value the database computes in the update itself, by its own clock and from the row as it is then.
#[derive(Clone, Debug)]
pub(crate) struct Computed {
    column: &'static str,
    sql: String,
    values: Vec<Value>,
}

impl Computed {
    /// The expression must be the layer's own, with `?` for each value.
    pub(crate) fn new(column: &'static str, sql: impl Into<String>, values: Vec<Value>) -> Self {
        Computed {
            column,
            sql: sql.into(),
            values,
        }
    }

    /// `dlm` and its seconds become the present moment. Where a trigger keeps the seconds, both say the same.
    pub(crate) fn touched(dialect: Dialect) -> Vec<Computed> {
        vec![
            Computed::new("dlm", dialect.now(), Vec::new()),
            Computed::new("dlm_unix", dialect.now_seconds(), Vec::new()),
        ]
    }
}

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

    /// Updates the rows of a key; with a stamp, also where no column is changed.
    pub(crate) async fn update_stamped<R: Record>(
        &mut self,
        key: Key<'_>,
        changes: &Changes<R>,
        stamp: Stamp,
    ) -> Result<Outcome, Error> {
        if stamp == Stamp::Now {
            let rest = changes.without(&["dlm", "dlm_unix"]);
            let touched = Computed::touched(self.dialect());
            return self.update_and(key, &rest, &touched).await;
        }
        if changes.is_empty() {
            return Ok(Outcome::default());
        }
        self.update_and(key, changes, &[]).await
    }

    /// Updates the rows of a key, and in them also columns whose values the database computes.
    pub(crate) async fn update_and<R: Record>(
        &mut self,
        key: Key<'_>,
        changes: &Changes<R>,
        computed: &[Computed],
    ) -> Result<Outcome, Error> {
        if key.is_empty() {
            return Err(Error::new(self.call, ErrorKind::MissingKey));
        }
        if changes.is_empty() && computed.is_empty() {
            return Err(Error::new(self.call, ErrorKind::EmptyChange).key(shown(key)));
        }
        let entries = changes
            .checked(self.call)
            .map_err(|error| error.key(shown(key)))?;
        let dialect = self.dialect();
        let given = entries
            .iter()
            .map(|(name, _)| format!("{} = ?", dialect.name(name)));
        let made = computed
            .iter()
            .map(|one| format!("{} = {}", dialect.name(one.column), one.sql));
        let assignments: Vec<String> = given.chain(made).collect();
        let sql = format!(
            "UPDATE {} SET {} WHERE {}",
            R::TABLE,
            assignments.join(","),
            condition(dialect, key)
        );
        let mut values: Vec<Value> = entries.into_iter().map(|(_, value)| value).collect();
        values.extend(computed.iter().flat_map(|one| one.values.clone()));
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
        let lock = self.dialect().for_update();
        self.look::<R>(key, lock).await
    }

    async fn look<R: Record>(
        &mut self,
        key: Key<'_>,
        lock: &'static str,
    ) -> Result<Option<i64>, Error> {
        let dialect = self.dialect();
        let number =
            numbered_by(R::TABLE).map_or_else(|| "0".to_owned(), |name| dialect.name(name));
        let sql = format!(
            "SELECT {number} FROM {} WHERE {}{lock}",
            R::TABLE,
            condition(dialect, key)
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
    /// A row number that is given must be that of the row, or of none. The outcome's number is the row's in any case, 0 in
    /// a table that does not number its rows.
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
            Some(found) => self.update_found(key, found, changes).await,
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
        found: i64,
        changes: &Changes<R>,
    ) -> Result<Outcome, Error> {
        let stamp = Stamp::of(R::TABLE);
        let done = self
            .update_stamped(key, &changes.for_update(key), stamp)
            .await;
        match done {
            Ok(done) => Ok(Outcome {
                last_id: found,
                ..done
            }),
            Err(mut error) => {
                if error.kind == ErrorKind::Duplicate {
                    error.kind = ErrorKind::WrongKey;
                }
                Err(error)
            }
        }
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
        // Looked for without a lock: of several writers refused at once, each holds a share of the new row's lock, and if
        // each asked for all of it, they would wait for each other in a circle.
        if self.look::<R>(key, "").await?.is_some() {
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
                let key = [(number, Value::from(*owner))];
                self.update_found(&key, *owner, changes).await
            }
            _ => Err(Error::new(self.call, ErrorKind::WrongKey)
                .key(shown(key))
                .because(error)),
        }
    }
}
