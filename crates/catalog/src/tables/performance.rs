//! How well a product, and a strategy on it, has done. Both tables are sums over `poss`.

use crate::column::{COUNT, MOMENT, MOMENT_ADDED, MOMENT_TOUCHED, MONEY, UNIX, UNIX_NOW, text};
use crate::table::Table;

/// The three columns of a figure: over all positions, the open ones, the closed ones.
macro_rules! three {
    ($before:literal, $after:literal) => {
        &[
            concat!($before, $after),
            concat!($before, "open_", $after),
            concat!($before, "close_", $after),
        ]
    };
}

pub(super) fn trade_perfs() -> Table {
    let table = Table::new(
        "trade_perfs",
        "Sums over the positions of a product: live, test or all.",
    )
    .columns(text(20), &["base_symb", "quote_symb"])
    .columns(text(50).required(), &["prod_id"])
    .columns(text(10).required(), &["lta"]);
    figures(table)
        .columns(MOMENT, &["last_buy_bo_dttm"])
        .columns(UNIX, &["last_buy_bo_unix"])
        .columns(MOMENT, &["last_buy_pos_dttm"])
        .columns(UNIX, &["last_buy_pos_unix"])
        .columns(MOMENT, &["last_buy_dttm"])
        .columns(UNIX, &["last_buy_unix"])
        .freshness()
        .primary_key(&["prod_id", "lta"])
}

pub(super) fn trade_strat_perfs() -> Table {
    let purpose =
        "Sums over the positions of a strategy and candle length on a product: live, test or all.";
    let table = Table::new("trade_strat_perfs", purpose)
        .columns(text(20), &["base_symb", "quote_symb"])
        .columns(text(50).required(), &["prod_id"])
        .columns(text(10).required(), &["lta"])
        .columns(
            text(50).required(),
            &["buy_strat_type", "buy_strat_name", "buy_strat_freq"],
        );
    let keys = [
        "prod_id",
        "buy_strat_type",
        "buy_strat_name",
        "buy_strat_freq",
    ];
    figures(table)
        .columns(MOMENT, &["last_buy_strat_bo_dttm"])
        .columns(UNIX, &["last_buy_strat_bo_unix"])
        .columns(MOMENT, &["last_buy_strat_pos_dttm"])
        .columns(UNIX, &["last_buy_strat_pos_unix"])
        .columns(MOMENT, &["last_buy_strat_dttm"])
        .columns(UNIX, &["last_buy_strat_unix"])
        .freshness()
        .primary_key(&[
            "prod_id",
            "lta",
            "buy_strat_type",
            "buy_strat_name",
            "buy_strat_freq",
        ])
        .index("idx_tsp_prod", &["prod_id"])
        .index(
            "idx_tsp_prod_lta_day",
            &["prod_id", "lta", "gain_loss_pct_day"],
        )
        .index("idx_tsp_prod_keys", &keys)
        .index("idx_tsp_prod_lastupd", &["prod_id", "last_upd_unix"])
}

/// The figures that both tables have.
fn figures(table: Table) -> Table {
    table
        .columns(COUNT, three!("tot_", "cnt"))
        .columns(COUNT, three!("win_", "cnt"))
        .columns(COUNT, three!("lose_", "cnt"))
        .columns(MONEY, three!("win_", "pct"))
        .columns(MONEY, three!("lose_", "pct"))
        .columns(MONEY, &["age_mins", "age_hours"])
        .columns(MONEY, three!("tot_out_", "cnt"))
        .columns(MONEY, three!("tot_in_", "cnt"))
        .columns(MONEY, three!("buy_fees_", "cnt"))
        .columns(MONEY, three!("sell_fees_", "cnt_tot"))
        .columns(MONEY, three!("fees_", "cnt_tot"))
        .columns(MONEY, three!("buy_", "cnt"))
        .columns(MONEY, three!("sell_", "cnt_tot"))
        .columns(MONEY, three!("hold_", "cnt"))
        .columns(MONEY, three!("pocket_", "cnt"))
        .columns(MONEY, three!("clip_", "cnt"))
        .columns(COUNT, three!("sell_order_", "cnt"))
        .columns(COUNT, three!("sell_order_attempt_", "cnt"))
        .columns(MONEY, three!("val_", "curr"))
        .columns(MONEY, three!("val_", "tot"))
        .columns(MONEY, three!("win_", "amt"))
        .columns(MONEY, three!("lose_", "amt"))
        .columns(MONEY, three!("gain_loss_", "amt"))
        .columns(MONEY, three!("gain_loss_", "amt_net"))
        .columns(MONEY, three!("gain_loss_", "pct"))
        .columns(MONEY, three!("gain_loss_", "pct_hr"))
        .columns(MONEY, three!("gain_loss_", "pct_day"))
}

impl Table {
    /// When the sums were last computed. The derivations are CBTrade's own, defined and never
    /// installed; the procedures that refill the tables write these columns themselves.
    fn freshness(self) -> Self {
        let table = self
            .columns(text(1).or_literal("N"), &["needs_recalc_yn"])
            .columns(text(30), &["last_upd_dttm"])
            .columns(UNIX_NOW, &["last_upd_unix"])
            .columns(MOMENT_ADDED, &["add_dttm"])
            .columns(UNIX, &["add_unix"])
            .columns(MOMENT_TOUCHED, &["dlm"])
            .columns(UNIX, &["dlm_unix"])
            .follows("last_upd_unix", "last_upd_dttm")
            .follows("add_unix", "add_dttm")
            .follows("dlm_unix", "dlm");
        Self {
            derives_in_force: false,
            ..table
        }
    }
}
