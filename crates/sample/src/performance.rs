//! Sums over the positions, as CBTrade's procedures compute them.

use std::collections::BTreeMap;

use cbtrade_sqlite::rusqlite::ToSql;

use crate::Error;
use crate::candle::text;
use crate::coin::{QUOTE, round};
use crate::market::Market;
use crate::position::{Position, State};
use crate::store::Store;
use crate::strategy::Strategy;

/// Values of `lta`: live positions, those on paper, all.
const CLASSES: [&str; 3] = ["L", "T", "A"];

/// The sums of a row and the figures they belong to, as the two halves of the columns' names.
const SUMS: [(&str, &str); 16] = [
    ("tot_out_", "cnt"),
    ("tot_in_", "cnt"),
    ("buy_fees_", "cnt"),
    ("sell_fees_", "cnt_tot"),
    ("fees_", "cnt_tot"),
    ("buy_", "cnt"),
    ("sell_", "cnt_tot"),
    ("hold_", "cnt"),
    ("pocket_", "cnt"),
    ("clip_", "cnt"),
    ("val_", "curr"),
    ("val_", "tot"),
    ("win_", "amt"),
    ("lose_", "amt"),
    ("gain_loss_", "amt"),
    ("gain_loss_", "amt_net"),
];
const TOT_OUT: usize = 0;
const GAIN: usize = 14;

/// The counts of a row, likewise.
const COUNTS: [(&str, &str); 5] = [
    ("tot_", "cnt"),
    ("win_", "cnt"),
    ("lose_", "cnt"),
    ("sell_order_", "cnt"),
    ("sell_order_attempt_", "cnt"),
];

/// All positions, the open ones, the closed ones: what stands between the halves of a name.
const VARIANTS: [&str; 3] = ["", "open_", "close_"];

/// Sums of one variant.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    sums: [f64; SUMS.len()],
    counts: [i64; COUNTS.len()],
}

/// One row in the making.
#[derive(Debug, Clone, Copy, Default)]
struct Figures {
    variants: [Sums; VARIANTS.len()],
    age_minutes: i64,
    last_order: i64,
    last_position: i64,
}

/// What a row is about: market, class, strategy. Without a strategy it is about the product.
type Key = (usize, usize, Option<usize>);

/// The rows of both performance tables in the making.
#[derive(Debug, Clone, Default)]
pub(crate) struct Performance {
    rows: BTreeMap<Key, Figures>,
}

impl Performance {
    /// Adds a position, unless it is ignored.
    pub(crate) fn add(&mut self, position: &Position) {
        if position.is_ignored() {
            return;
        }
        self.each(
            position.market,
            position.strategy,
            position.test,
            |figures| figures.add(position),
        );
    }

    /// Notes a buy order.
    pub(crate) fn ordered(&mut self, market: usize, strategy: usize, test: bool, begin: i64) {
        self.each(market, strategy, test, |figures| {
            figures.last_order = figures.last_order.max(begin)
        });
    }

    fn each(&mut self, market: usize, strategy: usize, test: bool, change: impl Fn(&mut Figures)) {
        for class in [usize::from(test), 2] {
            change(self.rows.entry((market, class, None)).or_default());
            change(
                self.rows
                    .entry((market, class, Some(strategy)))
                    .or_default(),
            );
        }
    }

    /// Writes all rows, as computed at this time.
    pub(crate) fn write(
        &self,
        store: &Store,
        markets: &[Market],
        strategies: &[Strategy],
        now: i64,
    ) -> Result<(), Error> {
        store.write("trade_perfs", "DELETE FROM trade_perfs", [])?;
        store.write("trade_strat_perfs", "DELETE FROM trade_strat_perfs", [])?;
        for ((market, class, strategy), figures) in &self.rows {
            let market = &markets[*market];
            let mut row = Columns(Vec::new());
            row.set("base_symb", market.coin.symbol.clone());
            row.set("quote_symb", QUOTE);
            row.set("prod_id", market.product_id.clone());
            row.set("lta", CLASSES[*class]);
            let (table, last) = match strategy.map(|strategy| strategies[strategy]) {
                None => ("trade_perfs", "last_buy_"),
                Some(strategy) => {
                    row.set("buy_strat_type", strategy.kind);
                    row.set("buy_strat_name", strategy.name);
                    row.set("buy_strat_freq", strategy.frequency);
                    ("trade_strat_perfs", "last_buy_strat_")
                }
            };
            figures.columns(&mut row, last);
            row.moment("last_upd_dttm", "last_upd_unix", now);
            row.set("needs_recalc_yn", "N");
            row.moment("add_dttm", "add_unix", now);
            row.moment("dlm", "dlm_unix", now);
            store.write_columns(table, &row.0)?;
        }
        Ok(())
    }
}

impl Figures {
    fn add(&mut self, position: &Position) {
        let variant = if position.state == State::Closed {
            2
        } else {
            1
        };
        self.variants[0].add(position);
        self.variants[variant].add(position);
        self.age_minutes += position.age_minutes();
        self.last_position = self.last_position.max(position.begin);
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "counts and minutes are far below 2^53"
    )]
    fn columns(&self, row: &mut Columns, last: &str) {
        let hours = self.age_minutes as f64 / 60.0;
        row.set("age_mins", self.age_minutes as f64);
        row.set("age_hours", hours);
        for (variant, sums) in VARIANTS.iter().zip(&self.variants) {
            for ((before, after), sum) in SUMS.iter().zip(sums.sums) {
                row.set(&format!("{before}{variant}{after}"), sum);
            }
            for ((before, after), count) in COUNTS.iter().zip(sums.counts) {
                row.set(&format!("{before}{variant}{after}"), count);
            }
            let share = |part: f64, whole: f64| if whole == 0.0 { 0.0 } else { part / whole };
            let [total, won, lost, ..] = sums.counts.map(|count| count as f64);
            row.set(
                &format!("win_{variant}pct"),
                round(share(won, total) * 100.0, 2),
            );
            row.set(
                &format!("lose_{variant}pct"),
                round(share(lost, total) * 100.0, 2),
            );
            let percent = round(share(sums.sums[GAIN], sums.sums[TOT_OUT]) * 100.0, 2);
            let percent_hour = share(percent, hours);
            row.set(&format!("gain_loss_{variant}pct"), percent);
            row.set(&format!("gain_loss_{variant}pct_hr"), percent_hour);
            row.set(&format!("gain_loss_{variant}pct_day"), percent_hour * 24.0);
        }
        let newest = self.last_order.max(self.last_position);
        row.moment(
            &format!("{last}bo_dttm"),
            &format!("{last}bo_unix"),
            self.last_order,
        );
        row.moment(
            &format!("{last}pos_dttm"),
            &format!("{last}pos_unix"),
            self.last_position,
        );
        row.moment(&format!("{last}dttm"), &format!("{last}unix"), newest);
    }
}

impl Sums {
    fn add(&mut self, p: &Position) {
        let outcome = p.tot_in_cnt + p.val_tot;
        let (won, lost) = (outcome > p.tot_out_cnt, outcome < p.tot_out_cnt);
        let amount_if = |holds: bool| if holds { p.val_tot } else { 0.0 };
        let sums = [
            p.tot_out_cnt,
            p.tot_in_cnt,
            p.buy_fees_cnt,
            p.sell_fees_cnt_tot,
            p.fees_cnt_tot,
            p.buy_cnt,
            p.sell_cnt_tot,
            p.hold_cnt,
            p.pocket_cnt,
            p.clip_cnt,
            p.val_curr,
            p.val_tot,
            amount_if(won),
            amount_if(lost),
            p.gain_loss_amt,
            p.gain_loss_amt_net,
        ];
        let counts = [
            1,
            i64::from(won),
            i64::from(lost),
            p.sell_order_cnt,
            p.sell_order_attempt_cnt,
        ];
        for (total, part) in self.sums.iter_mut().zip(sums) {
            *total += part;
        }
        for (total, part) in self.counts.iter_mut().zip(counts) {
            *total += part;
        }
    }
}

/// Columns and values of a row.
struct Columns(Vec<(String, Box<dyn ToSql>)>);

impl Columns {
    fn set(&mut self, column: &str, value: impl ToSql + 'static) {
        self.0.push((column.to_owned(), Box::new(value)));
    }

    /// A moment as date and as seconds; NULL and 0 if there was none.
    fn moment(&mut self, date: &str, seconds: &str, moment: i64) {
        self.set(date, (moment != 0).then(|| text(moment)));
        self.set(seconds, moment);
    }
}
