//! What bots mean to do, what came of it, and who may do what.

use std::fmt;

use cbtrade_core::{Decimal, Timestamp};

use crate::record::record;
use crate::value::{FromValue, Value};

/// A kind of thing whose names are kept in a column.
macro_rules! words {
    (
        $(#[$attribute:meta])*
        $name:ident, $expected:literal { $($(#[$doc:meta])* $variant:ident = $word:literal),* $(,)? }
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$doc])* $variant,)*
        }

        impl $name {
            /// All of them, in this order.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The name, as the database keeps it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)*
                }
            }

            /// Reads a name, letter case and spaces around it aside.
            #[must_use]
            pub fn of_name(name: &str) -> Option<$name> {
                let name = name.trim();
                $name::ALL
                    .iter()
                    .copied()
                    .find(|one| one.name().eq_ignore_ascii_case(name))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.name())
            }
        }

        impl FromValue for $name {
            const EXPECTED: &'static str = $expected;

            fn from_value(value: Value) -> Option<$name> {
                match value {
                    Value::Text(text) => $name::of_name(&text),
                    _ => None,
                }
            }
        }

        impl From<$name> for Value {
            fn from(one: $name) -> Value {
                Value::from(one.name())
            }
        }
    };
}

words! {
    /// Which way an order goes.
    Side, "BUY or SELL" {
        /// Quote currency becomes base currency.
        Buy = "BUY",
        /// Base currency becomes quote currency.
        Sell = "SELL",
    }
}

words! {
    /// How far an intent is.
    IntentState, "a state of an intent" {
        /// It is recorded; its order is being sent, or the bot died before or while it sent it.
        Sending = "SENDING",
        /// It was sent and no clear answer came. It is looked up, and never sent again.
        Unknown = "UNKNOWN",
        /// The exchange has the order.
        Placed = "PLACED",
        /// The order has ended, and what it did is in the tables.
        Done = "DONE",
        /// The exchange refused the order.
        Refused = "REFUSED",
        /// The exchange was asked for long enough and never knew the order. Should it turn up after all, it is placed.
        Absent = "ABSENT",
    }
}

words! {
    /// What the whole fleet may do, from everything to nothing: the weakest level first.
    #[derive(PartialOrd, Ord)]
    StopLevel, "a stop level" {
        /// Everything.
        Run = "run",
        /// Sell and follow orders, but buy nothing.
        NoNewBuys = "no-new-buys",
        /// Sell everything that is held, and buy nothing.
        Liquidate = "liquidate",
        /// Send no order at all; open orders are followed.
        Halt = "halt",
    }
}

words! {
    /// Where the live orders of a database go.
    VenueKind, "a kind of venue" {
        /// A venue on this machine, for practice: prices are made up, no money is moved.
        Local = "local",
        /// Coinbase: real money.
        Coinbase = "coinbase",
    }
}

impl IntentState {
    /// The states in which the exchange has the order, or may have it.
    pub const OPEN: [IntentState; 3] = [
        IntentState::Sending,
        IntentState::Unknown,
        IntentState::Placed,
    ];

    /// Whether the exchange has the order, or may have it.
    #[must_use]
    pub fn is_open(self) -> bool {
        IntentState::OPEN.contains(&self)
    }
}

impl StopLevel {
    /// Whether orders of this side may not be sent.
    #[must_use]
    pub fn forbids(self, side: Side) -> bool {
        match (self, side) {
            (StopLevel::Run, _) | (StopLevel::NoNewBuys | StopLevel::Liquidate, Side::Sell) => {
                false
            }
            (StopLevel::Halt, _) | (StopLevel::NoNewBuys | StopLevel::Liquidate, Side::Buy) => true,
        }
    }

    /// Whether open positions are to be sold whatever the strategies say.
    #[must_use]
    pub fn demands_sells(self) -> bool {
        self == StopLevel::Liquidate
    }
}

record! {
    /// What a bot means to do at the exchange. It is there before the order is sent.
    Intent of "_cbtrade_intent" {
        intent_id: i64,
        client_order_id: String,
        side: Side,
        prod_id: String,
        test_txn_yn: String,
        state: IntentState,
        order_uuid: Option<String>,
        pos_id: Option<i64>,
        bo_id: Option<i64>,
        so_id: Option<i64>,
        quote_size: Option<Decimal>,
        base_size: Option<Decimal>,
        prc_est: Option<Decimal>,
        strat_type: Option<String>,
        strat_name: Option<String>,
        strat_freq: Option<String>,
        bot_guid: String,
        reason: Option<String>,
        note: Option<String>,
        created_unix: i64,
        ended_unix: Option<i64>,
        add_dttm: Timestamp,
        dlm: Timestamp,
    }
}

impl Intent {
    /// Whether no order is sent for it.
    #[must_use]
    pub fn is_test(&self) -> bool {
        self.test_txn_yn.eq_ignore_ascii_case("Y")
    }
}

record! {
    /// A fill, as the exchange tells it.
    FillRow of "_cbtrade_fill" {
        entry_id: String,
        order_uuid: String,
        client_order_id: Option<String>,
        trade_id: Option<String>,
        prod_id: String,
        side: Side,
        price: Decimal,
        size: Decimal,
        commission: Option<Decimal>,
        liquidity: Option<String>,
        trade_unix: Option<i64>,
        kind: Option<String>,
    }
}

record! {
    /// A stop level, and who set it when and why. `stop_id` 0 is the level of a fleet that was never stopped.
    StopRecord of "_cbtrade_stop" {
        stop_id: i64,
        level: StopLevel,
        reason: String,
        set_by: String,
        at_dttm: Option<Timestamp>,
    }
}

record! {
    /// The venue that the live orders of a database belong to, and who began with it when.
    VenueMark of "_cbtrade_venue" {
        venue: VenueKind,
        set_by: String,
        at_dttm: Option<Timestamp>,
    }
}

record! {
    /// A bot, as it last said of itself.
    BotStatus of "_cbtrade_bot" {
        bot: String,
        guid: String,
        mode: String,
        host: String,
        pid: i64,
        begun: Timestamp,
        seen: Timestamp,
        seen_seconds_ago: i64,
        state: String,
        prod_id: Option<String>,
        passes: i64,
        buys: i64,
        sells: i64,
        errors: i64,
        last_error: Option<String>,
        figures: String,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for level in StopLevel::ALL {
            assert_eq!(StopLevel::of_name(level.name()), Some(*level));
        }
        for state in IntentState::ALL {
            assert_eq!(IntentState::of_name(state.name()), Some(*state));
        }
        assert_eq!(Side::of_name(" buy "), Some(Side::Buy));
        assert_eq!(StopLevel::of_name("stop"), None);
    }

    #[test]
    fn levels_are_ordered_from_everything_to_nothing() {
        use StopLevel::{Halt, Liquidate, NoNewBuys, Run};
        assert!(Run < NoNewBuys && NoNewBuys < Liquidate && Liquidate < Halt);
        assert!(StopLevel::ALL.is_sorted());
        let forbidden = |level: StopLevel| (level.forbids(Side::Buy), level.forbids(Side::Sell));
        assert_eq!(forbidden(Run), (false, false));
        assert_eq!(forbidden(NoNewBuys), (true, false));
        assert_eq!(forbidden(Halt), (true, true));
        assert_eq!(forbidden(Liquidate), (true, false));
        assert!(Liquidate.demands_sells() && !Halt.demands_sells());
    }
}
