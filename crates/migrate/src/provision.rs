//! Databases and empty tables of the target.

use std::collections::BTreeMap;
use std::path::Path;

use cbtrade_mysql::{ErrorClass, Session, Target};
use cbtrade_schema::ddl::{create_table, quote_identifier, quote_text};

use crate::error::Error;
use crate::ledger::Ledger;
use crate::plan::Plan;
use crate::progress::{Event, Progress};
use crate::target::database_exists;

/// Makes the databases, the ledger and the tables, as far as they are not there.
pub(crate) async fn provision(
    session: &mut Session,
    plan: &Plan,
    ledger: &Ledger,
    id: &str,
    now: &str,
    progress: &dyn Progress,
) -> Result<(), Error> {
    let mut made = Vec::new();
    for database in std::iter::once(ledger.database.clone()).chain(plan.databases()) {
        if !database_exists(session, &database).await? {
            let sql = format!(
                "CREATE DATABASE {} CHARACTER SET utf8mb4 COLLATE {}",
                quote_identifier(&database),
                plan.server.binary_collation
            );
            session.execute(&sql).await.map_err(Error::server(format!(
                "database `{database}` could not be made"
            )))?;
            made.push(database);
        }
    }
    if let Err(error) = ledger.create(session, id, &plan.digest(), now).await {
        // Without a line in the ledger nothing could find these again. Whatever stands in the way of removing them too is
        // told by the first error.
        let _ = ledger.drop_all(session).await;
        for database in &made {
            let _ = session
                .execute(&format!(
                    "DROP DATABASE IF EXISTS {}",
                    quote_identifier(database)
                ))
                .await;
        }
        return Err(error);
    }
    // A crash before this line leaves an empty database behind, which the next run takes as it is.
    for database in made {
        ledger
            .note_object(session, "database", &database, "")
            .await?;
    }
    plain_timestamps(session).await?;
    for table in plan.target_tables() {
        ledger
            .note_object(session, "table", &table.database, &table.name)
            .await?;
        progress.report(Event::Step(format!(
            "table {}.{}",
            table.database, table.name
        )));
        let sql = create_table(table, &plan.server).replacen(
            "CREATE TABLE",
            "CREATE TABLE IF NOT EXISTS",
            1,
        );
        execute_wide(
            session,
            &sql,
            &format!(
                "table `{}`.`{}` could not be made",
                table.database, table.name
            ),
        )
        .await?;
    }
    ledger.set_stage(session, "provision").await
}

/// Without this setting the first TIMESTAMP of a table would get defaults that nobody asked for.
async fn plain_timestamps(session: &mut Session) -> Result<(), Error> {
    let failed = || Error::server("explicit_defaults_for_timestamp could not be switched on");
    let on: Vec<u8> = session
        .query("SELECT @@explicit_defaults_for_timestamp")
        .await
        .map_err(failed())?;
    if on.first() == Some(&1) {
        return Ok(());
    }
    session
        .execute("SET SESSION explicit_defaults_for_timestamp = ON")
        .await
        .map(drop)
        .map_err(failed())
}

/// InnoDB refuses, in its strict mode, tables of many long columns whose rows *could* outgrow a page. Whether they do is
/// for the rows to show: without strict mode the table is made, and a row that is really too large is an error.
pub(crate) async fn execute_wide(
    session: &mut Session,
    sql: &str,
    what: &str,
) -> Result<(), Error> {
    const TOO_BIG_ROW_SIZE: u16 = 1118;
    match session.execute(sql).await {
        Ok(_) => Ok(()),
        Err(error) if error.server_code() == Some(TOO_BIG_ROW_SIZE) => {
            if let Err(denied) = session
                .execute("SET SESSION innodb_strict_mode = OFF")
                .await
            {
                if denied.class() != ErrorClass::AccessDenied {
                    return Err(Error::server(what)(denied));
                }
                return Err(Error::refused(
                    format!(
                        "{what}: it has so many long columns that the server makes it only with innodb_strict_mode off, which this user may not switch off"
                    ),
                    "Grant the user SESSION_VARIABLES_ADMIN on the server, or let cbtrade use its private server (leave --target out). Nothing was changed.",
                ));
            }
            let made = session
                .call(sql, async |conn| {
                    cbtrade_mysql::mysql_async::prelude::Queryable::query_drop(conn, sql).await
                })
                .await;
            session
                .execute("SET SESSION innodb_strict_mode = ON")
                .await
                .map_err(Error::server(what))?;
            made.map_err(Error::server(what))
        }
        Err(error) => Err(Error::server(what)(error)),
    }
}

/// One user per role, with the least that it needs.
const ROLES: [(&str, &str); 4] = [
    ("cbtrade_owner", "ALL PRIVILEGES"),
    ("cbtrade_bots", "SELECT, INSERT, UPDATE, DELETE"),
    ("cbtrade_dashboard", "SELECT"),
    ("cbtrade_backup", "SELECT, LOCK TABLES, SHOW VIEW, TRIGGER"),
];

/// What bots need besides in the database of the candles: a product that is listed anew gets its table by the first bot that
/// sees it. The table is made under another name and takes its own when its triggers are there, hence the rights to rename
/// and to drop one that was cut off.
const BOTS_FOR_CANDLES: (&str, &str) = ("cbtrade_bots", ", CREATE, ALTER, DROP, TRIGGER");

/// The file with the roles' passwords, readable by its owner only.
const CREDENTIALS_FILE: &str = "credentials.json";

/// Makes the roles' users with generated passwords, which are kept in a file of mode 0600 and printed nowhere.
pub(crate) async fn roles(
    session: &mut Session,
    target: &Target,
    candles: Option<&str>,
    plan: &Plan,
    ledger: &Ledger,
    home: &Path,
    progress: &dyn Progress,
) -> Result<(), Error> {
    // Where candles lie among the trading tables, bots may make no tables: they could drop the others as well.
    let candles = candles.filter(|name| target.database.as_deref() != Some(name));
    let mut databases = plan.databases();
    databases.extend(candles.map(str::to_owned));
    let path = home.join(CREDENTIALS_FILE);
    let mut passwords = kept_passwords(&path)?;
    // A user for the socket is a user of this machine only.
    let host = if target.socket.is_some() {
        "localhost"
    } else {
        "%"
    };
    for (user, rights) in ROLES {
        let password = match passwords.get(user) {
            Some(password) => password.clone(),
            None => new_password()?,
        };
        passwords.insert(user.to_owned(), password.clone());
        let text =
            serde_json::to_vec_pretty(&passwords).map_err(|error| Error::Bug(error.to_string()))?;
        crate::work::write_whole(&path, &text)?;
        progress.report(Event::Step(format!("role {user}")));
        ledger.note_object(session, "user", host, user).await?;
        let name = format!("{}@{}", quote_text(user), quote_text(host));
        let what = format!("the user {user} could not be made");
        session
            .execute(&format!(
                "CREATE USER IF NOT EXISTS {name} IDENTIFIED BY {}",
                quote_text(&password)
            ))
            .await
            .map_err(Error::server(what.clone()))?;
        session
            .execute(&format!(
                "ALTER USER {name} IDENTIFIED BY {}",
                quote_text(&password)
            ))
            .await
            .map_err(Error::server(what.clone()))?;
        for database in &databases {
            let more = match BOTS_FOR_CANDLES {
                (bots, more) if bots == user && candles == Some(database.as_str()) => more,
                _ => "",
            };
            let database = quote_identifier(database);
            session
                .execute(&format!("GRANT {rights}{more} ON {database}.* TO {name}"))
                .await
                .map_err(Error::server(what.clone()))?;
        }
    }
    Ok(())
}

/// The roles' passwords from before; none where there is no file.
fn kept_passwords(path: &Path) -> Result<BTreeMap<String, String>, Error> {
    match std::fs::read(path) {
        Ok(text) => serde_json::from_slice(&text).map_err(|error| Error::File {
            path: path.to_owned(),
            reason: error.to_string(),
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(source) => Err(Error::Work {
            path: path.to_owned(),
            action: "read",
            source,
        }),
    }
}

/// 256 random bits of the operating system, in hexadecimal.
fn new_password() -> Result<String, Error> {
    let path = Path::new("/dev/urandom");
    let mut bytes = [0_u8; 32];
    std::fs::File::open(path)
        .and_then(|mut file| std::io::Read::read_exact(&mut file, &mut bytes))
        .map_err(|source| Error::Work {
            path: path.to_owned(),
            action: "read",
            source,
        })?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
