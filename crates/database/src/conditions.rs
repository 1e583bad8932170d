//! The conditions of a query, collected with their values.

use cbtrade_core::Decimal;

use crate::dialect::Dialect;
use crate::value::Value;

/// Conditions that must all hold.
#[derive(Clone, Debug)]
pub(crate) struct Conditions {
    dialect: Dialect,
    parts: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    pub(crate) fn new(dialect: Dialect) -> Conditions {
        Conditions {
            dialect,
            parts: Vec::new(),
            values: Vec::new(),
        }
    }

    /// A condition without a value of a caller.
    pub(crate) fn fixed(mut self, sql: impl Into<String>) -> Conditions {
        self.parts.push(sql.into());
        self
    }

    /// A condition with `?` for each value.
    pub(crate) fn with(
        mut self,
        sql: impl Into<String>,
        values: impl IntoIterator<Item = Value>,
    ) -> Conditions {
        self.parts.push(sql.into());
        self.values.extend(values);
        self
    }

    /// A text column must be this; no condition for no text or an empty one, as in the original layer.
    pub(crate) fn text(self, column: &str, text: Option<&str>) -> Conditions {
        match text {
            None | Some("") => self,
            Some(text) => {
                let sql = self.dialect.text_is(column);
                self.with(sql, [Value::from(text)])
            }
        }
    }

    /// A whole-number column must be this; no condition for none.
    pub(crate) fn integer(self, column: &str, number: Option<i64>) -> Conditions {
        match number {
            None => self,
            Some(number) => self.with(format!("{column} = ?"), [Value::from(number)]),
        }
    }

    /// A decimal column must be larger (`>`), at least (`>=`), …; no condition for none.
    pub(crate) fn decimal(
        self,
        column: &str,
        operator: &'static str,
        number: Option<Decimal>,
    ) -> Conditions {
        match number {
            None => self,
            Some(number) => {
                let (left, right) = (
                    self.dialect.decimal(column),
                    self.dialect.decimal_parameter(),
                );
                self.with(format!("{left} {operator} {right}"), [Value::from(number)])
            }
        }
    }

    /// A text column must be one of these, or none of these; no condition for an empty list.
    pub(crate) fn text_list(
        self,
        column: &str,
        operator: &'static str,
        texts: &[&str],
    ) -> Conditions {
        if texts.is_empty() {
            return self;
        }
        let places = vec!["?"; texts.len()].join(",");
        let sql = format!("{} {operator} ({places})", self.dialect.text(column));
        self.with(sql, texts.iter().map(|text| Value::from(*text)))
    }

    /// A column must be one of these numbers.
    pub(crate) fn integers(self, column: &str, numbers: &[i64]) -> Conditions {
        let places = vec!["?"; numbers.len()].join(",");
        let values = numbers.iter().map(|number| Value::from(*number));
        self.with(format!("{column} IN ({places})"), values)
    }

    /// ` WHERE …`, or nothing; and the values.
    pub(crate) fn finish(self) -> (String, Vec<Value>) {
        let clause = match self.parts.is_empty() {
            true => String::new(),
            false => format!(" WHERE {}", self.parts.join(" AND ")),
        };
        (clause, self.values)
    }
}
