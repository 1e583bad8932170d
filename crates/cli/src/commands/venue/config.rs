//! What a local venue is made of, from the command line, a folder of candles and the database's positions.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

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
        let fleet = Fleet::of(context, arguments.fleet.as_deref())?;
        add_positions(&fleet, &mut config, &mut balances).await?;
    }
    balances.extend(arguments.balances.iter().cloned());
    config.balances = balances.into_iter().collect();
    Ok(config)
}

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
) -> Result<(), CommandError> {
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
            offer(config, ProductConfig::seeded(base, quote, price));
        }
    }
    coins.retain(|_, count| *count > Decimal::ZERO);
    balances.extend(coins);
    Ok(())
}
