//! What a market order costs: fee, spread, slippage. All percentages are in percent.

use cbtrade_bot::decide::{self, BuyFill, SellFill};
use cbtrade_core::Decimal;

use crate::error::BacktestError;

const HUNDRED: Decimal = Decimal::from_integer(100);

/// Arithmetic that says what it could not compute.
macro_rules! exact {
    ($name:ident, $checked:ident) => {
        pub(crate) fn $name(
            one: Decimal,
            other: Decimal,
            what: &'static str,
        ) -> Result<Decimal, BacktestError> {
            one.$checked(other)
                .ok_or(BacktestError::OutOfRange { what })
        }
    };
}

exact!(sum, checked_add);
exact!(difference, checked_sub);
exact!(product, checked_mul);
exact!(quotient, checked_div);

/// What trading costs beside the price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Costs {
    /// The taker's fee, of what is filled.
    pub fee_pct: Decimal,
    /// How far buy and sell price are apart, of the price in the middle.
    pub spread_pct: Decimal,
    /// How much worse than the best price an order is filled.
    pub slippage_pct: Decimal,
}

impl Default for Costs {
    /// A fee of 0.4 %, which is what bots reckon with on paper; five hundredths of a percent for spread and slippage each.
    fn default() -> Self {
        let hundredths = |number: i128| Decimal::from_units(number * 10_000_000_000);
        Self {
            fee_pct: hundredths(40),
            spread_pct: hundredths(5),
            slippage_pct: hundredths(5),
        }
    }
}

/// Prices at a moment, as a bot reads them from the order book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotes {
    /// What a buy costs for one coin.
    pub prc_buy: Decimal,
    /// What a sale brings for one coin.
    pub prc_sell: Decimal,
    /// How far they are apart, in percent.
    pub spread_pct: Decimal,
}

impl Costs {
    /// The same, if they can be.
    ///
    /// # Errors
    ///
    /// A percentage below 0, or so large that nothing would be left.
    pub fn checked(self) -> Result<Self, BacktestError> {
        let all = [
            ("a fee", self.fee_pct),
            ("a spread", self.spread_pct),
            ("a slippage", self.slippage_pct),
        ];
        for (name, value) in all {
            if value < Decimal::ZERO || value > Decimal::from_integer(50) {
                return Err(BacktestError::Cost {
                    name,
                    value: value.to_string(),
                    wanted: "it is from 0 to 50",
                });
            }
        }
        Ok(self)
    }

    /// Half the spread, in percent.
    fn half_spread_pct(&self) -> Decimal {
        Decimal::from_units(self.spread_pct.units() / 2)
    }

    /// So many percent of a price more, or (below zero) less.
    fn moved(price: Decimal, pct: Decimal) -> Result<Decimal, BacktestError> {
        let part = sum(HUNDRED, pct, "price")?;
        let part = quotient(part, HUNDRED, "price")?;
        product(price, part, "price")
    }

    /// The prices of an order book whose middle is the last price.
    ///
    /// # Errors
    ///
    /// A price that is too large.
    pub fn quotes(&self, price: Decimal) -> Result<Quotes, BacktestError> {
        let half = self.half_spread_pct();
        let prc_buy = Self::moved(price, half)?;
        let prc_sell = Self::moved(price, negative(half))?;
        let spread_pct = decide::spread_pct(prc_buy, prc_sell);
        Ok(Quotes {
            prc_buy,
            prc_sell,
            spread_pct: spread_pct.map_err(|_| BacktestError::OutOfRange { what: "spread" })?,
        })
    }

    /// The price that a market order to buy is filled at where the market stands at `price`.
    ///
    /// # Errors
    ///
    /// A price that is too large.
    pub fn buy_price(&self, price: Decimal) -> Result<Decimal, BacktestError> {
        let worse = sum(self.half_spread_pct(), self.slippage_pct, "price")?;
        Self::moved(price, worse)
    }

    /// The price that a market order to sell is filled at.
    ///
    /// # Errors
    ///
    /// A price that is too large.
    pub fn sell_price(&self, price: Decimal) -> Result<Decimal, BacktestError> {
        let worse = sum(self.half_spread_pct(), self.slippage_pct, "price")?;
        Self::moved(price, negative(worse))
    }

    fn fee_of(&self, value: Decimal) -> Result<Decimal, BacktestError> {
        quotient(product(value, self.fee_pct, "fee")?, HUNDRED, "fee")
    }

    /// A market order for so much of the quote currency, its fee included, as the exchange takes it; coins come in whole steps,
    /// and what does not buy another step is not spent. None where it does not buy even one.
    ///
    /// # Errors
    ///
    /// A number that is too large.
    pub fn buy(
        &self,
        size: Decimal,
        price: Decimal,
        prc_estimate: Decimal,
        base_step: Decimal,
    ) -> Result<Option<BuyFill>, BacktestError> {
        let gross = Self::moved(price, self.fee_pct)?;
        if gross.is_zero() {
            return Ok(None);
        }
        let mut base = quotient(size, gross, "buy")?.floor_to(base_step);
        loop {
            if base <= Decimal::ZERO {
                return Ok(None);
            }
            let value = product(base, price, "buy")?;
            let fee_amt = self.fee_of(value)?;
            let spent_amt = sum(value, fee_amt, "buy")?;
            if spent_amt <= size {
                return Ok(Some(BuyFill {
                    base_cnt: base,
                    spent_amt,
                    fee_amt,
                    prc_fill: price,
                    prc_estimate,
                }));
            }
            // The division's last digit was rounded up.
            base = difference(base, base_step.max(Decimal::from_units(1)), "buy")?;
        }
    }

    /// A market order to sell so many coins.
    ///
    /// # Errors
    ///
    /// A number that is too large.
    pub fn sell(
        &self,
        base_cnt: Decimal,
        price: Decimal,
        prc_estimate: Decimal,
    ) -> Result<SellFill, BacktestError> {
        let value = product(base_cnt, price, "sale")?;
        let fee_amt = self.fee_of(value)?;
        Ok(SellFill {
            base_cnt,
            received_amt: difference(value, fee_amt, "sale")?,
            fee_amt,
            prc_estimate,
            prc_fill: price,
        })
    }
}

pub(crate) fn negative(number: Decimal) -> Decimal {
    Decimal::from_units(number.units().saturating_neg())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    fn costs() -> Costs {
        Costs {
            fee_pct: decimal("0.5"),
            spread_pct: decimal("0.2"),
            slippage_pct: decimal("0.1"),
        }
    }

    #[test]
    fn prices_are_worse_on_either_side() {
        let quotes = costs().quotes(decimal("100")).unwrap();
        assert_eq!(quotes.prc_buy.to_string(), "100.1");
        assert_eq!(quotes.prc_sell.to_string(), "99.9");
        assert_eq!(quotes.spread_pct.to_string(), "0.2");
        assert_eq!(
            costs().buy_price(decimal("100")).unwrap().to_string(),
            "100.2"
        );
        assert_eq!(
            costs().sell_price(decimal("100")).unwrap().to_string(),
            "99.8"
        );
    }

    #[test]
    fn a_buy_spends_its_size_at_most_and_a_sale_pays_its_fee() {
        let fill = costs()
            .buy(decimal("10"), decimal("3"), decimal("2.9"), decimal("0.01"))
            .unwrap()
            .unwrap();
        // 10 / 3.015 = 3.3167…, so 3.31 coins for 9.93 and a fee of 0.04965.
        assert_eq!(fill.base_cnt.to_string(), "3.31");
        assert_eq!(fill.fee_amt.to_string(), "0.04965");
        assert_eq!(fill.spent_amt.to_string(), "9.97965");
        let none = costs().buy(decimal("0.01"), decimal("3"), decimal("3"), decimal("0.01"));
        assert_eq!(none.unwrap(), None);
        let sold = costs()
            .sell(decimal("3.31"), decimal("4"), decimal("4"))
            .unwrap();
        assert_eq!(sold.received_amt.to_string(), "13.1738");
        assert_eq!(sold.fee_amt.to_string(), "0.0662");
    }

    #[test]
    fn costs_that_cannot_be_are_refused() {
        let free = Costs {
            fee_pct: decimal("-0.1"),
            ..costs()
        };
        assert!(
            free.checked()
                .unwrap_err()
                .to_string()
                .contains("a fee of -0.1 %")
        );
    }
}
