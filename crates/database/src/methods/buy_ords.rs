//! Table `buy_ords`: the bots' buy orders.

use cbtrade_core::Decimal;

use crate::change::Changes;
use crate::conditions::Conditions;
use crate::database::Database;
use crate::dialect::Dialect;
use crate::engine::Outcome;
use crate::error::{Call, Error, ErrorKind};
use crate::record::{Column, Record, With, record, select_list};
use crate::records::{BuyOrder, columns};
use crate::transact;
use crate::value::Value;
use crate::write::Stamp;

record! {
    /// How long ago an order began, in minutes. `elapsed_dttm` is the row's own `elapsed_mins`, as in the original layer.
    OrderElapsed of "" {
        elapsed_dttm: Option<i64>,
        elapsed_unix: Option<Decimal>,
        elapsed: Option<Decimal>,
    }
}

record! {
    /// The size limits of an order's market.
    MarketSizes of "" {
        base_curr_symb: Option<String>,
        base_size_incr: Option<Decimal>,
        base_size_min: Option<Decimal>,
        base_size_max: Option<Decimal>,
        quote_curr_symb: Option<String>,
        quote_size_incr: Option<Decimal>,
        quote_size_min: Option<Decimal>,
        quote_size_max: Option<Decimal>,
    }
}

/// Which orders are meant. What is `None` or empty does not restrict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderFilter<'a> {
    /// The bot's identifier of the order.
    pub client_order_id: Option<&'a str>,
    /// The exchange's identifier of the order.
    pub uuid: Option<&'a str>,
    /// The position that is sold; for sell orders only.
    pub pos_id: Option<i64>,
    /// Product, such as `BTC-USDC`.
    pub prod_id: Option<&'a str>,
    /// `OPEN`, `FILL`, `CANC` or `ERR`, in any letter case.
    pub ord_stat: Option<&'a str>,
}

const fn call(method: &'static str) -> Call {
    Call {
        method,
        table: "buy_ords",
    }
}

/// What [`OrderElapsed`] selects for an order whose seconds of its begin are in a column; an unknown begin counts as 1970.
pub(super) fn elapsed_columns(dialect: Dialect, begin: &str) -> String {
    let minutes = dialect.quotient(&format!("{} - {begin}", dialect.now_seconds()), 60);
    format!("elapsed_mins AS elapsed_dttm, {minutes} AS elapsed_unix, {minutes} AS elapsed")
}

impl Database {
    /// Buy orders that are not ignored, with the minutes since they began, by number.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_buy_ords_get(
        &self,
        filter: OrderFilter<'_>,
    ) -> Result<Vec<With<BuyOrder, OrderElapsed>>, Error> {
        let dialect = self.dialect();
        let (conditions, values) = Conditions::new(dialect)
            .fixed("ignore_tf = 0")
            .text("buy_client_order_id", filter.client_order_id)
            .text("buy_order_uuid", filter.uuid)
            .text("prod_id", filter.prod_id)
            .text("ord_stat", filter.ord_stat)
            .finish();
        let sql = format!(
            "SELECT {}, {} FROM buy_ords{conditions} ORDER BY bo_id",
            select_list::<BuyOrder>(dialect, ""),
            elapsed_columns(dialect, "buy_begin_unix")
        );
        self.records(call("db_buy_ords_get"), &sql, values).await
    }

    /// The products of all open buy orders that are not ignored; a product with several is there several times.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_buy_ords_open_get(&self) -> Result<Vec<String>, Error> {
        let sql = format!(
            "SELECT prod_id FROM buy_ords WHERE ignore_tf = 0 AND {} AND prod_id IS NOT NULL ORDER BY bo_id",
            self.dialect().text_in("ord_stat", &["OPEN"])
        );
        self.column(call("db_buy_ords_open_get"), &sql, Vec::new())
            .await
    }

    /// A buy order with the size limits of its market.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_mkt_sizing_data_get_by_uuid(
        &self,
        buy_order_uuid: &str,
    ) -> Result<Vec<With<BuyOrder, MarketSizes>>, Error> {
        let dialect = self.dialect();
        let sql = format!(
            "SELECT {}, {} FROM buy_ords b JOIN mkts m ON {} = {} WHERE {} ORDER BY b.bo_id",
            select_list::<BuyOrder>(dialect, "b"),
            select_list::<MarketSizes>(dialect, "m"),
            dialect.text("m.prod_id"),
            dialect.text("b.prod_id"),
            dialect.text_is("b.buy_order_uuid")
        );
        let values = vec![Value::from(buy_order_uuid)];
        self.records(call("db_mkt_sizing_data_get_by_uuid"), &sql, values)
            .await
    }

    /// Writes a buy order; only the columns named in the change are written. The row is the one of `bo_id` if that is given,
    /// else the one of `buy_order_uuid`; without either, the order is a new row. The result's `last_id` is the
    /// row's number.
    ///
    /// # Errors
    /// [`ErrorKind::WrongKey`] where both are given and belong to two rows; [`ErrorKind::EmptyChange`].
    pub async fn db_buy_ords_insupd(&self, changes: &Changes<BuyOrder>) -> Result<Outcome, Error> {
        const CALL: Call = call("db_buy_ords_insupd");
        let uuid = columns::buy_ords::buy_order_uuid;
        self.write_order(CALL, changes, columns::buy_ords::bo_id, uuid)
            .await
    }

    /// Sets the state of a buy order.
    ///
    /// # Errors
    /// The database cannot be reached or takes no writes.
    pub async fn db_buy_ords_stat_upd(&self, bo_id: i64, ord_stat: &str) -> Result<(), Error> {
        let key = [("bo_id", Value::from(bo_id))];
        let change = Changes::<BuyOrder>::new().set(columns::buy_ords::ord_stat, ord_stat);
        transact!(self, call("db_buy_ords_stat_upd"), |transaction| {
            transaction
                .update_stamped(&key, &change, Stamp::Now)
                .await
                .map(|_| ())
        })
    }

    /// Writes an order of either side by its number, or by the exchange's identifier, or as a new row.
    pub(super) async fn write_order<R: Record>(
        &self,
        call: Call,
        changes: &Changes<R>,
        number: Column<R, i64>,
        uuid: Column<R, Option<String>>,
    ) -> Result<Outcome, Error> {
        if changes.is_empty() {
            return Err(Error::new(call, ErrorKind::EmptyChange));
        }
        let key = match changes.number(call)? {
            Some(given) => Some((number.name(), Value::from(given))),
            None => changes.optional(call, uuid)?,
        };
        transact!(self, call, |transaction| {
            match &key {
                Some(key) => transaction.upsert(std::slice::from_ref(key), changes).await,
                None => transaction.insert(&changes.for_insert(&[])).await,
            }
        })
    }
}
