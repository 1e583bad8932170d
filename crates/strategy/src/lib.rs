//! The 16 trading strategies: pure functions of a frame of indicators, without I/O, clock or memory.
//!
//! [`Strategy`] is the registry: names, kinds, candles, and [`Strategy::buy`], [`Strategy::sell`], [`Strategy::exit`].
//! [`Settings`] holds what each is run with; its defaults are the operator's file. A [`Decision`] says what the rule says
//! *and why*: every condition in words with the numbers it was judged on. The same call decides live, on paper and in a
//! backtest. `docs/reference/strategies.md` has every rule, and how each agrees with the recorded decisions of the bots'
//! former code.

mod decision;
mod defaults;
mod exit;
mod registry;
mod rules;
mod settings;

pub use decision::{Check, Decision, Outcome, Relation};
pub use exit::{ExitFilter, ExitVerdict};
pub use registry::{Exit, Kind, Strategy};
pub use settings::{
    BbSettings, Common, DropSettings, Form, HtSettings, ImpMacdSettings, MsbSettings, NweLine,
    NweSettings, RsiDivMacdSettings, Settings, SettingsError, ShaSettings, StAtrSettings,
    TpoSettings, VidyaSettings, VwmacdSettings, VwtmSettings,
};
