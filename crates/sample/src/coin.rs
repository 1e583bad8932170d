//! The coins that are traded.

/// A coin and how the venue trades it against dollars.
#[derive(Debug, Clone)]
pub(crate) struct Coin {
    pub(crate) symbol: String,
    pub(crate) name: String,
    /// The price that the walk keeps coming back to, in dollars.
    pub(crate) price: f64,
    /// Prices are multiples of this.
    pub(crate) price_step: f64,
    /// Amounts are multiples of this.
    pub(crate) size_step: f64,
    /// Smallest amount of an order.
    pub(crate) size_min: f64,
    /// How much the price moves in a minute, as a share of it.
    pub(crate) volatility: f64,
}

/// Symbol, name, price, step of prices, step of amounts, smallest amount, volatility.
type Listing = (&'static str, &'static str, f64, f64, f64, f64, f64);

const LISTINGS: [Listing; 12] = [
    ("BTC", "Bitcoin", 61_000.0, 0.01, 1e-8, 1e-6, 0.000_55),
    ("ETH", "Ethereum", 2_600.0, 0.01, 1e-8, 1e-5, 0.000_7),
    ("SOL", "Solana", 145.0, 0.01, 1e-8, 1e-4, 0.000_95),
    ("SHIB", "Shiba Inu", 1.3e-5, 1e-8, 1.0, 100.0, 0.001_1),
    TINY,
    ("ADA", "Cardano", 0.46, 1e-4, 1e-8, 0.1, 0.000_9),
    ("XRP", "XRP", 0.62, 1e-4, 1e-6, 0.1, 0.000_85),
    ("DOGE", "Dogecoin", 0.13, 1e-5, 0.1, 1.0, 0.001_1),
    ("AVAX", "Avalanche", 27.0, 0.01, 1e-8, 0.01, 0.001),
    ("LINK", "Chainlink", 13.5, 0.001, 0.01, 0.1, 0.000_95),
    ("LTC", "Litecoin", 78.0, 0.01, 1e-8, 0.001, 0.000_75),
    ("DOT", "Polkadot", 5.9, 0.001, 1e-8, 0.1, 0.000_9),
];

/// The coin whose prices twelve decimals cannot hold.
const TINY: Listing = (
    "BABYDOGE",
    "Baby Doge Coin",
    TINY_PRICE,
    1e-13,
    1.0,
    1e6,
    0.001_2,
);

/// A price of which twelve decimals keep one digit.
pub(crate) const TINY_PRICE: f64 = 5.12e-10;

/// The first `count` coins; the tiny one among them only if it is wanted.
pub(crate) fn coins(count: u32, tiny_wanted: bool) -> Vec<Coin> {
    let listed = LISTINGS
        .into_iter()
        .filter(|listing| tiny_wanted || listing.0 != TINY.0)
        .map(
            |(symbol, name, price, price_step, size_step, size_min, volatility)| Coin {
                symbol: symbol.to_owned(),
                name: name.to_owned(),
                price,
                price_step,
                size_step,
                size_min,
                volatility,
            },
        );
    let further = (1_u32..).map(|number| Coin {
        symbol: format!("COIN{number}"),
        name: format!("Coin {number}"),
        price: 0.05 * f64::from(number),
        price_step: 1e-4,
        size_step: 1e-6,
        size_min: 0.01,
        volatility: 0.001,
    });
    listed
        .chain(further)
        .zip(0..count)
        .map(|(coin, _)| coin)
        .collect()
}

impl Coin {
    pub(crate) fn is_tiny(&self) -> bool {
        self.symbol == TINY.0
    }

    pub(crate) fn product_id(&self) -> String {
        format!("{}-{QUOTE}", self.symbol)
    }

    /// The nearest price the venue trades at, by the multiplication a Python bot would use.
    pub(crate) fn price_at_step(&self, price: f64) -> f64 {
        (price / self.price_step).round().max(1.0) * self.price_step
    }

    /// The largest amount within `size` that the venue trades.
    pub(crate) fn size_at_step(&self, size: f64) -> f64 {
        (size / self.size_step).floor() * self.size_step
    }
}

/// The currency everything is paid in.
pub(crate) const QUOTE: &str = "USDC";

/// Rounds as the bots do, to this many places.
pub(crate) fn round(number: f64, places: i32) -> f64 {
    let shift = [1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8]
        .get(usize::try_from(places).unwrap_or_default())
        .copied()
        .unwrap_or(1.0);
    (number * shift).round_ties_even() / shift
}

/// Rounds a price to eight places, unless it is so small that nothing would be left of it.
pub(crate) fn round_price(price: f64) -> f64 {
    if price < 0.001 {
        price
    } else {
        round(price, 8)
    }
}
