//! Where the database is, and how patient calls are.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use cbtrade_core::{Clock, SystemClock};
use cbtrade_mysql::{Secret, Target};

use crate::error::{Call, Error, ErrorKind};
use crate::value::Value;

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// One database on one of several servers that hold the same data: the first is used, the next ones when it is gone.
    Servers {
        /// The servers; never empty. Each names user and database.
        targets: Vec<Target>,
        /// Name of the database with the candle tables.
        candles: String,
    },
    /// A SQLite file, with the candle tables in a second file.
    File {
        /// The trading database.
        path: PathBuf,
        /// The candles.
        candles: PathBuf,
    },
}

/// Name of the candle database where none is given.
const CANDLES_DEFAULT: &str = "ohlcv";
/// Name of the trading database where the URL has none.
const DATABASE_DEFAULT: &str = "cbtrade";

impl Location {
    /// Reads `mysql://user@host[:port][,host[:port]…]/database?socket=PATH`, with `candles=NAME` among the keys for
    /// another candle database than `ohlcv`; or the path of a SQLite file (also as `sqlite:PATH`).
    ///
    /// # Errors
    /// [`ErrorKind::Location`] with the reason.
    pub fn parse(text: &str, password: Option<&Secret>) -> Result<Location, Error> {
        const CALL: Call = Call {
            method: "open",
            table: "",
        };
        if !text.starts_with("mysql://") {
            let path = PathBuf::from(text.strip_prefix("sqlite:").unwrap_or(text));
            if path.as_os_str().is_empty() {
                return Err(Error::new(CALL, ErrorKind::Location).detail("the path is empty"));
            }
            let candles = path.with_file_name(format!("{CANDLES_DEFAULT}.db"));
            return Ok(Location::File { path, candles });
        }
        let (text, candles) = without_key(text, "candles");
        let mut targets = Vec::new();
        for url in single_urls(&text) {
            let target: Target = url.parse().map_err(|source: cbtrade_mysql::Error| {
                Error::new(CALL, ErrorKind::Location)
                    .detail(source.to_string())
                    .because(source)
            })?;
            let database = target
                .database
                .clone()
                .unwrap_or_else(|| DATABASE_DEFAULT.to_owned());
            targets.push(
                target
                    .with_database(&database)
                    .with_password(password.cloned()),
            );
        }
        Ok(Location::Servers {
            targets,
            candles: candles.unwrap_or_else(|| CANDLES_DEFAULT.to_owned()),
        })
    }

    /// The location for messages, without a password.
    #[must_use]
    pub fn display(&self) -> String {
        match self {
            Location::Servers { targets, .. } => targets
                .iter()
                .map(Target::display)
                .collect::<Vec<_>>()
                .join(" or "),
            Location::File { path, .. } => path.display().to_string(),
        }
    }
}

/// Takes `key=value` out of a URL's query.
fn without_key(url: &str, key: &str) -> (String, Option<String>) {
    let Some((before, query)) = url.split_once('?') else {
        return (url.to_owned(), None);
    };
    let mut found = None;
    let rest: Vec<&str> = query
        .split('&')
        .filter(|part| match part.split_once('=') {
            Some((name, value)) if name == key => {
                found = Some(value.to_owned());
                false
            }
            _ => true,
        })
        .collect();
    let url = if rest.is_empty() {
        before.to_owned()
    } else {
        format!("{before}?{}", rest.join("&"))
    };
    (url, found)
}

/// One URL for each host, or for each socket, of a URL that names several.
fn single_urls(url: &str) -> Vec<String> {
    let Some(after_scheme) = url.strip_prefix("mysql://") else {
        return vec![url.to_owned()];
    };
    let end = after_scheme.find(['/', '?']).unwrap_or(after_scheme.len());
    let (authority, rest) = after_scheme.split_at(end);
    let (user, hosts) = match authority.rsplit_once('@') {
        Some((user, hosts)) => (format!("{user}@"), hosts),
        None => (String::new(), authority),
    };
    if hosts.contains(',') {
        return hosts
            .split(',')
            .map(|host| format!("mysql://{user}{host}{rest}"))
            .collect();
    }
    let (before, query) = url.split_once('?').unwrap_or((url, ""));
    let (sockets, others): (Vec<&str>, Vec<&str>) = query
        .split('&')
        .filter(|part| !part.is_empty())
        .partition(|part| part.starts_with("socket="));
    if sockets.len() < 2 {
        return vec![url.to_owned()];
    }
    sockets
        .into_iter()
        .map(|socket| {
            format!(
                "{before}?{}",
                [&[socket], others.as_slice()].concat().join("&")
            )
        })
        .collect()
}

/// How patient calls are, and how many connections there may be. The default suits one bot.
#[derive(Clone)]
pub struct Options {
    /// Connections, or readers of a file, at most.
    pub connections_max: usize,
    /// Time that a call waits for one of them.
    pub acquire_timeout: Duration,
    /// Time that a call may take in all, with every wait and every attempt.
    pub call_timeout: Duration,
    /// Time beyond it to find out whether a write was committed whose connection was lost in the commit.
    pub outcome_timeout: Duration,
    /// Time to connect once.
    pub connect_timeout: Duration,
    /// Time that a statement waits for a lock before the whole transaction is run again.
    pub lock_wait: Duration,
    /// Age at which a connection is replaced by a new one; each gets up to a tenth less, so that not all go at once.
    pub lifetime: Duration,
    /// Time after which an idle connection is tested before it is used again.
    pub test_after_idle: Duration,
    /// A call that takes longer counts as slow.
    pub slow_after: Duration,
    /// How often the process puts its figures into the database; zero for never.
    pub figures_every: Duration,
    /// Statements sent on each new connection to a server, after the session contract.
    pub at_connect: Vec<String>,
    /// What the connections call themselves in the server's process list.
    pub program: String,
    /// Is told of every statement before it is sent; for measurements and tests.
    pub observer: Option<Observer>,
    /// The clock of a SQLite file's defaults and comparisons; a server has its own.
    pub clock: Arc<dyn Clock>,
    /// How a SQLite file is written to. Everybody but a measurement of the old way wants the queue.
    pub file_writes: FileWrites,
    /// How the performance rows are summed up.
    pub performance_formula: PerformanceFormula,
    /// Age in seconds at which a lease can be taken by another bot, by the database's clock.
    pub lease_s: i64,
}

/// How the rows of `trade_perfs` and `trade_strat_perfs` are summed up from the positions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PerformanceFormula {
    /// What the names say. Rates per hour and per day are the gain for what was spent and how long it was held: the sum of
    /// the gains by the sum of cost times hours, each variant over its own positions. `win_amt` and `lose_amt` sum up
    /// gains. The latest buy is one that is not ignored.
    #[default]
    HoldingTime,
    /// As CBTrade's procedures do it, to compare with the operator's history. Rates are the gain in percent by the hours
    /// of all positions together, so they shrink with the number of trades; `win_amt` and `lose_amt` sum up values;
    /// ignored rows count for the latest buy.
    Original,
}

/// A statement on its way to the database.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// The method that sends it.
    pub method: &'static str,
    /// Its text.
    pub sql: String,
    /// Its values.
    pub values: Vec<Value>,
    /// Whether it is part of a transaction.
    pub in_transaction: bool,
}

/// Is told of statements.
#[derive(Clone)]
pub struct Observer(Arc<dyn Fn(Statement) + Send + Sync>);

impl Observer {
    /// Calls `observe` with every statement.
    pub fn new(observe: impl Fn(Statement) + Send + Sync + 'static) -> Observer {
        Observer(Arc::new(observe))
    }

    pub(crate) fn tell(&self, call: Call, sql: &str, values: &[Value], in_transaction: bool) {
        (self.0)(Statement {
            method: call.method,
            sql: sql.to_owned(),
            values: values.to_vec(),
            in_transaction,
        });
    }
}

/// How a process writes to a SQLite file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FileWrites {
    /// One writer, which waits its turn among all processes.
    #[default]
    InTurn,
    /// As CBTrade's bots did it: every write for itself, five seconds of busy timeout, then `database is locked`.
    EachForItself,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            connections_max: 8,
            acquire_timeout: Duration::from_secs(10),
            call_timeout: Duration::from_secs(30),
            outcome_timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(10),
            lock_wait: Duration::from_secs(5),
            lifetime: Duration::from_secs(30 * 60),
            test_after_idle: Duration::from_secs(5),
            slow_after: Duration::from_secs(1),
            figures_every: Duration::from_secs(10),
            at_connect: Vec::new(),
            program: "cbtrade".to_owned(),
            observer: None,
            clock: Arc::new(SystemClock),
            file_writes: FileWrites::InTurn,
            performance_formula: PerformanceFormula::HoldingTime,
            lease_s: crate::methods::LEASE_S,
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Options")
            .field("connections_max", &self.connections_max)
            .field("call_timeout", &self.call_timeout)
            .field("file_writes", &self.file_writes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers(text: &str) -> (Vec<String>, String) {
        match Location::parse(text, None).unwrap() {
            Location::Servers { targets, candles } => {
                (targets.iter().map(Target::display).collect(), candles)
            }
            Location::File { .. } => panic!("{text} is a server"),
        }
    }

    #[test]
    fn a_location_may_name_several_servers() {
        assert_eq!(
            servers("mysql://bot@one,two:3307/trade?candles=c&tls=off").0,
            [
                "mysql://bot@one/trade?tls=off",
                "mysql://bot@two:3307/trade?tls=off"
            ]
        );
        assert_eq!(servers("mysql://bot@one/trade?candles=c").1, "c");
        assert_eq!(
            servers("mysql://bot@localhost?socket=/a/s&socket=/b/s").0,
            [
                "mysql://bot@localhost/cbtrade?socket=/a/s",
                "mysql://bot@localhost/cbtrade?socket=/b/s"
            ]
        );
        assert_eq!(servers("mysql://bot@localhost/x?socket=/a/s").1, "ohlcv");
    }

    #[test]
    fn a_path_is_a_file_and_nonsense_is_refused() {
        let file = Location::parse("sqlite:db/cbtrade.db", None).unwrap();
        assert_eq!(
            file,
            Location::File {
                path: "db/cbtrade.db".into(),
                candles: "db/ohlcv.db".into()
            }
        );
        for wrong in ["", "sqlite:", "mysql://u:p@h/d", "mysql://u@h/d?what=1"] {
            let error = Location::parse(wrong, None).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Location, "{wrong}");
        }
    }
}
