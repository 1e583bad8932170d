//! The tables that say how things stand: markets, currencies, balances, checks, lookups.

use cbtrade_catalog::{FREQUENCIES, Frequency};

use crate::Error;
use crate::candle::{DAY_SECONDS, text};
use crate::coin::{QUOTE, TINY_PRICE, round};
use crate::market::Market;
use crate::order::{PORTFOLIO, VENUE};
use crate::store::{Store, insert};
use crate::strategy::Strategy;

/// How often bots have been started since the first day; each start refills `buy_strats`.
const STARTS: i64 = 37;

/// Writes the lookups that never change again.
pub(crate) fn write_lookups(
    store: &Store,
    strategies: &[Strategy],
    start: i64,
) -> Result<(), Error> {
    let added = text(start);
    for (id, Frequency { name, seconds }) in (1..).zip(FREQUENCIES) {
        let minutes = seconds / 60;
        let description = format!("{minutes} minutes");
        insert! { store, "INSERT", "freqs", {
            f_id: id, freq: name, freq_desc: description, minutes: minutes, ignore_tf: 0,
            add_dttm: added, upd_dttm: added, dlm: added,
        } }?;
    }
    let count = i64::try_from(strategies.len()).unwrap_or_default();
    for (id, strategy) in (1 + STARTS * count..).zip(strategies) {
        insert! { store, "INSERT", "buy_strats", {
            buy_strat_id: id, buy_strat_type: strategy.kind, buy_strat_name: strategy.name,
            buy_strat_freq: strategy.frequency,
        } }?;
    }
    Ok(())
}

/// How things stand at a moment.
pub(crate) struct Summary<'history> {
    pub(crate) markets: &'history [Market],
    /// Coins held per market, by all live positions together.
    pub(crate) held: &'history [f64],
    /// Dollars in the wallet.
    pub(crate) cash: f64,
    pub(crate) start: i64,
    pub(crate) now: i64,
}

impl Summary<'_> {
    /// Writes markets, currencies, balances and checks anew.
    pub(crate) fn write(&self, store: &Store) -> Result<(), Error> {
        for table in ["mkts", "currs", "bals", "mkt_checks"] {
            store.write(table, &format!("DELETE FROM {table}"), [])?;
        }
        for (id, market) in (1..).zip(self.markets) {
            self.write_market(store, id, market)?;
            self.write_check(store, id, market)?;
            let coin = &market.coin;
            self.write_currency(store, id, (&coin.symbol, &coin.name), market.price)?;
            let index = usize::try_from(id - 1).unwrap_or_default();
            self.write_balance(
                store,
                id,
                (&coin.symbol, &coin.name),
                (self.held[index], market.bid()),
            )?;
        }
        let id = i64::try_from(self.markets.len()).unwrap_or_default() + 1;
        self.write_currency(store, id, (QUOTE, "USDC"), 1.0)?;
        self.write_balance(store, id, (QUOTE, "USDC"), (self.cash, 1.0))
    }

    fn write_market(&self, store: &Store, id: i64, market: &Market) -> Result<(), Error> {
        let coin = &market.coin;
        let (added, now) = (text(self.start), text(self.now));
        let price = if coin.is_tiny() {
            TINY_PRICE
        } else {
            market.price
        };
        let (ask, bid) = (market.ask(), market.bid());
        let volume = 9_000.0 * 1440.0 / price * 0.6;
        insert! { store, "INSERT", "mkts", {
            mkt_id: id, mkt_name: market.product_id, prod_id: market.product_id, mkt_venue: VENUE,
            base_curr_symb: coin.symbol, base_curr_name: coin.name, base_size_incr: coin.size_step,
            base_size_min: coin.size_min, base_size_max: coin.size_min * 1e9, quote_curr_symb: QUOTE,
            quote_curr_name: "USDC", quote_size_incr: coin.price_step, quote_size_min: 1.0,
            quote_size_max: 1e7, mkt_status_tf: "online", mkt_view_only_tf: 0, mkt_watched_tf: 1,
            mkt_is_disabled_tf: 0, mkt_new_tf: 0, mkt_cancel_only_tf: 0, mkt_limit_only_tf: 0,
            mkt_post_only_tf: 0, mkt_trading_disabled_tf: 0, mkt_auction_mode_tf: 0, prc: price,
            prc_ask: ask, prc_buy: ask, prc_bid: bid, prc_sell: bid, prc_mid_mkt: (ask + bid) / 2.0,
            prc_pct_chg_24h: round((market.price / coin.price - 1.0) * 100.0, 8), vol_24h: volume,
            vol_base_24h: volume, vol_quote_24h: volume * price, vol_pct_chg_24h: 0.0, ignore_tf: 0,
            add_dttm: added, add_unix: self.start, dlm: now, dlm_unix: self.now,
        } }
    }

    fn write_check(&self, store: &Store, id: i64, market: &Market) -> Result<(), Error> {
        // Bots take turns, so the products were looked at one after the other.
        let checked = self.now - 7 * id;
        let now = text(checked);
        let bot = format!("full-{}", id % 6 + 1);
        insert! { store, "INSERT", "mkt_checks", {
            prod_id: market.product_id, buy_check_dttm: now, buy_check_unix: checked, buy_check_guid: bot,
            buy_check_elapsed_minutes: 0, sell_check_dttm: now, sell_check_unix: checked,
            sell_check_guid: bot, sell_check_elapsed_minutes: 0, refresh_check_dttm: now,
            refresh_check_unix: checked, refresh_check_guid: "auto-1", refresh_check_elapsed_minutes: 0,
            dlm: now, dlm_unix: checked,
        } }
    }

    fn write_currency(
        &self,
        store: &Store,
        id: i64,
        names: (&str, &str),
        price: f64,
    ) -> Result<(), Error> {
        let (created, now) = (self.start - 400 * DAY_SECONDS, self.now);
        let (created_text, added, now_text) = (text(created), text(self.start), text(now));
        insert! { store, "INSERT", "currs", {
            curr_id: id, symb: names.0, name: names.1, curr_uuid: currency_uuid(id), prc_usd: price,
            create_dttm: created_text, update_dttm: now_text, delete_dttm: None::<String>, ignore_tf: 0,
            create_unix: created, update_unix: now, delete_unix: 0, add_dttm: added, add_unix: self.start,
            dlm: now_text, dlm_unix: now,
        } }
    }

    fn write_balance(
        &self,
        store: &Store,
        id: i64,
        names: (&str, &str),
        (held, price): (f64, f64),
    ) -> Result<(), Error> {
        let (created, now) = (self.start - 400 * DAY_SECONDS, self.now);
        let (created_text, added, now_text) = (text(created), text(self.start), text(now));
        insert! { store, "INSERT", "bals", {
            bal_id: id, curr_uuid: currency_uuid(id), symb: names.0, name: names.1, bal_avail: held,
            bal_hold: 0.0, bal_tot: held, rp_id: PORTFOLIO, default_tf: i64::from(names.0 == QUOTE),
            active_tf: 1, ready_tf: 1, create_dttm: created_text, update_dttm: now_text,
            delete_dttm: None::<String>, curr_prc_usd: price, curr_val_usd: held * price, ignore_tf: 0,
            create_unix: created, update_unix: now, delete_unix: 0, add_dttm: added, add_unix: self.start,
            dlm: now_text, dlm_unix: now,
        } }
    }
}

fn currency_uuid(id: i64) -> String {
    format!("c{id:07x}-0000-4000-8000-{:012x}", id * 7919)
}
