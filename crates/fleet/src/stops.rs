//! The stop levels of a fleet: in the stop file and in the database. The stronger one counts.
//!
//! A stop goes into the file first, which needs no server, and then into the database, which reaches bots on other machines.
//! A re-arm goes the other way: the file holds until the database has let go, so there is no moment at which nothing holds
//! that should.

use cbtrade_bot::stop::{LocalStop, StopFile, StopFileError, StopLevel};
use cbtrade_core::{Clock, Timestamp};
use cbtrade_database::{Database, StopRecord};

use crate::folder::FleetFolder;

/// What is said with a stop or a re-arm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Why.
    pub reason: String,
    /// By whom.
    pub by: String,
}

/// A stop level could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    /// The stop file cannot be used.
    #[error(transparent)]
    File(#[from] StopFileError),
    /// The database cannot be used.
    #[error("the stop level in the database could not be changed")]
    Database(#[source] Box<cbtrade_database::Error>),
}

/// Puts a stop into the file and returns what is in force by it then, which is stronger if a stronger one was there.
///
/// # Errors
/// The file cannot be written.
pub fn stop_in_file(
    folder: &FleetFolder,
    level: StopLevel,
    said: &Said,
    clock: &dyn Clock,
) -> Result<LocalStop, StopFileError> {
    StopFile::in_folder(folder.path()).write(&local(level, said, clock.now()))
}

/// Puts a stop into the database and returns what is in force by it then.
///
/// # Errors
/// The database cannot be reached, or its schema is older than stops.
pub async fn stop_in_database(
    database: &Database,
    level: StopLevel,
    said: &Said,
) -> Result<StopRecord, StopError> {
    let failed = |error| StopError::Database(Box::new(error));
    database
        .db_stop_level_set(level, &said.reason, &said.by)
        .await
        .map_err(failed)
}

/// Lowers the level to this one, in the database first.
///
/// # Errors
/// The database cannot be reached: then nothing is changed. The file cannot be written: then it holds as it is.
pub async fn rearm(
    folder: &FleetFolder,
    database: &Database,
    level: StopLevel,
    said: &Said,
    clock: &dyn Clock,
) -> Result<(), StopError> {
    let file = StopFile::in_folder(folder.path());
    let failed = |error| StopError::Database(Box::new(error));
    let standing = database.db_stop_level_get().await.map_err(failed)?;
    // A file that cannot be changed would go on to stop the bots of this machine alone.
    file.renew()?;
    if standing.level != level {
        // The way down leads over `run`. The file holds the wanted level meanwhile.
        file.write(&local(level, said, clock.now()))?;
        database
            .db_stop_rearm(&said.reason, &said.by)
            .await
            .map_err(failed)?;
        if level != StopLevel::Run {
            database
                .db_stop_level_set(level, &said.reason, &said.by)
                .await
                .map_err(failed)?;
        }
    }
    file.rearm(&local(level, said, clock.now()))?;
    Ok(())
}

fn local(level: StopLevel, said: &Said, at: Timestamp) -> LocalStop {
    LocalStop {
        level,
        reason: said.reason.clone(),
        by: said.by.clone(),
        at,
    }
}
