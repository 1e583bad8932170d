//! The fixed part of a soak's database: what is there before the first bot, and how rows are named.

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_database::{Call, Database, Error, Value, transact};
use serde::{Deserialize, Serialize};

use crate::history::{OperationId, Side};
use crate::sql::insert;

const CALL: Call = Call {
    method: "soak_make",
    table: "",
};

/// Quote currencies.
pub const QUOTES: [&str; 2] = ["USDC", "USDT"];
/// Base currencies.
pub const BASES: [&str; 6] = ["ADA", "BTC", "DOT", "ETH", "SOL", "XRP"];
/// Products: every base currency in every quote currency.
pub const PRODUCTS: usize = QUOTES.len() * BASES.len();
/// Sets of candles that are written as a whole.
pub const CANDLE_SETS: usize = 2;
/// Candles of a set.
pub const CANDLES_OF_SET: usize = 30;
/// Rows with a counter that all bots increment.
pub const COUNTERS: usize = 4;
/// The wallet of all balances.
pub(crate) const WALLET: &str = "soak";
/// Candle length of the sets.
pub(crate) const FREQUENCY: &str = "1min";
/// Beginning of the first candle, in seconds since 1970.
const FIRST_CANDLE_S: i64 = 1_755_648_000;
/// What is in the wallet at first, in whole units, of each quote currency.
const QUOTE_START: i64 = 1_000_000_000;
/// And of each base currency.
const BASE_START: i64 = 1_000_000;

/// A product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Product {
    /// What is bought.
    pub base: &'static str,
    /// What is paid with.
    pub quote: &'static str,
}

impl Product {
    /// The product of an index; any index is one.
    #[must_use]
    pub fn of(index: usize) -> Product {
        Product {
            base: BASES[index % BASES.len()],
            quote: QUOTES[index / BASES.len() % QUOTES.len()],
        }
    }

    /// Its name, such as `BTC-USDC`.
    #[must_use]
    pub fn id(self) -> String {
        format!("{}-{}", self.base, self.quote)
    }
}

/// What is in the wallet at first.
#[must_use]
pub fn start_balance(currency: &str) -> Decimal {
    match QUOTES.contains(&currency) {
        true => Decimal::from_integer(QUOTE_START),
        false => Decimal::from_integer(BASE_START),
    }
}

/// All currencies of the wallet.
pub(crate) fn currencies() -> impl Iterator<Item = &'static str> {
    QUOTES.into_iter().chain(BASES)
}

/// When a candle of a set begins.
#[must_use]
pub fn candle_time(number: usize) -> Timestamp {
    let seconds = FIRST_CANDLE_S + 60 * i64::try_from(number).unwrap_or(0);
    Timestamp::from_seconds(seconds).unwrap_or(Timestamp::EPOCH)
}

/// The operation as a number that a candle can carry.
#[must_use]
pub fn version_of(id: OperationId) -> Decimal {
    let number = i64::from(id.bot) * 1_000_000_000_000
        + i64::from(id.life) * 1_000_000_000
        + i64::try_from(id.number).unwrap_or(0);
    Decimal::from_integer(number)
}

/// The operation that a candle carries.
#[must_use]
pub(crate) fn id_of_version(version: Decimal) -> Option<OperationId> {
    let number = version.units() / Decimal::ONE.units();
    Some(OperationId {
        bot: u32::try_from(number / 1_000_000_000_000).ok()?,
        life: u32::try_from(number / 1_000_000_000 % 1_000).ok()?,
        number: u64::try_from(number % 1_000_000_000).ok()?,
    })
}

/// Name of a currency that bots find missing at the same time.
#[must_use]
pub fn new_currency(number: u64) -> String {
    format!("NEW{number}")
}

/// The column that says when a lease was taken.
#[must_use]
pub(crate) fn lease_time(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy_check_dttm",
        Side::Sell => "sell_check_dttm",
    }
}

/// The rows that bots have to know by number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct World {
    /// Positions whose number of sale attempts is a counter.
    pub counters: Vec<i64>,
    /// Positions whose first two notes belong to one bot each.
    pub shared: Vec<i64>,
}

impl World {
    /// The shared row of a bot, and whether the second column is its own.
    #[must_use]
    pub fn note_of(bot: u32) -> (usize, bool) {
        (usize::try_from(bot / 2).unwrap_or(0), bot % 2 == 1)
    }

    /// Fills a database whose tables are there and empty.
    ///
    /// # Errors
    /// As any write.
    pub async fn make(database: &Database, bots: u32) -> Result<World, Error> {
        for currency in currencies() {
            make_balance(database, currency).await?;
        }
        for index in 0..PRODUCTS {
            make_product(database, Product::of(index)).await?;
        }
        let mut world = World::default();
        for number in 0..COUNTERS {
            world
                .counters
                .push(make_row(database, &format!("soak-counter-{number}")).await?);
        }
        for number in 0..bots.div_ceil(2) {
            world
                .shared
                .push(make_row(database, &format!("soak-shared-{number}")).await?);
        }
        Ok(world)
    }
}

async fn make_balance(database: &Database, currency: &'static str) -> Result<(), Error> {
    transact!(database, CALL, |transaction| {
        let row = [
            ("symb", Value::from(currency)),
            ("curr_uuid", Value::from(format!("soak-{currency}"))),
            ("rp_id", Value::from(WALLET)),
            ("bal_avail", Value::from(start_balance(currency))),
        ];
        insert(transaction, "bals", &row).await.map(drop)
    })
}

async fn make_product(database: &Database, product: Product) -> Result<(), Error> {
    let name = product.id();
    transact!(database, CALL, |transaction| {
        let market = [
            ("prod_id", Value::from(name.as_str())),
            ("mkt_name", Value::from(name.as_str())),
            ("mkt_venue", Value::from("coinbase")),
            ("base_curr_symb", Value::from(product.base)),
            ("quote_curr_symb", Value::from(product.quote)),
            ("mkt_status_tf", Value::from("online")),
            ("prc", Value::from(Decimal::from_integer(100))),
            ("vol_24h", Value::from(Decimal::from_integer(1_000_000))),
        ];
        insert(transaction, "mkts", &market).await?;
        let check = [("prod_id", Value::from(name.as_str()))];
        insert(transaction, "mkt_checks", &check).await?;
        let figures = [
            ("prod_id", Value::from(name.as_str())),
            ("lta", Value::from("A")),
            ("needs_recalc_yn", Value::from("N")),
        ];
        insert(transaction, "trade_perfs", &figures).await.map(drop)
    })
}

/// A position on paper that is neither bought nor sold: only its counters and notes are used.
async fn make_row(database: &Database, name: &str) -> Result<i64, Error> {
    transact!(database, CALL, |transaction| {
        let row = [
            ("bo_uuid", Value::from(name)),
            ("test_txn_yn", Value::from("Y")),
            ("pos_stat", Value::from("CLOSE")),
        ];
        insert(transaction, "poss", &row).await
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_all_different() {
        let mut names: Vec<String> = (0..PRODUCTS).map(|index| Product::of(index).id()).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), PRODUCTS);
    }

    #[test]
    fn a_version_names_its_operation() {
        let id = OperationId {
            bot: 63,
            life: 17,
            number: 123_456,
        };
        assert_eq!(id_of_version(version_of(id)), Some(id));
    }

    #[test]
    fn two_bots_share_a_row_and_no_column() {
        assert_eq!(World::note_of(0), (0, false));
        assert_eq!(World::note_of(1), (0, true));
        assert_eq!(World::note_of(2), (1, false));
    }
}
