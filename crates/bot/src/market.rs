//! What the venue says of products and balances, put where every bot and every report reads it.

use std::collections::{BTreeMap, BTreeSet};

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_database::{Balance, Changes, Currency, Database, Error, Market, Value, columns};
use cbtrade_exchange::{Account, Product, ProductStatus};

/// What the wallet is called in the column `rp_id` where the venue names no portfolio.
const PORTFOLIO: &str = "default";

/// The venue's word for a product that is gone.
const DELISTED: &str = "delisted";

/// A product as its row.
#[must_use]
pub fn market_row(product: &Product) -> Changes<Market> {
    use columns::mkts as column;
    let flag = |is: bool| i64::from(is);
    let mut row = Changes::new()
        .set(column::prod_id, product.id.as_str())
        .set(column::mkt_name, product.id.as_str())
        .set(column::mkt_venue, product.venue.as_str())
        .set(column::base_curr_symb, product.base_currency.as_str())
        .set(column::base_curr_name, product.base_name.as_str())
        .set(column::base_size_incr, product.base_increment)
        .set(column::base_size_min, product.base_size_min)
        // Currency ids, not names (B-45).
        .set(column::quote_curr_symb, product.quote_currency.as_str())
        .set(column::quote_curr_name, product.quote_name.as_str())
        .set(column::quote_size_incr, product.quote_increment)
        .set(column::quote_size_min, product.quote_size_min)
        .set(column::mkt_status_tf, status(&product.status))
        .set(column::mkt_view_only_tf, flag(product.view_only))
        .set(column::mkt_is_disabled_tf, flag(product.is_disabled))
        .set(column::mkt_cancel_only_tf, flag(product.cancel_only))
        .set(column::mkt_limit_only_tf, flag(product.limit_only))
        .set(column::mkt_post_only_tf, flag(product.post_only))
        .set(
            column::mkt_trading_disabled_tf,
            flag(product.trading_disabled),
        )
        .set(column::mkt_auction_mode_tf, flag(product.auction_mode));
    if let Some(price) = product.price {
        row = row
            .set(column::prc, price)
            .set(column::prc_ask, product.best_ask.unwrap_or(price))
            .set(column::prc_buy, product.best_ask.unwrap_or(price))
            .set(column::prc_bid, product.best_bid.unwrap_or(price))
            .set(column::prc_sell, product.best_bid.unwrap_or(price));
    }
    let maximums = [
        (column::base_size_max, product.base_size_max),
        (column::quote_size_max, product.quote_size_max),
        (column::prc_pct_chg_24h, product.price_change_24h_percent),
        (column::vol_24h, product.volume_24h),
        (column::vol_base_24h, product.volume_24h),
        (column::vol_quote_24h, product.quote_volume_24h),
        (column::vol_pct_chg_24h, product.volume_change_24h_percent),
    ];
    for (column, value) in maximums {
        if let Some(value) = value {
            row = row.set(column, value);
        }
    }
    row
}

fn status(status: &ProductStatus) -> String {
    status.to_string()
}

/// Writes the products of a quote currency; gives how many.
///
/// # Errors
/// The database cannot be reached or refuses a row.
pub async fn write_products(
    database: &Database,
    products: &[Product],
    quote: &str,
) -> Result<usize, Error> {
    let mut written = 0;
    for product in products
        .iter()
        .filter(|product| product.quote_currency == quote)
    {
        database.db_mkts_insupd(&market_row(product)).await?;
        written += 1;
    }
    mark_delisted(database, products, quote).await?;
    Ok(written)
}

/// A row of a product that the venue lists no more would look as it did when it was listed last: online.
async fn mark_delisted(
    database: &Database,
    products: &[Product],
    quote: &str,
) -> Result<(), Error> {
    let listed: BTreeSet<&str> = products.iter().map(|product| product.id.as_str()).collect();
    for row in database.db_mkts_get(None, Some(quote), None).await? {
        let Some(prod_id) = row.prod_id else {
            continue;
        };
        let is_marked = row.mkt_status_tf.as_deref() == Some(DELISTED);
        if !listed.contains(prod_id.as_str()) && !is_marked {
            let changes = Changes::<Market>::new()
                .set(columns::mkts::prod_id, prod_id)
                .set(columns::mkts::mkt_status_tf, DELISTED);
            database.db_mkts_insupd(&changes).await?;
        }
    }
    Ok(())
}

/// Writes the wallet and its value.
///
/// # Errors
/// The database cannot be reached or refuses a row.
pub async fn write_accounts(
    database: &Database,
    accounts: &[Account],
    now: Timestamp,
) -> Result<(), Error> {
    let portfolios = portfolios(database).await?;
    for account in accounts {
        let Some(total) = account.total() else {
            continue;
        };
        // The wallet's row of before, where there is one: the venue may have given it a new id since.
        let portfolio = portfolios
            .get(&account.currency)
            .map_or(PORTFOLIO, String::as_str);
        let currency = Changes::<Currency>::new()
            .set(columns::currs::symb, account.currency.as_str())
            .set(columns::currs::curr_uuid, account.id.as_str())
            .set(columns::currs::name, account.currency.as_str())
            .set(columns::currs::update_dttm, now);
        database.db_currs_insupd(&currency).await?;
        let balance = Changes::<Balance>::new()
            .set(columns::bals::symb, account.currency.as_str())
            .set(columns::bals::curr_uuid, account.id.as_str())
            .set(columns::bals::rp_id, portfolio)
            .set(columns::bals::bal_avail, account.available)
            .set(columns::bals::bal_hold, account.hold)
            .set(columns::bals::bal_tot, total)
            .set(columns::bals::update_dttm, now);
        database.db_bals_insupd(&balance).await?;
    }
    database.db_bals_prc_mkt_upd().await?;
    database.db_currs_prc_mkt_upd().await
}

/// The portfolio of each currency's row.
async fn portfolios(database: &Database) -> Result<BTreeMap<String, String>, Error> {
    let rows = database
        .seld("SELECT symb, rp_id FROM bals ORDER BY bal_id DESC", &[])
        .await?;
    let text = |value: Option<&Value>| match value {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    };
    Ok(rows
        .iter()
        .filter_map(|row| Some((text(row.get("symb"))?, text(row.get("rp_id"))?)))
        .collect())
}

/// The wallet by currency.
#[derive(Debug, Clone, Default)]
pub struct Wallet(BTreeMap<String, (Decimal, Decimal)>);

impl Wallet {
    /// What the venue says.
    #[must_use]
    pub fn of(accounts: &[Account]) -> Self {
        let mut wallet = BTreeMap::new();
        for account in accounts {
            wallet.insert(account.currency.clone(), (account.available, account.hold));
        }
        Self(wallet)
    }

    /// What can be spent or sold now.
    #[must_use]
    pub fn available(&self, currency: &str) -> Decimal {
        self.0
            .get(currency)
            .map_or(Decimal::ZERO, |(available, _)| *available)
    }

    /// Something was sold or spent: it is not there a second time.
    pub(crate) fn spend(&mut self, currency: &str, amount: Decimal) {
        if let Some((available, _)) = self.0.get_mut(currency) {
            *available = available.checked_sub(amount).unwrap_or_default();
        }
    }

    /// What there is in all.
    #[must_use]
    pub fn total(&self, currency: &str) -> Decimal {
        self.0
            .get(currency)
            .map_or(Decimal::ZERO, |(available, hold)| {
                available.checked_add(*hold).unwrap_or(*available)
            })
    }

    /// The currencies.
    pub fn currencies(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}
