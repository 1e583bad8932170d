//! What bots read, each in one statement, so that what it sees must be possible at one instant.

use cbtrade_core::Decimal;
use cbtrade_database::{
    Call, Database, Error, FromValue, OrderFilter, PairsMode, Row, TradeFilter, Value, transact,
};

use crate::candles;
use crate::history::{Answer, OperationId, SeenAccount, SeenPosition};
use crate::sql::{account, first, position, unreadable, wrong};
use crate::world::{Product, QUOTES, WALLET, id_of_version};

fn cell<T: FromValue>(row: &mut Row, place: usize) -> Result<T, Error> {
    row.take(place).map_err(|source| unreadable(&source))
}

/// An amount; nothing is none.
fn amount(row: &mut Row, place: usize) -> Result<Decimal, Error> {
    Ok(cell::<Option<Decimal>>(row, place)?.unwrap_or(Decimal::ZERO))
}

/// The row that all writers of something change, and how it is found.
struct Shared {
    sql: &'static str,
    key: Vec<Value>,
}

/// The rows of a query; where it is asked for, while the row is held that all writers of these rows change. MariaDB takes a
/// snapshot while transactions go on to end, and may show a later one without an earlier one that it waited for; who holds
/// that row has neither under way.
async fn rows(
    database: &Database,
    held: Option<Shared>,
    sql: &str,
    values: &[Value],
) -> Result<Vec<Row>, Error> {
    const CALL: Call = Call {
        method: "soak_read",
        table: "",
    };
    let Some(Shared { sql: hold, key }) = held else {
        return database.seld(sql, values).await;
    };
    let mut found = Vec::new();
    transact!(database, CALL, |transaction| {
        transaction.rows(hold, key.clone()).await?;
        found = transaction.rows(sql, values.to_vec()).await?;
        Ok(())
    })?;
    Ok(found)
}

pub(super) async fn read_account(
    database: &Database,
    quote: usize,
    held: bool,
) -> Result<Answer, Error> {
    let quote = QUOTES[quote % QUOTES.len()];
    let values = vec![Value::from(quote), Value::from(WALLET), Value::from(quote)];
    let sql = account(database.dialect());
    let balance = held.then(|| Shared {
        sql: "SELECT bal_avail FROM bals WHERE symb = ? AND rp_id = ? LOCK IN SHARE MODE",
        key: vec![Value::from(quote), Value::from(WALLET)],
    });
    let rows = rows(database, balance, &sql, &values).await?;
    let Some(mut row) = rows.into_iter().next() else {
        return Err(wrong("an account without a row"));
    };
    let seen = SeenAccount {
        balance: cell(&mut row, 0)?,
        positions: cell(&mut row, 1)?,
        spent: amount(&mut row, 2)?,
        received: amount(&mut row, 3)?,
    };
    Ok(Answer::Account { seen })
}

pub(super) async fn read_position(
    database: &Database,
    pos_id: i64,
    held: bool,
) -> Result<Answer, Error> {
    let sql = position(database.dialect());
    let itself = held.then(|| Shared {
        sql: "SELECT pos_id FROM poss WHERE pos_id = ? LOCK IN SHARE MODE",
        key: vec![Value::from(pos_id)],
    });
    let rows = rows(database, itself, &sql, &[Value::from(pos_id)]).await?;
    let Some(mut row) = rows.into_iter().next() else {
        return Ok(Answer::Position { seen: None });
    };
    let seen = SeenPosition {
        state: cell(&mut row, 0)?,
        spent: amount(&mut row, 1)?,
        received: amount(&mut row, 2)?,
        bought: amount(&mut row, 3)?,
        held: amount(&mut row, 4)?,
        buy_orders: cell(&mut row, 5)?,
        order_spent: amount(&mut row, 6)?,
        sell_orders: cell(&mut row, 7)?,
        order_received: amount(&mut row, 8)?,
    };
    Ok(Answer::Position { seen: Some(seen) })
}

pub(super) async fn read_open(database: &Database, product: usize) -> Result<Answer, Error> {
    let name = Product::of(product).id();
    let open = database.db_poss_open_get_by_prod_id(&name).await?;
    let ids = open
        .live
        .into_iter()
        .map(|position| position.row.pos_id)
        .collect();
    Ok(Answer::Positions { ids })
}

pub(super) async fn read_candles(database: &Database, set: usize) -> Result<Answer, Error> {
    let versions = candles::versions(database, set).await?;
    let of: Option<Vec<OperationId>> = versions.into_iter().map(id_of_version).collect();
    match of {
        Some(of) => Ok(Answer::Versions { of }),
        None => Err(wrong("a candle carries no operation")),
    }
}

pub(super) async fn read_count(database: &Database, pos_id: i64) -> Result<Answer, Error> {
    let filter = TradeFilter::default();
    let found = database.db_poss_get(filter, Some(pos_id), None).await?;
    let number = found
        .first()
        .and_then(|position| position.row.sell_order_attempt_cnt);
    match number {
        Some(number) => Ok(Answer::Number { number }),
        None => Err(wrong(format!("counter {pos_id} is not there"))),
    }
}

pub(super) async fn read_note(
    database: &Database,
    pos_id: i64,
    second: bool,
) -> Result<Answer, Error> {
    let column = if second { "note2" } else { "note1" };
    let sql = format!("SELECT {column} FROM poss WHERE pos_id = ?");
    let rows = database.seld(&sql, &[Value::from(pos_id)]).await?;
    operation(first(rows)?).map(|by| Answer::Noted { by })
}

pub(super) async fn read_signal(database: &Database, signal_id: i64) -> Result<Answer, Error> {
    let sql = "SELECT buy_strat_name FROM buy_signals WHERE signal_id = ?";
    let rows = database.seld(sql, &[Value::from(signal_id)]).await?;
    let by = match rows.is_empty() {
        true => None,
        false => operation(first(rows)?)?,
    };
    Ok(Answer::Signal { by })
}

/// One of the queries with which bots fill their day.
pub(super) async fn read_markets(database: &Database, product: usize) -> Result<Answer, Error> {
    let one = Product::of(product);
    let name = one.id();
    let name = name.as_str();
    let orders = OrderFilter {
        prod_id: Some(name),
        ord_stat: Some("open"),
        ..OrderFilter::default()
    };
    let count = match product % 6 {
        0 => database
            .db_pairs_loop_get(PairsMode::Full, &[], &[], &[], Some(one.quote))
            .await?
            .len(),
        1 => database.db_mkts_get(None, None, Some(name)).await?.len(),
        2 => database.db_mkt_checks_get(Some(name)).await?.len(),
        3 => database.db_buy_ords_get(orders).await?.len(),
        4 => database.db_sell_ords_get(orders).await?.len(),
        _ => database.db_bals_get(Some(one.quote)).await?.len(),
    };
    Ok(Answer::Rows { count })
}

/// The operation that a text names; none for no text.
fn operation(text: Option<String>) -> Result<Option<OperationId>, Error> {
    match text.filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => text.parse().map(Some).map_err(wrong),
    }
}
