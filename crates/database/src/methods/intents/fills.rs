//! The exchange's fills, each kept once.

use super::fits;
use crate::conditions::Conditions;
use crate::database::Database;
use crate::dialect::Dialect;
use crate::engine::Transaction;
use crate::error::{Call, Error, ErrorKind};
use crate::record::{Record as _, select_list};
use crate::records::FillRow;
use crate::schema::FILL_TABLE;
use crate::transact;
use crate::value::Value;

const fn call(method: &'static str) -> Call {
    Call {
        method,
        table: FILL_TABLE,
    }
}

impl Database {
    /// Fills of an order, or of a product, or all of them, by time.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_fills_get(
        &self,
        order_uuid: Option<&str>,
        prod_id: Option<&str>,
    ) -> Result<Vec<FillRow>, Error> {
        let dialect = self.dialect();
        let mut conditions = Conditions::new(dialect);
        for (column, text) in [("order_uuid", order_uuid), ("prod_id", prod_id)] {
            if let Some(text) = text {
                conditions = conditions.with(format!("{column} = ?"), [Value::from(text)]);
            }
        }
        let (clause, values) = conditions.finish();
        let sql = format!(
            "SELECT {} FROM {FILL_TABLE}{clause} ORDER BY trade_unix, entry_id",
            select_list::<FillRow>(dialect, "")
        );
        self.records(call("db_fills_get"), &sql, values).await
    }

    /// Keeps fills; one that is known already is left as it is. Returns how many are new.
    ///
    /// # Errors
    /// [`ErrorKind::MissingKey`] for a fill without an identifier; nothing is written then.
    pub async fn db_fills_add(&self, fills: &[FillRow]) -> Result<u64, Error> {
        const CALL: Call = call("db_fills_add");
        if fills.is_empty() {
            return Ok(0);
        }
        check(CALL, fills)?;
        transact!(self, CALL, |transaction| { add(transaction, fills).await })
    }
}

/// Whether the fills can be kept.
pub(super) fn check(call: Call, fills: &[FillRow]) -> Result<(), Error> {
    for fill in fills {
        let keys = [
            ("entry_id", &fill.entry_id, 128),
            ("order_uuid", &fill.order_uuid, 64),
            ("prod_id", &fill.prod_id, 64),
        ];
        for (column, text, most) in keys {
            if text.trim().is_empty() {
                return Err(Error::new(call, ErrorKind::MissingKey)
                    .on_table(FILL_TABLE)
                    .column(column));
            }
            fits(call, column, text, most)?;
        }
    }
    Ok(())
}

/// Adds what is not known yet, in the order of the key: two bots that look at the same orders wait for each other and do
/// not deadlock.
pub(super) async fn add(transaction: &mut Transaction, fills: &[FillRow]) -> Result<u64, Error> {
    let dialect = transaction.dialect();
    let names: Vec<String> = FillRow::COLUMNS
        .iter()
        .map(|name| dialect.name(name))
        .collect();
    let known = match dialect {
        Dialect::MySql => "ON DUPLICATE KEY UPDATE entry_id = entry_id",
        Dialect::Sqlite => "ON CONFLICT (entry_id) DO NOTHING",
    };
    let sql = format!(
        "INSERT INTO {FILL_TABLE} ({}) VALUES ({}) {known}",
        names.join(", "),
        vec!["?"; names.len()].join(", ")
    );
    let mut sorted: Vec<&FillRow> = fills.iter().collect();
    sorted.sort_by(|one, other| one.entry_id.cmp(&other.entry_id));
    let mut new = 0;
    for fill in sorted {
        let outcome = transaction.run(&sql, fill.clone().into_values()).await?;
        new += outcome.rows_changed;
    }
    Ok(new)
}
