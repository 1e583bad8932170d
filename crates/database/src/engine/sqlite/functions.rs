//! What SQLite lacks for the layer: exact arithmetic on decimals, their order, and a clock that can be set.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering as Memory};

use cbtrade_core::{Clock, Decimal, ParseDecimalError, Timestamp};
use cbtrade_sqlite::rusqlite::functions::{Aggregate, Context, FunctionFlags};
use cbtrade_sqlite::rusqlite::types::ValueRef;
use cbtrade_sqlite::rusqlite::{Connection, Error, Result};

/// Same arguments, same result, and harmless in any trigger or index that a file may have.
const PURE: FunctionFlags = FunctionFlags::SQLITE_UTF8
    .union(FunctionFlags::SQLITE_DETERMINISTIC)
    .union(FunctionFlags::SQLITE_INNOCUOUS);
/// Another result every time, but harmless in defaults and triggers, where it is needed.
const OF_THE_MOMENT: FunctionFlags =
    FunctionFlags::SQLITE_UTF8.union(FunctionFlags::SQLITE_INNOCUOUS);

/// How the message of a value begins that is no number; the only thing of an error that passes through SQLite.
pub(super) const NOT_A_NUMBER: &str = "not a decimal number: ";
/// The message of a result that does not fit.
pub(super) const TOO_LARGE: &str = "a decimal result is too large";

/// Why a function gives no result.
#[derive(Debug)]
enum Refusal {
    NotANumber(String),
    TooLarge,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::NotANumber(shown) => write!(formatter, "{NOT_A_NUMBER}{shown}"),
            Refusal::TooLarge => formatter.write_str(TOO_LARGE),
        }
    }
}

impl std::error::Error for Refusal {}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::UserFunctionError(Box::new(refusal))
    }
}

/// The moment at which a connection's present statement began. Within one statement the time stands still, as on a server.
#[derive(Clone)]
pub(super) struct StatementClock {
    clock: Arc<dyn Clock>,
    micros: Arc<AtomicI64>,
}

impl StatementClock {
    pub(super) fn new(clock: Arc<dyn Clock>) -> StatementClock {
        let micros = Arc::new(AtomicI64::new(clock.now().as_micros()));
        StatementClock { clock, micros }
    }

    /// A statement begins.
    pub(super) fn strike(&self) {
        self.micros
            .store(self.clock.now().as_micros(), Memory::Relaxed);
    }

    /// Date and time without a fraction, as SQLite's own CURRENT_TIMESTAMP has it.
    fn text(&self) -> String {
        let seconds = self.micros.load(Memory::Relaxed).div_euclid(1_000_000);
        Timestamp::from_seconds(seconds)
            .unwrap_or(Timestamp::EPOCH)
            .to_string()
    }
}

/// Gives a connection the layer's functions, its collation `decimal`, and the keywords CURRENT_TIMESTAMP, CURRENT_DATE and
/// CURRENT_TIME by the clock: SQLite turns the keywords into calls of functions with these names.
pub(super) fn register(connection: &Connection, clock: &StatementClock) -> Result<()> {
    for (name, from, to) in [
        ("current_timestamp", 0, 19),
        ("current_date", 0, 10),
        ("current_time", 11, 19),
    ] {
        let clock = clock.clone();
        connection.create_scalar_function(name, 0, OF_THE_MOMENT, move |_| {
            let text = clock.text();
            Ok(text.get(from..to).unwrap_or_default().to_owned())
        })?;
    }
    connection.create_aggregate_function("decimal_sum", 1, PURE, Sum)?;
    connection.create_aggregate_function("decimal_max", 1, PURE, Largest)?;
    for (name, operation) in [
        ("decimal_add", Decimal::checked_add as Operation),
        ("decimal_subtract", Decimal::checked_sub),
        ("decimal_multiply", Decimal::checked_mul),
    ] {
        connection.create_scalar_function(name, 2, PURE, move |context| {
            let Some((left, right)) = pair(context)? else {
                return Ok(None);
            };
            let result = operation(left, right).ok_or(Refusal::TooLarge)?;
            Ok(Some(result.to_string()))
        })?;
    }
    connection.create_scalar_function("decimal_compare", 2, PURE, |context| {
        Ok(pair(context)?.map(|(left, right)| match left.cmp(&right) {
            Ordering::Less => -1_i64,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        }))
    })?;
    connection.create_collation("decimal", order)
}

type Operation = fn(Decimal, Decimal) -> Option<Decimal>;

/// Both arguments, or nothing if one is NULL.
fn pair(context: &Context<'_>) -> Result<Option<(Decimal, Decimal)>> {
    let (left, right) = (decimal(context.get_raw(0))?, decimal(context.get_raw(1))?);
    Ok(left.zip(right))
}

/// The number that a stored value stands for; NULL is none.
fn decimal(value: ValueRef<'_>) -> std::result::Result<Option<Decimal>, Refusal> {
    match value {
        ValueRef::Null => Ok(None),
        ValueRef::Integer(number) => Ok(Some(Decimal::from_integer(number))),
        ValueRef::Real(number) => Decimal::from_double(number)
            .map(Some)
            .ok_or(Refusal::TooLarge),
        ValueRef::Text(bytes) => {
            let text = String::from_utf8_lossy(bytes);
            match Decimal::parse_rounded(&text) {
                Ok(number) => Ok(Some(number)),
                Err(ParseDecimalError::TooLarge(_)) => Err(Refusal::TooLarge),
                Err(_) => Err(Refusal::NotANumber(format!("`{}`", shortened(&text)))),
            }
        }
        ValueRef::Blob(bytes) => Err(Refusal::NotANumber(format!("{} bytes", bytes.len()))),
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

/// Exact sum; NULL values do not count, and of nothing it is NULL.
struct Sum;

impl Aggregate<Option<Decimal>, Option<String>> for Sum {
    fn init(&self, _: &mut Context<'_>) -> Result<Option<Decimal>> {
        Ok(None)
    }

    fn step(&self, context: &mut Context<'_>, sum: &mut Option<Decimal>) -> Result<()> {
        if let Some(number) = decimal(context.get_raw(0))? {
            let before = sum.unwrap_or(Decimal::ZERO);
            *sum = Some(before.checked_add(number).ok_or(Refusal::TooLarge)?);
        }
        Ok(())
    }

    fn finalize(
        &self,
        _: &mut Context<'_>,
        sum: Option<Option<Decimal>>,
    ) -> Result<Option<String>> {
        Ok(sum.flatten().map(|sum| sum.to_string()))
    }
}

/// Largest number; NULL values do not count, and of nothing it is NULL.
struct Largest;

impl Aggregate<Option<Decimal>, Option<String>> for Largest {
    fn init(&self, _: &mut Context<'_>) -> Result<Option<Decimal>> {
        Ok(None)
    }

    fn step(&self, context: &mut Context<'_>, largest: &mut Option<Decimal>) -> Result<()> {
        // None is below every number.
        *largest = (*largest).max(decimal(context.get_raw(0))?);
        Ok(())
    }

    fn finalize(
        &self,
        _: &mut Context<'_>,
        largest: Option<Option<Decimal>>,
    ) -> Result<Option<String>> {
        Ok(largest.flatten().map(|largest| largest.to_string()))
    }
}

/// Numbers by their value, then what is no number, by its bytes. It must be an order of all texts, whatever a file holds.
fn order(left: &str, right: &str) -> Ordering {
    match (
        Decimal::parse_rounded(left).ok(),
        Decimal::parse_rounded(right).ok(),
    ) {
        (Some(left), Some(right)) => left.cmp(&right),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => left.cmp(right),
    }
}

#[cfg(test)]
mod tests {
    use cbtrade_core::FixedClock;

    use super::*;

    fn connection() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        let clock = StatementClock::new(Arc::new(FixedClock::new(Timestamp::EPOCH)));
        register(&connection, &clock).unwrap();
        connection
    }

    fn text(connection: &Connection, sql: &str) -> Option<String> {
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn arithmetic_is_exact_to_the_last_of_36_digits() {
        let connection = connection();
        let largest = "999999999999999999999999.999999999999";
        for (sql, result) in [
            (format!("SELECT decimal_subtract('{largest}', '0.000000000001')"), "999999999999999999999999.999999999998"),
            (format!("SELECT decimal_add('{largest}', '0.000000000001')"), "1000000000000000000000000"),
            ("SELECT decimal_add('0.1', 0.2)".to_owned(), "0.3"),
            ("SELECT decimal_add(1, '-1.000')".to_owned(), "0"),
            ("SELECT decimal_multiply('123456789012.345678901234', '1.000000000001')".to_owned(), "123456789012.469135690246"),
            ("SELECT decimal_multiply('-0.000001', '0.0000005')".to_owned(), "-0.000000000001"),
            ("SELECT decimal_compare('10', '9.5') || decimal_compare(2, '2.000') || decimal_compare('-1', 0)".to_owned(), "10-1"),
        ] {
            assert_eq!(text(&connection, &sql).as_deref(), Some(result), "{sql}");
        }
        for name in ["add", "subtract", "multiply"] {
            assert_eq!(
                text(&connection, &format!("SELECT decimal_{name}(NULL, '1')")),
                None
            );
            assert_eq!(
                text(&connection, &format!("SELECT decimal_{name}(1, NULL)")),
                None
            );
        }
        assert_eq!(
            text(
                &connection,
                "SELECT CAST(decimal_compare(NULL, '1') AS TEXT)"
            ),
            None
        );
    }

    #[test]
    fn sums_take_what_old_and_new_files_hold() {
        let connection = connection();
        connection
            .execute_batch(
                "CREATE TABLE t (kind TEXT, amount);
                 INSERT INTO t VALUES ('mixed', '0.1'), ('mixed', 0.2), ('mixed', 3), ('mixed', NULL),
                   ('large', '111111111111111111111111.111111111111'), ('large', '888888888888888888888888.888888888889'),
                   ('none', NULL);",
            )
            .unwrap();
        let of = |function: &str, kind: &str| {
            text(
                &connection,
                &format!("SELECT decimal_{function}(amount) FROM t WHERE kind = '{kind}'"),
            )
        };
        assert_eq!(of("sum", "mixed").as_deref(), Some("3.3"));
        assert_eq!(of("max", "mixed").as_deref(), Some("3"));
        assert_eq!(
            of("sum", "large").as_deref(),
            Some("1000000000000000000000000")
        );
        assert_eq!(
            of("max", "large").as_deref(),
            Some("888888888888888888888888.888888888889")
        );
        for nothing in ["none", "no such kind"] {
            assert_eq!(of("sum", nothing), None);
            assert_eq!(of("max", nothing), None);
        }
        let groups = text(
            &connection,
            "SELECT group_concat(total, ' ') FROM (SELECT decimal_sum(amount) AS total FROM t \
             WHERE amount IS NOT NULL GROUP BY kind ORDER BY kind)",
        );
        assert_eq!(groups.as_deref(), Some("1000000000000000000000000 3.3"));
    }

    #[test]
    fn what_is_no_number_or_does_not_fit_is_an_error() {
        let connection = connection();
        let message = |sql: &str| {
            connection
                .query_row(sql, [], |row| row.get::<_, Option<String>>(0))
                .unwrap_err()
                .to_string()
        };
        for wrong in ["''", "'abc'", "X'00'", "'1,5'"] {
            for sql in [
                format!("SELECT decimal_add(1, {wrong})"),
                format!("SELECT decimal_sum({wrong})"),
                format!("SELECT decimal_max({wrong})"),
                format!("SELECT decimal_compare({wrong}, 1)"),
            ] {
                assert!(message(&sql).contains(NOT_A_NUMBER), "{sql}");
            }
        }
        let huge = "'170141183460469231731687304'";
        for sql in [
            "SELECT decimal_add('99999999999999999999999999', '99999999999999999999999999.9') || decimal_add('1e26', '1e26')".to_owned(),
            "SELECT decimal_multiply('1e14', '1e14')".to_owned(),
            "SELECT decimal_sum(9e99)".to_owned(),
            format!("SELECT decimal_add({huge}, 0)"),
        ] {
            assert!(message(&sql).contains(TOO_LARGE), "{sql}");
        }
    }

    #[test]
    fn the_collation_orders_numbers_and_then_the_rest() {
        let connection = connection();
        let ordered = text(
            &connection,
            "SELECT group_concat(x, ' ') FROM (SELECT column1 AS x FROM \
             (VALUES ('10'), ('9.50'), ('-3'), ('b'), ('1e1'), ('a'), ('9.5'), ('0.000000000001')) \
             ORDER BY x COLLATE decimal, x)",
        );
        assert_eq!(
            ordered.as_deref(),
            Some("-3 0.000000000001 9.5 9.50 10 1e1 a b")
        );
        connection
            .execute_batch(
                "CREATE TABLE old (price REAL); INSERT INTO old VALUES (9.5), (10.25);
                 CREATE TABLE new (price TEXT); INSERT INTO new VALUES ('9.500000000000'), ('10.25');",
            )
            .unwrap();
        for table in ["old", "new"] {
            let above: i64 = connection
                .query_row(
                    &format!("SELECT count(*) FROM {table} WHERE (price) COLLATE decimal > ?"),
                    ["9.500000000000"],
                    |row| row.get(0),
                )
                .unwrap();
            assert_eq!(above, 1, "{table}");
        }
    }

    #[test]
    fn the_keywords_follow_the_clock() {
        let connection = Connection::open_in_memory().unwrap();
        let hand = Arc::new(FixedClock::new(Timestamp::EPOCH));
        let clock = StatementClock::new(Arc::clone(&hand) as Arc<dyn Clock>);
        register(&connection, &clock).unwrap();
        connection
            .execute_batch(
                "CREATE TABLE t (id INTEGER PRIMARY KEY, at TEXT DEFAULT CURRENT_TIMESTAMP,
                   unix INTEGER DEFAULT (CAST(strftime('%s', CURRENT_TIMESTAMP) AS INTEGER)), touched TEXT);
                 CREATE TRIGGER touch AFTER UPDATE ON t BEGIN
                   UPDATE t SET touched = CURRENT_TIMESTAMP WHERE id = NEW.id; END;",
            )
            .unwrap();
        hand.set(Timestamp::parse("2031-02-03 04:05:06.789").unwrap());
        clock.strike();
        connection
            .execute_batch("INSERT INTO t (id) VALUES (1)")
            .unwrap();
        hand.set(Timestamp::parse("2032-02-03 04:05:06").unwrap());
        // Until the next statement begins, the time stands still.
        assert_eq!(
            text(&connection, "SELECT CURRENT_TIMESTAMP").as_deref(),
            Some("2031-02-03 04:05:06")
        );
        clock.strike();
        connection.execute_batch("UPDATE t SET id = id").unwrap();
        let row = text(
            &connection,
            "SELECT at || ' ' || unix || ' ' || touched FROM t",
        );
        assert_eq!(
            row.as_deref(),
            Some("2031-02-03 04:05:06 1927857906 2032-02-03 04:05:06")
        );
        let keywords =
            "SELECT CURRENT_DATE || CURRENT_TIME || datetime(current_timestamp, '-60 seconds')";
        assert_eq!(
            text(&connection, keywords).as_deref(),
            Some("2032-02-0304:05:062032-02-03 04:04:06")
        );
    }

    #[test]
    fn pure_functions_may_be_in_indexes_and_triggers() {
        let connection = connection();
        connection
            .execute_batch(
                "PRAGMA trusted_schema = OFF;
                 CREATE TABLE t (a TEXT, total TEXT);
                 CREATE INDEX by_double ON t (decimal_add(a, a));
                 CREATE TRIGGER add_up AFTER INSERT ON t BEGIN
                   UPDATE t SET total = decimal_add(NEW.a, '0.1') WHERE rowid = NEW.rowid; END;
                 INSERT INTO t (a) VALUES ('0.2');",
            )
            .unwrap();
        assert_eq!(
            text(&connection, "SELECT total FROM t").as_deref(),
            Some("0.3")
        );
    }
}
