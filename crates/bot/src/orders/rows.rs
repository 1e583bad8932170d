//! Figures as rows, and rows as figures: the one place that knows which column is which.

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_database::{BuyOrder, Changes, Position, SellOrder, columns};
use cbtrade_exchange::Product;

use super::meant::Meant;
use crate::decide::{
    BuyFill, DecideError, Figures, Holding, SellFill, close_position, open_position, paper_buy,
    slippage_pct,
};

/// The end of an order.
#[derive(Debug, Clone)]
pub(super) struct Trade {
    /// When it was filled last, or ended.
    pub(super) end: Timestamp,
    /// `FILL`, `CANC` or `ERR`.
    pub(super) state: &'static str,
    /// What the venue says of its end, where it was not simply filled.
    pub(super) reason: String,
}

/// The row of a buy order that the venue has taken.
pub(super) fn placed_buy(
    meant: &Meant<'_>,
    product: &Product,
    order_id: &str,
) -> Changes<BuyOrder> {
    use columns::buy_ords as column;
    // The fee is not known before the fills; the estimate assumes what estimates always did.
    let count = paper_buy(meant.quote_size.unwrap_or_default(), meant.price_estimate)
        .map_or(Decimal::ZERO, |fill| fill.base_cnt);
    let [kind, name, interval] = meant.mark.map(Option::unwrap_or_default);
    Changes::new()
        .set(column::test_txn_yn, yes_no(meant.is_test))
        .set(column::base_symb, product.base_currency.as_str())
        .set(column::symb, product.quote_currency.as_str())
        .set(column::prod_id, meant.prod_id)
        .set(column::mkt_name, meant.prod_id)
        .set(column::mkt_venue, product.venue.as_str())
        .set(column::buy_order_uuid, order_id)
        .set(column::buy_client_order_id, meant.client_order_id)
        .set(column::pos_type, "SPOT")
        .set(column::ord_stat, "OPEN")
        .set(column::buy_strat_type, kind)
        .set(column::buy_strat_name, name)
        .set(column::buy_strat_freq, interval)
        .set(column::buy_curr_symb, product.base_currency.as_str())
        .set(column::spend_curr_symb, product.quote_currency.as_str())
        .set(column::fees_curr_symb, product.quote_currency.as_str())
        .set(column::buy_cnt_est, count)
        .set(column::prc_buy_est, meant.price_estimate)
        .set(column::buy_begin_dttm, meant.begin)
}

/// The row of a sell order that the venue has taken.
pub(super) fn placed_sale(
    meant: &Meant<'_>,
    product: &Product,
    order_id: &str,
) -> Changes<SellOrder> {
    use columns::sell_ords as column;
    let [kind, name, interval] = meant.mark.map(Option::unwrap_or_default);
    Changes::new()
        .set(column::test_txn_yn, yes_no(meant.is_test))
        .set(column::base_symb, product.base_currency.as_str())
        .set(column::symb, product.quote_currency.as_str())
        .set(column::prod_id, meant.prod_id)
        .set(column::mkt_name, meant.prod_id)
        .set(column::mkt_venue, product.venue.as_str())
        .set(column::pos_id, meant.pos_id)
        .set(column::sell_order_uuid, order_id)
        .set(column::sell_client_order_id, meant.client_order_id)
        .set(column::pos_type, "SPOT")
        .set(column::ord_stat, "OPEN")
        .set(column::sell_strat_type, kind)
        .set(column::sell_strat_name, name)
        .set(column::sell_strat_freq, interval)
        .set(column::sell_curr_symb, product.base_currency.as_str())
        .set(column::recv_curr_symb, product.quote_currency.as_str())
        .set(column::fees_curr_symb, product.quote_currency.as_str())
        .set(column::sell_cnt_est, meant.base_size)
        .set(column::prc_sell_est, meant.price_estimate)
        .set(column::sell_begin_dttm, meant.begin)
}

/// The columns of a buy order at its end.
pub(super) fn bought(
    fill: Option<&BuyFill>,
    trade: &Trade,
) -> Result<Changes<BuyOrder>, DecideError> {
    use columns::buy_ords as column;
    let mut row = Changes::new()
        .set(column::ord_stat, trade.state)
        .set(column::buy_end_dttm, trade.end);
    if !trade.reason.is_empty() {
        row = row.set(column::reason, trade.reason.as_str());
    }
    let Some(fill) = fill else {
        return Ok(row);
    };
    let (opened, _) = open_position(fill)?;
    Ok(row
        .set(column::buy_cnt_act, fill.base_cnt)
        .set(column::fees_cnt_act, fill.fee_amt)
        .set(column::tot_out_cnt, fill.spent_amt)
        .set(column::prc_buy_act, fill.prc_fill)
        .set(column::tot_prc_buy, opened.prc_buy)
        .set(
            column::prc_buy_slip_pct,
            slippage_pct(fill.prc_fill, fill.prc_estimate)?,
        ))
}

/// The columns of a sell order at its end.
pub(super) fn sold(
    fill: Option<&SellFill>,
    trade: &Trade,
) -> Result<Changes<SellOrder>, DecideError> {
    use columns::sell_ords as column;
    let mut row = Changes::new()
        .set(column::ord_stat, trade.state)
        .set(column::sell_end_dttm, trade.end);
    if !trade.reason.is_empty() {
        row = row.set(column::reason, trade.reason.as_str());
    }
    let Some(fill) = fill else {
        return Ok(row);
    };
    let net = fill
        .received_amt
        .checked_div(fill.base_cnt)
        .ok_or(DecideError::OutOfRange {
            what: "prc_sell_tot",
        })?
        .round(8);
    Ok(row
        .set(column::sell_cnt_act, fill.base_cnt)
        .set(column::fees_cnt_act, fill.fee_amt)
        .set(column::tot_in_cnt, fill.received_amt)
        .set(column::prc_sell_act, fill.prc_fill)
        .set(column::prc_sell_tot, net)
        .set(
            column::prc_sell_slip_pct,
            slippage_pct(fill.prc_fill, fill.prc_estimate)?,
        ))
}

/// A new position.
pub(super) fn opened(
    meant: &Meant<'_>,
    product: &Product,
    fill: &BuyFill,
    trade: &Trade,
) -> Result<Changes<Position>, DecideError> {
    use columns::poss as column;
    let (holding, figures) = open_position(fill)?;
    let [kind, name, interval] = meant.mark;
    let row = held(Changes::new(), &holding)
        .set(column::test_txn_yn, yes_no(meant.is_test))
        .set(column::base_symb, product.base_currency.as_str())
        .set(column::symb, product.quote_currency.as_str())
        .set(column::prod_id, meant.prod_id)
        .set(column::mkt_name, meant.prod_id)
        .set(column::mkt_venue, product.venue.as_str())
        .set(column::pos_type, "SPOT")
        .set(column::pos_stat, "OPEN")
        .set(column::pos_begin_dttm, trade.end)
        .set(column::buy_strat_type, kind)
        .set(column::buy_strat_name, name)
        .set(column::buy_strat_freq, interval)
        .set(column::buy_curr_symb, product.base_currency.as_str())
        .set(column::spend_curr_symb, product.quote_currency.as_str())
        .set(column::sell_curr_symb, product.base_currency.as_str())
        .set(column::recv_curr_symb, product.quote_currency.as_str())
        .set(column::fees_curr_symb, product.quote_currency.as_str())
        .set(column::base_curr_symb, product.base_currency.as_str())
        .set(column::base_size_incr, product.base_increment)
        .set(column::base_size_min, product.base_size_min)
        .set(column::base_size_max, product.base_size_max)
        .set(column::quote_curr_symb, product.quote_currency.as_str())
        .set(column::quote_size_incr, product.quote_increment)
        .set(column::quote_size_min, product.quote_size_min)
        .set(column::quote_size_max, product.quote_size_max)
        .set(column::reason, meant.reason);
    Ok(moving(row, &figures))
}

/// A position after a sale. It is closed by the sale that sells what was wanted, or the last of it; what was held back stays as pocket or
/// clip. A sale that was filled in part only leaves it open with the rest.
pub(super) fn reduced(
    position: &Position,
    fill: &SellFill,
    meant: &Meant<'_>,
    trade: &Trade,
) -> Result<Changes<Position>, DecideError> {
    use columns::poss as column;
    let pct = |value: Option<Decimal>| value.unwrap_or_default();
    let closing = close_position(
        &holding_of(position),
        &figures_of(position),
        fill,
        pct(position.pocket_pct),
        pct(position.clip_pct),
    )?;
    // Of more than one order may hold, the rest is sold by the next.
    let is_largest = position
        .base_size_max
        .is_some_and(|most| most > Decimal::ZERO && fill.base_cnt >= most);
    let wanted = meant.base_size.unwrap_or(fill.base_cnt);
    let is_whole = closing.holding.hold_cnt.is_zero() || (fill.base_cnt >= wanted && !is_largest);
    let mut after = closing.holding;
    if !is_whole {
        (after.pocket_cnt, after.clip_cnt) = (Decimal::ZERO, Decimal::ZERO);
    }
    let count = position.sell_order_cnt.unwrap_or_default() + 1;
    let mut row = moving(held(Changes::new(), &after), &closing.figures)
        .set(column::prc_sell_avg, closing.prc_sell_avg)
        .set(column::gain_loss_amt_net, closing.gain_amt_net)
        .set(column::sell_order_cnt, count)
        .set(column::pos_stat, if is_whole { "CLOSE" } else { "OPEN" });
    if is_whole {
        let [kind, name, interval] = meant.mark.map(Option::unwrap_or_default);
        row = row
            .set(column::pos_end_dttm, trade.end)
            .set(column::sell_strat_type, kind)
            .set(column::sell_strat_name, name)
            .set(column::sell_strat_freq, interval);
        if let Some(age) = age_minutes(position, trade.end) {
            row = row.set(column::age_mins, age);
        }
    }
    Ok(row)
}

/// Minutes since a position began, by the venue's clock.
pub(crate) fn age_minutes(position: &Position, now: Timestamp) -> Option<i64> {
    let begin = position.pos_begin_dttm?;
    Some(now.seconds_since(begin).max(0) / 60)
}

/// The columns that a look at an open position writes.
pub(crate) fn refreshed(
    position: &Position,
    figures: &Figures,
    now: Timestamp,
) -> Changes<Position> {
    use columns::poss as column;
    let mut row = moving(Changes::new(), figures)
        .set(column::pos_id, position.pos_id)
        .set(column::check_last_dttm, now);
    if let Some(age) = age_minutes(position, now) {
        row = row.set(column::age_mins, age);
    }
    row
}

fn held(row: Changes<Position>, holding: &Holding) -> Changes<Position> {
    use columns::poss as column;
    row.set(column::prc_buy, holding.prc_buy)
        .set(column::buy_cnt, holding.buy_cnt)
        .set(column::hold_cnt, holding.hold_cnt)
        .set(column::tot_out_cnt, holding.spent_amt)
        .set(column::tot_in_cnt, holding.received_amt)
        .set(column::fees_cnt_tot, holding.fee_amt)
        .set(column::buy_fees_cnt, holding.buy_fee_amt)
        .set(column::sell_fees_cnt_tot, holding.sell_fee_amt)
        .set(column::sell_cnt_tot, holding.sell_cnt)
        .set(column::pocket_cnt, holding.pocket_cnt)
        .set(column::clip_cnt, holding.clip_cnt)
}

fn moving(row: Changes<Position>, figures: &Figures) -> Changes<Position> {
    use columns::poss as column;
    row.set(column::prc_curr, figures.prc_curr)
        .set(column::prc_high, figures.prc_high)
        .set(column::prc_low, figures.prc_low)
        .set(column::prc_chg_pct, figures.gain_pct)
        .set(column::prc_chg_pct_high, figures.gain_pct_high)
        .set(column::prc_chg_pct_low, figures.gain_pct_low)
        .set(column::prc_chg_pct_drop, figures.gain_pct_drop)
        .set(column::val_curr, figures.held_amt)
        .set(column::val_tot, figures.total_amt)
        .set(column::gain_loss_amt, figures.gain_amt)
        .set(column::gain_loss_amt_est, figures.gain_amt_est)
        .set(column::gain_loss_amt_est_high, figures.gain_amt_est_high)
        .set(column::gain_loss_amt_est_low, figures.gain_amt_est_low)
        .set(column::gain_loss_pct, figures.result_pct)
        .set(column::gain_loss_pct_est, figures.result_pct_est)
        .set(column::gain_loss_pct_est_high, figures.result_pct_est_high)
        .set(column::gain_loss_pct_est_low, figures.result_pct_est_low)
}

/// What a position holds and has cost.
pub(crate) fn holding_of(position: &Position) -> Holding {
    let number = |value: Option<Decimal>| value.unwrap_or_default();
    Holding {
        prc_buy: number(position.prc_buy),
        buy_cnt: number(position.buy_cnt),
        hold_cnt: number(position.hold_cnt),
        spent_amt: number(position.tot_out_cnt),
        received_amt: number(position.tot_in_cnt),
        fee_amt: number(position.fees_cnt_tot),
        buy_fee_amt: number(position.buy_fees_cnt),
        sell_fee_amt: number(position.sell_fees_cnt_tot),
        sell_cnt: number(position.sell_cnt_tot),
        pocket_cnt: number(position.pocket_cnt),
        clip_cnt: number(position.clip_cnt),
    }
}

/// A position's figures as of the last look.
pub(crate) fn figures_of(position: &Position) -> Figures {
    let number = |value: Option<Decimal>| value.unwrap_or_default();
    Figures {
        prc_curr: number(position.prc_curr),
        prc_high: number(position.prc_high),
        prc_low: number(position.prc_low),
        gain_pct: number(position.prc_chg_pct),
        gain_pct_high: number(position.prc_chg_pct_high),
        gain_pct_low: number(position.prc_chg_pct_low),
        gain_pct_drop: number(position.prc_chg_pct_drop),
        held_amt: number(position.val_curr),
        total_amt: number(position.val_tot),
        gain_amt: number(position.gain_loss_amt),
        gain_amt_est: number(position.gain_loss_amt_est),
        gain_amt_est_high: number(position.gain_loss_amt_est_high),
        gain_amt_est_low: number(position.gain_loss_amt_est_low),
        result_pct: number(position.gain_loss_pct),
        result_pct_est: number(position.gain_loss_pct_est),
        result_pct_est_high: number(position.gain_loss_pct_est_high),
        result_pct_est_low: number(position.gain_loss_pct_est_low),
    }
}

fn yes_no(yes: bool) -> &'static str {
    if yes { "Y" } else { "N" }
}
