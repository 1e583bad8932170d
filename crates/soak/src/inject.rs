//! Faults, as they are made.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cbtrade_database::{Call, Database, Error, Value, transact};
use cbtrade_faults::{Action, After, Direction, Fault, FaultProxy, Weather};
use tokio::sync::Mutex as AsyncMutex;

use crate::bot::{Order, Patience};
use crate::children::{Children, Died};
use crate::error::SoakError;
use crate::plan::{FaultKind, Lane, Planned, plan};
use crate::stage::{Ballast, Stage, StageKind};
use crate::world::World;

/// By how much a clock may jump, in seconds.
const JUMPS_S: [i64; 8] = [
    -400 * 86_400,
    -3 * 86_400,
    -3_600,
    -61,
    61,
    3_600,
    3 * 86_400,
    400 * 86_400,
];
/// Time before the end in which no fault begins, so that the end is not the middle of one.
const CALM: Duration = Duration::from_millis(700);

/// What the lanes share.
pub(crate) struct Injector<'a> {
    pub(crate) stage: &'a Stage,
    pub(crate) proxy: Option<&'a FaultProxy>,
    pub(crate) children: &'a AsyncMutex<Children>,
    pub(crate) direct: &'a Database,
    pub(crate) world: &'a World,
    pub(crate) patience: Patience,
    pub(crate) until: Instant,
    pub(crate) done: Mutex<Done>,
}

/// What was done.
#[derive(Debug, Default)]
pub(crate) struct Done {
    pub(crate) injected: BTreeMap<FaultKind, u64>,
    pub(crate) died: Vec<Died>,
    /// Starts of the server after it had ended, by our hand or by its own.
    pub(crate) server_starts: u64,
    /// What else is worth telling.
    pub(crate) notes: Vec<String>,
}

impl Injector<'_> {
    fn done(&self) -> MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the faults of one lane until the time is over.
    pub(crate) async fn lane(
        &self,
        lane: Lane,
        seed: u64,
        faults: &[FaultKind],
        seconds: u64,
    ) -> Result<(), SoakError> {
        for planned in plan(seed, lane, faults, seconds) {
            let left = self.until.saturating_duration_since(Instant::now());
            let pause = Duration::from_millis(planned.pause_ms);
            if left < pause + CALM {
                return Ok(());
            }
            tokio::time::sleep(pause).await;
            *self.done().injected.entry(planned.kind).or_default() += 1;
            self.inject(planned).await?;
        }
        Ok(())
    }

    /// Looks after the bots until the time is over.
    pub(crate) async fn look_after_bots(&self) -> Result<(), SoakError> {
        while Instant::now() < self.until {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let died = self.children.lock().await.died().await?;
            self.done().died.extend(died);
        }
        Ok(())
    }

    async fn inject(&self, planned: Planned) -> Result<(), SoakError> {
        let lasts = Duration::from_millis(planned.lasts_ms);
        match planned.kind {
            FaultKind::KillBot => self.children.lock().await.kill(planned.chance).await?,
            FaultKind::ClockJump => {
                let count = u64::try_from(JUMPS_S.len()).unwrap_or(1);
                let place = usize::try_from(planned.chance / 64 % count).unwrap_or(0);
                let order = Order::Jump(JUMPS_S[place]);
                self.children.lock().await.tell(planned.chance, order).await;
            }
            FaultKind::Pool => {
                let order = Order::Crowd(planned.lasts_ms + self.patience.acquire_ms);
                self.children.lock().await.tell(planned.chance, order).await;
            }
            FaultKind::Reset | FaultKind::CommitAnswer | FaultKind::Stall | FaultKind::Slow => {
                if let Some(proxy) = self.proxy {
                    self.disturb(proxy, planned).await;
                }
            }
            FaultKind::LockStorm => self.storm(lasts).await?,
            FaultKind::KillServer | FaultKind::ReadOnly | FaultKind::DiskFull => {
                self.hit_server(planned.kind, lasts).await?;
            }
        }
        Ok(())
    }

    async fn disturb(&self, proxy: &FaultProxy, planned: Planned) {
        let lasts = Duration::from_millis(planned.lasts_ms);
        let weather = match planned.kind {
            FaultKind::Reset => match planned.chance % 3 {
                0 => {
                    proxy.cut_all();
                    return;
                }
                1 => {
                    arm_cuts(proxy, planned.chance);
                    Weather::default()
                }
                _ => Weather {
                    cut_in_million: 15_000,
                    ..Weather::default()
                },
            },
            FaultKind::CommitAnswer => Weather {
                cut_commit_in_million: 150_000,
                cut_commit_answer_in_million: 200_000,
                ..Weather::default()
            },
            FaultKind::Stall if planned.chance.is_multiple_of(2) => {
                proxy.stall();
                tokio::time::sleep(lasts).await;
                proxy.resume();
                return;
            }
            // Some are held longer than a call waits: then the message arrives when its sender has gone.
            FaultKind::Stall => Weather {
                hold_in_million: 20_000,
                hold: Duration::from_millis(match planned.chance % 8 {
                    1 => self.patience.call_ms + 1_500,
                    3 => self.patience.lock_ms + 300,
                    _ => 150,
                }),
                ..Weather::default()
            },
            _ => Weather {
                delay_max: Duration::from_millis(1 + planned.chance % 25),
                ..Weather::default()
            },
        };
        proxy.set_weather(weather);
        tokio::time::sleep(lasts).await;
        proxy.set_weather(Weather::default());
        proxy.disarm();
    }

    /// All bots count in one row, and somebody holds it locked for longer than they wait, time and again.
    async fn storm(&self, lasts: Duration) -> Result<(), SoakError> {
        const CALL: Call = Call {
            method: "soak_hold",
            table: "poss",
        };
        let milliseconds = u64::try_from(lasts.as_millis()).unwrap_or(1_000);
        let order = Order::Storm(milliseconds);
        self.children.lock().await.tell_all(order).await;
        let begun = Instant::now();
        let hold = Duration::from_millis(self.patience.lock_ms * 13 / 10);
        let row = self.world.counters.first().copied().unwrap_or(0);
        while begun.elapsed() < lasts && Instant::now() < self.until {
            let held: Result<(), Error> = transact!(self.direct, CALL, |transaction| {
                let sql = format!(
                    "SELECT pos_id FROM poss WHERE pos_id = ?{}",
                    transaction.dialect().for_update()
                );
                transaction.rows(&sql, vec![Value::from(row)]).await?;
                tokio::time::sleep(hold.min(lasts)).await;
                Ok(())
            });
            if let Err(error) = held {
                self.done().notes.push(format!("lock-storm: {error}"));
            }
            tokio::time::sleep(hold / 2).await;
        }
        Ok(())
    }

    async fn hit_server(&self, kind: FaultKind, lasts: Duration) -> Result<(), SoakError> {
        let ballast = match kind {
            FaultKind::DiskFull => self.fill_disk().await?,
            _ => None,
        };
        if let StageKind::Private(server) = &self.stage.kind {
            match kind {
                FaultKind::KillServer => server.kill().await?,
                FaultKind::ReadOnly => {
                    self.note_failure(kind, server.execute("SET GLOBAL read_only = ON").await)
                }
                _ => {}
            }
        }
        tokio::time::sleep(lasts).await;
        drop(ballast);
        let StageKind::Private(server) = &self.stage.kind else {
            return Ok(());
        };
        if kind == FaultKind::ReadOnly {
            self.note_failure(kind, server.execute("SET GLOBAL read_only = OFF").await);
        }
        if server.ensure_running().await? {
            let mut done = self.done();
            done.server_starts += 1;
            if kind != FaultKind::KillServer {
                done.notes.push(format!(
                    "{kind}: the server ended by itself and was started again"
                ));
            }
        }
        Ok(())
    }

    async fn fill_disk(&self) -> Result<Option<Ballast>, SoakError> {
        let Some(disk) = self.stage.small_disk() else {
            return Ok(None);
        };
        let filled = tokio::task::spawn_blocking({
            let disk = disk.clone();
            move || Ballast::fill(&disk)
        })
        .await;
        match filled {
            Ok(Ok(ballast)) => Ok(Some(ballast)),
            Ok(Err(source)) => Err(SoakError::file(&disk, source)),
            Err(_) => Ok(None),
        }
    }

    fn note_failure(&self, kind: FaultKind, done: Result<(), SoakError>) {
        if let Err(error) = done {
            self.done().notes.push(format!("{kind}: {error}"));
        }
    }
}

/// Cuts at messages that are counted out, both ways, whole messages and parts of them.
fn arm_cuts(proxy: &FaultProxy, chance: u64) {
    for number in 0..8_u64 {
        let drawn = chance.rotate_left(u32::try_from(number * 7).unwrap_or(0));
        let direction = match drawn % 2 {
            0 => Direction::ToServer,
            _ => Direction::ToClient,
        };
        let after = match drawn / 2 % 3 {
            0 => After::Bytes(drawn / 8 % 4_000),
            _ => After::Packets(drawn / 8 % 60),
        };
        let action = match drawn / 4 % 2 {
            0 => Action::Cut,
            _ => Action::CutAnswer,
        };
        proxy.arm(Fault {
            direction,
            after,
            action,
        });
    }
}
