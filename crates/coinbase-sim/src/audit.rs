//! The rules of money, held against the state after every event.
//!
//! The audit keeps its own books: what came in, and what the fills say. They are never made from the balances that they
//! are held against.

use std::collections::{BTreeMap, BTreeSet};

use cbtrade_core::Decimal;
use cbtrade_exchange::{OrderKind, Side};

use crate::money::{minus, plus};
use crate::state::{Event, Filled, State, currencies};

/// Books of the audit, and what it found.
#[derive(Debug, Default)]
pub(crate) struct Audit {
    /// Money that came in, and what fills say of it.
    booked: BTreeMap<String, Decimal>,
    entries: BTreeSet<String>,
    found: Vec<String>,
}

/// So many findings are kept; one is enough to look.
const FOUND_MAX: usize = 100;

impl Audit {
    /// Keeps a finding.
    pub(crate) fn broken(&mut self, what: String) {
        if self.found.len() < FOUND_MAX {
            self.found.push(what);
        }
    }

    /// What was found since the beginning.
    pub(crate) fn found(&self) -> &[String] {
        &self.found
    }

    fn book(&mut self, currency: &str, amount: Decimal) {
        let booked = self.booked.entry(currency.to_owned()).or_default();
        *booked = plus(*booked, amount);
    }
}

/// Holds what an event touched against the rules.
pub(crate) fn after(state: &mut State, event: &Event) {
    match event {
        Event::Money { currency, amount } => {
            state.audit.book(currency, *amount);
            check_balance(state, currency);
        }
        Event::Taken(taken) => {
            check_balance(state, &taken.hold_currency);
            check_order(state, &taken.order);
        }
        Event::Filled(filled) => {
            book_fill(state, filled);
            check_order(state, &filled.order);
        }
        Event::Ended { order, .. } => {
            let currency = state.order(order).map(|order| order.hold_currency.clone());
            if let Some(currency) = currency {
                check_balance(state, &currency);
            }
            check_order(state, order);
        }
        Event::Clock { .. }
        | Event::Fees { .. }
        | Event::Flag { .. }
        | Event::Factor { .. }
        | Event::Opened { .. }
        | Event::Woken { .. }
        | Event::CancelAsked { .. } => {}
    }
}

fn book_fill(state: &mut State, filled: &Filled) {
    if !state.audit.entries.insert(filled.entry.clone()) {
        state
            .audit
            .broken(format!("there are two fills {}", filled.entry));
    }
    let Some(order) = state.order(&filled.order) else {
        return;
    };
    let (side, (base, quote)) = (order.side, currencies(&order.product));
    let none = Decimal::ZERO;
    match side {
        Side::Buy => {
            state.audit.book(&base, filled.size);
            let paid = plus(filled.value, filled.fee);
            state.audit.book(&quote, minus(none, paid));
        }
        Side::Sell => {
            state.audit.book(&base, minus(none, filled.size));
            state.audit.book(&quote, minus(filled.value, filled.fee));
        }
    }
    check_balance(state, &base);
    check_balance(state, &quote);
}

fn check_balance(state: &mut State, currency: &str) {
    let balance = state.balance(currency);
    let held = state
        .live
        .iter()
        .filter_map(|place| state.orders.get(*place))
        .filter(|order| order.hold_currency == currency)
        .fold(Decimal::ZERO, |all, order| plus(all, order.hold));
    let booked = state.audit.booked.get(currency).copied();
    let booked = booked.unwrap_or_default();
    let total = plus(balance.available, balance.hold);
    if balance.available < Decimal::ZERO || balance.hold < Decimal::ZERO {
        state.audit.broken(format!(
            "{currency} is below zero: {} available, {} held",
            balance.available, balance.hold
        ));
    }
    if held != balance.hold {
        state.audit.broken(format!(
            "{currency}: the account holds {}, its orders {held}",
            balance.hold
        ));
    }
    if total != booked {
        state.audit.broken(format!(
            "{currency}: the account has {total}, payments and fills say {booked}"
        ));
    }
}

fn check_order(state: &mut State, id: &str) {
    let Some(order) = state.order(id) else {
        return;
    };
    let mut found = Vec::new();
    if order
        .base_size()
        .is_some_and(|size| order.filled_size > size)
    {
        found.push(format!("order {id} is filled beyond its size"));
    }
    if let OrderKind::MarketBuy { quote_size } = order.kind
        && plus(order.filled_value, order.fees) > quote_size
    {
        found.push(format!("order {id} cost more than {quote_size}"));
    }
    if order.hold < Decimal::ZERO || (order.status.is_terminal() && !order.hold.is_zero()) {
        found.push(format!("order {id} holds back {}", order.hold));
    }
    for one in found {
        state.audit.broken(one);
    }
}

/// Holds everything against the rules, from the first order to the last.
pub(crate) fn all(state: &mut State) -> Vec<String> {
    let currencies: Vec<String> = state.balances.keys().cloned().collect();
    for currency in currencies {
        check_balance(state, &currency);
    }
    let mut sums: BTreeMap<&str, (Decimal, Decimal, Decimal, u64)> = BTreeMap::new();
    for fill in &state.fills {
        let sum = sums.entry(&fill.filled.order).or_default();
        sum.0 = plus(sum.0, fill.filled.size);
        sum.1 = plus(sum.1, fill.filled.value);
        sum.2 = plus(sum.2, fill.filled.fee);
        sum.3 += 1;
    }
    let mut found = Vec::new();
    let mut ids = BTreeSet::new();
    for order in &state.orders {
        let sum = sums.get(order.id.as_str()).copied().unwrap_or_default();
        if sum
            != (
                order.filled_size,
                order.filled_value,
                order.fees,
                order.fills,
            )
        {
            found.push(format!("order {} differs from its fills", order.id));
        }
        if !ids.insert(&order.id) {
            found.push(format!("there are two orders {}", order.id));
        }
    }
    for one in found {
        state.audit.broken(one);
    }
    let ids: Vec<String> = state.orders.iter().map(|order| order.id.clone()).collect();
    for id in ids {
        check_order(state, &id);
    }
    state.audit.found().to_vec()
}

#[cfg(test)]
mod tests {
    use cbtrade_exchange::FeeRates;

    use super::*;

    fn state() -> State {
        let mut state = State::new(FeeRates {
            maker: Decimal::ZERO,
            taker: Decimal::ZERO,
        });
        state.apply(&Event::Money {
            currency: "USDC".to_owned(),
            amount: Decimal::from_integer(10),
        });
        state
    }

    #[test]
    fn a_balance_out_of_nothing_is_found() {
        let mut state = state();
        assert_eq!(all(&mut state), Vec::<String>::new());
        let balance = state.balances.get_mut("USDC").unwrap();
        balance.available = Decimal::from_integer(11);
        let found = all(&mut state);
        assert_eq!(
            found,
            ["USDC: the account has 11, payments and fills say 10"]
        );
    }

    #[test]
    fn a_hold_without_an_order_and_a_debt_are_found() {
        let mut state = state();
        let balance = state.balances.get_mut("USDC").unwrap();
        balance.available = Decimal::from_integer(-1);
        balance.hold = Decimal::from_integer(11);
        let found = all(&mut state);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("below zero") && found[1].contains("its orders 0"));
    }
}
