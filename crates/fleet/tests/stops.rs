//! The stop levels in file and database: the stronger one counts, and only a re-arm lowers either.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

use cbtrade_bot::stop::{StopFile, StopLevel};
use cbtrade_core::{Clock as _, SystemClock};
use cbtrade_database::{Database, Options};
use cbtrade_fleet::stops::{self, Said};
use cbtrade_fleet::{FleetConfig, FleetFolder, FleetStatus, StopStatus};
use cbtrade_testkit::TestFolder;

struct World {
    place: TestFolder,
    folder: FleetFolder,
    database: Database,
}

impl World {
    async fn new() -> World {
        let place = TestFolder::new();
        let folder = FleetFolder::new(&place.path().join("fleet")).unwrap();
        FleetConfig::initialise(&folder, &[]).unwrap();
        let path = place.path().join("cbtrade.db");
        let database = Database::create_file(&path, Options::default())
            .await
            .unwrap();
        database.ensure_database_ready().await.unwrap();
        World {
            place,
            folder,
            database,
        }
    }

    fn stop_in_file(&self, level: StopLevel) -> StopLevel {
        let stop = stops::stop_in_file(&self.folder, level, &said(), &SystemClock);
        stop.unwrap().level
    }

    async fn stop_in_database(&self, level: StopLevel) -> StopLevel {
        let stop = stops::stop_in_database(&self.database, level, &said()).await;
        stop.unwrap().level
    }

    async fn rearm(&self, level: StopLevel) -> Result<(), stops::StopError> {
        stops::rearm(&self.folder, &self.database, level, &said(), &SystemClock).await
    }

    /// Both places, and what the status makes of them.
    async fn levels(&self) -> (StopLevel, StopLevel, StopStatus) {
        let config = FleetConfig::read(&self.folder).unwrap();
        let mut status = FleetStatus::of_folder(&self.folder, &config, SystemClock.now()).unwrap();
        status.add_database(&self.database).await.unwrap();
        let kept = self.database.db_stop_level_get().await.unwrap().level;
        (self.file().level(), kept, status.stop)
    }

    fn file(&self) -> StopFile {
        StopFile::in_folder(self.folder.path())
    }
}

fn said() -> Said {
    Said {
        reason: "a test".to_owned(),
        by: "tester".to_owned(),
    }
}

#[tokio::test]
async fn a_stop_is_never_weakened_by_another_stop() {
    let world = World::new().await;
    for &stronger in StopLevel::ALL {
        for &weaker in StopLevel::ALL.iter().filter(|level| **level <= stronger) {
            world.rearm(StopLevel::Run).await.unwrap();
            world.stop_in_file(stronger);
            world.stop_in_database(stronger).await;
            assert_eq!(world.stop_in_file(weaker), stronger);
            assert_eq!(world.stop_in_database(weaker).await, stronger);
            let (file, database, stop) = world.levels().await;
            assert_eq!((file, database), (stronger, stronger));
            assert_eq!(stop.level(), stronger);
        }
    }
}

#[tokio::test]
async fn the_stronger_one_of_file_and_database_counts() {
    let world = World::new().await;
    for &in_file in StopLevel::ALL {
        for &in_database in StopLevel::ALL {
            world.rearm(StopLevel::Run).await.unwrap();
            world.stop_in_file(in_file);
            world.stop_in_database(in_database).await;
            let (_, _, stop) = world.levels().await;
            assert_eq!(stop.level(), in_file.max(in_database));
            let place = match in_file.cmp(&in_database) {
                _ if in_file.max(in_database) == StopLevel::Run => "nothing",
                std::cmp::Ordering::Equal => "both",
                std::cmp::Ordering::Greater => "file",
                std::cmp::Ordering::Less => "database",
            };
            assert_eq!(stop.where_it_stands, place, "{in_file} {in_database}");
        }
    }
}

#[tokio::test]
async fn a_rearm_sets_both_places_to_one_level() {
    let world = World::new().await;
    for &in_file in StopLevel::ALL {
        for &in_database in StopLevel::ALL {
            for &wanted in StopLevel::ALL {
                world.rearm(StopLevel::Run).await.unwrap();
                world.stop_in_file(in_file);
                world.stop_in_database(in_database).await;
                world.rearm(wanted).await.unwrap();
                let (file, database, _) = world.levels().await;
                assert_eq!(
                    (file, database),
                    (wanted, wanted),
                    "{in_file} {in_database}"
                );
            }
        }
    }
    world.rearm(StopLevel::Run).await.unwrap();
    assert!(!world.file().path().exists());
}

#[tokio::test]
async fn a_rearm_that_does_not_reach_the_database_changes_nothing() {
    let world = World::new().await;
    world.stop_in_file(StopLevel::Halt);
    world.stop_in_database(StopLevel::Halt).await;
    let empty = world.place.path().join("other.db");
    let without_tables = Database::create_file(&empty, Options::default())
        .await
        .unwrap();
    let said = said();
    let failed = stops::rearm(
        &world.folder,
        &without_tables,
        StopLevel::Run,
        &said,
        &SystemClock,
    );
    assert!(failed.await.is_err());
    let (file, database, _) = world.levels().await;
    assert_eq!((file, database), (StopLevel::Halt, StopLevel::Halt));
}

#[tokio::test]
async fn a_rearm_that_cannot_write_the_file_leaves_it_in_force() {
    let world = World::new().await;
    // A folder in the place of the file counts as halt and cannot be removed as a file.
    std::fs::create_dir(world.file().path()).unwrap();
    assert!(world.rearm(StopLevel::Run).await.is_err());
    let (file, _, stop) = world.levels().await;
    assert_eq!((file, stop.level()), (StopLevel::Halt, StopLevel::Halt));
}
