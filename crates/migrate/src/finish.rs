//! What comes after the rows: indexes, CHECKs, foreign keys, the next numbers, triggers. Each step looks first whether
//! it was done, so that a crash between any two costs nothing.

use std::collections::HashSet;

use cbtrade_mysql::{ErrorClass, Session};
use cbtrade_schema::ddl::{
    add_check, add_foreign_key, add_index, hash_column, qualified, quote_identifier,
};
use cbtrade_schema::{ObjectPlan, TablePlan};

use crate::error::Error;
use crate::ledger::Ledger;
use crate::plan::Plan;
use crate::progress::{Event, Progress};
use crate::provision::execute_wide;

/// Makes everything that comes after the rows. Returns the CHECKs and foreign keys that the rows themselves refuse.
pub(crate) async fn finish(
    session: &mut Session,
    plan: &Plan,
    ledger: &Ledger,
    progress: &dyn Progress,
) -> Result<Vec<ObjectPlan>, Error> {
    let mut refused = Vec::new();
    for table in plan.target_tables() {
        indexes(session, table, plan, progress).await?;
        checks(session, table, &mut refused).await?;
        if let Some(next) = table.next_number {
            let sql = format!(
                "ALTER TABLE {} AUTO_INCREMENT = {next}",
                qualified(&table.database, &table.name)
            );
            session.execute(&sql).await.map_err(Error::server(format!(
                "the next number of table `{}` could not be set",
                table.name
            )))?;
        }
    }
    for table in plan.target_tables() {
        foreign_keys(session, table, &mut refused).await?;
    }
    for table in plan.target_tables() {
        triggers(session, table, ledger, progress).await?;
    }
    ledger.set_stage(session, "finish").await?;
    Ok(refused)
}

async fn existing(
    session: &mut Session,
    sql: &str,
    table: &TablePlan,
) -> Result<HashSet<String>, Error> {
    let names: Vec<String> = session
        .query_with(sql, (&table.database, &table.name))
        .await
        .map_err(Error::server(format!(
            "the definition of table `{}` could not be read",
            table.name
        )))?;
    Ok(names.into_iter().map(|name| name.to_lowercase()).collect())
}

async fn indexes(
    session: &mut Session,
    table: &TablePlan,
    plan: &Plan,
    progress: &dyn Progress,
) -> Result<(), Error> {
    if table.indexes.is_empty() {
        return Ok(());
    }
    let made = existing(session, "SELECT DISTINCT INDEX_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?", table).await?;
    let columns = existing(session, "SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?", table).await?;
    let missing: Vec<_> = table
        .indexes
        .iter()
        .filter(|index| !made.contains(&index.name.to_lowercase()))
        .collect();
    let what = || format!("the indexes of table `{}` could not be made", table.name);
    let mut together = Vec::new();
    for index in missing {
        let mut parts = add_index(index, &plan.server);
        if index.hashed {
            // The generated column is a step of its own, before the index over it.
            let column = parts.remove(0);
            if !columns.contains(&hash_column(index).to_lowercase()) {
                let sql = format!(
                    "ALTER TABLE {} {column}",
                    qualified(&table.database, &table.name)
                );
                execute_wide(session, &sql, &what()).await?;
            }
        }
        together.append(&mut parts);
    }
    if together.is_empty() {
        return Ok(());
    }
    progress.report(Event::Step(format!("indexes of {}", table.name)));
    alter(session, table, &together)
        .await
        .map_err(Error::server(what()))
}

async fn alter(
    session: &mut Session,
    table: &TablePlan,
    parts: &[String],
) -> Result<(), cbtrade_mysql::Error> {
    let sql = format!(
        "ALTER TABLE {} {}",
        qualified(&table.database, &table.name),
        parts.join(", ")
    );
    session.execute(&sql).await.map(drop)
}

fn listed(
    kind: &str,
    table: &TablePlan,
    name: &str,
    error: &cbtrade_mysql::Error,
    text: &str,
) -> ObjectPlan {
    ObjectPlan {
        kind: kind.to_owned(),
        name: name.to_owned(),
        table: table.source.clone(),
        converted: false,
        reason: format!("the server refuses it: {}", root_cause(error)),
        text: text.to_owned(),
    }
}

/// Whether the server refuses a CHECK or foreign key as such: the rows break it, or it cannot have one like this. All
/// rows are there without it, so it is listed. Lost connections, missing rights and full disks are another matter.
fn refuses_definition(error: &cbtrade_mysql::Error) -> bool {
    matches!(
        error.class(),
        ErrorClass::DataRejected
            | ErrorClass::ForeignKey
            | ErrorClass::Duplicate
            | ErrorClass::NotFound
            | ErrorClass::Other
    ) && error.server_code().is_some()
}

/// The innermost words of an error.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

async fn checks(
    session: &mut Session,
    table: &TablePlan,
    refused: &mut Vec<ObjectPlan>,
) -> Result<(), Error> {
    if table.checks.is_empty() {
        return Ok(());
    }
    let made = existing(session, CONSTRAINTS, table).await?;
    for check in table
        .checks
        .iter()
        .filter(|check| !made.contains(&check.name.to_lowercase()))
    {
        match alter(session, table, &[add_check(&check.name, &check.expression)]).await {
            Ok(()) => {}
            Err(error) if refuses_definition(&error) => refused.push(listed(
                "check",
                table,
                &check.name,
                &error,
                &check.expression,
            )),
            Err(error) => {
                return Err(Error::server(format!(
                    "CHECK `{}` of table `{}` could not be made",
                    check.name, table.name
                ))(error));
            }
        }
    }
    Ok(())
}

const CONSTRAINTS: &str = "SELECT CONSTRAINT_NAME FROM information_schema.TABLE_CONSTRAINTS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?";

async fn foreign_keys(
    session: &mut Session,
    table: &TablePlan,
    refused: &mut Vec<ObjectPlan>,
) -> Result<(), Error> {
    if table.foreign_keys.is_empty() {
        return Ok(());
    }
    let made = existing(session, CONSTRAINTS, table).await?;
    for key in table
        .foreign_keys
        .iter()
        .filter(|key| !made.contains(&key.name.to_lowercase()))
    {
        match alter(session, table, &[add_foreign_key(key, &table.database)]).await {
            Ok(()) => {}
            Err(error) if refuses_definition(&error) => refused.push(listed(
                "foreign key",
                table,
                &key.name,
                &error,
                &key.columns.join(", "),
            )),
            Err(error) => {
                return Err(Error::server(format!(
                    "foreign key `{}` of table `{}` could not be made",
                    key.name, table.name
                ))(error));
            }
        }
    }
    Ok(())
}

async fn triggers(
    session: &mut Session,
    table: &TablePlan,
    ledger: &Ledger,
    progress: &dyn Progress,
) -> Result<(), Error> {
    if table.triggers.is_empty() {
        return Ok(());
    }
    let made = existing(session, "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ? AND EVENT_OBJECT_TABLE = ?", table).await?;
    let missing: Vec<_> = table
        .triggers
        .iter()
        .filter(|trigger| !made.contains(&trigger.name.to_lowercase()))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    progress.report(Event::Step(format!("triggers of {}", table.name)));
    let what = || format!("the triggers of table `{}` could not be made", table.name);
    session
        .execute(&format!("USE {}", quote_identifier(&table.database)))
        .await
        .map_err(Error::server(what()))?;
    for trigger in missing {
        ledger
            .note_object(session, "trigger", &table.database, &trigger.name)
            .await?;
        session
            .execute(&trigger.sql)
            .await
            .map_err(Error::server(what()))?;
    }
    Ok(())
}
