//! A migration with its stages, each of which can be run alone, stopped at any instant and run again.

mod back;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use cbtrade_core::{Clock, SystemClock};
use cbtrade_mysql::{Session, Target};
use cbtrade_schema::decide::Choices;
use cbtrade_schema::{Decision, ObjectPlan, ServerRules};
use cbtrade_sqlite::{Database, RawSchema};
use serde::{Deserialize, Serialize};

use crate::census::{self, CensusTask, TableCensus};
use crate::error::{Error, ErrorKind};
use crate::ledger::{Ledger, MigrationLine};
use crate::plan::{self, Plan, Planning, SourceTable};
use crate::progress::{Event, Progress};
use crate::proof::Proof;
use crate::source::{self, Role, Source};
use crate::target::{TargetState, connect, connect_alone, server_rules, state};
use crate::work::{WorkFolder, write_whole};
use crate::{copy, cutover, damage, finish, known, provision, rollback, verify};

/// What is to be migrated, and where to.
#[derive(Clone, Debug)]
pub struct Job {
    /// The SQLite files.
    pub sources: Vec<PathBuf>,
    /// The server, with the database for everything but candles.
    pub target: Target,
    /// Database for candle files; the target's where absent.
    pub candles_database: Option<String>,
    /// Folder for the work of migrations.
    pub home: PathBuf,
}

/// How it is done.
#[derive(Clone, Debug)]
pub struct Options {
    /// Never round a double into a decimal.
    pub exact: bool,
    /// Go on with what could be salvaged of damaged files.
    pub accept_damage: bool,
    /// Apply CBTrade's catalogue to tables that it recognises.
    pub catalogue: bool,
    /// A plan file with the operator's decisions.
    pub plan: Option<PathBuf>,
    /// Parallel readers and writers.
    pub workers: usize,
    /// Differences that are listed one by one.
    pub listed_max: usize,
    /// Make one user per role on the server.
    pub roles: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            exact: false,
            accept_damage: false,
            catalogue: true,
            plan: None,
            workers: 2,
            listed_max: verify::LISTED_MAX,
            roles: false,
        }
    }
}

/// The stages in order, as the ledger names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Nothing in the target yet.
    Planned,
    /// Tables are made.
    Provision,
    /// Rows are copied.
    Copy,
    /// Indexes, keys and triggers are made.
    Finish,
    /// Both sides were compared.
    Verify,
    /// The target is live.
    Cutover,
}

/// Where a migration stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Status {
    /// Its id.
    pub migration: String,
    /// The target, without a password.
    pub target: String,
    /// The last stage that was completed.
    pub stage: Stage,
    /// Which side takes writes: `sqlite`, `target`, or `neither` (the old files are fenced, and the target is not live).
    pub live: String,
    /// Source files that this migration's fence keeps from being written.
    pub fenced: Vec<PathBuf>,
    /// The first source file that another migration's fence keeps from being written: that one moved it.
    pub moved: Option<known::Moved>,
    /// Chunks that have arrived, and all, where a census is there.
    pub chunks: Option<(u64, u64)>,
    /// What the last verification found, where there was one.
    pub differences: Option<u64>,
    /// Whether the source files are still what was copied (or read, where nothing was copied yet).
    pub source_unchanged: bool,
}

/// Everything known before the target is touched.
#[derive(Debug)]
struct Prepared {
    sources: Vec<Source>,
    censuses: Vec<TableCensus>,
    plan: Plan,
}

/// The census as kept in the work folder.
#[derive(Serialize, Deserialize)]
struct KeptCensus {
    catalogue: bool,
    tables: Vec<TableCensus>,
}

/// A migration, opened in its work folder.
pub struct Migration {
    job: Job,
    options: Options,
    id: String,
    work: WorkFolder,
    ledger: Ledger,
    progress: Arc<dyn Progress>,
    clock: Arc<dyn Clock>,
}

impl Migration {
    /// Opens the migration of these sources to this target and locks it for this process.
    ///
    /// # Errors
    /// No database named, sources that do not exist, another process at work.
    pub fn open(
        mut job: Job,
        options: Options,
        progress: Arc<dyn Progress>,
    ) -> Result<Self, Error> {
        let Some(database) = job.target.database.clone() else {
            return Err(Error::refused(
                "the target URL names no database",
                "Write it as mysql://user@host:port/DATABASE.",
            ));
        };
        job.sources = source::canonical(&job.sources)?;
        let mut hasher = blake3::Hasher::new();
        for path in &job.sources {
            hasher.update(path.as_os_str().as_encoded_bytes());
            hasher.update(b"\n");
        }
        hasher.update(job.target.display().as_bytes());
        hasher.update(
            job.candles_database
                .as_deref()
                .unwrap_or_default()
                .as_bytes(),
        );
        let id = hasher.finalize().to_hex()[..16].to_owned();
        let work = WorkFolder::open(&job.home.join("migrations").join(&id))?;
        Ok(Self {
            job,
            options,
            id,
            work,
            ledger: Ledger { database },
            progress,
            clock: Arc::new(SystemClock),
        })
    }

    /// The migration's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Where the plan is written.
    #[must_use]
    pub fn plan_path(&self) -> PathBuf {
        self.work.file("plan.toml")
    }

    /// Where the proof is written.
    #[must_use]
    pub fn proof_path(&self) -> PathBuf {
        self.work.file("proof.json")
    }

    /// Where the report for people is written.
    #[must_use]
    pub fn report_path(&self) -> PathBuf {
        self.work.file("report.txt")
    }

    fn now(&self) -> String {
        self.clock.now().to_rfc3339()
    }

    fn stage(&self, name: &'static str, rows: u64) {
        self.progress.report(Event::Stage { name, rows });
    }

    fn database_of(&self, source: &Source) -> String {
        match (&self.job.candles_database, source.role) {
            (Some(database), Role::Candles) => database.clone(),
            _ => self.ledger.database.clone(),
        }
    }

    /// Refuses a target that holds something else than this migration.
    ///
    /// # Errors
    /// [`Error::Taken`], [`Error::NotEmpty`], a server that cannot be used.
    pub async fn check_target(&self) -> Result<(), Error> {
        let mut session = connect(&self.job.target.without_database()).await?;
        let free = self.refuse_taken(&mut session).await;
        session.close().await;
        free
    }

    /// Takes snapshots and counts every value; makes the plan and writes it to the work folder.
    ///
    /// # Errors
    /// Sources or server that cannot be used.
    pub async fn plan(&mut self) -> Result<Plan, Error> {
        let session = connect(&self.job.target.without_database()).await?;
        let rules = server_rules(session.capabilities());
        session.close().await;
        Ok(self.prepare(&rules)?.plan)
    }

    fn prepare(&mut self, rules: &ServerRules) -> Result<Prepared, Error> {
        if self.proof()?.is_some_and(|proof| proof.archive.is_some()) {
            return Err(Error::refused(
                "the cut-over of this migration has begun: its snapshots and its proof are the way back, and are kept as they are",
                "`cbtrade migrate cutover` ends it, `cbtrade migrate rollback` takes it back, `cbtrade migrate status` shows what stands where.",
            ));
        }
        let sources = match source::kept(&self.job.sources, &self.work)? {
            Some(kept) => kept,
            None => {
                self.stage("snapshot", 0);
                source::take_all(&self.job.sources, &self.work, self.progress.as_ref())?
            }
        };
        let schemas = sources
            .iter()
            .map(|source| {
                let failed = |error| Error::source(&source.path, error);
                let database = Database::open_snapshot(&source.database).map_err(failed)?;
                source::visible_schema(&database, &source.path)
            })
            .collect::<Result<Vec<RawSchema>, Error>>()?;
        let tables = plan::source_tables(&sources, &schemas, self.options.catalogue);
        let tasks: Vec<CensusTask<'_>> = tables
            .iter()
            .map(|table| CensusTask {
                database: &sources[table.file].database,
                table: &table.raw,
                wanted: table.wanted.as_ref(),
            })
            .collect();
        let censuses = self.census(&tasks)?;
        let equal_keys = tasks
            .iter()
            .map(census::equal_keys)
            .collect::<Result<Vec<_>, _>>()?;
        let plan = self.make_plan(&sources, &schemas, &tables, &censuses, &equal_keys, rules)?;
        Ok(Prepared {
            sources,
            censuses,
            plan,
        })
    }

    fn census(&self, tasks: &[CensusTask<'_>]) -> Result<Vec<TableCensus>, Error> {
        if let Some(kept) = self.work.read_json::<KeptCensus>("census.json")?
            && kept.catalogue == self.options.catalogue
            && kept.tables.len() == tasks.len()
        {
            return Ok(kept.tables);
        }
        self.stage("census", 0);
        let tables = census::take(tasks, self.options.workers, self.progress.as_ref())?;
        let kept = KeptCensus {
            catalogue: self.options.catalogue,
            tables,
        };
        self.work.write_json("census.json", &kept)?;
        Ok(kept.tables)
    }

    fn make_plan(
        &self,
        sources: &[Source],
        schemas: &[RawSchema],
        tables: &[SourceTable],
        censuses: &[TableCensus],
        equal_keys: &[Vec<cbtrade_schema::decide::EqualKeys>],
        rules: &ServerRules,
    ) -> Result<Plan, Error> {
        let written = self.plan_path();
        let given = match &self.options.plan {
            Some(path) => Some(Plan::read(path)?),
            // Decisions of an earlier run hold on: a resumed migration must come to the same plan.
            None if written.is_file() => Some(Plan::read(&written)?),
            None => None,
        };
        let mut choices = given.as_ref().map(Plan::choices).unwrap_or_default();
        let same_content = given.as_ref().is_some_and(|plan| {
            plan.sources
                .iter()
                .map(|source| &source.fingerprint)
                .eq(sources.iter().map(|source| &source.snapshot.fingerprint.0))
        });
        let databases: Vec<String> = sources
            .iter()
            .map(|source| self.database_of(source))
            .collect();
        if self.options.accept_damage {
            for (source, database) in sources.iter().zip(&databases) {
                let name = source
                    .path
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy();
                choices
                    .decisions
                    .insert(format!("{database}.{name}:damage"), Decision::Keep);
            }
        }
        let make = |choices: &Choices| {
            plan::make(&Planning {
                sources,
                schemas,
                tables,
                censuses,
                equal_keys,
                databases: &databases,
                server: rules,
                choices,
                exact: self.options.exact,
                catalogue: self.options.catalogue,
            })
            .map_err(|reasons| Error::File {
                path: self.options.plan.clone().unwrap_or_else(|| written.clone()),
                reason: reasons.join("; "),
            })
        };
        let types = std::mem::take(&mut choices.types);
        let mut plan = make(&choices)?;
        if let Some(given) = &given {
            let mut derived = vec![make(&Choices::default())?];
            for alternative in plan::edits::alternatives(&derived[0]) {
                derived.push(make(&alternative)?);
            }
            derived.push(plan);
            // The types of an earlier plan were made for other values, unless they are in a file that was named for it.
            if self.options.plan.is_some() || same_content {
                choices.types = plan::edits::own_types(&types, &derived);
            }
            plan = make(&choices)?;
            derived.push(plan.clone());
            self.refuse_ineffective_edits(given, same_content, &plan, &choices, &derived)?;
        }
        write_whole(&written, plan.to_toml().as_bytes())?;
        Ok(plan)
    }

    /// Refuses edits of a plan file that would change nothing. A plan of other content, or made with other options or for
    /// another server, differs without having been edited: of it only the decisions are looked at.
    fn refuse_ineffective_edits(
        &self,
        given: &Plan,
        same_content: bool,
        plan: &Plan,
        choices: &Choices,
        derived: &[Plan],
    ) -> Result<(), Error> {
        let comparable = same_content
            && given.exact == plan.exact
            && given.catalogue == plan.catalogue
            && given.server == plan.server;
        if !comparable && self.options.plan.is_none() {
            return Ok(());
        }
        let mut edits = plan::edits::without_effect(given, plan, &choices.decisions, derived);
        if !comparable {
            edits.retain(|edit| edit.contains("is not possible"));
        }
        if edits.is_empty() {
            return Ok(());
        }
        Err(Error::File {
            path: self
                .options
                .plan
                .clone()
                .unwrap_or_else(|| self.plan_path()),
            reason: format!(
                "it has edits that would change nothing (only decisions, and types of columns outside the catalogue, are yours): {}",
                edits.join("; ")
            ),
        })
    }

    fn decided(&self, plan: &Plan) -> Result<(), Error> {
        let undecided = plan.undecided();
        if undecided.is_empty() {
            return Ok(());
        }
        Err(Error::Undecided {
            findings: undecided,
            plan: self.plan_path(),
        })
    }

    fn taken(&self, id: String) -> Error {
        Error::Taken {
            id,
            own: self.id.clone(),
        }
    }

    /// Refuses a target that is taken before hours go into snapshots and a census for it.
    async fn refuse_taken(&self, session: &mut Session) -> Result<(), Error> {
        let databases = BTreeSet::from([self.ledger.database.clone()]);
        match state(session, &databases).await? {
            TargetState::Other { found } => Err(Error::NotEmpty { found }),
            TargetState::Ours { id } if id != self.id => Err(self.taken(id)),
            TargetState::Ours { .. } | TargetState::Empty => Ok(()),
        }
    }

    /// Checks that the target may be used for this plan, and removes what an earlier, different run of this migration
    /// left there. Returns the ledger's line where this very migration is under way.
    async fn admit(
        &self,
        session: &mut Session,
        plan: &Plan,
    ) -> Result<Option<MigrationLine>, Error> {
        if session.capabilities().read_only {
            return Err(Error::refused(
                "the target server is read-only",
                "Switch read_only (and super_read_only) off on the server, or name another target.",
            ));
        }
        let databases: BTreeSet<String> = std::iter::once(self.ledger.database.clone())
            .chain(plan.databases())
            .collect();
        match state(session, &databases).await? {
            TargetState::Empty => Ok(None),
            TargetState::Other { found } => Err(Error::NotEmpty { found }),
            TargetState::Ours { id } if id != self.id => Err(self.taken(id)),
            TargetState::Ours { .. } => {
                let line = self.ledger.line(session).await?;
                let live = self.ledger.epoch(session).await?.map(|epoch| epoch.live);
                match line {
                    Some(line) if line.plan_digest == plan.digest() => Ok(Some(line)),
                    _ if live.as_deref() == Some("target") => Err(Error::refused(
                        "the target is live, and the sources or decisions are others than those it was made from",
                        "Nothing was changed. `cbtrade migrate status` shows what stands where.",
                    )),
                    _ => {
                        rollback::refuse_other_rows(session, &self.ledger).await?;
                        self.progress.report(Event::Step(
                            "the sources or decisions changed: the target is made anew".into(),
                        ));
                        rollback::remove(session, &self.ledger).await?;
                        Ok(None)
                    }
                }
            }
        }
    }

    /// Makes databases, tables and, if asked for, roles.
    ///
    /// # Errors
    /// Undecided findings, a target that is not empty, missing rights. What was made is removed again on a refusal.
    pub async fn provision(&mut self) -> Result<Plan, Error> {
        let mut session = connect_alone(
            &self.job.target.without_database(),
            &self.ledger.database,
            self.progress.as_ref(),
        )
        .await?;
        let rules = server_rules(session.capabilities());
        self.refuse_taken(&mut session).await?;
        let prepared = self.prepare(&rules)?;
        self.decided(&prepared.plan)?;
        self.provision_prepared(&mut session, &prepared).await?;
        session.close().await;
        Ok(prepared.plan)
    }

    async fn provision_prepared(
        &self,
        session: &mut Session,
        prepared: &Prepared,
    ) -> Result<Option<MigrationLine>, Error> {
        let line = self.admit(session, &prepared.plan).await?;
        // The ledger's line stands before the tables do, so the stage alone does not say that all of them are made.
        if line
            .as_ref()
            .is_none_or(|line| stage_of(&line.stage) <= Stage::Provision)
        {
            self.stage("provision", 0);
            let made = provision::provision(
                session,
                &prepared.plan,
                &self.ledger,
                &self.id,
                &self.now(),
                self.progress.as_ref(),
            )
            .await;
            self.take_back(made).await?;
        }
        if self.options.roles {
            let made = provision::roles(
                session,
                &self.job.target,
                self.job.candles_database.as_deref(),
                &prepared.plan,
                &self.ledger,
                &self.job.home,
                self.progress.as_ref(),
            )
            .await;
            self.take_back(made).await?;
        }
        Ok(line)
    }

    /// On a refusal, removes what this migration made, so that the target is left as it was found.
    async fn take_back<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        let Err(error) = &result else { return result };
        if error.kind() == ErrorKind::Refused {
            let mut fresh = connect(&self.job.target.without_database()).await?;
            let databases = BTreeSet::from([self.ledger.database.clone()]);
            if matches!(state(&mut fresh, &databases).await?, TargetState::Ours { id } if id == self.id)
            {
                self.progress.report(Event::Step(
                    "refused: what was made in the target is removed again".into(),
                ));
                rollback::remove(&mut fresh, &self.ledger).await?;
            }
            fresh.close().await;
        }
        result
    }

    /// Everything up to and with the copy and the definitions that follow it.
    ///
    /// # Errors
    /// As [`Self::provision`]; lost connections are survived, stops are resumed by the same call.
    pub async fn copy(&mut self) -> Result<Plan, Error> {
        self.copied().await.map(|(prepared, _)| prepared.plan)
    }

    async fn copied(&mut self) -> Result<(Prepared, Vec<ObjectPlan>), Error> {
        let mut session = connect_alone(
            &self.job.target.without_database(),
            &self.ledger.database,
            self.progress.as_ref(),
        )
        .await?;
        let rules = server_rules(session.capabilities());
        self.refuse_taken(&mut session).await?;
        let prepared = self.prepare(&rules)?;
        self.decided(&prepared.plan)?;
        let line = self.provision_prepared(&mut session, &prepared).await?;
        let done = line.map_or(Stage::Planned, |line| stage_of(&line.stage));
        let mut refused = self
            .work
            .read_json::<Vec<ObjectPlan>>("refused.json")?
            .unwrap_or_default();
        if done < Stage::Copy {
            self.stage(
                "copy",
                prepared.plan.tables.iter().map(|table| table.rows).sum(),
            );
            let made = copy::copy(
                &prepared.plan,
                &prepared.censuses,
                &prepared.sources,
                &self.ledger,
                &self.job.target,
                self.options.workers,
                &self.progress,
            )
            .await;
            self.take_back(made).await?;
            // The server may have been restarted meanwhile.
            session.close().await;
            session = connect_alone(
                &self.job.target.without_database(),
                &self.ledger.database,
                self.progress.as_ref(),
            )
            .await?;
            self.ledger.set_stage(&mut session, "copy").await?;
        }
        if done < Stage::Finish {
            self.stage("finish", 0);
            let made = finish::finish(
                &mut session,
                &prepared.plan,
                &self.ledger,
                self.progress.as_ref(),
            )
            .await;
            refused = self.take_back(made).await?;
            self.work.write_json("refused.json", &refused)?;
        }
        session.close().await;
        Ok((prepared, refused))
    }

    /// Everything up to and with the verification; writes proof and report.
    ///
    /// # Errors
    /// As [`Self::copy`]; [`Error::Different`] if the two sides differ.
    pub async fn run(&mut self) -> Result<Proof, Error> {
        let (prepared, refused) = self.copied().await?;
        self.prove(&prepared, &refused).await
    }

    /// Compares again, with what is in the target now.
    ///
    /// # Errors
    /// [`Error::Refused`] if nothing was copied yet; [`Error::Different`] if the two sides differ.
    pub async fn verify(&mut self) -> Result<Proof, Error> {
        self.refuse_changed_sources()?;
        let mut session = connect(&self.job.target.without_database()).await?;
        let rules = server_rules(session.capabilities());
        let prepared = self.prepare(&rules)?;
        let databases = BTreeSet::from([self.ledger.database.clone()]);
        let line = match state(&mut session, &databases).await? {
            TargetState::Ours { id } if id == self.id => self.ledger.line(&mut session).await?,
            _ => None,
        };
        session.close().await;
        let copied = line.is_some_and(|line| {
            stage_of(&line.stage) >= Stage::Finish && line.plan_digest == prepared.plan.digest()
        });
        if !copied {
            return Err(Error::refused(
                "nothing was copied to this target from these sources yet",
                "Run `cbtrade migrate run` with the same sources and target first.",
            ));
        }
        let refused = self
            .work
            .read_json::<Vec<ObjectPlan>>("refused.json")?
            .unwrap_or_default();
        self.prove(&prepared, &refused).await
    }

    /// Refuses to verify a copy of files that have changed since: the new content was not copied, and reading it anew would
    /// put it in the place of what the copy was made from.
    fn refuse_changed_sources(&self) -> Result<(), Error> {
        let sources = self
            .work
            .read_json::<Vec<Source>>("sources.json")?
            .unwrap_or_default();
        let mut changed = Vec::new();
        for source in &sources {
            if source::fingerprint_of(&source.path)? != source.snapshot.fingerprint {
                changed.push(source.path.display().to_string());
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        Err(Error::refused(
            format!(
                "there were writes to {} since it was copied: the copy is of the earlier content",
                changed.join(", ")
            ),
            "Nothing was changed. `cbtrade migrate run` with the same sources and target copies and proves the new content.",
        ))
    }

    async fn prove(&self, prepared: &Prepared, refused: &[ObjectPlan]) -> Result<Proof, Error> {
        let plan = &prepared.plan;
        self.stage("verify", plan.tables.iter().map(|table| table.rows).sum());
        let verdict = verify::verify(
            plan,
            &prepared.sources,
            &self.ledger,
            &self.job.target,
            self.options.workers,
            self.options.listed_max,
            &self.progress,
        )
        .await?;
        let mut session = connect(&self.job.target).await?;
        let server = session.capabilities().version_text.clone();
        let mut objects: Vec<ObjectPlan> = plan
            .objects
            .iter()
            .filter(|object| {
                !refused.iter().any(|other| {
                    other.kind == object.kind
                        && other.table == object.table
                        && other.text == object.text
                })
            })
            .cloned()
            .collect();
        objects.extend(refused.iter().cloned());
        let damage = damage::in_target(&prepared.sources, plan);
        let proof = Proof::new(
            &self.id,
            &server,
            &self.now(),
            plan,
            &verdict,
            objects,
            damage,
        );
        self.work.write_json("proof.json", &proof)?;
        write_whole(
            &self.report_path(),
            crate::report::report_text(&proof).as_bytes(),
        )?;
        let epoch = self.ledger.epoch(&mut session).await?;
        if epoch.is_some_and(|epoch| epoch.live == "sqlite") {
            if proof.equal() {
                self.ledger.set_proof(&mut session, &proof.digest()).await?;
            } else {
                self.ledger.void_proof(&mut session).await?;
            }
        }
        session.close().await;
        if !proof.equal() {
            return Err(Error::Different {
                differences: proof.differences.max(1),
                proof: self.proof_path(),
            });
        }
        Ok(proof)
    }

    /// The proof of the last verification.
    ///
    /// # Errors
    /// A proof file that cannot be read.
    pub fn proof(&self) -> Result<Option<Proof>, Error> {
        self.work.read_json("proof.json")
    }

    /// Makes the target the live side. `confirmed` is the digest that the operator was shown (or its beginning).
    ///
    /// # Errors
    /// [`Error::Refused`] without a proof of equality, with another digest, or after a write to a source.
    pub async fn cutover(&mut self, confirmed: &str) -> Result<Proof, Error> {
        const CONFIRMED_DIGITS_MIN: usize = 8;
        let Some(mut proof) = self.proof()?.filter(Proof::equal) else {
            return Err(Error::refused(
                "there is no proof that both sides are equal",
                "Run `cbtrade migrate run` (or `verify`) first.",
            ));
        };
        let digest = proof.digest();
        if confirmed.len() < CONFIRMED_DIGITS_MIN || !digest.starts_with(confirmed) {
            return Err(Error::refused(
                format!("the confirmation `{confirmed}` is not the digest of the proof ({digest})"),
                "Read the report, then confirm with at least the first 8 digits of its digest.",
            ));
        }
        let Some(sources) = self.work.read_json::<Vec<Source>>("sources.json")? else {
            return Err(Error::refused(
                "the work folder holds no snapshots",
                "Run `cbtrade migrate run` again.",
            ));
        };
        let mut session = connect_alone(
            &self.job.target,
            &self.ledger.database,
            self.progress.as_ref(),
        )
        .await?;
        let line = self.ledger.line(&mut session).await?;
        if line.as_ref().is_none_or(|line| {
            line.id != self.id || line.proof_digest.as_deref() != Some(digest.as_str())
        }) {
            return Err(Error::refused(
                "the target is not the one that the proof is about",
                "Run `cbtrade migrate verify` again.",
            ));
        }
        self.stage("cutover", 0);
        let resumed = proof.archive.is_some();
        if !resumed {
            proof.archive = Some(cutover::archive(
                &sources,
                &self.job.home.join("archives").join(&self.id),
                self.progress.as_ref(),
            )?);
            self.work.write_json("proof.json", &proof)?;
        }
        if let Err(error) =
            cutover::fence_all(&sources, &self.id, &self.now(), self.progress.as_ref())
        {
            // No fence stands any more: the cut-over has not begun.
            let archive = proof.archive.take();
            self.work.write_json("proof.json", &proof)?;
            if let Some(archive) = archive.filter(|_| !resumed) {
                cutover::remove_archive(&archive)?;
            }
            return Err(error);
        }
        cutover::move_epoch(&mut session, &self.ledger, "target", &self.now()).await?;
        self.ledger.set_stage(&mut session, "cutover").await?;
        write_whole(
            &self.report_path(),
            crate::report::report_text(&proof).as_bytes(),
        )?;
        session.close().await;
        Ok(proof)
    }
}

fn stage_of(name: &str) -> Stage {
    match name {
        "provision" => Stage::Provision,
        "copy" => Stage::Copy,
        "finish" => Stage::Finish,
        "verify" => Stage::Verify,
        "cutover" => Stage::Cutover,
        _ => Stage::Planned,
    }
}
