//! The figures of all processes, where each of them can read those of the others; and the clean-up of old tokens.

use cbtrade_core::Timestamp;

use crate::database::Database;
use crate::dialect::Dialect;
use crate::engine::operation::OPERATION_TABLE;
use crate::error::{Call, Error, ErrorKind};
use crate::figures::FiguresSnapshot;
use crate::record::record;
use crate::schema::PROCESS_TABLE;
use crate::transact;
use crate::value::Value;

/// Time after which a process that was not seen again is forgotten, in seconds.
const FORGOTTEN_AFTER_S: i64 = 24 * 3600;
/// Age of a token that nobody can ask for any more, in seconds. A call asks within minutes.
const TOKEN_KEPT_S: i64 = 24 * 3600;
/// Tokens removed at once: a longer delete would hold up writers.
const TOKENS_AT_ONCE: usize = 5_000;

record! {
    /// A line of the table of processes.
    ProcessLine of "_cbtrade_process" {
        process: String,
        program: String,
        host: String,
        pid: i64,
        begun: Timestamp,
        seen: Timestamp,
        seen_seconds_ago: i64,
        figures: String,
    }
}

/// What a process counted, as it last said.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessFigures {
    /// Its name: a random text, new at each start.
    pub process: String,
    /// What it calls itself.
    pub program: String,
    /// The machine it runs on.
    pub host: String,
    /// Its number on that machine.
    pub pid: i64,
    /// When it first wrote its figures, by the database's clock.
    pub begun: Timestamp,
    /// When it last wrote them.
    pub seen: Timestamp,
    /// How long ago that is, in seconds, by the database's clock.
    pub seen_seconds_ago: i64,
    /// The figures.
    pub figures: FiguresSnapshot,
}

/// Writes the figures without holding up the call that was the occasion. They are no more than figures: where they
/// cannot be written, the next call will try again.
pub(crate) fn write_in_background(database: Database) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(async move {
            let _ = database.db_process_figures_write().await;
            let _ = database.db_operations_cleanup().await;
        });
    }
}

impl Database {
    /// Puts this process's figures into the database. Done by itself every [`crate::Options::figures_every`].
    ///
    /// # Errors
    /// As any write.
    pub async fn db_process_figures_write(&self) -> Result<(), Error> {
        const CALL: Call = Call {
            method: "db_process_figures_write",
            table: PROCESS_TABLE,
        };
        let figures = serde_json::to_string(&self.figures())
            .map_err(|source| Error::new(CALL, ErrorKind::Other).because(source))?;
        let host = nix::unistd::gethostname()
            .ok()
            .and_then(|name| name.into_string().ok())
            .unwrap_or_default();
        let conflict = match self.dialect() {
            Dialect::MySql => "ON DUPLICATE KEY UPDATE seen = CURRENT_TIMESTAMP, figures = ?",
            Dialect::Sqlite => {
                "ON CONFLICT (process) DO UPDATE SET seen = CURRENT_TIMESTAMP, figures = ?"
            }
        };
        let sql = format!(
            "INSERT INTO {PROCESS_TABLE} (process, program, host, pid, figures) VALUES (?, ?, ?, ?, ?) {conflict}"
        );
        let old = format!(
            "FROM {PROCESS_TABLE} WHERE seen < {}",
            self.dialect().seconds_ago()
        );
        let values = || {
            vec![
                Value::from(self.process()),
                Value::from(self.options().program.as_str()),
                Value::from(host.as_str()),
                Value::from(i64::from(std::process::id())),
                Value::from(figures.as_str()),
                Value::from(figures.as_str()),
            ]
        };
        let age = || vec![Value::from(FORGOTTEN_AFTER_S)];
        transact!(self, CALL, |transaction| {
            // In the background of a program that goes on to something else, this task may not be polled for long.
            if self.dialect() == Dialect::Sqlite {
                let forget = (format!("DELETE {old}"), age());
                return transaction
                    .whole(vec![(sql.clone(), values()), forget])
                    .await;
            }
            transaction.run(&sql, values()).await?;
            // Looked for first and then removed by key: a removal by time would lock other processes' rows on its way.
            let look = format!("SELECT process {old} ORDER BY process");
            let forget = format!("DELETE FROM {PROCESS_TABLE} WHERE process = ?");
            for mut row in transaction.rows(&look, age()).await? {
                let process: String = row.take(0).map_err(|source| Error::answer(CALL, source))?;
                transaction.run(&forget, vec![Value::from(process)]).await?;
            }
            Ok(())
        })
    }

    /// The figures of all processes seen within a day, those seen last first.
    ///
    /// # Errors
    /// As any read.
    pub async fn db_process_figures_get(&self) -> Result<Vec<ProcessFigures>, Error> {
        const CALL: Call = Call {
            method: "db_process_figures_get",
            table: PROCESS_TABLE,
        };
        let (now, seen) = (self.dialect().now_seconds(), self.dialect().seconds("seen"));
        let sql = format!(
            "SELECT process, program, host, pid, begun, seen, {now} - {seen} AS seen_seconds_ago, figures \
             FROM {PROCESS_TABLE} ORDER BY seen DESC, process"
        );
        let lines: Vec<ProcessLine> = self.records(CALL, &sql, Vec::new()).await?;
        lines
            .into_iter()
            .map(|line| {
                let figures = serde_json::from_str(&line.figures).map_err(|source| {
                    Error::new(CALL, ErrorKind::Answer)
                        .key(&line.process)
                        .because(source)
                })?;
                Ok(ProcessFigures {
                    process: line.process,
                    program: line.program,
                    host: line.host,
                    pid: line.pid,
                    begun: line.begun,
                    seen: line.seen,
                    seen_seconds_ago: line.seen_seconds_ago,
                    figures,
                })
            })
            .collect()
    }

    /// Removes tokens of writes that nobody can ask for any more, some thousands at most. Returns how many.
    ///
    /// # Errors
    /// As any write.
    pub async fn db_operations_cleanup(&self) -> Result<u64, Error> {
        const CALL: Call = Call {
            method: "db_operations_cleanup",
            table: OPERATION_TABLE,
        };
        if self.dialect() == Dialect::Sqlite {
            return Ok(0);
        }
        // Tokens begin with their writer's time, so the oldest are at the beginning of the key. But a writer whose clock is
        // slow may still ask for its token: how old one is, the database's clock decides.
        let sql = format!(
            "DELETE FROM {OPERATION_TABLE} WHERE operation < UNHEX(LPAD(HEX((UNIX_TIMESTAMP() - ?) * 1000), 12, '0')) \
             AND at < {} ORDER BY operation LIMIT {TOKENS_AT_ONCE}",
            self.dialect().seconds_ago()
        );
        Ok(self
            .run(
                CALL,
                &sql,
                vec![Value::from(TOKEN_KEPT_S), Value::from(TOKEN_KEPT_S)],
            )
            .await?
            .rows_changed)
    }
}
