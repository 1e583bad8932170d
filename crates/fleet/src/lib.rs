//! The fleet: bots as supervised processes, their signs of life, the stop levels, one status. It does not trade.
//!
//! The reading order: [`FleetFolder`] (what lies where), [`FleetConfig`] (`fleet.toml`), `key` (the venue's key, which lies
//! sealed), [`ownership`] (whose a database is), [`practice`], `seat` (why there are never two bots of one name), `policy`
//! (when a bot that ended starts again), `supervised` (one bot as the supervisor sees it), [`Supervisor`] (all of them),
//! `control` (what other processes tell the supervisor), [`FleetStatus`], [`stops`]. [`BotProcess`] is a bot from its own
//! side.
//!
//! Everything that the supervisor must know about a bot is in the folder's files, so that it works with the database down,
//! and so that a supervisor that was killed is replaced by the next one without guessing.

mod bot_process;
mod config;
mod control;
mod error;
mod event;
mod folder;
mod guard;
mod key;
mod logs;
mod notify;
pub mod ownership;
mod policy;
pub mod practice;
mod record;
mod seat;
mod status;
pub mod stops;
mod strangers;
mod supervised;
mod supervisor;

pub use bot_process::{BotProcess, open_venue};
pub use config::{BotName, FleetConfig, Initialised, Limits, VenueConfig};
pub use control::{Down, SupervisorState, down, request_restart, supervisor_state};
pub use error::FleetError;
pub use event::Event;
pub use folder::FleetFolder;
pub use key::{PlainKey, VenueKey, change_passphrase, look_at_key, open_key};
pub use logs::{follow_log, last_lines};
pub use notify::{NOTIFY_VARIABLE, Notifier, WATCHDOG_VARIABLE};
pub use record::{BotRecord, BotState, SupervisorRecord};
pub use seat::{Holder, Seat};
pub use status::{
    BotStatus, DatabaseStatus, FleetStatus, StopInFile, StopStatus, SupervisorStatus,
};
pub use supervised::{EXIT_REFUSED, EXIT_TAKEN};
pub use supervisor::{BotCommand, Ending, Supervisor};
