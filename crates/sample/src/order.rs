//! Orders: what they bring, and their rows in the bots' books and in the exchange's.

use cbtrade_core::Random;

use crate::Error;
use crate::candle::text;
use crate::coin::{Coin, QUOTE, round_price};
use crate::market::Market;
use crate::position::{CLIP_PERCENT, Exit, POCKET_PERCENT, Position, Purchase, Sale};
use crate::store::{Store, insert};
use crate::strategy::Strategy;

/// The venue's fee for orders that take what is offered, by how much was traded the month before.
const FEE_RATES: [f64; 4] = [0.006, 0.004, 0.0025, 0.0075];
/// The fee that paper orders reckon with.
const PAPER_FEE_RATE: f64 = 0.004;
const MONTH_SECONDS: i64 = 30 * 86_400;

pub(crate) fn fee_rate(time: i64) -> f64 {
    let month = usize::try_from(time / MONTH_SECONDS).unwrap_or_default();
    FEE_RATES[month % FEE_RATES.len()]
}

/// An order as it went: estimated, filled, and when.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Order {
    /// `bo_id` or `so_id`.
    pub(crate) id: i64,
    pub(crate) uuid: String,
    pub(crate) client_uuid: String,
    pub(crate) test: bool,
    pub(crate) begin: i64,
    pub(crate) end: i64,
    pub(crate) cnt_est: f64,
    pub(crate) prc_est: f64,
    /// What was traded at; both zero if nothing was.
    pub(crate) prc_fill: f64,
    pub(crate) slip: f64,
}

/// What spending `size` dollars brings.
pub(crate) fn buy(
    market: &Market,
    chance: &mut Random,
    size: f64,
    test: bool,
    time: i64,
) -> (Purchase, f64) {
    let ask = market.ask();
    if test {
        let bought = Purchase {
            cnt: size * 0.996 / ask,
            fees: size * PAPER_FEE_RATE / ask,
            tot_out: size,
            prc_buy: ask,
            prc_fill: ask,
        };
        return (bought, 0.0);
    }
    let rate = fee_rate(time);
    let fill = ask * (1.0 + 0.0003 * chance.normal());
    let cnt = market.coin.size_at_step(size / (1.0 + rate) / fill);
    let value = cnt * fill;
    let fees = value * rate;
    let tot_out = value + fees;
    let prc_buy = round_price(tot_out / cnt);
    (
        Purchase {
            cnt,
            fees,
            tot_out,
            prc_buy,
            prc_fill: fill,
        },
        (fill - ask) / ask,
    )
}

/// What selling a position brings: amount estimated, price estimated, the sale, the price it was
/// traded at, and by how many percent that differs.
pub(crate) fn sell(
    market: &Market,
    chance: &mut Random,
    position: &Position,
    time: i64,
) -> (f64, f64, Sale, f64, f64) {
    let bid = market.bid();
    let held = position.hold_cnt;
    if position.test {
        let tot_in = held * bid * 0.996;
        let fees = held * bid * PAPER_FEE_RATE;
        return (
            held,
            bid,
            Sale {
                cnt: held,
                fees,
                tot_in,
                prc_sell: bid,
            },
            bid,
            0.0,
        );
    }
    let cnt = size_to_sell(&market.coin, position);
    let fill = bid * (1.0 + 0.0003 * chance.normal());
    let value = cnt * fill;
    let fees = value * fee_rate(time);
    let tot_in = value - fees;
    let sale = Sale {
        cnt,
        fees,
        tot_in,
        prc_sell: tot_in / cnt,
    };
    (cnt, bid, sale, fill, (fill - bid) / bid * 100.0)
}

/// A part of the gain is kept as coins ("pocket"), and a part of a loss ("clip").
fn size_to_sell(coin: &Coin, position: &Position) -> f64 {
    let held = position.hold_cnt;
    let change = position.prc_chg_pct;
    let kept = if change > 0.0 {
        held * (POCKET_PERCENT / 100.0) * (change / 100.0)
    } else {
        held * (CLIP_PERCENT / 100.0) * (change.abs() / 100.0)
    };
    coin.size_at_step(held - kept)
}

/// A buy order's row. Without a purchase it failed.
pub(crate) fn write_buy_order(
    store: &Store,
    market: &Market,
    strategy: &Strategy,
    order: &Order,
    bought: Option<&Purchase>,
) -> Result<(), Error> {
    let (begin, end) = (text(order.begin), text(order.end));
    let state = if bought.is_some() { "FILL" } else { "ERR" };
    let reason = bought.is_none().then_some("venue: INSUFFICIENT_FUND");
    let act = bought.copied().unwrap_or(Purchase {
        cnt: 0.0,
        fees: 0.0,
        tot_out: 0.0,
        prc_buy: 0.0,
        prc_fill: 0.0,
    });
    insert! { store, "INSERT", "buy_ords", {
        bo_id: order.id, test_txn_yn: yes_no(order.test), base_symb: market.coin.symbol, symb: QUOTE,
        prod_id: market.product_id, mkt_name: market.product_id, mkt_venue: VENUE,
        buy_order_uuid: order.uuid, buy_client_order_id: order.client_uuid, pos_type: "SPOT",
        ord_stat: state, buy_strat_type: strategy.kind, buy_strat_name: strategy.name,
        buy_strat_freq: strategy.frequency, buy_asset_type: "coin", buy_curr_symb: market.coin.symbol,
        spend_curr_symb: QUOTE, fees_curr_symb: QUOTE, buy_cnt_est: order.cnt_est,
        buy_cnt_act: act.cnt, fees_cnt_act: act.fees, tot_out_cnt: act.tot_out,
        prc_buy_est: order.prc_est, prc_buy_act: act.prc_fill, tot_prc_buy: act.prc_buy,
        prc_buy_slip_pct: order.slip, ignore_tf: 0, reason: reason,
        buy_begin_dttm: begin, buy_begin_unix: order.begin, buy_end_dttm: end, buy_end_unix: order.end,
        elapsed_mins: (order.end - order.begin) / 60, add_dttm: begin, add_unix: order.begin, dlm: end,
        dlm_unix: order.end,
    } }
}

/// A filled sell order's row.
pub(crate) fn write_sell_order(
    store: &Store,
    market: &Market,
    position: &Position,
    exit: &Exit,
    order: &Order,
    sold: &Sale,
) -> Result<(), Error> {
    let (begin, end) = (text(order.begin), text(order.end));
    insert! { store, "INSERT", "sell_ords", {
        so_id: order.id, test_txn_yn: yes_no(order.test), base_symb: market.coin.symbol, symb: QUOTE,
        prod_id: market.product_id, mkt_name: market.product_id, mkt_venue: VENUE,
        pos_id: position.pos_id, sell_seq_nbr: 1, sell_order_uuid: order.uuid,
        sell_client_order_id: order.client_uuid, pos_type: "SPOT", ord_stat: "FILL",
        sell_strat_type: exit.kind, sell_strat_name: exit.name, sell_strat_freq: exit.frequency,
        sell_asset_type: "coin", sell_curr_symb: market.coin.symbol, recv_curr_symb: QUOTE,
        fees_curr_symb: QUOTE, sell_cnt_est: order.cnt_est, sell_cnt_act: sold.cnt,
        fees_cnt_act: sold.fees, tot_in_cnt: sold.tot_in, prc_sell_est: order.prc_est,
        prc_sell_act: order.prc_fill, prc_sell_tot: sold.prc_sell, prc_sell_slip_pct: order.slip,
        ignore_tf: 0, upd_dttm: end, sell_begin_dttm: begin, sell_begin_unix: order.begin,
        sell_end_dttm: end, sell_end_unix: order.end, elapsed_mins: (order.end - order.begin) / 60,
        add_dttm: begin, add_unix: order.begin, dlm: end, dlm_unix: order.end,
    } }
}

/// A real order as the exchange reports it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Report {
    pub(crate) ord_id: i64,
    /// Index of the market.
    pub(crate) market: usize,
    pub(crate) pos_id: i64,
    /// Whether it was a buy order.
    pub(crate) is_buy: bool,
    pub(crate) size: f64,
    pub(crate) filled: f64,
    pub(crate) fees: f64,
    pub(crate) total: f64,
}

/// The exchange's own record of an order that was filled.
pub(crate) fn write_exchange_order(
    store: &Store,
    market: &Market,
    order: &Order,
    report: &Report,
) -> Result<(), Error> {
    let (begin, end) = (text(order.begin), text(order.end));
    let (side, letter) = if report.is_buy {
        ("BUY", "B")
    } else {
        ("SELL", "S")
    };
    let (buy_id, sell_id) = if report.is_buy {
        (Some(order.id), None)
    } else {
        (None, Some(order.id))
    };
    let unit = if report.is_buy {
        "quote_size"
    } else {
        "base_size"
    };
    let base_size = if report.is_buy { 0.0 } else { report.size };
    let quote_size = if report.is_buy { report.size } else { 0.0 };
    // The bots store Python's own spelling of the request.
    let request = format!("{{'market_market_ioc': {{'{unit}': '{}'}}}}", report.size);
    let market_id = i64::try_from(report.market).unwrap_or_default() + 1;
    insert! { store, "INSERT", "ords", {
        ord_id: report.ord_id, ord_uuid: order.uuid, mkt_id: market_id, pos_id: report.pos_id,
        buy_order_id: buy_id, sell_order_id: sell_id, prod_id: market.product_id, ord_bs: letter,
        ord_cfg: request, ord_base_size: base_size, ord_quote_size: quote_size, ord_type: "market_market_ioc",
        order_id: order.uuid, ord_product_id: market.product_id, ord_user_id: USER,
        ord_order_configuration: request, ord_side: side, ord_client_order_id: order.client_uuid,
        ord_status: "FILLED", ord_time_in_force: "IMMEDIATE_OR_CANCEL", ord_created_time: begin,
        ord_completion_percentage: 100.0, ord_filled_size: report.filled,
        ord_average_filled_price: order.prc_fill, ord_fee: 0.0, ord_number_of_fills: 1,
        ord_filled_value: report.filled * order.prc_fill, ord_pending_cancel: 0,
        ord_size_in_quote: i64::from(report.is_buy), ord_total_fees: report.fees,
        ord_size_inclusive_of_fees: i64::from(report.is_buy), ord_total_value_after_fees: report.total,
        ord_trigger_status: "INVALID_ORDER_TYPE", ord_order_type: "MARKET",
        ord_reject_reason: "REJECT_REASON_UNSPECIFIED", ord_settled: 1, ord_product_type: "SPOT",
        ord_reject_message: "", ord_cancel_message: "", ord_order_placement_source: "RETAIL_ADVANCED",
        ord_outstanding_hold_amount: 0.0, ord_is_liquidation: 0, ord_last_fill_time: end,
        ord_edit_history: "[]", ord_margin_type: "UNKNOWN_MARGIN_TYPE",
        ord_retail_portfolio_id: PORTFOLIO, ignore_tf: 0, ord_begin_time: begin,
        ord_begin_unix: order.begin, ord_end_time: end, ord_end_unix: order.end,
        elapsed_mins: (order.end - order.begin) / 60, add_dttm: begin, add_unix: order.begin, dlm: end,
        dlm_unix: order.end,
    } }
}

pub(crate) const VENUE: &str = "coinbase";
/// The account and its portfolio, as random as any other.
const USER: &str = "5d0f2b8c-3a77-4c19-9d4e-6f1a20b7c3e8";
pub(crate) const PORTFOLIO: &str = "8a1c4e6d-2b90-4f35-8c7a-d1e5f3b60942";

pub(crate) fn yes_no(yes: bool) -> &'static str {
    if yes { "Y" } else { "N" }
}
