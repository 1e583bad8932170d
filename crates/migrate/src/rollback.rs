//! Removes exactly what a migration made in the target.

use std::path::PathBuf;

use cbtrade_mysql::{ErrorClass, Session};
use cbtrade_schema::ddl::{qualified, quote_identifier, quote_text};

use crate::error::Error;
use crate::ledger::Ledger;

/// What a rollback did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenBack {
    /// What was removed from the target.
    pub removed: Vec<String>,
    /// What the migration made and was left there, with the reason.
    pub left: Vec<(String, String)>,
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

/// Removes everything that the ledger says this migration made; the ledger itself last.
pub(crate) async fn remove(session: &mut Session, ledger: &Ledger) -> Result<TakenBack, Error> {
    let objects = ledger.objects(session).await?;
    let TakenBack {
        mut removed,
        mut left,
        ..
    } = TakenBack::default();
    session
        .execute("SET SESSION foreign_key_checks = 0")
        .await
        .map_err(Error::server("the rollback could not begin"))?;
    for (kind, database, name) in &objects {
        if kind == "table" {
            let sql = format!("DROP TABLE IF EXISTS {}", qualified(database, name));
            session.execute(&sql).await.map_err(Error::server(format!(
                "table `{database}`.`{name}` could not be removed"
            )))?;
            removed.push(format!("{database}.{name}"));
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
            removed.push(format!("user {user}"));
        }
    }
    session
        .execute("SET SESSION foreign_key_checks = 1")
        .await
        .map_err(Error::server("the rollback could not end"))?;
    let databases: Vec<&String> = objects
        .iter()
        .filter(|(kind, ..)| kind == "database")
        .map(|(_, database, _)| database)
        .collect();
    // Databases besides the ledger's first: the ledger must stay findable until the end.
    for database in databases
        .iter()
        .filter(|database| ***database != ledger.database)
    {
        let others = tables_besides_ledger(session, database).await?;
        if others.is_empty() {
            drop_database(session, database).await?;
            removed.push((*database).clone());
        } else {
            left.push(((*database).clone(), holds(&others)));
        }
    }
    if databases.contains(&&ledger.database) {
        let others = tables_besides_ledger(session, &ledger.database).await?;
        if others.is_empty() {
            // With the whole database goes its ledger, in one statement.
            drop_database(session, &ledger.database).await?;
            removed.push(ledger.database.clone());
        } else {
            left.push((ledger.database.clone(), holds(&others)));
            ledger.drop_all(session).await?;
        }
    } else {
        left.push((
            ledger.database.clone(),
            "it was there before the migration".into(),
        ));
        ledger.drop_all(session).await?;
    }
    Ok(TakenBack {
        removed,
        left,
        lifted: Vec::new(),
    })
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

fn holds(others: &[String]) -> String {
    let mut names = others
        .iter()
        .take(NAMES_MAX)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    if others.len() > NAMES_MAX {
        names.push_str(", …");
    }
    format!("it holds what this migration did not make: {names}")
}
