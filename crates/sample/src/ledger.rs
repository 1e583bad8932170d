//! The rows of positions.

use crate::Error;
use crate::candle::text;
use crate::coin::QUOTE;
use crate::market::Market;
use crate::order::VENUE;
use crate::position::{Position, State};
use crate::store::{Store, insert};
use crate::strategy::Strategy;

/// Writes a position as it stands, over the row that it may have already.
pub(crate) fn write_position(
    store: &Store,
    market: &Market,
    strategy: &Strategy,
    position: &Position,
) -> Result<(), Error> {
    let (p, coin) = (position, &market.coin);
    let begin = text(p.begin);
    let end = p.end.map(text);
    let touched = p.end.unwrap_or(p.checked);
    let touched_text = text(touched);
    let exit = p.exit.as_ref();
    let reason = match p.state {
        State::Error => Some("sell aborted: less in the wallet than in the book".to_owned()),
        _ => exit
            .and_then(|exit| exit.name)
            .map(|name| format!("{name} at {:.2} %", p.gain_loss_pct_est)),
    };
    let sold = exit.is_some();
    insert! { store, "INSERT OR REPLACE", "poss", {
        pos_id: p.pos_id, test_txn_yn: p.test_letter(), base_symb: coin.symbol, symb: QUOTE,
        prod_id: market.product_id, pos_stat: p.state.name(), tot_out_cnt: p.tot_out_cnt,
        tot_in_cnt: p.tot_in_cnt, buy_fees_cnt: p.buy_fees_cnt, sell_fees_cnt_tot: p.sell_fees_cnt_tot,
        fees_cnt_tot: p.fees_cnt_tot, buy_cnt: p.buy_cnt, sell_cnt_tot: p.sell_cnt_tot,
        hold_cnt: p.hold_cnt, pocket_cnt: p.pocket_cnt, clip_cnt: p.clip_cnt, pocket_pct: p.pocket_pct,
        clip_pct: p.clip_pct, sell_order_cnt: p.sell_order_cnt,
        sell_order_attempt_cnt: p.sell_order_attempt_cnt, prc_buy: p.prc_buy, prc_curr: p.prc_curr,
        prc_high: p.prc_high, prc_low: p.prc_low, prc_chg_pct: p.prc_chg_pct,
        prc_chg_pct_high: p.prc_chg_pct_high, prc_chg_pct_low: p.prc_chg_pct_low,
        prc_chg_pct_drop: p.prc_chg_pct_drop, prc_sell_avg: p.prc_sell_avg, val_curr: p.val_curr,
        val_tot: p.val_tot, gain_loss_amt_est: p.gain_loss_amt_est,
        gain_loss_amt_est_high: p.gain_loss_amt_est_high, gain_loss_amt_est_low: p.gain_loss_amt_est_low,
        gain_loss_amt: p.gain_loss_amt, gain_loss_amt_net: p.gain_loss_amt_net,
        gain_loss_pct_est: p.gain_loss_pct_est, gain_loss_pct_est_high: p.gain_loss_pct_est_high,
        gain_loss_pct_est_low: p.gain_loss_pct_est_low, gain_loss_pct: p.gain_loss_pct,
        buy_strat_type: strategy.kind, buy_strat_name: strategy.name, buy_strat_freq: strategy.frequency,
        sell_strat_type: exit.and_then(|exit| exit.kind), sell_strat_name: exit.and_then(|exit| exit.name),
        sell_strat_freq: exit.and_then(|exit| exit.frequency), bo_id: p.bo_id, bo_uuid: p.bo_uuid,
        buy_curr_symb: coin.symbol, spend_curr_symb: QUOTE, sell_curr_symb: coin.symbol,
        recv_curr_symb: QUOTE, fees_curr_symb: QUOTE, base_curr_symb: coin.symbol,
        base_size_incr: coin.size_step, base_size_min: coin.size_min, base_size_max: coin.size_min * 1e9,
        quote_curr_symb: QUOTE, quote_size_incr: coin.price_step, quote_size_min: 1.0,
        quote_size_max: 1e7, sell_yn: if sold { "Y" } else { "N" }, hodl_yn: if sold { "N" } else { "Y" },
        sell_block_yn: "N", sell_force_yn: "N", force_sell_tf: 0, ignore_tf: i64::from(p.is_ignored()),
        error_tf: i64::from(p.is_ignored()), reason: reason, mkt_name: market.product_id,
        mkt_venue: VENUE, pos_type: "SPOT", buy_asset_type: "coin", pos_begin_dttm: begin,
        pos_end_dttm: end, pos_begin_unix: p.begin, pos_end_unix: p.end.unwrap_or(0),
        age_mins: p.age_minutes(), check_mkt_dttm: touched_text, check_mkt_unix: touched,
        check_last_dttm: touched_text, check_last_unix: touched, add_dttm: begin, add_unix: p.begin,
        dlm: touched_text, dlm_unix: touched,
    } }
}
