//! Which products and strategies have positions.

use cbtrade_core::Decimal;

use super::{OPEN_STATES, call, in_states};
use crate::database::Database;
use crate::error::{Call, Error};
use crate::methods::filter::{ProductFilter, TradeFilter};
use crate::record::record;

record! {
    /// A product that was traded.
    TradedProduct of "" {
        prod_id: Option<String>,
    }
}

record! {
    /// A strategy that traded a product.
    TradedStrategy of "" {
        prod_id: Option<String>,
        buy_strat_type: Option<String>,
        buy_strat_name: Option<String>,
        buy_strat_freq: Option<String>,
    }
}

impl Database {
    /// Products of all positions that are held or being sold, one for each position.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_pairs_loop_poss_open_prod_ids_get(
        &self,
        quote_curr_symb: Option<&str>,
    ) -> Result<Vec<String>, Error> {
        const CALL: Call = call("db_pairs_loop_poss_open_prod_ids_get");
        let (clause, values) = in_states(self.dialect(), OPEN_STATES)
            .fixed("ignore_tf = 0")
            .text("symb", quote_curr_symb)
            .finish();
        let sql = format!("SELECT prod_id FROM poss{clause} ORDER BY pos_id");
        let products: Vec<TradedProduct> = self.records(CALL, &sql, values).await?;
        Ok(products
            .into_iter()
            .filter_map(|product| product.prod_id)
            .collect())
    }

    /// The largest amount spent on one of a product's positions that are held or being sold; 0 for none.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_poss_open_max_trade_size_get(&self, prod_id: &str) -> Result<Decimal, Error> {
        const CALL: Call = call("db_poss_open_max_trade_size_get");
        let dialect = self.dialect();
        let (clause, values) = in_states(dialect, OPEN_STATES)
            .fixed("ignore_tf = 0")
            .with(dialect.text_is("prod_id"), [prod_id.into()])
            .finish();
        let sql = format!("SELECT {} FROM poss{clause}", dialect.max("tot_out_cnt"));
        let Some(mut row) = self.rows(CALL, &sql, values).await?.into_iter().next() else {
            return Ok(Decimal::ZERO);
        };
        let largest: Option<Decimal> = row.take(0).map_err(|source| Error::answer(CALL, source))?;
        Ok(largest.unwrap_or_default())
    }

    /// Products with positions that are not ignored, each once, by product.
    ///
    /// # Errors
    /// The database cannot be reached; an unknown letter in `lta`.
    pub async fn db_prod_ids_traded(
        &self,
        filter: ProductFilter<'_>,
    ) -> Result<Vec<TradedProduct>, Error> {
        const CALL: Call = call("db_prod_ids_traded");
        let filter = TradeFilter::from(filter);
        let (clause, values) = filter.positions(CALL, self.regarded())?.finish();
        let group = self.dialect().text("prod_id");
        let sql = format!("SELECT prod_id FROM poss{clause} GROUP BY {group} ORDER BY {group}");
        self.records(CALL, &sql, values).await
    }

    /// Products and strategies with positions that are not ignored, each once, in the order of the columns.
    ///
    /// # Errors
    /// As [`Database::db_prod_ids_traded`].
    pub async fn db_prod_ids_strats_traded(
        &self,
        filter: TradeFilter<'_>,
    ) -> Result<Vec<TradedStrategy>, Error> {
        const CALL: Call = call("db_prod_ids_strats_traded");
        const COLUMNS: [&str; 4] = [
            "prod_id",
            "buy_strat_type",
            "buy_strat_name",
            "buy_strat_freq",
        ];
        let (clause, values) = filter.positions(CALL, self.regarded())?.finish();
        let group = COLUMNS.map(|column| self.dialect().text(column)).join(", ");
        let sql = format!(
            "SELECT {} FROM poss{clause} GROUP BY {group} ORDER BY {group}",
            COLUMNS.join(", ")
        );
        self.records(CALL, &sql, values).await
    }
}
