//! Sell orders that do not fit their positions.

use crate::conditions::Conditions;
use crate::database::Database;
use crate::error::{Call, Error};
use crate::record::record;
use crate::value::Value;

record! {
    /// A position with a sell order that should not be there.
    SellOrderProblem of "" {
        reason: Option<String>,
        pos_id: i64,
        prod_id: Option<String>,
        pos_stat: Option<String>,
        test_txn_yn: Option<String>,
        so_id: i64,
    }
}

record! {
    /// A position's state, with one of its sell orders if it has any.
    SellDoubleCheck of "" {
        pos_stat: Option<String>,
        so_id: Option<i64>,
    }
}

const fn call(method: &'static str) -> Call {
    Call {
        method,
        table: "sell_ords",
    }
}

const OPEN_BUT_SOLD: &str = "pos.pos_stat = OPEN but there is a sell order(s) on sell_ords";
const SOLD_TWICE: &str = "multiple sell orders";

impl Database {
    /// Positions that are open although a sell order of theirs is, and positions with several open sell orders.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_poss_sell_order_problems_get(&self) -> Result<Vec<SellOrderProblem>, Error> {
        const CALL: Call = Call {
            method: "db_poss_sell_order_problems_get",
            table: "poss",
        };
        self.sell_order_problems(CALL, None, &["OPEN"]).await
    }

    /// The same with sell orders of any state, of a product or of all.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_sell_ords_problems_get(
        &self,
        prod_id: Option<&str>,
    ) -> Result<Vec<SellOrderProblem>, Error> {
        self.sell_order_problems(call("db_sell_ords_problems_get"), prod_id, &[])
            .await
    }

    /// A position's state with each of its sell orders, ignored ones among them.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_sell_double_check(&self, pos_id: i64) -> Result<Vec<SellDoubleCheck>, Error> {
        const SQL: &str = "SELECT p.pos_stat, s.so_id FROM poss p LEFT JOIN sell_ords s ON s.pos_id = p.pos_id \
                           WHERE p.pos_id = ? ORDER BY s.so_id";
        self.records(call("db_sell_double_check"), SQL, vec![Value::from(pos_id)])
            .await
    }

    async fn sell_order_problems(
        &self,
        call: Call,
        prod_id: Option<&str>,
        order_states: &[&str],
    ) -> Result<Vec<SellOrderProblem>, Error> {
        let dialect = self.dialect();
        let orders = |alias: &str| {
            let conditions = Conditions::new(dialect).fixed(format!("{alias}ignore_tf = 0"));
            match order_states.is_empty() {
                true => conditions,
                false => {
                    conditions.fixed(dialect.text_in(&format!("{alias}ord_stat"), order_states))
                }
            }
        };
        let joined = || {
            orders("s.")
                .fixed("p.ignore_tf = 0")
                .text("p.prod_id", prod_id)
        };
        let (sold, mut values) = joined()
            .fixed(dialect.text_in("p.pos_stat", &["OPEN"]))
            .finish();
        // Another order of the same position, looked up by its key: one product's check reads one product's rows.
        let (several, _) = orders("o.")
            .fixed("o.pos_id = s.pos_id")
            .fixed("o.so_id <> s.so_id")
            .finish();
        let (twice, twice_values) = joined()
            .fixed(format!("EXISTS (SELECT 1 FROM sell_ords o{several})"))
            .finish();
        values.extend(twice_values);
        let select = |reason: &str, clause: &str| {
            format!(
                "SELECT '{reason}' AS reason, p.pos_id AS pos_id, p.prod_id AS prod_id, p.pos_stat AS pos_stat, \
                 p.test_txn_yn AS test_txn_yn, s.so_id AS so_id \
                 FROM poss p JOIN sell_ords s ON s.pos_id = p.pos_id{clause}"
            )
        };
        let sql = format!(
            "{} UNION ALL {} ORDER BY reason DESC, pos_id, so_id",
            select(OPEN_BUT_SOLD, &sold),
            select(SOLD_TWICE, &twice)
        );
        self.records(call, &sql, values).await
    }
}
