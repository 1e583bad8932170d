//! What the auto bot and the web pages report.

use cbtrade_core::{Decimal, Timestamp};

use super::filter::{Class, ProductFilter, TradeFilter};
use super::poss::{CLOSED_STATES, OPEN_STATES, in_states, outcomes};
use super::select::limit;
use crate::conditions::Conditions;
use crate::database::Database;
use crate::error::{Call, Error};
use crate::record::record;
use crate::records::Position;
use crate::value::Value;

/// How far back "recent" reaches.
const RECENT_S: i64 = 7 * 24 * 60 * 60;

record! {
    /// Positions of a quote currency that were closed on a day. A loss is whatever is no gain; a position without a gain is
    /// neither.
    ClosedDay of "" {
        close_date: Option<Timestamp>,
        symb: Option<String>,
        test_txn_yn: Option<String>,
        closed: i64,
        close_win_cnt: i64,
        close_loss_cnt: i64,
        close_spent: Option<Decimal>,
        close_win_spent: Option<Decimal>,
        close_loss_spent: Option<Decimal>,
        close_gain_loss: Option<Decimal>,
        close_gains: Option<Decimal>,
        close_losses: Option<Decimal>,
    }
}

record! {
    /// How many positions a strategy has.
    StrategyCount of "" {
        buy_strat_type: Option<String>,
        buy_strat_name: Option<String>,
        buy_strat_freq: Option<String>,
        cnt: i64,
    }
}

record! {
    /// What strategies have made of a product, by the positions' state; amounts with two places.
    StrategyResult of "" {
        mkt: Option<String>,
        pos_stat: Option<String>,
        win_cnt: i64,
        loss_cnt: i64,
        sell_cnt: Option<i64>,
        sell_attempts: Option<i64>,
        spent_amt: Option<Decimal>,
        recv_amt: Option<Decimal>,
        win_amt: Option<Decimal>,
        loss_amt: Option<Decimal>,
        hold_cnt: Option<Decimal>,
        hold_amt: Option<Decimal>,
        pocket_cnt: Option<Decimal>,
        pocket_amt: Option<Decimal>,
        clip_cnt: Option<Decimal>,
        clip_amt: Option<Decimal>,
        val_curr: Option<Decimal>,
        val_tot: Option<Decimal>,
        fees_buy: Option<Decimal>,
        fees_sell: Option<Decimal>,
        fees_tot: Option<Decimal>,
        gain_loss_amt: Option<Decimal>,
        gain_loss_amt_est_high: Option<Decimal>,
    }
}

impl StrategyResult {
    /// Rounded here and not in the query, so that both engines round alike.
    fn rounded(mut self) -> StrategyResult {
        for amount in [
            &mut self.spent_amt,
            &mut self.recv_amt,
            &mut self.win_amt,
            &mut self.loss_amt,
            &mut self.hold_amt,
            &mut self.pocket_amt,
            &mut self.clip_amt,
            &mut self.val_curr,
            &mut self.val_tot,
            &mut self.fees_buy,
            &mut self.fees_sell,
            &mut self.fees_tot,
            &mut self.gain_loss_amt,
            &mut self.gain_loss_amt_est_high,
        ] {
            *amount = amount.map(|number| number.round(2));
        }
        self
    }
}

const fn call(method: &'static str) -> Call {
    Call {
        method,
        table: "poss",
    }
}

impl Database {
    /// Paper positions that were closed in the last seven days, by day and quote currency, the newest day first. `lta` does
    /// not restrict; the method's name says which class.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_closed_overview_recent_test(
        &self,
        filter: TradeFilter<'_>,
        cnt: Option<u32>,
    ) -> Result<Vec<ClosedDay>, Error> {
        const CALL: Call = call("db_closed_overview_recent_test");
        self.closed_days(CALL, filter, Class::Test, cnt).await
    }

    /// Live positions that were closed in the last seven days, by day and quote currency, the newest day first. `lta` does
    /// not restrict; the method's name says which class.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_closed_overview_recent_live(
        &self,
        filter: TradeFilter<'_>,
        cnt: Option<u32>,
    ) -> Result<Vec<ClosedDay>, Error> {
        const CALL: Call = call("db_closed_overview_recent_live");
        self.closed_days(CALL, filter, Class::Live, cnt).await
    }

    async fn closed_days(
        &self,
        call: Call,
        filter: TradeFilter<'_>,
        class: Class,
        cnt: Option<u32>,
    ) -> Result<Vec<ClosedDay>, Error> {
        let dialect = self.dialect();
        let recent = self
            .regarded()
            .fixed(dialect.text_in("pos_stat", CLOSED_STATES))
            .with(
                format!("pos_end_dttm >= {}", dialect.seconds_ago()),
                [Value::from(RECENT_S)],
            );
        let conditions = Class::positions(Some(class), recent, "");
        let (clause, mut values) = filter.conditions(conditions, "", "symb").finish();
        let limit = limit(cnt, &mut values);
        let day = dialect.day("pos_end_dttm");
        let (symb, test) = (dialect.text("symb"), dialect.text("test_txn_yn"));
        let sql = format!(
            "SELECT {day}, symb, test_txn_yn, {} FROM poss{clause} GROUP BY {day}, {symb}, {test} \
             ORDER BY {day} DESC, {symb}, {test}{limit}",
            outcomes(dialect)
        );
        self.records(call, &sql, values).await
    }

    /// How many positions that are not ignored each strategy has.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_strats_w_stats_get_all(&self) -> Result<Vec<StrategyCount>, Error> {
        const COLUMNS: [&str; 3] = ["buy_strat_type", "buy_strat_name", "buy_strat_freq"];
        let (clause, values) = self.regarded().finish();
        let group = COLUMNS.map(|column| self.dialect().text(column)).join(", ");
        let sql = format!(
            "SELECT {}, COUNT(*) FROM poss{clause} GROUP BY {group} ORDER BY {group}",
            COLUMNS.join(", ")
        );
        self.records(call("db_strats_w_stats_get_all"), &sql, values)
            .await
    }

    /// What strategies have made of each product that is a market, by the positions' state: by product, and by state
    /// falling. States are in capitals, because several spellings are one.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_strats_perf_get_all(
        &self,
        buy_strat_type: Option<&str>,
        buy_strat_name: Option<&str>,
        buy_strat_freq: Option<&str>,
    ) -> Result<Vec<StrategyResult>, Error> {
        let dialect = self.dialect();
        let (clause, values) = Conditions::new(dialect)
            .fixed("p.ignore_tf = 0")
            .text("p.buy_strat_type", buy_strat_type)
            .text("p.buy_strat_name", buy_strat_name)
            .text("p.buy_strat_freq", buy_strat_freq)
            .finish();
        let gain = dialect.compare("p.gain_loss_amt", "0");
        let over = |condition: &str, value: &str| {
            format!("CASE WHEN {gain} {condition} THEN {value} ELSE 0 END")
        };
        let worth = |column: &str| dialect.sum(&dialect.multiply(column, "m.prc"));
        let mut columns = vec![
            format!("SUM({})", over("> 0", "1")),
            format!("SUM({})", over("<= 0", "1")),
            "SUM(p.sell_order_cnt)".to_owned(),
            "SUM(p.sell_order_attempt_cnt)".to_owned(),
            dialect.sum("p.tot_out_cnt"),
            dialect.sum("p.tot_in_cnt"),
            dialect.sum(&over("> 0", "p.gain_loss_amt")),
            dialect.sum(&over("<= 0", "p.gain_loss_amt")),
        ];
        for column in ["p.hold_cnt", "p.pocket_cnt", "p.clip_cnt"] {
            columns.extend([dialect.sum(column), worth(column)]);
        }
        columns.extend(
            [
                "p.val_curr",
                "p.val_tot",
                "p.buy_fees_cnt",
                "p.sell_fees_cnt_tot",
                "p.fees_cnt_tot",
                "p.gain_loss_amt",
                "p.gain_loss_amt_est_high",
            ]
            .map(|column| dialect.sum(column)),
        );
        let (product, state) = (dialect.text("p.prod_id"), dialect.text("p.pos_stat"));
        let sql = format!(
            "SELECT p.prod_id, UPPER(RTRIM(p.pos_stat)), {} FROM poss p JOIN mkts m ON {} = {product}{clause} \
             GROUP BY {product}, {state} ORDER BY {product}, {state} DESC",
            columns.join(", "),
            dialect.text("m.prod_id"),
        );
        let results: Vec<StrategyResult> = self
            .records(call("db_strats_perf_get_all"), &sql, values)
            .await?;
        Ok(results.into_iter().map(StrategyResult::rounded).collect())
    }

    /// Closed positions, those that ended last first.
    ///
    /// # Errors
    /// The database cannot be reached; an unknown letter in `lta`.
    pub async fn db_poss_closed_recent_get(
        &self,
        filter: TradeFilter<'_>,
        lmt: Option<u32>,
    ) -> Result<Vec<Position>, Error> {
        const CALL: Call = call("db_poss_closed_recent_get");
        let closed = self
            .regarded()
            .fixed(self.dialect().text_in("pos_stat", &["CLOSE"]));
        let conditions = filter.positions(CALL, closed)?;
        self.positions(CALL, conditions, "pos_end_dttm DESC, pos_id DESC", lmt)
            .await
    }

    /// Positions that are held or being sold, by product, strategy and number; only the paper ones, or else only the live
    /// ones, if asked for.
    ///
    /// # Errors
    /// The database cannot be reached; an unknown letter in `lta`.
    pub async fn db_poss_open_get(
        &self,
        filter: ProductFilter<'_>,
        test_only: bool,
        live_only: bool,
    ) -> Result<Vec<Position>, Error> {
        const CALL: Call = call("db_poss_open_get");
        let dialect = self.dialect();
        let open = in_states(dialect, OPEN_STATES).fixed("ignore_tf = 0");
        let class = match (test_only, live_only) {
            (true, _) => Some(Class::Test),
            (false, true) => Some(Class::Live),
            (false, false) => None,
        };
        let open = Class::positions(class, open, "");
        let conditions = TradeFilter::from(filter).positions(CALL, open)?;
        let order = [
            "prod_id",
            "buy_strat_type",
            "buy_strat_name",
            "buy_strat_freq",
        ]
        .map(|column| dialect.text(column));
        let order = format!("{}, pos_id", order.join(", "));
        self.positions(CALL, conditions, &order, None).await
    }
}
