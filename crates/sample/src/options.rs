//! What kind of installation to make.

use cbtrade_core::Timestamp;

use crate::Error;

/// What kind of installation to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleOptions {
    /// Decides everything that is left to chance.
    pub seed: u64,
    /// Positions ever opened; most of them are closed again. Each comes with its orders.
    pub positions: u32,
    /// Candles per product, shared among the eight candle lengths as evenly as the history allows.
    pub candles_per_product: u32,
    /// Products traded, 1 to 100, each with a candle file of its own.
    pub products: u32,
    /// Whether some rows carry oddities that a migration can decide about by itself, and whether
    /// one of the products (if there are at least five) is worth less than a billionth of a dollar.
    pub faults: bool,
    /// Whether some rows carry oddities that only the operator can decide about.
    pub nasty: bool,
    /// The moment the bots were killed, rounded down to a quarter of an hour; 2018 to 2037.
    pub end: Timestamp,
}

impl Default for SampleOptions {
    /// Seed 1, 3,000 positions, 4,000 candles for each of 6 products, with faults but no nasty
    /// ones, up to 2025-08-20 00:00:00.
    fn default() -> Self {
        Self {
            seed: 1,
            positions: 3000,
            candles_per_product: 4000,
            products: 6,
            faults: true,
            nasty: false,
            end: Timestamp::from_parts((2025, 8, 20), (0, 0, 0), 0).unwrap_or(Timestamp::EPOCH),
        }
    }
}

impl SampleOptions {
    /// Refuses what no history can be made for.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let refuse = |option, value: String, allowed| {
            Err(Error::Option {
                option,
                value,
                allowed,
            })
        };
        if !(1..=100).contains(&self.products) {
            return refuse("products", self.products.to_string(), "1 to 100");
        }
        let year = |year| Timestamp::from_parts((year, 1, 1), (0, 0, 0), 0);
        if Some(self.end) < year(2018) || Some(self.end) >= year(2038) {
            return refuse("end", self.end.to_string(), "2018 to 2037");
        }
        Ok(())
    }
}
