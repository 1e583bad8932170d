//! Figures of processes, and the clean-up of tokens.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod common;

use std::time::Duration;

use cbtrade_database::{Database, Options};
use common::Store;

#[tokio::test(flavor = "multi_thread")]
async fn a_process_tells_the_others_what_it_counted() {
    let options = || Options {
        program: "bot".to_owned(),
        // Not by itself, too: before the tables are there it could not.
        figures_every: Duration::ZERO,
        ..Options::default()
    };
    for store in Store::all_with(options).await {
        let database = &store.database;
        database.ensure_database_ready().await.unwrap();
        assert_eq!(
            database.db_process_figures_get().await.unwrap(),
            [],
            "{store}"
        );
        database.db_process_figures_write().await.unwrap();
        database.db_process_figures_write().await.unwrap();
        let processes = database.db_process_figures_get().await.unwrap();
        assert_eq!(processes.len(), 1, "{store}");
        assert_eq!(processes[0].program, "bot");
        assert_eq!(processes[0].pid, i64::from(std::process::id()));
        assert!(
            (0..60).contains(&processes[0].seen_seconds_ago),
            "{store} {processes:?}"
        );
        let written = processes[0].figures.methods["db_process_figures_write"];
        assert_eq!(
            (written.calls, written.errors),
            (1, 0),
            "{store}: what was counted when it last wrote"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_old_tokens_are_removed() {
    for store in Store::all().await {
        let database = &store.database;
        database.ensure_database_ready().await.unwrap();
        if store.flavour.is_none() {
            assert_eq!(database.db_operations_cleanup().await.unwrap(), 0);
            continue;
        }
        // Two days and one hour ago, by the writer's clock and by the server's; and just now, by a writer whose clock is
        // three days slow.
        for (hours, hours_here) in [(48, 48), (1, 1), (72, 0)] {
            store
                .run(&format!(
                    "INSERT INTO _cbtrade_operation (operation, method, result, at) VALUES \
                     (CONCAT(UNHEX(LPAD(HEX((UNIX_TIMESTAMP() - {hours} * 3600) * 1000), 12, '0')), REPEAT('x', 10)), \
                     'age {hours}', '', DATE_SUB(CURRENT_TIMESTAMP, INTERVAL {hours_here} HOUR))"
                ))
                .await;
        }
        assert_eq!(
            database.db_operations_cleanup().await.unwrap(),
            1,
            "{store}"
        );
        let left = store
            .text_rows("SELECT method FROM _cbtrade_operation WHERE method LIKE 'age %' ORDER BY operation")
            .await;
        assert_eq!(left, [["age 72"], ["age 1"]], "{store}");
    }
}

/// Figures are written in the background, where a program may go on to something else for as long as it likes.
#[test]
fn a_task_that_is_not_polled_does_not_keep_a_file_locked() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let idle = runtime();
    let store = idle.block_on(Store::file(Options::default()));
    idle.block_on(store.database.ensure_database_ready())
        .unwrap();
    let mut writing = std::pin::pin!(store.database.db_process_figures_write());
    idle.block_on(std::future::poll_fn(|context| {
        assert!(writing.as_mut().poll(context).is_pending());
        std::task::Poll::Ready(())
    }));
    // Another process, as far as the file knows.
    let patience = Options {
        call_timeout: std::time::Duration::from_secs(10),
        ..Options::default()
    };
    let other = runtime();
    other.block_on(async {
        let location = store.database.location();
        let database = Database::open(location, patience).await.unwrap();
        database
            .db_mkt_checks_buy_upd("BTC-USDC", "bot")
            .await
            .unwrap();
        database.db_process_figures_write().await.unwrap();
    });
    idle.block_on(writing).unwrap();
    let both = idle.block_on(store.database.db_process_figures_get());
    assert_eq!(both.unwrap().len(), 2);
}
