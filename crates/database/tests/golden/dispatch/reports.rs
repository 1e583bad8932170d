//! Reports, and sell orders that do not fit their positions.

use cbtrade_database::{Database, ProductFilter};

use crate::answer::{Answer, records};
use crate::arguments::{Arguments, Called, Failure};

pub(super) async fn call(database: &Database, method: &str, arguments: &Arguments) -> Called {
    let cnt = || match arguments.is_given(7, "cnt") {
        true => arguments.count(7, "cnt"),
        false => Ok(Some(15)),
    };
    match method {
        "db_sell_ords_problems_get" => {
            let prod_id = arguments.text(0, "prod_id")?;
            Ok(records(database.db_sell_ords_problems_get(prod_id).await?))
        }
        "db_sell_double_check" => {
            let pos_id = arguments.needed_integer(0, "pos_id")?;
            Ok(records(database.db_sell_double_check(pos_id).await?))
        }
        "db_closed_overview_recent_test" => {
            let rows = database.db_closed_overview_recent_test(arguments.filter(0)?, cnt()?);
            Ok(days(records(rows.await?)))
        }
        "db_closed_overview_recent_live" => {
            let rows = database.db_closed_overview_recent_live(arguments.filter(0)?, cnt()?);
            Ok(days(records(rows.await?)))
        }
        "db_strats_w_stats_get_all" => Ok(records(database.db_strats_w_stats_get_all().await?)),
        "db_strats_perf_get_all" => {
            let rows = database.db_strats_perf_get_all(
                arguments.text(0, "buy_strat_type")?,
                arguments.text(1, "buy_strat_name")?,
                arguments.text(2, "buy_strat_freq")?,
            );
            Ok(records(rows.await?))
        }
        "db_poss_closed_recent_get" => {
            let (filter, lmt) = (arguments.filter(0)?, arguments.count(7, "lmt")?);
            let rows = database.db_poss_closed_recent_get(filter, lmt);
            Ok(records(rows.await?))
        }
        "db_poss_open_get" => {
            let filter = ProductFilter {
                base_symb: arguments.text(0, "base_symb")?,
                quote_symb: arguments.text(1, "quote_symb")?,
                prod_id: arguments.text(2, "prod_id")?,
                lta: None,
            };
            let test_only = arguments.text(3, "test_only_yn")? == Some("Y");
            let live_only = arguments.text(4, "live_only_yn")? == Some("Y");
            let rows = database.db_poss_open_get(filter, test_only, live_only);
            Ok(records(rows.await?))
        }
        _ => Err(Failure::NotDispatched),
    }
}

/// A day is a date without a time in the original, and its first moment in ours.
fn days(rows: Answer) -> Answer {
    let Answer::List(rows) = rows else {
        return rows;
    };
    let day = |(name, value): (String, Answer)| match value {
        Answer::Moment(moment) if name == "close_date" => {
            let text = moment.to_string();
            (name, Answer::Day(text.chars().take(10).collect()))
        }
        value => (name, value),
    };
    let row = |row: Answer| match row {
        Answer::Row(fields) => Answer::Row(fields.into_iter().map(day).collect()),
        other => other,
    };
    Answer::List(rows.into_iter().map(row).collect())
}
