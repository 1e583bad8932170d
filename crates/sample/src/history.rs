//! Time going by: the walk, the candles and the bots, until the bots are killed.

use std::fs;
use std::path::{Path, PathBuf};

use cbtrade_catalog::tables;

use crate::candle::{Calendar, CandleBook, DAY_SECONDS, Layout, PASS_SECONDS};
use crate::coin::{TINY_PRICE, coins};
use crate::fault::{plant_faults, prepare_faults};
use crate::market::Market;
use crate::report::{FaultKind, SampleFault, SampleReport};
use crate::store::Store;
use crate::summary::{Summary, write_lookups};
use crate::trader::Trader;
use crate::{Error, SampleOptions};

/// What is only in the `-wal` files was written in the last so many seconds.
const WAL_SECONDS: i64 = 2 * DAY_SECONDS;

/// What SQLite may keep in memory of the trading database, whose unique keys are random texts.
const DATABASE_CACHE_KIB: u32 = 48 * 1024;
/// What SQLite may keep in memory of all candle files together. They are written in order.
const CANDLES_CACHE_KIB: u32 = 16 * 1024;

/// Makes a legacy installation in `directory`: `db/cbtrade.db` and one candle file per product in
/// `db/ohlcvs`, each with its `-wal`. The directory is made if there is none.
///
/// # Errors
///
/// If `directory` holds anything already, if an option is out of range, or if the files cannot be
/// written; see [`Error`].
pub fn make_sample(directory: &Path, options: &SampleOptions) -> Result<SampleReport, Error> {
    options.check()?;
    let calendar = Calendar::new(options)?;
    make_directories(directory)?;
    History::begin(directory, options, calendar)?.live()
}

fn make_directories(directory: &Path) -> Result<(), Error> {
    let failed = |source| Error::Directory {
        directory: directory.to_owned(),
        source,
    };
    fs::create_dir_all(directory).map_err(failed)?;
    if fs::read_dir(directory).map_err(failed)?.next().is_some() {
        return Err(Error::NotEmpty {
            directory: directory.to_owned(),
        });
    }
    fs::create_dir_all(directory.join("db/ohlcvs")).map_err(failed)
}

/// A market with the file its candles go to.
struct CandleFile {
    store: Store,
    book: CandleBook,
}

struct History<'options> {
    options: &'options SampleOptions,
    calendar: Calendar,
    database: Store,
    candle_files: Vec<CandleFile>,
    markets: Vec<Market>,
    trader: Trader,
    /// How far time has gone by, in seconds since 1970.
    time: i64,
}

impl<'options> History<'options> {
    fn begin(
        directory: &Path,
        options: &'options SampleOptions,
        calendar: Calendar,
    ) -> Result<Self, Error> {
        let catalogue = tables()
            .iter()
            .map(|table| (table.clone(), table.name.to_owned()))
            .collect();
        let database = Store::create(
            directory.join("db/cbtrade.db"),
            catalogue,
            DATABASE_CACHE_KIB,
        )?;
        prepare_faults(&database, options)?;
        let markets: Vec<Market> = (1000..)
            .zip(coins(options.products, options.faults))
            .map(|(stream, coin)| Market::new(coin, options.seed, stream))
            .collect();
        let candle_files = markets
            .iter()
            .enumerate()
            .map(|(index, market)| {
                let (name, layout) = file_habits(index, &market.product_id);
                let path = directory.join("db/ohlcvs").join(name);
                let store =
                    Store::create(path, layout.tables(), CANDLES_CACHE_KIB / options.products)?;
                Ok(CandleFile {
                    store,
                    book: CandleBook::new(layout),
                })
            })
            .collect::<Result<_, Error>>()?;
        let trader = Trader::new(options.seed, options.positions, markets.len());
        write_lookups(&database, &trader.strategies, calendar.start)?;
        let time = calendar.start;
        Ok(Self {
            options,
            calendar,
            database,
            candle_files,
            markets,
            trader,
            time,
        })
    }

    fn live(mut self) -> Result<SampleReport, Error> {
        let killed = self.calendar.end;
        self.live_until(killed - WAL_SECONDS)?;
        self.write_standing(killed - WAL_SECONDS)?;
        let mut faults = plant_faults(&self.database, self.options, &mut self.trader.numbers)?;
        self.database.switch_to_wal()?;
        for file in &mut self.candle_files {
            file.store.switch_to_wal()?;
        }
        self.live_until(killed)?;
        self.write_standing(killed)?;
        faults.extend(self.tiny_price());
        self.finish(faults)
    }

    /// Lets time go by up to a quarter of an hour.
    fn live_until(&mut self, until: i64) -> Result<(), Error> {
        let mut now = self.time;
        while now < until {
            let end = now + self.calendar.step_seconds(now);
            let minutes = f64::from(u32::try_from((end - now) / 60).unwrap_or_default());
            for (market, file) in self.markets.iter_mut().zip(&mut self.candle_files) {
                let bar = market.advance(minutes);
                file.book
                    .add(&file.store, &self.calendar, (now, end), &bar)?;
            }
            if end % PASS_SECONDS == 0 {
                self.trader
                    .pass(&self.database, &self.markets, &self.calendar, end)?;
            }
            now = end;
        }
        self.time = now;
        Ok(())
    }

    /// Writes the rows that say how things stand, over those of the last time.
    fn write_standing(&self, now: i64) -> Result<(), Error> {
        self.trader
            .write_standing(&self.database, &self.markets, now)?;
        let summary = Summary {
            markets: &self.markets,
            held: &self.trader.held,
            cash: self.trader.cash,
            start: self.calendar.start,
            now,
        };
        summary.write(&self.database)
    }

    /// The price that twelve decimals cannot hold, where such a product is traded.
    fn tiny_price(&self) -> Option<SampleFault> {
        let index = self
            .markets
            .iter()
            .position(|market| market.coin.is_tiny())?;
        Some(SampleFault {
            kind: FaultKind::TinyPrice,
            table: "mkts".to_owned(),
            column: "prc".to_owned(),
            row: i64::try_from(index).ok()? + 1,
            value: format!("{TINY_PRICE:e}"),
            what: "a price that twelve decimals would round to one digit".to_owned(),
        })
    }

    fn finish(self, faults: Vec<SampleFault>) -> Result<SampleReport, Error> {
        self.trader.skip_numbers(&self.database)?;
        let database = self.database.path().to_owned();
        let mut tables = self.database.finish()?;
        let mut candle_files: Vec<PathBuf> = Vec::with_capacity(self.candle_files.len());
        for file in self.candle_files {
            candle_files.push(file.store.path().to_owned());
            tables.extend(file.store.finish()?);
        }
        Ok(SampleReport {
            database,
            candle_files,
            tables,
            faults,
        })
    }
}

/// Name and layout of a candle file. Nothing is known about how the SQLite era did it, so there is
/// one of each kind: a dash or an underscore, capitals or not, one table or one per candle length.
fn file_habits(index: usize, product_id: &str) -> (String, Layout) {
    let name = match index {
        2 => product_id.replace('-', "_").to_lowercase(),
        3 => product_id.replace('-', "_"),
        _ => product_id.to_owned(),
    };
    let layout = if index == 1 {
        Layout::TablePerFrequency
    } else {
        Layout::OneTable
    };
    (format!("{name}.db"), layout)
}
