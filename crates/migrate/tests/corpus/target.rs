//! The target of a case: a server in the state that the case asks for, an empty database, and a user with rights on it
//! alone.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};

use cbtrade_mysql::mysql_async::prelude::Queryable as _;
use cbtrade_mysql::mysql_async::{Conn, OptsBuilder, Row};
use cbtrade_mysql::{Secret, Target, quote_identifier, quote_text};
use cbtrade_testkit::{Flavour, TestServer};

use crate::Outcome;
use crate::bare_server::BareServer;
use crate::case::TargetWord;

/// Databases and users of cases are named so, with a number.
const PREFIX: &str = "corpus";

/// The row of a table that was there before.
const ROW_BEFORE: &str = "here before";

/// A server.
enum Server {
    Shared(&'static TestServer),
    Own(Box<TestServer>),
    Bare(BareServer),
}

impl Server {
    fn root(&self) -> Target {
        match self {
            Server::Shared(server) => server.root_target(),
            Server::Own(server) => server.root_target(),
            Server::Bare(server) => server.root_target(),
        }
    }
}

/// Everything of a server that a refused migration must leave as it was.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Listing {
    databases: BTreeSet<String>,
    users: BTreeSet<String>,
    /// Tables, routines and triggers of the case's database, with the rows of the tables.
    objects: BTreeMap<String, String>,
}

impl Listing {
    /// What is new, gone or changed in a later listing; empty where nothing is.
    pub(crate) fn changes(&self, later: &Listing) -> String {
        let mut words = Vec::new();
        for (before, after) in [
            (&self.databases, &later.databases),
            (&self.users, &later.users),
        ] {
            words.extend(after.difference(before).map(|name| format!("new: {name}")));
            words.extend(before.difference(after).map(|name| format!("gone: {name}")));
        }
        for (name, content) in &later.objects {
            match self.objects.get(name) {
                None => words.push(format!("new: {name}")),
                Some(before) if before != content => words.push(format!("changed: {name}")),
                Some(_) => {}
            }
        }
        let gone = |name: &&String| !later.objects.contains_key(*name);
        words.extend(
            self.objects
                .keys()
                .filter(gone)
                .map(|name| format!("gone: {name}")),
        );
        words.join(", ")
    }
}

/// The target of one case.
pub(crate) struct Site {
    /// As whom the tool signs in, and to which database.
    pub(crate) target: Target,
    /// The database.
    pub(crate) database: String,
    conn: Conn,
    _server: Server,
}

impl Site {
    /// Makes it; the reason where this server cannot be in the state asked for.
    pub(crate) async fn make(word: &TargetWord, flavour: Flavour) -> Outcome<Result<Site, String>> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let server = match word {
            TargetWord::Plain
            | TargetWord::NotEmpty(_)
            | TargetWord::NoRights
            | TargetWord::NoSessionRights => Server::Shared(TestServer::shared(flavour)),
            TargetWord::Options(options) => own(flavour, options)?,
            TargetWord::Latin1 => own(
                flavour,
                &[
                    "--character-set-server=latin1",
                    "--collation-server=latin1_swedish_ci",
                ],
            )?,
            TargetWord::FirstStart(options) => {
                Server::Bare(BareServer::start(flavour, options, &[])?)
            }
            TargetWord::OldVersion if flavour == Flavour::MySql => {
                return Ok(Err("MySQL cannot call itself another version".to_owned()));
            }
            TargetWord::OldVersion => {
                Server::Bare(BareServer::start(flavour, &[], &["--version=5.7.44"])?)
            }
        };
        let root = server.root();
        let name = format!("{PREFIX}{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut conn = connect(&root).await?;
        let latin1 = *word == TargetWord::Latin1;
        let characters = if latin1 { "latin1" } else { "utf8mb4" };
        let rights = if *word == TargetWord::NoRights {
            "SELECT"
        } else {
            "ALL"
        };
        let user = format!("{}@'localhost'", quote_text(&name));
        let database = quote_identifier(&name);
        let mut statements = vec![
            format!("CREATE DATABASE {database} CHARACTER SET {characters}"),
            format!("CREATE USER {user} IDENTIFIED BY {}", quote_text(&name)),
            format!("GRANT {rights} ON {database}.* TO {user}"),
        ];
        if flavour == Flavour::MySql && *word != TargetWord::NoSessionRights {
            // What the manual asks for where tables have more long columns than the strict mode takes.
            statements.push(format!("GRANT SESSION_VARIABLES_ADMIN ON *.* TO {user}"));
        }
        if let TargetWord::NotEmpty(table) = word {
            let table = format!("{database}.{}", quote_identifier(table));
            statements.push(format!("CREATE TABLE {table} (note VARCHAR(40))"));
            statements.push(format!(
                "INSERT INTO {table} VALUES ({})",
                quote_text(ROW_BEFORE)
            ));
        }
        for statement in statements {
            run(&mut conn, &statement).await?;
        }
        Ok(Ok(Site {
            target: root
                .with_user(&name, Some(Secret::new(name.clone())))
                .with_database(&name),
            database: name,
            conn,
            _server: server,
        }))
    }

    /// The root user's connection.
    pub(crate) fn conn(&mut self) -> &mut Conn {
        &mut self.conn
    }

    /// What is on the server now, but for the databases and users of other cases.
    pub(crate) async fn listing(&mut self) -> Outcome<Listing> {
        let own = self.database.clone();
        let others = |name: &String| {
            let digits = name.strip_prefix(PREFIX).unwrap_or("x");
            *name == own || !digits.bytes().all(|byte| byte.is_ascii_digit())
        };
        let databases = names(
            &mut self.conn,
            "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA",
        )
        .await?;
        let users = names(&mut self.conn, "SELECT User FROM mysql.user").await?;
        let mut objects = BTreeMap::new();
        let tables =
            "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()";
        let routines = "SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()";
        let triggers = "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()";
        if databases.contains(&own) {
            run(&mut self.conn, &format!("USE {}", quote_identifier(&own))).await?;
            for table in names(&mut self.conn, tables).await? {
                let rows: Vec<Row> = self
                    .conn
                    .query(format!("SELECT * FROM {}", quote_identifier(&table)))
                    .await
                    .map_err(|error| error.to_string())?;
                let rows: Vec<_> = rows.into_iter().map(Row::unwrap).collect();
                objects.insert(format!("table {table}"), format!("{rows:?}"));
            }
            for (kind, sql) in [("routine", routines), ("trigger", triggers)] {
                for name in names(&mut self.conn, sql).await? {
                    objects.insert(format!("{kind} {name}"), String::new());
                }
            }
        }
        Ok(Listing {
            databases: databases.into_iter().filter(others).collect(),
            users: users.into_iter().filter(others).collect(),
            objects,
        })
    }

    /// Removes the database and the user.
    pub(crate) async fn remove(mut self) -> Outcome<()> {
        let database = format!(
            "DROP DATABASE IF EXISTS {}",
            quote_identifier(&self.database)
        );
        let user = format!("DROP USER {}@'localhost'", quote_text(&self.database));
        run(&mut self.conn, &database).await?;
        run(&mut self.conn, &user).await?;
        self.conn
            .disconnect()
            .await
            .map_err(|error| error.to_string())
    }
}

fn own(flavour: Flavour, options: &[&str]) -> Outcome<Server> {
    // The testkit panics where a server does not start.
    catch_unwind(AssertUnwindSafe(|| {
        TestServer::with_options(flavour, options)
    }))
    .map(|server| Server::Own(Box::new(server)))
    .map_err(|panic| format!("no server with {options:?}: {}", crate::panic_text(&*panic)))
}

async fn names(conn: &mut Conn, sql: &str) -> Outcome<Vec<String>> {
    conn.query(sql)
        .await
        .map_err(|error| format!("{sql}: {error}"))
}

async fn run(conn: &mut Conn, sql: &str) -> Outcome<()> {
    conn.query_drop(sql)
        .await
        .map_err(|error| format!("{sql}: {error}"))
}

/// Connects with the driver alone, without the tool's session.
async fn connect(root: &Target) -> Outcome<Conn> {
    let socket = root.socket.as_ref().ok_or("the server has no socket")?;
    let options = OptsBuilder::default()
        .ip_or_hostname("localhost")
        .socket(Some(socket.to_string_lossy()))
        .user(Some(&root.user))
        .pass(root.password.as_ref().map(Secret::expose))
        .max_allowed_packet(Some(1 << 30))
        .wait_timeout(Some(28_800))
        .stmt_cache_size(0)
        .init(vec![
            "SET NAMES utf8mb4",
            "SET SESSION time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES', autocommit = 1",
        ]);
    Conn::new(options)
        .await
        .map_err(|error| format!("the root user cannot connect: {error}"))
}
