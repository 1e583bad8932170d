//! From SQLite files to the same data on MySQL or MariaDB, proved.
//!
//! The stages are modules, in the order in which they run: [`source`] (snapshots), [`census`], [`plan`],
//! `provision`, `copy`, `finish` (indexes, keys, triggers), [`verify`], [`cutover`], [`rollback`]. [`Migration`] runs
//! them, each resumable: what is done stands in the work folder (snapshots, census, plan) and in the
//! target's ledger (rows). Nothing here formats for people or writes to a source, but for the fence that
//! the cut-over puts up.

pub mod census;
mod copy;
pub mod cutover;
mod damage;
pub mod doctor;
mod error;
mod finish;
pub mod known;
pub mod ledger;
mod migration;
pub mod plan;
mod progress;
mod proof;
mod provision;
mod report;
pub mod rollback;
pub mod source;
mod target;
pub mod verify;
mod work;

pub use damage::{FileDamage, TableDamage};
pub use error::{Error, ErrorKind};
pub use migration::{Job, Migration, Options, Stage, Status};
pub use plan::Plan;
pub use progress::{Event, Progress, Silent};
pub use proof::{Proof, TableProof};
pub use report::{Report, report_text};
pub use rollback::{Allowed, TakenBack};
pub use target::TargetState;
