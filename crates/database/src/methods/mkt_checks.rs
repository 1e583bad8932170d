//! Table `mkt_checks`: which bot looks after a product. A lease is taken, renewed and given back by single statements, and
//! its age is by the database's clock, so that bots on machines with wrong clocks agree.

use cbtrade_core::{Decimal, Timestamp};

use crate::change::Changes;
use crate::conditions::Conditions;
use crate::database::Database;
use crate::dialect::Dialect;
use crate::engine::{Outcome, Transaction};
use crate::error::{Call, Error, ErrorKind};
use crate::record::record;
use crate::records::{MarketCheck, Side, columns};
use crate::transact;
use crate::value::{FromValue as _, Value};

/// Age in seconds at which a lease can be taken by another bot, unless the options say otherwise. A pass over a pair takes far less; a bot that has not come
/// back after ten minutes is taken for dead or stuck, and until then its pair waits.
pub const LEASE_S: i64 = 600;

/// What a row says whose bot had no identifier: the original layer wrote the text `None` for that.
const NOBODY: [&str; 2] = ["", "None"];

record! {
    /// When a product was looked at, by whom, and how many minutes ago.
    MarketCheckAge of "" {
        prod_id: Option<String>,
        buy_check_dttm: Option<Timestamp>,
        buy_check_unix: Option<i64>,
        buy_check_guid: Option<String>,
        buy_elapsed_minutes: Option<Decimal>,
        sell_check_dttm: Option<Timestamp>,
        sell_check_unix: Option<i64>,
        sell_check_guid: Option<String>,
        sell_elapsed_minutes: Option<Decimal>,
        refresh_check_dttm: Option<Timestamp>,
        refresh_check_unix: Option<i64>,
        refresh_check_guid: Option<String>,
        refresh_elapsed_minutes: Option<Decimal>,
    }
}

record! {
    /// The buy lease of a product, with the minutes since it was taken.
    BuyCheck of "" {
        buy_check_dttm: Option<Timestamp>,
        buy_check_unix: Option<i64>,
        buy_check_guid: Option<String>,
        elapsed_dttm: Option<Decimal>,
        elapsed_unix: Option<Decimal>,
    }
}

record! {
    /// The sell lease of a product, with the minutes since it was taken.
    SellCheck of "" {
        sell_check_dttm: Option<Timestamp>,
        sell_check_unix: Option<i64>,
        sell_check_guid: Option<String>,
        elapsed_dttm: Option<Decimal>,
        elapsed_unix: Option<Decimal>,
    }
}

/// One of the two leases of a product, and how long it holds.
#[derive(Clone, Copy)]
pub(super) struct Lease {
    side: Side,
    seconds: i64,
}

impl Lease {
    pub(super) fn of(side: Side, seconds: i64) -> Lease {
        Lease { side, seconds }
    }

    fn guid(self) -> &'static str {
        match self.side {
            Side::Buy => "buy_check_guid",
            Side::Sell => "sell_check_guid",
        }
    }

    fn taken(self) -> &'static str {
        match self.side {
            Side::Buy => "buy_check_dttm",
            Side::Sell => "sell_check_dttm",
        }
    }

    /// Whether the lease has run out: never taken, too long ago, or further in the future than one can be held, which is
    /// the mark of a clock that was wrong. One taken a little in the future is held.
    fn is_over(self, dialect: Dialect) -> String {
        let (now, seconds) = (dialect.now_seconds(), self.seconds);
        format!(
            "COALESCE({}, 0) NOT BETWEEN {now} - {seconds} AND {now} + {seconds}",
            dialect.seconds(self.taken())
        )
    }

    /// Whether a bot holds the lease now. Nobody else can take it before the end of the transaction.
    pub(super) async fn is_held(
        self,
        transaction: &mut Transaction,
        prod_id: &str,
        guid: &str,
    ) -> Result<bool, Error> {
        let dialect = transaction.dialect();
        let sql = format!(
            "SELECT {} FROM mkt_checks WHERE {} AND {} AND NOT ({}){}",
            self.guid(),
            dialect.text_is("prod_id"),
            dialect.text_is(self.guid()),
            self.is_over(dialect),
            dialect.in_share()
        );
        let (product, bot) = lease_key(transaction.call, prod_id, guid)?;
        Ok(!transaction.rows(&sql, vec![product, bot]).await?.is_empty())
    }
}

const fn call(method: &'static str) -> Call {
    Call {
        method,
        table: "mkt_checks",
    }
}

/// Minutes since a column of seconds; a date that is not known counts as 1970.
fn minutes_since(dialect: Dialect, seconds: &str) -> String {
    dialect.quotient(&format!("{} - {seconds}", dialect.now_seconds()), 60)
}

impl Database {
    /// The checks of all products, or of one, with the minutes since each.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_mkt_checks_get(
        &self,
        prod_id: Option<&str>,
    ) -> Result<Vec<MarketCheckAge>, Error> {
        let dialect = self.dialect();
        let of_kind = |kind: &str| {
            let unix = format!("{kind}_check_unix");
            format!(
                "{kind}_check_dttm, {unix}, {kind}_check_guid, {} AS {kind}_elapsed_minutes",
                minutes_since(dialect, &unix)
            )
        };
        let (conditions, values) = Conditions::new(dialect).text("prod_id", prod_id).finish();
        let sql = format!(
            "SELECT prod_id, {}, {}, {} FROM mkt_checks{conditions} ORDER BY {}",
            of_kind("buy"),
            of_kind("sell"),
            of_kind("refresh"),
            dialect.text("prod_id")
        );
        self.records(call("db_mkt_checks_get"), &sql, values).await
    }

    /// The buy leases of all products, or of one.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_buy_check_get(&self, prod_id: Option<&str>) -> Result<Vec<BuyCheck>, Error> {
        let (sql, values) = self.check_query("buy", prod_id);
        self.records(call("db_buy_check_get"), &sql, values).await
    }

    /// The sell leases of all products, or of one.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_sell_check_get(&self, prod_id: Option<&str>) -> Result<Vec<SellCheck>, Error> {
        let (sql, values) = self.check_query("sell", prod_id);
        self.records(call("db_sell_check_get"), &sql, values).await
    }

    fn check_query(&self, kind: &str, prod_id: Option<&str>) -> (String, Vec<Value>) {
        let dialect = self.dialect();
        let elapsed = minutes_since(dialect, &format!("{kind}_check_unix"));
        let (conditions, values) = Conditions::new(dialect).text("prod_id", prod_id).finish();
        let sql = format!(
            "SELECT {kind}_check_dttm, {kind}_check_unix, {kind}_check_guid, {elapsed} AS elapsed_dttm, \
             {elapsed} AS elapsed_unix FROM mkt_checks{conditions} ORDER BY {}",
            dialect.text("prod_id")
        );
        (sql, values)
    }

    /// Sets both leases of a product to the bots named in the change (to nobody where none is named) and to now, whoever
    /// holds them: for an operator's repair. Bots take leases with [`Database::db_mkt_checks_buy_upd`].
    ///
    /// # Errors
    /// [`ErrorKind::MissingKey`] without `prod_id`.
    pub async fn db_mkt_checks_insupd(
        &self,
        changes: &Changes<MarketCheck>,
    ) -> Result<Outcome, Error> {
        const CALL: Call = call("db_mkt_checks_insupd");
        let key = [changes.required(CALL, columns::mkt_checks::prod_id)?];
        let guid = |column: crate::Column<MarketCheck, Option<String>>| {
            Ok::<_, Error>(
                changes
                    .optional(CALL, column)?
                    .map_or(Value::Null, |(_, guid)| guid),
            )
        };
        let buy = guid(columns::mkt_checks::buy_check_guid)?;
        let sell = guid(columns::mkt_checks::sell_check_guid)?;
        let dialect = self.dialect();
        let update = format!(
            "UPDATE mkt_checks SET buy_check_guid = ?, sell_check_guid = ?, buy_check_dttm = {now}, \
             sell_check_dttm = {now}, dlm = {now} WHERE {}",
            dialect.text_is("prod_id"),
            now = dialect.now()
        );
        let [(_, product)] = &key;
        transact!(self, CALL, |transaction| {
            if transaction.is_there::<MarketCheck>(&key).await? {
                let values = vec![buy.clone(), sell.clone(), product.clone()];
                return transaction.run(&update, values).await;
            }
            let values = vec![product.clone(), buy.clone(), sell.clone()];
            insert(
                transaction,
                "INSERT INTO mkt_checks (prod_id, buy_check_guid, sell_check_guid) VALUES (?, ?, ?)",
                values,
            )
            .await
        })
    }

    /// Takes or renews the buy lease of a product for the bot `guid`; gives whether the bot has it now. It is free if nobody
    /// has it or if it is older than [`crate::Options::lease_s`]; a product that has no row gets one.
    ///
    /// # Errors
    /// [`ErrorKind::MissingKey`] for an empty product or bot.
    pub async fn db_mkt_checks_buy_upd(&self, prod_id: &str, guid: &str) -> Result<bool, Error> {
        self.take_lease(call("db_mkt_checks_buy_upd"), Side::Buy, prod_id, guid)
            .await
    }

    /// Takes or renews the sell lease of a product for the bot `guid`, as [`Database::db_mkt_checks_buy_upd`].
    ///
    /// # Errors
    /// [`ErrorKind::MissingKey`] for an empty product or bot.
    pub async fn db_mkt_checks_sell_upd(&self, prod_id: &str, guid: &str) -> Result<bool, Error> {
        self.take_lease(call("db_mkt_checks_sell_upd"), Side::Sell, prod_id, guid)
            .await
    }

    /// Gives back whatever leases the bot `guid` has of a product; gives whether it had one. The times of the last checks
    /// stay.
    ///
    /// # Errors
    /// [`ErrorKind::MissingKey`] for an empty product or bot.
    pub async fn db_mkt_checks_release(&self, prod_id: &str, guid: &str) -> Result<bool, Error> {
        const CALL: Call = call("db_mkt_checks_release");
        let (product, bot) = lease_key(CALL, prod_id, guid)?;
        let dialect = self.dialect();
        transact!(self, CALL, |transaction| {
            let mut released = false;
            for side in [Side::Buy, Side::Sell] {
                let guid = Lease::of(side, self.options().lease_s).guid();
                let sql = format!(
                    "UPDATE mkt_checks SET {guid} = NULL, dlm = {} WHERE {} AND {}",
                    dialect.now(),
                    dialect.text_is("prod_id"),
                    dialect.text_is(guid)
                );
                let done = transaction
                    .run(&sql, vec![product.clone(), bot.clone()])
                    .await?;
                released |= done.rows_changed > 0;
            }
            Ok(released)
        })
    }

    async fn take_lease(
        &self,
        call: Call,
        side: Side,
        prod_id: &str,
        guid: &str,
    ) -> Result<bool, Error> {
        let lease = Lease::of(side, self.options().lease_s);
        let (product, bot) = lease_key(call, prod_id, guid)?;
        let dialect = self.dialect();
        let take = take_statement(dialect, lease);
        // Without a lock: an update that matched holds the row already, and one that did not has nothing to hold. Locking
        // here what the update has just let go would make two bots wait for each other.
        let look = format!(
            "SELECT {} FROM mkt_checks WHERE {}",
            lease.guid(),
            dialect.text_is("prod_id")
        );
        let add = format!(
            "INSERT INTO mkt_checks (prod_id, {}) VALUES (?, ?)",
            lease.guid()
        );
        transact!(self, call, |transaction| {
            let values = vec![bot.clone(), product.clone(), bot.clone()];
            if transaction.run(&take, values).await?.rows_changed > 0 {
                return Ok(true);
            }
            // MySQL counts rows that really change: a lease renewed twice within a second is no change, and still ours.
            let rows = transaction.rows(&look, vec![product.clone()]).await?;
            let Some(row) = rows.into_iter().next() else {
                insert(transaction, &add, vec![product.clone(), bot.clone()]).await?;
                return Ok(true);
            };
            let holder = row
                .into_values()
                .into_iter()
                .next()
                .and_then(String::from_value);
            Ok(holder.is_some_and(|holder| is_same(&holder, guid)))
        })
    }
}

/// Takes a lease that is free or mine: parameters are bot, product, bot.
fn take_statement(dialect: Dialect, lease: Lease) -> String {
    let (guid, taken, now) = (lease.guid(), lease.taken(), dialect.now());
    format!(
        "UPDATE mkt_checks SET {guid} = ?, {taken} = {now}, dlm = {now} WHERE {} AND ({} OR {guid} IS NULL OR {} OR {})",
        dialect.text_is("prod_id"),
        dialect.text_is(guid),
        dialect.text_in(guid, &NOBODY),
        lease.is_over(dialect),
    )
}

fn lease_key(call: Call, prod_id: &str, guid: &str) -> Result<(Value, Value), Error> {
    let missing = |column: &str| Err(Error::new(call, ErrorKind::MissingKey).column(column));
    if prod_id.trim().is_empty() {
        return missing("prod_id");
    }
    if NOBODY.contains(&guid.trim()) {
        return missing("guid");
    }
    let key = Changes::<MarketCheck>::new()
        .set(columns::mkt_checks::prod_id, prod_id)
        .set(columns::mkt_checks::buy_check_guid, guid);
    let (_, product) = key.required(call, columns::mkt_checks::prod_id)?;
    let (_, bot) = key.required(call, columns::mkt_checks::buy_check_guid)?;
    Ok((product, bot))
}

/// As the database compares texts.
fn is_same(one: &str, other: &str) -> bool {
    one.trim_end_matches(' ')
        .eq_ignore_ascii_case(other.trim_end_matches(' '))
}

/// A row that another bot has put there in the meantime is looked at again.
async fn insert(
    transaction: &mut Transaction,
    sql: &str,
    values: Vec<Value>,
) -> Result<Outcome, Error> {
    transaction.run(sql, values).await.map_err(|mut error| {
        if error.kind == ErrorKind::Duplicate {
            error.kind = ErrorKind::Conflict;
        }
        error
    })
}
