//! Holds the book's figures against those that the database layer computes of the same positions.

use cbtrade_bot::decide::{ByClass, Combination, Performance};
use cbtrade_core::{Decimal, Random};
use cbtrade_database::{Changes, Database, Options, Position, columns};
use cbtrade_indicators::Interval;
use cbtrade_strategy::Strategy;

use crate::book::{Book, Held};
use crate::feed::moment;

const PROD_ID: &str = "TST-USD";
const NOW_UNIX_S: i64 = 1_735_516_800;

struct Made {
    held: Held,
    is_open: bool,
    begun_unix_s: i64,
}

fn positions(random: &mut Random) -> Vec<Made> {
    let combinations = [
        (Strategy::Sha, Interval::OneHour),
        (Strategy::Bb, Interval::OneHour),
        (Strategy::Sha, Interval::OneDay),
    ];
    let mut units = |least: i64, most: i64| {
        Decimal::from_units(i128::from(random.between(least, most)) * 1_000_003)
    };
    let amounts: Vec<_> = (0..40)
        .map(|_| (units(1_000_000, 90_000_000), units(-3_000_000, 3_000_000)))
        .collect();
    amounts
        .into_iter()
        .map(|(spent_amt, gain_amt)| {
            let (strategy, interval) = *random.choose(&combinations).unwrap();
            let age_minutes = random.between(0, 90_000);
            Made {
                held: Held {
                    combination: Combination { strategy, interval },
                    is_test: random.chance(0.6),
                    spent_amt,
                    gain_amt,
                    age_minutes,
                },
                is_open: random.chance(0.3),
                begun_unix_s: NOW_UNIX_S - 60 * age_minutes,
            }
        })
        .collect()
}

fn row(pos_id: i64, made: &Made) -> Changes<Position> {
    use columns::poss as column;
    let Held {
        combination,
        is_test,
        spent_amt,
        gain_amt,
        age_minutes,
    } = made.held;
    let value = spent_amt.checked_add(gain_amt).unwrap();
    Changes::new()
        .set(column::pos_id, pos_id)
        .set(column::prod_id, PROD_ID)
        .set(column::test_txn_yn, if is_test { "Y" } else { "N" })
        .set(column::ignore_tf, 0)
        .set(
            column::pos_stat,
            if made.is_open { "OPEN" } else { "CLOSE" },
        )
        .set(column::pos_begin_dttm, moment(made.begun_unix_s))
        .set(column::buy_strat_type, combination.strategy.kind().name())
        .set(column::buy_strat_name, combination.strategy.name())
        .set(column::buy_strat_freq, combination.interval.name())
        .set(column::tot_out_cnt, spent_amt)
        .set(column::val_tot, value)
        .set(column::gain_loss_amt, gain_amt)
        .set(column::age_mins, age_minutes)
}

/// Takes the fields that rows of both tables share, as bots do.
macro_rules! performance {
    ($row:expr, $last_buy:ident) => {
        Performance {
            total_cnt: $row.tot_cnt.unwrap_or_default(),
            open_cnt: $row.tot_open_cnt.unwrap_or_default(),
            close_cnt: $row.tot_close_cnt.unwrap_or_default(),
            gain_amt: $row.gain_loss_amt.unwrap_or_default(),
            gain_pct: $row.gain_loss_pct.unwrap_or_default(),
            gain_pct_hour: $row.gain_loss_pct_hr.unwrap_or_default(),
            gain_pct_day: $row.gain_loss_pct_day.unwrap_or_default(),
            gain_close_pct_day: $row.gain_loss_close_pct_day.unwrap_or_default(),
            minutes_since_buy: $row
                .$last_buy
                .filter(|last| *last > 0)
                .map(|last| (NOW_UNIX_S - last) / 60),
        }
    };
}

async fn of_strategy(database: &Database, of: Combination) -> ByClass<Performance> {
    let mut all = [Performance::default(); 3];
    for (place, class) in all.iter_mut().zip(["L", "T", "A"]) {
        let (kind, name) = (of.strategy.kind().name(), of.strategy.name());
        let row = database
            .db_trade_strat_perfs_recalc_single(PROD_ID, kind, name, of.interval.name(), class)
            .await
            .unwrap();
        *place = performance!(row, last_buy_strat_unix);
    }
    let [live, test, all] = all;
    ByClass { live, test, all }
}

async fn of_product(database: &Database) -> ByClass<Performance> {
    let mut all = [Performance::default(); 3];
    for (place, class) in all.iter_mut().zip(["L", "T", "A"]) {
        let row = database
            .db_trade_perfs_recalc_single(PROD_ID, class)
            .await
            .unwrap();
        *place = performance!(row, last_buy_unix);
    }
    let [live, test, all] = all;
    ByClass { live, test, all }
}

#[tokio::test]
async fn the_book_has_the_figures_of_the_database() {
    for seed in 1..=3 {
        let made = positions(&mut Random::new(seed));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cbtrade.db");
        let database = Database::create_file(&path, Options::default())
            .await
            .unwrap();
        database.ensure_database_ready().await.unwrap();
        let mut book = Book::default();
        for (made, pos_id) in made.iter().zip(1..) {
            database.db_poss_insupd(&row(pos_id, made)).await.unwrap();
            let held = &made.held;
            book.bought(held.combination, held.is_test, made.begun_unix_s);
            if !made.is_open {
                book.closed(held).unwrap();
            }
        }
        let open = || {
            let open = made.iter().filter(|made| made.is_open);
            open.map(|made| made.held).collect()
        };
        book.refresh(open, NOW_UNIX_S).unwrap();
        assert_eq!(*book.product(), of_product(&database).await, "seed {seed}");
        assert_eq!(book.strategies().len(), 3);
        for (combination, figures) in book.strategies() {
            let theirs = of_strategy(&database, *combination).await;
            assert_eq!(*figures, theirs, "seed {seed}: {combination:?}");
            assert!(figures.all.close_cnt > 0 && !figures.all.gain_close_pct_day.is_zero());
        }
    }
}
