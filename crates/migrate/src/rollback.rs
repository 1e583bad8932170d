//! Removes exactly what a migration made in the target.

use std::path::PathBuf;

use cbtrade_mysql::{ErrorClass, Session};
use cbtrade_schema::ddl::{qualified, quote_identifier, quote_text};

use crate::error::{Error, ErrorKind};
use crate::ledger::Ledger;

/// What a rollback did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenBack {
    /// What was removed from the target.
    pub removed: Vec<String>,
    /// What the migration made and was left there, with the reason.
    pub left: Vec<(String, String)>,
    /// Whether what was left keeps a new run from these databases.
    pub in_the_way: bool,
    /// Old files that take writes again.
    pub lifted: Vec<PathBuf>,
}

/// Losses that the operator has been told of and wants all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    /// The target is gone, with what was written to it since the cut-over.
    pub target_lost: bool,
    /// The migration's tables hold rows that it did not bring.
    pub other_rows: bool,
}

/// Refuses where the migration's tables hold more rows than its chunks brought: somebody else put them there, and they
/// would go with the tables.
pub(crate) async fn refuse_other_rows(session: &mut Session, ledger: &Ledger) -> Result<(), Error> {
    let mut tables = Vec::new();
    let mut counted = 0_u64;
    for (kind, database, name) in ledger.objects(session).await? {
        if kind != "table" {
            continue;
        }
        let sql = format!("SELECT COUNT(*) FROM {}", qualified(&database, &name));
        let rows: Vec<u64> = match session.query(&sql).await {
            // A crash came between the ledger's line and the table.
            Err(error) if error.class() == ErrorClass::NotFound => continue,
            rows => rows.map_err(Error::server(format!(
                "the rows of `{database}`.`{name}` could not be counted"
            )))?,
        };
        let rows = rows.first().copied().unwrap_or(0);
        counted += rows;
        if rows > 0 {
            tables.push(format!("{database}.{name}"));
        }
    }
    let known = ledger.rows(session).await?;
    if counted <= known {
        return Ok(());
    }
    Err(Error::OtherRows {
        rows: counted - known,
        tables,
    })
}

/// Removes everything that the ledger says this migration made, and what the bots' layer added to it; the ledger itself
/// last.
pub(crate) async fn remove(session: &mut Session, ledger: &Ledger) -> Result<TakenBack, Error> {
    let objects = ledger.objects(session).await?;
    let mut taken = TakenBack::default();
    session
        .execute("SET SESSION foreign_key_checks = 0")
        .await
        .map_err(Error::server("the rollback could not begin"))?;
    for (kind, database, name) in &objects {
        if kind == "table" {
            drop_table(session, database, name).await?;
            taken.removed.push(format!("{database}.{name}"));
        }
    }
    for (kind, host, user) in &objects {
        if kind == "user" {
            let sql = format!(
                "DROP USER IF EXISTS {}@{}",
                quote_text(user),
                quote_text(host)
            );
            session
                .execute(&sql)
                .await
                .map_err(Error::server(format!("user {user} could not be removed")))?;
            taken.removed.push(format!("user {user}"));
        }
    }
    remove_layer(session, &ledger.database, &mut taken).await?;
    session
        .execute("SET SESSION foreign_key_checks = 1")
        .await
        .map_err(Error::server("the rollback could not end"))?;
    remove_databases(session, ledger, &objects, &mut taken).await?;
    Ok(taken)
}

/// Removes the databases that the migration made and nobody else uses, and the ledger.
async fn remove_databases(
    session: &mut Session,
    ledger: &Ledger,
    objects: &[(String, String, String)],
    taken: &mut TakenBack,
) -> Result<(), Error> {
    let made: Vec<&String> = objects
        .iter()
        .filter(|(kind, ..)| kind == "database")
        .map(|(_, database, _)| database)
        .collect();
    // Databases besides the ledger's first: the ledger must stay findable until the end.
    for database in made
        .iter()
        .filter(|database| ***database != ledger.database)
    {
        if empty_or_left(session, database, taken).await? {
            drop_database(session, database).await?;
            taken.removed.push((*database).clone());
        }
    }
    let is_empty = empty_or_left(session, &ledger.database, taken).await?;
    if is_empty && made.contains(&&ledger.database) {
        // With the whole database goes its ledger, in one statement.
        drop_database(session, &ledger.database).await?;
        taken.removed.push(ledger.database.clone());
        return Ok(());
    }
    if is_empty {
        taken.left.push((
            ledger.database.clone(),
            "it was there before the migration".into(),
        ));
    }
    ledger.drop_all(session).await
}

/// Whether nothing but a ledger is in a database; what is there is put down as left.
async fn empty_or_left(
    session: &mut Session,
    database: &str,
    taken: &mut TakenBack,
) -> Result<bool, Error> {
    let others = tables_besides_ledger(session, database).await?;
    if !others.is_empty() {
        let reason = holds(session, database, &others).await?;
        taken.left.push((database.to_owned(), reason));
        taken.in_the_way = true;
    }
    Ok(others.is_empty())
}

/// Removes what `cbtrade db upgrade` added to the copy: the target was empty before the migration, so all of it came
/// afterwards. Rows that stand nowhere else stay, and with them every table of the layer.
async fn remove_layer(
    session: &mut Session,
    database: &str,
    taken: &mut TakenBack,
) -> Result<(), Error> {
    let there = tables_besides_ledger(session, database).await?;
    let is_there = |name: &str| there.iter().any(|table| table.eq_ignore_ascii_case(name));
    if !is_there(cbtrade_catalog::SCHEMA_TABLE) {
        return Ok(());
    }
    let catalogue = cbtrade_catalog::tables().iter().map(|table| table.name);
    let keeping = cbtrade_catalog::LAYER_RECORDS.into_iter().chain(catalogue);
    let keeping: Vec<&str> = keeping.filter(|name| is_there(name)).collect();
    for name in &keeping {
        if rows_of(session, database, name).await? > 0 {
            return Ok(());
        }
    }
    let working = cbtrade_catalog::LAYER_WORK
        .into_iter()
        .filter(|name| is_there(name));
    // The mark of the layer is the last of them: a rollback that was cut off finds it again.
    for name in keeping.into_iter().chain(working) {
        drop_table(session, database, name).await?;
        taken.removed.push(format!("{database}.{name}"));
    }
    Ok(())
}

async fn rows_of(session: &mut Session, database: &str, name: &str) -> Result<u64, Error> {
    let sql = format!("SELECT COUNT(*) FROM {}", qualified(database, name));
    let rows: Vec<u64> = session.query(&sql).await.map_err(Error::server(format!(
        "the rows of `{database}`.`{name}` could not be counted"
    )))?;
    Ok(rows.first().copied().unwrap_or(0))
}

async fn drop_table(session: &mut Session, database: &str, name: &str) -> Result<(), Error> {
    let sql = format!("DROP TABLE IF EXISTS {}", qualified(database, name));
    session
        .execute(&sql)
        .await
        .map(drop)
        .map_err(Error::server(format!(
            "table `{database}`.`{name}` could not be removed"
        )))
}

async fn drop_database(session: &mut Session, database: &str) -> Result<(), Error> {
    let sql = format!("DROP DATABASE IF EXISTS {}", quote_identifier(database));
    session
        .execute(&sql)
        .await
        .map(drop)
        .map_err(Error::server(format!(
            "database `{database}` could not be removed"
        )))
}

/// Tables and views of a database that are not the ledger's.
async fn tables_besides_ledger(
    session: &mut Session,
    database: &str,
) -> Result<Vec<String>, Error> {
    let mut tables: Vec<String> = session
        .query_with(
            "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? ORDER BY TABLE_NAME",
            (database,),
        )
        .await
        .map_err(Error::server(format!(
            "the tables of `{database}` could not be listed"
        )))?;
    tables.retain(|name| !crate::ledger::TABLES.contains(&name.as_str()));
    Ok(tables)
}

/// Names that a reason lists.
const NAMES_MAX: usize = 5;

/// Why a database stays: what else is in it, tables with rows first.
async fn holds(session: &mut Session, database: &str, others: &[String]) -> Result<String, Error> {
    let (mut full, mut empty) = (Vec::new(), Vec::new());
    for name in others {
        // A view of somebody may be broken; it is named all the same.
        match rows_of(session, database, name).await {
            Ok(0) => empty.push(format!("{name} (empty)")),
            Ok(1) => full.push(format!("{name} (1 row)")),
            Ok(rows) => full.push(format!("{name} ({rows} rows)")),
            Err(error) if error.kind() == ErrorKind::Resumable => return Err(error),
            Err(_) => full.push(name.clone()),
        }
    }
    full.append(&mut empty);
    let names = full.iter().take(NAMES_MAX).cloned();
    let mut names = names.collect::<Vec<_>>().join(", ");
    if full.len() > NAMES_MAX {
        names.push_str(", …");
    }
    Ok(format!(
        "it holds what this migration did not make: {names}"
    ))
}
