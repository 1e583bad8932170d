//! The stop level of the fleet: what all bots may do, kept in the database.
//!
//! Whoever acts on the level reads it under a shared lock of the one row of `_cbtrade_stop_head`, and keeps the lock until
//! what it did is committed; whoever sets the level writes that row. So a level that is set waits for those who have seen
//! the old one, and holds for everybody after. The row is written and not only locked, because a cluster of servers tells
//! its members of writes and not of locks.

use crate::database::Database;
use crate::dialect::Dialect;
use crate::engine::Transaction;
use crate::error::{Call, Error, ErrorKind};
use crate::methods::intents::words;
use crate::record::select_list;
use crate::records::{StopLevel, StopRecord};
use crate::schema::{STOP_HEAD_TABLE, STOP_TABLE};
use crate::transact;
use crate::value::Value;

const fn call(method: &'static str) -> Call {
    Call {
        method,
        table: STOP_TABLE,
    }
}

/// The level of a fleet that was never stopped.
fn never_set() -> StopRecord {
    StopRecord {
        stop_id: 0,
        level: StopLevel::Run,
        reason: String::new(),
        set_by: String::new(),
        at_dttm: None,
    }
}

impl Database {
    /// The stop level that holds now.
    ///
    /// # Errors
    /// The database cannot be reached; a level that is none, which somebody has written by hand.
    pub async fn db_stop_level_get(&self) -> Result<StopRecord, Error> {
        const CALL: Call = call("db_stop_level_get");
        let newest = self
            .records(CALL, &newest(self.dialect()), Vec::new())
            .await?;
        Ok(newest.into_iter().next().unwrap_or_else(never_set))
    }

    /// Sets the stop level and gives the one that holds now. It is never lowered: a level that is weaker than the one that
    /// holds changes nothing, nor does the same one again. When this has returned, no intent is recorded any more that the level forbids.
    ///
    /// # Errors
    /// [`ErrorKind::MissingKey`] without a name of who sets it.
    pub async fn db_stop_level_set(
        &self,
        level: StopLevel,
        reason: &str,
        by: &str,
    ) -> Result<StopRecord, Error> {
        const CALL: Call = call("db_stop_level_set");
        self.set_level(CALL, level, reason, by, |now| level > now)
            .await
    }

    /// Lets the fleet run again, whatever the stop level is; gives the level that holds now.
    ///
    /// # Errors
    /// [`ErrorKind::MissingKey`] without a name of who does it.
    pub async fn db_stop_rearm(&self, reason: &str, by: &str) -> Result<StopRecord, Error> {
        const CALL: Call = call("db_stop_rearm");
        self.set_level(CALL, StopLevel::Run, reason, by, |now| {
            now != StopLevel::Run
        })
        .await
    }

    async fn set_level(
        &self,
        call: Call,
        level: StopLevel,
        reason: &str,
        by: &str,
        changes: impl Fn(StopLevel) -> bool + Send + Sync,
    ) -> Result<StopRecord, Error> {
        if by.trim().is_empty() {
            return Err(Error::new(call, ErrorKind::MissingKey).column("set_by"));
        }
        let by: String = by.chars().take(255).collect();
        let newest = newest(self.dialect());
        let lock = format!(
            "SELECT stop_id FROM {STOP_HEAD_TABLE} WHERE head = 1{}",
            self.dialect().for_update()
        );
        let add = format!("INSERT INTO {STOP_TABLE} (level, reason, set_by) VALUES (?, ?, ?)");
        let write = format!("UPDATE {STOP_HEAD_TABLE} SET stop_id = ? WHERE head = 1");
        transact!(self, call, |transaction| {
            head(transaction, &lock).await?;
            let now = transaction.records::<StopRecord>(&newest, Vec::new()).await;
            // What somebody wrote by hand and nobody understands stops everything, and is replaced by whatever is set.
            let is_changed = match now {
                Ok(now) => changes(now.first().map_or(StopLevel::Run, |now| now.level)),
                Err(error) if error.kind == ErrorKind::Answer => true,
                Err(error) => return Err(error),
            };
            if is_changed {
                let values = vec![Value::from(level), words(reason), Value::from(by.as_str())];
                let stop_id = transaction.run(&add, values).await?.last_id;
                transaction.run(&write, vec![Value::from(stop_id)]).await?;
            }
            Ok(())
        })?;
        let newest = self.records(call, &newest, Vec::new()).await?;
        Ok(newest.into_iter().next().unwrap_or_else(never_set))
    }
}

fn newest(dialect: Dialect) -> String {
    format!(
        "SELECT {} FROM {STOP_TABLE} ORDER BY stop_id DESC LIMIT 1",
        select_list::<StopRecord>(dialect, "")
    )
}

/// What others may do who hold the level too.
#[derive(Clone, Copy, Debug)]
pub(super) enum Others {
    /// Read it at the same time.
    Read,
    /// Wait for the end of the transaction.
    Wait,
}

/// Takes the lock that readers and writers of the level meet at.
async fn head(transaction: &mut Transaction, lock: &str) -> Result<(), Error> {
    match transaction.rows(lock, Vec::new()).await?.is_empty() {
        false => Ok(()),
        true => Err(Error::new(transaction.call, ErrorKind::SchemaDiffers)
            .on_table(STOP_HEAD_TABLE)
            .detail("its row is not there")),
    }
}

impl Transaction {
    /// The stop level, which stays as it is until the end of the transaction.
    pub(super) async fn stop_level_held(&mut self, others: Others) -> Result<StopRecord, Error> {
        let dialect = self.dialect();
        let lock = match others {
            Others::Read => dialect.in_share(),
            Others::Wait => dialect.for_update(),
        };
        let lock = format!("SELECT stop_id FROM {STOP_HEAD_TABLE} WHERE head = 1{lock}");
        head(self, &lock).await?;
        // Read after the lock was had, and so as it was left by whoever had it before.
        let newest = self.records(&newest(dialect), Vec::new()).await?;
        Ok(newest.into_iter().next().unwrap_or_else(never_set))
    }
}
