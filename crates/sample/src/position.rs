//! A position and its figures, by CBTrade's formulas in CBTrade's arithmetic.

use crate::coin::{round, round_price};

/// Where a position stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Open,
    Closed,
    /// Given up after an error.
    Error,
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Closed => "CLOSE",
            Self::Error => "ERR",
        }
    }
}

/// Why a position is sold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Exit {
    pub(crate) kind: Option<&'static str>,
    pub(crate) name: Option<&'static str>,
    pub(crate) frequency: Option<&'static str>,
}

/// What a buy order brought.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Purchase {
    pub(crate) cnt: f64,
    pub(crate) fees: f64,
    /// Everything that was paid.
    pub(crate) tot_out: f64,
    /// What one coin cost.
    pub(crate) prc_buy: f64,
    /// What one coin was traded at.
    pub(crate) prc_fill: f64,
}

/// What a sell order brought.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sale {
    pub(crate) cnt: f64,
    pub(crate) fees: f64,
    /// Everything that was received.
    pub(crate) tot_in: f64,
    /// What one coin brought.
    pub(crate) prc_sell: f64,
}

/// A position. Money fields bear the names of their columns.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Position {
    pub(crate) pos_id: i64,
    pub(crate) bo_id: i64,
    pub(crate) bo_uuid: String,
    /// Index into the markets.
    pub(crate) market: usize,
    /// Index into the strategies.
    pub(crate) strategy: usize,
    pub(crate) test: bool,
    pub(crate) state: State,
    pub(crate) exit: Option<Exit>,
    pub(crate) begin: i64,
    pub(crate) end: Option<i64>,
    pub(crate) checked: i64,
    pub(crate) tot_out_cnt: f64,
    pub(crate) tot_in_cnt: f64,
    pub(crate) buy_fees_cnt: f64,
    pub(crate) sell_fees_cnt_tot: f64,
    pub(crate) fees_cnt_tot: f64,
    pub(crate) buy_cnt: f64,
    pub(crate) sell_cnt_tot: f64,
    pub(crate) hold_cnt: f64,
    pub(crate) pocket_cnt: f64,
    pub(crate) clip_cnt: f64,
    pub(crate) pocket_pct: f64,
    pub(crate) clip_pct: f64,
    pub(crate) sell_order_cnt: i64,
    pub(crate) sell_order_attempt_cnt: i64,
    pub(crate) prc_buy: f64,
    pub(crate) prc_curr: f64,
    pub(crate) prc_high: f64,
    pub(crate) prc_low: f64,
    pub(crate) prc_chg_pct: f64,
    pub(crate) prc_chg_pct_high: f64,
    pub(crate) prc_chg_pct_low: f64,
    pub(crate) prc_chg_pct_drop: f64,
    pub(crate) prc_sell_avg: f64,
    pub(crate) val_curr: f64,
    pub(crate) val_tot: f64,
    pub(crate) gain_loss_amt_est: f64,
    pub(crate) gain_loss_amt_est_high: f64,
    pub(crate) gain_loss_amt_est_low: f64,
    pub(crate) gain_loss_amt: f64,
    pub(crate) gain_loss_amt_net: f64,
    pub(crate) gain_loss_pct_est: f64,
    pub(crate) gain_loss_pct_est_high: f64,
    pub(crate) gain_loss_pct_est_low: f64,
    pub(crate) gain_loss_pct: f64,
}

/// What identifies a position and never changes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Origin {
    pub(crate) pos_id: i64,
    pub(crate) bo_id: i64,
    pub(crate) bo_uuid: String,
    pub(crate) market: usize,
    pub(crate) strategy: usize,
    pub(crate) test: bool,
    pub(crate) begin: i64,
}

impl Position {
    /// The position that a filled buy order opens.
    pub(crate) fn open(origin: Origin, bought: &Purchase) -> Self {
        let Origin {
            pos_id,
            bo_id,
            bo_uuid,
            market,
            strategy,
            test,
            begin,
        } = origin;
        Self {
            pos_id,
            bo_id,
            bo_uuid,
            market,
            strategy,
            test,
            state: State::Open,
            exit: None,
            begin,
            end: None,
            checked: begin,
            tot_out_cnt: bought.tot_out,
            tot_in_cnt: 0.0,
            buy_fees_cnt: bought.fees,
            sell_fees_cnt_tot: 0.0,
            fees_cnt_tot: bought.fees,
            buy_cnt: bought.cnt,
            sell_cnt_tot: 0.0,
            hold_cnt: bought.cnt,
            pocket_cnt: 0.0,
            clip_cnt: 0.0,
            pocket_pct: 0.0,
            clip_pct: 0.0,
            sell_order_cnt: 0,
            sell_order_attempt_cnt: 0,
            prc_buy: bought.prc_buy,
            prc_curr: bought.prc_fill,
            prc_high: bought.prc_fill,
            prc_low: bought.prc_fill,
            prc_chg_pct: 0.0,
            prc_chg_pct_high: 0.0,
            prc_chg_pct_low: 0.0,
            prc_chg_pct_drop: 0.0,
            prc_sell_avg: 0.0,
            val_curr: 0.0,
            val_tot: 0.0,
            gain_loss_amt_est: 0.0,
            gain_loss_amt_est_high: 0.0,
            gain_loss_amt_est_low: 0.0,
            gain_loss_amt: 0.0,
            gain_loss_amt_net: 0.0,
            gain_loss_pct_est: 0.0,
            gain_loss_pct_est_high: 0.0,
            gain_loss_pct_est_low: 0.0,
            gain_loss_pct: 0.0,
        }
    }

    /// Values the position at what a seller would get now.
    pub(crate) fn refresh(&mut self, now: i64, bid: f64) {
        self.checked = now;
        self.prc_curr = bid;
        self.val_curr = self.hold_cnt * bid;
        self.val_tot = self.tot_in_cnt + self.val_curr;
        self.gain_loss_amt = self.val_tot - self.tot_out_cnt;
        self.gain_loss_amt_est = self.gain_loss_amt;
        self.prc_chg_pct = round((bid - self.prc_buy) / self.prc_buy * 100.0, 2);
        self.prc_chg_pct_high = self.prc_chg_pct_high.max(self.prc_chg_pct);
        self.prc_chg_pct_drop = self.prc_chg_pct - self.prc_chg_pct_high;
        self.prc_high = self.prc_high.max(bid);
        self.prc_low = self.prc_low.min(bid);
        self.gain_loss_amt_est_high = self.gain_loss_amt_est_high.max(self.gain_loss_amt);
        self.gain_loss_amt_est_low = self.gain_loss_amt_est_low.min(self.gain_loss_amt);
        let percent = (self.val_tot - self.tot_out_cnt) / self.tot_out_cnt * 100.0;
        self.gain_loss_pct = round(percent, 4);
        self.gain_loss_pct_est = self.gain_loss_pct;
        self.gain_loss_pct_est_high = self.gain_loss_pct_est_high.max(self.gain_loss_pct);
        self.gain_loss_pct_est_low = self.gain_loss_pct_est_low.min(self.gain_loss_pct);
    }

    /// Closes the position by its filled sell order.
    pub(crate) fn close(&mut self, end: i64, sold: &Sale) {
        self.state = State::Closed;
        self.end = Some(end);
        self.sell_order_cnt += 1;
        self.sell_order_attempt_cnt += 1;
        self.hold_cnt -= sold.cnt;
        self.tot_in_cnt += sold.tot_in;
        self.sell_cnt_tot += sold.cnt;
        self.fees_cnt_tot += sold.fees;
        self.sell_fees_cnt_tot += sold.fees;
        self.prc_sell_avg = round_price(self.tot_in_cnt / self.sell_cnt_tot);
        self.prc_curr = sold.prc_sell;
        self.prc_high = self.prc_high.max(self.prc_curr);
        self.prc_low = self.prc_low.min(self.prc_curr);
        self.prc_chg_pct = round((sold.prc_sell - self.prc_buy) / self.prc_buy * 100.0, 4);
        self.prc_chg_pct_high = self.prc_chg_pct_high.max(self.prc_chg_pct);
        self.prc_chg_pct_low = self.prc_chg_pct_low.min(self.prc_chg_pct);
        self.prc_chg_pct_drop = self.prc_chg_pct - self.prc_chg_pct_high;
        self.val_curr = self.hold_cnt * self.prc_sell_avg;
        self.val_tot = self.val_curr;
        self.gain_loss_amt = self.tot_in_cnt - self.tot_out_cnt + self.val_curr;
        let percent =
            (self.tot_in_cnt + self.val_curr - self.tot_out_cnt) / self.tot_out_cnt * 100.0;
        self.gain_loss_pct = round(percent, 4);
        self.gain_loss_amt_net = self.gain_loss_amt + self.val_tot;
        if self.gain_loss_amt > 0.0 {
            (self.pocket_cnt, self.clip_cnt) = (self.hold_cnt, 0.0);
        } else {
            (self.pocket_cnt, self.clip_cnt) = (0.0, self.hold_cnt);
        }
        self.pocket_pct = POCKET_PERCENT;
        self.clip_pct = CLIP_PERCENT;
    }

    /// Gives the position up: nothing was sold, and nobody looks at it again.
    pub(crate) fn give_up(&mut self) {
        self.state = State::Error;
        self.sell_order_attempt_cnt += 1;
    }

    pub(crate) fn is_ignored(&self) -> bool {
        self.state == State::Error
    }

    pub(crate) fn test_letter(&self) -> &'static str {
        if self.test { "Y" } else { "N" }
    }

    /// Whole minutes from buying to selling, or to the last look at it.
    pub(crate) fn age_minutes(&self) -> i64 {
        (self.end.unwrap_or(self.checked) - self.begin) / 60
    }
}

/// Of a won percent, this share of the coins is kept.
pub(crate) const POCKET_PERCENT: f64 = 25.0;
/// Of a lost percent, this share of the coins is kept.
pub(crate) const CLIP_PERCENT: f64 = 10.0;
