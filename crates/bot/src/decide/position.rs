//! The figures of a position: when it opens, while it is open, and when it closes.

use cbtrade_core::Decimal;

use super::amount::{Amount, DecideError, change_pct};

/// What a filled buy order says. All amounts are in the currencies of the columns: fees in the quote currency, live and on paper
/// alike (B-26).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuyFill {
    /// Coins received. Of a partial fill, the filled part (B-28).
    pub base_cnt: Decimal,
    /// What was spent, fees included.
    pub spent_amt: Decimal,
    /// The part of it that was fees.
    pub fee_amt: Decimal,
    /// The average price of the fills, without fees.
    pub prc_fill: Decimal,
    /// The price that was expected when it was decided.
    pub prc_estimate: Decimal,
}

/// What a filled sell order says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SellFill {
    /// Coins sold.
    pub base_cnt: Decimal,
    /// What was received, less fees.
    pub received_amt: Decimal,
    /// The fees.
    pub fee_amt: Decimal,
    /// The price that was expected when it was decided.
    pub prc_estimate: Decimal,
    /// The average price of the fills, without fees.
    pub prc_fill: Decimal,
}

/// The part of a trade that is taken as fee where none is known yet: 0.4 %.
pub const FEE_RATE: Decimal = Decimal::from_units(4_000_000_000);

/// A paper buy of so much of the quote currency at this price: what a live one would bring, fee included (B-26).
///
/// # Errors
///
/// A price of zero, or a number that does not fit.
pub fn paper_buy(size: Decimal, prc_buy: Decimal) -> Result<BuyFill, DecideError> {
    let fee = (Amount::from(size) * Amount::from(FEE_RATE)).get("paper fee")?;
    let base = (Amount::from(size) - Amount::from(fee)) / Amount::from(prc_buy);
    Ok(BuyFill {
        base_cnt: base.get("paper buy")?,
        spent_amt: size,
        fee_amt: fee,
        prc_fill: prc_buy,
        prc_estimate: prc_buy,
    })
}

/// A paper sale of so many coins at this price.
///
/// # Errors
///
/// A number that does not fit.
pub fn paper_sell(base_cnt: Decimal, prc_sell: Decimal) -> Result<SellFill, DecideError> {
    let value = Amount::from(base_cnt) * Amount::from(prc_sell);
    let fee = (value * Amount::from(FEE_RATE)).get("paper fee")?;
    Ok(SellFill {
        base_cnt,
        received_amt: (value - Amount::from(fee)).get("paper sale")?,
        fee_amt: fee,
        prc_estimate: prc_sell,
        prc_fill: prc_sell,
    })
}

/// How far a price is from the one expected, in percent, for buys and sales alike. The former code wrote a fraction for buys.
///
/// # Errors
///
/// A number that does not fit.
pub fn slippage_pct(prc_fill: Decimal, prc_estimate: Decimal) -> Result<Decimal, DecideError> {
    change_pct(prc_fill.into(), prc_estimate.into(), 8).get("slippage")
}

/// What a position holds and what it has cost, as decisions need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Holding {
    /// `prc_buy`: cost of one coin, fees included (B-26: on paper too).
    pub prc_buy: Decimal,
    /// `buy_cnt`.
    pub buy_cnt: Decimal,
    /// `hold_cnt`.
    pub hold_cnt: Decimal,
    /// `tot_out_cnt`.
    pub spent_amt: Decimal,
    /// `tot_in_cnt`.
    pub received_amt: Decimal,
    /// `fees_cnt_tot`.
    pub fee_amt: Decimal,
    /// `buy_fees_cnt`.
    pub buy_fee_amt: Decimal,
    /// `sell_fees_cnt_tot`.
    pub sell_fee_amt: Decimal,
    /// `sell_cnt_tot`.
    pub sell_cnt: Decimal,
    /// `pocket_cnt`: coins kept of a sale with a gain.
    pub pocket_cnt: Decimal,
    /// `clip_cnt`: coins kept of a sale with a loss.
    pub clip_cnt: Decimal,
}

/// The columns of a position that move with the price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// `prc_curr`.
    pub prc_curr: Decimal,
    /// `prc_high`.
    pub prc_high: Decimal,
    /// `prc_low`.
    pub prc_low: Decimal,
    /// `prc_chg_pct`: price against `prc_buy`, in percent.
    pub gain_pct: Decimal,
    /// `prc_chg_pct_high`: the peak of it.
    pub gain_pct_high: Decimal,
    /// `prc_chg_pct_low`.
    pub gain_pct_low: Decimal,
    /// `prc_chg_pct_drop`: percentage points below the peak; not above 0.
    pub gain_pct_drop: Decimal,
    /// `val_curr`: what is held is worth.
    pub held_amt: Decimal,
    /// `val_tot`: of an open position received and held together; of a closed one what is held.
    pub total_amt: Decimal,
    /// `gain_loss_amt`.
    pub gain_amt: Decimal,
    /// `gain_loss_amt_est`; of a closed position, as it was when its sale was decided.
    pub gain_amt_est: Decimal,
    /// `gain_loss_amt_est_high`.
    pub gain_amt_est_high: Decimal,
    /// `gain_loss_amt_est_low`.
    pub gain_amt_est_low: Decimal,
    /// `gain_loss_pct`.
    pub result_pct: Decimal,
    /// `gain_loss_pct_est`.
    pub result_pct_est: Decimal,
    /// `gain_loss_pct_est_high`.
    pub result_pct_est_high: Decimal,
    /// `gain_loss_pct_est_low`.
    pub result_pct_est_low: Decimal,
}

/// Decimals of amounts of money that are computed.
const AMOUNT_PLACES: u32 = 8;

/// What a new position's columns are. A fill that is asked for twice gives the same figures twice (B-27).
///
/// # Errors
///
/// No coins at all, or a number that does not fit.
pub fn open_position(fill: &BuyFill) -> Result<(Holding, Figures), DecideError> {
    let cost = (Amount::from(fill.spent_amt) / Amount::from(fill.base_cnt)).round(AMOUNT_PLACES);
    let cost = if cost.get("prc_buy")?.is_zero() {
        // Of a coin of a millionth of a cent all twelve places count.
        Amount::from(fill.spent_amt) / Amount::from(fill.base_cnt)
    } else {
        cost
    };
    let holding = Holding {
        prc_buy: cost.get("prc_buy")?,
        buy_cnt: fill.base_cnt,
        hold_cnt: fill.base_cnt,
        spent_amt: fill.spent_amt,
        fee_amt: fill.fee_amt,
        buy_fee_amt: fill.fee_amt,
        ..Holding::default()
    };
    let figures = Figures {
        prc_curr: fill.prc_fill,
        prc_high: fill.prc_fill,
        prc_low: fill.prc_fill,
        ..Figures::default()
    };
    Ok((holding, figures))
}

/// An open position's figures at this price.
///
/// # Errors
///
/// A number that does not fit.
pub fn refresh(
    holding: &Holding,
    before: &Figures,
    prc_sell: Decimal,
) -> Result<Figures, DecideError> {
    let spent = Amount::from(holding.spent_amt);
    let held = (Amount::from(holding.hold_cnt) * Amount::from(prc_sell)).round(AMOUNT_PLACES);
    let total = Amount::from(holding.received_amt) + held;
    let gain_amt = (total - spent).get("gain_loss_amt")?;
    let result_pct = change_pct(total, spent, 4).get("gain_loss_pct")?;
    let gain_pct = change_pct(prc_sell.into(), holding.prc_buy.into(), 2).get("prc_chg_pct")?;
    let peak = before.gain_pct_high.max(gain_pct);
    Ok(Figures {
        prc_curr: prc_sell,
        prc_high: before.prc_high.max(prc_sell),
        prc_low: lowest(before.prc_low, prc_sell),
        gain_pct,
        gain_pct_high: peak,
        gain_pct_low: before.gain_pct_low.min(gain_pct),
        gain_pct_drop: (Amount::from(gain_pct) - Amount::from(peak)).get("prc_chg_pct_drop")?,
        held_amt: held.get("val_curr")?,
        total_amt: total.get("val_tot")?,
        gain_amt,
        gain_amt_est: gain_amt,
        gain_amt_est_high: before.gain_amt_est_high.max(gain_amt),
        gain_amt_est_low: before.gain_amt_est_low.min(gain_amt),
        result_pct,
        result_pct_est: result_pct,
        result_pct_est_high: before.result_pct_est_high.max(result_pct),
        result_pct_est_low: before.result_pct_est_low.min(result_pct),
    })
}

/// The lower price, where 0 means that none is known.
fn lowest(one: Decimal, other: Decimal) -> Decimal {
    if one.is_zero() { other } else { one.min(other) }
}

/// What a closed position's columns are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closing {
    /// What was held, spent and received in the end.
    pub holding: Holding,
    /// The last figures.
    pub figures: Figures,
    /// `prc_sell_avg`: received for one coin, less fees, over all sales.
    pub prc_sell_avg: Decimal,
    /// `gain_loss_amt_net`: what was realised: received less spent. The former code added what is still held twice (B-34).
    pub gain_amt_net: Decimal,
    /// `pocket_pct` of the settings at the sale.
    pub pocket_pct: Decimal,
    /// `clip_pct` of the settings at the sale.
    pub clip_pct: Decimal,
}

/// A sale's fill as far as the position has the coins, and what is beyond it. The second part is there only where a position
/// was sold twice: an order of which nothing was known turned up after another had been made.
///
/// # Errors
///
/// A number that does not fit.
pub fn split_sale(
    hold_cnt: Decimal,
    fill: &SellFill,
) -> Result<(Option<SellFill>, Option<SellFill>), DecideError> {
    let own_cnt = fill.base_cnt.min(hold_cnt).max(Decimal::ZERO);
    if own_cnt == fill.base_cnt {
        return Ok((Some(*fill), None));
    }
    if own_cnt.is_zero() {
        return Ok((None, Some(*fill)));
    }
    let part = |amount: Decimal| {
        let share = Amount::from(amount) * Amount::from(own_cnt) / Amount::from(fill.base_cnt);
        share.round(AMOUNT_PLACES)
    };
    let (received, fee) = (part(fill.received_amt), part(fill.fee_amt));
    let own = SellFill {
        base_cnt: own_cnt,
        received_amt: received.get("tot_in_cnt")?,
        fee_amt: fee.get("fees_cnt_tot")?,
        ..*fill
    };
    let beyond = SellFill {
        base_cnt: (Amount::from(fill.base_cnt) - Amount::from(own_cnt)).get("sell_cnt")?,
        received_amt: (Amount::from(fill.received_amt) - received).get("tot_in_cnt")?,
        fee_amt: (Amount::from(fill.fee_amt) - fee).get("fees_cnt_tot")?,
        ..*fill
    };
    Ok((Some(own), Some(beyond)))
}

/// Closes a position with a sale: what is not sold stays as pocket (with a gain) or clip (with a loss). The percentages are
/// those of the position's own product.
///
/// # Errors
///
/// Nothing sold at all, or a number that does not fit.
pub fn close_position(
    holding: &Holding,
    before: &Figures,
    fill: &SellFill,
    pocket_pct: Decimal,
    clip_pct: Decimal,
) -> Result<Closing, DecideError> {
    let received = Amount::from(holding.received_amt) + Amount::from(fill.received_amt);
    let sold = Amount::from(holding.sell_cnt) + Amount::from(fill.base_cnt);
    let rest = (Amount::from(holding.hold_cnt) - Amount::from(fill.base_cnt)).get("hold_cnt")?;
    let average = (received / sold).round(AMOUNT_PLACES);
    let net = (Amount::from(fill.received_amt) / Amount::from(fill.base_cnt)).round(AMOUNT_PLACES);
    let prc_curr = net.get("prc_curr")?;
    let held = (Amount::from(rest) * average).round(AMOUNT_PLACES);
    let spent = Amount::from(holding.spent_amt);
    let total = received + held;
    let gain_amt = (total - spent).get("gain_loss_amt")?;
    let gain_pct = change_pct(net, holding.prc_buy.into(), 4).get("prc_chg_pct")?;
    let peak = before.gain_pct_high.max(gain_pct);
    let is_gain = gain_amt > Decimal::ZERO;
    let kept = |is_kept: bool| if is_kept { rest } else { Decimal::ZERO };
    Ok(Closing {
        holding: Holding {
            hold_cnt: rest,
            received_amt: received.get("tot_in_cnt")?,
            fee_amt: (Amount::from(holding.fee_amt) + Amount::from(fill.fee_amt))
                .get("fees_cnt_tot")?,
            sell_fee_amt: (Amount::from(holding.sell_fee_amt) + Amount::from(fill.fee_amt))
                .get("sell_fees_cnt_tot")?,
            sell_cnt: sold.get("sell_cnt_tot")?,
            pocket_cnt: kept(is_gain),
            clip_cnt: kept(!is_gain),
            ..*holding
        },
        figures: Figures {
            prc_curr,
            prc_high: before.prc_high.max(prc_curr),
            prc_low: lowest(before.prc_low, prc_curr),
            gain_pct,
            gain_pct_high: peak,
            gain_pct_low: before.gain_pct_low.min(gain_pct),
            gain_pct_drop: (Amount::from(gain_pct) - Amount::from(peak)).get("prc_chg_pct_drop")?,
            held_amt: held.get("val_curr")?,
            total_amt: held.get("val_tot")?,
            gain_amt,
            result_pct: change_pct(total, spent, 4).get("gain_loss_pct")?,
            ..*before
        },
        prc_sell_avg: average.get("prc_sell_avg")?,
        gain_amt_net: (received - spent).get("gain_loss_amt_net")?,
        pocket_pct,
        clip_pct,
    })
}
