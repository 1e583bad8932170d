//! What is spent on positions that are held or being sold.

use cbtrade_core::Decimal;

use super::{OPEN_STATES, call, in_states};
use crate::conditions::Conditions;
use crate::database::Database;
use crate::error::{Call, Error};
use crate::methods::select::percent;
use crate::record::{Record, With, record};

record! {
    /// A quote currency.
    QuoteKey of "" {
        symb: Option<String>,
    }
}

record! {
    /// A product.
    PairKey of "" {
        symb: Option<String>,
        prod_id: Option<String>,
    }
}

record! {
    /// A strategy on a product, with all candle lengths.
    PairStrategyKey of "" {
        symb: Option<String>,
        prod_id: Option<String>,
        buy_strat_type: Option<String>,
        buy_strat_name: Option<String>,
    }
}

record! {
    /// A strategy on a product, with a candle length.
    PairStrategyFreqKey of "" {
        symb: Option<String>,
        prod_id: Option<String>,
        buy_strat_type: Option<String>,
        buy_strat_name: Option<String>,
        buy_strat_freq: Option<String>,
    }
}

record! {
    /// Number and cost of positions, in all and by the strategies' type, with each type's part in percent.
    Spent of "" {
        open_cnt: i64,
        open_up_cnt: i64,
        open_dn_cnt: i64,
        open_up_pct: Option<Decimal>,
        open_dn_pct: Option<Decimal>,
        spent_amt: Option<Decimal>,
        spent_up_amt: Option<Decimal>,
        spent_dn_amt: Option<Decimal>,
        spent_up_pct: Option<Decimal>,
        spent_dn_pct: Option<Decimal>,
    }
}

record! {
    /// What is spent on a base currency, with eight places.
    OpenTradeAmount of "" {
        base_curr_symb: Option<String>,
        open_trade_amt: Option<Decimal>,
    }
}

/// What is spent in a quote currency.
pub type BotSpent = With<QuoteKey, Spent>;
/// What is spent on a product.
pub type PairSpent = With<PairKey, Spent>;
/// What a strategy has spent on a product.
pub type PairStrategySpent = With<PairStrategyKey, Spent>;
/// What a strategy with a candle length has spent on a product.
pub type PairStrategyFreqSpent = With<PairStrategyFreqKey, Spent>;

impl Spent {
    /// Percentages are computed here and not in the query, so that both engines round alike.
    fn with_percentages(mut self) -> Spent {
        let count = |number: i64| Some(Decimal::from_integer(number));
        self.open_up_pct = percent(count(self.open_up_cnt), count(self.open_cnt));
        self.open_dn_pct = percent(count(self.open_dn_cnt), count(self.open_cnt));
        self.spent_up_pct = percent(self.spent_up_amt, self.spent_amt);
        self.spent_dn_pct = percent(self.spent_dn_amt, self.spent_amt);
        self
    }
}

impl Database {
    /// What a strategy with a candle length has spent on a product: the first group in the order of symb, product, type,
    /// name and length. Paper and ignored positions count.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_pair_strat_freq_spent(
        &self,
        prod_id: Option<&str>,
        buy_strat_type: Option<&str>,
        buy_strat_name: Option<&str>,
        buy_strat_freq: Option<&str>,
    ) -> Result<Option<PairStrategyFreqSpent>, Error> {
        const CALL: Call = call("db_pair_strat_freq_spent");
        let conditions = in_states(self.dialect(), OPEN_STATES)
            .text("prod_id", prod_id)
            .text("buy_strat_type", buy_strat_type)
            .text("buy_strat_name", buy_strat_name)
            .text("buy_strat_freq", buy_strat_freq);
        let groups = self.spent(CALL, conditions, " LIMIT 1").await?;
        Ok(groups.into_iter().next())
    }

    /// What a strategy has spent on a product: the first group in the order of symb, product, type and name. Paper and
    /// ignored positions count.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_pair_strat_spent(
        &self,
        prod_id: Option<&str>,
        buy_strat_type: Option<&str>,
        buy_strat_name: Option<&str>,
    ) -> Result<Option<PairStrategySpent>, Error> {
        const CALL: Call = call("db_pair_strat_spent");
        let conditions = in_states(self.dialect(), OPEN_STATES)
            .text("prod_id", prod_id)
            .text("buy_strat_type", buy_strat_type)
            .text("buy_strat_name", buy_strat_name);
        let groups = self.spent(CALL, conditions, " LIMIT 1").await?;
        Ok(groups.into_iter().next())
    }

    /// What is spent on live positions that are not ignored, by quote currency.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_bot_spent(
        &self,
        quote_curr_symb: Option<&str>,
    ) -> Result<Vec<BotSpent>, Error> {
        const CALL: Call = call("db_bot_spent");
        let conditions = in_states(self.dialect(), OPEN_STATES)
            .fixed("ignore_tf = 0")
            .text("test_txn_yn", Some("N"))
            .text("symb", quote_curr_symb);
        self.spent(CALL, conditions, "").await
    }

    /// What is spent on live positions, ignored ones among them, by product.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_pair_spent(&self, prod_id: Option<&str>) -> Result<Vec<PairSpent>, Error> {
        const CALL: Call = call("db_pair_spent");
        let conditions = in_states(self.dialect(), OPEN_STATES)
            .text("test_txn_yn", Some("N"))
            .text("prod_id", prod_id);
        self.spent(CALL, conditions, "").await
    }

    /// What is spent on live positions, ignored ones among them, by base currency.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_open_trade_amts_get(&self) -> Result<Vec<OpenTradeAmount>, Error> {
        const CALL: Call = call("db_open_trade_amts_get");
        let dialect = self.dialect();
        let (clause, values) = in_states(dialect, OPEN_STATES)
            .text("test_txn_yn", Some("N"))
            .finish();
        let group = dialect.text("base_curr_symb");
        let sql = format!(
            "SELECT base_curr_symb, {} FROM poss{clause} GROUP BY {group} ORDER BY {group}",
            dialect.sum("tot_out_cnt")
        );
        let mut amounts: Vec<OpenTradeAmount> = self.records(CALL, &sql, values).await?;
        for amount in &mut amounts {
            amount.open_trade_amt = amount.open_trade_amt.map(|number| number.round(8));
        }
        Ok(amounts)
    }

    /// Number and cost of positions, grouped and ordered by the columns of `K`.
    async fn spent<K: Record>(
        &self,
        call: Call,
        conditions: Conditions,
        limit: &str,
    ) -> Result<Vec<With<K, Spent>>, Error> {
        let dialect = self.dialect();
        let of_type = |word: &str, value: &str| {
            let is = dialect.text_in("buy_strat_type", &[word]);
            format!("CASE WHEN {is} THEN {value} ELSE 0 END")
        };
        let keys = K::COLUMNS.join(", ");
        let groups: Vec<String> = K::COLUMNS.iter().map(|key| dialect.text(key)).collect();
        let group = groups.join(", ");
        let (clause, values) = conditions.finish();
        let sql = format!(
            "SELECT {keys}, COUNT(*), SUM({}), SUM({}), NULL, NULL, {}, {}, {}, NULL, NULL \
             FROM poss{clause} GROUP BY {group} ORDER BY {group}{limit}",
            of_type("up", "1"),
            of_type("dn", "1"),
            dialect.sum("tot_out_cnt"),
            dialect.sum(&of_type("up", "tot_out_cnt")),
            dialect.sum(&of_type("dn", "tot_out_cnt")),
        );
        let groups: Vec<With<K, Spent>> = self.records(call, &sql, values).await?;
        Ok(groups
            .into_iter()
            .map(|group| With {
                row: group.row,
                extra: group.extra.with_percentages(),
            })
            .collect())
    }
}
