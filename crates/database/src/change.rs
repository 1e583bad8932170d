//! What a write changes: columns of one table, each with its new value, checked before anything is sent.

use std::marker::PhantomData;

use cbtrade_catalog::{ColumnKind, Table};
use cbtrade_core::{Decimal, Timestamp};

use crate::error::{Call, Error, ErrorKind};
use crate::record::{Column, Record};
use crate::value::{FromValue as _, Value};

/// A partial write of a row of `R`: only the columns named here are written, so that nobody else's edit of another column
/// is overwritten.
///
/// ```
/// use cbtrade_database::{Changes, Position, columns::poss};
/// let sold = Changes::<Position>::new().set(poss::pos_stat, "SELL").set(poss::sell_order_cnt, 1);
/// assert_eq!(sold.names(), ["pos_stat", "sell_order_cnt"]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Changes<R> {
    entries: Vec<(&'static str, Value)>,
    belongs: PhantomData<fn() -> R>,
}

impl<R> Default for Changes<R> {
    fn default() -> Self {
        Changes {
            entries: Vec::new(),
            belongs: PhantomData,
        }
    }
}

/// A value that a column of type `T` takes; the type system refuses all others.
pub trait Assign<T> {
    /// The value to be written.
    fn assigned(self) -> Value;
}

macro_rules! assignable {
    ($($from:ty => $column:ty),* $(,)?) => {
        $(
            impl Assign<$column> for $from {
                fn assigned(self) -> Value {
                    Value::from(self)
                }
            }
            impl Assign<Option<$column>> for $from {
                fn assigned(self) -> Value {
                    Value::from(self)
                }
            }
            impl Assign<Option<$column>> for Option<$from> {
                fn assigned(self) -> Value {
                    Value::from(self)
                }
            }
        )*
    };
}

assignable!(i64 => i64, Decimal => Decimal, Timestamp => Timestamp, &str => String, String => String);

impl<R: Record> Changes<R> {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Changes::default()
    }

    /// All columns of a whole row, as for an import or a copy.
    #[must_use]
    pub fn of(record: R) -> Self {
        Changes {
            entries: R::COLUMNS
                .iter()
                .copied()
                .zip(record.into_values())
                .collect(),
            belongs: PhantomData,
        }
    }

    /// The same with a column set; the last value given for a column counts.
    #[must_use]
    pub fn set<T>(mut self, column: Column<R, T>, value: impl Assign<T>) -> Self {
        self.put(column.name(), value.assigned());
        self
    }

    /// These changes and others; where both name a column, the others count.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        for (column, value) in others.entries {
            self.put(column, value);
        }
        self
    }

    /// The columns of a mapping that the table has, and beside them the names that it has not. An exchange's answer has many
    /// such names, and the original layer's writers leave them out; who wants them refused looks at the list, or uses
    /// [`Changes::set_named`].
    ///
    /// ```
    /// use cbtrade_database::{Changes, Market, Value};
    /// let fields = [("prod_id", Value::from("BTC-USDC")), ("alias_to", Value::Null)];
    /// let (changes, left_out) = Changes::<Market>::of_fields(fields);
    /// assert_eq!(changes.names(), ["prod_id"]);
    /// assert_eq!(left_out, ["alias_to"]);
    /// ```
    #[must_use]
    pub fn of_fields<'a>(
        fields: impl IntoIterator<Item = (&'a str, Value)>,
    ) -> (Self, Vec<&'a str>) {
        let mut changes = Changes::new();
        let mut left_out = Vec::new();
        for (name, value) in fields {
            match Self::known(name) {
                Some(column) => changes.put(column, value),
                None => left_out.push(name),
            }
        }
        (changes, left_out)
    }

    /// A column of the table as the catalogue spells it.
    fn known(name: &str) -> Option<&'static str> {
        R::COLUMNS
            .iter()
            .copied()
            .find(|column| column.eq_ignore_ascii_case(name))
    }

    /// Sets a column by its name, as scripts do.
    ///
    /// # Errors
    /// A column that the table does not have.
    pub fn set_named(&mut self, call: Call, name: &str, value: Value) -> Result<(), Error> {
        let Some(column) = Self::known(name) else {
            return Err(Error::new(call, ErrorKind::UnknownColumn).column(name));
        };
        self.put(column, value);
        Ok(())
    }

    /// The value set for a column.
    #[must_use]
    pub fn get<T>(&self, column: Column<R, T>) -> Option<&Value> {
        self.named(column.name())
    }

    /// The names of the columns set.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        self.entries.iter().map(|(name, _)| *name).collect()
    }

    /// Whether no column is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn named(&self, name: &str) -> Option<&Value> {
        self.entries
            .iter()
            .find(|(column, _)| *column == name)
            .map(|(_, value)| value)
    }

    /// A column that the method cannot do without: its name and value.
    ///
    /// # Errors
    /// [`ErrorKind::MissingKey`] where there is none, or an empty text.
    pub(crate) fn required<T>(
        &self,
        call: Call,
        column: Column<R, T>,
    ) -> Result<(&'static str, Value), Error> {
        let missing = || Error::new(call, ErrorKind::MissingKey).column(column.name());
        let given = self.get(column).filter(|value| is_given(value));
        let value = checked(
            call,
            table_of(R::TABLE),
            column.name(),
            given.ok_or_else(missing)?,
        )?;
        Ok((column.name(), value))
    }

    /// A column that may stand for the row: its name and value, if there is one.
    ///
    /// # Errors
    /// A value of another type.
    pub(crate) fn optional<T>(
        &self,
        call: Call,
        column: Column<R, T>,
    ) -> Result<Option<(&'static str, Value)>, Error> {
        match self.get(column) {
            Some(value) if is_given(value) => self.required(call, column).map(Some),
            _ => Ok(None),
        }
    }

    /// The row's number, if one is given. 0 is none: the original layer's callers pass it for a new row.
    ///
    /// # Errors
    /// A value of another type.
    pub(crate) fn number(&self, call: Call) -> Result<Option<i64>, Error> {
        let Some(name) = numbered_by(R::TABLE) else {
            return Ok(None);
        };
        let Some(value) = self.named(name) else {
            return Ok(None);
        };
        let number = checked(call, table_of(R::TABLE), name, value)?;
        Ok(i64::from_value(number).filter(|number| *number != 0))
    }

    /// The same without what is NULL or empty.
    pub(crate) fn given(&self) -> Self {
        self.only(|_, value| is_given(value))
    }

    /// These columns and no others; what is not set is NULL.
    pub(crate) fn exactly(&self, columns: &[&'static str]) -> Self {
        let value = |column: &str| self.named(column).cloned().unwrap_or(Value::Null);
        Changes {
            entries: columns
                .iter()
                .map(|column| (*column, value(column)))
                .collect(),
            belongs: PhantomData,
        }
    }

    /// What an insert writes: the key, and whatever is neither NULL nor empty.
    pub(crate) fn for_insert(&self, key: &[(&'static str, Value)]) -> Self {
        let mut row = Changes {
            entries: key.to_vec(),
            belongs: PhantomData,
        };
        let number = numbered_by(R::TABLE);
        for (name, value) in &self.entries {
            let numberless = Some(*name) == number && *value == Value::Integer(0);
            if is_given(value) && !numberless {
                row.put(name, value.clone());
            }
        }
        row
    }

    /// The same without some columns.
    pub(crate) fn without(&self, columns: &[&str]) -> Self {
        self.only(|name, _| !columns.contains(&name))
    }

    /// What an update of the row of a key writes: not the row's number, but texts of the key, in case the spelling is
    /// another.
    pub(crate) fn for_update(&self, key: &[(&'static str, Value)]) -> Self {
        let number = numbered_by(R::TABLE);
        self.only(|name, value| {
            let is_key = key.iter().any(|(column, _)| *column == name);
            Some(name) != number && (!is_key || matches!(value, Value::Text(_)))
        })
    }

    fn only(&self, keep: impl Fn(&str, &Value) -> bool) -> Self {
        let kept = self
            .entries
            .iter()
            .filter(|(name, value)| keep(name, value));
        Changes {
            entries: kept.cloned().collect(),
            belongs: PhantomData,
        }
    }

    /// The entries, each value checked against its column and in the column's own type.
    ///
    /// # Errors
    /// A value of another type, out of range or too long.
    pub(crate) fn checked(&self, call: Call) -> Result<Vec<(&'static str, Value)>, Error> {
        let table = table_of(R::TABLE);
        self.entries
            .iter()
            .map(|(name, value)| Ok((*name, checked(call, table, name, value)?)))
            .collect()
    }

    fn put(&mut self, name: &'static str, value: Value) {
        match self.entries.iter_mut().find(|(column, _)| *column == name) {
            Some(entry) => entry.1 = value,
            None => self.entries.push((name, value)),
        }
    }
}

/// Whether a value is one: neither NULL nor an empty text.
fn is_given(value: &Value) -> bool {
    !value.is_null() && *value != Value::Text(String::new())
}

/// The column through which a table numbers its rows.
pub(crate) fn numbered_by(table: &str) -> Option<&'static str> {
    table_of(table)?
        .auto_increment_column()
        .map(|column| column.name)
}

/// The catalogue's table; the candle tables share one.
pub(crate) fn table_of(name: &str) -> Option<&'static Table> {
    if name == "ohlcv" {
        return Some(cbtrade_catalog::candle_table());
    }
    cbtrade_catalog::table(name)
}

/// Digits of a `DECIMAL(36,12)` in all: units stay below this.
const DECIMAL_UNITS_END: u128 = 10_u128.pow(36);
/// First and last second of a `TIMESTAMP`.
const TIMESTAMP_SECONDS: std::ops::RangeInclusive<i64> = 1..=2_147_483_647;

/// A value in its column's own type.
///
/// # Errors
/// [`ErrorKind::ValueRejected`] with column and reason; [`ErrorKind::UnknownColumn`].
pub(crate) fn checked(
    call: Call,
    table: Option<&Table>,
    name: &str,
    value: &Value,
) -> Result<Value, Error> {
    let Some(column) = table.and_then(|table| table.column(name)) else {
        return Err(Error::new(call, ErrorKind::UnknownColumn).column(name));
    };
    if value.is_null() {
        return Ok(Value::Null);
    }
    let converted = match column.kind {
        ColumnKind::TinyInt => integer(value, i64::from(i8::MIN)..=i64::from(i8::MAX)),
        ColumnKind::Int => integer(value, i64::from(i32::MIN)..=i64::from(i32::MAX)),
        ColumnKind::BigInt => integer(value, i64::MIN..=i64::MAX),
        ColumnKind::Decimal { .. } => decimal(value),
        ColumnKind::Varchar(characters) | ColumnKind::Char(characters) => text(
            value,
            |text| text.chars().count() <= usize::try_from(characters).unwrap_or(usize::MAX),
            || format!("at most {characters} characters fit"),
        ),
        ColumnKind::Text => text(
            value,
            |text| text.len() <= 65_535,
            || "at most 65,535 bytes fit".to_owned(),
        ),
        ColumnKind::Timestamp => moment(value),
    };
    converted.map_err(|reason| {
        Error::new(call, ErrorKind::ValueRejected)
            .column(name)
            .detail(reason)
    })
}

fn wrong_type(value: &Value, expected: &str) -> String {
    format!("{} is not {expected}: {}", value.kind(), shortened(value))
}

fn shortened(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn integer(value: &Value, range: std::ops::RangeInclusive<i64>) -> Result<Value, String> {
    let Some(number) = i64::from_value(value.clone()) else {
        return Err(wrong_type(value, "a whole number"));
    };
    if range.contains(&number) {
        Ok(Value::Integer(number))
    } else {
        Err(format!(
            "{number} is not between {} and {}",
            range.start(),
            range.end()
        ))
    }
}

fn decimal(value: &Value) -> Result<Value, String> {
    let number = match value {
        // Further places are rounded half away from zero, as servers do and as doubles are.
        Value::Text(text) => Decimal::parse_rounded(text).map_err(|error| error.to_string())?,
        Value::Integer(_) | Value::Decimal(_) | Value::Double(_) => {
            Decimal::from_value(value.clone())
                .ok_or_else(|| wrong_type(value, "a decimal number"))?
        }
        _ => return Err(wrong_type(value, "a decimal number")),
    };
    if number.units().unsigned_abs() >= DECIMAL_UNITS_END {
        return Err(format!("{number} has more than 24 digits before the point"));
    }
    Ok(Value::Decimal(number))
}

fn text(
    value: &Value,
    fits: impl Fn(&str) -> bool,
    limit: impl Fn() -> String,
) -> Result<Value, String> {
    let Some(text) = String::from_value(value.clone()) else {
        return Err(wrong_type(value, "a text"));
    };
    if fits(&text) {
        Ok(Value::Text(text))
    } else {
        Err(format!(
            "{} characters are too many, {}",
            text.chars().count(),
            limit()
        ))
    }
}

/// Whole seconds: what is smaller is cut, on every engine alike (MySQL by itself would round, MariaDB cut).
fn moment(value: &Value) -> Result<Value, String> {
    let Some(moment) = Timestamp::from_value(value.clone()) else {
        return Err(wrong_type(value, "a date such as 2025-08-20 14:05:09"));
    };
    let seconds = moment.as_seconds();
    match Timestamp::from_seconds(seconds) {
        Some(whole) if TIMESTAMP_SECONDS.contains(&seconds) => Ok(Value::Moment(whole)),
        _ => Err(format!(
            "{moment} is not between 1970-01-01 00:00:01 and 2038-01-19 03:14:07"
        )),
    }
}
