//! PyMySQL with a connection for each call, as the original program works.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cbtrade_database::{Statement, Value};
use serde_json::json;
use tokio::process::Command;

use super::super::Result;
use super::super::machine;
use super::super::server::Server;
use super::calls::Typical;
use super::recorded::Recorded;
use super::rounds::{Times, next_pass};
use super::{Place, TRADING};

/// The program that sends the statements.
const PROGRAM: &str = include_str!("replay.py");
/// Calls of a method: each takes milliseconds.
const CALLS_MAX: usize = 40;
/// A user without a password, who may set a global setting as the original does on every connection.
const USER: &str = "python";

/// Times by method.
#[derive(Clone, Debug)]
pub(super) struct Measured(BTreeMap<String, Times>);

impl Measured {
    /// The times of a method.
    pub(super) fn of(&self, method: &str) -> Option<&Times> {
        self.0.get(method)
    }
}

fn python() -> PathBuf {
    super::workspace().join(".local/pymysql/bin/python")
}

/// Whether it is there.
pub(super) fn is_installed() -> bool {
    python().exists()
}

/// Its version.
pub(super) fn version() -> String {
    let text = machine::said(std::process::Command::new(python()).args([
        "-c",
        "import importlib.metadata as m; print(m.version('pymysql'))",
    ]));
    format!("PyMySQL {text}")
}

/// Sends the recorded calls of all methods.
pub(super) async fn measure(
    folder: &Path,
    server: &Server,
    place: &Place,
    replays: &[(&Typical, Recorded)],
) -> Result<Measured> {
    super::say(&format!("{}: {}", server.name(), version()));
    server
        .sql(&[
            &format!("CREATE USER '{USER}'@'localhost'"),
            &format!("GRANT ALL ON *.* TO '{USER}'@'localhost'"),
        ])
        .await?;
    let mut times = BTreeMap::new();
    for (typical, recorded) in replays {
        place.prepare(typical.before).await?;
        let calls = recorded.of_pass(next_pass());
        let calls: Vec<serde_json::Value> = calls
            .into_iter()
            .take(CALLS_MAX)
            .map(|call| {
                call.into_iter()
                    .map(|statement| asked(&statement))
                    .collect()
            })
            .collect();
        let file = json!({
            "place": {
                "socket": server.socket(),
                "user": USER,
                "database": TRADING,
            },
            "methods": [{ "name": typical.name, "calls": calls }],
        });
        let path = folder.join("replay.json");
        std::fs::write(&path, serde_json::to_vec(&file)?)?;
        let output = Command::new(python())
            .args(["-c", PROGRAM])
            .arg(&path)
            .kill_on_drop(true)
            .output()
            .await?;
        if !output.status.success() {
            let words = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(format!("PyMySQL, {}: {words}", typical.name).into());
        }
        let answer: BTreeMap<String, Vec<f64>> = serde_json::from_slice(&output.stdout)?;
        let answer = answer.into_iter();
        times.extend(answer.map(|(name, times)| (name, Times::new(times))));
    }
    Ok(Measured(times))
}

/// A statement as the program reads it.
fn asked(statement: &Statement) -> serde_json::Value {
    let values: Vec<serde_json::Value> = statement
        .values
        .iter()
        .map(|value| match value {
            Value::Null => serde_json::Value::Null,
            Value::Integer(number) => json!(number),
            Value::Double(number) => json!(number),
            value => json!(value.to_string()),
        })
        .collect();
    json!([statement.sql, values])
}
