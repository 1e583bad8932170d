//! Compares source and target table by table and value by value, without any code of the tool's: of its plan only the
//! names, the types and the rule that tells storage classes are taken, as the documentation describes them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use cbtrade_migrate::Plan;
use cbtrade_mysql::mysql_async::prelude::Queryable as _;
use cbtrade_mysql::mysql_async::{Conn, Value};
use cbtrade_mysql::quote_identifier;
use cbtrade_schema::model::Walk;
use cbtrade_schema::{ClassRule, ColumnPlan, ColumnType, RowKey, TablePlan};

use crate::Outcome;
use crate::number::{Decimal, Instant};
use crate::source::{Kind, Row, Source, Stored, Table};

/// Prefix of the tables that the tool keeps its books in.
const BOOKS: &str = "_cbtrade_";

/// Differences that are described.
const LISTED_MAX: usize = 6;

/// Unmatched rows that are searched for by a walk over all rows that are left.
const SEARCHED_MAX: usize = 50;

/// What is compared.
pub(crate) struct Comparison<'a> {
    /// The source's plain copy.
    pub(crate) source: &'a Source,
    /// The plan's names.
    pub(crate) plan: &'a Plan,
    /// The target's database.
    pub(crate) database: &'a str,
    /// How many tables must have arrived, if not every ordinary one.
    pub(crate) tables: Option<usize>,
    /// Whether catalogue columns may show the same number, instant or text in another form.
    pub(crate) catalogue: bool,
}

/// Exact originals kept beside rows: table, row address and column, with storage class and bytes.
type Originals = HashMap<(i64, i64, i64), (String, Vec<u8>)>;

/// One column of a planned table with where its values come from.
struct Filled<'a> {
    plan: &'a ColumnPlan,
    /// Place in the source's row; `None` for a constant.
    from: Option<usize>,
    /// Place in the target's row.
    to: usize,
}

impl Comparison<'_> {
    /// All differences that were found, in words; none is the proof.
    pub(crate) async fn differences(&self, conn: &mut Conn) -> Outcome<Vec<String>> {
        let mut found = Vec::new();
        self.tables_present(conn, &mut found).await?;
        let mut originals = originals(conn, self.database).await?;
        let mut groups: BTreeMap<&str, Vec<(usize, &TablePlan)>> = BTreeMap::new();
        for (number, table) in self.plan.tables.iter().enumerate() {
            groups.entry(&table.name).or_default().push((number, table));
        }
        for (name, group) in groups {
            self.table(conn, name, &group, &mut originals, &mut found)
                .await?;
        }
        for ((table, row, column), (class, _)) in originals.iter().take(LISTED_MAX) {
            found.push(format!(
                "an original ({class}) of table {table}, row {row}, column {column} belongs to no row"
            ));
        }
        self.next_numbers(conn, &mut found).await?;
        Ok(found)
    }

    /// Every ordinary table arrives, as many as the case says, and nothing else is there.
    async fn tables_present(&self, conn: &mut Conn, found: &mut Vec<String>) -> Outcome<()> {
        let planned: BTreeSet<&str> = self
            .plan
            .tables
            .iter()
            .map(|table| table.source.as_str())
            .collect();
        let ordinary: Vec<&Table> = self
            .source
            .tables
            .iter()
            .filter(|table| table.kind == Kind::Ordinary)
            .collect();
        for table in &ordinary {
            if !planned.contains(table.name.as_str()) {
                found.push(format!("table `{}` did not arrive", table.name));
            }
        }
        let wanted = self.tables.unwrap_or(ordinary.len());
        if planned.len() != wanted {
            found.push(format!(
                "{} tables arrived where {wanted} should: {planned:?}",
                planned.len()
            ));
        }
        let sql = "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?";
        let present: Vec<String> = conn
            .exec(sql, (self.database,))
            .await
            .map_err(|error| error.to_string())?;
        let fold = |name: &str| match self.plan.server.table_names_fold_case {
            true => name.to_lowercase(),
            false => name.to_owned(),
        };
        let wanted: BTreeSet<String> = self
            .plan
            .tables
            .iter()
            .map(|table| fold(&table.name))
            .collect();
        let books: Vec<&String> = present
            .iter()
            .filter(|name| name.starts_with(BOOKS))
            .collect();
        for table in &present {
            if !wanted.contains(&fold(table)) && !books.contains(&table) {
                found.push(format!(
                    "the target holds a table `{table}` that nobody asked for"
                ));
            }
        }
        Ok(())
    }

    /// One table of the target with the tables of the source that fill it.
    async fn table(
        &self,
        conn: &mut Conn,
        name: &str,
        group: &[(usize, &TablePlan)],
        originals: &mut Originals,
        found: &mut Vec<String>,
    ) -> Outcome<()> {
        let mut columns: Vec<&str> = Vec::new();
        for (_, plan) in group {
            let added = match &plan.key {
                RowKey::Added(added) => Some(added.as_str()),
                RowKey::Columns(_) => None,
            };
            let filled = plan.filled_columns().map(|column| column.name.as_str());
            for column in filled.chain(added) {
                if !columns.contains(&column) {
                    columns.push(column);
                }
            }
        }
        let rows = target_rows(conn, self.database, name, &columns).await?;
        let mut side = TargetSide {
            used: vec![false; rows.len()],
            rows,
        };
        for (number, plan) in group {
            self.source_table(*number, plan, &columns, &mut side, originals, found)?;
        }
        let left = side.used.iter().filter(|used| !**used).count();
        if left > 0 {
            found.push(format!(
                "table `{name}`: {left} row(s) that the source does not have"
            ));
        }
        Ok(())
    }

    /// One table of the source: each of its rows has one in the target.
    fn source_table(
        &self,
        number: usize,
        plan: &TablePlan,
        columns: &[&str],
        side: &mut TargetSide,
        originals: &mut Originals,
        found: &mut Vec<String>,
    ) -> Outcome<()> {
        let Some(table) = self
            .source
            .tables
            .iter()
            .find(|table| table.name == plan.source)
        else {
            found.push(format!(
                "the plan has a table `{}` that the source has not",
                plan.source
            ));
            return Ok(());
        };
        for column in &table.columns {
            if !plan
                .columns
                .iter()
                .any(|own| own.source.as_ref() == Some(column))
            {
                found.push(format!("`{}`.`{column}` did not arrive", table.name));
            }
        }
        let place = |name: &str| columns.iter().position(|own| *own == name);
        let mut filled = Vec::new();
        for column in plan.filled_columns() {
            let to = place(&column.name).ok_or("a column was not read")?;
            let from = match &column.source {
                None => None,
                Some(name) => match table.columns.iter().position(|own| own == name) {
                    Some(at) => Some(at),
                    None => {
                        found.push(format!(
                            "the plan has a column `{name}` that `{}` has not",
                            table.name
                        ));
                        return Ok(());
                    }
                },
            };
            filled.push(Filled {
                plan: column,
                from,
                to,
            });
        }
        let rowid = match &plan.walk {
            Walk::Rowid(name) => Some(name.as_str()),
            Walk::Natural => None,
        };
        let rows = self.source.rows(table, rowid)?;
        let key = RowFinder::new(plan, &filled, &place, &side.rows)?;
        let lenient = self.catalogue && plan.catalogue.is_some();
        let mut searched = 0;
        let mut unmatched = 0;
        let table_number = i64::try_from(number).unwrap_or(-1);
        for row in &rows {
            let own = take_originals(originals, table_number, row.0, filled.len());
            let fits = |at: &usize| {
                first_difference(row, &filled, &own, &side.rows[*at], lenient).is_none()
            };
            let candidates = key.candidates(row, &filled);
            let free = |at: &&usize| !side.used[**at];
            let mut matched = candidates.iter().filter(free).copied().find(&fits);
            if matched.is_none() && searched < SEARCHED_MAX {
                searched += 1;
                matched = (0..side.rows.len())
                    .filter(|at| !side.used[*at])
                    .find(&fits);
            }
            match matched {
                Some(at) => side.used[at] = true,
                None => {
                    unmatched += 1;
                    if unmatched <= LISTED_MAX {
                        let nearest = candidates.iter().find(free).and_then(|at| {
                            first_difference(row, &filled, &own, &side.rows[*at], lenient)
                        });
                        let what = nearest.unwrap_or_else(|| {
                            format!("no row with its key: {}", shortened(&row.1))
                        });
                        found.push(format!("table `{}`, row {}: {what}", table.name, row.0));
                    }
                }
            }
        }
        if unmatched > LISTED_MAX {
            found.push(format!(
                "table `{}`: {unmatched} of {} rows did not arrive as they were",
                table.name,
                rows.len()
            ));
        }
        Ok(())
    }

    /// The next number of an AUTOINCREMENT table is above all that were ever given.
    async fn next_numbers(&self, conn: &mut Conn, found: &mut Vec<String>) -> Outcome<()> {
        if !self.plan.server.mariadb {
            conn.query_drop("SET SESSION information_schema_stats_expiry = 0")
                .await
                .map_err(|error| error.to_string())?;
        }
        for table in &self.source.tables {
            let Some(sequence) = table.sequence else {
                continue;
            };
            let Some(plan) = self
                .plan
                .tables
                .iter()
                .find(|plan| plan.source == table.name)
            else {
                continue;
            };
            let sql = "SELECT CAST(AUTO_INCREMENT AS CHAR) FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?";
            let next: Option<Option<String>> = conn
                .exec_first(sql, (self.database, &plan.name))
                .await
                .map_err(|error| error.to_string())?;
            let next = next.flatten().and_then(|next| next.parse::<i128>().ok());
            // Behind the largest number no further one can be had, in SQLite neither.
            let wanted = i128::from(sequence.clamp(0, i64::MAX - 1));
            if next.is_none_or(|next| next <= wanted) {
                found.push(format!(
                    "table `{}`: the next number is {next:?}, the source gave {sequence} already",
                    table.name
                ));
            }
        }
        Ok(())
    }
}

struct TargetSide {
    rows: Vec<Vec<Value>>,
    used: Vec<bool>,
}

async fn target_rows(
    conn: &mut Conn,
    database: &str,
    table: &str,
    columns: &[&str],
) -> Outcome<Vec<Vec<Value>>> {
    let list: Vec<String> = columns
        .iter()
        .map(|column| quote_identifier(column))
        .collect();
    let sql = format!(
        "SELECT {} FROM {}.{}",
        list.join(", "),
        quote_identifier(database),
        quote_identifier(table)
    );
    // A prepared statement: values come in their own form, doubles as their eight bytes.
    let rows: Vec<cbtrade_mysql::mysql_async::Row> = conn
        .exec(sql, ())
        .await
        .map_err(|error| format!("table `{table}` of the target: {error}"))?;
    Ok(rows
        .into_iter()
        .map(cbtrade_mysql::mysql_async::Row::unwrap)
        .collect())
}

async fn originals(conn: &mut Conn, database: &str) -> Outcome<Originals> {
    let sql = format!(
        "SELECT table_number, row_address, column_number, storage_class, original FROM {}._cbtrade_original",
        quote_identifier(database)
    );
    let rows: Vec<(i64, i64, i64, String, Vec<u8>)> = conn
        .exec(sql, ())
        .await
        .map_err(|error| format!("the originals: {error}"))?;
    Ok(rows
        .into_iter()
        .map(|(table, row, column, class, bytes)| ((table, row, column), (class, bytes)))
        .collect())
}

/// The originals of one row, by number of the column. What is left at the end belongs to no row.
fn take_originals(
    originals: &mut Originals,
    table: i64,
    row: i64,
    columns: usize,
) -> HashMap<usize, (String, Vec<u8>)> {
    if originals.is_empty() {
        return HashMap::new();
    }
    (0..columns)
        .filter_map(|column| {
            let key = (table, row, i64::try_from(column).ok()?);
            originals.remove(&key).map(|original| (column, original))
        })
        .collect()
}

/// Finds the rows of the target that may be a row of the source.
enum RowFinder {
    /// By the address that the target keeps.
    Address(HashMap<i64, Vec<usize>>),
    /// By the key's values: places among the filled columns.
    Key(Vec<usize>, HashMap<Vec<Part>, Vec<usize>>),
}

/// One value of a key in a form that both sides have.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Part {
    Null,
    Number(Decimal),
    Moment(Instant),
    Bytes(Vec<u8>),
}

impl RowFinder {
    fn new(
        plan: &TablePlan,
        filled: &[Filled<'_>],
        place: &dyn Fn(&str) -> Option<usize>,
        rows: &[Vec<Value>],
    ) -> Outcome<RowFinder> {
        match &plan.key {
            RowKey::Added(name) => {
                let at = place(name).ok_or("the added key was not read")?;
                let mut map: HashMap<i64, Vec<usize>> = HashMap::new();
                for (number, row) in rows.iter().enumerate() {
                    if let Some(address) = integer_of(&row[at]) {
                        map.entry(address).or_default().push(number);
                    }
                }
                Ok(RowFinder::Address(map))
            }
            RowKey::Columns(names) => {
                // Columns that only the target fills tell no rows of the source apart.
                let parts: Vec<usize> = names
                    .iter()
                    .filter_map(|name| filled.iter().position(|column| column.plan.name == *name))
                    .collect();
                let mut map: HashMap<Vec<Part>, Vec<usize>> = HashMap::new();
                for (number, row) in rows.iter().enumerate() {
                    let key = parts
                        .iter()
                        .map(|at| part_of_shown(&row[filled[*at].to]))
                        .collect();
                    map.entry(key).or_default().push(number);
                }
                Ok(RowFinder::Key(parts, map))
            }
        }
    }

    fn candidates(&self, row: &Row, filled: &[Filled<'_>]) -> &[usize] {
        let list = match self {
            RowFinder::Address(map) => map.get(&row.0),
            RowFinder::Key(parts, map) => {
                let key: Vec<Part> = parts
                    .iter()
                    .map(|at| match filled[*at].from {
                        Some(from) => part_of_stored(&row.1[from]),
                        None => part_of_bytes(
                            filled[*at]
                                .plan
                                .constant
                                .as_deref()
                                .unwrap_or("")
                                .as_bytes(),
                        ),
                    })
                    .collect();
                map.get(&key)
            }
        };
        list.map_or(&[], Vec::as_slice)
    }
}

fn part_of_bytes(bytes: &[u8]) -> Part {
    Decimal::of_text(bytes)
        .map(Part::Number)
        .or_else(|| Instant::of_text(bytes).map(Part::Moment))
        .unwrap_or_else(|| Part::Bytes(bytes.to_vec()))
}

fn part_of_stored(value: &Stored) -> Part {
    match value {
        Stored::Null => Part::Null,
        Stored::Integer(integer) => Part::Number(Decimal::of_integer(*integer)),
        Stored::Real(real) => Decimal::of_double(*real).map_or(Part::Null, Part::Number),
        Stored::Text(bytes) | Stored::Blob(bytes) => part_of_bytes(bytes),
    }
}

fn part_of_shown(value: &Value) -> Part {
    match value {
        Value::Bytes(bytes) => part_of_bytes(bytes),
        Value::Double(double) => Decimal::of_double(*double).map_or(Part::Null, Part::Number),
        other => match (integer_of(other), moment_of(other)) {
            (Some(integer), _) => Part::Number(Decimal::of_integer(integer)),
            (None, Some(moment)) => Part::Moment(moment),
            (None, None) => Part::Null,
        },
    }
}

fn integer_of(value: &Value) -> Option<i64> {
    match value {
        Value::Int(integer) => Some(*integer),
        Value::UInt(integer) => i64::try_from(*integer).ok(),
        _ => None,
    }
}

fn moment_of(value: &Value) -> Option<Instant> {
    match value {
        Value::Date(year, month, day, hour, minute, second, micros) => Instant::of_fields(
            (i64::from(*year), i64::from(*month), i64::from(*day)),
            (i64::from(*hour), i64::from(*minute), i64::from(*second)),
            i64::from(*micros) * 1000,
        ),
        _ => None,
    }
}

/// The first column in which a row of the target is not the row of the source.
fn first_difference(
    row: &Row,
    filled: &[Filled<'_>],
    originals: &HashMap<usize, (String, Vec<u8>)>,
    target: &[Value],
    lenient: bool,
) -> Option<String> {
    for (number, column) in filled.iter().enumerate() {
        let shown = &target[column.to];
        let Some(from) = column.from else {
            let constant = column.plan.constant.as_deref().unwrap_or("").as_bytes();
            if *shown != Value::Bytes(constant.to_vec()) {
                return Some(format!(
                    "column `{}` is not the constant but {shown:?}",
                    column.plan.name
                ));
            }
            continue;
        };
        let stored = &row.1[from];
        let arrived = match originals.get(&number) {
            Some((class, bytes)) => is_original(stored, class, bytes),
            None => {
                read_back(shown, column.plan).as_ref() == Some(stored)
                    || (lenient && same_meaning(stored, shown, column.plan))
            }
        };
        if !arrived {
            let beside = originals
                .get(&number)
                .map_or("no original".to_owned(), |(class, bytes)| {
                    format!("original {class} {}", shortened(bytes))
                });
            return Some(format!(
                "column `{}` ({}, {:?}): source {}, target {}, {beside}",
                column.plan.name,
                column.plan.column_type,
                column.plan.class_rule,
                shortened(stored),
                shortened(shown),
            ));
        }
    }
    None
}

fn shortened(value: &impl std::fmt::Debug) -> String {
    let text = format!("{value:?}");
    if text.len() <= 120 {
        return text;
    }
    let start: String = text.chars().take(100).collect();
    format!("{start}… ({} characters)", text.len())
}

/// Whether an original that is kept beside its row is the value: the class by name, numbers as eight bytes.
fn is_original(stored: &Stored, class: &str, bytes: &[u8]) -> bool {
    match stored {
        Stored::Null => false,
        Stored::Integer(integer) => class == "integer" && bytes == integer.to_be_bytes(),
        Stored::Real(real) => class == "real" && bytes == real.to_bits().to_be_bytes(),
        Stored::Text(text) => class == "text" && bytes == text,
        Stored::Blob(blob) => class == "blob" && bytes == blob,
    }
}

/// The value that a shown one stands for where nothing is kept beside it, by the column's documented rule.
fn read_back(shown: &Value, column: &ColumnPlan) -> Option<Stored> {
    if *shown == Value::NULL {
        return Some(Stored::Null);
    }
    let number = || -> Option<Decimal> {
        match shown {
            Value::Bytes(bytes) => Decimal::of_text(bytes),
            Value::Double(double) => Decimal::of_double(*double),
            other => integer_of(other).map(Decimal::of_integer),
        }
    };
    let double = || match shown {
        Value::Double(double) => Some(*double),
        Value::Bytes(bytes) => double_of_text(bytes),
        _ => None,
    };
    match column.class_rule {
        ClassRule::Integer => number()?.as_integer().map(Stored::Integer),
        ClassRule::Real => double().map(Stored::Real),
        ClassRule::Text => match shown {
            Value::Bytes(bytes) => Some(Stored::Text(bytes.clone())),
            Value::Date(..) => date_text(shown, column.column_type).map(Stored::Text),
            other => Some(Stored::Text(integer_of(other)?.to_string().into_bytes())),
        },
        ClassRule::Blob => match shown {
            Value::Bytes(bytes) => Some(Stored::Blob(bytes.clone())),
            _ => None,
        },
        ClassRule::Numeric => match shown {
            Value::Bytes(bytes) if !matches!(column.column_type, ColumnType::Decimal { .. }) => {
                Some(number_or_text(bytes))
            }
            _ => match number()?.as_integer() {
                Some(integer) => Some(Stored::Integer(integer)),
                None => double().map(Stored::Real),
            },
        },
    }
}

fn double_of_text(bytes: &[u8]) -> Option<f64> {
    match bytes {
        b"Inf" => Some(f64::INFINITY),
        b"-Inf" => Some(f64::NEG_INFINITY),
        // What looks like a number, and nothing else that Rust would read as one.
        bytes => {
            Decimal::of_text(bytes).and_then(|_| std::str::from_utf8(bytes).ok()?.parse().ok())
        }
    }
}

/// In a column of numbers and texts, what is exactly the text of a number was that number.
fn number_or_text(bytes: &[u8]) -> Stored {
    let text = || Stored::Text(bytes.to_vec());
    let Ok(written) = std::str::from_utf8(bytes) else {
        return text();
    };
    if let Ok(integer) = written.parse::<i64>() {
        return if integer.to_string() == written {
            Stored::Integer(integer)
        } else {
            text()
        };
    }
    match double_of_text(bytes) {
        Some(double) if double.is_infinite() && bytes.ends_with(b"Inf") => Stored::Real(double),
        Some(double) if double.is_finite() && format!("{double:?}") == written => {
            Stored::Real(double)
        }
        _ => text(),
    }
}

/// A date column shows texts of one form only.
fn date_text(shown: &Value, column_type: ColumnType) -> Option<Vec<u8>> {
    let Value::Date(year, month, day, hour, minute, second, micros) = shown else {
        return None;
    };
    let mut text = format!("{year:04}-{month:02}-{day:02}");
    let fraction = match column_type {
        ColumnType::Date => return Some(text.into_bytes()),
        ColumnType::Timestamp { fraction } | ColumnType::DateTime { fraction } => fraction,
        _ => return None,
    };
    text.push_str(&format!(" {hour:02}:{minute:02}:{second:02}"));
    if fraction > 0 {
        let digits = format!("{micros:06}");
        text.push('.');
        text.push_str(digits.get(..usize::from(fraction))?);
    }
    Some(text.into_bytes())
}

/// For columns of the catalogue: the same number, instant, flag or text in another form; of roundings only the documented
/// one.
fn same_meaning(stored: &Stored, shown: &Value, column: &ColumnPlan) -> bool {
    let number = match stored {
        Stored::Integer(integer) => Some(Decimal::of_integer(*integer)),
        Stored::Real(real) => Decimal::of_double(*real),
        Stored::Text(text) => Decimal::of_text(text),
        Stored::Null | Stored::Blob(_) => None,
    };
    if let Some(moment) = moment_of(shown) {
        return match stored {
            Stored::Text(text) if Instant::of_text(text) == Some(moment) => true,
            _ => number.is_some_and(|number| moment.is_unix(&number)),
        };
    }
    if !column.column_type.is_number() {
        return match (stored, shown) {
            (Stored::Text(text), Value::Bytes(bytes)) => text == bytes,
            (Stored::Integer(_) | Stored::Real(_), Value::Bytes(bytes)) => {
                number.is_some() && Decimal::of_text(bytes) == number
            }
            _ => false,
        };
    }
    if let (Stored::Text(text), Some(flag)) = (stored, integer_of(shown)) {
        let words: &[&str] = match flag {
            0 => &["false", "f", "no", "n", "off"],
            1 => &["true", "t", "yes", "y", "on"],
            _ => &[],
        };
        if words
            .iter()
            .any(|word| text.eq_ignore_ascii_case(word.as_bytes()))
        {
            return true;
        }
    }
    let shown_number = match shown {
        Value::Bytes(bytes) => Decimal::of_text(bytes),
        Value::Double(double) => Decimal::of_double(*double),
        other => integer_of(other).map(Decimal::of_integer),
    };
    let (Some(number), Some(shown_number)) = (number, shown_number) else {
        return false;
    };
    let rounded = match (stored, column.column_type) {
        (
            Stored::Real(_),
            ColumnType::Decimal {
                precision: 36,
                scale: 12,
            },
        ) => number.rounds_to(&shown_number, 12),
        _ => false,
    };
    number == shown_number || rounded
}
