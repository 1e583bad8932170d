//! The bots at work, as they say it of themselves.

use crate::database::Database;
use crate::dialect::Dialect;
use crate::error::{Call, Error, ErrorKind};
use crate::methods::intents::{fits, words};
use crate::records::BotStatus;
use crate::schema::BOT_TABLE;
use crate::transact;
use crate::value::Value;

const fn call(method: &'static str) -> Call {
    Call {
        method,
        table: BOT_TABLE,
    }
}

/// What a bot says of itself now and then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beat {
    /// Its name in the fleet.
    pub bot: String,
    /// Its identifier, new at each start; what leases and intents carry.
    pub guid: String,
    /// What it does, such as `auto` or `full`.
    pub mode: String,
    /// The machine it runs on.
    pub host: String,
    /// Its number on that machine.
    pub pid: i64,
    /// What it is doing, in words.
    pub state: String,
    /// The product it is at.
    pub prod_id: Option<String>,
    /// Passes over its products since it began.
    pub passes: i64,
    /// Buys since it began.
    pub buys: i64,
    /// Sales since it began.
    pub sells: i64,
    /// Errors since it began.
    pub errors: i64,
    /// The last of them.
    pub last_error: Option<String>,
    /// Further figures, as JSON or as the reader expects them.
    pub figures: String,
}

impl Database {
    /// Writes what a bot says of itself, under its name. With another `guid` than before, it has begun anew.
    ///
    /// # Errors
    /// [`ErrorKind::MissingKey`] without name or `guid`; [`ErrorKind::ValueRejected`] for a name that is too long.
    pub async fn db_bot_heartbeat(&self, beat: &Beat) -> Result<(), Error> {
        const CALL: Call = call("db_bot_heartbeat");
        for (column, text) in [("bot", &beat.bot), ("guid", &beat.guid)] {
            if text.trim().is_empty() {
                return Err(Error::new(CALL, ErrorKind::MissingKey).column(column));
            }
        }
        let columns = beat.columns(CALL)?;
        let dialect = self.dialect();
        let (sql, values) = statement(dialect, &columns);
        transact!(self, CALL, |transaction| {
            transaction.run(&sql, values.clone()).await.map(|_| ())
        })
    }

    /// The bots, by name, each with the seconds since it was last seen, by the database's clock.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_bots_get(&self) -> Result<Vec<BotStatus>, Error> {
        let (now, seen) = (self.dialect().now_seconds(), self.dialect().seconds("seen"));
        let sql = format!(
            "SELECT bot, guid, mode, host, pid, begun, seen, {now} - {seen} AS seen_seconds_ago, state, prod_id, \
             passes, buys, sells, errors, last_error, figures FROM {BOT_TABLE} ORDER BY bot"
        );
        self.records(call("db_bots_get"), &sql, Vec::new()).await
    }

    /// Forgets a bot that has ended. Returns whether it was there.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_bot_gone(&self, name: &str) -> Result<bool, Error> {
        let sql = format!("DELETE FROM {BOT_TABLE} WHERE bot = ?");
        let done = self
            .run(call("db_bot_gone"), &sql, vec![Value::from(name)])
            .await?;
        Ok(done.rows_changed > 0)
    }
}

impl Beat {
    fn columns(&self, call: Call) -> Result<Vec<(&'static str, Value)>, Error> {
        let texts = [
            ("bot", self.bot.as_str(), 64),
            ("guid", &self.guid, 64),
            ("mode", &self.mode, 32),
            ("host", &self.host, 255),
            ("prod_id", self.prod_id.as_deref().unwrap_or_default(), 64),
        ];
        for (column, text, most) in texts {
            fits(call, column, text, most)?;
        }
        let state: String = self.state.chars().take(255).collect();
        Ok(vec![
            ("bot", Value::from(self.bot.as_str())),
            ("guid", Value::from(self.guid.as_str())),
            ("mode", Value::from(self.mode.as_str())),
            ("host", Value::from(self.host.as_str())),
            ("pid", Value::from(self.pid)),
            ("state", Value::from(state)),
            ("prod_id", Value::from(self.prod_id.clone())),
            ("passes", Value::from(self.passes)),
            ("buys", Value::from(self.buys)),
            ("sells", Value::from(self.sells)),
            ("errors", Value::from(self.errors)),
            (
                "last_error",
                self.last_error.as_deref().map_or(Value::Null, words),
            ),
            ("figures", Value::from(self.figures.as_str())),
        ])
    }
}

/// Inserts a bot's row, or updates all of it but its name. The begin is compared with the `guid` of before: on a server,
/// assignments take place one after the other, so it comes first.
fn statement(dialect: Dialect, columns: &[(&'static str, Value)]) -> (String, Vec<Value>) {
    let names: Vec<String> = columns.iter().map(|(name, _)| dialect.name(name)).collect();
    let conflict = match dialect {
        Dialect::MySql => "ON DUPLICATE KEY UPDATE",
        Dialect::Sqlite => "ON CONFLICT (bot) DO UPDATE SET",
    };
    let others = columns.iter().filter(|(name, _)| *name != "bot");
    let assignments: Vec<String> = others
        .clone()
        .map(|(name, _)| format!("{} = ?", dialect.name(name)))
        .collect();
    let guid = columns.iter().find(|(name, _)| *name == "guid");
    let mut values: Vec<Value> = columns.iter().map(|(_, value)| value.clone()).collect();
    values.extend(guid.map(|(_, value)| value.clone()));
    values.extend(others.map(|(_, value)| value.clone()));
    let now = dialect.now();
    let sql = format!(
        "INSERT INTO {BOT_TABLE} ({}) VALUES ({}) {conflict} \
         begun = CASE WHEN guid = ? THEN begun ELSE {now} END, {}, seen = {now}",
        names.join(", "),
        vec!["?"; names.len()].join(", "),
        assignments.join(", ")
    );
    (sql, values)
}
