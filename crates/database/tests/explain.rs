//! Every method of the layer on a large history: no statement reads a whole table where a key can serve.
//!
//! The history has 200,000 positions with their orders and two million candles, on a private server of each family and in
//! a SQLite file. Each method is called once with typical arguments; the statements that it sends are explained by the
//! database with their own values. `CBTRADE_EXPLAIN_SHOW=1` prints every plan.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test ends where something unexpected happens, and tells what it found"
)]

#[macro_use]
#[path = "explain/calls.rs"]
mod calls;
#[path = "explain/exceptions.rs"]
mod exceptions;
#[path = "explain/intents.rs"]
mod intents;
#[path = "explain/plan.rs"]
mod plan;
#[path = "explain/surface.rs"]
mod surface;
#[path = "explain/world.rs"]
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use cbtrade_database::Statement;
use cbtrade_testkit::{Flavour, TestServer};

use crate::calls::{Listed, calls};
use crate::exceptions::{READS_MANY, reason};
use crate::plan::Access;
use crate::surface::{NOT_CALLED, public_methods};
use crate::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_mariadb_no_method_reads_a_whole_table() {
    examine(&World::server(Flavour::MariaDb).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_mysql_no_method_reads_a_whole_table() {
    // What is not on this machine is told by the call.
    if TestServer::flavours().contains(&Flavour::MySql) {
        examine(&World::server(Flavour::MySql).await).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite_no_method_reads_a_whole_table() {
    examine(&World::file().await).await;
}

/// A method without a call in the list is not examined, and nobody would notice.
#[test]
fn every_public_method_is_called() {
    let called: BTreeSet<&str> = calls().iter().map(|listed| listed.name).collect();
    let excused: BTreeSet<&str> = NOT_CALLED.iter().map(|(name, _)| *name).collect();
    let public = public_methods();
    let missing: Vec<&String> = public
        .iter()
        .filter(|name| !called.contains(name.as_str()) && !excused.contains(name.as_str()))
        .collect();
    assert!(missing.is_empty(), "methods without a call: {missing:?}");
    let gone: Vec<&&str> = called
        .union(&excused)
        .filter(|name| !public.contains(**name))
        .collect();
    assert!(gone.is_empty(), "calls of methods that are gone: {gone:?}");
}

/// An exception for what no method does any more would hide the next one that does it.
#[test]
fn every_exception_is_of_a_listed_method() {
    let calls = calls();
    for exception in READS_MANY {
        let is_listed = calls.iter().any(|listed| exception.is_of(listed));
        assert!(is_listed, "{}", exception.call);
    }
}

async fn examine(world: &World) {
    let show = std::env::var_os("CBTRADE_EXPLAIN_SHOW").is_some();
    let (mut faults, mut explained) = (Vec::new(), 0);
    let mut excused = BTreeSet::new();
    for listed in calls() {
        let begun = Instant::now();
        let statements = world.statements(&listed).await;
        if show {
            println!("{world}: {listed}: took {:?}", begun.elapsed());
        }
        for (statement, accesses) in explained_once(world, statements).await {
            explained += 1;
            for access in accesses {
                let line = format!("{world}: {listed}: {access}");
                let reason = reason(&world.to_string(), &listed, &access.table);
                if show {
                    println!("{line}");
                }
                match (access.reads_too_many(), reason) {
                    (false, _) => {}
                    (true, Some(reason)) if excused.insert(reason) => {
                        println!("{line} — {reason}");
                    }
                    (true, Some(_)) => {}
                    (true, None) => faults.push(format!("{line}\n    {}", statement.sql)),
                }
            }
        }
    }
    println!("{world}: {explained} statements explained");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The plans of different statements; one that is sent for each of many rows is explained the first time.
async fn explained_once(
    world: &World,
    statements: Vec<Statement>,
) -> Vec<(Statement, Vec<Access>)> {
    let mut different: BTreeMap<String, Statement> = BTreeMap::new();
    for statement in statements {
        different.entry(statement.sql.clone()).or_insert(statement);
    }
    let mut list = Vec::new();
    for statement in different.into_values() {
        if let Some(accesses) = plan::of(world, &statement).await {
            list.push((statement, accesses));
        }
    }
    list
}

impl std::fmt::Display for Listed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name)?;
        match self.asked.trim() {
            "" => Ok(()),
            asked => write!(formatter, " ({asked})"),
        }
    }
}

impl Listed {
    /// Calls the method; a refusal is told with its name.
    async fn run(&self, database: &cbtrade_database::Database) {
        (self.call)(database)
            .await
            .unwrap_or_else(|error| panic!("{}: {error:?}", self.name));
    }
}
