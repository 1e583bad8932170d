//! What a local venue is made of, from the command line, a folder of candles and the database's positions.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use cbtrade_coinbase_sim::{Config, ProductConfig, Source};
use cbtrade_core::Decimal;
use cbtrade_database::TradeFilter;

use super::run::Arguments;
use crate::commands::Context;
use crate::commands::fleet::Fleet;
use crate::error::{CommandError, Kind};

/// States of positions whose product must be there to sell them.
const OPEN_STATES: [&str; 2] = ["OPEN", "SELL"];

pub(super) async fn of(
    context: &Context<'_>,
    arguments: &Arguments,
) -> Result<Config, CommandError> {
    for (number, (currency, _)) in arguments.balances.iter().enumerate() {
        let mut before = arguments.balances.iter().take(number);
        if before.any(|(other, _)| other == currency) {
            return Err(CommandError::new(
                Kind::Usage,
                format!("--balance names {currency} twice; which one counts would be chance"),
            ));
        }
    }
    let mut config = Config::seeded(arguments.seed);
    let address = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    config.address = address(arguments.port);
    config.admin_address = address(arguments.port.saturating_add(1));
    config.speed = arguments.speed;
    config.journal.clone_from(&arguments.journal);
    let mut balances: BTreeMap<String, Decimal> = config.balances.drain(..).collect();
    if let Some(folder) = &arguments.candles {
        for product in of_candles(folder)? {
            offer(&mut config, product);
        }
    }
    if arguments.balances_from_positions {
        let kept = arguments.journal.as_deref().map(kept_beside);
        match kept.as_deref().map(read_kept) {
            Some(Ok(Some(products))) => {
                for (base, quote, price) in products {
                    offer(&mut config, ProductConfig::seeded(&base, &quote, price));
                }
            }
            Some(Err(error)) => return Err(error),
            Some(Ok(None)) | None => {
                let fleet = Fleet::of(context, arguments.fleet.as_deref())?;
                let products = add_positions(&fleet, &mut config, &mut balances).await?;
                if let Some(path) = kept {
                    write_kept(&path, &products)?;
                }
            }
        }
    }
    balances.extend(arguments.balances.iter().cloned());
    config.balances = balances.into_iter().collect();
    Ok(config)
}

/// Where the products of the first start are kept: a journal goes on with the same ones, and positions' prices move.
fn kept_beside(journal: &Path) -> PathBuf {
    let mut name = journal.as_os_str().to_owned();
    name.push(".products.json");
    PathBuf::from(name)
}

fn read_kept(path: &Path) -> Result<Option<Vec<Offered>>, CommandError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(kept_error(path, &error)),
    };
    let rows: Vec<(String, String, String)> =
        serde_json::from_str(&text).map_err(|error| kept_error(path, &error))?;
    rows.into_iter()
        .map(|(base, quote, price)| {
            let price = Decimal::parse(&price).map_err(|error| kept_error(path, &error))?;
            Ok((base, quote, price))
        })
        .collect::<Result<_, _>>()
        .map(Some)
}

fn write_kept(path: &Path, products: &[Offered]) -> Result<(), CommandError> {
    let rows: Vec<(&str, &str, String)> = products
        .iter()
        .map(|(base, quote, price)| (base.as_str(), quote.as_str(), price.to_string()))
        .collect();
    let text = serde_json::to_string(&rows).map_err(|error| kept_error(path, &error))?;
    std::fs::write(path, text).map_err(|error| kept_error(path, &error))
}

fn kept_error(path: &Path, source: &(dyn std::error::Error + 'static)) -> CommandError {
    CommandError::new(
        Kind::Unreachable,
        format!("the venue's products cannot be kept in {}", path.display()),
    )
    .because(source)
    .hint("Name another journal with --journal, or remove this one and its products to begin anew.")
}

/// Base, quote, price.
type Offered = (String, String, Decimal);

/// Puts a product in the place of the one of the same name, or beside the others.
fn offer(config: &mut Config, product: ProductConfig) {
    let id = product.id();
    config.products.retain(|known| known.id() != id);
    config.products.push(product);
}

/// A product for each file `BASE-QUOTE….csv`.
fn of_candles(folder: &Path) -> Result<Vec<ProductConfig>, CommandError> {
    let failed = |path: &Path, source: std::io::Error| {
        CommandError::new(
            Kind::Unreachable,
            format!("the candles in {} cannot be read", path.display()),
        )
        .because(&source)
    };
    let entries = std::fs::read_dir(folder).map_err(|source| failed(folder, source))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|source| failed(folder, source))?.path();
        if path.extension().is_some_and(|ending| ending == "csv") {
            paths.push(path);
        }
    }
    paths.sort();
    if paths.is_empty() {
        return Err(CommandError::new(
            Kind::Usage,
            format!("there is no .csv file in {}", folder.display()),
        )
        .hint("A file per product, named after it: BTC-USDC.csv, with a header and start_unix,open,high,low,close,volume"));
    }
    let mut products = Vec::new();
    for path in paths {
        let name = path.file_stem().map(|name| name.to_string_lossy());
        let name = name.unwrap_or_default().to_ascii_uppercase();
        let mut parts = name.split('-');
        let (Some(base), Some(quote)) = (parts.next(), parts.next()) else {
            return Err(CommandError::new(
                Kind::Usage,
                format!("{} does not say its product by its name", path.display()),
            )
            .hint("Name it after the product, such as BTC-USDC.csv"));
        };
        let text = std::fs::read_to_string(&path).map_err(|source| failed(&path, source))?;
        let open = text.lines().nth(1).and_then(|line| line.split(',').nth(1));
        let price = open.and_then(|open| Decimal::parse_rounded(open).ok());
        let Some(price) = price else {
            return Err(CommandError::new(
                Kind::Refused,
                format!("{} has no candle in its second line", path.display()),
            ));
        };
        let mut product = ProductConfig::seeded(base, quote, price);
        product.source = Source::Candles {
            path,
            price_factor: Decimal::ONE,
            volume_factor: Decimal::ONE,
        };
        products.push(product);
    }
    Ok(products)
}

/// The coins that live positions hold, and the products of all that are open, at the price that they had.
async fn add_positions(
    fleet: &Fleet<'_>,
    config: &mut Config,
    balances: &mut BTreeMap<String, Decimal>,
) -> Result<Vec<Offered>, CommandError> {
    let mut offered: BTreeMap<(String, String), Decimal> = BTreeMap::new();
    let database = fleet.database(&fleet.config()?).await?;
    let all = TradeFilter::default();
    let mut coins: BTreeMap<String, Decimal> = BTreeMap::new();
    for position in database.db_poss_get(all, None, None).await? {
        let row = position.row;
        let is_live = row.test_txn_yn.as_deref().map(str::trim_end) == Some("N");
        if let (true, Some(currency), Some(count)) = (is_live, row.base_symb, row.hold_cnt) {
            let sum = coins.entry(currency).or_default();
            *sum = sum.checked_add(count).unwrap_or(*sum);
        }
        let is_open = row
            .pos_stat
            .is_some_and(|state| OPEN_STATES.contains(&state.as_str()));
        let prices = [row.prc_curr, row.prc_buy].into_iter().flatten();
        let price = prices.into_iter().find(|price| *price > Decimal::ZERO);
        let (Some(prod_id), Some(price)) = (row.prod_id, price) else {
            continue;
        };
        if let Some((base, quote)) = prod_id.split_once('-')
            && is_open
        {
            offered.insert((base.to_owned(), quote.to_owned()), price);
        }
    }
    coins.retain(|_, count| *count > Decimal::ZERO);
    balances.extend(coins);
    let offered: Vec<Offered> = offered
        .into_iter()
        .map(|((base, quote), price)| (base, quote, price))
        .collect();
    for (base, quote, price) in &offered {
        offer(config, ProductConfig::seeded(base, quote, *price));
    }
    Ok(offered)
}
