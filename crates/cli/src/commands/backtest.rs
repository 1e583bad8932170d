//! `cbtrade backtest`.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use cbtrade_backtest::{
    BacktestSettings, Costs, CsvMinutes, Feed, Length, Minute, Place, Replay, Report,
    StoredMinutes, Trade, example_market, page, plain_product, stored_product, summary,
};
use cbtrade_bot::frames::INTERVALS;
use cbtrade_bot::settings::{MarketSettings, SettingsStore};
use cbtrade_core::{Clock as _, Decimal, SystemClock, Timestamp};
use cbtrade_database::{Database, Location, Options};
use cbtrade_indicators::Interval;
use cbtrade_strategy::Strategy;
use clap::Args;
use serde_json::json;

use crate::arguments::EXIT_CODES;
use crate::commands::Context;
use crate::error::{CommandError, Done, Kind};
use crate::place;
use crate::words::grouped;

/// Minutes between two signs of life.
const MINUTES_PER_SIGN: u64 = 250_000;
/// Days of minutes that are read from the database before the period, to fill the frames.
const WARM_UP_DAYS: i64 = 150;

/// Replay years of minutes through a bot's own decisions, and see what they would have brought
///
/// Every minute the six frames of candles form as they did live, and the very functions that a live bot asks decide: what
/// strategies signal, what is bought live or on paper and how much, what is sold and why. Market orders are filled at the
/// next minute's first price, with fee, spread and slippage. Nothing is traded, and no database is written.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct Arguments {
    /// The product, such as BTC-USDC
    #[arg(long, value_name = "ID")]
    product: String,
    /// A candle file: lines of start_unix,open,high,low,close,volume under that header, oldest first, of one minute each
    /// (five minutes are taken too, and said so)
    #[arg(long, value_name = "FILE", conflicts_with = "target")]
    candles: Option<PathBuf>,
    /// Instead: the database with the candles, as for `cbtrade db` [default: the private server]
    #[arg(long, value_name = "URL")]
    target: Option<String>,
    /// Of the database: which of its candles, 1min or 5min
    #[arg(long, value_name = "LENGTH", default_value = "1min", value_parser = length, conflicts_with = "candles")]
    length: Length,
    /// Of the database: days before the period that fill the frames
    #[arg(long, value_name = "DAYS", default_value_t = WARM_UP_DAYS, value_parser = clap::value_parser!(i64).range(0..=3_650), conflicts_with = "candles")]
    warm_up: i64,
    /// Decide from here on, as 2025-01-01 or "2025-01-01 12:00:00" in UTC; minutes before it fill the frames [default: the
    /// file's first]
    #[arg(long, value_name = "TIME", value_parser = moment, required_unless_present = "candles")]
    from: Option<Timestamp>,
    /// Up to here [default: the last candle]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    to: Option<Timestamp>,
    /// Only these strategies buy, also if they are switched off; names with commas [default: as the settings say]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = strategy)]
    strategy: Vec<Strategy>,
    /// Only on candles of these lengths: 15min, 30min, 1h, 4h, 1d, with commas [default: as the settings say]
    #[arg(long, value_name = "LENGTHS", value_delimiter = ',', value_parser = interval)]
    interval: Vec<Interval>,
    /// Folder with bot.json and the markets' files [default: the settings of a first run]
    #[arg(long, value_name = "DIR")]
    settings: Option<PathBuf>,
    /// Judge strategies at once: none must first show on paper what it can do, and live trading counts as switched on
    #[arg(long)]
    qualified: bool,
    /// So much of the quote currency to begin with
    #[arg(long, value_name = "AMOUNT", default_value = "10000")]
    cash: Decimal,
    /// The taker's fee in percent
    #[arg(long, value_name = "PCT", default_value = "0.4")]
    fee: Decimal,
    /// How far buy and sell price are apart, in percent
    #[arg(long, value_name = "PCT", default_value = "0.05")]
    spread: Decimal,
    /// How much worse than the best price orders are filled, in percent
    #[arg(long, value_name = "PCT", default_value = "0.05")]
    slippage: Decimal,
    /// Write the result as one page with charts; it opens without a network
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write every closed trade, live and on paper, as it closes (CSV); the result itself lists the newest 5,000
    #[arg(long, value_name = "FILE")]
    trades: Option<PathBuf>,
}

fn after_help() -> String {
    format!(
        "Examples:\n  cbtrade backtest --product BTC-USDC --candles btc.csv --html btc.html\n  \
         cbtrade backtest --product BTC-USDC --from 2025-01-01 --to 2025-07-01 --settings settings\n  \
         cbtrade backtest --product ETH-USDC --candles eth.csv --strategy sha,imp_macd --interval 1h --qualified --json\n\n{EXIT_CODES}"
    )
}

fn length(text: &str) -> Result<Length, String> {
    Length::of_name(text).ok_or_else(|| "1min or 5min".to_owned())
}

fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text)
        .or_else(|_| Timestamp::parse(&format!("{text} 00:00:00")))
        .map_err(|_| {
            "a date such as 2025-01-01, or a time such as \"2025-01-01 12:00:00\"".to_owned()
        })
}

fn strategy(text: &str) -> Result<Strategy, String> {
    Strategy::of_name(text).ok_or_else(|| {
        let names = Strategy::ALL.map(Strategy::name);
        format!("one of {}", names.join(", "))
    })
}

fn interval(text: &str) -> Result<Interval, String> {
    // Nobody trades on the first, which is only looked at.
    let [_, traded @ ..] = INTERVALS;
    let found = Interval::of_name(text).filter(|interval| traded.contains(interval));
    found.ok_or_else(|| format!("one of {}", traded.map(Interval::name).join(", ")))
}

pub(crate) async fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    let (report, settings_name) = replayed(context, arguments).await?;
    if let Some(path) = &arguments.html {
        std::fs::write(path, page(&report)).map_err(|source| unwritable(path, &source))?;
    }
    tell(context, arguments, &report, &settings_name)
}

fn tell(
    context: &Context<'_>,
    arguments: &Arguments,
    report: &Report,
    settings_name: &str,
) -> Done {
    let ui = context.ui;
    let named = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    if ui.json() {
        ui.document(&json!({
            "command": "backtest",
            "exit_code": 0,
            "settings": settings_name,
            "report": report.to_json()?,
            "html_file": named(&arguments.html),
            "trades_file": named(&arguments.trades),
        }));
        return Ok(());
    }
    ui.out(&summary(report));
    for (what, path) in [("page", &arguments.html), ("trades", &arguments.trades)] {
        if let Some(path) = named(path) {
            ui.say(&format!("  {what}: {path}"));
        }
    }
    Ok(())
}

/// The replay's result, and what its settings are called.
async fn replayed(
    context: &Context<'_>,
    arguments: &Arguments,
) -> Result<(Report, String), CommandError> {
    let (market, settings_name) = market(arguments)?;
    let settings = BacktestSettings {
        cash: arguments.cash,
        costs: Costs {
            fee_pct: arguments.fee,
            spread_pct: arguments.spread,
            slippage_pct: arguments.slippage,
        },
        from: arguments.from,
        to: arguments.to,
        strategies: arguments.strategy.clone(),
        intervals: arguments.interval.clone(),
        is_qualified: arguments.qualified,
        ..BacktestSettings::new(market, plain_product(&arguments.product)?)
    };
    if settings.cash <= Decimal::ZERO {
        return Err(CommandError::new(
            Kind::Usage,
            format!(
                "--cash {}: there must be something to begin with",
                settings.cash
            ),
        ));
    }
    let report = match &arguments.candles {
        Some(path) => of_file(context, arguments, settings, path)?,
        None => of_database(context, arguments, settings).await?,
    };
    Ok((report, settings_name))
}

/// The market's settings, and what they are called.
fn market(arguments: &Arguments) -> Result<(MarketSettings, String), CommandError> {
    let Some(folder) = &arguments.settings else {
        let market = example_market(&arguments.product)?;
        return Ok((market, "of a first run".to_owned()));
    };
    let store = SettingsStore::open(folder)?;
    let markets = &store.current().markets;
    let quote = arguments.product.split('-').next_back().unwrap_or_default();
    let market = markets.get(quote).cloned().ok_or_else(|| {
        let known: Vec<&str> = markets.keys().map(String::as_str).collect();
        CommandError::new(
            Kind::Refused,
            format!(
                "the settings in {} have no market of {quote}, only of {}",
                folder.display(),
                known.join(", ")
            ),
        )
        .hint("Name it in `trade_markets` of bot.json, or leave --settings away.")
    })?;
    Ok((market, folder.display().to_string()))
}

/// A replay under way, with what is written of it as it goes on.
struct Run<'a> {
    context: &'a Context<'a>,
    feed: Feed,
    replay: Replay,
    trades: Option<(PathBuf, BufWriter<File>)>,
}

impl<'a> Run<'a> {
    fn new(
        context: &'a Context<'a>,
        arguments: &Arguments,
        settings: BacktestSettings,
    ) -> Result<Self, CommandError> {
        let trades = match &arguments.trades {
            Some(path) => {
                let file = File::create(path).map_err(|source| unwritable(path, &source))?;
                let mut file = BufWriter::new(file);
                let head = file.write_all(Trade::CSV_HEADER.as_bytes());
                head.and_then(|()| file.flush())
                    .map_err(|source| unwritable(path, &source))?;
                Some((path.clone(), file))
            }
            None => None,
        };
        Ok(Self {
            context,
            feed: Feed::new(settings.length),
            replay: Replay::new(settings)?,
            trades,
        })
    }

    fn give(&mut self, minute: &Minute, place: impl FnOnce() -> Place) -> Result<(), CommandError> {
        if !self.feed.take(minute, place)? {
            return Ok(());
        }
        let closed = self.replay.give(minute)?;
        if let Some((path, file)) = &mut self.trades
            && !closed.is_empty()
        {
            // Handed on at once: a replay that is stopped leaves what closed until then.
            let mut lines = closed.iter().map(Trade::to_csv);
            lines
                .try_for_each(|line| file.write_all(line.as_bytes()))
                .and_then(|()| file.flush())
                .map_err(|source| unwritable(path, &source))?;
        }
        let given = self.feed.figures().candles;
        if given.is_multiple_of(MINUTES_PER_SIGN) {
            self.context.ui.say(&format!(
                "  {} candles, to {}",
                grouped(given),
                minute.start().to_rfc3339()
            ));
        }
        Ok(())
    }

    fn finish(self) -> Result<Report, CommandError> {
        if let Some((path, mut file)) = self.trades {
            file.flush().map_err(|source| unwritable(&path, &source))?;
        }
        let (figures, span) = (self.feed.figures(), self.feed.span());
        Ok(self.replay.finish(figures, span)?)
    }
}

fn of_file(
    context: &Context<'_>,
    arguments: &Arguments,
    mut settings: BacktestSettings,
    path: &Path,
) -> Result<Report, CommandError> {
    let mut minutes = CsvMinutes::open(path)?;
    settings.length = minutes.length();
    let mut run = Run::new(context, arguments, settings)?;
    while let Some(minute) = minutes.next_minute()? {
        run.give(&minute, || minutes.place())?;
    }
    run.finish()
}

async fn of_database(
    context: &Context<'_>,
    arguments: &Arguments,
    mut settings: BacktestSettings,
) -> Result<Report, CommandError> {
    let database = open(context, arguments).await?;
    let prod_id = arguments.product.as_str();
    settings.length = arguments.length;
    if let Some(product) = stored_product(&database, prod_id).await? {
        settings.product = product;
    }
    let from = arguments.from.unwrap_or(Timestamp::EPOCH);
    let first = from.plus_seconds(-86_400 * arguments.warm_up);
    let period = (first, arguments.to.unwrap_or_else(|| SystemClock.now()));
    let mut minutes = StoredMinutes::open(&database, prod_id, settings.length, period).await?;
    let mut run = Run::new(context, arguments, settings)?;
    while let Some(minute) = minutes.next_minute().await? {
        run.give(&minute, || minutes.place())?;
    }
    run.finish()
}

async fn open(context: &Context<'_>, arguments: &Arguments) -> Result<Database, CommandError> {
    let location = match &arguments.target {
        Some(text) => place::location(context.ui, &context.home, text)?,
        None => {
            let server = place::private_server(&context.home)?;
            Location::Servers {
                targets: vec![server.root_target()?.with_database(place::MAIN_DATABASE)],
                candles: place::CANDLES_DATABASE.to_owned(),
            }
        }
    };
    let options = Options {
        program: "cbtrade backtest".to_owned(),
        connections_max: 1,
        // A reader is no process to look at.
        figures_every: std::time::Duration::ZERO,
        ..Options::default()
    };
    Ok(Database::open(&location, options).await?)
}

fn unwritable(path: &Path, source: &std::io::Error) -> CommandError {
    let words = format!("{} cannot be written", path.display());
    CommandError::new(Kind::Unreachable, words).because(source)
}
