//! How long ago a strategy last bought a product.

use cbtrade_core::Decimal;

use super::call;
use crate::conditions::Conditions;
use crate::database::Database;
use crate::error::{Call, Error};
use crate::methods::filter::{Class, TradeFilter};

/// Minutes that stand for "never", and for anything longer ago than [`MINUTES_MAX`].
const NEVER: i64 = 9_999;
/// Minutes beyond which it does not matter how long ago something was.
const MINUTES_MAX: i64 = 100_000;

/// Minutes since a strategy's last events on a product; 9999 for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed {
    /// Since the last buy order that is open or filled.
    pub buy_mins: Decimal,
    /// Since a position last began or ended.
    pub pos_mins: Decimal,
    /// The smaller of both.
    pub elapsed_mins: Decimal,
}

impl Database {
    /// Minutes since a strategy's last buy order on a product, and since the last begin or end of a position of it.
    ///
    /// # Errors
    /// The database cannot be reached; an unknown letter in `test_txn_yn`.
    pub async fn db_mkt_strat_elapsed_get(
        &self,
        prod_id: &str,
        buy_strat_type: &str,
        buy_strat_name: &str,
        buy_strat_freq: &str,
        test_txn_yn: Option<&str>,
    ) -> Result<Elapsed, Error> {
        const CALL: Call = call("db_mkt_strat_elapsed_get");
        let class = Class::read(CALL, "test_txn_yn", test_txn_yn)?;
        let filter = TradeFilter {
            buy_strat_type: Some(buy_strat_type),
            buy_strat_name: Some(buy_strat_name),
            buy_strat_freq: Some(buy_strat_freq),
            ..TradeFilter::default()
        };
        let dialect = self.dialect();
        let strategy = |conditions: Conditions| {
            let conditions = conditions.with(dialect.text_is("prod_id"), [prod_id.into()]);
            Class::positions(class, filter.conditions(conditions, "", "symb"), "")
        };
        let bought =
            strategy(self.regarded()).fixed(dialect.text_in("ord_stat", &["OPEN", "FILL"]));
        let (bought, mut values) = bought.finish();
        let (held, held_values) = strategy(self.regarded()).finish();
        values.extend(held_values);
        let sql = format!(
            "SELECT {}, (SELECT MAX(buy_begin_unix) FROM buy_ords{bought}), \
             (SELECT MAX(CASE WHEN pos_end_unix > pos_begin_unix THEN pos_end_unix ELSE pos_begin_unix END) FROM poss{held})",
            dialect.now_seconds()
        );
        let mut times = [None; 3];
        if let Some(mut row) = self.rows(CALL, &sql, values).await?.into_iter().next() {
            for (place, time) in times.iter_mut().enumerate() {
                *time = row
                    .take(place)
                    .map_err(|source| Error::answer(CALL, source))?;
            }
        }
        let [now, buy, position] = times;
        let (buy_mins, pos_mins) = (minutes(now, buy), minutes(now, position));
        Ok(Elapsed {
            buy_mins,
            pos_mins,
            elapsed_mins: buy_mins.min(pos_mins),
        })
    }
}

fn minutes(now: Option<i64>, then: Option<i64>) -> Decimal {
    let never = Decimal::from_integer(NEVER);
    // 0 seconds are how the tables write an unknown time.
    let (Some(now), Some(then)) = (now, then.filter(|then| *then > 0)) else {
        return never;
    };
    let minutes = Decimal::from_integer(now.saturating_sub(then))
        .checked_div(Decimal::from_integer(60))
        .map_or(never, |minutes| minutes.round(4));
    if minutes > Decimal::from_integer(MINUTES_MAX) {
        never
    } else {
        minutes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_ago_and_never_are_the_same() {
        let shown = |then| minutes(Some(1_760_000_000), then).to_string();
        assert_eq!(shown(Some(1_759_999_643)), "5.95");
        assert_eq!(shown(Some(1_760_000_000 - 100_000 * 60)), "100000");
        assert_eq!(shown(Some(1_760_000_000 - 100_000 * 60 - 1)), "9999");
        assert_eq!(shown(Some(0)), "9999");
        assert_eq!(shown(None), "9999");
    }
}
