//! Recording what a bot is about to do, if it may.

use cbtrade_core::{Decimal, Timestamp};

use super::limits::{BuyLimits, OverLimit};
use super::{OPEN, SELLING, call, fits, letter, words};
use crate::database::Database;
use crate::dialect::Dialect;
use crate::engine::Transaction;
use crate::error::{Call, Error, ErrorKind};
use crate::methods::mkt_checks::Lease;
use crate::methods::stops::Others;
use crate::record::select_list;
use crate::records::{Intent, IntentState, Side, StopRecord};
use crate::schema::INTENT_TABLE;
use crate::transact;
use crate::value::Value;

/// What a bot is about to do.
#[derive(Clone, Debug, PartialEq)]
pub struct NewIntent {
    /// The bot's identifier of the order, new for each.
    pub client_order_id: String,
    /// Which way it goes.
    pub side: Side,
    /// Product, such as `BTC-USDC`.
    pub prod_id: String,
    /// Whether no order is sent.
    pub is_test: bool,
    /// The position that is sold; none for a buy.
    pub pos_id: Option<i64>,
    /// What is to be spent, or is expected to come in, in quote currency.
    pub quote_size: Option<Decimal>,
    /// What is to be sold, or is expected to come in, in base currency.
    pub base_size: Option<Decimal>,
    /// The price that is expected.
    pub prc_est: Option<Decimal>,
    /// The strategy that wants it: type.
    pub strat_type: Option<String>,
    /// The strategy that wants it: name.
    pub strat_name: Option<String>,
    /// The strategy that wants it: candle length.
    pub strat_freq: Option<String>,
    /// The bot.
    pub bot_guid: String,
    /// Whether the bot must hold the product's lease of this side.
    pub is_lease_needed: bool,
    /// When, by the bot's clock.
    pub created: Timestamp,
    /// Why.
    pub reason: String,
    /// What a buy may not exceed; none for a sale, and where nothing limits it.
    pub limits: Option<BuyLimits>,
}

/// A position that cannot be sold now.
#[derive(Clone, Debug, PartialEq)]
pub struct PositionBusy {
    /// Its state; none where there is no such position.
    pub pos_stat: Option<String>,
    /// Whether it is to be ignored.
    pub is_ignored: bool,
    /// The intent that is open for it.
    pub intent: Option<Box<Intent>>,
}

/// Whether an intent was recorded, and if not, why. Only a recorded one may be acted on.
#[derive(Clone, Debug, PartialEq)]
pub enum IntentBegun {
    /// It is recorded under this `intent_id`: send the order now, once.
    Recorded(i64),
    /// The stop level forbids it.
    Stopped(StopRecord),
    /// The bot does not hold the product's lease.
    NotLeased,
    /// A buy of the product is out whose answer is not known.
    Blocked(Box<Intent>),
    /// The buy would break a limit: other bots have bought in the meantime.
    OverLimit(OverLimit),
    /// The position cannot be sold.
    PositionBusy(PositionBusy),
}

impl Database {
    /// Records what a bot is about to do, if it may: the stop level allows it, the bot holds the lease, no buy of the
    /// product is unanswered, the buy keeps its limits, the position to be sold is open and nobody else's. All of it is looked at in the transaction
    /// that records the intent, and stays so until it is committed: when [`Database::db_stop_level_set`] has returned, no
    /// intent is recorded any more that the level forbids. The position to be sold is set to SELL.
    ///
    /// # Errors
    /// [`ErrorKind::MissingKey`]; [`ErrorKind::Duplicate`] for a `client_order_id` that was used before;
    /// [`ErrorKind::WrongKey`] for a position of another product or class.
    pub async fn db_intent_begin(&self, intent: &NewIntent) -> Result<IntentBegun, Error> {
        const CALL: Call = call("db_intent_begin");
        intent.check(CALL)?;
        let mut barred = None;
        let recorded: Option<i64> = transact!(self, CALL, |transaction| {
            barred = self.bar(transaction, intent).await?;
            if barred.is_some() {
                return Ok(None);
            }
            if let (Side::Sell, Some(pos_id)) = (intent.side, intent.pos_id) {
                transaction.position_state(pos_id, SELLING).await?;
            }
            let state = IntentState::Sending;
            insert(transaction, intent, state, &[]).await.map(Some)
        })?;
        begun(CALL, recorded, barred)
    }

    /// What keeps an intent from being recorded; what was looked at stays so until the end of the transaction.
    pub(super) async fn bar(
        &self,
        transaction: &mut Transaction,
        intent: &NewIntent,
    ) -> Result<Option<IntentBegun>, Error> {
        // Buys with limits come one after another, so that each is counted before the next is held against them.
        let others = match intent.limits {
            Some(_) => Others::Wait,
            None => Others::Read,
        };
        let stop = transaction.stop_level_held(others).await?;
        if stop.level.forbids(intent.side) {
            return Ok(Some(IntentBegun::Stopped(stop)));
        }
        if intent.is_lease_needed {
            let lease = Lease::of(intent.side, self.options().lease_s);
            if !lease
                .is_held(transaction, &intent.prod_id, &intent.bot_guid)
                .await?
            {
                return Ok(Some(IntentBegun::NotLeased));
            }
        }
        unused(transaction, "client_order_id", &intent.client_order_id).await?;
        match (intent.side, intent.pos_id) {
            (Side::Buy, _) => {
                let blocked = blocking(transaction, intent).await?;
                match (&intent.limits, blocked) {
                    (Some(limits), None) => {
                        let over = transaction.over_limit(intent, limits).await?;
                        Ok(over.map(IntentBegun::OverLimit))
                    }
                    (_, blocked) => Ok(blocked),
                }
            }
            (Side::Sell, Some(pos_id)) => busy(transaction, intent, pos_id).await,
            (Side::Sell, None) => {
                Err(Error::new(transaction.call, ErrorKind::MissingKey).column("pos_id"))
            }
        }
    }
}

/// The answer of a transaction that recorded an intent or was kept from it.
pub(super) fn begun(
    call: Call,
    recorded: Option<i64>,
    barred: Option<IntentBegun>,
) -> Result<IntentBegun, Error> {
    match (recorded, barred) {
        (Some(intent_id), _) => Ok(IntentBegun::Recorded(intent_id)),
        (None, Some(why)) => Ok(why),
        (None, None) => {
            Err(Error::new(call, ErrorKind::Answer).detail("neither recorded nor kept from it"))
        }
    }
}

impl NewIntent {
    pub(super) fn check(&self, call: Call) -> Result<(), Error> {
        let texts = [
            ("client_order_id", self.client_order_id.as_str(), 64),
            ("prod_id", self.prod_id.as_str(), 64),
            ("bot_guid", self.bot_guid.as_str(), 64),
        ];
        for (column, text, most) in texts {
            if text.trim().is_empty() {
                return Err(Error::new(call, ErrorKind::MissingKey).column(column));
            }
            fits(call, column, text, most)?;
        }
        let strategy = [
            ("strat_type", &self.strat_type),
            ("strat_name", &self.strat_name),
            ("strat_freq", &self.strat_freq),
        ];
        for (column, text) in strategy {
            fits(call, column, text.as_deref().unwrap_or_default(), 64)?;
        }
        match (self.side, self.pos_id) {
            (Side::Sell, None) => Err(Error::new(call, ErrorKind::MissingKey).column("pos_id")),
            (Side::Buy, Some(_)) => Err(Error::new(call, ErrorKind::WrongKey)
                .column("pos_id")
                .detail("a buy has no position yet")),
            _ => Ok(()),
        }
    }

    fn strategy(&self) -> [Option<String>; 3] {
        [
            self.strat_type.clone(),
            self.strat_name.clone(),
            self.strat_freq.clone(),
        ]
    }

    /// What two buys without an answer must not both be.
    fn buying(&self) -> String {
        format!("{}:{}", letter(self.is_test), self.prod_id)
    }
}

/// An identifier that was used before is of an order that may have been sent before.
pub(super) async fn unused(
    transaction: &mut Transaction,
    column: &'static str,
    identifier: &str,
) -> Result<(), Error> {
    let sql = format!("SELECT intent_id FROM {INTENT_TABLE} WHERE {column} = ?");
    let used = transaction
        .rows(&sql, vec![Value::from(identifier)])
        .await?;
    match used.is_empty() {
        true => Ok(()),
        false => Err(Error::new(transaction.call, ErrorKind::Duplicate)
            .key(format!("{column} = {identifier}"))),
    }
}

/// A buy of the product whose answer is not known. What it spent is not known either, so no other is sent.
async fn blocking(
    transaction: &mut Transaction,
    intent: &NewIntent,
) -> Result<Option<IntentBegun>, Error> {
    let sql = format!(
        "SELECT {} FROM {INTENT_TABLE} WHERE buying = ?",
        select_list::<Intent>(transaction.dialect(), "")
    );
    let found: Vec<Intent> = transaction
        .records(&sql, vec![Value::from(intent.buying())])
        .await?;
    let first = found.into_iter().next();
    Ok(first.map(|first| IntentBegun::Blocked(Box::new(first))))
}

async fn busy(
    transaction: &mut Transaction,
    intent: &NewIntent,
    pos_id: i64,
) -> Result<Option<IntentBegun>, Error> {
    let Some(position) = transaction.sold_position(pos_id).await? else {
        return Ok(Some(IntentBegun::PositionBusy(PositionBusy {
            pos_stat: None,
            is_ignored: false,
            intent: None,
        })));
    };
    let product = position.prod_id.as_deref().unwrap_or_default().trim_end();
    if !product.eq_ignore_ascii_case(&intent.prod_id) || position.is_test() != intent.is_test {
        return Err(Error::new(transaction.call, ErrorKind::WrongKey)
            .key(format!("pos_id = {pos_id}"))
            .detail(format!(
                "it is a position of {product}, test {}",
                letter(position.is_test())
            )));
    }
    let open = transaction
        .open_intents_of(pos_id)
        .await?
        .into_iter()
        .next();
    if open.is_none() && position.is(OPEN) && !position.is_ignored() {
        return Ok(None);
    }
    Ok(Some(IntentBegun::PositionBusy(PositionBusy {
        is_ignored: position.is_ignored(),
        pos_stat: position.pos_stat,
        intent: open.map(Box::new),
    })))
}

/// Inserts an intent; `further` are columns that an intent has only later, as a rule.
pub(super) async fn insert(
    transaction: &mut Transaction,
    intent: &NewIntent,
    state: IntentState,
    further: &[(&'static str, Value)],
) -> Result<i64, Error> {
    let [strat_type, strat_name, strat_freq] = intent.strategy();
    let waits = intent.side == Side::Buy && state == IntentState::Sending;
    let mut columns = vec![
        (
            "client_order_id",
            Value::from(intent.client_order_id.as_str()),
        ),
        ("side", Value::from(intent.side)),
        ("prod_id", Value::from(intent.prod_id.as_str())),
        ("test_txn_yn", Value::from(letter(intent.is_test))),
        ("state", Value::from(state)),
        ("buying", Value::from(waits.then(|| intent.buying()))),
        ("quote_size", Value::from(intent.quote_size)),
        ("base_size", Value::from(intent.base_size)),
        ("prc_est", Value::from(intent.prc_est)),
        ("strat_type", Value::from(strat_type)),
        ("strat_name", Value::from(strat_name)),
        ("strat_freq", Value::from(strat_freq)),
        ("bot_guid", Value::from(intent.bot_guid.as_str())),
        ("reason", words(&intent.reason)),
        ("created_unix", Value::from(intent.created.as_seconds())),
    ];
    if intent.side == Side::Sell {
        columns.push(("pos_id", Value::from(intent.pos_id)));
    }
    columns.extend(further.iter().cloned());
    let sql = insertion(transaction.dialect(), &columns);
    let values = columns.into_iter().map(|(_, value)| value).collect();
    match transaction.run(&sql, values).await {
        Ok(outcome) => Ok(outcome.last_id),
        // Another bot's buy of the product came first. Run again, this one finds it.
        Err(error) if error.kind == ErrorKind::Duplicate => {
            Err(Error::new(transaction.call, ErrorKind::Conflict).because(error))
        }
        Err(error) => Err(error),
    }
}

fn insertion(dialect: Dialect, columns: &[(&'static str, Value)]) -> String {
    let names: Vec<String> = columns.iter().map(|(name, _)| dialect.name(name)).collect();
    format!(
        "INSERT INTO {INTENT_TABLE} ({}) VALUES ({})",
        names.join(", "),
        vec!["?"; names.len()].join(", ")
    )
}
