//! What open and closed positions come to, by quote currency.

use cbtrade_core::Decimal;

use super::{CLOSED_STATES, OPEN_STATES, call};
use crate::conditions::Conditions;
use crate::database::Database;
use crate::dialect::Dialect;
use crate::error::{Call, Error};
use crate::methods::filter::TradeFilter;
use crate::methods::select::limit;
use crate::record::record;

record! {
    /// Positions of a quote currency, live or paper. A loss is whatever is no gain; a position without a gain is neither.
    Overview of "" {
        symb: Option<String>,
        test_txn_yn: Option<String>,
        open: i64,
        win_cnt: i64,
        loss_cnt: i64,
        spent: Option<Decimal>,
        win_spent: Option<Decimal>,
        loss_spent: Option<Decimal>,
        gain_loss: Option<Decimal>,
        gains: Option<Decimal>,
        losses: Option<Decimal>,
    }
}

/// The columns after the group's key: counts, what was spent, what was gained, each over all, winners and losers.
pub(crate) fn outcomes(dialect: Dialect) -> String {
    let gain = dialect.compare("gain_loss_amt", "0");
    let over = |condition: &str, value: &str| {
        format!("CASE WHEN {gain} {condition} THEN {value} ELSE 0 END")
    };
    let sums = |value: &str| {
        format!(
            "{}, {}, {}",
            dialect.sum(value),
            dialect.sum(&over("> 0", value)),
            dialect.sum(&over("<= 0", value))
        )
    };
    format!(
        "COUNT(*), SUM({}), SUM({}), {}, {}",
        over("> 0", "1"),
        over("<= 0", "1"),
        sums("tot_out_cnt"),
        sums("gain_loss_amt")
    )
}

impl Database {
    /// Open positions by quote currency, live and paper apart.
    ///
    /// # Errors
    /// The database cannot be reached; an unknown letter in `lta`.
    pub async fn db_open_overview(
        &self,
        filter: TradeFilter<'_>,
        cnt: Option<u32>,
    ) -> Result<Vec<Overview>, Error> {
        const CALL: Call = call("db_open_overview");
        self.overview(CALL, filter, OPEN_STATES, cnt).await
    }

    /// Closed positions by quote currency, live and paper apart; their number is in `open`, as in the original layer.
    ///
    /// # Errors
    /// As [`Database::db_open_overview`].
    pub async fn db_closed_overview(
        &self,
        filter: TradeFilter<'_>,
        cnt: Option<u32>,
    ) -> Result<Vec<Overview>, Error> {
        const CALL: Call = call("db_closed_overview");
        self.overview(CALL, filter, CLOSED_STATES, cnt).await
    }

    async fn overview(
        &self,
        call: Call,
        filter: TradeFilter<'_>,
        states: &[&str],
        cnt: Option<u32>,
    ) -> Result<Vec<Overview>, Error> {
        let dialect = self.dialect();
        let conditions: Conditions = self.regarded().fixed(dialect.text_in("pos_stat", states));
        let (clause, mut values) = filter.positions(call, conditions)?.finish();
        let limit = limit(cnt, &mut values);
        let group = format!("{}, {}", dialect.text("symb"), dialect.text("test_txn_yn"));
        let sql = format!(
            "SELECT symb, test_txn_yn, {} FROM poss{clause} GROUP BY {group} ORDER BY {group}{limit}",
            outcomes(dialect)
        );
        self.records(call, &sql, values).await
    }
}
