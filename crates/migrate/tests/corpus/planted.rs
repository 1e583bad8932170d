//! The corpus proves nothing if its comparison is blind: changes are planted in a target, and each must be seen.

use std::sync::Arc;

use cbtrade_migrate::{Job, Migration, Options, Plan, Silent};
use cbtrade_mysql::mysql_async::prelude::Queryable as _;
use cbtrade_sqlite::rusqlite::Connection;
use cbtrade_testkit::Flavour;

use crate::Outcome;
use crate::case::TargetWord;
use crate::compare::Comparison;
use crate::setup::run_script;
use crate::source::Source;
use crate::target::Site;

const SOURCE: &str = "
    CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, note TEXT, price REAL, data BLOB, loose);
    INSERT INTO orders VALUES (1, 'one', 0.1, x'00ff', 1.5), (2, '', 1.5, x'', -0.0), (3, NULL, 2.0, NULL, NULL);
    INSERT INTO orders VALUES (90, 'e', 1.5, NULL, NULL);
    DELETE FROM orders WHERE id = 90;
    CREATE TABLE mixed (v);
    INSERT INTO mixed VALUES (5), ('5'), (5.0), (x'35'), ('five'), ('five');";

/// What is done to the target, and what takes it back.
const PLANTED: &[(&str, &str)] = &[
    (
        "UPDATE orders SET note = 'One' WHERE id = 1",
        "UPDATE orders SET note = 'one' WHERE id = 1",
    ),
    (
        "UPDATE orders SET note = 'one ' WHERE id = 1",
        "UPDATE orders SET note = 'one' WHERE id = 1",
    ),
    (
        "UPDATE orders SET note = NULL WHERE id = 2",
        "UPDATE orders SET note = '' WHERE id = 2",
    ),
    (
        "UPDATE orders SET note = '' WHERE id = 3",
        "UPDATE orders SET note = NULL WHERE id = 3",
    ),
    (
        "UPDATE orders SET price = 0.10000000000000002e0 WHERE id = 1",
        "UPDATE orders SET price = 0.1e0 WHERE id = 1",
    ),
    (
        "UPDATE orders SET price = NULL WHERE id = 3",
        "UPDATE orders SET price = 2e0 WHERE id = 3",
    ),
    (
        "UPDATE orders SET data = x'00fe' WHERE id = 1",
        "UPDATE orders SET data = x'00ff' WHERE id = 1",
    ),
    (
        "UPDATE orders SET data = NULL WHERE id = 2",
        "UPDATE orders SET data = x'' WHERE id = 2",
    ),
    (
        "UPDATE orders SET id = 5 WHERE id = 3",
        "UPDATE orders SET id = 3 WHERE id = 5",
    ),
    (
        "DELETE FROM orders WHERE id = 3",
        "INSERT INTO orders VALUES (3, NULL, 2e0, NULL, NULL)",
    ),
    (
        "INSERT INTO orders VALUES (7, 'seven', 1e0, NULL, NULL)",
        "DELETE FROM orders WHERE id = 7",
    ),
    (
        "UPDATE mixed SET v = 'fiVe' WHERE v = 'five' LIMIT 1",
        "UPDATE mixed SET v = 'five' WHERE v = 'fiVe'",
    ),
    (
        "UPDATE _cbtrade_original SET storage_class = 'integer' WHERE storage_class = 'real' AND original = x'8000000000000000'",
        "UPDATE _cbtrade_original SET storage_class = 'real' WHERE original = x'8000000000000000'",
    ),
    (
        "UPDATE _cbtrade_original SET original = x'0000000000000000' WHERE original = x'8000000000000000'",
        "UPDATE _cbtrade_original SET original = x'8000000000000000' WHERE original = x'0000000000000000'",
    ),
    (
        "UPDATE _cbtrade_original SET row_address = 99 WHERE original = x'8000000000000000'",
        "UPDATE _cbtrade_original SET row_address = 2 WHERE original = x'8000000000000000'",
    ),
    ("CREATE TABLE surplus (x INT)", "DROP TABLE surplus"),
    (
        "ALTER TABLE orders AUTO_INCREMENT = 5",
        "ALTER TABLE orders AUTO_INCREMENT = 91",
    ),
];

/// Plants each change in turn; the ones that were not seen.
pub(crate) async fn unseen(flavour: Flavour) -> Outcome<Vec<String>> {
    let work = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = work.path().join("source.db");
    let connection = Connection::open(&path).map_err(|error| error.to_string())?;
    run_script(&connection, SOURCE)?;
    drop(connection);
    let mut site = Site::make(&TargetWord::Plain, flavour).await??;
    let job = Job {
        sources: vec![path.clone()],
        target: site.target.clone(),
        candles_database: None,
        home: work.path().join("home"),
    };
    let mut migration = Migration::open(job, Options::default(), Arc::new(Silent))
        .map_err(|error| error.to_string())?;
    migration.run().await.map_err(|error| error.to_string())?;
    let plan = Plan::read(&migration.plan_path()).map_err(|error| error.to_string())?;
    let source = Source::open(&path)?;
    let database = site.database.clone();
    let comparison = Comparison {
        source: &source,
        plan: &plan,
        database: &database,
        tables: None,
        catalogue: false,
    };
    let mut unseen = Vec::new();
    let before = comparison.differences(site.conn()).await?;
    if !before.is_empty() {
        return Err(format!("before anything is planted: {before:?}"));
    }
    let used = format!("USE {database}");
    site.conn()
        .query_drop(used)
        .await
        .map_err(|error| error.to_string())?;
    for (plant, undo) in PLANTED {
        for (statement, must_differ) in [(plant, true), (undo, false)] {
            let conn = site.conn();
            conn.query_drop(*statement)
                .await
                .map_err(|error| format!("{statement}: {error}"))?;
            let changes_rows = !statement.contains("TABLE");
            if changes_rows && conn.affected_rows() != 1 {
                return Err(format!("{statement}: {} rows", conn.affected_rows()));
            }
            let found = comparison.differences(conn).await?;
            let differs = !found.is_empty();
            if differs != must_differ {
                unseen.push(format!("{statement}: {found:?}"));
            }
        }
    }
    site.remove().await?;
    Ok(unseen)
}
