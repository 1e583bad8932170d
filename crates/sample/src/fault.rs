//! Oddities, planted in rows that are otherwise finished.

use cbtrade_sqlite::rusqlite::types::Value;

use crate::report::{FaultKind, SampleFault};
use crate::store::{Store, insert};
use crate::trader::Numbers;
use crate::{Error, SampleOptions};

/// A column that no CBTrade of today has.
const EXTRA_COLUMN: &str = "legacy_note";

/// Adds what the oddities need to the empty tables.
pub(crate) fn prepare_faults(store: &Store, options: &SampleOptions) -> Result<(), Error> {
    if options.faults {
        store.define(
            "poss",
            &format!("ALTER TABLE poss ADD COLUMN {EXTRA_COLUMN} TEXT"),
        )?;
    }
    Ok(())
}

/// Plants the oddities that the options ask for, as far as there are rows to carry them, and says
/// where they are.
pub(crate) fn plant_faults(
    store: &Store,
    options: &SampleOptions,
    numbers: &mut Numbers,
) -> Result<Vec<SampleFault>, Error> {
    let mut faults = Vec::new();
    if options.faults {
        for oddity in oddities() {
            faults.extend(plant(store, &oddity)?);
        }
        faults.push(orphan_order(store, numbers)?);
    }
    if options.nasty {
        for oddity in nasty_oddities() {
            faults.extend(plant(store, &oddity)?);
        }
    }
    Ok(faults)
}

/// Where an oddity goes and how it comes about.
struct Oddity {
    kind: FaultKind,
    carrier: &'static Carrier,
    column: &'static str,
    /// Which of the carrier's rows.
    nth: i64,
    change: Change,
    what: &'static str,
}

/// Rows that can carry oddities: finished ones, which nothing is written over later.
struct Carrier {
    table: &'static str,
    key: &'static str,
    condition: &'static str,
}

/// The odd value, given or made from the row's own by an SQL expression.
enum Change {
    To(Value),
    Computed(&'static str),
}

const POSITION: Carrier = Carrier {
    table: "poss",
    key: "pos_id",
    condition: "pos_stat = 'CLOSE' AND test_txn_yn = 'N'",
};
const BUY_ORDER: Carrier = Carrier {
    table: "buy_ords",
    key: "bo_id",
    condition: "ord_stat = 'FILL'",
};
const SELL_ORDER: Carrier = Carrier {
    table: "sell_ords",
    key: "so_id",
    condition: "ord_stat = 'FILL'",
};

fn oddities() -> Vec<Oddity> {
    let position = |kind, nth, column, change, what| Oddity {
        kind,
        carrier: &POSITION,
        column,
        nth,
        change,
        what,
    };
    let bought = |kind, nth, column, change, what| Oddity {
        kind,
        carrier: &BUY_ORDER,
        column,
        nth,
        change,
        what,
    };
    let sold = |kind, nth, column, change, what| Oddity {
        kind,
        carrier: &SELL_ORDER,
        column,
        nth,
        change,
        what,
    };
    let text = |text: &str| Change::To(Value::Text(text.to_owned()));
    let long_note = "price feed late, checked by hand; ".repeat(45);
    let long_identifier = format!("cbtrade-live-auto-1-{}", "0123456789abcdef-".repeat(5));
    vec![
        position(
            FaultKind::LongText,
            0,
            "note1",
            text(&long_note),
            "a note of 1,530 characters, where 1,024 are expected",
        ),
        bought(
            FaultKind::LongText,
            0,
            "buy_client_order_id",
            text(&long_identifier),
            "an identifier of 105 characters, where 64 are expected",
        ),
        position(
            FaultKind::Emoji,
            1,
            "note2",
            text("to the moon \u{1f680}\u{1f315}"),
            "characters of four bytes",
        ),
        position(
            FaultKind::Milliseconds,
            2,
            "check_last_unix",
            Change::Computed("check_last_unix * 1000"),
            "milliseconds in a column of seconds",
        ),
        position(
            FaultKind::CaseCollision,
            3,
            "bo_uuid",
            Change::Computed(
                "(SELECT upper(bo_uuid) FROM poss WHERE pos_stat = 'CLOSE' AND test_txn_yn = 'N' ORDER BY pos_id LIMIT 1)",
            ),
            "the identifier of the first closed live position, in capitals",
        ),
        position(
            FaultKind::ExtraColumn,
            4,
            EXTRA_COLUMN,
            text("taken over from the notebook"),
            "a column that today's table does not have",
        ),
        position(
            FaultKind::ExtraColumn,
            5,
            EXTRA_COLUMN,
            text("Verkauf geprüft – in Ordnung"),
            "a column that today's table does not have",
        ),
        sold(
            FaultKind::IsoDate,
            0,
            "sell_begin_dttm",
            Change::Computed("replace(sell_begin_dttm, ' ', 'T') || 'Z'"),
            "a date with T and Z",
        ),
        bought(
            FaultKind::FractionalDate,
            1,
            "buy_begin_dttm",
            Change::Computed("buy_begin_dttm || '.250000'"),
            "a date with a fraction of a second",
        ),
        bought(
            FaultKind::EmptyDate,
            2,
            "buy_end_dttm",
            text(""),
            "an empty text for a date whose seconds are known",
        ),
    ]
}

fn nasty_oddities() -> Vec<Oddity> {
    let position = |kind, nth, column, change, what| Oddity {
        kind,
        carrier: &POSITION,
        column,
        nth,
        change,
        what,
    };
    let text = |text: &str| Change::To(Value::Text(text.to_owned()));
    vec![
        position(
            FaultKind::FreeText,
            6,
            "prc_sell_avg",
            text("n/a"),
            "words in a money column",
        ),
        position(
            FaultKind::ThousandsSeparator,
            7,
            "tot_in_cnt",
            text("1,234.56"),
            "a number with a thousands separator",
        ),
        position(
            FaultKind::ImpossibleDate,
            8,
            "pos_begin_dttm",
            text("0000-00-00 00:00:00"),
            "a date that is none",
        ),
        position(
            FaultKind::BrokenText,
            9,
            "note3",
            Change::Computed("CAST(x'676566c3bc6c6c74fc' AS TEXT)"),
            "text that is not UTF-8",
        ),
    ]
}

fn plant(store: &Store, oddity: &Oddity) -> Result<Option<SampleFault>, Error> {
    let Oddity {
        kind,
        carrier,
        column,
        nth,
        change,
        what,
    } = oddity;
    let Carrier {
        table,
        key,
        condition,
    } = carrier;
    let find =
        format!("SELECT {key} FROM {table} WHERE {condition} ORDER BY {key} LIMIT 1 OFFSET ?");
    let Some(row) = store.read(table, &find, [nth], |row| row.get::<_, i64>(0))? else {
        return Ok(None);
    };
    match change {
        Change::To(value) => {
            let sql = format!("UPDATE {table} SET {column} = ?1 WHERE {key} = ?2");
            store.write(table, &sql, (value, row))?;
        }
        Change::Computed(expression) => {
            let sql = format!("UPDATE {table} SET {column} = {expression} WHERE {key} = ?1");
            store.write(table, &sql, [row])?;
        }
    }
    let show = match kind {
        FaultKind::BrokenText => format!("hex({column})"),
        _ => (*column).to_owned(),
    };
    let read = format!("SELECT CAST({show} AS TEXT) FROM {table} WHERE {key} = ?");
    let value = store
        .read(table, &read, [row], |row| row.get::<_, String>(0))?
        .unwrap_or_default();
    Ok(Some(SampleFault {
        kind: *kind,
        table: (*table).to_owned(),
        column: (*column).to_owned(),
        row,
        value,
        what: (*what).to_owned(),
    }))
}

/// A sell order whose position never was.
fn orphan_order(store: &Store, numbers: &mut Numbers) -> Result<SampleFault, Error> {
    numbers.sell_order += 1;
    let pos_id = numbers.position + 1_000_000;
    let (moment, seconds) = ("2024-11-05 04:17:00", 1_730_780_220_i64);
    insert! { store, "INSERT", "sell_ords", {
        so_id: numbers.sell_order, test_txn_yn: "Y", base_symb: "BTC", symb: "USDC", prod_id: "BTC-USDC",
        mkt_name: "BTC-USDC", mkt_venue: "coinbase", pos_id: pos_id, sell_seq_nbr: 1,
        sell_order_uuid: "0f9f4b52-6d1c-4f0a-9a53-0e6b8d1c2a77", pos_type: "SPOT", ord_stat: "CANC",
        sell_curr_symb: "BTC", recv_curr_symb: "USDC", fees_curr_symb: "USDC", ignore_tf: 1,
        upd_dttm: moment, sell_begin_dttm: moment, sell_begin_unix: seconds, sell_end_dttm: moment,
        sell_end_unix: seconds, elapsed_mins: 0, add_dttm: moment, add_unix: seconds, dlm: moment,
        dlm_unix: seconds,
    } }?;
    Ok(SampleFault {
        kind: FaultKind::OrphanOrder,
        table: "sell_ords".to_owned(),
        column: "pos_id".to_owned(),
        row: numbers.sell_order,
        value: pos_id.to_string(),
        what: "a sell order of a position that does not exist".to_owned(),
    })
}
