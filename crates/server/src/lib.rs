//! One private MySQL or MariaDB server in a folder of its own: made, started, stopped and removed without root,
//! without a system service, and without ever touching a server that it did not start.
//!
//! [`ServerHome`] is the folder. [`ServerHome::start`] makes the data directory when there is none, locks the
//! server's root user with a generated password, starts the server detached, waits until it answers and asserts
//! its settings ([`settings`]). What runs is known by process number, start time and boot, so a stale state file,
//! a reused process number or a reboot can never make it signal a stranger. Linux only (it reads `/proc`).

mod client;
mod create;
mod error;
mod flavour;
mod home;
mod launch;
mod lifecycle;
mod process;
pub mod settings;
mod state;

pub use error::Error;
pub use flavour::{Flavour, HOMES_VARIABLE, MYSQL_HOME_VARIABLE, Programs};
pub use home::{Destroyed, ServerHome};
pub use lifecycle::{Network, Running, ServerOptions, Status, Stopped};
pub use process::ProcessIdentity;
