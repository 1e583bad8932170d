//! What bots write.

use std::sync::atomic::{AtomicI64, Ordering};

use cbtrade_core::{Decimal, Random};
use cbtrade_database::{
    BuyDecision, BuySignal, Call, CandlePrices, Changes, Currency, Database, Error, Position,
    Value, columns, transact,
};

use crate::history::{Answer, OperationId, Side};
use crate::sql::{change_balance, first, insert, unreadable, wrong};
use crate::world::{
    CANDLES_OF_SET, FREQUENCY, Product, candle_time, lease_time, new_currency, version_of,
};

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
    let number: Result<i64, Error> =
        transact!(database, call("soak_count", "poss"), |transaction| {
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
    let column = match second {
        false => columns::poss::note1,
        true => columns::poss::note2,
    };
    let change = Changes::<Position>::new()
        .set(columns::poss::pos_id, pos_id)
        .set(column, id.to_string());
    match database.db_poss_upd(&change).await? {
        1 => Ok(Answer::Done),
        rows => Err(wrong(format!(
            "{rows} rows of position {pos_id} were changed"
        ))),
    }
}

/// Appends a signal.
pub(super) async fn signal(
    database: &Database,
    id: OperationId,
    product: usize,
) -> Result<Answer, Error> {
    let signal = Changes::<BuySignal>::new()
        .set(columns::buy_signals::prod_id, Product::of(product).id())
        .set(columns::buy_signals::buy_strat_type, "up")
        .set(columns::buy_signals::buy_strat_name, id.to_string())
        .set(columns::buy_signals::buy_strat_freq, "15min")
        .set(columns::buy_signals::test_txn_yn, "N");
    let id = database.db_buy_signals_ins(&signal).await?;
    Ok(Answer::Appended { id })
}

/// What a careless bot does instead: it rolls the signal back and says that it is there.
pub(super) async fn lost_signal(
    database: &Database,
    id: OperationId,
    product: usize,
) -> Result<Answer, Error> {
    let (name, tag) = (Product::of(product).id(), id.to_string());
    let given = AtomicI64::new(0);
    let done: Result<(), Error> = transact!(
        database,
        call("soak_signal", "buy_signals"),
        |transaction| {
            let row = [
                ("prod_id", Value::from(name.as_str())),
                ("buy_strat_name", Value::from(tag.as_str())),
            ];
            let signal_id = insert(transaction, "buy_signals", &row).await?;
            given.store(signal_id, Ordering::Relaxed);
            Err(wrong("rolled back on purpose"))
        }
    );
    match (done, given.into_inner()) {
        (Err(error), 0) => Err(error),
        (_, id) => Ok(Answer::Appended { id }),
    }
}

/// Appends a decision.
pub(super) async fn decide(
    database: &Database,
    id: OperationId,
    product: usize,
    signal_id: i64,
) -> Result<Answer, Error> {
    let decision = Changes::<BuyDecision>::new()
        .set(columns::buy_decisions::signal_id, signal_id)
        .set(columns::buy_decisions::prod_id, Product::of(product).id())
        .set(columns::buy_decisions::buy_yn, "Y")
        .set(columns::buy_decisions::buy_strat_type, "up")
        .set(columns::buy_decisions::message, id.to_string());
    let id = database.db_buy_decisions_ins(&decision).await?;
    Ok(Answer::Appended { id })
}

/// Writes a set of candles, in an order that chance gives.
pub(super) async fn candles(
    database: &Database,
    id: OperationId,
    set: usize,
    random: &mut Random,
) -> Result<Answer, Error> {
    let mut left: Vec<usize> = (0..CANDLES_OF_SET).collect();
    let mut candles = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let count = u64::try_from(left.len()).unwrap_or(1);
        let place = usize::try_from(random.below(count)).unwrap_or(0);
        candles.push(CandlePrices {
            timestamp: candle_time(left.swap_remove(place)),
            open: Some(Decimal::ONE),
            high: Some(Decimal::ONE),
            low: Some(Decimal::ONE),
            close: Some(Decimal::ONE),
            volume: Some(version_of(id)),
        });
    }
    let product = crate::candles::product_of(set);
    database
        .db_tbl_ohlcv_prod_id_insupd(&product, FREQUENCY, &candles)
        .await?;
    Ok(Answer::Done)
}

/// Writes a currency that may or may not be there yet.
pub(super) async fn currency(
    database: &Database,
    id: OperationId,
    number: u64,
) -> Result<Answer, Error> {
    let name = new_currency(number);
    let change = Changes::<Currency>::new()
        .set(columns::currs::curr_uuid, format!("soak-{name}"))
        .set(columns::currs::symb, name)
        .set(columns::currs::name, id.to_string());
    database.db_currs_insupd(&change).await?;
    Ok(Answer::Done)
}

/// Asks for a lease.
pub(super) async fn claim(
    database: &Database,
    product: usize,
    side: Side,
    guid: &str,
) -> Result<Answer, Error> {
    let name = Product::of(product).id();
    let got = match side {
        Side::Buy => database.db_mkt_checks_buy_upd(&name, guid).await?,
        Side::Sell => database.db_mkt_checks_sell_upd(&name, guid).await?,
    };
    Ok(Answer::Claimed { got })
}

/// Marks a product's figures.
pub(super) async fn flag(database: &Database, product: usize) -> Result<Answer, Error> {
    let name = Product::of(product).id();
    database.trade_perfs_flag_upd(&name, Some("A")).await?;
    Ok(Answer::Done)
}

/// Sets a position's time of the last check.
pub(super) async fn checked(database: &Database, pos_id: i64) -> Result<Answer, Error> {
    database.db_poss_check_last_dttm_upd(pos_id).await?;
    Ok(Answer::Done)
}

/// Puts a lease so far into the past that anyone may take it.
pub(super) async fn expire(
    database: &Database,
    product: usize,
    side: Side,
) -> Result<Answer, Error> {
    let time = lease_time(side);
    let name = Product::of(product).id();
    let past = database.dialect().seconds_ago();
    let sql = format!("UPDATE mkt_checks SET {time} = {past} WHERE prod_id = ?");
    let done: Result<(), Error> =
        transact!(database, call("soak_expire", "mkt_checks"), |transaction| {
            let values = vec![Value::from(LEASE_PAST_S), Value::from(name.as_str())];
            transaction.run(&sql, values).await.map(drop)
        });
    done.map(|()| Answer::Done)
}
