//! One table: columns, keys and the rules by which some columns follow others.

use crate::column::{Column, Shape};

/// The two databases of an installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Database {
    /// Positions, orders, markets, balances and everything else the bots keep.
    Trading,
    /// Candles, one table per product.
    Candles,
}

impl Database {
    /// Name of the database on the server.
    pub fn name(self) -> &'static str {
        match self {
            Self::Trading => "cbtrade",
            Self::Candles => "ohlcv",
        }
    }
}

/// A table of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The database it lives in.
    pub database: Database,
    /// Its name; of the candle pattern, the common beginning of all candle tables' names.
    pub name: &'static str,
    /// What a row is, in a sentence.
    pub purpose: &'static str,
    /// All columns, in the order of the target.
    pub columns: Vec<Column>,
    /// Columns of the primary key; empty if there is none.
    pub primary_key: Vec<&'static str>,
    /// Unique keys besides the primary key. NULLs in them do not collide.
    pub unique_keys: Vec<Key>,
    /// Keys that only make reading faster.
    pub indexes: Vec<Key>,
    /// Columns computed from others when a row is inserted.
    pub insert_derives: Vec<Derivation>,
    /// Columns computed from others when a row is updated.
    pub update_derives: Vec<Derivation>,
    /// Whether the derivations are in force. CBTrade defines some for its two performance tables
    /// but has never installed them; there the procedures that refill the tables write the columns.
    pub derives_in_force: bool,
    /// Whether the rule of the candle tables holds instead of derivations: of a date and its
    /// seconds, the one that is blank is filled from the other, and nothing is overwritten.
    pub candle_fill: bool,
    /// Whether CBTrade creates the table at every start.
    pub required: bool,
}

/// A named key over some columns, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Name, unique within its table.
    pub name: &'static str,
    /// Columns, most significant first.
    pub columns: Vec<&'static str>,
}

/// A column of seconds that follows a date: whatever the caller gives for `target` is replaced by
/// the seconds of `from`, or by 0 if `from` is NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Derivation {
    /// The column of seconds.
    pub target: &'static str,
    /// The date it is computed from.
    pub from: &'static str,
    /// Whether a NULL given for `target` stays NULL.
    pub only_if_target_not_null: bool,
}

impl Table {
    /// The column of this name, upper and lower case alike.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns
            .iter()
            .find(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// The column the server numbers rows through.
    pub fn auto_increment_column(&self) -> Option<&Column> {
        self.columns.iter().find(|column| column.auto_increment)
    }

    /// The columns that identify a row: the primary key, or the first unique key where there is none.
    pub fn row_key(&self) -> &[&'static str] {
        match self.unique_keys.first() {
            Some(key) if self.primary_key.is_empty() => &key.columns,
            _ => &self.primary_key,
        }
    }

    /// Dates and their seconds, as the candle rule pairs them; empty unless `candle_fill`.
    pub fn candle_pairs(&self) -> Vec<Derivation> {
        if !self.candle_fill {
            return Vec::new();
        }
        ["start_dttm", "end_dttm", "upd_dttm", "dlm"]
            .into_iter()
            .zip(["start_unix", "end_unix", "upd_unix", "dlm_unix"])
            .map(|(from, target)| Derivation {
                target,
                from,
                only_if_target_not_null: false,
            })
            .collect()
    }
}

/// Writing a table down. Every method adds to the table and hands it on.
impl Table {
    pub(crate) fn new(name: &'static str, purpose: &'static str) -> Self {
        Self {
            database: Database::Trading,
            name,
            purpose,
            columns: Vec::new(),
            primary_key: Vec::new(),
            unique_keys: Vec::new(),
            indexes: Vec::new(),
            insert_derives: Vec::new(),
            update_derives: Vec::new(),
            derives_in_force: true,
            candle_fill: false,
            required: true,
        }
    }

    /// Adds one column per name, all of the same shape.
    pub(crate) fn columns(mut self, shape: Shape, names: &[&'static str]) -> Self {
        self.columns
            .extend(names.iter().map(|name| shape.named(name)));
        self
    }

    pub(crate) fn primary_key(mut self, columns: &[&'static str]) -> Self {
        self.primary_key = columns.to_vec();
        self
    }

    pub(crate) fn unique_key(mut self, name: &'static str, columns: &[&'static str]) -> Self {
        self.unique_keys.push(Key {
            name,
            columns: columns.to_vec(),
        });
        self
    }

    pub(crate) fn index(mut self, name: &'static str, columns: &[&'static str]) -> Self {
        self.indexes.push(Key {
            name,
            columns: columns.to_vec(),
        });
        self
    }

    /// `target` follows `from` on insert and on update.
    pub(crate) fn follows(self, target: &'static str, from: &'static str) -> Self {
        self.derivation(Derivation {
            target,
            from,
            only_if_target_not_null: false,
        })
    }

    /// `target` follows `from` on insert and on update, unless it is given as NULL.
    pub(crate) fn follows_unless_null(self, target: &'static str, from: &'static str) -> Self {
        self.derivation(Derivation {
            target,
            from,
            only_if_target_not_null: true,
        })
    }

    /// `target` is computed from `from` on insert and keeps that value afterwards.
    pub(crate) fn starts_as(mut self, target: &'static str, from: &'static str) -> Self {
        self.insert_derives.push(Derivation {
            target,
            from,
            only_if_target_not_null: false,
        });
        self
    }

    fn derivation(mut self, derivation: Derivation) -> Self {
        self.insert_derives.push(derivation);
        self.update_derives.push(derivation);
        self
    }
}
