//! What the venue has beside what the database says, before a bot's first decision and now and then afterwards.

use std::collections::{BTreeMap, BTreeSet};

use cbtrade_core::{Clock as _, Decimal, Timestamp};
use cbtrade_database::{
    Changes, Intent, IntentFilter, IntentState, NewIntent, OrderFilter, Position, SellOrder, Side,
    TradeFilter, Value, columns,
};
use cbtrade_exchange::{Exchange, Order, OrderQuery, OrderStatus};

use crate::market::Wallet;
use crate::orders::{BEYOND, CLIENT_ID_PREFIX, LOOKED_FOR_S, OrderError, Orders, chain, created};

/// What was found. Everything here is also told to the journal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reconciliation {
    /// Orders of ours that were found at the venue and are followed from now on.
    pub taken_on: usize,
    /// Orders that were made before there were intents and are followed from now on.
    pub legacy_taken_on: usize,
    /// Orders with our ids of which the database knows nothing.
    pub unknown_orders: Vec<String>,
    /// Orders of other programs, or made by hand.
    pub external_orders: usize,
    /// Intents that are not at their end.
    pub open_intents: usize,
    /// Currencies of which the wallet holds another amount than the positions say.
    pub differences: Vec<BalanceDifference>,
}

/// A currency whose wallet and positions disagree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalanceDifference {
    /// The currency.
    pub currency: String,
    /// What the wallet holds.
    pub wallet: Decimal,
    /// What live positions hold: open ones, and what closed ones kept back.
    pub positions: Decimal,
    /// Where the wallet has less: the rows of `sell_ords` that sold more than their position held.
    pub oversold: Vec<String>,
}

/// Differences below this are dust of rounding; the operator's own reports used it.
fn tolerance() -> Decimal {
    Decimal::from_units(10_000_000)
}

/// How far back the venue's orders are listed beyond the oldest open intent.
const OVERLAP_S: i64 = 600;
/// Who made the orders of before.
const LEGACY_BOT: &str = "before";

impl<E: Exchange> Orders<E> {
    /// Compares orders, then positions and balances, and follows what is open.
    ///
    /// # Errors
    /// The venue or the database cannot be asked; nothing is decided before they can.
    pub async fn reconcile(&self, quotes: &[String]) -> Result<Reconciliation, OrderError> {
        let mut found = Reconciliation {
            legacy_taken_on: self.take_on_legacy_orders().await?,
            ..Reconciliation::default()
        };
        let since = self.listed_since().await?;
        self.reconcile_orders(since, &mut found).await?;
        self.follow(None).await?;
        found.open_intents = self.open_intents().await?.len();
        found.differences = self.compare_balances(quotes).await?;
        Ok(found)
    }

    pub(crate) async fn open_intents(&self) -> Result<Vec<Intent>, OrderError> {
        let filter = IntentFilter {
            states: &IntentState::OPEN,
            ..IntentFilter::default()
        };
        Ok(self.database.db_intents_get(&filter).await?)
    }

    async fn listed_since(&self) -> Result<Timestamp, OrderError> {
        let day_ago = self.clock.now().plus_seconds(-LOOKED_FOR_S);
        let oldest = self
            .open_intents()
            .await?
            .iter()
            .map(|intent| created(intent).plus_seconds(-OVERLAP_S))
            .min();
        Ok(oldest.map_or(day_ago, |oldest| oldest.min(day_ago)))
    }

    /// Every order of ours at the venue must have its intent.
    async fn reconcile_orders(
        &self,
        since: Timestamp,
        found: &mut Reconciliation,
    ) -> Result<(), OrderError> {
        // All statuses: a list of open orders alone misses those that wait, and those that have ended meanwhile.
        let query = OrderQuery {
            since: Some(since),
            ..OrderQuery::default()
        };
        let orders = self.exchange.orders(&query).await?;
        let (ours, others): (Vec<&Order>, Vec<&Order>) = orders
            .iter()
            .partition(|order| order.client_order_id.starts_with(CLIENT_ID_PREFIX));
        found.external_orders = others.len();
        let ids: Vec<&str> = ours
            .iter()
            .map(|order| order.client_order_id.as_str())
            .collect();
        let intents: BTreeMap<String, Intent> = self
            .intents_of(&ids)
            .await?
            .into_iter()
            .map(|intent| (intent.client_order_id.clone(), intent))
            .collect();
        for order in ours {
            match intents.get(&order.client_order_id) {
                Some(intent) if waits_for_order(intent) => {
                    self.take_on_found(intent, order, found).await;
                }
                Some(intent)
                    if intent.state == IntentState::Refused
                        && order.status != OrderStatus::Failed =>
                {
                    self.leave_alone(order, "which the venue had refused", found);
                }
                Some(_) => {}
                None => self.leave_alone(
                    order,
                    "of which the database knows nothing (was an older backup restored?)",
                    found,
                ),
            }
        }
        Ok(())
    }

    /// One that cannot be booked now must not keep the bot from the others, nor from working.
    async fn take_on_found(&self, intent: &Intent, order: &Order, found: &mut Reconciliation) {
        match self.take_on(intent, order).await {
            Ok(_) => found.taken_on += 1,
            Err(error) => self.journal.warn(
                &order.product,
                format!(
                    "order {} was found and could not be taken on, it is tried again: {}",
                    order.order_id,
                    chain(&error)
                ),
            ),
        }
    }

    fn leave_alone(&self, order: &Order, why: &str, found: &mut Reconciliation) {
        self.journal.alert(
            &order.product,
            format!(
                "the venue has order {} with our id {}, {why}; it is left alone",
                order.order_id, order.client_order_id
            ),
        );
        found.unknown_orders.push(order.order_id.clone());
    }

    async fn intents_of(&self, client_order_ids: &[&str]) -> Result<Vec<Intent>, OrderError> {
        let mut all = Vec::new();
        for ids in client_order_ids.chunks(100) {
            let filter = IntentFilter {
                client_order_ids: ids,
                ..IntentFilter::default()
            };
            all.extend(self.database.db_intents_get(&filter).await?);
        }
        Ok(all)
    }

    /// Orders that were open when the fleet stood still have no intent. They get one, so that the same machine ends them:
    /// the venue is asked for each, a buy becomes a position, a sale closes one. Those on paper are void: nobody knows at
    /// what price they would have been filled.
    async fn take_on_legacy_orders(&self) -> Result<usize, OrderError> {
        let open = OrderFilter {
            ord_stat: Some("OPEN"),
            ..OrderFilter::default()
        };
        let mut taken = 0;
        for order in self.database.db_buy_ords_get(open).await? {
            let row = order.row;
            let Some(uuid) = row.buy_order_uuid.clone() else {
                continue;
            };
            if is_test(row.test_txn_yn.as_deref()) {
                self.database
                    .db_buy_ords_stat_upd(row.bo_id, "CANC")
                    .await?;
                continue;
            }
            let new = NewIntent {
                client_order_id: legacy_id(row.buy_client_order_id.as_deref(), &uuid),
                prod_id: row.prod_id.clone().unwrap_or_default(),
                quote_size: row.tot_out_cnt,
                base_size: row.buy_cnt_est,
                prc_est: row.prc_buy_est,
                strat_type: row.buy_strat_type.clone(),
                strat_name: row.buy_strat_name.clone(),
                strat_freq: row.buy_strat_freq.clone(),
                ..legacy(Side::Buy, row.buy_begin_dttm)
            };
            taken += usize::from(self.database.db_intent_adopt(&new, &uuid).await?);
        }
        for order in self.database.db_sell_ords_get(open).await? {
            let row = order.row;
            let Some(uuid) = row.sell_order_uuid.clone() else {
                continue;
            };
            if is_test(row.test_txn_yn.as_deref()) {
                self.void_paper_sale(&row).await?;
                continue;
            }
            let new = NewIntent {
                client_order_id: legacy_id(row.sell_client_order_id.as_deref(), &uuid),
                prod_id: row.prod_id.clone().unwrap_or_default(),
                pos_id: row.pos_id,
                base_size: row.sell_cnt_est,
                prc_est: row.prc_sell_est,
                strat_type: row.sell_strat_type.clone(),
                strat_name: row.sell_strat_name.clone(),
                strat_freq: row.sell_strat_freq.clone(),
                ..legacy(Side::Sell, row.sell_begin_dttm)
            };
            taken += usize::from(self.database.db_intent_adopt(&new, &uuid).await?);
        }
        if taken > 0 {
            self.journal.say(
                crate::journal::Weight::Note,
                None,
                format!("{taken} orders that were open when the fleet stood still are followed from now on"),
            );
        }
        Ok(taken)
    }

    /// A sale on paper that was never finished: its position is held as before.
    async fn void_paper_sale(&self, row: &SellOrder) -> Result<(), OrderError> {
        let void = Changes::<SellOrder>::new()
            .set(columns::sell_ords::so_id, row.so_id)
            .set(columns::sell_ords::ord_stat, "CANC");
        self.database.db_sell_ords_insupd(&void).await?;
        if let Some(pos_id) = row.pos_id {
            let held = Changes::<Position>::new()
                .set(columns::poss::pos_id, pos_id)
                .set(columns::poss::pos_stat, "OPEN");
            self.database.db_poss_upd(&held).await?;
        }
        Ok(())
    }

    /// Wallet = what open live positions hold + what closed ones kept back, for every base currency.
    async fn compare_balances(
        &self,
        quotes: &[String],
    ) -> Result<Vec<BalanceDifference>, OrderError> {
        // What is being traded is in the wallet before it is in the positions: it is compared when it has come to rest.
        let mut moving = self.moving_currencies().await?;
        let accounts = self.exchange.accounts().await?;
        let wallet = Wallet::of(&accounts);
        let held = self.held_by_positions(|_| true).await?;
        moving.extend(self.moving_currencies().await?);
        let currencies: BTreeSet<&str> = held
            .keys()
            .map(String::as_str)
            .chain(wallet.currencies())
            .filter(|currency| !quotes.iter().any(|quote| quote == currency))
            .filter(|currency| !moving.contains(*currency))
            .collect();
        let mut differences = Vec::new();
        for currency in currencies {
            let in_wallet = wallet.total(currency);
            let in_positions = held.get(currency).copied().unwrap_or_default();
            let apart = in_wallet
                .checked_sub(in_positions)
                .and_then(Decimal::checked_abs)
                .unwrap_or(Decimal::ONE);
            if apart > tolerance() {
                let oversold = match in_wallet < in_positions {
                    true => self.oversold(currency).await?,
                    false => Vec::new(),
                };
                let explained = match oversold.as_slice() {
                    [] => String::new(),
                    orders => format!(
                        "; more than their positions held was sold by so_id {}",
                        orders.join(", ")
                    ),
                };
                self.journal.say(
                    crate::journal::Weight::Warning,
                    None,
                    format!(
                        "{currency}: the wallet holds {in_wallet}, the positions {in_positions}; nothing beyond the wallet is sold{explained}"
                    ),
                );
                differences.push(BalanceDifference {
                    currency: currency.to_owned(),
                    wallet: in_wallet,
                    positions: in_positions,
                    oversold,
                });
            }
        }
        Ok(differences)
    }

    /// Orders that sold more than their position held.
    async fn oversold(&self, currency: &str) -> Result<Vec<String>, OrderError> {
        let rows = self
            .database
            .seld(
                "SELECT so_id FROM sell_ords WHERE base_symb = ? AND reason LIKE ? ORDER BY so_id",
                &[Value::from(currency), Value::from(format!("{BEYOND}%"))],
            )
            .await?;
        let numbers = rows.iter().filter_map(|row| row.get("so_id"));
        Ok(numbers.map(ToString::to_string).collect())
    }

    /// The base currencies of orders that are open, or ended just now.
    async fn moving_currencies(&self) -> Result<BTreeSet<String>, OrderError> {
        let recently = self.clock.now().plus_seconds(-OVERLAP_S).as_seconds();
        let rows = self
            .database
            .seld(
                "SELECT DISTINCT prod_id FROM _cbtrade_intent WHERE state IN ('SENDING', 'UNKNOWN', 'PLACED') OR ended_unix >= ?",
                &[Value::from(recently)],
            )
            .await?;
        Ok(rows
            .iter()
            .filter_map(|row| match row.get("prod_id") {
                Some(Value::Text(product)) => product.split_once('-'),
                _ => None,
            })
            .map(|(base, _)| base.to_owned())
            .collect())
    }

    /// What live positions hold of each currency, as far as they count.
    pub(crate) async fn held_by_positions(
        &self,
        counts: impl Fn(&Position) -> bool,
    ) -> Result<BTreeMap<String, Decimal>, OrderError> {
        let live = TradeFilter {
            lta: Some("L"),
            ..TradeFilter::default()
        };
        let mut held: BTreeMap<String, Decimal> = BTreeMap::new();
        let positions = self.database.db_poss_get(live, None, None).await?;
        for position in positions.into_iter().map(|position| position.row) {
            if !counts(&position) {
                continue;
            }
            let Position {
                base_symb: Some(currency),
                hold_cnt: Some(count),
                ..
            } = position
            else {
                continue;
            };
            let sum = held.entry(currency).or_default();
            *sum = sum.checked_add(count).unwrap_or(*sum);
        }
        Ok(held)
    }
}

fn waits_for_order(intent: &Intent) -> bool {
    matches!(
        intent.state,
        IntentState::Sending | IntentState::Unknown | IntentState::Absent
    )
}

pub(crate) fn is_test(flag: Option<&str>) -> bool {
    flag.is_some_and(|flag| flag.trim_end().eq_ignore_ascii_case("Y"))
}

/// What the intents of orders from before have alike.
fn legacy(side: Side, begin: Option<Timestamp>) -> NewIntent {
    NewIntent {
        client_order_id: String::new(),
        side,
        prod_id: String::new(),
        is_test: false,
        pos_id: None,
        quote_size: None,
        base_size: None,
        prc_est: None,
        strat_type: None,
        strat_name: None,
        strat_freq: None,
        bot_guid: LEGACY_BOT.to_owned(),
        is_lease_needed: false,
        created: begin.unwrap_or(Timestamp::EPOCH),
        reason: "open when the fleet stood still".to_owned(),
        limits: None,
    }
}

fn legacy_id(client_order_id: Option<&str>, uuid: &str) -> String {
    match client_order_id {
        Some(id) if !id.trim().is_empty() => id.to_owned(),
        _ => uuid.to_owned(),
    }
}
