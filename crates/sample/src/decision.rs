//! Signals, and what was decided about them. The bots keep both for 90 days.

use cbtrade_core::Random;

use crate::Error;
use crate::candle::{DAY_SECONDS, text};
use crate::coin::QUOTE;
use crate::market::Market;
use crate::order::yes_no;
use crate::store::{Store, insert};
use crate::strategy::Strategy;

/// How long signals and decisions are kept.
pub(crate) const KEPT_SECONDS: i64 = 90 * DAY_SECONDS;

/// What a decision ended in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Bought,
    BoughtOnPaper,
    Denied,
}

/// The numbers of the newest signal and decision.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct DecisionLog {
    pub(crate) signal_id: i64,
    pub(crate) decision_id: i64,
}

impl DecisionLog {
    /// Writes down a signal and what was decided about it, or only counts them if they are so old
    /// that they have been cleared away since.
    pub(crate) fn add(
        &mut self,
        store: &Store,
        market: &Market,
        strategy: &Strategy,
        (time, outcome, is_kept): (i64, Outcome, bool),
        chance: &mut Random,
    ) -> Result<(), Error> {
        let test = outcome != Outcome::Bought;
        self.signal_id += 1;
        if is_kept {
            let event = text(time);
            insert! { store, "INSERT", "buy_signals", {
                signal_id: self.signal_id, prod_id: market.product_id, buy_strat_type: strategy.kind,
                buy_strat_name: strategy.name, buy_strat_freq: strategy.frequency, event_dttm: event,
                test_txn_yn: yes_no(test), dlm: event,
            } }?;
        }
        if test {
            self.decide(
                store,
                market,
                strategy,
                (time, Outcome::Denied, is_kept),
                chance,
            )?;
        }
        if outcome != Outcome::Denied {
            self.decide(store, market, strategy, (time, outcome, is_kept), chance)?;
        }
        Ok(())
    }

    fn decide(
        &mut self,
        store: &Store,
        market: &Market,
        strategy: &Strategy,
        (time, outcome, is_kept): (i64, Outcome, bool),
        chance: &mut Random,
    ) -> Result<(), Error> {
        self.decision_id += 1;
        let trades = chance.between(0, 40);
        let rate = chance.normal() * 0.05;
        if !is_kept {
            return Ok(());
        }
        let bought = outcome != Outcome::Denied;
        let name = |name| (!bought).then_some(name);
        let value = |value: String| (!bought).then_some(value);
        let moment = text(time);
        insert! { store, "INSERT", "buy_decisions", {
            buy_dec_id: self.decision_id, signal_id: self.signal_id, actv_dttm: moment,
            prod_id: market.product_id, symb: QUOTE, buy_yn: yes_no(bought),
            test_txn_yn: yes_no(outcome != Outcome::Bought), buy_deny_yn: yes_no(!bought),
            buy_strat_type: strategy.kind, buy_strat_name: strategy.name,
            buy_strat_freq: strategy.frequency, setting_name: name("test_txns_min"),
            setting_value: value("25".to_owned()), buy_stat_name: name("tot_close_cnt"),
            buy_stat_value: value(trades.to_string()), setting_name2: name("profitability_threshold_pct_day"),
            setting_value2: value("0.025".to_owned()), buy_stat_name2: name("gain_loss_close_pct_day"),
            buy_stat_value2: value(rate.to_string()), test_fnc_name: name("buy_logic_live_test"),
            dlm: moment,
        } }
    }
}
