//! The way back, and where a migration stands.

use std::collections::BTreeSet;
use std::path::PathBuf;

use cbtrade_sqlite::{SnapshotOptions, read_fence};

use super::{KeptCensus, Migration, Stage, Status, stage_of};
use crate::error::Error;
use crate::known::Moved;
use crate::plan::Plan;
use crate::rollback::{Allowed, TakenBack};
use crate::source::{self, Source};
use crate::target::{TargetState, connect, connect_alone, state};
use crate::{cutover, rollback, verify};

impl Migration {
    /// Takes the migration back: the source is the live side again, and the target is left as it was found.
    ///
    /// # Errors
    /// [`Error::Refused`] if rows were written to the target since the cut-over; [`Error::OtherRows`] if somebody else put
    /// rows into its tables before; [`Error::TargetGone`] if the old files
    /// are fenced and the target holds nothing of the migration.
    pub async fn rollback(&mut self) -> Result<TakenBack, Error> {
        self.rollback_with(Allowed::default()).await
    }

    /// [`Self::rollback`], with losses that the operator has been told of and wants.
    ///
    /// # Errors
    /// As [`Self::rollback`], but for what is allowed.
    pub async fn rollback_with(&mut self, allowed: Allowed) -> Result<TakenBack, Error> {
        let mut session = connect_alone(
            &self.job.target.without_database(),
            &self.ledger.database,
            self.progress.as_ref(),
        )
        .await?;
        let databases = BTreeSet::from([self.ledger.database.clone()]);
        if !matches!(state(&mut session, &databases).await?, TargetState::Ours { id } if id == self.id)
        {
            session.close().await;
            if self.fenced()?.is_empty() {
                return Ok(TakenBack::default());
            }
            if allowed.target_lost {
                return self.rollback_without_target();
            }
            return Err(Error::TargetGone {
                target: self.job.target.display(),
            });
        }
        self.stage("rollback", 0);
        let live = self
            .ledger
            .epoch(&mut session)
            .await?
            .is_some_and(|epoch| epoch.live == "target");
        if live {
            self.refuse_to_lose().await?;
            cutover::move_epoch(&mut session, &self.ledger, "sqlite", &self.now()).await?;
        } else if !allowed.other_rows {
            rollback::refuse_other_rows(&mut session, &self.ledger).await?;
        }
        // The archive is made before the first fence: without it there is none, and the files need not be touched.
        let mut lifted = Vec::new();
        if live || self.proof()?.is_some_and(|proof| proof.archive.is_some()) {
            lifted = self.lift_fences()?;
        }
        let mut taken = rollback::remove(&mut session, &self.ledger).await?;
        taken.lifted = lifted;
        session.close().await;
        self.work.clear(&[])?;
        Ok(taken)
    }

    /// Takes the fences off the old files where there is no target any more. What was written to it since the cut-over
    /// is lost with it: only for an operator who has been told so.
    ///
    /// # Errors
    /// A source file from which the fence cannot be taken.
    pub fn rollback_without_target(&mut self) -> Result<TakenBack, Error> {
        self.stage("rollback", 0);
        let lifted = self.lift_fences()?;
        self.work.clear(&[])?;
        Ok(TakenBack {
            lifted,
            ..TakenBack::default()
        })
    }

    /// Takes this migration's fences down. Returns the files that had one.
    fn lift_fences(&self) -> Result<Vec<PathBuf>, Error> {
        let fenced = self.fenced()?;
        match self.work.read_json::<Vec<Source>>("sources.json")? {
            Some(sources) => cutover::lift_all(&sources, &self.id)?,
            // Without its snapshots the migration still knows its files by name.
            None => cutover::lift_named(&fenced, &self.id)?,
        }
        Ok(fenced)
    }

    /// The source files that this migration's fence keeps from being written. A file that is not there any more, or
    /// holds another migration's fence, is none of them.
    ///
    /// # Errors
    /// A file that cannot be read, where a cut-over was begun: its fence is then not known.
    pub fn fenced(&self) -> Result<Vec<PathBuf>, Error> {
        Ok(self.fences()?.0)
    }

    /// The files that this migration's fence is on, and the first one that another migration's is on.
    fn fences(&self) -> Result<(Vec<PathBuf>, Option<Moved>), Error> {
        // The archive is made before the first fence.
        let begun = self.proof()?.is_some_and(|proof| proof.archive.is_some());
        let (mut fenced, mut moved) = (Vec::new(), None);
        for path in &self.job.sources {
            match read_fence(path, &SnapshotOptions::default()) {
                Ok(Some(fence)) if fence.migration == self.id => fenced.push(path.clone()),
                Ok(Some(fence)) if moved.is_none() => moved = Some(Moved::new(path, fence)),
                Err(error) if begun && error.kind() != cbtrade_sqlite::ErrorKind::NotFound => {
                    return Err(Error::source(path, error));
                }
                Ok(_) | Err(_) => {}
            }
        }
        Ok((fenced, moved))
    }

    /// Compares the live target with the snapshots: anything written there since the cut-over would be lost.
    async fn refuse_to_lose(&mut self) -> Result<(), Error> {
        let lost = |what: String| {
            Error::refused(
                what,
                "Nothing was changed: the target is live, and can stay so. Rows written after the cut-over cannot be brought back to SQLite by this version. To go back without them, note them down, undo the writes in the target (`cbtrade server shell`, or your client), and run the same command again.",
            )
        };
        let plan = Plan::read(&self.plan_path())?;
        let Some(sources) = self.work.read_json::<Vec<Source>>("sources.json")? else {
            return Err(lost(
                "the target is live and the work folder holds no snapshots to compare it with"
                    .into(),
            ));
        };
        let verdict = verify::verify(
            &plan,
            &sources,
            &self.ledger,
            &self.job.target,
            self.options.workers,
            3,
            &self.progress,
        )
        .await?;
        let changed: Vec<_> = verdict
            .tables
            .iter()
            .filter(|table| table.differences > 0)
            .collect();
        if changed.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = changed.iter().map(|table| table.table.as_str()).collect();
        let first = changed
            .iter()
            .find_map(|table| table.listed.first())
            .map(|row| {
                let column = match row.column.as_str() {
                    "" => String::new(),
                    column => format!(", column {column}"),
                };
                format!(
                    "; the first is in {}, row {}{column}: {} in the old file, {} in the target",
                    row.table, row.row, row.source, row.target
                )
            })
            .unwrap_or_default();
        Err(lost(format!(
            "rows were written to the target since the cut-over, in {}{first}",
            names.join(", ")
        )))
    }

    /// Where the migration stands.
    ///
    /// # Errors
    /// A server or source that cannot be read.
    pub async fn status(&mut self) -> Result<Status, Error> {
        let mut status = self.status_at_home()?;
        let mut session = connect(&self.job.target.without_database()).await?;
        let databases = BTreeSet::from([self.ledger.database.clone()]);
        let ours = matches!(state(&mut session, &databases).await?, TargetState::Ours { id } if id == self.id);
        status.stage = Stage::Planned;
        if ours {
            if let Some(line) = self.ledger.line(&mut session).await? {
                status.stage = stage_of(&line.stage);
                // Files that were read anew since are not what the target's rows were made from.
                status.source_unchanged &= self.plan_path().is_file()
                    && Plan::read(&self.plan_path())?.digest() == line.plan_digest;
            }
            let epoch = self.ledger.epoch(&mut session).await?;
            if epoch.is_some_and(|epoch| epoch.live == "target") {
                status.live = "target".into();
            }
            let all = self
                .work
                .read_json::<KeptCensus>("census.json")?
                .map(|census| {
                    census
                        .tables
                        .iter()
                        .map(|table| table.chunks.len() as u64)
                        .sum()
                });
            let arrived = self.ledger.chunks(&mut session).await?.len() as u64;
            status.chunks = all.map(|all| (arrived, all));
        }
        session.close().await;
        Ok(status)
    }

    /// Where the migration stands as far as the home folder and the old files say. No server is asked, so `live` is never
    /// `target` here: `neither` says no more than that the old files are fenced.
    ///
    /// # Errors
    /// A source that cannot be read.
    pub fn status_at_home(&self) -> Result<Status, Error> {
        let proof = self.proof()?;
        let (fenced, moved) = self.fences()?;
        // Fenced by this migration too: what stands where is told of this one.
        let moved = moved.filter(|_| fenced.is_empty());
        let live = if fenced.is_empty() && moved.is_none() {
            "sqlite"
        } else {
            "neither"
        };
        let stage = match &proof {
            _ if !fenced.is_empty() => Stage::Cutover,
            Some(proof) if proof.equal() => Stage::Verify,
            Some(_) => Stage::Finish,
            None => Stage::Planned,
        };
        Ok(Status {
            migration: self.id.clone(),
            target: self.job.target.display(),
            stage,
            live: live.into(),
            fenced,
            moved,
            chunks: None,
            differences: proof.map(|proof| proof.differences),
            source_unchanged: self
                .work
                .read_json::<Vec<Source>>("sources.json")?
                .is_some_and(|sources| source::unchanged(&sources)),
        })
    }
}
