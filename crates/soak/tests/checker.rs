//! The checker itself: it finds nothing in clean histories, and every anomaly that is planted in them.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod story;

use cbtrade_soak::{
    Answer, Asked, CANDLES_OF_SET, Fate, Operation, ViolationKind, check, version_of,
};
use story::Story;

/// Operations of a story.
const LENGTH: usize = 1_200;

fn kinds(story: &Story) -> Vec<ViolationKind> {
    let mut kinds: Vec<ViolationKind> = check(&story.operations, &story.state)
        .into_iter()
        .map(|violation| violation.kind)
        .collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

/// Plants something in clean stories of several seeds, and asserts that it is found as what it is.
#[track_caller]
fn found(as_kind: ViolationKind, plant: impl Fn(&mut Story)) {
    for seed in 0..6 {
        let mut story = Story::random(seed, LENGTH);
        plant(&mut story);
        let kinds = kinds(&story);
        assert!(kinds.contains(&as_kind), "seed {seed}: {kinds:?}");
    }
}

/// The operations of a kind that were acknowledged.
fn done(story: &Story, kind: &str) -> Vec<usize> {
    let is_it = |one: &&Operation| one.asked.kind() == kind && one.is_done();
    let places = story.operations.iter().enumerate();
    places
        .filter(|(_, one)| is_it(one))
        .map(|(place, _)| place)
        .collect()
}

/// One in the middle.
fn middle(story: &Story, kind: &str) -> usize {
    let all = done(story, kind);
    all[all.len() / 2]
}

fn refuse(operation: &mut Operation) {
    operation.fate = Fate::Refused("Conflict: nothing was written".to_owned());
}

#[test]
fn clean_stories_are_clean() {
    for seed in 0..40 {
        let story = Story::random(seed, LENGTH);
        let found = check(&story.operations, &story.state);
        assert!(found.is_empty(), "seed {seed}: {}", found[0]);
    }
}

#[test]
fn stories_have_everything_that_can_go_wrong_in_them() {
    let story = Story::random(1, LENGTH);
    for kind in [
        "buy",
        "sell",
        "count",
        "note",
        "signal",
        "decide",
        "candles",
        "currency",
        "claim",
        "expire",
        "flag",
        "read account",
        "read position",
        "read open",
        "read candles",
        "read count",
        "read note",
        "read signal",
    ] {
        assert!(done(&story, kind).len() > 5, "{kind}");
    }
    let doubtful = |one: &&Operation| matches!(one.fate, Fate::InDoubt(_));
    let refused = |one: &&Operation| matches!(one.fate, Fate::Refused(_));
    assert!(story.operations.iter().filter(doubtful).count() > 20);
    assert!(story.operations.iter().filter(refused).count() > 20);
}

#[test]
fn lost_commits_are_found() {
    found(ViolationKind::LostWrite, |story| {
        let place = middle(story, "signal");
        let tag = story.operations[place].id.to_string();
        story.state.signals.retain(|row| row.tag != tag);
    });
    found(ViolationKind::LostWrite, |story| {
        let place = middle(story, "decide");
        let tag = story.operations[place].id.to_string();
        story.state.decisions.retain(|row| row.tag != tag);
    });
    found(ViolationKind::LostWrite, |story| {
        let place = middle(story, "buy");
        let tag = story.operations[place].id.to_string();
        story.state.buy_orders.retain(|row| row.tag != tag);
        story.state.positions.retain(|row| row.tag != tag);
    });
    found(ViolationKind::LostWrite, |story| {
        let tag = story.state.sell_orders[3].tag.clone();
        let sale = story
            .operations
            .iter_mut()
            .find(|one| one.id.to_string() == tag);
        sale.unwrap().fate = Fate::Acknowledged(Answer::Sold { sold: true });
        story.state.sell_orders.remove(3);
    });
    found(ViolationKind::LostWrite, |story| {
        story.state.flagged.clear()
    });
    found(ViolationKind::Overwritten, |story| {
        story.state.currencies.clear()
    });
}

#[test]
fn doubled_writes_are_found() {
    found(ViolationKind::DoubledWrite, |story| {
        let mut row = story.state.signals[7].clone();
        row.id = 1_000_000;
        story.state.signals.push(row);
    });
    found(ViolationKind::DoubledWrite, |story| {
        let mut row = story.state.decisions[3].clone();
        row.id = 1_000_000;
        story.state.decisions.push(row);
    });
    found(ViolationKind::DoubledWrite, |story| {
        let mut order = story.state.buy_orders[5].clone();
        order.bo_id = 1_000_000;
        story.state.buy_orders.push(order);
    });
    found(ViolationKind::DoubledWrite, |story| {
        story.state.counters[1] += 1_000
    });
    found(ViolationKind::DoubledWrite, |story| {
        story.state.doubled.push("currency NEW1".to_owned());
    });
}

#[test]
fn halves_of_transactions_are_found() {
    found(ViolationKind::HalfWrite, |story| {
        let tag = story.state.buy_orders[5].tag.clone();
        story.state.positions.retain(|row| row.tag != tag);
    });
    found(ViolationKind::HalfWrite, |story| {
        let closed = story
            .state
            .positions
            .iter_mut()
            .find(|row| row.state == "CLOSE");
        closed.unwrap().state = "OPEN".to_owned();
    });
    found(ViolationKind::HalfWrite, |story| {
        let other = version_of(story.operations[done(story, "candles")[0]].id);
        story.state.candles[0][3] = other;
    });
    found(ViolationKind::HalfWrite, |story| {
        story.state.candles[1].truncate(CANDLES_OF_SET - 1);
    });
}

#[test]
fn refused_writes_that_are_there_are_found() {
    for kind in ["buy", "signal", "decide"] {
        found(ViolationKind::RefusedButWritten, |story| {
            let place = middle(story, kind);
            refuse(&mut story.operations[place]);
        });
    }
    found(ViolationKind::RefusedButWritten, |story| {
        let tag = story.state.sell_orders[4].tag.clone();
        let sale = story
            .operations
            .iter_mut()
            .find(|one| one.id.to_string() == tag);
        refuse(sale.unwrap());
    });
    found(ViolationKind::RefusedButWritten, |story| {
        let last = *done(story, "candles").last().unwrap();
        let Asked::Candles { set } = story.operations[last].asked else {
            unreachable!()
        };
        let version = version_of(story.operations[last].id);
        story.state.candles[set].fill(version);
        refuse(&mut story.operations[last]);
    });
}

#[test]
fn rows_of_nobody_are_found() {
    found(ViolationKind::NobodyWrote, |story| {
        story.state.signals[2].tag = "b9.9.999999".to_owned();
    });
    found(ViolationKind::NobodyWrote, |story| {
        story.state.positions[2].tag = "by hand".to_owned();
    });
    found(ViolationKind::NobodyWrote, |story| {
        let name = "NEW999999999".to_owned();
        story.state.currencies.insert(name, "b0.0.1".to_owned());
    });
}

#[test]
fn changed_values_and_wrong_numbers_are_found() {
    found(ViolationKind::ChangedValue, |story| {
        story.state.signals[2].product = "DOGE-USDC".to_owned();
    });
    found(ViolationKind::ChangedValue, |story| {
        let row = &mut story.state.buy_orders[2];
        row.size = row
            .size
            .checked_add("0.000000000001".parse().unwrap())
            .unwrap();
    });
    found(ViolationKind::WrongNumber, |story| {
        let place = middle(story, "signal");
        let tag = story.operations[place].id.to_string();
        let row = story.state.signals.iter_mut().find(|row| row.tag == tag);
        row.unwrap().id += 500_000;
    });
    found(ViolationKind::WrongNumber, |story| {
        let place = middle(story, "buy");
        story.operations[place].fate = Fate::Acknowledged(Answer::Bought { pos_id: 77_777 });
    });
}

#[test]
fn money_that_does_not_add_up_is_found_to_the_last_place() {
    found(ViolationKind::Money, |story| {
        let balance = story.state.balances.get_mut("USDC").unwrap();
        *balance = balance
            .checked_add("0.000000000001".parse().unwrap())
            .unwrap();
    });
    found(ViolationKind::Money, |story| {
        story.state.balances.remove("BTC");
    });
    found(ViolationKind::Money, |story| {
        let closed = story
            .state
            .positions
            .iter_mut()
            .find(|row| row.state == "CLOSE");
        let gain = &mut closed.unwrap().gain;
        *gain = gain.checked_add("0.01".parse().unwrap()).unwrap();
    });
}

#[test]
fn lost_updates_are_found() {
    found(ViolationKind::LostUpdate, |story| {
        let pair: Vec<usize> = done(story, "count")
            .into_iter()
            .filter(|place| story.operations[*place].asked == Asked::Count { row: 2 })
            .collect();
        let earlier = story.operations[pair[pair.len() / 2 - 1]].fate.clone();
        story.operations[pair[pair.len() / 2]].fate = earlier;
    });
    found(ViolationKind::LostUpdate, |story| {
        story.state.counters[0] = 1
    });
}

#[test]
fn overwritten_changes_are_found() {
    found(ViolationKind::Overwritten, |story| {
        // The first of a bot's notes stands there in the end.
        let first = done(story, "note")[0];
        let Asked::Note { row, second } = story.operations[first].asked else {
            unreachable!()
        };
        let tag = story.operations[first].id.to_string();
        story.state.notes[row][usize::from(second)] = Some(tag);
    });
    found(ViolationKind::Overwritten, |story| {
        story.state.notes[0] = [None, None]
    });
    found(ViolationKind::Overwritten, |story| {
        let first = done(story, "candles")[0];
        let Asked::Candles { set } = story.operations[first].asked else {
            unreachable!()
        };
        let version = version_of(story.operations[first].id);
        story.state.candles[set].fill(version);
    });
}

#[test]
fn positions_sold_twice_are_found() {
    found(ViolationKind::SoldTwice, |story| {
        let sale = middle(story, "sell");
        let Asked::Sell { pos_id, .. } = story.operations[sale].asked else {
            unreachable!()
        };
        let mut again = story.operations[sale].clone();
        again.id.number += 900_000;
        again.fate = Fate::Acknowledged(Answer::Sold { sold: true });
        story.operations[sale].fate = Fate::Acknowledged(Answer::Sold { sold: true });
        let order = story
            .state
            .sell_orders
            .iter()
            .find(|order| order.pos_id == Some(pos_id));
        if let Some(order) = order.cloned() {
            let tag = again.id.to_string();
            story
                .state
                .sell_orders
                .push(cbtrade_soak::SellOrderRow { tag, ..order });
        }
        story.operations.push(again);
    });
}

#[test]
fn shared_leases_are_found() {
    found(ViolationKind::SharedLease, |story| {
        // Somebody else is told that the lease is his, and it had not run out.
        let granted = done(story, "claim").into_iter().find(|place| {
            story.operations[*place].answer() == Some(&Answer::Claimed { got: true })
        });
        let granted = granted.unwrap();
        let mut other = story.operations[granted].clone();
        let done_us = other.done_us.unwrap();
        other.id.number += 900_000;
        other.begun_us = done_us + 1;
        other.done_us = Some(done_us + 2);
        if let Asked::Claim { guid, .. } = &mut other.asked {
            guid.push_str("-other");
        }
        story.operations.push(other);
        story.operations.sort_by_key(|one| one.begun_us);
    });
}

#[test]
fn impossible_reads_are_found() {
    found(ViolationKind::ImpossibleRead, |story| {
        let place = middle(story, "read account");
        if let Fate::Acknowledged(Answer::Account { seen }) = &mut story.operations[place].fate {
            seen.balance = seen.balance.checked_add("1".parse().unwrap()).unwrap();
        }
    });
    found(ViolationKind::ImpossibleRead, |story| {
        let place = middle(story, "read position");
        if let Fate::Acknowledged(Answer::Position { seen: Some(seen) }) =
            &mut story.operations[place].fate
        {
            seen.sell_orders += 1;
        }
    });
    found(ViolationKind::ImpossibleRead, |story| {
        let other = story.operations[done(story, "candles")[0]].id;
        let place = middle(story, "read candles");
        if let Fate::Acknowledged(Answer::Versions { of }) = &mut story.operations[place].fate {
            of[0] = other;
        }
    });
    found(ViolationKind::ImpossibleRead, |story| {
        let place = middle(story, "read count");
        story.operations[place].fate = Fate::Acknowledged(Answer::Number { number: 100_000 });
    });
    found(ViolationKind::ImpossibleRead, |story| {
        let place = middle(story, "read open");
        if let Fate::Acknowledged(Answer::Positions { ids }) = &mut story.operations[place].fate {
            ids.push(5_555_555);
        }
    });
}

#[test]
fn stale_reads_are_found() {
    found(ViolationKind::StaleRead, |story| {
        let last = *done(story, "read count").last().unwrap();
        story.operations[last].fate = Fate::Acknowledged(Answer::Number { number: 0 });
    });
    found(ViolationKind::StaleRead, |story| {
        let last = *done(story, "read note").last().unwrap();
        let Asked::ReadNote { row, second } = story.operations[last].asked else {
            unreachable!()
        };
        let first = done(story, "note")
            .into_iter()
            .find(|place| story.operations[*place].asked == Asked::Note { row, second });
        let by = Some(story.operations[first.unwrap()].id);
        story.operations[last].fate = Fate::Acknowledged(Answer::Noted { by });
    });
    found(ViolationKind::StaleRead, |story| {
        let last = *done(story, "read candles").last().unwrap();
        let Asked::ReadCandles { set } = story.operations[last].asked else {
            unreachable!()
        };
        let first = done(story, "candles")
            .into_iter()
            .find(|place| story.operations[*place].asked == Asked::Candles { set });
        let first = story.operations[first.unwrap()].id;
        if let Fate::Acknowledged(Answer::Versions { of }) = &mut story.operations[last].fate {
            of.fill(first);
        }
    });
    found(ViolationKind::StaleRead, |story| {
        // The one that saw most: there is something to miss.
        let seen = |place: &usize| match &story.operations[*place].fate {
            Fate::Acknowledged(Answer::Positions { ids }) => ids.len(),
            _ => 0,
        };
        let most = done(story, "read open").into_iter().max_by_key(seen);
        if let Fate::Acknowledged(Answer::Positions { ids }) =
            &mut story.operations[most.unwrap()].fate
        {
            ids.clear();
        }
    });
    found(ViolationKind::StaleRead, |story| {
        let place = middle(story, "read signal");
        story.operations[place].fate = Fate::Acknowledged(Answer::Signal { by: None });
    });
    found(ViolationKind::StaleRead, |story| {
        let last = *done(story, "read account").last().unwrap();
        if let Fate::Acknowledged(Answer::Account { seen }) = &mut story.operations[last].fate {
            seen.positions = 0;
        }
    });
}

#[test]
fn numbers_that_go_back_are_found() {
    found(ViolationKind::OutOfOrder, |story| {
        let signals = done(story, "signal");
        let first = &story.operations[signals[0]];
        let (bot, id) = (first.id.bot, first.answer().cloned());
        let later = signals
            .iter()
            .rev()
            .find(|place| story.operations[**place].id.bot == bot);
        let later = *later.unwrap();
        assert_ne!(later, signals[0]);
        story.operations[later].fate = Fate::Acknowledged(id.unwrap());
    });
}
