//! What is in the database when all is over.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use cbtrade_core::Decimal;
use cbtrade_database::{Database, Error, FromValue, Row};

use crate::history::OperationId;
use crate::sql::unreadable;
use crate::world::{CANDLE_SETS, World};

/// A buy order.
#[derive(Clone, Debug, PartialEq)]
pub struct BuyOrderRow {
    /// Its number.
    pub bo_id: i64,
    /// Who wrote it: an operation, unless somebody else did.
    pub tag: String,
    /// The product.
    pub product: String,
    /// What was spent.
    pub spent: Decimal,
    /// What was bought.
    pub size: Decimal,
}

/// A position.
#[derive(Clone, Debug, PartialEq)]
pub struct PositionRow {
    /// Its number.
    pub pos_id: i64,
    /// Who opened it.
    pub tag: String,
    /// The buy order.
    pub bo_id: Option<i64>,
    /// `OPEN` or `CLOSE`.
    pub state: String,
    /// The product.
    pub product: String,
    /// What was spent.
    pub spent: Decimal,
    /// What came in.
    pub received: Decimal,
    /// What was bought.
    pub bought: Decimal,
    /// What is still held.
    pub held: Decimal,
    /// What it won or lost.
    pub gain: Decimal,
}

/// A sell order.
#[derive(Clone, Debug, PartialEq)]
pub struct SellOrderRow {
    /// Its number.
    pub so_id: i64,
    /// Who wrote it.
    pub tag: String,
    /// The position.
    pub pos_id: Option<i64>,
    /// What came in.
    pub received: Decimal,
    /// What was sold.
    pub sold: Decimal,
}

/// A row of an append-only table.
#[derive(Clone, Debug, PartialEq)]
pub struct AppendedRow {
    /// Its number.
    pub id: i64,
    /// Who wrote it.
    pub tag: String,
    /// The product.
    pub product: String,
    /// The signal that a decision is about.
    pub signal_id: Option<i64>,
}

/// Everything that the checker looks at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FinalState {
    /// Balances by currency; a currency that stands there twice is in `doubled`.
    pub balances: BTreeMap<String, Decimal>,
    /// Keys of which there are several rows where there may be one.
    pub doubled: Vec<String>,
    /// Buy orders.
    pub buy_orders: Vec<BuyOrderRow>,
    /// Positions, but for the rows that are only counters and notes.
    pub positions: Vec<PositionRow>,
    /// Sell orders.
    pub sell_orders: Vec<SellOrderRow>,
    /// Signals.
    pub signals: Vec<AppendedRow>,
    /// Decisions.
    pub decisions: Vec<AppendedRow>,
    /// Counters by row.
    pub counters: Vec<i64>,
    /// Notes by row: first and second column.
    pub notes: Vec<[Option<String>; 2]>,
    /// Versions of the candles, by set.
    pub candles: Vec<Vec<Decimal>>,
    /// Who wrote a currency last, by its name.
    pub currencies: BTreeMap<String, String>,
    /// Products whose figures are marked.
    pub flagged: Vec<String>,
}

impl FinalState {
    /// Reads everything.
    ///
    /// # Errors
    /// As any read.
    pub async fn read(database: &Database, world: &World) -> Result<FinalState, Error> {
        let mut state = FinalState::default();
        for (name, amount) in
            pairs::<String, Decimal>(database, "SELECT symb, bal_avail FROM bals").await?
        {
            if state.balances.insert(name.clone(), amount).is_some() {
                state.doubled.push(format!("balance {name}"));
            }
        }
        state.read_orders(database).await?;
        state.read_positions(database, world).await?;
        state.signals = appended(
            database,
            "SELECT signal_id, buy_strat_name, prod_id, NULL FROM buy_signals ORDER BY signal_id",
        )
        .await?;
        state.decisions = appended(
            database,
            "SELECT buy_dec_id, message, prod_id, signal_id FROM buy_decisions ORDER BY buy_dec_id",
        )
        .await?;
        for (name, tag) in
            pairs::<String, Option<String>>(database, "SELECT symb, name FROM currs").await?
        {
            let tag = tag.unwrap_or_default();
            if state.currencies.insert(name.clone(), tag).is_some() {
                state.doubled.push(format!("currency {name}"));
            }
        }
        for set in 0..CANDLE_SETS {
            state
                .candles
                .push(crate::candles::versions(database, set).await?);
        }
        let marked = "SELECT prod_id, needs_recalc_yn FROM trade_perfs WHERE lta = 'A'";
        state.flagged = pairs::<String, Option<String>>(database, marked)
            .await?
            .into_iter()
            .filter(|(_, flag)| flag.as_deref() == Some("Y"))
            .map(|(name, _)| name)
            .collect();
        Ok(state)
    }

    async fn read_orders(&mut self, database: &Database) -> Result<(), Error> {
        let sql = "SELECT bo_id, buy_order_uuid, prod_id, tot_out_cnt, buy_cnt_act FROM buy_ords ORDER BY bo_id";
        for mut row in database.seld(sql, &[]).await? {
            self.buy_orders.push(BuyOrderRow {
                bo_id: cell(&mut row, 0)?,
                tag: text(&mut row, 1)?,
                product: text(&mut row, 2)?,
                spent: amount(&mut row, 3)?,
                size: amount(&mut row, 4)?,
            });
        }
        let sql = "SELECT so_id, sell_order_uuid, pos_id, tot_in_cnt, sell_cnt_act FROM sell_ords ORDER BY so_id";
        for mut row in database.seld(sql, &[]).await? {
            self.sell_orders.push(SellOrderRow {
                so_id: cell(&mut row, 0)?,
                tag: text(&mut row, 1)?,
                pos_id: cell(&mut row, 2)?,
                received: amount(&mut row, 3)?,
                sold: amount(&mut row, 4)?,
            });
        }
        Ok(())
    }

    async fn read_positions(&mut self, database: &Database, world: &World) -> Result<(), Error> {
        let sql = "SELECT pos_id, bo_uuid, bo_id, pos_stat, prod_id, tot_out_cnt, tot_in_cnt, buy_cnt, hold_cnt, \
                   gain_loss_amt, sell_order_attempt_cnt, note1, note2 FROM poss ORDER BY pos_id";
        self.counters = vec![0; world.counters.len()];
        self.notes = vec![[None, None]; world.shared.len()];
        for mut row in database.seld(sql, &[]).await? {
            let pos_id: i64 = cell(&mut row, 0)?;
            let place = |ids: &[i64]| ids.iter().position(|id| *id == pos_id);
            if let Some(counter) = place(&world.counters) {
                self.counters[counter] = cell::<Option<i64>>(&mut row, 10)?.unwrap_or(0);
            } else if let Some(shared) = place(&world.shared) {
                self.notes[shared] = [cell(&mut row, 11)?, cell(&mut row, 12)?];
            } else {
                self.positions.push(PositionRow {
                    pos_id,
                    tag: text(&mut row, 1)?,
                    bo_id: cell(&mut row, 2)?,
                    state: text(&mut row, 3)?,
                    product: text(&mut row, 4)?,
                    spent: amount(&mut row, 5)?,
                    received: amount(&mut row, 6)?,
                    bought: amount(&mut row, 7)?,
                    held: amount(&mut row, 8)?,
                    gain: amount(&mut row, 9)?,
                });
            }
        }
        Ok(())
    }
}

/// The operation that a row names, or an error that says what stands there instead.
pub(crate) fn tag(text: &str) -> Result<OperationId, String> {
    OperationId::from_str(text)
}

fn cell<T: FromValue>(row: &mut Row, place: usize) -> Result<T, Error> {
    row.take(place).map_err(|source| unreadable(&source))
}

fn text(row: &mut Row, place: usize) -> Result<String, Error> {
    Ok(cell::<Option<String>>(row, place)?.unwrap_or_default())
}

fn amount(row: &mut Row, place: usize) -> Result<Decimal, Error> {
    Ok(cell::<Option<Decimal>>(row, place)?.unwrap_or(Decimal::ZERO))
}

async fn pairs<One: FromValue, Two: FromValue>(
    database: &Database,
    sql: &str,
) -> Result<Vec<(One, Two)>, Error> {
    let rows = database.seld(sql, &[]).await?;
    rows.into_iter()
        .map(|mut row| Ok((cell(&mut row, 0)?, cell(&mut row, 1)?)))
        .collect()
}

async fn appended(database: &Database, sql: &str) -> Result<Vec<AppendedRow>, Error> {
    let rows = database.seld(sql, &[]).await?;
    rows.into_iter()
        .map(|mut row| {
            Ok(AppendedRow {
                id: cell(&mut row, 0)?,
                tag: text(&mut row, 1)?,
                product: text(&mut row, 2)?,
                signal_id: cell(&mut row, 3)?,
            })
        })
        .collect()
}
