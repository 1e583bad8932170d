//! Money: what is in the wallet is what was there at first, less what was spent, plus what came in. To the last place.

use std::collections::BTreeMap;

use cbtrade_core::Decimal;

use super::{Case, ViolationKind};
use crate::history::{Answer, Asked, SeenAccount};
use crate::world::{QUOTES, currencies, start_balance};

pub(super) fn check(case: &mut Case<'_>) {
    wallet(case);
    gains(case);
    accounts(case);
}

/// The two currencies of a product's name.
fn currencies_of(product: &str) -> Option<(&str, &str)> {
    product.split_once('-')
}

/// A sum that does not wrap: amounts of a run are far below the limit, so a sum that does not fit is itself wrong.
#[derive(Clone, Copy)]
struct Sum(Decimal);

impl Sum {
    fn add(&mut self, amount: Decimal) {
        self.0 = self.0.checked_add(amount).unwrap_or(self.0);
    }

    fn take(&mut self, amount: Decimal) {
        self.0 = self.0.checked_sub(amount).unwrap_or(self.0);
    }
}

/// Balances against the orders, and against the positions.
fn wallet(case: &mut Case<'_>) {
    let start = || -> BTreeMap<String, Sum> {
        currencies()
            .map(|currency| (currency.to_owned(), Sum(start_balance(currency))))
            .collect()
    };
    let (mut by_orders, mut by_positions) = (start(), start());
    let products: BTreeMap<i64, &str> = case
        .state
        .positions
        .iter()
        .map(|position| (position.pos_id, position.product.as_str()))
        .collect();
    let change =
        |sums: &mut BTreeMap<String, Sum>, product: &str, base: Decimal, quote: Decimal| {
            if let Some((base_name, quote_name)) = currencies_of(product) {
                if let Some(sum) = sums.get_mut(base_name) {
                    sum.add(base);
                }
                if let Some(sum) = sums.get_mut(quote_name) {
                    sum.add(quote);
                }
            }
        };
    for order in &case.state.buy_orders {
        change(
            &mut by_orders,
            &order.product,
            order.size,
            negative(order.spent),
        );
    }
    for order in &case.state.sell_orders {
        let product = order.pos_id.and_then(|pos_id| products.get(&pos_id));
        change(
            &mut by_orders,
            product.copied().unwrap_or_default(),
            negative(order.sold),
            order.received,
        );
    }
    for position in &case.state.positions {
        let mut quote = Sum(position.received);
        quote.take(position.spent);
        change(&mut by_positions, &position.product, position.held, quote.0);
    }
    for currency in currencies() {
        let Some(found) = case.state.balances.get(currency).copied() else {
            let words = format!("the balance of {currency} is gone");
            case.violation(ViolationKind::Money, words, &[]);
            continue;
        };
        for (source, sums) in [("orders", &by_orders), ("positions", &by_positions)] {
            let wanted = sums.get(currency).map_or(Decimal::ZERO, |sum| sum.0);
            if found != wanted {
                let words = format!(
                    "the balance of {currency} is {found}, the {source} say {wanted} (difference {})",
                    difference(found, wanted)
                );
                case.violation(ViolationKind::Money, words, &[]);
            }
        }
    }
}

/// Balances, what open positions cost, and realised gains, in all.
fn gains(case: &mut Case<'_>) {
    for quote in QUOTES {
        let of_quote =
            |product: &str| currencies_of(product).is_some_and(|(_, name)| name == quote);
        let mut sum = Sum(case
            .state
            .balances
            .get(quote)
            .copied()
            .unwrap_or(Decimal::ZERO));
        for position in &case.state.positions {
            if of_quote(&position.product) {
                match position.state.as_str() {
                    "CLOSE" => sum.take(position.gain),
                    _ => sum.add(position.spent),
                }
            }
        }
        let start = start_balance(quote);
        if sum.0 != start {
            let words = format!(
                "{quote}: balance, cost of open positions less realised gains are {}, at first it was {start} \
                 (difference {})",
                sum.0,
                difference(sum.0, start)
            );
            case.violation(ViolationKind::Money, words, &[]);
        }
    }
}

/// Accounts as reads saw them, each in one statement.
fn accounts(case: &mut Case<'_>) {
    let mut begun = [Vec::new(), Vec::new()];
    let mut done = [Vec::new(), Vec::new()];
    for operation in case.operations {
        if let Asked::Buy { product, .. } = operation.asked {
            let quote = product / (crate::world::PRODUCTS / QUOTES.len()) % QUOTES.len();
            if operation.may_be_done() {
                begun[quote].push(operation.begun_us);
            }
            if operation.is_done() {
                done[quote].extend(operation.done_us);
            }
        }
    }
    begun
        .iter_mut()
        .chain(&mut done)
        .for_each(|times| times.sort_unstable());
    let before = |times: &[u64], limit: u64| times.partition_point(|time| *time < limit);
    for operation in case.operations {
        let (Asked::ReadAccount { quote }, Some(Answer::Account { seen })) =
            (&operation.asked, operation.answer())
        else {
            continue;
        };
        let quote = quote % QUOTES.len();
        let wanted = expected(QUOTES[quote], seen);
        if seen.balance != wanted {
            let words = format!(
                "a read saw a balance of {} {}, and positions that make it {wanted} (difference {})",
                seen.balance,
                QUOTES[quote],
                difference(seen.balance, wanted)
            );
            case.violation(ViolationKind::ImpossibleRead, words, &[operation]);
        }
        let least = before(&done[quote], operation.begun_us);
        let most = before(&begun[quote], operation.done_us.unwrap_or(u64::MAX));
        let positions = usize::try_from(seen.positions).unwrap_or(0);
        if positions < least || positions > most {
            let kind = match positions < least {
                true => ViolationKind::StaleRead,
                false => ViolationKind::ImpossibleRead,
            };
            let words = format!(
                "a read saw {positions} positions in {}; {least} were acknowledged before it began, {most} begun before \
                 it ended",
                QUOTES[quote]
            );
            case.violation(kind, words, &[operation]);
        }
    }
}

fn expected(quote: &str, seen: &SeenAccount) -> Decimal {
    let mut sum = Sum(start_balance(quote));
    sum.take(seen.spent);
    sum.add(seen.received);
    sum.0
}

fn negative(number: Decimal) -> Decimal {
    Decimal::from_units(-number.units())
}

fn difference(one: Decimal, other: Decimal) -> Decimal {
    one.checked_sub(other).unwrap_or(Decimal::ZERO)
}
