//! Private servers, a fault proxy, a small random stream and trading histories, for tests only.
//!
//! Everything here panics with a plain message when it cannot do its work: there is no caller but a test.

mod folder;
mod proxy;
mod random;
mod server;
mod trading;

pub use cbtrade_faults::{Action, After, Direction, Fault};
pub use cbtrade_server::Flavour;
pub use folder::TestFolder;
pub use proxy::FaultProxy;
pub use random::{Random, seed_from_env};
pub use server::TestServer;
pub use trading::{TradingHistory, Words};
