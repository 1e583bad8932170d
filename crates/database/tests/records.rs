//! The records against the catalogue: names, order and types.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

use cbtrade_catalog::{candle_table, table};
use cbtrade_database::{
    Balance, BuyDecision, BuyOrder, BuySignal, BuyStrategy, Candle, Currency, Market, MarketCheck,
    Order, Position, Record, SellOrder, StrategyPerformance, TradePerformance,
};

fn agrees<R: Record>() {
    let table = if R::TABLE == "ohlcv" {
        candle_table()
    } else {
        table(R::TABLE).unwrap()
    };
    let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    assert_eq!(R::COLUMNS, names, "{}", R::TABLE);
}

#[test]
fn every_record_has_the_columns_of_its_table() {
    agrees::<Balance>();
    agrees::<BuyDecision>();
    agrees::<BuyOrder>();
    agrees::<BuySignal>();
    agrees::<BuyStrategy>();
    agrees::<Candle>();
    agrees::<Currency>();
    agrees::<Market>();
    agrees::<MarketCheck>();
    agrees::<Order>();
    agrees::<Position>();
    agrees::<SellOrder>();
    agrees::<StrategyPerformance>();
    agrees::<TradePerformance>();
}
