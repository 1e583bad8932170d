//! Where the two engines write the same thing differently.
//!
//! Queries are written once; what differs goes through here. On SQLite, decimals are text (or doubles in old files) and
//! text compares by bytes, so sums, comparisons and orders of them need the functions that the SQLite engine registers on
//! its connections.

/// The language of an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// MySQL and MariaDB.
    MySql,
    /// SQLite.
    Sqlite,
}

impl Dialect {
    /// A text column in a comparison or a grouping: letter case and trailing spaces do not count, as bots rely on
    /// (`open` finds `OPEN`). On SQLite the indexes of the layer are over this very expression.
    #[must_use]
    pub fn text(self, column: &str) -> String {
        match self {
            Dialect::MySql => column.to_owned(),
            Dialect::Sqlite => format!("rtrim({column}) COLLATE NOCASE"),
        }
    }

    /// A text column against a parameter: `column = ?`.
    #[must_use]
    pub fn text_is(self, column: &str) -> String {
        match self {
            Dialect::MySql => format!("{column} = ?"),
            Dialect::Sqlite => format!("rtrim({column}) COLLATE NOCASE = rtrim(?)"),
        }
    }

    /// A text column against fixed words, such as states.
    #[must_use]
    pub fn text_in(self, column: &str, words: &[&str]) -> String {
        let list: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
        format!("{} IN ({})", self.text(column), list.join(","))
    }

    /// A decimal column in a comparison or an order.
    #[must_use]
    pub fn decimal(self, expression: &str) -> String {
        match self {
            Dialect::MySql => expression.to_owned(),
            Dialect::Sqlite => format!("({expression}) COLLATE decimal"),
        }
    }

    /// A computed decimal in an order: SQLite sorts numbers before texts, and an expression may give either.
    #[must_use]
    pub fn decimal_order(self, expression: &str) -> String {
        match self {
            Dialect::MySql => expression.to_owned(),
            Dialect::Sqlite => format!("decimal_add({expression}, 0) COLLATE decimal"),
        }
    }

    /// A parameter that stands for a decimal in arithmetic or a comparison: a server would otherwise compare as doubles.
    #[must_use]
    pub fn decimal_parameter(self) -> &'static str {
        match self {
            Dialect::MySql => "CAST(? AS DECIMAL(36,12))",
            Dialect::Sqlite => "?",
        }
    }

    /// Exact sum of a decimal expression over a group; NULL for no rows.
    #[must_use]
    pub fn sum(self, expression: &str) -> String {
        match self {
            Dialect::MySql => format!("SUM({expression})"),
            Dialect::Sqlite => format!("decimal_sum({expression})"),
        }
    }

    /// Largest value of a decimal expression over a group; NULL for no rows.
    #[must_use]
    pub fn max(self, expression: &str) -> String {
        match self {
            Dialect::MySql => format!("MAX({expression})"),
            Dialect::Sqlite => format!("decimal_max({expression})"),
        }
    }

    /// Exact sum of two decimals.
    #[must_use]
    pub fn add(self, left: &str, right: &str) -> String {
        match self {
            Dialect::MySql => format!("({left} + {right})"),
            Dialect::Sqlite => format!("decimal_add({left}, {right})"),
        }
    }

    /// Exact difference of two decimals.
    #[must_use]
    pub fn subtract(self, left: &str, right: &str) -> String {
        match self {
            Dialect::MySql => format!("({left} - {right})"),
            Dialect::Sqlite => format!("decimal_subtract({left}, {right})"),
        }
    }

    /// Product of two decimals, rounded half away from zero to twelve places.
    #[must_use]
    pub fn multiply(self, left: &str, right: &str) -> String {
        match self {
            Dialect::MySql => format!("CAST({left} * {right} AS DECIMAL(60,12))"),
            Dialect::Sqlite => format!("decimal_multiply({left}, {right})"),
        }
    }

    /// -1, 0 or 1 as the left decimal is smaller than, equal to or larger than the right one; NULL if one is NULL.
    #[must_use]
    pub fn compare(self, left: &str, right: &str) -> String {
        match self {
            Dialect::MySql => format!("SIGN({left} - {right})"),
            Dialect::Sqlite => format!("decimal_compare({left}, {right})"),
        }
    }

    /// The present moment by the clock of the database: the server's, or on SQLite this machine's.
    #[must_use]
    pub fn now(self) -> &'static str {
        "CURRENT_TIMESTAMP"
    }

    /// The present moment in seconds since 1970, by the same clock.
    #[must_use]
    pub fn now_seconds(self) -> &'static str {
        match self {
            Dialect::MySql => "UNIX_TIMESTAMP()",
            Dialect::Sqlite => "CAST(strftime('%s', CURRENT_TIMESTAMP) AS INTEGER)",
        }
    }

    /// A date in seconds since 1970; NULL for NULL.
    #[must_use]
    pub fn seconds(self, date: &str) -> String {
        match self {
            Dialect::MySql => format!("UNIX_TIMESTAMP({date})"),
            Dialect::Sqlite => format!("CAST(strftime('%s', {date}) AS INTEGER)"),
        }
    }

    /// The date so many seconds (a parameter) before the present moment, or after it for fewer than none.
    #[must_use]
    pub fn seconds_ago(self) -> &'static str {
        match self {
            Dialect::MySql => "DATE_SUB(CURRENT_TIMESTAMP, INTERVAL ? SECOND)",
            Dialect::Sqlite => "datetime(CURRENT_TIMESTAMP, (0 - ?) || ' seconds')",
        }
    }

    /// A whole number over another, to four places: what MySQL's `/` gives. Seconds become minutes with 60.
    #[must_use]
    pub fn quotient(self, number: &str, divisor: u32) -> String {
        match self {
            Dialect::MySql => format!("({number}) / {divisor}"),
            Dialect::Sqlite => format!("ROUND(({number}) / {divisor}.0, 4)"),
        }
    }

    /// A whole number over another, without its fraction.
    #[must_use]
    pub fn whole_quotient(self, number: &str, divisor: u32) -> String {
        match self {
            Dialect::MySql => format!("({number}) DIV {divisor}"),
            Dialect::Sqlite => format!("({number}) / {divisor}"),
        }
    }

    /// A text column with a fixed text behind it.
    #[must_use]
    pub fn followed_by(self, column: &str, text: &str) -> String {
        match self {
            Dialect::MySql => format!("CONCAT({column}, '{text}')"),
            Dialect::Sqlite => format!("{column} || '{text}'"),
        }
    }

    /// Makes an UPDATE of many rows lock them in the order of a key, so that two of them wait for each other and do not
    /// deadlock. On SQLite a transaction is the only writer anyway.
    #[must_use]
    pub fn in_order(self, key: &str) -> String {
        match self {
            Dialect::MySql => format!(" ORDER BY {key}"),
            Dialect::Sqlite => String::new(),
        }
    }

    /// A DELETE of at most so many rows, those with the smallest value of a column first.
    #[must_use]
    pub fn delete_some(self, table: &str, condition: &str, order: &str, most: u32) -> String {
        match self {
            Dialect::MySql => {
                format!("DELETE FROM {table} WHERE {condition} ORDER BY {order} LIMIT {most}")
            }
            Dialect::Sqlite => format!(
                "DELETE FROM {table} WHERE rowid IN \
                 (SELECT rowid FROM {table} WHERE {condition} ORDER BY {order} LIMIT {most})"
            ),
        }
    }

    /// The calendar day of a date, as its first moment.
    #[must_use]
    pub fn day(self, date: &str) -> String {
        match self {
            Dialect::MySql => format!("DATE({date})"),
            Dialect::Sqlite => format!("datetime({date}, 'start of day')"),
        }
    }

    /// Seconds as minutes with four places, as the server's division gives them.
    #[must_use]
    pub fn minutes(self, seconds: &str) -> String {
        match self {
            Dialect::MySql => format!("({seconds}) / 60"),
            Dialect::Sqlite => format!("ROUND(({seconds}) / 60.0, 4)"),
        }
    }

    /// Locks the rows of a SELECT until the end of the transaction. On SQLite a transaction is the only writer anyway.
    #[must_use]
    pub fn for_update(self) -> &'static str {
        match self {
            Dialect::MySql => " FOR UPDATE",
            Dialect::Sqlite => "",
        }
    }

    /// Keeps the rows of a SELECT as they are until the end of the transaction, together with others who do the same.
    #[must_use]
    pub fn in_share(self) -> &'static str {
        match self {
            // MariaDB has no FOR SHARE.
            Dialect::MySql => " LOCK IN SHARE MODE",
            Dialect::Sqlite => "",
        }
    }

    /// A name as it stands in a statement.
    #[must_use]
    pub fn name(self, name: &str) -> String {
        match self {
            Dialect::MySql => cbtrade_mysql::quote_identifier(name),
            Dialect::Sqlite => cbtrade_sqlite::quote_identifier(name),
        }
    }
}
