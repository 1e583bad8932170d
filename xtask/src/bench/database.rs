//! `cargo xtask bench database`: calls of the layer beside the bare driver and beside a connection for each call.
//!
//! Read `calls` for what is called, `recorded` for how the same statements come to the others, `rounds` for one
//! connection, `crowd` for sixteen, `fleet` for 64 bots that write.

mod bare;
mod calls;
mod crowd;
mod fill;
mod fleet;
mod python;
mod recorded;
mod report;
mod rounds;

use std::path::Path;

use cbtrade_database::{Database, Location, Observer, Options as DatabaseOptions};
use cbtrade_mysql::{Session, SessionOptions};
use cbtrade_server::Flavour;

use super::Result;
use super::machine::{Machine, Ticks};
use super::migrate::workspace;
use super::server::Server;

/// The trading database.
const TRADING: &str = "cbtrade";
/// The candle database.
const CANDLES: &str = "ohlcv";

/// What is measured.
#[derive(Clone, Debug)]
struct Options {
    calls: usize,
    rounds: usize,
    server: Option<Flavour>,
    only: Option<String>,
    write: bool,
    /// The options that decide what is measured, as typed, for the page.
    typed: String,
}

impl Options {
    fn read(arguments: &[String]) -> Result<Options> {
        let mut options = Options {
            calls: 200,
            rounds: 5,
            server: None,
            only: None,
            write: true,
            typed: String::new(),
        };
        let mut rest = arguments.iter();
        while let Some(option) = rest.next() {
            if option == "--no-write" {
                options.write = false;
                continue;
            }
            let value = rest
                .next()
                .ok_or_else(|| format!("{option} needs a value\n\n{}", super::USAGE))?;
            let number = |most: usize| {
                let number = value.parse::<usize>().ok();
                let number = number.filter(|number| (1..=most).contains(number));
                number.ok_or_else(|| format!("{option} {value}: not a number from 1 to {most}"))
            };
            options.typed.push_str(&format!(" {option} {value}"));
            match option.as_str() {
                // A product must not come twice in a batch: a lease taken again is another call.
                "--calls" => options.calls = number(usize::try_from(fill::HISTORY.products)?)?,
                "--rounds" => options.rounds = number(1_000)?,
                "--only" => options.only = Some(value.clone()),
                "--server" => options.server = super::server::asked(value)?,
                _ => return Err(format!("{option} is no option\n\n{}", super::USAGE).into()),
            }
        }
        Ok(options)
    }
}

/// Everything measured on one server.
#[derive(Debug)]
struct Figures {
    server: String,
    methods: Vec<rounds::Method>,
    crowd: Vec<crowd::Method>,
    /// Absent where only some methods are measured.
    fleet: Option<fleet::Fleet>,
    python: Option<python::Measured>,
    /// The share of the machine that others took, in per cent.
    others_percent: u64,
}

/// Measures, prints, writes the page.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let options = Options::read(arguments)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let folder = workspace().join("target/bench-database");
    let missed = runtime.block_on(async {
        tokio::select! {
            missed = measure(&options, &folder) => missed,
            _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
        }
    });
    super::server::Server::remove_all(&folder)?;
    let _ = std::fs::remove_dir_all(&folder);
    match missed? {
        0 => Ok(()),
        missed => Err(format!("{missed} number(s) missed").into()),
    }
}

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the command's output"
)]
async fn measure(options: &Options, folder: &Path) -> Result<usize> {
    let flavours = Server::flavours(options.server);
    if flavours.is_empty() {
        return Err(
            "no such server on this machine (scripts/get-mariadb, scripts/get-mysql)".into(),
        );
    }
    if options.server.is_none() && flavours.len() < 2 {
        eprintln!("SKIPPED: only {} is on this machine", flavours[0]);
    }
    if !python::is_installed() {
        eprintln!(
            "SKIPPED: PyMySQL is not in .local/pymysql (cargo xtask bench says how to have it)"
        );
    }
    std::fs::create_dir_all(folder)?;
    let mut figures = Vec::new();
    for flavour in flavours {
        figures.push(on_server(folder, flavour, options).await?);
    }
    let page = report::page(&Machine::found(), options, &figures);
    println!("{}", page.text);
    if options.write {
        super::page::write("database", &page.text)?;
    }
    Ok(page.missed)
}

async fn on_server(folder: &Path, flavour: Flavour, options: &Options) -> Result<Figures> {
    let server = Server::new(folder, flavour).await?;
    let place = Place::of(&server)?;
    say(&format!("{}: making the history", server.name()));
    fill::fill(&server, &place).await?;
    let before = Ticks::now(server.process());
    let mut calls = calls::calls();
    if let Some(only) = &options.only {
        calls.retain(|call| call.name.contains(only.as_str()));
    }
    let mut methods = Vec::new();
    let mut replays = Vec::new();
    for call in &calls {
        let (method, recorded) = rounds::measure(&place, call, options).await?;
        say(&format!("{}: {method}", server.name()));
        methods.push(method);
        replays.push((call, recorded));
    }
    let python = match python::is_installed() {
        true => Some(python::measure(folder, &server, &place, &replays).await?),
        false => None,
    };
    let mut crowd = Vec::new();
    for (call, recorded) in &replays {
        let method = crowd::measure(&place, call, recorded, options).await?;
        say(&format!("{}: {method}", server.name()));
        crowd.push(method);
    }
    let fleet = match options.only {
        Some(_) => None,
        None => Some(fleet::measure(&place, options).await?),
    };
    if let Some(fleet) = &fleet {
        say(&format!("{}: {fleet}", server.name()));
    }
    let others_percent = Ticks::now(server.process()).others_percent(before);
    let name = server.name();
    server.remove()?;
    Ok(Figures {
        server: name,
        methods,
        crowd,
        fleet,
        python,
        others_percent,
    })
}

/// The databases that are measured.
#[derive(Clone, Debug)]
struct Place {
    location: Location,
}

impl Place {
    fn of(server: &Server) -> Result<Place> {
        Ok(Place {
            location: Location::Servers {
                targets: vec![server.target()?.with_database(TRADING)],
                candles: CANDLES.to_owned(),
            },
        })
    }

    /// The layer, as a bot opens it but for the number of connections.
    async fn database(
        &self,
        connections_max: usize,
        observer: Option<Observer>,
    ) -> Result<Database> {
        let options = DatabaseOptions {
            connections_max,
            observer,
            ..DatabaseOptions::default()
        };
        Ok(Database::open(&self.location, options).await?)
    }

    /// A session with the settings of the layer's, for the driver's own calls.
    async fn session(&self) -> Result<Session> {
        let Location::Servers { targets, .. } = &self.location else {
            return Err("the layer is measured on a server".into());
        };
        let options = SessionOptions {
            statements_kept: 256,
            ..SessionOptions::default()
        };
        let target = targets.first().ok_or("no server")?;
        Ok(Session::open(target, &options).await?)
    }

    /// Runs statements off the clock.
    async fn prepare(&self, statements: &[&str]) -> Result<()> {
        if statements.is_empty() {
            return Ok(());
        }
        let mut session = self.session().await?;
        for statement in statements {
            session.execute(statement).await?;
        }
        session.close().await;
        Ok(())
    }
}

/// Says on standard error what is being done.
#[expect(clippy::print_stderr, reason = "the command's progress")]
fn say(words: &str) {
    eprintln!("bench: {words}");
}
