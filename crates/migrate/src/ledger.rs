//! The bookkeeping of a migration in the target: what was made, which chunks have arrived, which originals are kept
//! beside their rows, which side is live.
//!
//! Each chunk's line is written in the transaction of its rows, so the ledger is never ahead of or behind them.

use cbtrade_mysql::{ErrorClass, Session};
use cbtrade_schema::ddl::{qualified, quote_identifier};

use crate::error::Error;

/// The table with the migration's line.
pub const MIGRATION_TABLE: &str = "_cbtrade_migration";
/// The table with what was made, in order.
pub const OBJECT_TABLE: &str = "_cbtrade_object";
/// The table with the chunks that have arrived.
pub const CHUNK_TABLE: &str = "_cbtrade_chunk";
/// The table with the exact originals of values that a column cannot show.
pub const ORIGINAL_TABLE: &str = "_cbtrade_original";
/// The table with the one row that says which side is live.
pub const EPOCH_TABLE: &str = "_cbtrade_epoch";

/// All tables of the ledger.
pub const TABLES: [&str; 5] = [
    MIGRATION_TABLE,
    OBJECT_TABLE,
    CHUNK_TABLE,
    ORIGINAL_TABLE,
    EPOCH_TABLE,
];

/// The ledger of one migration.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    /// The database that it is in.
    pub(crate) database: String,
}

/// A migration's line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationLine {
    /// Its id.
    pub id: String,
    /// Digest of the plan.
    pub plan_digest: String,
    /// The last stage that was completed.
    pub stage: String,
    /// Digest of the proof, once verified.
    pub proof_digest: Option<String>,
}

/// Which side is live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epoch {
    /// Rises with every change of sides.
    pub epoch: u64,
    /// `sqlite` or `target`.
    pub live: String,
}

impl Ledger {
    fn table(&self, name: &str) -> String {
        qualified(&self.database, name)
    }

    /// Makes the ledger's tables, if they are not there, and the migration's line.
    pub(crate) async fn create(
        &self,
        session: &mut Session,
        id: &str,
        plan_digest: &str,
        created_at: &str,
    ) -> Result<(), Error> {
        let definitions = [
            (
                MIGRATION_TABLE,
                "id VARCHAR(64) NOT NULL PRIMARY KEY, plan_digest CHAR(64) NOT NULL, stage VARCHAR(32) NOT NULL, proof_digest CHAR(64) NULL, program VARCHAR(64) NOT NULL, started_at VARCHAR(40) NOT NULL",
            ),
            (
                OBJECT_TABLE,
                "number INT NOT NULL AUTO_INCREMENT PRIMARY KEY, kind VARCHAR(16) NOT NULL, database_name VARCHAR(64) NOT NULL, name VARCHAR(64) NOT NULL",
            ),
            (
                CHUNK_TABLE,
                "table_number INT NOT NULL, chunk_number INT NOT NULL, row_count BIGINT NOT NULL, PRIMARY KEY (table_number, chunk_number)",
            ),
            (
                ORIGINAL_TABLE,
                "table_number INT NOT NULL, row_address BIGINT NOT NULL, column_number INT NOT NULL, table_name VARCHAR(64) NOT NULL, column_name VARCHAR(64) NOT NULL, storage_class VARCHAR(8) NOT NULL, original LONGBLOB NOT NULL, reason VARCHAR(32) NOT NULL, PRIMARY KEY (table_number, row_address, column_number)",
            ),
            (
                EPOCH_TABLE,
                "id INT NOT NULL PRIMARY KEY, epoch BIGINT NOT NULL, live VARCHAR(16) NOT NULL, since VARCHAR(40) NOT NULL",
            ),
        ];
        for (name, columns) in definitions {
            let sql = format!(
                "CREATE TABLE IF NOT EXISTS {} ({columns}) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin",
                self.table(name)
            );
            session.execute(&sql).await.map_err(Error::server(
                "the ledger of the migration could not be made",
            ))?;
        }
        let failed = || Error::server("the migration could not be entered into its ledger");
        let sql = format!(
            "INSERT INTO {} (id, plan_digest, stage, program, started_at) SELECT ?, ?, 'provision', ?, ? WHERE NOT EXISTS (SELECT 1 FROM {0})",
            self.table(MIGRATION_TABLE)
        );
        session
            .execute_with(
                &sql,
                (
                    id,
                    plan_digest,
                    concat!("cbtrade ", env!("CARGO_PKG_VERSION")),
                    created_at,
                ),
            )
            .await
            .map_err(failed())?;
        let sql = format!(
            "INSERT INTO {} (id, epoch, live, since) SELECT 1, 1, 'sqlite', ? WHERE NOT EXISTS (SELECT 1 FROM {0})",
            self.table(EPOCH_TABLE)
        );
        session
            .execute_with(&sql, (created_at,))
            .await
            .map_err(failed())?;
        Ok(())
    }

    /// The migration's line.
    pub(crate) async fn line(&self, session: &mut Session) -> Result<Option<MigrationLine>, Error> {
        let sql = format!(
            "SELECT id, plan_digest, stage, proof_digest FROM {}",
            self.table(MIGRATION_TABLE)
        );
        let rows: Vec<(String, String, String, Option<String>)> = session
            .query(&sql)
            .await
            .map_err(Error::server("the ledger could not be read"))?;
        Ok(rows
            .into_iter()
            .next()
            .map(|(id, plan_digest, stage, proof_digest)| MigrationLine {
                id,
                plan_digest,
                stage,
                proof_digest,
            }))
    }

    /// Notes that a stage is complete.
    pub(crate) async fn set_stage(&self, session: &mut Session, stage: &str) -> Result<(), Error> {
        let sql = format!("UPDATE {} SET stage = ?", self.table(MIGRATION_TABLE));
        session
            .execute_with(&sql, (stage,))
            .await
            .map(drop)
            .map_err(Error::server("the stage could not be noted in the ledger"))
    }

    /// Notes the proof.
    pub(crate) async fn set_proof(&self, session: &mut Session, digest: &str) -> Result<(), Error> {
        let sql = format!(
            "UPDATE {} SET stage = 'verify', proof_digest = ?",
            self.table(MIGRATION_TABLE)
        );
        session
            .execute_with(&sql, (digest,))
            .await
            .map(drop)
            .map_err(Error::server("the proof could not be noted in the ledger"))
    }

    /// Takes the proof back: the two sides are not equal any more.
    pub(crate) async fn void_proof(&self, session: &mut Session) -> Result<(), Error> {
        let sql = format!(
            "UPDATE {} SET stage = 'finish', proof_digest = NULL WHERE stage = 'verify'",
            self.table(MIGRATION_TABLE)
        );
        session.execute(&sql).await.map(drop).map_err(Error::server(
            "the difference could not be noted in the ledger",
        ))
    }

    /// Notes something that is about to be made, so that it can be removed again after a crash at any instant.
    pub(crate) async fn note_object(
        &self,
        session: &mut Session,
        kind: &str,
        database: &str,
        name: &str,
    ) -> Result<(), Error> {
        let sql = format!(
            "INSERT INTO {} (kind, database_name, name) SELECT ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM {0} WHERE kind = ? AND database_name = ? AND name = ?)",
            self.table(OBJECT_TABLE)
        );
        session
            .execute_with(&sql, (kind, database, name, kind, database, name))
            .await
            .map(drop)
            .map_err(Error::server("the ledger could not be written"))
    }

    /// Everything that was noted, newest first: kind, database, name.
    pub(crate) async fn objects(
        &self,
        session: &mut Session,
    ) -> Result<Vec<(String, String, String)>, Error> {
        let sql = format!(
            "SELECT kind, database_name, name FROM {} ORDER BY number DESC",
            self.table(OBJECT_TABLE)
        );
        or_empty(session.query(&sql).await, "the ledger could not be read")
    }

    /// The chunks that have arrived.
    pub(crate) async fn chunks(&self, session: &mut Session) -> Result<Vec<(u32, u32)>, Error> {
        let sql = format!(
            "SELECT table_number, chunk_number FROM {}",
            self.table(CHUNK_TABLE)
        );
        session
            .query(&sql)
            .await
            .map_err(Error::server("the ledger could not be read"))
    }

    /// The rows of all chunks that have arrived.
    pub(crate) async fn rows(&self, session: &mut Session) -> Result<u64, Error> {
        let sql = format!(
            "SELECT CAST(COALESCE(SUM(row_count), 0) AS UNSIGNED) FROM {}",
            self.table(CHUNK_TABLE)
        );
        let rows: Vec<u64> = or_empty(session.query(&sql).await, "the ledger could not be read")?;
        Ok(rows.first().copied().unwrap_or(0))
    }

    /// The statement that enters a chunk; runs in the transaction of its rows.
    pub(crate) fn chunk_sql(&self) -> String {
        format!(
            "INSERT INTO {} (table_number, chunk_number, row_count) VALUES (?, ?, ?)",
            self.table(CHUNK_TABLE)
        )
    }

    /// The statement that keeps one original; runs in the transaction of its row.
    pub(crate) fn original_sql(&self) -> String {
        format!(
            "INSERT INTO {} (table_number, row_address, column_number, table_name, column_name, storage_class, original, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            self.table(ORIGINAL_TABLE)
        )
    }

    /// The epoch row.
    pub(crate) async fn epoch(&self, session: &mut Session) -> Result<Option<Epoch>, Error> {
        let sql = format!("SELECT epoch, live FROM {}", self.table(EPOCH_TABLE));
        let rows: Vec<(u64, String)> =
            or_empty(session.query(&sql).await, "the epoch could not be read")?;
        Ok(rows
            .into_iter()
            .next()
            .map(|(epoch, live)| Epoch { epoch, live }))
    }

    /// Moves the epoch to another side, if it stands where expected. Returns whether it did.
    pub(crate) async fn move_epoch(
        &self,
        session: &mut Session,
        from: &Epoch,
        live: &str,
        since: &str,
    ) -> Result<bool, Error> {
        let sql = format!(
            "UPDATE {} SET epoch = epoch + 1, live = ?, since = ? WHERE id = 1 AND epoch = ? AND live = ?",
            self.table(EPOCH_TABLE)
        );
        let changed = session
            .execute_with(&sql, (live, since, from.epoch, &from.live))
            .await
            .map_err(Error::server("the epoch could not be moved"))?;
        Ok(changed == 1)
    }

    /// Removes the ledger's tables, the one with the migration's line last: as long as it is there, so is the ledger.
    pub(crate) async fn drop_all(&self, session: &mut Session) -> Result<(), Error> {
        let names: Vec<String> = TABLES.iter().rev().map(|name| self.table(name)).collect();
        let sql = format!("DROP TABLE IF EXISTS {}", names.join(", "));
        session
            .execute(&sql)
            .await
            .map(drop)
            .map_err(Error::server("the ledger could not be removed"))
    }
}

/// What a crash in the middle of making or removing the ledger left out reads as empty.
fn or_empty<T>(rows: Result<Vec<T>, cbtrade_mysql::Error>, what: &str) -> Result<Vec<T>, Error> {
    match rows {
        Err(error) if error.class() == ErrorClass::NotFound => Ok(Vec::new()),
        rows => rows.map_err(Error::server(what)),
    }
}

/// The id of the migration whose ledger is in a database.
pub(crate) async fn migration_id(
    session: &mut Session,
    database: &str,
) -> Result<Option<String>, Error> {
    let sql = format!(
        "SELECT id FROM {}.{}",
        quote_identifier(database),
        quote_identifier(MIGRATION_TABLE)
    );
    let rows: Vec<String> = or_empty(session.query(&sql).await, "the ledger could not be read")?;
    Ok(rows.into_iter().next())
}
