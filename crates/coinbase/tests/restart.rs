//! A venue that is killed in the middle keeps all it said, and several processes keep one limit together.
//!
//! The processes are this program itself: with `venue` and a folder it is a venue, with `limiter` and a folder it takes
//! places under the limit. Without arguments of its own it is the test.
#![allow(clippy::unwrap_used, reason = "a failed test says where")]
#![allow(
    clippy::print_stdout,
    reason = "a test without a harness tells what it did"
)]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;

use cbtrade_coinbase::{Coinbase, Limiter, LimiterSettings, Settings};
use cbtrade_coinbase_sim::Venue;
use cbtrade_core::{Decimal, Random, SystemClock};
use cbtrade_exchange::{Account, Exchange, Fill, FillQuery, Order, OrderQuery, Placement, Side};
use common::{PRODUCT, limit, market_buy, start, still};

const ROUNDS: u64 = 12;

/// Orders of one task in one round, so that the money lasts on any machine.
const ORDERS_MAX: usize = 100;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    match arguments.get(1).map(String::as_str) {
        Some("venue") => runtime.block_on(be_a_venue(Path::new(&arguments[2]))),
        Some("limiter") => take_places(Path::new(&arguments[2])),
        // Asked by a test runner for names or for one of them.
        Some("--list") => println!("restart: test"),
        _ => {
            runtime.block_on(a_killed_venue_keeps_what_it_said());
            println!("test a_killed_venue_keeps_what_it_said ... ok");
            processes_keep_one_limit();
            println!("test processes_keep_one_limit ... ok");
        }
    }
    ExitCode::SUCCESS
}

async fn be_a_venue(folder: &Path) {
    let mut config = still();
    config.journal = Some(folder.join("journal"));
    let venue = Venue::start(config).await.unwrap();
    println!("{} {}", venue.rest_base, venue.ws_url);
    std::io::stdout().flush().unwrap();
    std::future::pending::<()>().await;
}

/// A venue in a process of its own, and a client of it.
fn started(folder: &Path) -> (Child, Coinbase) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .arg("venue")
        .arg(folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let (rest, ws) = line.trim().split_once(' ').unwrap();
    let mut settings = Settings::local(rest, ws);
    settings.attempts_max = 1;
    (child, Coinbase::new(settings).unwrap())
}

async fn everything(client: &Coinbase) -> (Vec<Account>, Vec<Order>, Vec<Fill>) {
    (
        client.accounts().await.unwrap(),
        client.orders(&OrderQuery::default()).await.unwrap(),
        client.fills(&FillQuery::default()).await.unwrap(),
    )
}

async fn a_killed_venue_keeps_what_it_said() {
    let folder = tempfile::tempdir().unwrap();
    let seed = 3;
    println!("seed {seed}");
    let mut random = Random::new(seed);
    let mut number: usize = 0;
    let mut accepted: Vec<(String, String)> = Vec::new();
    for round in 0..ROUNDS {
        let (mut child, client) = started(folder.path());
        let client = Arc::new(client);
        // Everything that was acknowledged before is there, once.
        let (accounts, orders, fills) = everything(&client).await;
        for (client_order_id, order_id) in &accepted {
            let found: Vec<&Order> = orders
                .iter()
                .filter(|order| order.client_order_id == *client_order_id)
                .collect();
            assert_eq!(
                found.len(),
                1,
                "seed {seed}, round {round}: {client_order_id}"
            );
            assert_eq!(&found[0].order_id, order_id);
        }
        let held = accounts
            .iter()
            .find(|account| account.currency == "USDC")
            .unwrap();
        let spent = fills.iter().fold(Decimal::ZERO, |all, fill| {
            let value = fill.price.checked_mul(fill.size).unwrap();
            all.checked_add(value.checked_add(fill.commission).unwrap())
                .unwrap()
        });
        let total = held.total().unwrap().checked_add(spent).unwrap();
        assert_eq!(
            total,
            Decimal::from_integer(10_000),
            "seed {seed}, round {round}"
        );
        // Orders are on their way until the venue is killed.
        let sending: Vec<_> = (0..4)
            .map(|task| tokio::spawn(send(Arc::clone(&client), format!("o-{round}-{task}"))))
            .collect();
        tokio::time::sleep(std::time::Duration::from_micros(random.below(60_000))).await;
        child.kill().unwrap();
        child.wait().unwrap();
        for one in sending {
            let (sent, taken) = one.await.unwrap();
            number += sent;
            accepted.extend(taken);
        }
    }
    let (mut child, client) = started(folder.path());
    let before = everything(&client).await;
    child.kill().unwrap();
    child.wait().unwrap();
    let (mut child, client) = started(folder.path());
    assert_eq!(everything(&client).await, before, "seed {seed}");
    let lost = client
        .find_order("order-0", PRODUCT, start())
        .await
        .unwrap();
    assert!(lost.is_none() && !accepted.is_empty());
    child.kill().unwrap();
    child.wait().unwrap();
    println!(
        "{number} orders sent, {} acknowledged, {} there",
        accepted.len(),
        before.1.len()
    );
}

/// Places small orders until one is not answered. Gives how many were sent, and the ids of those that were taken.
async fn send(client: Arc<Coinbase>, name: String) -> (usize, Vec<(String, String)>) {
    let mut taken = Vec::new();
    for number in 1..=ORDERS_MAX {
        let id = format!("{name}-{number}");
        let request = if number % 2 == 0 {
            market_buy(&id, "1.11")
        } else {
            limit(&id, Side::Buy, "0.0005", "3000")
        };
        match client.place(&request).await {
            Placement::Accepted { order_id } => taken.push((id, order_id)),
            Placement::Refused(refusal) => panic!("{id}: {refusal:?}"),
            Placement::Unclear(_) => return (number, taken),
        }
    }
    (ORDERS_MAX, taken)
}

/// Places that each process takes.
const PLACES: usize = 200;

fn limiter(folder: &Path) -> Limiter {
    // So slow that no place comes back while the test runs.
    let settings = LimiterSettings {
        folder: folder.to_owned(),
        per_second: 1,
        burst: 1_000_000,
    };
    Limiter::open(&settings, Arc::new(SystemClock)).unwrap()
}

fn take_places(folder: &Path) {
    let limiter = limiter(folder);
    for _ in 0..PLACES {
        limiter.take().unwrap();
    }
}

fn due(folder: &Path) -> i64 {
    let text = std::fs::read_to_string(folder.join("coinbase.limit")).unwrap();
    text.trim().parse().unwrap()
}

fn processes_keep_one_limit() {
    let folder = tempfile::tempdir().unwrap();
    limiter(folder.path()).take().unwrap();
    let before = due(folder.path());
    let children: Vec<Child> = (0..4)
        .map(|_| {
            Command::new(std::env::current_exe().unwrap())
                .arg("limiter")
                .arg(folder.path())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    // A place that two took would be missing here.
    let taken = (due(folder.path()) - before) / 1_000_000;
    assert_eq!(taken, i64::try_from(4 * PLACES).unwrap());
}
