//! The source: one file with a table for each kind of value, and each way of identifying a row.

use std::path::{Path, PathBuf};

use cbtrade_sqlite::rusqlite::{Connection, Transaction, params};
use cbtrade_testkit::Random;

/// Rows of each table.
pub(crate) const ROWS: i64 = 900;

/// One table of the target, and how the test names its rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// The integer column by which the test finds a row.
    pub(crate) address: &'static str,
    /// What a report calls the row with this address.
    pub(crate) label: fn(i64) -> String,
}

pub(crate) const WHOLE: Table = numbered("whole");
pub(crate) const REALS: Table = numbered("reals");
pub(crate) const TEXTS: Table = numbered("texts");
pub(crate) const BYTES: Table = numbered("bytes");
pub(crate) const MOMENTS: Table = numbered("moments");
/// Values of several storage classes: originals are kept beside the rows.
pub(crate) const MIXED: Table = numbered("mixed");
/// A table of CBTrade's catalogue.
pub(crate) const POSITIONS: Table = Table {
    name: "poss",
    address: "pos_id",
    label: |address| format!("pos_id = {address}"),
};
/// A primary key of two texts.
pub(crate) const PAIRS: Table = Table {
    name: "pairs",
    address: "n",
    label: |address| {
        let (market, strategy) = pair_key(address);
        format!("market = '{market}', strategy = '{strategy}'")
    },
};
/// A primary key of integers and texts, which no order brings together: compared as a multiset.
pub(crate) const CODES: Table = Table {
    name: "codes",
    address: "n",
    label: |address| format!("code = '{}'", code(address)),
};
/// No primary key: the target's rows have an added, invisible one.
pub(crate) const KEYLESS: Table = Table {
    name: "keyless",
    address: "_cbtrade_row",
    label: |address| format!("_cbtrade_row = {address}"),
};

pub(crate) const TABLES: [Table; 10] = [
    WHOLE, REALS, TEXTS, BYTES, MOMENTS, MIXED, POSITIONS, PAIRS, CODES, KEYLESS,
];

const fn numbered(name: &'static str) -> Table {
    Table {
        name,
        address: "id",
        label: |address| format!("id = {address}"),
    }
}

fn pair_key(address: i64) -> (String, String) {
    let market = ["BTC-USDC", "ETH-USDC", "btc-usdc"][usize::try_from(address % 3).unwrap()];
    (market.to_owned(), format!("sma {address}"))
}

/// Even rows have an integer for a key, odd ones a text.
fn code(address: i64) -> String {
    if address % 2 == 0 {
        address.to_string()
    } else {
        format!("k{address}")
    }
}

/// Makes the file.
pub(crate) fn make(folder: &Path, random: &mut Random) -> PathBuf {
    let path = folder.join("fleet.db");
    let mut connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "CREATE TABLE whole (id INTEGER PRIMARY KEY, big INTEGER, small INT, flag SMALLINT, maybe INTEGER,
                                 one INTEGER, other INTEGER);
             CREATE TABLE reals (id INTEGER PRIMARY KEY, random REAL, noisy REAL, tiny REAL, zero REAL, negative);
             CREATE TABLE texts (id INTEGER PRIMARY KEY, plain TEXT, accented TEXT, decomposed TEXT, emoji TEXT,
                                 padded TEXT, lines TEXT, maybe TEXT, filled VARCHAR(40), beside VARCHAR(40));
             CREATE TABLE bytes (id INTEGER PRIMARY KEY, data BLOB, maybe BLOB);
             CREATE TABLE moments (id INTEGER PRIMARY KEY, at DATETIME, day DATE);
             CREATE TABLE mixed (id INTEGER PRIMARY KEY, v);
             CREATE TABLE pairs (market TEXT, strategy TEXT, n INTEGER, v TEXT, PRIMARY KEY (market, strategy)) WITHOUT ROWID;
             CREATE TABLE codes (code PRIMARY KEY, n INTEGER, v TEXT) WITHOUT ROWID;
             CREATE TABLE keyless (name TEXT, amount REAL);",
        )
        .unwrap();
    let poss = cbtrade_catalog::table("poss").unwrap();
    connection
        .execute_batch(&cbtrade_catalog::sqlite_create_table(poss, "poss"))
        .unwrap();
    let transaction = connection.transaction().unwrap();
    for row in 1..=ROWS {
        fill_numbers(&transaction, row, random);
        fill_texts(&transaction, row, random);
        fill_keys(&transaction, row, random);
        fill_position(&transaction, row, random);
    }
    transaction.commit().unwrap();
    path
}

/// Row numbers leave gaps, so that a key can be wrong by one.
pub(crate) fn id_of(row: i64) -> i64 {
    row * 3
}

fn fill_numbers(transaction: &Transaction<'_>, row: i64, random: &mut Random) {
    let below = |random: &mut Random, limit: u64| i64::try_from(random.below(limit)).unwrap();
    let big = 10_000_000_000 + below(random, 1 << 62);
    let small = 1 + below(random, 90_000);
    let maybe = (row % 2 == 0).then_some(0);
    let one = below(random, 1000);
    transaction
        .execute(
            "INSERT INTO whole VALUES (?, ?, ?, ?, ?, ?, ?)",
            params![
                id_of(row),
                big,
                if row % 3 == 0 { -small } else { small },
                row % 2,
                maybe,
                one,
                one + 1000
            ],
        )
        .unwrap();
    // 52 random bits of a fraction, so that all 17 digits are needed.
    let real = f64::from_bits(0x40c0_0000_0000_0000 | (random.next_u64() >> 12));
    #[expect(clippy::cast_precision_loss, reason = "small")]
    let noisy = row as f64 * 0.1 + 0.2;
    let tiny = f64::from_bits(1 + random.below(1 << 40));
    transaction
        .execute(
            "INSERT INTO reals VALUES (?, ?, ?, ?, 0.0, ?)",
            params![id_of(row), real, noisy, tiny, -0.0],
        )
        .unwrap();
    let length = 1 + random.index(60);
    let empty: Option<&[u8]> = (row % 2 == 0).then_some(&[]);
    transaction
        .execute(
            "INSERT INTO bytes VALUES (?, ?, ?)",
            params![id_of(row), random.bytes(length), empty],
        )
        .unwrap();
    transaction
        .execute(
            "INSERT INTO moments VALUES (?, datetime(?, 'unixepoch'), date(?, 'unixepoch'))",
            params![
                id_of(row),
                1_500_000_000 + below(random, 300_000_000),
                1_500_000_000 + below(random, 300_000_000)
            ],
        )
        .unwrap();
}

fn fill_texts(transaction: &Transaction<'_>, row: i64, random: &mut Random) {
    let word = |random: &mut Random| {
        let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".as_bytes();
        let word: String = (0..10)
            .map(|_| char::from(letters[random.index(letters.len())]))
            .collect();
        word
    };
    let plain = format!("{} {}", word(random), word(random));
    let maybe = (row % 2 == 0).then_some("");
    transaction
        .execute(
            "INSERT INTO texts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
            params![
                id_of(row),
                plain,
                format!("é{}ü", word(random)),
                format!("e\u{301}{}", word(random)),
                format!("{}\u{1F680}\u{1F41F}", word(random)),
                format!("{} ", word(random)),
                format!("{}\n{}", word(random), word(random)),
                maybe,
                word(random),
            ],
        )
        .unwrap();
    // Every third is a text like an integer's: its class cannot be seen in a column of text, so the original is kept.
    match row % 3 {
        0 => transaction.execute("INSERT INTO mixed VALUES (?, ?)", params![id_of(row), row]),
        1 => transaction.execute(
            "INSERT INTO mixed VALUES (?, ?)",
            params![id_of(row), row.to_string()],
        ),
        _ => transaction.execute(
            "INSERT INTO mixed VALUES (?, ?)",
            params![id_of(row), word(random)],
        ),
    }
    .unwrap();
}

fn fill_keys(transaction: &Transaction<'_>, row: i64, random: &mut Random) {
    let (market, strategy) = pair_key(row);
    let value = format!("value {}", random.below(1 << 40));
    transaction
        .execute(
            "INSERT INTO pairs VALUES (?, ?, ?, ?)",
            params![market, strategy, row, value],
        )
        .unwrap();
    let code = code(row);
    let number: Option<i64> = code.parse().ok();
    match number {
        Some(number) => transaction.execute(
            "INSERT INTO codes VALUES (?, ?, ?)",
            params![number, row, value],
        ),
        None => transaction.execute(
            "INSERT INTO codes VALUES (?, ?, ?)",
            params![code, row, value],
        ),
    }
    .unwrap();
    // Rows come in equal pairs.
    transaction
        .execute(
            "INSERT INTO keyless VALUES ('fee ' || ?, ? * 0.01)",
            params![(row + 1) / 2, (row + 1) / 2],
        )
        .unwrap();
}

fn fill_position(transaction: &Transaction<'_>, row: i64, random: &mut Random) {
    #[expect(clippy::cast_precision_loss, reason = "small")]
    let count = row as f64;
    // The 13th decimal is a 5 after an even digit: half-even rounds down, half-up rounds up.
    let half = format!(
        "{}.{:011}{}5",
        1 + row % 9,
        random.below(100_000_000_000),
        random.below(5) * 2
    );
    let tiny = format!("{}.{:06}e-10", 1 + row % 9, 1 + random.below(999_998));
    let second = 1_700_000_000 + row * 61;
    transaction
        .execute(
            "INSERT INTO poss (pos_id, prod_id, pos_stat, tot_out_cnt, tot_in_cnt, hold_cnt, prc_buy, prc_high, prc_low,
                               gain_loss_amt, base_size_min, buy_strat_name, bo_uuid, sell_yn, hodl_yn, note1,
                               pos_begin_dttm, pos_end_dttm, pos_begin_unix, age_mins, add_dttm, dlm, dlm_unix)
             VALUES (?1, 'ETH-USDC', 'CLOSE', ?2, ?3, ?4, ?5, CAST(?6 AS REAL), CAST(?7 AS REAL), ?8, NULL, 'imp_macd', ?9, ?10,
                     'N', 'bought at the low', datetime(?11, 'unixepoch'),
                     datetime(?11 + 3600, 'unixepoch') || '.' || ?12, ?11, ?13, datetime(?11, 'unixepoch'),
                     datetime(?11, 'unixepoch'), ?11)",
            params![
                id_of(row),
                count * 12.34,
                count * 12.41,
                count * 0.1 + 0.2,
                100.0 + count * 0.0001,
                half,
                tiny,
                -count * 0.37,
                format!("uuid-{row}"),
                if row % 2 == 0 { "Y" } else { "N" },
                second,
                format!("{:03}", 1 + random.below(999)),
                row % 1000,
            ],
        )
        .unwrap();
}
