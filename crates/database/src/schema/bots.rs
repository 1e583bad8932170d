//! The tables of an order's life, of the stop level, of the venue that live orders go to, and of the bots that are at work.

use cbtrade_catalog::{
    BOT_TABLE, FILL_TABLE, INTENT_TABLE, STOP_HEAD_TABLE, STOP_TABLE, VENUE_TABLE,
};

use super::CALL;
use super::define::{Guard, guarded};
use crate::database::Database;
use crate::dialect::Dialect;
use crate::error::Error;

/// What a column holds.
#[derive(Clone, Copy)]
enum Kind {
    /// The row's number, given by the database.
    Number,
    /// An identifier of others, in which letter case counts.
    Id(u16),
    /// Words, in which letter case does not count.
    Word(u16),
    /// Text that nobody looks for.
    Text(u16),
    /// Text of any length.
    Long,
    Amount,
    Integer,
    /// A moment of the database's clock; the present one if none is given.
    Moment,
}

use Kind::{Amount, Id, Integer, Long, Moment, Number, Text, Word};

impl Kind {
    fn sql(self, dialect: Dialect) -> String {
        match dialect {
            Dialect::MySql => match self {
                Number => "BIGINT NOT NULL AUTO_INCREMENT".to_owned(),
                Id(most) => {
                    format!("VARCHAR({most}) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
                }
                Word(most) | Text(most) => format!("VARCHAR({most})"),
                Long => "MEDIUMTEXT".to_owned(),
                Amount => "DECIMAL(36,12)".to_owned(),
                Integer => "BIGINT".to_owned(),
                Moment => "TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP".to_owned(),
            },
            Dialect::Sqlite => match self {
                Number | Integer => "INTEGER",
                Id(_) | Text(_) | Long | Amount => "TEXT",
                Word(_) => "TEXT COLLATE NOCASE",
                Moment => "TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP",
            }
            .to_owned(),
        }
    }
}

/// The beginnings of the types that hold a column's values on a server.
fn held_by(kind: Kind) -> &'static [&'static str] {
    match kind {
        Number | Integer => &["BIGINT", "DECIMAL"],
        Id(_) | Word(_) | Text(_) => &["VARCHAR", "CHAR", "TEXT", "MEDIUMTEXT", "LONGTEXT"],
        Long => &["MEDIUMTEXT", "LONGTEXT"],
        Amount => &["DECIMAL"],
        Moment => &["TIMESTAMP", "DATETIME"],
    }
}

/// What a table of the layer's own must have.
pub(super) struct OwnTable {
    pub(super) name: &'static str,
    /// Its columns, each with the beginnings of the types that hold its values on a server.
    pub(super) columns: Vec<(&'static str, &'static [&'static str])>,
}

/// The tables of this module.
pub(super) fn own_tables() -> Vec<OwnTable> {
    [INTENT, FILL, STOP, STOP_HEAD, VENUE, BOT]
        .iter()
        .map(|table| OwnTable {
            name: table.name,
            columns: table
                .columns
                .iter()
                .map(|(name, kind)| (*name, held_by(*kind)))
                .collect(),
        })
        .collect()
}

/// A table of the layer's own.
struct Own {
    name: &'static str,
    columns: &'static [(&'static str, Kind)],
    /// Columns that must have a value.
    required: &'static [&'static str],
    primary: &'static str,
    unique: &'static [&'static str],
    /// Further keys: what follows the table's name in theirs, and their columns.
    keys: &'static [(&'static str, &'static str)],
}

const INTENT: Own = Own {
    name: INTENT_TABLE,
    columns: &[
        ("intent_id", Number),
        ("client_order_id", Id(64)),
        ("side", Word(4)),
        ("prod_id", Word(64)),
        ("test_txn_yn", Word(1)),
        ("state", Word(16)),
        // The product of a buy whose answer is not known yet, and nothing afterwards: no two of these can be.
        ("buying", Word(80)),
        ("order_uuid", Id(64)),
        ("pos_id", Integer),
        ("bo_id", Integer),
        ("so_id", Integer),
        ("quote_size", Amount),
        ("base_size", Amount),
        ("prc_est", Amount),
        ("strat_type", Word(64)),
        ("strat_name", Word(64)),
        ("strat_freq", Word(64)),
        ("bot_guid", Word(64)),
        ("reason", Text(1024)),
        ("note", Text(1024)),
        ("created_unix", Integer),
        ("ended_unix", Integer),
        ("add_dttm", Moment),
        ("dlm", Moment),
    ],
    required: &[
        "client_order_id",
        "side",
        "prod_id",
        "test_txn_yn",
        "state",
        "bot_guid",
        "created_unix",
    ],
    primary: "intent_id",
    unique: &["client_order_id", "order_uuid", "buying"],
    keys: &[
        ("prod_id", "prod_id, state"),
        ("pos_id", "pos_id, state"),
        ("state", "state"),
    ],
};

const FILL: Own = Own {
    name: FILL_TABLE,
    columns: &[
        ("entry_id", Id(128)),
        ("order_uuid", Id(64)),
        ("client_order_id", Id(64)),
        ("trade_id", Id(64)),
        ("prod_id", Word(64)),
        ("side", Word(4)),
        ("price", Amount),
        ("size", Amount),
        ("commission", Amount),
        ("liquidity", Word(32)),
        ("trade_unix", Integer),
        ("kind", Word(32)),
        ("add_dttm", Moment),
    ],
    required: &["entry_id", "order_uuid", "prod_id", "side", "price", "size"],
    primary: "entry_id",
    unique: &[],
    keys: &[("order_uuid", "order_uuid"), ("prod_id", "prod_id")],
};

const STOP: Own = Own {
    name: STOP_TABLE,
    columns: &[
        ("stop_id", Number),
        ("level", Word(16)),
        ("reason", Text(1024)),
        ("set_by", Text(255)),
        ("at_dttm", Moment),
    ],
    required: &["level", "reason", "set_by"],
    primary: "stop_id",
    unique: &[],
    keys: &[],
};

const STOP_HEAD: Own = Own {
    name: STOP_HEAD_TABLE,
    columns: &[("head", Integer), ("stop_id", Integer)],
    required: &["head", "stop_id"],
    primary: "head",
    unique: &[],
    keys: &[],
};

const VENUE: Own = Own {
    name: VENUE_TABLE,
    columns: &[
        ("head", Integer),
        ("venue", Word(16)),
        ("set_by", Text(255)),
        ("at_dttm", Moment),
    ],
    required: &["head", "venue", "set_by"],
    primary: "head",
    unique: &[],
    keys: &[],
};

const BOT: Own = Own {
    name: BOT_TABLE,
    columns: &[
        ("bot", Word(64)),
        ("guid", Word(64)),
        ("mode", Word(32)),
        ("host", Text(255)),
        ("pid", Integer),
        ("begun", Moment),
        ("seen", Moment),
        ("state", Text(255)),
        ("prod_id", Word(64)),
        ("passes", Integer),
        ("buys", Integer),
        ("sells", Integer),
        ("errors", Integer),
        ("last_error", Text(1024)),
        ("figures", Long),
    ],
    required: &[
        "bot", "guid", "mode", "host", "pid", "state", "passes", "buys", "sells", "errors",
        "figures",
    ],
    primary: "bot",
    unique: &[],
    keys: &[],
};

impl Own {
    /// The table and its keys. A table is made with its keys at once on a server, and in one transaction in a file.
    fn statements(&self, dialect: Dialect) -> Vec<String> {
        let mut parts: Vec<String> = self
            .columns
            .iter()
            .map(|(name, kind)| {
                let required = match self.required.contains(name) {
                    true => " NOT NULL",
                    false => "",
                };
                format!("{} {}{required}", dialect.name(name), kind.sql(dialect))
            })
            .collect();
        parts.push(format!("PRIMARY KEY ({})", self.primary));
        let key = |name: &str| format!("{}_{name}", self.name);
        match dialect {
            Dialect::MySql => {
                let unique = self
                    .unique
                    .iter()
                    .map(|name| format!("UNIQUE KEY {} ({name})", key(name)));
                let keys = self
                    .keys
                    .iter()
                    .map(|(name, columns)| format!("KEY {} ({columns})", key(name)));
                parts.extend(unique.chain(keys));
                vec![format!(
                    "CREATE TABLE {} ({}) ENGINE=InnoDB DEFAULT CHARACTER SET=utf8mb4",
                    self.name,
                    parts.join(", ")
                )]
            }
            Dialect::Sqlite => {
                parts.extend(self.unique.iter().map(|name| format!("UNIQUE ({name})")));
                let mut list = vec![format!("CREATE TABLE {} ({})", self.name, parts.join(", "))];
                list.extend(self.keys.iter().map(|(name, columns)| {
                    format!("CREATE INDEX {} ON {} ({columns})", key(name), self.name)
                }));
                list
            }
        }
    }

    async fn made(&self, database: &Database) -> Result<(), Error> {
        let guard = Guard::table(database, self.name);
        guarded(database, CALL, &guard, self.statements(database.dialect()))
            .await
            .map_err(|error| error.on_table(self.name))
    }
}

/// Makes the tables, and the one row that the stop level's readers and writers meet at.
pub(super) async fn make(database: &Database) -> Result<(), Error> {
    for table in [INTENT, FILL, STOP, STOP_HEAD, BOT] {
        table.made(database).await?;
    }
    let guard = Guard::query(
        format!("SELECT 1 FROM {STOP_HEAD_TABLE} WHERE head = 1"),
        Vec::new(),
    );
    let row = format!("INSERT INTO {STOP_HEAD_TABLE} (head, stop_id) VALUES (1, 0)");
    guarded(database, CALL, &guard, vec![row]).await
}

/// Makes the table of the venue. Its row is written when live trading begins.
pub(super) async fn make_venue(database: &Database) -> Result<(), Error> {
    VENUE.made(database).await
}
