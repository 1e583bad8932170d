//! Which products a bot looks at in a loop, and what it knows of them before it does.

use cbtrade_core::{Decimal, Timestamp};

use crate::conditions::Conditions;
use crate::database::Database;
use crate::dialect::Dialect;
use crate::error::{Call, Error};
use crate::methods::mkts::{quote_names, tradable};
use crate::record::{Record as _, record};
use crate::value::Value;

const fn call(method: &'static str) -> Call {
    Call {
        method,
        table: "mkts",
    }
}

/// The order in which pairs are looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PairsMode {
    /// To buy and sell: best gain per hour first.
    #[default]
    Full,
    /// To buy only: best gain per hour first.
    Buy,
    /// To sell only: most spent on open positions first.
    Sell,
}

impl PairsMode {
    /// The mode of this name; any other name than `sell` and `buy` is [`PairsMode::Full`].
    #[must_use]
    pub fn named(name: &str) -> PairsMode {
        match name {
            "sell" => PairsMode::Sell,
            "buy" => PairsMode::Buy,
            _ => PairsMode::Full,
        }
    }
}

record! {
    /// A product as a bot takes it up: its market, how it has traded (all trades, live and paper), who looks after it.
    LoopPair of "" {
        mkt_id: i64,
        mkt_name: Option<String>,
        prod_id: Option<String>,
        prc: Option<Decimal>,
        prc_ask: Option<Decimal>,
        prc_buy: Option<Decimal>,
        prc_bid: Option<Decimal>,
        prc_sell: Option<Decimal>,
        prc_mid_mkt: Option<Decimal>,
        prc_pct_chg_24h: Option<Decimal>,
        vol_24h: Option<Decimal>,
        vol_base_24h: Option<Decimal>,
        vol_quote_24h: Option<Decimal>,
        vol_pct_chg_24h: Option<Decimal>,
        tot_cnt: i64,
        win_cnt: i64,
        lose_cnt: i64,
        win_pct: Decimal,
        lose_pct: Decimal,
        tot_in_cnt: Decimal,
        buy_fees_cnt: Decimal,
        sell_fees_cnt_tot: Decimal,
        fees_cnt_tot: Decimal,
        buy_cnt: Decimal,
        sell_cnt_tot: Decimal,
        hold_cnt: Decimal,
        pocket_cnt: Decimal,
        clip_cnt: Decimal,
        sell_order_cnt: i64,
        sell_order_attempt_cnt: i64,
        val_curr: Decimal,
        val_tot: Decimal,
        win_amt: Decimal,
        lose_amt: Decimal,
        gain_loss_amt: Decimal,
        gain_loss_amt_net: Decimal,
        gain_loss_pct: Decimal,
        gain_loss_pct_hr: Decimal,
        base_curr_symb: Option<String>,
        base_curr_name: Option<String>,
        base_size_incr: Option<Decimal>,
        base_size_min: Option<Decimal>,
        base_size_max: Option<Decimal>,
        quote_curr_symb: Option<String>,
        quote_curr_name: Option<String>,
        quote_size_incr: Option<Decimal>,
        quote_size_min: Option<Decimal>,
        quote_size_max: Option<Decimal>,
        mkt_status_tf: Option<String>,
        mkt_view_only_tf: Option<i64>,
        mkt_watched_tf: Option<i64>,
        mkt_is_disabled_tf: Option<i64>,
        mkt_new_tf: Option<i64>,
        mkt_cancel_only_tf: Option<i64>,
        mkt_limit_only_tf: Option<i64>,
        mkt_post_only_tf: Option<i64>,
        mkt_trading_disabled_tf: Option<i64>,
        mkt_auction_mode_tf: Option<i64>,
        buy_check_dttm: Option<Timestamp>,
        sell_check_dttm: Option<Timestamp>,
        buy_check_unix: Option<i64>,
        sell_check_unix: Option<i64>,
        note1: Option<String>,
        note2: Option<String>,
        note3: Option<String>,
        add_dttm: Option<Timestamp>,
        dlm: Option<Timestamp>,
        age_mins: i64,
        age_hours: Decimal,
    }
}

/// A column of [`LoopPair`] in the query's words: `m` is the market, `t` its performance, `c` its check.
fn source(dialect: Dialect, column: &str) -> String {
    let age = format!("{} - COALESCE(t.last_upd_unix, 0)", dialect.now_seconds());
    match column {
        "tot_cnt"
        | "win_cnt"
        | "lose_cnt"
        | "win_pct"
        | "lose_pct"
        | "tot_in_cnt"
        | "buy_fees_cnt"
        | "sell_fees_cnt_tot"
        | "fees_cnt_tot"
        | "buy_cnt"
        | "sell_cnt_tot"
        | "hold_cnt"
        | "pocket_cnt"
        | "clip_cnt"
        | "sell_order_cnt"
        | "sell_order_attempt_cnt"
        | "val_curr"
        | "val_tot"
        | "win_amt"
        | "lose_amt"
        | "gain_loss_amt"
        | "gain_loss_amt_net"
        | "gain_loss_pct"
        | "gain_loss_pct_hr" => {
            format!("COALESCE(t.{column}, 0) AS {column}")
        }
        "buy_check_dttm" | "sell_check_dttm" | "buy_check_unix" | "sell_check_unix" => {
            format!("c.{column}")
        }
        "age_mins" => format!("{} AS age_mins", dialect.whole_quotient(&age, 60)),
        "age_hours" => format!("{} AS age_hours", dialect.quotient(&age, 3600)),
        _ => format!("m.{column}"),
    }
}

impl Database {
    /// Products that can be traded freely, with their performance over all trades and their checks. Of the three lists, the
    /// first names products to be taken alone, the others products to be left out; an empty list says nothing.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_pairs_loop_get(
        &self,
        mode: PairsMode,
        loop_pairs: &[&str],
        stable_pairs: &[&str],
        err_pairs: &[&str],
        quote_curr_symb: Option<&str>,
    ) -> Result<Vec<LoopPair>, Error> {
        let dialect = self.dialect();
        let columns: Vec<String> = LoopPair::COLUMNS
            .iter()
            .map(|column| source(dialect, column))
            .collect();
        let same_product = |alias: &str| {
            format!(
                "{} = {}",
                dialect.text(&format!("{alias}.prod_id")),
                dialect.text("m.prod_id")
            )
        };
        let (conditions, values) = tradable(Conditions::new(dialect), dialect, "m.")
            .fixed("m.ignore_tf = 0")
            .text_list("m.prod_id", "IN", loop_pairs)
            .text_list("m.prod_id", "NOT IN", stable_pairs)
            .text_list("m.prod_id", "NOT IN", err_pairs)
            .text("m.quote_curr_symb", quote_curr_symb)
            .finish();
        let first = match mode {
            PairsMode::Sell => format!(
                "(SELECT {} FROM poss p WHERE {} AND {})",
                dialect.sum("p.tot_out_cnt"),
                same_product("p"),
                dialect.text_in("p.pos_stat", &["OPEN"])
            ),
            // A sum of decimals is a decimal in a file, too, where a bare zero would be a number beside texts.
            PairsMode::Full | PairsMode::Buy => dialect.add("COALESCE(t.gain_loss_pct_hr, 0)", "0"),
        };
        let sql = format!(
            "SELECT {} FROM mkts m LEFT JOIN trade_perfs t ON {} AND {} LEFT JOIN mkt_checks c ON {}{conditions} \
             ORDER BY {} DESC, m.prod_id",
            columns.join(", "),
            same_product("t"),
            dialect.text_in("t.lta", &["A"]),
            same_product("c"),
            dialect.decimal_order(&first),
        );
        self.records(call("db_pairs_loop_get"), &sql, values).await
    }

    /// Products that can be traded freely and have risen within 24 hours by more than `pct_min` percent, those that rose
    /// most first. Ignored products are among them.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_pairs_loop_top_prc_chg_prod_ids_get(
        &self,
        lmt: Option<u32>,
        pct_min: Decimal,
        quote_curr_symb: Option<&str>,
        min_volume: Option<Decimal>,
    ) -> Result<Vec<String>, Error> {
        const COLUMN: &str = "prc_pct_chg_24h";
        let dialect = self.dialect();
        let conditions = tradable(Conditions::new(dialect), dialect, "").decimal(
            COLUMN,
            ">",
            Some(pct_min.max(Decimal::ZERO)),
        );
        let conditions = of_quote(conditions, dialect, quote_curr_symb);
        self.top_markets(
            call("db_pairs_loop_top_prc_chg_prod_ids_get"),
            with_volume(conditions, min_volume),
            COLUMN,
            lmt,
        )
        .await
    }

    /// Products that can be traded freely and whose volume has changed within 24 hours by more than `pct_min` percent,
    /// largest change first. Ignored products are among them.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_pairs_loop_top_vol_chg_prod_ids_get(
        &self,
        lmt: Option<u32>,
        pct_min: Decimal,
        quote_curr_symb: Option<&str>,
        min_volume: Option<Decimal>,
    ) -> Result<Vec<String>, Error> {
        let dialect = self.dialect();
        let conditions = tradable(Conditions::new(dialect), dialect, "").decimal(
            "vol_pct_chg_24h",
            ">",
            Some(pct_min),
        );
        let conditions = of_quote(conditions, dialect, quote_curr_symb);
        self.top_markets(
            call("db_pairs_loop_top_vol_chg_prod_ids_get"),
            with_volume(conditions, min_volume),
            "vol_pct_chg_24h",
            lmt,
        )
        .await
    }

    /// Products that can be traded freely by the change of their volume within 24 hours, largest first; also those whose
    /// volume fell or is not known. Ignored products are among them. The quote currency is meant by this one name.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_pairs_loop_top_vol_chg_pct_prod_ids_get(
        &self,
        lmt: Option<u32>,
        quote_curr_symb: Option<&str>,
        min_volume: Option<Decimal>,
    ) -> Result<Vec<String>, Error> {
        let dialect = self.dialect();
        let conditions = tradable(Conditions::new(dialect), dialect, "")
            .text("quote_curr_symb", quote_curr_symb);
        self.top_markets(
            call("db_pairs_loop_top_vol_chg_pct_prod_ids_get"),
            with_volume(conditions, min_volume),
            "vol_pct_chg_24h",
            lmt,
        )
        .await
    }

    /// Products that are favourites at the exchange and not ignored, by product id.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_pairs_loop_watched_prod_ids_get(
        &self,
        quote_curr_symb: Option<&str>,
        min_volume: Option<Decimal>,
    ) -> Result<Vec<String>, Error> {
        let dialect = self.dialect();
        let conditions = Conditions::new(dialect)
            .fixed("ignore_tf = 0")
            .fixed("mkt_watched_tf = 1")
            .fixed("prod_id IS NOT NULL");
        let conditions = of_quote(conditions, dialect, quote_curr_symb);
        let (conditions, values) = with_volume(conditions, min_volume).finish();
        let sql = format!(
            "SELECT prod_id FROM mkts{conditions} ORDER BY {}",
            dialect.text("prod_id")
        );
        self.column(call("db_pairs_loop_watched_prod_ids_get"), &sql, values)
            .await
    }

    async fn top_markets(
        &self,
        call: Call,
        conditions: Conditions,
        column: &str,
        lmt: Option<u32>,
    ) -> Result<Vec<String>, Error> {
        let (conditions, mut values) = conditions.fixed("prod_id IS NOT NULL").finish();
        let mut sql = format!(
            "SELECT prod_id FROM mkts{conditions} ORDER BY {} DESC, prod_id",
            self.dialect().decimal(column)
        );
        if let Some(most) = lmt.filter(|most| *most > 0) {
            sql.push_str(" LIMIT ?");
            values.push(Value::from(i64::from(most)));
        }
        self.column(call, &sql, values).await
    }
}

/// A product's quote currency, under any of the names that the exchange has told for it.
fn of_quote(conditions: Conditions, dialect: Dialect, quote: Option<&str>) -> Conditions {
    match quote_names(quote.unwrap_or_default()) {
        [] => conditions.text("quote_curr_symb", quote),
        names => conditions.fixed(dialect.text_in("quote_curr_symb", names)),
    }
}

fn with_volume(conditions: Conditions, min_volume: Option<Decimal>) -> Conditions {
    conditions.decimal(
        "vol_quote_24h",
        ">=",
        min_volume.filter(|volume| !volume.is_zero()),
    )
}
