//! The soak's own statements: what is done in one transaction that no single method does, and what the checker reads.

use cbtrade_core::Decimal;
use cbtrade_database::{CellError, Dialect, Error, ErrorKind, FromValue, Row, Transaction, Value};

use crate::world::WALLET;

/// Inserts a row; returns the number that it got. Table and columns are constants of this crate.
pub(crate) async fn insert(
    transaction: &mut Transaction,
    table: &str,
    entries: &[(&str, Value)],
) -> Result<i64, Error> {
    let names: Vec<&str> = entries.iter().map(|(name, _)| *name).collect();
    let places = vec!["?"; entries.len()].join(",");
    let sql = format!(
        "INSERT INTO {table} ({}) VALUES ({places})",
        names.join(",")
    );
    let values = entries.iter().map(|(_, value)| value.clone()).collect();
    Ok(transaction.run(&sql, values).await?.last_id)
}

/// Adds to a balance (or takes from it), in one statement or by reading, adding and writing under a lock.
pub(crate) async fn change_balance(
    transaction: &mut Transaction,
    currency: &str,
    by: Decimal,
    reading: bool,
) -> Result<(), Error> {
    let dialect = transaction.dialect();
    let key = || vec![Value::from(currency), Value::from(WALLET)];
    let changed = if reading {
        let sql = format!(
            "SELECT bal_avail FROM bals WHERE symb = ? AND rp_id = ?{}",
            dialect.for_update()
        );
        let rows = transaction.rows(&sql, key()).await?;
        let before: Decimal = first(rows)?;
        let after = before.checked_add(by).unwrap_or(before);
        let mut values = vec![Value::from(after)];
        values.extend(key());
        let sql = "UPDATE bals SET bal_avail = ? WHERE symb = ? AND rp_id = ?";
        transaction.run(sql, values).await?.rows_changed
    } else {
        let sum = dialect.add("bal_avail", dialect.decimal_parameter());
        let sql = format!("UPDATE bals SET bal_avail = {sum} WHERE symb = ? AND rp_id = ?");
        let mut values = vec![Value::from(by)];
        values.extend(key());
        transaction.run(&sql, values).await?.rows_changed
    };
    match changed {
        1 => Ok(()),
        _ => Err(wrong(format!("balance {currency}: {changed} rows changed"))),
    }
}

/// An error of the soak's own expectations: never one that another attempt cures.
pub(crate) fn wrong(words: impl Into<String>) -> Error {
    let call = cbtrade_database::Call {
        method: "soak",
        table: "",
    };
    Error::new(call, ErrorKind::Other).detail(words)
}

pub(crate) fn unreadable(source: &CellError) -> Error {
    wrong(source.to_string())
}

/// The only cell of an answer's only row.
pub(crate) fn first<T: FromValue>(rows: Vec<Row>) -> Result<T, Error> {
    let Some(mut row) = rows.into_iter().next() else {
        return Err(wrong("a row is missing"));
    };
    row.take(0).map_err(|source| unreadable(&source))
}

/// One statement that sees an account: the balance, and what all positions in its currency cost and brought.
pub(crate) fn account(dialect: Dialect) -> String {
    format!(
        "SELECT (SELECT bal_avail FROM bals WHERE symb = ? AND rp_id = ?), COUNT(*), {}, {} \
         FROM poss WHERE quote_curr_symb = ?",
        dialect.sum("tot_out_cnt"),
        dialect.sum("tot_in_cnt")
    )
}

/// One statement that sees a position with its orders.
pub(crate) fn position(dialect: Dialect) -> String {
    format!(
        "SELECT p.pos_stat, p.tot_out_cnt, p.tot_in_cnt, p.buy_cnt, p.hold_cnt, \
         (SELECT COUNT(*) FROM buy_ords b WHERE b.bo_id = p.bo_id), \
         (SELECT {} FROM buy_ords b WHERE b.bo_id = p.bo_id), \
         (SELECT COUNT(*) FROM sell_ords s WHERE s.pos_id = p.pos_id), \
         (SELECT {} FROM sell_ords s WHERE s.pos_id = p.pos_id) \
         FROM poss p WHERE p.pos_id = ?",
        dialect.sum("b.tot_out_cnt"),
        dialect.sum("s.tot_in_cnt")
    )
}
