//! Filters that many methods share.

use crate::conditions::Conditions;
use crate::error::{Call, Error, ErrorKind};

/// Which positions or performance rows are meant. Every part is optional; what is `None` or empty does not restrict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TradeFilter<'a> {
    /// Base currency, such as `BTC`.
    pub base_symb: Option<&'a str>,
    /// Quote currency, such as `USDC`.
    pub quote_symb: Option<&'a str>,
    /// Product, such as `BTC-USDC`.
    pub prod_id: Option<&'a str>,
    /// `up` or `dn`.
    pub buy_strat_type: Option<&'a str>,
    /// Strategy, such as `sha`.
    pub buy_strat_name: Option<&'a str>,
    /// Candle length, such as `15min`.
    pub buy_strat_freq: Option<&'a str>,
    /// `L` (or `N`) for live rows, `T` (or `Y`) for paper rows, `A` for all; any other letter is refused.
    pub lta: Option<&'a str>,
}

/// Which products are meant. Every part is optional; what is `None` or empty does not restrict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProductFilter<'a> {
    /// Base currency, such as `BTC`.
    pub base_symb: Option<&'a str>,
    /// Quote currency, such as `USDC`.
    pub quote_symb: Option<&'a str>,
    /// Product, such as `BTC-USDC`.
    pub prod_id: Option<&'a str>,
    /// `L` (or `N`) for live rows, `T` (or `Y`) for paper rows, `A` for all; any other letter is refused.
    pub lta: Option<&'a str>,
}

impl<'a> From<ProductFilter<'a>> for TradeFilter<'a> {
    fn from(filter: ProductFilter<'a>) -> TradeFilter<'a> {
        TradeFilter {
            base_symb: filter.base_symb,
            quote_symb: filter.quote_symb,
            prod_id: filter.prod_id,
            lta: filter.lta,
            ..TradeFilter::default()
        }
    }
}

impl TradeFilter<'_> {
    /// The conditions but for `lta`, which every table keeps in its own way. `alias` is the table's name in the query with
    /// a point, or empty; `quote` is the column of the quote currency.
    pub(crate) fn conditions(
        &self,
        conditions: Conditions,
        alias: &str,
        quote: &str,
    ) -> Conditions {
        conditions
            .text(&format!("{alias}base_symb"), self.base_symb)
            .text(&format!("{alias}{quote}"), self.quote_symb)
            .text(&format!("{alias}prod_id"), self.prod_id)
            .text(&format!("{alias}buy_strat_type"), self.buy_strat_type)
            .text(&format!("{alias}buy_strat_name"), self.buy_strat_name)
            .text(&format!("{alias}buy_strat_freq"), self.buy_strat_freq)
    }

    /// The conditions on positions, `lta` among them.
    pub(crate) fn positions(
        &self,
        call: Call,
        conditions: Conditions,
    ) -> Result<Conditions, Error> {
        let class = Class::read(call, "lta", self.lta)?;
        Ok(Class::positions(
            class,
            self.conditions(conditions, "", "symb"),
            "",
        ))
    }
}

/// Live, paper, or both. Positions keep it as `test_txn_yn`, performance rows as `lta`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Live,
    Test,
    All,
}

impl Class {
    /// The classes that a product or strategy has a performance row for.
    pub(crate) const EACH: [Class; 3] = [Class::All, Class::Live, Class::Test];

    /// Reads a caller's letter, of either alphabet; none for no text or an empty one.
    pub(crate) fn read(
        call: Call,
        column: &str,
        text: Option<&str>,
    ) -> Result<Option<Class>, Error> {
        let text = text.map(str::trim).filter(|text| !text.is_empty());
        match text.map(str::to_ascii_uppercase).as_deref() {
            None => Ok(None),
            Some("L" | "N") => Ok(Some(Class::Live)),
            Some("T" | "Y") => Ok(Some(Class::Test)),
            Some("A") => Ok(Some(Class::All)),
            Some(other) => Err(Error::new(call, ErrorKind::ValueRejected)
                .column(column)
                .detail(format!(
                    "`{other}` is none of L (live), T (paper) and A (all), nor N or Y"
                ))),
        }
    }

    /// As [`Class::read`], where a class must be given.
    pub(crate) fn required(call: Call, text: &str) -> Result<Class, Error> {
        Class::read(call, "lta", Some(text))?
            .ok_or_else(|| Error::new(call, ErrorKind::MissingKey).column("lta"))
    }

    /// The letter in `lta`.
    pub(crate) fn letter(self) -> &'static str {
        match self {
            Class::Live => "L",
            Class::Test => "T",
            Class::All => "A",
        }
    }

    /// The letter in `test_txn_yn`; none for both.
    pub(crate) fn test_txn_yn(self) -> Option<&'static str> {
        match self {
            Class::Live => Some("N"),
            Class::Test => Some("Y"),
            Class::All => None,
        }
    }

    /// The condition on positions or orders. `alias` is the table's name in the query with a point, or empty.
    pub(crate) fn positions(
        class: Option<Class>,
        conditions: Conditions,
        alias: &str,
    ) -> Conditions {
        conditions.text(
            &format!("{alias}test_txn_yn"),
            class.and_then(Class::test_txn_yn),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: Call = Call {
        method: "test",
        table: "poss",
    };

    #[test]
    fn both_alphabets_are_read_and_others_refused() {
        let read = |text| Class::read(CALL, "lta", text);
        assert_eq!(read(None).unwrap(), None);
        assert_eq!(read(Some(" ")).unwrap(), None);
        for (live, test) in [("L", "T"), ("N", "Y"), ("l", "y")] {
            assert_eq!(read(Some(live)).unwrap(), Some(Class::Live));
            assert_eq!(read(Some(test)).unwrap(), Some(Class::Test));
        }
        assert_eq!(read(Some("A")).unwrap(), Some(Class::All));
        let error = read(Some("X")).unwrap_err();
        assert_eq!(error.kind, ErrorKind::ValueRejected);
        assert_eq!(error.column.as_deref(), Some("lta"));
        assert_eq!(
            Class::required(CALL, "").unwrap_err().kind,
            ErrorKind::MissingKey
        );
    }
}
