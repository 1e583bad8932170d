//! The order in which everything is measured on one server.

use std::path::Path;

use cbtrade_server::Flavour;

use super::super::Result;
use super::super::machine::Ticks;
use super::super::server::{GUEST_DATABASE, Server};
use super::load_data::Texts;
use super::ours::{self, Migrated};
use super::source::Sources;
use super::sqlite3_to_mysql::{self, Transferred};
use super::tables::{self, Definitions};
use super::{Options, bare, say};

const PLAIN: &str = "plain";
const LEGACY: &str = "legacy";
const RIVAL: &str = "rival";

/// Everything measured on one server.
#[derive(Clone, Debug, Default)]
pub(super) struct Figures {
    pub(super) server: String,
    pub(super) ours: Vec<Migrated>,
    pub(super) legacy: Vec<Migrated>,
    pub(super) large: Option<Migrated>,
    /// Seconds.
    pub(super) bare: Vec<f64>,
    /// Seconds.
    pub(super) load_data: Vec<f64>,
    pub(super) rival_defaults: Vec<Transferred>,
    pub(super) rival_best: Vec<Transferred>,
    /// The largest share of the machine that others took during one measurement, in per cent.
    pub(super) others_percent: u64,
}

/// One measurement.
#[derive(Clone, Copy, Debug)]
enum Way {
    Ours,
    Legacy,
    Bare,
    LoadData,
    RivalDefaults,
    RivalBest,
}

impl Way {
    /// Whether it is measured in the first round only.
    fn is_slow(self) -> bool {
        matches!(self, Way::Legacy | Way::RivalBest)
    }
}

const WAYS: [Way; 6] = [
    Way::Ours,
    Way::LoadData,
    Way::Bare,
    Way::RivalDefaults,
    Way::RivalBest,
    Way::Legacy,
];

struct Run<'a> {
    program: &'a Path,
    server: Server,
    sources: &'a Sources,
    home: std::path::PathBuf,
    texts: Texts,
    definitions: Definitions,
    figures: Figures,
}

/// Measures on one server.
pub(super) async fn measure(
    folder: &Path,
    flavour: Flavour,
    sources: &Sources,
    options: &Options,
) -> Result<Figures> {
    let server = Server::new(folder, flavour).await?;
    let home = folder.join("home");
    say(&format!("{}: warming up", server.name()));
    let texts = Texts::write(&sources.plain, folder)?;
    // This run also makes the tables that the competitors get.
    let plain = [sources.plain.path.clone()];
    ours::migrate(
        &options.program,
        &server,
        &plain,
        PLAIN,
        sources.plain.rows(),
        &home,
    )
    .await?;
    let mut session = server.session(Some(PLAIN)).await?;
    let definitions = Definitions::read(&mut session).await?;
    session.close().await;
    let mut run = Run {
        program: &options.program,
        figures: Figures {
            server: server.name(),
            ..Figures::default()
        },
        server,
        sources,
        home,
        texts,
        definitions,
    };
    if !sqlite3_to_mysql::is_installed() {
        say(
            "SKIPPED: sqlite3-to-mysql is not in .local/sqlite3-to-mysql (cargo xtask bench says how to have it)",
        );
    }
    for round in 0..options.rounds {
        say(&format!(
            "{}: round {} of {}",
            run.figures.server,
            round + 1,
            options.rounds
        ));
        // Another order in each round, so that no one always follows the same one.
        for position in 0..WAYS.len() {
            let way = WAYS[(position + round) % WAYS.len()];
            if round == 0 || !way.is_slow() {
                run.way(way).await?;
            }
        }
    }
    if let Some(large) = &sources.large {
        say(&format!(
            "{}: {} times the rows",
            run.figures.server, options.factor
        ));
        run.clear().await?;
        let files = [large.path.clone()];
        let migrated = ours::migrate(
            &options.program,
            &run.server,
            &files,
            PLAIN,
            large.rows(),
            &run.home,
        )
        .await?;
        run.figures.large = Some(migrated);
    }
    run.server.remove()?;
    Ok(run.figures)
}

impl Run<'_> {
    async fn clear(&mut self) -> Result<()> {
        let databases = [
            PLAIN.to_owned(),
            LEGACY.to_owned(),
            RIVAL.to_owned(),
            GUEST_DATABASE.to_owned(),
            format!("{PLAIN}_candles"),
            format!("{LEGACY}_candles"),
        ];
        let names: Vec<&str> = databases.iter().map(String::as_str).collect();
        self.server.clear(&names).await
    }

    async fn way(&mut self, way: Way) -> Result<()> {
        let rival = matches!(way, Way::RivalDefaults | Way::RivalBest);
        if rival && !sqlite3_to_mysql::is_installed() {
            return Ok(());
        }
        self.clear().await?;
        let before = Ticks::now(self.server.process());
        let seconds = self.measured(way).await?;
        let others = Ticks::now(self.server.process()).others_percent(before);
        self.figures.others_percent = self.figures.others_percent.max(others);
        say(&format!(
            "  {way:?}: {seconds:.2} s (others took {others} % of the machine)"
        ));
        Ok(())
    }

    async fn measured(&mut self, way: Way) -> Result<f64> {
        Ok(match way {
            Way::Ours => {
                let files = [self.sources.plain.path.clone()];
                let rows = self.sources.plain.rows();
                let migrated =
                    ours::migrate(self.program, &self.server, &files, PLAIN, rows, &self.home)
                        .await?;
                self.figures.ours.push(migrated.clone());
                migrated.seconds
            }
            Way::Legacy => {
                let legacy = &self.sources.installation;
                let migrated = ours::migrate(
                    self.program,
                    &self.server,
                    &legacy.files,
                    LEGACY,
                    legacy.rows,
                    &self.home,
                )
                .await?;
                self.figures.legacy.push(migrated.clone());
                migrated.seconds
            }
            Way::Bare => {
                let seconds = self.driven(Way::Bare).await?;
                self.figures.bare.push(seconds);
                seconds
            }
            Way::LoadData => {
                let seconds = self.driven(Way::LoadData).await?;
                self.figures.load_data.push(seconds);
                seconds
            }
            Way::RivalDefaults => {
                let transferred = self.transferred(&[]).await?;
                self.figures.rival_defaults.push(transferred.clone());
                transferred.seconds
            }
            Way::RivalBest => {
                let transferred = self.transferred(&sqlite3_to_mysql::BEST).await?;
                self.figures.rival_best.push(transferred.clone());
                transferred.seconds
            }
        })
    }

    /// A competitor that is only a connection of the driver: the same tables, the same session contract.
    async fn driven(&mut self, way: Way) -> Result<f64> {
        self.server
            .sql(&[
                &format!("CREATE DATABASE `{RIVAL}`"),
                "SET GLOBAL local_infile = 1",
            ])
            .await?;
        let mut session = self.server.session(Some(RIVAL)).await?;
        self.definitions.make(&mut session).await?;
        let seconds = match way {
            Way::LoadData => self.texts.load(session.conn()).await?,
            _ => bare::insert(session.conn(), &self.sources.plain).await?,
        };
        let arrived = tables::count(&mut session).await?;
        session.close().await;
        if arrived != self.sources.plain.rows() {
            return Err(format!("{way:?} brought {arrived} rows").into());
        }
        Ok(seconds)
    }

    async fn transferred(&mut self, options: &[&str]) -> Result<Transferred> {
        self.server
            .sql(&[&format!(
                "CREATE DATABASE `{GUEST_DATABASE}` CHARACTER SET utf8mb4"
            )])
            .await?;
        sqlite3_to_mysql::transfer(&self.server, &self.sources.tenth, options).await
    }
}
