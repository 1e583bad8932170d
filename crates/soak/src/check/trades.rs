//! Orders and positions: each transaction whole, once, and as it was asked; and positions as reads saw them.

use std::collections::{BTreeMap, BTreeSet};

use cbtrade_core::Decimal;

use super::{Case, ViolationKind};
use crate::history::{Answer, Asked, Fate, Operation, OperationId, SeenPosition};
use crate::state::{BuyOrderRow, PositionRow, SellOrderRow};
use crate::world::Product;

/// What is known of a position: who opened it and who may have closed it.
struct Life<'a> {
    row: Option<&'a PositionRow>,
    bought: Option<&'a Operation>,
    sales: Vec<&'a Operation>,
}

pub(super) fn check(case: &mut Case<'_>) {
    let buys = bought(case);
    let sales = sold(case);
    let lives = lives(case, &buys);
    closed_once(case, &sales, &lives);
    refused_sales(case, &lives);
    positions_read(case, &lives);
    open_read(case, &lives);
    checked_and_flagged(case);
}

type ByWriter<'a, Row> = BTreeMap<OperationId, Vec<&'a Row>>;

fn by_writer<'a, Row>(
    case: &mut Case<'a>,
    table: &str,
    rows: &'a [Row],
    tag: impl Fn(&Row) -> &str,
) -> ByWriter<'a, Row> {
    let mut found: ByWriter<'a, Row> = BTreeMap::new();
    for row in rows {
        if let Some(operation) = case.writer(table, tag(row)) {
            found.entry(operation.id).or_default().push(row);
        }
    }
    found
}

/// Buys: order and position are there together, once, as asked, and acknowledged ones certainly. Gives the positions.
fn bought<'a>(case: &mut Case<'a>) -> BTreeMap<OperationId, &'a PositionRow> {
    let state = case.state;
    let orders = by_writer(case, "buy_ords", &state.buy_orders, |row: &BuyOrderRow| {
        &row.tag
    });
    let positions = by_writer(case, "poss", &state.positions, |row: &PositionRow| &row.tag);
    let mut found = BTreeMap::new();
    let buys = case.all(|one| matches!(one.asked, Asked::Buy { .. }));
    let known: BTreeSet<OperationId> = buys.iter().map(|one| one.id).collect();
    for id in orders.keys().chain(positions.keys()) {
        if let (false, Some(operation)) = (known.contains(id), case.by_id.get(id).copied()) {
            let words =
                "an order or position is there that this operation did not ask for".to_owned();
            case.violation(ViolationKind::NobodyWrote, words, &[operation]);
        }
    }
    for buy in buys {
        let none_orders = Vec::new();
        let none_positions = Vec::new();
        let own_orders = orders.get(&buy.id).unwrap_or(&none_orders);
        let own_positions = positions.get(&buy.id).unwrap_or(&none_positions);
        let counts = (own_orders.len(), own_positions.len());
        match counts {
            (0, 0) if buy.is_done() => case.violation(
                ViolationKind::LostWrite,
                "a buy was acknowledged and is not there".to_owned(),
                &[buy],
            ),
            (0, 0) => {}
            (1, 1) => {
                one_buy(case, buy, own_orders[0], own_positions[0]);
                found.insert(buy.id, own_positions[0]);
            }
            (order_count, position_count) => {
                let kind = match order_count.max(position_count) {
                    1 => ViolationKind::HalfWrite,
                    _ => ViolationKind::DoubledWrite,
                };
                let words =
                    format!("a buy left {order_count} orders and {position_count} positions");
                case.violation(kind, words, &[buy]);
            }
        }
    }
    found
}

fn one_buy(case: &mut Case<'_>, buy: &Operation, order: &BuyOrderRow, position: &PositionRow) {
    if let Fate::Refused(_) = buy.fate {
        let words = format!(
            "a buy was refused and position {} is there",
            position.pos_id
        );
        case.violation(ViolationKind::RefusedButWritten, words, &[buy]);
    }
    let Asked::Buy {
        product,
        spent,
        size,
    } = buy.asked
    else {
        return;
    };
    let name = Product::of(product).id();
    let as_asked = order.product == name
        && position.product == name
        && [order.spent, position.spent] == [spent; 2]
        && [order.size, position.bought] == [size; 2];
    if !as_asked {
        let words = format!("a buy stands there with other values: {order:?}, {position:?}");
        case.violation(ViolationKind::ChangedValue, words, &[buy]);
    }
    if position.bo_id != Some(order.bo_id) {
        let words = format!(
            "position {} names buy order {:?}, which is {}",
            position.pos_id, position.bo_id, order.bo_id
        );
        case.violation(ViolationKind::HalfWrite, words, &[buy]);
    }
    if let Some(Answer::Bought { pos_id }) = buy.answer()
        && *pos_id != position.pos_id
    {
        let words = format!(
            "a buy was given position {pos_id} and has {}",
            position.pos_id
        );
        case.violation(ViolationKind::WrongNumber, words, &[buy]);
    }
}

/// Sales: acknowledged ones have their order, refused ones none. Gives the orders by position.
fn sold<'a>(case: &mut Case<'a>) -> BTreeMap<i64, Vec<&'a SellOrderRow>> {
    let state = case.state;
    let orders = by_writer(
        case,
        "sell_ords",
        &state.sell_orders,
        |row: &SellOrderRow| &row.tag,
    );
    for sale in case.all(|one| matches!(one.asked, Asked::Sell { .. })) {
        let count = orders.get(&sale.id).map_or(0, Vec::len);
        let not_open = matches!(sale.answer(), Some(Answer::Sold { sold: false }));
        let certainly = matches!(sale.answer(), Some(Answer::Sold { sold: true }));
        match count {
            0 if certainly => case.violation(
                ViolationKind::LostWrite,
                "a sale was acknowledged and its order is not there".to_owned(),
                &[sale],
            ),
            0 => {}
            1 if !sale.may_be_done() || not_open => case.violation(
                ViolationKind::RefusedButWritten,
                "a sale was refused and its order is there".to_owned(),
                &[sale],
            ),
            1 => {}
            count => case.violation(
                ViolationKind::DoubledWrite,
                format!("a sale left {count} orders"),
                &[sale],
            ),
        }
    }
    let mut by_position: BTreeMap<i64, Vec<&SellOrderRow>> = BTreeMap::new();
    for order in &state.sell_orders {
        by_position
            .entry(order.pos_id.unwrap_or(0))
            .or_default()
            .push(order);
    }
    by_position
}

/// Every position that anybody knows of.
fn lives<'a>(
    case: &Case<'a>,
    buys: &BTreeMap<OperationId, &'a PositionRow>,
) -> BTreeMap<i64, Life<'a>> {
    let mut lives: BTreeMap<i64, Life<'a>> = BTreeMap::new();
    let life = || Life {
        row: None,
        bought: None,
        sales: Vec::new(),
    };
    for (id, row) in buys {
        let entry = lives.entry(row.pos_id).or_insert_with(life);
        entry.row = Some(row);
        entry.bought = case.by_id.get(id).copied();
    }
    for operation in case.operations {
        match (&operation.asked, operation.answer()) {
            (Asked::Buy { .. }, Some(Answer::Bought { pos_id })) => {
                lives.entry(*pos_id).or_insert_with(life).bought = Some(operation);
            }
            (Asked::Sell { pos_id, .. }, answer) => {
                let refused = matches!(answer, Some(Answer::Sold { sold: false }));
                if operation.may_be_done() && !refused {
                    lives
                        .entry(*pos_id)
                        .or_insert_with(life)
                        .sales
                        .push(operation);
                }
            }
            _ => {}
        }
    }
    lives
}

/// A position is closed if and only if one order sold it.
fn closed_once(
    case: &mut Case<'_>,
    sales: &BTreeMap<i64, Vec<&SellOrderRow>>,
    lives: &BTreeMap<i64, Life<'_>>,
) {
    for (pos_id, life) in lives {
        let certain: Vec<&Operation> = life
            .sales
            .iter()
            .copied()
            .filter(|sale| matches!(sale.answer(), Some(Answer::Sold { sold: true })))
            .collect();
        let orders = sales.get(pos_id).map_or(0, Vec::len);
        if certain.len() > 1 || orders > 1 {
            let words = format!(
                "position {pos_id} was sold {} times, with {orders} orders",
                certain.len()
            );
            case.violation(ViolationKind::SoldTwice, words, &life.sales);
        }
        let Some(row) = life.row else { continue };
        let order = sales.get(pos_id).and_then(|orders| orders.first());
        let fits = match (row.state.as_str(), order) {
            ("OPEN", None) => {
                row.received.is_zero() && row.held == row.bought && row.gain.is_zero()
            }
            ("CLOSE", Some(order)) => {
                row.received == order.received
                    && order.sold == row.bought
                    && row.held.is_zero()
                    && Some(row.gain) == order.received.checked_sub(row.spent)
            }
            _ => false,
        };
        if !fits {
            let words =
                format!("position {pos_id} and its sell order do not fit: {row:?}, {order:?}");
            case.violation(ViolationKind::HalfWrite, words, &life.sales);
        }
    }
    for pos_id in sales.keys().filter(|pos_id| !lives.contains_key(pos_id)) {
        let words = format!("a sell order is about position {pos_id}, which nobody opened");
        case.violation(ViolationKind::NobodyWrote, words, &[]);
    }
}

/// A sale that found its position closed: somebody else must have sold it.
fn refused_sales(case: &mut Case<'_>, lives: &BTreeMap<i64, Life<'_>>) {
    for sale in case.all(|one| matches!(one.answer(), Some(Answer::Sold { sold: false }))) {
        let Asked::Sell { pos_id, .. } = sale.asked else {
            continue;
        };
        let by_others = lives.get(&pos_id).is_some_and(|life| {
            life.sales
                .iter()
                .any(|other| Some(other.begun_us) < sale.done_us)
        });
        if !by_others {
            let words = format!("a sale found position {pos_id} closed, which nobody had sold");
            case.violation(ViolationKind::ImpossibleRead, words, &[sale]);
        }
    }
}

/// Positions as reads saw them, each in one statement with its orders.
fn positions_read(case: &mut Case<'_>, lives: &BTreeMap<i64, Life<'_>>) {
    for read in case.all(|one| matches!(one.asked, Asked::ReadPosition { .. })) {
        let (Asked::ReadPosition { pos_id }, Some(Answer::Position { seen })) =
            (&read.asked, read.answer())
        else {
            continue;
        };
        let Some(seen) = seen else {
            let words =
                format!("position {pos_id} is known to be there, and a read did not see it");
            case.violation(ViolationKind::StaleRead, words, &[read]);
            continue;
        };
        if !is_possible(seen) {
            let words = format!("a read saw position {pos_id} half-way: {seen:?}");
            case.violation(ViolationKind::ImpossibleRead, words, &[read]);
        }
        let none = Vec::new();
        let sales = lives.get(pos_id).map_or(&none, |life| &life.sales);
        let over = sales.iter().find(|sale| {
            matches!(sale.answer(), Some(Answer::Sold { sold: true }))
                && sale.done_us < Some(read.begun_us)
        });
        if let ("OPEN", Some(sale)) = (seen.state.as_str(), over) {
            let words =
                format!("a read saw position {pos_id} open, which was sold before it began");
            case.violation(ViolationKind::StaleRead, words, &[sale, read]);
        }
        let begun = sales.iter().any(|sale| Some(sale.begun_us) < read.done_us);
        if seen.state == "CLOSE" && !begun {
            let words = format!("a read saw position {pos_id} closed, which nobody had sold");
            case.violation(ViolationKind::ImpossibleRead, words, &[read]);
        }
    }
}

/// Whether a position and its orders can look so at any instant.
fn is_possible(seen: &SeenPosition) -> bool {
    let bought = seen.buy_orders == 1 && seen.order_spent == seen.spent;
    bought
        && match seen.state.as_str() {
            "OPEN" => seen.sell_orders == 0 && seen.received.is_zero() && seen.held == seen.bought,
            "CLOSE" => {
                seen.sell_orders == 1
                    && seen.received == seen.order_received
                    && seen.held == Decimal::ZERO
            }
            _ => false,
        }
}

/// Lists of open positions.
fn open_read(case: &mut Case<'_>, lives: &BTreeMap<i64, Life<'_>>) {
    let mut of_product: BTreeMap<usize, Vec<(i64, &Life<'_>)>> = BTreeMap::new();
    for (pos_id, life) in lives {
        if let Some(Asked::Buy { product, .. }) = life.bought.map(|buy| &buy.asked) {
            of_product
                .entry(*product)
                .or_default()
                .push((*pos_id, life));
        }
    }
    for read in case.all(|one| matches!(one.asked, Asked::ReadOpen { .. })) {
        let (Asked::ReadOpen { product }, Some(Answer::Positions { ids })) =
            (&read.asked, read.answer())
        else {
            continue;
        };
        let seen: BTreeSet<i64> = ids.iter().copied().collect();
        let none = Vec::new();
        let known = of_product.get(product).unwrap_or(&none);
        for (pos_id, life) in known {
            let opened = life
                .bought
                .is_some_and(|buy| buy.is_done() && buy.done_us < Some(read.begun_us));
            let maybe_sold = life
                .sales
                .iter()
                .any(|sale| Some(sale.begun_us) < read.done_us);
            let surely_sold = life.sales.iter().find(|sale| {
                matches!(sale.answer(), Some(Answer::Sold { sold: true }))
                    && sale.done_us < Some(read.begun_us)
            });
            match (seen.contains(pos_id), surely_sold) {
                (true, Some(sale)) => {
                    let words =
                        format!("a list of open positions has {pos_id}, sold before it began");
                    case.violation(ViolationKind::StaleRead, words, &[sale, read]);
                }
                (false, _) if opened && !maybe_sold => {
                    let words =
                        format!("a list of open positions lacks {pos_id}, opened before it began");
                    let shown: Vec<&Operation> = life.bought.into_iter().chain([read]).collect();
                    case.violation(ViolationKind::StaleRead, words, &shown);
                }
                _ => {}
            }
        }
        let ours: BTreeSet<i64> = known.iter().map(|(pos_id, _)| *pos_id).collect();
        if let Some(stranger) = seen.difference(&ours).next() {
            // One that was seen and is neither acknowledged nor there in the end was never committed.
            let words = format!("a list of open positions has {stranger}, which was never opened");
            case.violation(ViolationKind::ImpossibleRead, words, &[read]);
        }
    }
}

/// Marks that are only ever set: a product that was marked is marked.
fn checked_and_flagged(case: &mut Case<'_>) {
    let flags = case.all(|one| matches!(one.asked, Asked::Flag { .. }));
    let mut wanted: BTreeMap<String, &Operation> = BTreeMap::new();
    let mut allowed: BTreeSet<String> = BTreeSet::new();
    for flag in flags {
        if let Asked::Flag { product } = flag.asked {
            let name = Product::of(product).id();
            if flag.is_done() {
                wanted.entry(name.clone()).or_insert(flag);
            }
            if flag.may_be_done() {
                allowed.insert(name);
            }
        }
    }
    let found: BTreeSet<&String> = case.state.flagged.iter().collect();
    for (name, flag) in &wanted {
        if !found.contains(name) {
            let words = format!("the figures of {name} were marked and are not");
            case.violation(ViolationKind::LostWrite, words, &[*flag]);
        }
    }
    for name in found {
        if !allowed.contains(name) {
            let words = format!("the figures of {name} are marked, and nobody did it");
            case.violation(ViolationKind::NobodyWrote, words, &[]);
        }
    }
}
