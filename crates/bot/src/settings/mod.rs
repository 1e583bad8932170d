//! The operator's settings: `bot.json` and one `market_<quote>.json` for each quote currency.
//!
//! A file is read as a whole or not at all: an unknown key, a value of the wrong kind or a broken file is an error that names
//! file, line and key, and the last good settings stay. Numbers are decimals from the file's own digits, never doubles. Any value
//! of a market's file may be given by product, and where it makes sense by length of candles (B-13).

mod bot;
mod check;
mod defaults;
mod error;
mod faults;
mod market;
mod node;
mod product;
mod read;
mod read_buy;
mod read_sell;
mod read_strategies;
mod section;
mod store;
mod values;

pub use bot::{BOT_FILE, BotSettings};
pub use check::{Finding, FindingKind};
pub use error::SettingsError;
pub use faults::{Fault, Faults};
pub use market::{
    ExtraPairs, MarketBudgetSettings, MarketSettings, Note, NoteKind, PairSettings, ShareMode,
};
pub use product::{
    BuySettings, ForceSettings, GiveBack, LimitSettings, NeverLossSettings, NeverSettings,
    PairBudgetSettings, ProductSettings, SaverSettings, SellSettings, ShowSettings,
    StopLossSettings, StrategyBuySettings, TakeProfitSettings, TestSettings,
};
pub use store::{Reload, Settings, SettingsStore};
pub use values::{ByInterval, ByProduct};
