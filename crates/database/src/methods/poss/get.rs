//! Whole positions.

use cbtrade_core::Decimal;

use super::{OPEN_STATES, call};
use crate::conditions::Conditions;
use crate::database::Database;
use crate::error::{Call, Error};
use crate::methods::filter::{Class, TradeFilter};
use crate::methods::select::limit;
use crate::record::{With, record, select_list};
use crate::records::Position;

record! {
    /// What `db_poss_get` computes beside a position.
    PositionAge of "" {
        new_age_mins: Option<Decimal>,
    }
}

/// A position with its age by the database's clock: minutes since it began, plus one, as the original layer counts.
pub type AgedPosition = With<Position, PositionAge>;

/// Positions of a product that are held or being sold, the oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OpenPositions {
    /// The live ones.
    pub live: Vec<AgedPosition>,
    /// The paper ones.
    pub test: Vec<AgedPosition>,
    /// All, those of neither kind among them.
    pub all: Vec<AgedPosition>,
}

impl Database {
    /// Positions that are not ignored, in no particular order.
    ///
    /// # Errors
    /// The database cannot be reached; an unknown letter in `lta`.
    pub async fn db_poss_get(
        &self,
        filter: TradeFilter<'_>,
        pos_id: Option<i64>,
        pos_stat: Option<&str>,
    ) -> Result<Vec<AgedPosition>, Error> {
        const CALL: Call = call("db_poss_get");
        let conditions = filter
            .positions(CALL, self.regarded())?
            .integer("pos_id", pos_id)
            .text("pos_stat", pos_stat);
        self.aged_positions(CALL, conditions, "").await
    }

    /// Open positions (`OPEN`, not `SELL`), the newest first.
    ///
    /// # Errors
    /// As [`Database::db_poss_get`].
    pub async fn db_poss_open_recent_get(
        &self,
        filter: TradeFilter<'_>,
        lmt: Option<u32>,
    ) -> Result<Vec<Position>, Error> {
        const CALL: Call = call("db_poss_open_recent_get");
        let open = self
            .regarded()
            .fixed(self.dialect().text_in("pos_stat", &["OPEN"]));
        let conditions = filter.positions(CALL, open)?;
        self.positions(CALL, conditions, "pos_begin_dttm DESC, pos_id DESC", lmt)
            .await
    }

    /// Closed positions, those that ended last first; `test_yn` is `N` for live ones, `Y` for paper ones.
    ///
    /// # Errors
    /// As [`Database::db_poss_get`].
    pub async fn db_poss_close_recent_get(
        &self,
        lmt: Option<u32>,
        test_yn: Option<&str>,
    ) -> Result<Vec<Position>, Error> {
        const CALL: Call = call("db_poss_close_recent_get");
        let class = Class::read(CALL, "test_yn", test_yn)?;
        let closed = self
            .regarded()
            .fixed(self.dialect().text_in("pos_stat", &["CLOSE"]));
        let conditions = Class::positions(class, closed, "");
        self.positions(CALL, conditions, "pos_end_dttm DESC, pos_id DESC", lmt)
            .await
    }

    /// Positions of a product that are held or being sold, the oldest first.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_poss_open_get_by_prod_id(&self, prod_id: &str) -> Result<OpenPositions, Error> {
        const CALL: Call = call("db_poss_open_get_by_prod_id");
        let conditions = self
            .regarded()
            .with(self.dialect().text_is("prod_id"), [prod_id.into()])
            .fixed(self.dialect().text_in("pos_stat", OPEN_STATES));
        let all = self
            .aged_positions(CALL, conditions, " ORDER BY pos_begin_dttm, pos_id")
            .await?;
        let of = |letter: &str| -> Vec<AgedPosition> {
            let is_of = |position: &&AgedPosition| {
                let flag = position.row.test_txn_yn.as_deref().unwrap_or_default();
                flag.trim_end().eq_ignore_ascii_case(letter)
            };
            all.iter().filter(is_of).cloned().collect()
        };
        Ok(OpenPositions {
            live: of("N"),
            test: of("Y"),
            all,
        })
    }

    async fn aged_positions(
        &self,
        call: Call,
        conditions: Conditions,
        order: &str,
    ) -> Result<Vec<AgedPosition>, Error> {
        let dialect = self.dialect();
        let age = dialect.minutes(&format!("{} - pos_begin_unix + 60", dialect.now_seconds()));
        let (clause, values) = conditions.finish();
        let sql = format!(
            "SELECT {},{age} FROM poss{clause}{order}",
            select_list::<Position>(dialect, "")
        );
        self.records(call, &sql, values).await
    }

    /// Positions in an order; at most `lmt` of them.
    pub(crate) async fn positions(
        &self,
        call: Call,
        conditions: Conditions,
        order: &str,
        lmt: Option<u32>,
    ) -> Result<Vec<Position>, Error> {
        let (clause, mut values) = conditions.finish();
        let limit = limit(lmt, &mut values);
        let sql = format!(
            "SELECT {} FROM poss{clause} ORDER BY {order}{limit}",
            select_list::<Position>(self.dialect(), "")
        );
        self.records(call, &sql, values).await
    }
}
