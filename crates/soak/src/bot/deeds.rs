//! What bots write.

use cbtrade_core::Decimal;
use cbtrade_database::{Call, Database, Error, FromValue as _, Value, transact};

use crate::history::{Answer, OperationId, Side};
use crate::sql::{change_balance, first, insert, unreadable, wrong};
use crate::world::{Product, lease_columns, new_currency};

/// Age to which a lease is put so that it has run out, in seconds.
const LEASE_PAST_S: i64 = 3_600;

const fn call(method: &'static str, table: &'static str) -> Call {
    Call { method, table }
}

/// Order, position and both balances, in one transaction.
pub(super) async fn buy(
    database: &Database,
    id: OperationId,
    product: usize,
    (spent, size): (Decimal, Decimal),
) -> Result<Answer, Error> {
    let product = Product::of(product);
    let (name, tag) = (product.id(), id.to_string());
    let reading = id.number.is_multiple_of(2);
    let pos_id: Result<i64, Error> = transact!(database, call("soak_buy", "poss"), |transaction| {
        let order = [
            ("buy_order_uuid", Value::from(tag.as_str())),
            ("prod_id", Value::from(name.as_str())),
            ("base_symb", Value::from(product.base)),
            ("ord_stat", Value::from("FILL")),
            ("buy_curr_symb", Value::from(product.base)),
            ("spend_curr_symb", Value::from(product.quote)),
            ("buy_cnt_act", Value::from(size)),
            ("tot_out_cnt", Value::from(spent)),
        ];
        let bo_id = insert(transaction, "buy_ords", &order).await?;
        let position = [
            ("bo_uuid", Value::from(tag.as_str())),
            ("bo_id", Value::from(bo_id)),
            ("prod_id", Value::from(name.as_str())),
            ("symb", Value::from(product.quote)),
            ("base_symb", Value::from(product.base)),
            ("quote_curr_symb", Value::from(product.quote)),
            ("pos_stat", Value::from("OPEN")),
            ("test_txn_yn", Value::from("N")),
            ("tot_out_cnt", Value::from(spent)),
            ("buy_cnt", Value::from(size)),
            ("hold_cnt", Value::from(size)),
        ];
        let pos_id = insert(transaction, "poss", &position).await?;
        // Always the base currency first: locks in one order are never waited for in a circle.
        change_balance(transaction, product.base, size, reading).await?;
        change_balance(transaction, product.quote, negative(spent), reading).await?;
        Ok(pos_id)
    });
    Ok(Answer::Bought { pos_id: pos_id? })
}

/// Order, position closed and both balances, in one transaction; nothing if the position is not open any more.
pub(super) async fn sell(
    database: &Database,
    id: OperationId,
    pos_id: i64,
    product: usize,
    received: Decimal,
) -> Result<Answer, Error> {
    let product = Product::of(product);
    let (name, tag) = (product.id(), id.to_string());
    let reading = id.number.is_multiple_of(2);
    let sold: Result<bool, Error> = transact!(database, call("soak_sell", "poss"), |transaction| {
        let look = format!(
            "SELECT pos_stat, tot_out_cnt, hold_cnt FROM poss WHERE pos_id = ?{}",
            transaction.dialect().for_update()
        );
        let mut rows = transaction.rows(&look, vec![Value::from(pos_id)]).await?;
        let Some(row) = rows.first_mut() else {
            return Err(wrong(format!("position {pos_id} is not there")));
        };
        let state: String = row.take(0).map_err(|source| unreadable(&source))?;
        if state != "OPEN" {
            return Ok(false);
        }
        let spent: Decimal = row.take(1).map_err(|source| unreadable(&source))?;
        let held: Decimal = row.take(2).map_err(|source| unreadable(&source))?;
        let order = [
            ("sell_order_uuid", Value::from(tag.as_str())),
            ("pos_id", Value::from(pos_id)),
            ("prod_id", Value::from(name.as_str())),
            ("base_symb", Value::from(product.base)),
            ("ord_stat", Value::from("FILL")),
            ("sell_cnt_act", Value::from(held)),
            ("tot_in_cnt", Value::from(received)),
        ];
        insert(transaction, "sell_ords", &order).await?;
        let gain = received.checked_sub(spent).unwrap_or(Decimal::ZERO);
        let close = "UPDATE poss SET pos_stat = 'CLOSE', tot_in_cnt = ?, sell_cnt_tot = ?, hold_cnt = ?, \
                     gain_loss_amt = ?, sell_order_cnt = 1 WHERE pos_id = ?";
        let values = vec![
            Value::from(received),
            Value::from(held),
            Value::from(Decimal::ZERO),
            Value::from(gain),
            Value::from(pos_id),
        ];
        transaction.run(close, values).await?;
        change_balance(transaction, product.base, negative(held), reading).await?;
        change_balance(transaction, product.quote, received, reading).await?;
        Ok(true)
    });
    Ok(Answer::Sold { sold: sold? })
}

fn negative(number: Decimal) -> Decimal {
    Decimal::from_units(-number.units())
}

/// Reads a counter, adds one, writes it: under a lock, unless the bot is careless.
pub(super) async fn count(
    database: &Database,
    pos_id: i64,
    careless: bool,
) -> Result<Answer, Error> {
    let number: Result<i64, Error> = transact!(database, call("soak_count", "poss"), |transaction| {
        let lock = if careless {
            ""
        } else {
            transaction.dialect().for_update()
        };
        let look = format!("SELECT sell_order_attempt_cnt FROM poss WHERE pos_id = ?{lock}");
        let before: i64 = first(transaction.rows(&look, vec![Value::from(pos_id)]).await?)?;
        let write = "UPDATE poss SET sell_order_attempt_cnt = ? WHERE pos_id = ?";
        transaction
            .run(write, vec![Value::from(before + 1), Value::from(pos_id)])
            .await?;
        Ok(before + 1)
    });
    Ok(Answer::Number { number: number? })
}

/// Changes one's own column of a shared row.
pub(super) async fn note(
    database: &Database,
    id: OperationId,
    pos_id: i64,
    second: bool,
) -> Result<Answer, Error> {
    let sql = match second {
        false => "UPDATE poss SET note1 = ? WHERE pos_id = ?",
        true => "UPDATE poss SET note2 = ? WHERE pos_id = ?",
    };
    let tag = id.to_string();
    let done: Result<(), Error> = transact!(database, call("soak_note", "poss"), |transaction| {
        let values = vec![Value::from(tag.as_str()), Value::from(pos_id)];
        transaction.run(sql, values).await.map(drop)
    });
    done.map(|()| Answer::Done)
}

/// Appends a signal. A careless bot rolls it back and says that it is there.
pub(super) async fn signal(
    database: &Database,
    id: OperationId,
    product: usize,
    lose: bool,
) -> Result<Answer, Error> {
    let (name, tag) = (Product::of(product).id(), id.to_string());
    let given = std::sync::Mutex::new(0);
    let done: Result<i64, Error> = transact!(database, call("soak_signal", "buy_signals"), |transaction| {
        let row = [
            ("prod_id", Value::from(name.as_str())),
            ("buy_strat_type", Value::from("up")),
            ("buy_strat_name", Value::from(tag.as_str())),
            ("buy_strat_freq", Value::from("15min")),
            ("test_txn_yn", Value::from("N")),
        ];
        let signal_id = insert(transaction, "buy_signals", &row).await?;
        if lose {
            if let Ok(mut given) = given.lock() {
                *given = signal_id;
            }
            return Err(wrong("rolled back on purpose"));
        }
        Ok(signal_id)
    });
    let lost = given.into_inner().unwrap_or(0);
    match done {
        Ok(id) => Ok(Answer::Appended { id }),
        Err(_) if lost > 0 => Ok(Answer::Appended { id: lost }),
        Err(error) => Err(error),
    }
}

/// Appends a decision.
pub(super) async fn decide(
    database: &Database,
    id: OperationId,
    product: usize,
    signal_id: i64,
) -> Result<Answer, Error> {
    let (name, tag) = (Product::of(product).id(), id.to_string());
    let done: Result<i64, Error> = transact!(database, call("soak_decide", "buy_decisions"), |transaction| {
        let row = [
            ("signal_id", Value::from(signal_id)),
            ("prod_id", Value::from(name.as_str())),
            ("buy_yn", Value::from("Y")),
            ("buy_strat_type", Value::from("up")),
            ("message", Value::from(tag.as_str())),
        ];
        insert(transaction, "buy_decisions", &row).await
    });
    Ok(Answer::Appended { id: done? })
}

/// Puts a lease so far into the past that anyone may take it.
pub(super) async fn expire(
    database: &Database,
    product: usize,
    side: Side,
) -> Result<Answer, Error> {
    let (_, time) = lease_columns(side);
    let name = Product::of(product).id();
    let past = database.dialect().seconds_ago();
    let sql = format!("UPDATE mkt_checks SET {time} = {past} WHERE prod_id = ?");
    let done: Result<(), Error> = transact!(database, call("soak_expire", "mkt_checks"), |transaction| {
        let values = vec![Value::from(LEASE_PAST_S), Value::from(name.as_str())];
        transaction.run(&sql, values).await.map(drop)
    });
    done.map(|()| Answer::Done)
}

/// What the answer to a claim is worth: whether the row says that it is ours now.
pub(super) async fn holder(
    database: &Database,
    product: usize,
    side: Side,
) -> Result<Option<String>, Error> {
    let (guid, _) = lease_columns(side);
    let sql = format!("SELECT {guid} FROM mkt_checks WHERE prod_id = ?");
    let name = Product::of(product).id();
    let rows = database
        .rows(call("soak_holder", "mkt_checks"), &sql, vec![Value::from(name)])
        .await?;
    first(rows)
}

/// A currency's name in the form of its number.
pub(super) fn currency(number: u64) -> (String, String) {
    let name = new_currency(number);
    let uuid = format!("soak-{name}");
    (name, uuid)
}

/// An empty answer as none.
pub(super) fn text_of(value: Value) -> Option<String> {
    String::from_value(value).filter(|text| !text.is_empty())
}
