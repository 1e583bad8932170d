//! One connection with the session contract set and checked.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use mysql_async::prelude::{FromRow, Queryable};
use mysql_async::{Conn, DriverError, OptsBuilder, Params, SslOpts};

use crate::capabilities::{self, Capabilities, Identity};
use crate::class::{ErrorClass, classify};
use crate::contract::{self, Setting};
use crate::error::{Error, Warning};
use crate::secret::Secret;
use crate::target::{Target, TlsMode};

/// Characters of a statement that an error shows.
const STATEMENT_CHARACTERS_MAX: usize = 300;

/// The server's answers to IF EXISTS and IF NOT EXISTS: notes about the schema, never about a value.
const EXISTENCE_NOTES: &[u16] = &[
    1007, 1008, 1050, 1051, 1060, 1061, 1091, 1305, 1347, 1359, 1360, 1517, 1826, 1973, 1974, 3162,
    3163, 3944, 4092,
];
/// MariaDB warns of every account at a host name, localhost too, while it does not look names up; through the socket
/// such an account works all the same.
const NAMES_NOT_LOOKED_UP: u16 = 1285;

/// The isolation level of a session's transactions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Isolation {
    /// What the contract wants unless a method says otherwise.
    #[default]
    ReadCommitted,
    /// For reads that must all see one instant (with `START TRANSACTION WITH CONSISTENT SNAPSHOT`).
    RepeatableRead,
}

/// What a statement's warnings mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Warnings {
    /// A warning or note is an error, but for the answers to `IF [NOT] EXISTS`.
    #[default]
    AreErrors,
    /// Warnings are passed over.
    AreIgnored,
}

/// How a session is opened. The default suits a bot.
#[derive(Clone, Debug)]
pub struct SessionOptions {
    /// Time to connect, log in and set the contract, in milliseconds.
    pub connect_timeout_ms: u64,
    /// Time for one call of a method of [`Session`], in milliseconds; `None` for no limit.
    pub statement_timeout_ms: Option<u64>,
    /// Time that a statement waits for a row lock, in seconds.
    pub row_lock_wait_s: u32,
    /// Time that a statement waits for a table's metadata lock, in seconds.
    pub table_lock_wait_s: u32,
    /// Time that the server waits for this client to send or take a packet, in seconds.
    pub net_timeout_s: u32,
    /// Time that the server keeps an idle session, in seconds.
    pub idle_timeout_s: u32,
    /// Isolation level of transactions.
    pub isolation: Isolation,
    /// Whether all transactions are read-only: the server then refuses writes.
    pub read_only: bool,
    /// What warnings mean in the methods of [`Session`].
    pub warnings: Warnings,
    /// Prepared statements that the connection keeps for the next call with the same text. Each keeps a
    /// description of its parameters, which makes those of many rows large.
    pub statements_kept: usize,
    /// The program's name, which `performance_schema.session_connect_attrs` shows.
    pub program: String,
}

impl Default for SessionOptions {
    fn default() -> SessionOptions {
        SessionOptions {
            connect_timeout_ms: 10_000,
            statement_timeout_ms: Some(600_000),
            row_lock_wait_s: 10,
            table_lock_wait_s: 60,
            net_timeout_s: 600,
            idle_timeout_s: 28_800,
            isolation: Isolation::ReadCommitted,
            read_only: false,
            warnings: Warnings::AreErrors,
            statements_kept: 128,
            program: "cbtrade".to_owned(),
        }
    }
}

/// What a statement did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// Rows that were changed, inserted or deleted.
    pub affected: u64,
    /// The number given to the first new row.
    pub last_insert_id: Option<u64>,
}

impl Ran {
    fn of(conn: &Conn) -> Ran {
        Ran {
            affected: conn.affected_rows(),
            last_insert_id: conn.last_insert_id(),
        }
    }
}

/// One connection, with the contract set and checked.
///
/// The methods that run statements hold to [`SessionOptions::statement_timeout_ms`]. After a timeout, or
/// when one of their futures is dropped half-way, the session refuses further calls ([`Error::Broken`]):
/// the late answer would be taken for the next statement's. Statements given to [`Session::conn`] directly
/// have no time limit; put them into [`Session::call`] instead.
#[derive(Debug)]
pub struct Session {
    conn: Conn,
    target: String,
    options: SessionOptions,
    capabilities: Capabilities,
}

impl Session {
    /// Connects, finds out what the server is, sets the contract and checks it.
    ///
    /// # Errors
    /// No connection in time, a login refused, a server that is too old, a contract that the server does not
    /// keep.
    pub async fn open(target: &Target, options: &SessionOptions) -> Result<Session, Error> {
        let limit = Duration::from_millis(options.connect_timeout_ms);
        match tokio::time::timeout(limit, open_unlimited(target, options)).await {
            Ok(opened) => opened,
            Err(_) => Err(Error::ConnectTimeout {
                target: target.display(),
                limit_ms: options.connect_timeout_ms,
            }),
        }
    }

    /// The driver's connection. See the type's note on time limits: after a future of the driver was dropped
    /// half-way, [`Session::is_broken`] is true and the connection must not be used.
    pub fn conn(&mut self) -> &mut Conn {
        &mut self.conn
    }

    /// What the server is and can do, as found at connect.
    #[must_use]
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// The target's display form, for messages.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Whether the connection is lost or was left in the middle of an answer.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.conn.is_disconnected()
    }

    /// The server's number of this connection, for `KILL` and for process lists.
    #[must_use]
    pub fn connection_id(&self) -> u32 {
        self.conn.id()
    }

    /// Runs a statement as text: DDL and control statements. Returns the number of affected rows.
    ///
    /// # Errors
    /// The server's refusal, a lost connection, a timeout, or a warning ([`SessionOptions::warnings`]).
    pub async fn execute(&mut self, sql: &str) -> Result<u64, Error> {
        Ok(self.run_text(sql).await?.affected)
    }

    /// Runs a statement as text. Returns all that the server says of it.
    ///
    /// # Errors
    /// As [`Session::execute`].
    pub async fn run_text(&mut self, sql: &str) -> Result<Ran, Error> {
        let (ran, warnings) = self
            .call(sql, async |conn: &mut Conn| {
                conn.query_drop(sql).await?;
                Ok((Ran::of(conn), conn.get_warnings()))
            })
            .await?;
        self.check_warnings(sql, warnings).await?;
        Ok(ran)
    }

    /// Runs a prepared statement with parameters. Returns the number of affected rows.
    ///
    /// # Errors
    /// As [`Session::execute`].
    pub async fn execute_with(
        &mut self,
        sql: &str,
        parameters: impl Into<Params> + Send,
    ) -> Result<u64, Error> {
        Ok(self.run(sql, parameters).await?.affected)
    }

    /// Runs a prepared statement with parameters. Returns all that the server says of it.
    ///
    /// # Errors
    /// As [`Session::execute`].
    pub async fn run(
        &mut self,
        sql: &str,
        parameters: impl Into<Params> + Send,
    ) -> Result<Ran, Error> {
        let parameters = parameters.into();
        let (ran, warnings) = self
            .call(sql, async |conn: &mut Conn| {
                conn.exec_drop(sql, parameters).await?;
                Ok((Ran::of(conn), conn.get_warnings()))
            })
            .await?;
        self.check_warnings(sql, warnings).await?;
        Ok(ran)
    }

    /// Prepares a statement, to run it many times with [`Session::execute_prepared`] without its text being read again.
    ///
    /// # Errors
    /// As [`Session::execute`].
    pub async fn prepare(&mut self, sql: &str) -> Result<mysql_async::Statement, Error> {
        self.call(sql, async |conn: &mut Conn| conn.prep(sql).await)
            .await
    }

    /// Runs a statement of [`Session::prepare`] on the same session. Returns the number of affected rows.
    ///
    /// # Errors
    /// As [`Session::execute`].
    pub async fn execute_prepared(
        &mut self,
        statement: &mysql_async::Statement,
        parameters: impl Into<Params> + Send,
    ) -> Result<u64, Error> {
        let parameters = parameters.into();
        let what = "a prepared statement";
        let affected = self
            .call(what, async |conn: &mut Conn| {
                conn.exec_drop(statement, parameters).await?;
                Ok((conn.affected_rows(), conn.get_warnings()))
            })
            .await?;
        self.check_warnings(what, affected.1).await?;
        Ok(affected.0)
    }

    /// All rows of a query as text (values arrive as bytes).
    ///
    /// # Errors
    /// As [`Session::execute`]; a row that does not fit the asked type is [`Error::Answer`].
    pub async fn query<R>(&mut self, sql: &str) -> Result<Vec<R>, Error>
    where
        R: FromRow + Send + 'static,
    {
        let rows = self
            .call(sql, async |conn: &mut Conn| {
                conn.query::<mysql_async::Row, _>(sql).await
            })
            .await?;
        self.typed_rows(sql, rows)
    }

    /// All rows of a prepared query with parameters.
    ///
    /// # Errors
    /// As [`Session::query`].
    pub async fn query_with<R>(
        &mut self,
        sql: &str,
        parameters: impl Into<Params> + Send,
    ) -> Result<Vec<R>, Error>
    where
        R: FromRow + Send + 'static,
    {
        let parameters = parameters.into();
        let rows = self
            .call(sql, async |conn: &mut Conn| {
                conn.exec::<mysql_async::Row, _, _>(sql, parameters).await
            })
            .await?;
        self.typed_rows(sql, rows)
    }

    /// Runs calls of the driver under the session's time limit. `what` is the statement or a word for the
    /// work, for the error message.
    ///
    /// # Errors
    /// What the driver said, or [`Error::StatementTimeout`].
    pub async fn call<T>(
        &mut self,
        what: &str,
        work: impl AsyncFnOnce(&mut Conn) -> mysql_async::Result<T>,
    ) -> Result<T, Error> {
        if self.conn.is_disconnected() {
            return Err(Error::Broken {
                target: self.target.clone(),
            });
        }
        let limit_ms = self.options.statement_timeout_ms;
        match limited(limit_ms, work(&mut self.conn)).await {
            Some(Ok(value)) => Ok(value),
            Some(Err(source)) => Err(statement_error(&self.target, what, source)),
            None => Err(Error::StatementTimeout {
                target: self.target.clone(),
                statement: shown(what),
                limit_ms: limit_ms.unwrap_or(u64::MAX),
            }),
        }
    }

    /// Says goodbye to the server. Dropping a session closes the connection too, a little later.
    pub async fn close(self) {
        // The server rolls back and forgets the session in any case; a failed goodbye changes nothing.
        let _ = tokio::time::timeout(Duration::from_secs(5), self.conn.disconnect()).await;
    }

    async fn check_warnings(&mut self, sql: &str, count: u16) -> Result<(), Error> {
        if count == 0 || self.options.warnings == Warnings::AreIgnored {
            return Ok(());
        }
        let rows: Vec<(String, u16, String)> = self.query("SHOW WARNINGS").await?;
        let warnings: Vec<Warning> = rows
            .into_iter()
            .map(|(level, code, message)| Warning {
                level,
                code,
                message,
            })
            .filter(|warning| !is_harmless(warning))
            .collect();
        if warnings.is_empty() {
            return Ok(());
        }
        Err(Error::Warned {
            target: self.target.clone(),
            statement: shown(sql),
            warnings,
        })
    }

    fn typed_rows<R: FromRow>(
        &self,
        sql: &str,
        rows: Vec<mysql_async::Row>,
    ) -> Result<Vec<R>, Error> {
        rows.into_iter()
            .map(|row| R::from_row_opt(row).map_err(|_| answer_error(&self.target, &shown(sql))))
            .collect()
    }
}

fn is_harmless(warning: &Warning) -> bool {
    (warning.level == "Note" && EXISTENCE_NOTES.contains(&warning.code))
        || warning.code == NAMES_NOT_LOOKED_UP
}

async fn limited<T>(limit_ms: Option<u64>, work: impl Future<Output = T>) -> Option<T> {
    match limit_ms {
        Some(limit_ms) => tokio::time::timeout(Duration::from_millis(limit_ms), work)
            .await
            .ok(),
        None => Some(work.await),
    }
}

fn statement_error(target: &str, what: &str, source: mysql_async::Error) -> Error {
    Error::Statement {
        target: target.to_owned(),
        statement: shown(what),
        source: Box::new(source),
    }
}

fn answer_error(target: &str, what: &str) -> Error {
    Error::Answer {
        target: target.to_owned(),
        what: what.to_owned(),
    }
}

/// A statement for a message: literals blanked (they may hold passwords), white space joined, shortened.
fn shown(sql: &str) -> String {
    let mut text = String::new();
    let mut quote: Option<char> = None;
    let mut characters = sql.chars().peekable();
    while let Some(character) = characters.next() {
        match quote {
            Some('\'') if character == '\\' => {
                characters.next();
            }
            Some(open) if character == open => {
                if characters.peek() == Some(&open) {
                    characters.next();
                } else {
                    text.push(open);
                    quote = None;
                }
            }
            Some(_) => {}
            None if character == '\'' => {
                text.push_str("'…");
                quote = Some(character);
            }
            None if character.is_whitespace() => {
                if !text.ends_with(' ') {
                    text.push(' ');
                }
            }
            None => text.push(character),
        }
    }
    let text = text.trim();
    if text.chars().count() <= STATEMENT_CHARACTERS_MAX {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(STATEMENT_CHARACTERS_MAX).collect();
    short.push('…');
    short
}

async fn open_unlimited(target: &Target, options: &SessionOptions) -> Result<Session, Error> {
    let shown_target = target.display();
    let mut conn = connect(target, options).await?;
    let identity = read_identity(&mut conn, &shown_target).await?;
    let settings = contract::settings(identity.product, identity.tidb, options);
    let names: Vec<&str> = settings
        .iter()
        .map(|setting| setting.name)
        .chain(capabilities::VARIABLES.iter().copied())
        .collect();
    let before = read_variables(&mut conn, &shown_target, &names).await?;
    let settings: Vec<Setting> = settings
        .into_iter()
        .filter(|setting| !setting.optional || before.contains_key(setting.name))
        .collect();
    set_contract(&mut conn, &shown_target, &settings, &before).await?;
    let after = read_variables(&mut conn, &shown_target, &names).await?;
    for setting in &settings {
        let found = after.get(setting.name).map_or("", String::as_str);
        if !setting.is_met_by(found) {
            return Err(Error::Contract {
                target: shown_target,
                setting: setting.name.to_owned(),
                wanted: setting.value.clone(),
                found: found.to_owned(),
            });
        }
    }
    let collations = known_collations(&mut conn, &shown_target, &identity).await?;
    Ok(Session {
        conn,
        target: shown_target,
        options: options.clone(),
        capabilities: Capabilities::new(identity, &after, &collations),
    })
}

async fn connect(target: &Target, options: &SessionOptions) -> Result<Conn, Error> {
    let failed = |source: mysql_async::Error| Error::Connect {
        target: target.display(),
        source: Box::new(source),
    };
    match Conn::new(driver_options(target, options, target.tls)).await {
        Err(mysql_async::Error::Driver(DriverError::NoClientSslFlagFromServer))
            if target.tls == TlsMode::Preferred =>
        {
            Conn::new(driver_options(target, options, TlsMode::Off))
                .await
                .map_err(failed)
        }
        connected => connected.map_err(failed),
    }
}

fn driver_options(target: &Target, options: &SessionOptions, tls: TlsMode) -> OptsBuilder {
    let mut builder = OptsBuilder::default()
        .user(Some(target.user.clone()))
        .pass(target.password.as_ref().map(Secret::expose))
        .db_name(target.database.clone())
        // The server's own @@socket may be another machine's path, or bypass a proxy on purpose in between.
        .prefer_socket(false)
        .stmt_cache_size(options.statements_kept)
        .tcp_keepalive(Some(Duration::from_secs(30)))
        .connect_attribute("program_name", options.program.clone());
    builder = match &target.socket {
        Some(socket) => builder.socket(Some(socket.to_string_lossy().into_owned())),
        None => builder
            .ip_or_hostname(target.host.clone())
            .tcp_port(target.port),
    };
    if target.socket.is_some() || tls == TlsMode::Off {
        return builder;
    }
    let mut ssl = SslOpts::default();
    if let Some(authority) = &target.tls_authority {
        ssl = ssl.with_root_certs(vec![authority.clone().into()]);
    }
    if tls == TlsMode::Preferred {
        ssl = ssl
            .with_danger_accept_invalid_certs(true)
            .with_danger_skip_domain_validation(true);
    }
    builder.ssl_opts(Some(ssl))
}

async fn read_identity(conn: &mut Conn, target: &str) -> Result<Identity, Error> {
    let sql = "SELECT VERSION(), @@version_comment";
    let row: Option<(String, String)> = conn
        .query_first(sql)
        .await
        .map_err(|source| statement_error(target, sql, source))?;
    let (version, comment) = row.ok_or_else(|| answer_error(target, "its version"))?;
    Identity::read(&version, &comment).map_err(|reason| Error::TooOld {
        target: target.to_owned(),
        reason,
    })
}

async fn read_variables(
    conn: &mut Conn,
    target: &str,
    names: &[&str],
) -> Result<HashMap<String, String>, Error> {
    let list: Vec<String> = names.iter().map(|name| crate::quote_text(name)).collect();
    let sql = format!(
        "SHOW SESSION VARIABLES WHERE Variable_name IN ({})",
        list.join(",")
    );
    let rows: Vec<(String, String)> = conn
        .query(sql)
        .await
        .map_err(|source| statement_error(target, "SHOW SESSION VARIABLES", source))?;
    Ok(rows
        .into_iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .collect())
}

/// Collations are part of a server's program, so one of the same version is not asked again: of all that is asked at
/// connect, the list takes a server longest. (TiDB's depend on a setting.)
async fn known_collations(
    conn: &mut Conn,
    target: &str,
    identity: &Identity,
) -> Result<Vec<String>, Error> {
    static KNOWN: Mutex<BTreeMap<String, Vec<String>>> = Mutex::new(BTreeMap::new());
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if identity.tidb {
        return read_collations(conn, target).await;
    }
    if let Some(list) = known().get(&identity.version_text).cloned() {
        return Ok(list);
    }
    let list = read_collations(conn, target).await?;
    known().insert(identity.version_text.clone(), list.clone());
    Ok(list)
}

async fn read_collations(conn: &mut Conn, target: &str) -> Result<Vec<String>, Error> {
    let list: Vec<String> = capabilities::NO_PAD_COLLATIONS
        .iter()
        .map(|name| crate::quote_text(name))
        .collect();
    let sql = format!("SHOW COLLATION WHERE Collation IN ({})", list.join(","));
    let rows: Vec<mysql_async::Row> = conn
        .query(sql)
        .await
        .map_err(|source| statement_error(target, "SHOW COLLATION", source))?;
    Ok(rows
        .iter()
        .filter_map(|row| row.get::<String, usize>(0))
        .collect())
}

/// Sets what differs, in one statement; where a part needs a privilege that the user lacks, each by itself, so
/// that the check afterwards names the one that could not be set.
async fn set_contract(
    conn: &mut Conn,
    target: &str,
    settings: &[Setting],
    before: &HashMap<String, String>,
) -> Result<(), Error> {
    let assignments: Vec<String> = settings
        .iter()
        .filter(|setting| {
            !before
                .get(setting.name)
                .is_some_and(|found| setting.is_met_by(found))
        })
        .map(|setting| format!("SESSION {} = {}", setting.name, setting.literal()))
        .collect();
    if assignments.is_empty() {
        return Ok(());
    }
    let together = format!("SET {}", assignments.join(", "));
    let Err(source) = conn.query_drop(&together).await else {
        return Ok(());
    };
    if classify(&source) != ErrorClass::AccessDenied {
        return Err(statement_error(target, &together, source));
    }
    for assignment in assignments {
        let sql = format!("SET {assignment}");
        match conn.query_drop(&sql).await {
            Err(source) if classify(&source) != ErrorClass::AccessDenied => {
                return Err(statement_error(target, &sql, source));
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compiles only while the calls can be spawned onto a runtime of many threads.
    #[expect(dead_code, reason = "a check of types, never called")]
    fn calls_can_be_spawned(mut session: Session) {
        fn spawnable(_: impl Future<Output = ()> + Send + 'static) {}
        spawnable(async move {
            let text = String::from("SELECT 1");
            let _ = session.execute(&text).await;
            let _ = session.execute_with(&text, (1,)).await;
            let _ = session.query::<(u64,)>(&text).await;
            let _ = session.query_with::<(u64,)>(&text, (1,)).await;
            let _ = session
                .call("ping", async |conn: &mut Conn| conn.ping().await)
                .await;
            session.close().await;
        });
    }

    #[test]
    fn statements_are_shown_without_their_literals() {
        assert_eq!(
            shown("CREATE USER 'b'@'%'\n  IDENTIFIED BY 'it''s \\' secret' COMMENT \"x\""),
            "CREATE USER '…'@'…' IDENTIFIED BY '…' COMMENT \"x\""
        );
        assert_eq!(shown("SELECT 'open"), "SELECT '…");
        assert_eq!(
            shown(&"x".repeat(1000)).chars().count(),
            STATEMENT_CHARACTERS_MAX + 1
        );
    }
}
