//! Every method, called with what bots typically ask.

use std::pin::Pin;

use cbtrade_core::Decimal;
use cbtrade_database::{
    Changes, Database, Error, Operation, Position, ProductFilter, StrategyPerformance, TradeFilter,
    TradePerformance, columns,
};

type Running<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>;

/// A call of a method.
pub(crate) struct Listed {
    /// The method.
    pub(crate) name: &'static str,
    /// What is asked, where there are several calls of a method.
    pub(crate) asked: &'static str,
    pub(crate) call: for<'a> fn(&'a Database) -> Running<'a>,
}

macro_rules! calls {
    ($($(#[doc = $asked:literal])? $name:ident ($($argument:expr),* $(,)?);)*) => {
        vec![$(
            Listed {
                name: stringify!($name),
                asked: concat!($($asked)?),
                call: |database| Box::pin(async move {
                    database.$name($($argument),*).await.map(|_| ())
                }),
            }
        ),*]
    };
}

const PRODUCT: &str = "COIN007-USDC";
const QUOTE: Option<&str> = Some("USDC");
/// A position of the history, held since long.
const POSITION: i64 = 123_456;

fn of_product() -> TradeFilter<'static> {
    TradeFilter {
        prod_id: Some(PRODUCT),
        ..TradeFilter::default()
    }
}

fn of_strategy() -> TradeFilter<'static> {
    TradeFilter {
        buy_strat_type: Some("up"),
        buy_strat_name: Some("sha"),
        buy_strat_freq: Some("15min"),
        ..of_product()
    }
}

fn live() -> TradeFilter<'static> {
    TradeFilter {
        lta: Some("L"),
        ..TradeFilter::default()
    }
}

fn product() -> ProductFilter<'static> {
    ProductFilter {
        prod_id: Some(PRODUCT),
        ..ProductFilter::default()
    }
}

fn position() -> Changes<Position> {
    Changes::new()
        .set(columns::poss::pos_id, POSITION)
        .set(columns::poss::note1, "seen")
}

/// All calls.
pub(crate) fn calls() -> Vec<Listed> {
    let mut list = positions();
    list.extend(reports());
    list.extend(performances());
    list.extend(own());
    list
}

fn positions() -> Vec<Listed> {
    calls! {
        /// by number
        db_poss_get(TradeFilter::default(), Some(POSITION), None);
        /// by product
        db_poss_get(of_product(), None, None);
        /// by product and state
        db_poss_get(of_product(), None, Some("OPEN"));
        /// by strategy
        db_poss_get(of_strategy(), None, None);
        /// by state
        db_poss_get(TradeFilter::default(), None, Some("OPEN"));
        db_poss_open_recent_get(live(), Some(15));
        /// live
        db_poss_close_recent_get(Some(15), Some("N"));
        /// all
        db_poss_close_recent_get(Some(15), None);
        db_poss_open_get_by_prod_id(PRODUCT);
        db_poss_open_max_trade_size_get(PRODUCT);
        db_poss_check_last_dttm_get(POSITION);
        db_poss_check_last_dttm_upd(POSITION);
        db_mkt_strat_elapsed_get(PRODUCT, "up", "sha", "15min", Some("N"));
        db_pairs_loop_poss_open_prod_ids_get(QUOTE);
        /// all
        db_prod_ids_traded(ProductFilter::default());
        /// of a product
        db_prod_ids_traded(product());
        /// all
        db_prod_ids_strats_traded(TradeFilter::default());
        /// of a product
        db_prod_ids_strats_traded(of_product());
        db_pair_strat_freq_spent(Some(PRODUCT), Some("up"), Some("sha"), Some("15min"));
        db_pair_strat_spent(Some(PRODUCT), Some("up"), Some("sha"));
        db_bot_spent(QUOTE);
        /// of a product
        db_pair_spent(Some(PRODUCT));
        /// all
        db_pair_spent(None);
        db_open_trade_amts_get();
        db_sell_double_check(POSITION);
        db_sell_double_check_optimized(POSITION);
        db_poss_sell_order_problems_get();
        /// all
        db_sell_ords_problems_get(None);
        /// of a product
        db_sell_ords_problems_get(Some(PRODUCT));
        /// by number
        db_poss_insupd(&position());
        /// by its order
        db_poss_insupd(&Changes::new().set(columns::poss::bo_uuid, "seed-buy-77").set(columns::poss::note1, "seen"));
        db_poss_err_upd(POSITION, "ERR");
        db_poss_upd(&position());
        db_poss_upd_sell(&position());
        db_poss_upd_close(&position());
    }
}

fn reports() -> Vec<Listed> {
    calls! {
        db_closed_overview_recent_test(TradeFilter::default(), Some(15));
        db_closed_overview_recent_live(TradeFilter::default(), Some(15));
        db_open_overview(TradeFilter::default(), Some(15));
        db_closed_overview(TradeFilter::default(), Some(15));
        db_strats_w_stats_get_all();
        db_strats_perf_get_all(None, None, None);
        /// live
        db_poss_closed_recent_get(live(), Some(15));
        /// all
        db_poss_closed_recent_get(TradeFilter::default(), Some(15));
        /// all
        db_poss_open_get(ProductFilter::default(), false, false);
        /// of a product
        db_poss_open_get(product(), false, true);
    }
}

fn performances() -> Vec<Listed> {
    calls! {
        /// of a product
        db_trade_perfs_get(product(), 0);
        /// all
        db_trade_perfs_get(ProductFilter::default(), 5);
        db_trade_perfs_recalc_single(PRODUCT, "A");
        db_trade_perfs_recalc(PRODUCT, None);
        sp_trade_perfs_recalc(Some(PRODUCT), None);
        db_trade_perfs_insupd(
            &Changes::<TradePerformance>::new()
                .set(columns::trade_perfs::prod_id, PRODUCT)
                .set(columns::trade_perfs::lta, "A")
                .set(columns::trade_perfs::needs_recalc_yn, "Y")
        );
        trade_perfs_flag_upd(PRODUCT, None);
        db_pairs_loop_top_perfs_prod_ids_get(Some(7), Decimal::ZERO, QUOTE);
        db_pairs_loop_top_gains_prod_ids_get(Some(4), Decimal::ZERO, QUOTE);
        /// of a product
        db_trade_strat_perfs_get(of_product(), 0);
        /// of a strategy
        db_trade_strat_perfs_get(of_strategy(), 0);
        db_trade_strat_perfs_recalc_single(PRODUCT, "up", "sha", "15min", "A");
        db_trade_strat_perfs_recalc(PRODUCT, "up", "sha", "15min", None);
        sp_trade_strat_perfs_recalc(of_strategy());
        db_trade_strat_perfs_insupd(
            &Changes::<StrategyPerformance>::new()
                .set(columns::trade_strat_perfs::prod_id, PRODUCT)
                .set(columns::trade_strat_perfs::buy_strat_type, "up")
                .set(columns::trade_strat_perfs::buy_strat_name, "sha")
                .set(columns::trade_strat_perfs::buy_strat_freq, "15min")
                .set(columns::trade_strat_perfs::lta, "A")
                .set(columns::trade_strat_perfs::needs_recalc_yn, "Y")
        );
        trade_strat_perfs_flag_upd(PRODUCT, "up", "sha", "15min", None);
    }
}

/// What the layer asks for itself.
fn own() -> Vec<Listed> {
    calls! {
        db_process_figures_write();
        db_process_figures_get();
        db_operations_cleanup();
        db_operation_outcome(Operation::new());
        db_schema_version();
        db_schema_check();
        require_schema();
        table_cols("poss");
    }
}
