//! `bot.json`: what holds for a process.

use std::collections::BTreeMap;

use super::error::SettingsError;
use super::market::Note;
use super::node::{self, Node};
use super::read::all_faults;
use super::section::{Reading, Section};

/// `bot.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BotSettings {
    /// `loop_secs`: the pause between two rounds of a full bot.
    pub loop_seconds: i64,
    /// `auto_loop_secs`: the pause between two rounds of the auto bot.
    pub auto_loop_seconds: i64,
    /// `speak_yn`: the start is spoken.
    pub speaks: bool,
    /// `trade_markets`: the quote currencies, each with the file that its settings are in (B-05: the name that is given counts).
    pub markets: BTreeMap<String, String>,
    /// What was noticed in reading.
    pub notes: Vec<Note>,
}

/// The file's name.
pub const BOT_FILE: &str = "bot.json";

/// The name of a market's file where `settings_fpath` does not say.
fn market_file(quote: &str) -> String {
    format!("market_{}.json", quote.to_ascii_lowercase())
}

impl BotSettings {
    /// Reads the text of `bot.json`.
    ///
    /// # Errors
    ///
    /// What is wrong, with line and key.
    pub fn read(text: &str) -> Result<Self, SettingsError> {
        read_node(&read_text(text)?)
    }

    /// Everything that is wrong with the text of `bot.json`, and what can be read of it without that.
    #[must_use]
    pub fn faults(text: &str) -> (Vec<SettingsError>, Option<Self>) {
        match read_text(text) {
            Ok(mut node) => {
                let faults = all_faults(&mut node, |node| read_node(node).map(drop));
                (faults, read_node(&node).ok())
            }
            Err(error) => (vec![error], None),
        }
    }
}

fn read_text(text: &str) -> Result<Node, SettingsError> {
    node::read(text).map_err(|source| SettingsError::NotJson {
        file: BOT_FILE.to_owned(),
        source,
    })
}

fn read_node(node: &Node) -> Result<BotSettings, SettingsError> {
    let reading = Reading::new(BOT_FILE, None);
    let root = Section::whole(&reading, node)?;
    root.remark(&["edited_yn", "upd_msg"]);
    root.without_effect_from("performance_timing_");
    let mut markets = BTreeMap::new();
    for (quote, section) in root.groups("trade_markets")? {
        let file = section.text("settings_fpath", &market_file(quote))?;
        section.remark(&["edited_yn", "upd_msg"]);
        section.finish()?;
        markets.insert(quote.to_owned(), file);
    }
    if markets.is_empty() {
        markets.insert("USDC".to_owned(), market_file("USDC"));
    }
    let loop_seconds = root.seconds("loop_secs", 15)?;
    let auto_loop_seconds = root.seconds("auto_loop_secs", 60)?;
    let speaks = root.flag("speak_yn", true)?;
    root.finish()?;
    Ok(BotSettings {
        loop_seconds,
        auto_loop_seconds,
        speaks,
        markets,
        notes: reading.notes.into_inner().into_iter().collect(),
    })
}
