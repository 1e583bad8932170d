//! When a position was last looked at, and whether it may still be sold.

use cbtrade_core::{Decimal, Timestamp};

use super::call;
use crate::change::Changes;
use crate::database::Database;
use crate::error::{Call, Error};
use crate::record::{record, select_list};
use crate::records::Position;
use crate::transact;
use crate::value::Value;
use crate::write::Computed;

record! {
    /// When a position was last looked at.
    PositionCheck of "" {
        check_last_dttm: Option<Timestamp>,
        check_last_unix: Option<i64>,
    }
}

record! {
    /// A position's state with one of its sell orders; without any, `so_id` is empty, the order's state `NONE` and the time
    /// -1.
    SellOrderCheck of "" {
        pos_stat: Option<String>,
        so_id: Option<i64>,
        sell_ord_stat: Option<String>,
        sell_elapsed_minutes: Option<Decimal>,
    }
}

impl Database {
    /// When a position was last looked at; nothing for an ignored one.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_poss_check_last_dttm_get(
        &self,
        pos_id: i64,
    ) -> Result<Vec<PositionCheck>, Error> {
        let (clause, values) = self.regarded().integer("pos_id", Some(pos_id)).finish();
        let sql = format!(
            "SELECT {} FROM poss{clause}",
            select_list::<PositionCheck>(self.dialect(), "")
        );
        self.records(call("db_poss_check_last_dttm_get"), &sql, values)
            .await
    }

    /// Notes that a position is looked at now. Returns the rows changed.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_poss_check_last_dttm_upd(&self, pos_id: i64) -> Result<u64, Error> {
        const CALL: Call = call("db_poss_check_last_dttm_upd");
        let dialect = self.dialect();
        let mut computed = vec![
            Computed::new("check_last_dttm", dialect.now(), Vec::new()),
            Computed::new("check_last_unix", dialect.now_seconds(), Vec::new()),
        ];
        computed.extend(Computed::touched(dialect));
        let key = [("pos_id", Value::from(pos_id))];
        transact!(self, CALL, |transaction| {
            let outcome = transaction
                .update_and(&key, &Changes::<Position>::new(), &computed)
                .await?;
            Ok(outcome.rows_changed)
        })
    }

    /// A position's state with each of its sell orders, ignored ones among them; empty where there is no such position.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_sell_double_check_optimized(
        &self,
        pos_id: i64,
    ) -> Result<Vec<SellOrderCheck>, Error> {
        let dialect = self.dialect();
        let elapsed = dialect.minutes(&format!("{} - s.sell_begin_unix", dialect.now_seconds()));
        let sql = format!(
            "SELECT p.pos_stat, s.so_id, COALESCE(s.ord_stat, 'NONE'), COALESCE({elapsed}, -1) \
             FROM poss p LEFT JOIN sell_ords s ON s.pos_id = p.pos_id WHERE p.pos_id = ? ORDER BY s.so_id"
        );
        self.records(
            call("db_sell_double_check_optimized"),
            &sql,
            vec![Value::from(pos_id)],
        )
        .await
    }
}
