//! Which pairs are looked at.

use std::collections::{BTreeMap, BTreeSet};

use cbtrade_bot::decide::{Hindrance, PairsInput, Performance, Product, Source, select_pairs};
use cbtrade_bot::settings::MarketSettings;

use super::given::{decimal, market, market_with};

fn product(prod_id: &str) -> Product {
    Product {
        prod_id: prod_id.to_owned(),
        base: prod_id.split('-').next().unwrap().to_owned(),
        is_online: true,
        volume_quote: Some(decimal("9000000")),
        ..Product::default()
    }
}

fn names(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|one| (*one).to_owned()).collect()
}

struct Given {
    market: MarketSettings,
    products: Vec<Product>,
    performance: BTreeMap<String, Performance>,
    positions: BTreeSet<String>,
    orders: BTreeSet<String>,
}

impl Given {
    fn new(market: MarketSettings, products: &[&str]) -> Self {
        Self {
            market,
            products: products.iter().map(|one| product(one)).collect(),
            performance: BTreeMap::new(),
            positions: BTreeSet::new(),
            orders: BTreeSet::new(),
        }
    }

    fn selected(&self) -> (Vec<cbtrade_bot::decide::Pair>, Vec<(String, Hindrance)>) {
        select_pairs(&PairsInput {
            settings: &self.market,
            products: &self.products,
            performance: &self.performance,
            with_positions: &self.positions,
            with_orders: &self.orders,
        })
    }
}

#[test]
fn b11_open_positions_and_orders_are_managed_whatever_became_of_the_product() {
    let banned = market_with("\"ban_pairs\": []", "\"ban_pairs\": [\"ADA-USDC\"]");
    let mut given = Given::new(banned, &["ADA-USDC", "XRP-USDC", "BTC-USDC", "USDT-USDC"]);
    given.products[1].is_limit_only = true;
    given.positions = names(&["ADA-USDC", "XRP-USDC", "GONE-USDC"]);
    given.orders = names(&["USDT-USDC"]);
    let (pairs, left_out) = given.selected();
    let managed: BTreeSet<&str> = pairs
        .iter()
        .filter(|pair| pair.is_managed && !pair.buys)
        .map(|pair| pair.prod_id.as_str())
        .collect();
    // Banned, limit only, gone from the list, and stable: each is followed, and none is bought.
    assert_eq!(
        managed,
        BTreeSet::from(["ADA-USDC", "GONE-USDC", "USDT-USDC", "XRP-USDC"])
    );
    let ada = pairs
        .iter()
        .find(|pair| pair.prod_id == "ADA-USDC")
        .unwrap();
    assert_eq!(ada.hindrance, Some(Hindrance::Banned));
    assert!(
        pairs
            .iter()
            .any(|pair| pair.prod_id == "BTC-USDC" && pair.buys)
    );
    assert!(
        left_out
            .iter()
            .any(|(prod_id, why)| prod_id == "ETH-USDC" && *why == Hindrance::Unknown)
    );
}

#[test]
fn lists_add_the_best_and_the_round_begins_with_the_best() {
    let mut given = Given::new(
        market(),
        &["BTC-USDC", "AAA-USDC", "BBB-USDC", "CCC-USDC", "USDT-USDC"],
    );
    let gain = |pct: &str, amt: &str, hour: &str| Performance {
        gain_pct: decimal(pct),
        gain_amt: decimal(amt),
        gain_pct_hour: decimal(hour),
        ..Performance::default()
    };
    given
        .performance
        .insert("AAA-USDC".to_owned(), gain("0.05", "20", "0.3"));
    given
        .performance
        .insert("BBB-USDC".to_owned(), gain("7", "19.99", "0.5"));
    given
        .performance
        .insert("BTC-USDC".to_owned(), gain("1", "1", "0.4"));
    given.products[3].price_change_pct = Some(decimal("5.01"));
    given.products[4].price_change_pct = Some(decimal("50"));
    let (pairs, left_out) = given.selected();
    let order: Vec<&str> = pairs.iter().map(|pair| pair.prod_id.as_str()).collect();
    assert_eq!(order, ["BBB-USDC", "BTC-USDC", "AAA-USDC", "CCC-USDC"]);
    let sources = |place: usize| pairs[place].sources.iter().copied().collect::<Vec<_>>();
    assert_eq!(sources(0), [Source::TopPerformance]);
    assert_eq!(sources(1), [Source::Designated, Source::TopPerformance]);
    assert_eq!(sources(2), [Source::TopGains]);
    assert_eq!(sources(3), [Source::PriceChange]);
    assert!(
        left_out
            .iter()
            .any(|(prod_id, why)| prod_id == "USDT-USDC" && *why == Hindrance::Stable)
    );
    given.products[3].volume_quote = Some(decimal("4999999"));
    assert_eq!(given.selected().0.len(), 3);
}
