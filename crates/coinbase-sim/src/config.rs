//! What a local venue is made of.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_exchange::FeeRates;

/// Everything that a venue is started with. Two venues of the same configuration and the same questions at the same
/// simulated moments answer the same.
#[derive(Debug, Clone)]
pub struct Config {
    /// What chance comes from: prices, books, ids, faults.
    pub seed: u64,
    /// Where REST and WebSocket are served; port 0 for any free one. Loopback only.
    pub address: SocketAddr,
    /// Where the admin API is served; port 0 for any free one. Loopback only.
    pub admin_address: SocketAddr,
    /// The first simulated moment; `None` for the present one. A journal that goes on has its own.
    pub start: Option<Timestamp>,
    /// Simulated seconds per real second; 0 for a clock that only the admin API moves.
    pub speed: u32,
    /// What can be traded.
    pub products: Vec<ProductConfig>,
    /// What the account holds at first, per currency.
    pub balances: Vec<(String, Decimal)>,
    /// How many empty accounts of other currencies there are besides, so that pages matter.
    pub empty_accounts: usize,
    /// What is paid.
    pub fees: FeeRates,
    /// How fees are rounded.
    pub fee_rounding: FeeRounding,
    /// Where everything is recorded that must survive the end of the process; `None` for memory alone.
    pub journal: Option<PathBuf>,
    /// How tokens are checked.
    pub tokens: TokenCheck,
    /// What a client id that was there before means.
    pub repeated_ids: RepeatedIds,
    /// Whether the key says that it may move money away.
    pub can_transfer: bool,
    /// Whether a resting order is filled where the price touches its limit, or only where it goes through.
    pub touch_fills: bool,
    /// How far from the best price a market order goes before the rest is cancelled, as a fraction.
    pub price_protection: Decimal,
}

/// How fees are rounded, per fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeeRounding {
    /// Twelve places.
    Exact,
    /// Up to eight places.
    UpTo8,
    /// Up to a cent.
    UpToCent,
}

/// How the token of a request is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenCheck {
    /// Not at all; none is needed.
    Off,
    /// That it is one: three parts, its fields, its times and its address; not its signature.
    Shape,
    /// Also its signature.
    Full(PublicKey),
}

/// The public half of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// An uncompressed point of P-256: 65 bytes.
    Ecdsa(Vec<u8>),
    /// 32 bytes.
    Ed25519(Vec<u8>),
}

/// What a client id that was there before means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepeatedIds {
    /// The same body gives the first order again, another body is refused.
    Original,
    /// Refused as a duplicate, whatever the body.
    Refused,
    /// A second order: the worst venue there can be.
    Accepted,
}

/// A product, its rules and where its prices come from.
#[derive(Debug, Clone)]
pub struct ProductConfig {
    /// The base currency, such as `BTC`.
    pub base: String,
    /// Its name.
    pub base_name: String,
    /// The quote currency, such as `USDC`.
    pub quote: String,
    /// Its name.
    pub quote_name: String,
    /// Step of sizes.
    pub base_increment: Decimal,
    /// Step of sizes in the quote currency.
    pub quote_increment: Decimal,
    /// Step of prices.
    pub price_increment: Decimal,
    /// Smallest size.
    pub base_size_min: Decimal,
    /// Largest size.
    pub base_size_max: Decimal,
    /// Smallest value.
    pub quote_size_min: Decimal,
    /// Largest value.
    pub quote_size_max: Decimal,
    /// Where prices and volumes come from.
    pub source: Source,
    /// Distance of the best bid and the best ask, as a fraction of the price.
    pub spread: Decimal,
    /// About the value of one level of the book, in the quote currency.
    pub level_value: Decimal,
    /// Which part of the traded size a resting order gets where the price goes through it, as a fraction; 1 and more
    /// fill all of it at once.
    pub participation: Decimal,
}

/// Where prices and volumes come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A walk made from the venue's seed about a price.
    Seeded {
        /// The price that the walk is about.
        price: Decimal,
        /// How much it moves in a day, as a fraction: 0.03 is 3 %. 0 stands still.
        daily_move: f64,
        /// Traded size of a minute, on average.
        minute_volume: Decimal,
        /// How many of a thousand minutes have no trade.
        quiet_per_mille: u32,
    },
    /// A file of candles of 1 or 5 minutes, `start_unix,open,high,low,close,volume`, played forwards and backwards for
    /// ever, in both directions of time; gaps in it are closed.
    Candles {
        /// The file.
        path: PathBuf,
        /// What its prices are multiplied by.
        price_factor: Decimal,
        /// What its volumes are multiplied by.
        volume_factor: Decimal,
    },
}

fn units(text: &str) -> Decimal {
    // Only called with the digits below; a wrong one would show as 0 in every test.
    Decimal::parse(text).unwrap_or_default()
}

impl ProductConfig {
    /// A seeded product with rules as they are common on the venue.
    #[must_use]
    pub fn seeded(base: &str, quote: &str, price: Decimal) -> Self {
        let fine = units("0.00000001");
        let price_increment = price_step(price);
        let minute_volume = units("30000")
            .checked_div(price)
            .map_or(Decimal::ONE, |size| size.max(fine));
        let minute_volume = if quote.starts_with("USD") {
            minute_volume
        } else {
            units("0.5").checked_div(price).unwrap_or(Decimal::ONE)
        };
        let is_dollar = quote.starts_with("USD");
        Self {
            base: base.to_owned(),
            base_name: name_of(base),
            quote: quote.to_owned(),
            quote_name: name_of(quote),
            base_increment: fine,
            quote_increment: if is_dollar { units("0.01") } else { fine },
            price_increment,
            base_size_min: fine,
            base_size_max: units("1000000000"),
            quote_size_min: if is_dollar {
                Decimal::ONE
            } else {
                units("0.00001")
            },
            quote_size_max: units("150000000"),
            source: Source::Seeded {
                price,
                daily_move: 0.03,
                minute_volume,
                quiet_per_mille: 0,
            },
            spread: units("0.0006"),
            level_value: if is_dollar {
                units("5000")
            } else {
                units("0.1")
            },
            participation: Decimal::ONE,
        }
    }

    /// The product's id.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}-{}", self.base, self.quote)
    }
}

/// A step of a power of ten that is small beside the price: a cent at most, the last place of a decimal at least.
fn price_step(price: Decimal) -> Decimal {
    let mut step = units("0.01");
    while step.units() > 1 && step.units() * 5_000 > price.units() {
        step = Decimal::from_units(step.units() / 10);
    }
    step
}

fn name_of(currency: &str) -> String {
    match currency {
        "BTC" => "Bitcoin",
        "ETH" => "Ethereum",
        "SOL" => "Solana",
        "USD" => "US Dollar",
        other => other,
    }
    .to_owned()
}

impl Config {
    /// A venue with products in USDC and in BTC, a balance of 10,000 USDC, a running clock and no journal.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        let products = [
            ("BTC", "USDC", "64000"),
            ("ETH", "USDC", "3200"),
            ("SOL", "USDC", "150"),
            ("ADA", "USDC", "0.45"),
            ("DOGE", "USDC", "0.12"),
            ("XRP", "USDC", "0.6"),
            ("LTC", "USDC", "80"),
            ("ETH", "BTC", "0.05"),
            ("SOL", "BTC", "0.0023"),
        ]
        .into_iter()
        .map(|(base, quote, price)| ProductConfig::seeded(base, quote, units(price)))
        .collect();
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            seed,
            address: loopback,
            admin_address: loopback,
            start: None,
            speed: 1,
            products,
            balances: vec![("USDC".to_owned(), units("10000"))],
            empty_accounts: 0,
            fees: FeeRates {
                maker: units("0.006"),
                taker: units("0.012"),
            },
            fee_rounding: FeeRounding::Exact,
            journal: None,
            tokens: TokenCheck::Off,
            repeated_ids: RepeatedIds::Original,
            can_transfer: false,
            touch_fills: false,
            price_protection: units("0.03"),
        }
    }
}
