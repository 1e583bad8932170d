//! Removes exactly what a migration made in the target.

use cbtrade_mysql::Session;
use cbtrade_schema::ddl::{qualified, quote_identifier, quote_text};

use crate::error::Error;
use crate::ledger::Ledger;

/// Removes everything that the ledger says this migration made; the ledger itself last.
pub(crate) async fn remove(session: &mut Session, ledger: &Ledger) -> Result<Vec<String>, Error> {
    let objects = ledger.objects(session).await?;
    let mut removed = Vec::new();
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
        drop_if_empty(session, database, &mut removed).await?;
    }
    if databases.contains(&&ledger.database) && only_ledger(session, &ledger.database).await? {
        // With the whole database goes its ledger, in one statement.
        session
            .execute(&format!(
                "DROP DATABASE IF EXISTS {}",
                quote_identifier(&ledger.database)
            ))
            .await
            .map_err(Error::server("the database could not be removed"))?;
        removed.push(ledger.database.clone());
    } else {
        ledger.drop_all(session).await?;
    }
    Ok(removed)
}

/// Drops a database that the migration made, unless somebody has put something into it since.
async fn drop_if_empty(
    session: &mut Session,
    database: &str,
    removed: &mut Vec<String>,
) -> Result<(), Error> {
    let failed = || Error::server(format!("database `{database}` could not be removed"));
    let left: Vec<String> = session
        .query_with(
            "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?",
            (database,),
        )
        .await
        .map_err(failed())?;
    if left.is_empty() {
        session
            .execute(&format!(
                "DROP DATABASE IF EXISTS {}",
                quote_identifier(database)
            ))
            .await
            .map_err(failed())?;
        removed.push(database.to_owned());
    }
    Ok(())
}

/// Whether a database holds nothing but the ledger.
async fn only_ledger(session: &mut Session, database: &str) -> Result<bool, Error> {
    let left: Vec<String> = session
        .query_with(
            "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?",
            (database,),
        )
        .await
        .map_err(Error::server(format!(
            "the tables of `{database}` could not be listed"
        )))?;
    Ok(left
        .iter()
        .all(|name| crate::ledger::TABLES.contains(&name.as_str())))
}
