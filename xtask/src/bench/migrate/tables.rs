//! The tables that the tool makes, made again for its competitors: the same types, the same primary keys.

use cbtrade_mysql::{Session, quote_identifier};

use super::super::Result;

/// CREATE TABLE statements, without indexes but the primary key.
#[derive(Clone, Debug)]
pub(super) struct Definitions(Vec<(String, String, Vec<String>)>);

/// The plain file's tables.
pub(super) const TABLES: [&str; 2] = ["candles", "wide"];

impl Definitions {
    /// Reads them from the database that the session is in.
    pub(super) async fn read(session: &mut Session) -> Result<Definitions> {
        let mut list = Vec::new();
        for table in TABLES {
            let shown: Vec<(String, String)> = session
                .query(&format!("SHOW CREATE TABLE {}", quote_identifier(table)))
                .await?;
            let (_, sql) = shown
                .into_iter()
                .next()
                .ok_or("a table without a definition")?;
            let others: Vec<String> = session
                .query_with(
                    "SELECT DISTINCT INDEX_NAME FROM information_schema.STATISTICS \
                     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND INDEX_NAME <> 'PRIMARY'",
                    (table,),
                )
                .await?;
            list.push((table.to_owned(), sql, others));
        }
        Ok(Definitions(list))
    }

    /// Makes them in the database that the session is in.
    pub(super) async fn make(&self, session: &mut Session) -> Result<()> {
        for (table, sql, others) in &self.0 {
            session.execute(sql).await?;
            for index in others {
                let drop = format!(
                    "ALTER TABLE {} DROP INDEX {}",
                    quote_identifier(table),
                    quote_identifier(index)
                );
                session.execute(&drop).await?;
            }
        }
        Ok(())
    }
}

/// Rows in the plain file's tables of the session's database.
pub(super) async fn count(session: &mut Session) -> Result<u64> {
    let mut all = 0;
    for table in TABLES {
        let counted: Vec<u64> = session
            .query(&format!("SELECT COUNT(*) FROM {}", quote_identifier(table)))
            .await?;
        all += counted.first().copied().unwrap_or(0);
    }
    Ok(all)
}
