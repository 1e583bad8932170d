//! What is replayed, and how.

use cbtrade_bot::settings::{MarketSettings, ProductSettings, Settings, SettingsError};
use cbtrade_core::{Decimal, Timestamp};
use cbtrade_exchange::{Product, ProductStatus};
use cbtrade_indicators::Interval;
use cbtrade_strategy::Strategy;

use crate::costs::Costs;
use crate::error::BacktestError;
use crate::feed::Length;

/// A replay's settings.
#[derive(Debug, Clone)]
pub struct BacktestSettings {
    /// The operator's settings, as a live bot reads them.
    pub market: MarketSettings,
    /// The product, with the sizes in which it is traded.
    pub product: Product,
    /// The quote currency to begin with.
    pub cash: Decimal,
    /// What trading costs.
    pub costs: Costs,
    /// How long the candles are.
    pub length: Length,
    /// Decisions are taken from here on; minutes before it only fill the frames.
    pub from: Option<Timestamp>,
    /// Minutes from here on are not looked at.
    pub to: Option<Timestamp>,
    /// Only these strategies buy, also if they are switched off; empty is as the settings say.
    pub strategies: Vec<Strategy>,
    /// Only on candles of these lengths; empty is as the settings say.
    pub intervals: Vec<Interval>,
    /// Whether strategies count as qualified from the beginning: no buy is moved to paper because its strategy has not shown enough
    /// yet, or because live trading is switched off. All other limits hold.
    pub is_qualified: bool,
}

impl BacktestSettings {
    /// With 10,000 of the quote currency and the usual costs, over all minutes that are given.
    #[must_use]
    pub fn new(market: MarketSettings, product: Product) -> Self {
        Self {
            market,
            product,
            cash: Decimal::from_integer(10_000),
            costs: Costs::default(),
            length: Length::OneMinute,
            from: None,
            to: None,
            strategies: Vec::new(),
            intervals: Vec::new(),
            is_qualified: false,
        }
    }

    /// The product's settings with which decisions are taken.
    #[must_use]
    pub fn resolved(&self) -> ProductSettings {
        let mut settings = self.market.resolve(&self.product.id);
        for strategy in Strategy::ALL {
            let Some(common) = settings.strategies.common_mut(strategy) else {
                continue;
            };
            if !self.strategies.is_empty() {
                common.is_on = self.strategies.contains(&strategy);
            }
            if !self.intervals.is_empty() {
                common
                    .intervals
                    .retain(|interval| self.intervals.contains(interval));
            }
        }
        if self.is_qualified {
            settings.paper_only = false;
            settings.trades_live = true;
            settings.tests.close_cnt_min = 0;
            // Below every loss there can be.
            settings.tests.gain_pct_day_min = Decimal::from_units(i128::MIN);
        }
        settings
    }

    /// What a reader of the result should know of these settings.
    pub(crate) fn notes(&self) -> Vec<String> {
        let prod_id = &self.product.id;
        let settings = self.resolved();
        let pairs = &self.market.pairs;
        let mut notes = Vec::new();
        let mut note = |is: bool, words: &str| {
            if is {
                notes.push(words.to_owned());
            }
        };
        note(
            self.length == Length::FiveMinutes,
            "The candles are of five minutes: decisions are taken every five minutes, and what prices did within them is not seen.",
        );
        note(
            !self.market.is_designated(prod_id),
            "The product is not in pairs.trade_pairs: its live buys share the small amount of undesignated products.",
        );
        let is_barred = pairs.banned.contains(prod_id)
            || pairs.erroneous.contains(prod_id)
            || pairs.stable.contains(prod_id)
            || self
                .market
                .stable_coins
                .contains(&self.product.base_currency);
        note(
            is_barred,
            "A live bot does not buy this product: it is banned, in error or a stable coin by the settings.",
        );
        note(
            settings.paper_only || !settings.trades_live || !settings.trades,
            "By the settings nothing is bought live (paper_trades_only_yn, trade_live_yn, trade_yn), so the equity stays as it is.",
        );
        note(
            settings.sell.never_loss.all,
            "sell.never_sell_loss.all_yn is Y: nothing is sold at a loss, so stops are inert, and losing positions stay open to the end.",
        );
        notes
    }
}

/// The market's settings of a first run, with the product among the designated ones.
///
/// # Errors
///
/// None in practice: the files of a first run can be read.
pub fn example_market(prod_id: &str) -> Result<MarketSettings, BacktestError> {
    let [_, (file, text)] = Settings::example();
    let read = |error: SettingsError| BacktestError::Settings(Box::new(error));
    let mut market = MarketSettings::read(file, text).map_err(read)?;
    market.pairs.traded.insert(prod_id.to_owned());
    Ok(market)
}

/// A product with sizes as they are usual: the smallest buy is 1 of a currency of people or a stable coin, else 0.00001 of the
/// coin that it is paid with; everything comes in steps of 0.00000001, but money of people in hundredths.
///
/// # Errors
///
/// A text that is no product.
pub fn plain_product(prod_id: &str) -> Result<Product, BacktestError> {
    const MONEY: [&str; 9] = [
        "USD", "USDC", "USDT", "EUR", "EURC", "GBP", "DAI", "PYUSD", "SGD",
    ];
    let is_name = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    let Some((base, quote)) = prod_id
        .split_once('-')
        .filter(|(base, quote)| is_name(base) && is_name(quote))
    else {
        return Err(BacktestError::Product(prod_id.to_owned()));
    };
    let smallest = Decimal::from_units(10_000);
    let hundredth = Decimal::from_units(10_000_000_000);
    let (quote_increment, quote_size_min) = if MONEY.contains(&quote) {
        (hundredth, Decimal::ONE)
    } else {
        (smallest, Decimal::from_units(10_000_000))
    };
    Ok(Product {
        id: prod_id.to_owned(),
        base_currency: base.to_owned(),
        quote_currency: quote.to_owned(),
        base_name: base.to_owned(),
        quote_name: quote.to_owned(),
        alias: None,
        venue: String::new(),
        base_increment: smallest,
        quote_increment,
        price_increment: smallest,
        base_size_min: smallest,
        base_size_max: None,
        quote_size_min,
        quote_size_max: None,
        status: ProductStatus::Online,
        is_disabled: false,
        trading_disabled: false,
        cancel_only: false,
        limit_only: false,
        post_only: false,
        auction_mode: false,
        view_only: false,
        price: None,
        best_bid: None,
        best_ask: None,
        price_change_24h_percent: None,
        volume_24h: None,
        volume_change_24h_percent: None,
        quote_volume_24h: None,
        high_24h: None,
        low_24h: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_have_sizes_of_their_quote_currency() {
        let product = plain_product("BTC-USDC").unwrap();
        assert_eq!(product.quote_size_min, Decimal::ONE);
        assert_eq!(product.quote_increment.to_string(), "0.01");
        let product = plain_product("ETH-BTC").unwrap();
        assert_eq!(product.quote_size_min.to_string(), "0.00001");
        for wrong in ["BTC", "btc-usd", "-USD", "BTC-USD-X"] {
            assert!(plain_product(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_choice_of_strategies_switches_on_and_off() {
        let market = MarketSettings::read("market_usdc.json", "{}").unwrap();
        let product = plain_product("BTC-USDC").unwrap();
        let mut settings = BacktestSettings::new(market, product);
        settings.strategies = vec![Strategy::Ht];
        settings.intervals = vec![Interval::OneHour];
        settings.is_qualified = true;
        let resolved = settings.resolved();
        let buyers = |interval| resolved.strategies.buyers(interval).collect::<Vec<_>>();
        assert_eq!(buyers(Interval::OneHour), [Strategy::Ht]);
        assert_eq!(buyers(Interval::OneDay), []);
        assert!(!resolved.paper_only && resolved.tests.close_cnt_min == 0);
    }
}
