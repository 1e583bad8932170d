//! A trading history of any size, which the database writes by itself from a table of numbers.
//!
//! Millions of rows sent from a test would take minutes; made by `INSERT … SELECT` they take seconds. The shares are those
//! of a bot that has run for a year: all but one in a hundred positions are closed, three of four are on paper.

/// Table of numbers from 0 that everything is made from.
const NUMBERS: &str = "_numbers";
/// Length of the history in seconds.
const HISTORY_S: u32 = 365 * 24 * 3600;
/// Strategies, the first of them of type `up`.
const STRATEGIES: [&str; 16] = [
    "nwe_3row",
    "sha",
    "imp_macd",
    "bb_bo",
    "tpo",
    "vidya",
    "nwe_env",
    "nwe_rev",
    "bb",
    "drop",
    "ht",
    "msb",
    "rsi_div_macd",
    "st_atr",
    "vwmacd",
    "vwtm",
];
const STRATEGIES_UP: usize = 6;
/// Candle lengths that strategies work on.
const FREQUENCIES: [&str; 5] = ["15min", "30min", "1h", "4h", "1d"];
/// Candle lengths that are kept.
const CANDLE_FREQUENCIES: [&str; 8] = ["1min", "3min", "5min", "15min", "30min", "1h", "4h", "1d"];
/// Live, test and all.
const CLASSES: [&str; 3] = ["L", "T", "A"];

/// Whose words the statements are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// MySQL and MariaDB.
    Server,
    /// SQLite.
    File,
}

/// How much there is of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TradingHistory {
    /// Products, each with a market, a currency, a balance and its performance rows; at most 1000.
    pub products: u32,
    /// Positions, each with its buy order, most with a sell order, one of four with signal and decision.
    pub positions: u32,
    /// Candles of each product, over all lengths.
    pub candles_per_product: u32,
}

/// A table's columns with the expressions that fill them.
type Columns = Vec<(&'static str, String)>;

impl TradingHistory {
    /// Name of a product.
    #[must_use]
    pub fn product(&self, number: u32) -> String {
        format!("COIN{:03}-USDC", number % self.products)
    }

    /// Makes the table of numbers; comes first.
    #[must_use]
    pub fn begin(&self) -> Vec<String> {
        let performances = self.products * 240;
        let last = self
            .positions
            .max(self.candles_per_product)
            .max(performances);
        let digits: Vec<String> = (0..10)
            .map(|digit| format!("SELECT {digit} AS d"))
            .collect();
        let places = last.to_string().len();
        let sum: Vec<String> = (0..places)
            .map(|place| {
                format!(
                    "{} * d{place}.d",
                    10_u32.pow(u32::try_from(place).unwrap_or(0))
                )
            })
            .collect();
        let joined: Vec<String> = (0..places)
            .map(|place| format!("({}) d{place}", digits.join(" UNION ALL ")))
            .collect();
        vec![
            format!("CREATE TABLE {NUMBERS} (n INTEGER NOT NULL PRIMARY KEY)"),
            format!(
                "INSERT INTO {NUMBERS} (n) SELECT n FROM (SELECT {} AS n FROM {}) numbered WHERE n <= {last}",
                sum.join(" + "),
                joined.join(" CROSS JOIN ")
            ),
        ]
    }

    /// Fills the tables of the trading database, which are there and empty.
    #[must_use]
    pub fn tables(&self, words: Words) -> Vec<String> {
        let made = Made {
            words,
            history: self,
        };
        let positions = format!("BETWEEN 1 AND {}", self.positions);
        let wishes = format!("BETWEEN 1 AND {}", self.positions / 4);
        let products = format!("BETWEEN 1 AND {}", self.products);
        let of = |count: u32| format!("BETWEEN 0 AND {}", count - 1);
        let sold = format!("{positions} AND {} <> 'OPEN'", made.state());
        vec![
            insert("poss", &made.positions(), &positions),
            insert("buy_ords", &made.buy_orders(), &positions),
            insert("sell_ords", &made.sell_orders(), &sold),
            insert("ords", &made.orders(), &positions),
            insert("buy_signals", &made.signals(), &wishes),
            insert("buy_decisions", &made.decisions(), &wishes),
            insert("mkts", &made.markets(), &products),
            insert("mkt_checks", &made.checks(), &products),
            insert("currs", &made.currencies(), &products),
            insert("bals", &made.balances(), &products),
            insert("buy_strats", &made.strategies("n"), &of(80)),
            insert(
                "trade_perfs",
                &made.performances(false),
                &of(self.products * 3),
            ),
            insert(
                "trade_strat_perfs",
                &made.performances(true),
                &of(self.products * 240),
            ),
        ]
    }

    /// Fills a product's candle table, which is there and empty.
    #[must_use]
    pub fn candles(&self, words: Words, table: &str) -> String {
        let made = Made {
            words,
            history: self,
        };
        let start = format!("({} - {} * 60)", made.now(), made.divided("n", 8));
        let rows = format!("BETWEEN 0 AND {}", self.candles_per_product - 1);
        let columns = vec![
            ("timestamp", made.moment(&start)),
            ("freq", one_of("n % 8", &CANDLE_FREQUENCIES)),
            ("open", "100 + n % 7".to_owned()),
            ("high", "108".to_owned()),
            ("low", "99".to_owned()),
            ("close", "100 + n % 5".to_owned()),
            ("volume", "n".to_owned()),
            ("start_dttm", made.moment(&start)),
            ("start_unix", start.clone()),
            ("end_dttm", made.moment(&format!("{start} + 60"))),
            ("end_unix", format!("{start} + 60")),
        ];
        insert(table, &columns, &rows)
    }

    /// Removes the table of numbers; comes last.
    #[must_use]
    pub fn end(&self) -> String {
        format!("DROP TABLE {NUMBERS}")
    }
}

fn insert(table: &str, columns: &Columns, rows: &str) -> String {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let values: Vec<&str> = columns.iter().map(|(_, value)| value.as_str()).collect();
    format!(
        "INSERT INTO {table} ({}) SELECT {} FROM {NUMBERS} WHERE n {rows}",
        names.join(", "),
        values.join(", ")
    )
}

fn one_of(number: &str, words: &[&str]) -> String {
    let cases: Vec<String> = words
        .iter()
        .enumerate()
        .map(|(place, word)| format!("WHEN {place} THEN '{word}'"))
        .collect();
    format!("CASE {number} {} END", cases.join(" "))
}

/// The columns of each table for the row of a number `n`.
struct Made<'a> {
    words: Words,
    history: &'a TradingHistory,
}

impl Made<'_> {
    fn divided(&self, number: &str, divisor: u32) -> String {
        match self.words {
            Words::Server => format!("({number} DIV {divisor})"),
            Words::File => format!("({number} / {divisor})"),
        }
    }

    fn moment(&self, seconds: &str) -> String {
        match self.words {
            Words::Server => format!("FROM_UNIXTIME({seconds})"),
            Words::File => format!("datetime({seconds}, 'unixepoch')"),
        }
    }

    fn now(&self) -> &'static str {
        match self.words {
            Words::Server => "UNIX_TIMESTAMP()",
            Words::File => "CAST(strftime('%s', 'now') AS INTEGER)",
        }
    }

    /// A word, the number, and perhaps another word.
    fn numbered(&self, before: &str, number: &str, after: &str) -> String {
        match self.words {
            Words::Server => format!("CONCAT('{before}', {number}, '{after}')"),
            Words::File => format!("('{before}' || ({number}) || '{after}')"),
        }
    }

    fn coin(&self, number: &str, after: &str) -> String {
        let padded = match self.words {
            Words::Server => format!("LPAD({number}, 3, '0')"),
            Words::File => format!("printf('%03d', {number})"),
        };
        self.numbered("COIN", &padded, after)
    }

    fn product_of(&self, number: &str) -> [(&'static str, String); 2] {
        let number = format!("{number} % {}", self.history.products);
        [
            ("prod_id", self.coin(&number, "-USDC")),
            ("base_symb", self.coin(&number, "")),
        ]
    }

    /// The three columns of the strategy of this number.
    fn strategies(&self, number: &str) -> Columns {
        let name = format!("({number}) % 16");
        let frequency = format!("{} % 5", self.divided(&format!("({number})"), 16));
        vec![
            (
                "buy_strat_type",
                format!("CASE WHEN {name} < {STRATEGIES_UP} THEN 'up' ELSE 'dn' END"),
            ),
            ("buy_strat_name", one_of(&name, &STRATEGIES)),
            ("buy_strat_freq", one_of(&frequency, &FREQUENCIES)),
        ]
    }

    /// What positions and orders have in common.
    fn trade(&self) -> Columns {
        let mut columns = Vec::from(self.product_of("n"));
        let paper = format!(
            "CASE WHEN {} % 4 = 0 THEN 'N' ELSE 'Y' END",
            self.divided("n", 7)
        );
        columns.extend([
            ("symb", "'USDC'".to_owned()),
            ("test_txn_yn", paper),
            (
                "ignore_tf",
                "CASE WHEN n % 1000 = 7 THEN 1 ELSE 0 END".to_owned(),
            ),
        ]);
        columns
    }

    /// One position in a hundred is held, a quarter of those is being sold; spread over products and strategies.
    fn state(&self) -> String {
        let spread = format!("(n * 31 + {}) % 100", self.divided("n", 100));
        let quarter = format!("{} % 4", self.divided("n", 100));
        format!(
            "CASE WHEN {spread} > 0 THEN 'CLOSE' WHEN {quarter} = 0 THEN 'SELL' ELSE 'OPEN' END"
        )
    }

    fn begin(&self) -> String {
        let step = HISTORY_S / self.history.positions.max(1);
        format!(
            "({} - ({} - n) * {step} - 60)",
            self.now(),
            self.history.positions
        )
    }

    fn positions(&self) -> Columns {
        let state = self.state();
        let of_strategy = self.divided("n", self.history.products);
        let end = format!("{} + (n % 47) * 600", self.begin());
        let closed =
            |yes: &str, no: &str| format!("CASE WHEN {state} = 'CLOSE' THEN {yes} ELSE {no} END");
        let mut columns = self.trade();
        columns.extend(self.strategies(&of_strategy));
        columns.extend([
            ("pos_id", "n".to_owned()),
            ("pos_stat", state.clone()),
            ("bo_id", "n".to_owned()),
            ("bo_uuid", self.numbered("seed-buy-", "n", "")),
            (
                "base_curr_symb",
                self.coin(&format!("n % {}", self.history.products), ""),
            ),
            ("quote_curr_symb", "'USDC'".to_owned()),
            ("buy_cnt", "1 + n % 9".to_owned()),
            ("tot_out_cnt", "100 + n % 900".to_owned()),
            ("tot_in_cnt", closed("90 + n % 900 + n % 21", "0")),
            ("sell_cnt_tot", closed("1 + n % 9", "0")),
            ("hold_cnt", closed("0", "1 + n % 9")),
            ("prc_buy", "100".to_owned()),
            ("prc_curr", "100 + n % 3".to_owned()),
            ("val_curr", closed("0", "90 + n % 900 + n % 21")),
            ("val_tot", closed("0", "90 + n % 900 + n % 21")),
            ("gain_loss_amt", "n % 21 - 10".to_owned()),
            ("gain_loss_amt_net", "n % 21 - 11".to_owned()),
            ("sell_order_cnt", "1".to_owned()),
            ("age_mins", "(n % 47) * 10".to_owned()),
            ("pos_begin_dttm", self.moment(&self.begin())),
            ("pos_begin_unix", self.begin()),
            ("pos_end_dttm", closed(&self.moment(&end), "NULL")),
            ("pos_end_unix", closed(&end, "0")),
        ]);
        columns
    }

    fn buy_orders(&self) -> Columns {
        let last = self.history.positions.saturating_sub(40);
        let state = format!(
            "CASE WHEN n > {last} AND n % 2 = 0 THEN 'OPEN' WHEN n % 50 = 0 THEN 'CANC' ELSE 'FILL' END"
        );
        let of_strategy = self.divided("n", self.history.products);
        let mut columns = self.trade();
        columns.extend(self.strategies(&of_strategy));
        columns.extend([
            ("bo_id", "n".to_owned()),
            ("buy_order_uuid", self.numbered("seed-buy-", "n", "")),
            (
                "buy_client_order_id",
                self.numbered("seed-bot-buy-", "n", ""),
            ),
            ("ord_stat", state),
            ("buy_cnt_act", "1 + n % 9".to_owned()),
            ("tot_out_cnt", "100 + n % 900".to_owned()),
            ("buy_begin_dttm", self.moment(&self.begin())),
            ("buy_begin_unix", self.begin()),
        ]);
        columns
    }

    fn sell_orders(&self) -> Columns {
        let state = format!(
            "CASE WHEN {} = 'SELL' THEN 'OPEN' ELSE 'FILL' END",
            self.state()
        );
        let begin = format!("{} + 600", self.begin());
        let mut columns = self.trade();
        columns.extend([
            ("so_id", "n".to_owned()),
            ("pos_id", "n".to_owned()),
            ("sell_order_uuid", self.numbered("seed-sell-", "n", "")),
            (
                "sell_client_order_id",
                self.numbered("seed-bot-sell-", "n", ""),
            ),
            ("ord_stat", state),
            ("sell_cnt_act", "1 + n % 9".to_owned()),
            ("tot_in_cnt", "90 + n % 900".to_owned()),
            ("sell_begin_dttm", self.moment(&begin)),
            ("sell_begin_unix", begin),
        ]);
        columns
    }

    fn orders(&self) -> Columns {
        let [product, _] = self.product_of("n");
        vec![
            product,
            ("ord_id", "n".to_owned()),
            ("ord_uuid", self.numbered("seed-buy-", "n", "")),
            (
                "ord_client_order_id",
                self.numbered("seed-bot-buy-", "n", ""),
            ),
            ("pos_id", "n".to_owned()),
            ("ord_side", "'BUY'".to_owned()),
            ("ord_status", "'FILLED'".to_owned()),
            ("ord_filled_size", "1 + n % 9".to_owned()),
        ]
    }

    fn signals(&self) -> Columns {
        let [product, _] = self.product_of("n");
        let mut columns = vec![product];
        columns.extend(self.strategies(&self.divided("n", self.history.products)));
        columns.extend([
            ("signal_id", "n".to_owned()),
            ("event_dttm", self.moment(&self.begin())),
            ("test_txn_yn", "'Y'".to_owned()),
            ("dlm", self.moment(&self.begin())),
        ]);
        columns
    }

    fn decisions(&self) -> Columns {
        let [product, _] = self.product_of("n");
        let mut columns = vec![product];
        columns.extend(self.strategies(&self.divided("n", self.history.products)));
        columns.extend([
            ("buy_dec_id", "n".to_owned()),
            ("signal_id", "n".to_owned()),
            ("symb", "'USDC'".to_owned()),
            ("test_txn_yn", "'Y'".to_owned()),
            ("buy_deny_yn", "'N'".to_owned()),
            ("setting_name", "'trade_size'".to_owned()),
            ("dlm", self.moment(&self.begin())),
        ]);
        columns
    }

    fn markets(&self) -> Columns {
        let [product, (_, base)] = self.product_of("n");
        let mut columns = vec![product, ("base_curr_symb", base)];
        columns.extend([
            ("mkt_id", "n".to_owned()),
            ("mkt_name", self.numbered("Market ", "n", "")),
            ("quote_curr_symb", "'USDC'".to_owned()),
            ("mkt_status_tf", "'online'".to_owned()),
            (
                "mkt_watched_tf",
                "CASE WHEN n % 20 = 0 THEN 1 ELSE 0 END".to_owned(),
            ),
            ("base_size_incr", "0.001".to_owned()),
            ("base_size_min", "0.01".to_owned()),
            ("base_size_max", "100000".to_owned()),
            ("prc", "100 + n % 3".to_owned()),
            ("prc_pct_chg_24h", "n % 21 - 10".to_owned()),
            ("vol_quote_24h", "n * 100000".to_owned()),
            ("vol_pct_chg_24h", "n % 31 - 10".to_owned()),
        ]);
        columns
    }

    fn checks(&self) -> Columns {
        let [product, _] = self.product_of("n");
        let then = self.moment(&format!("{} - 3600", self.now()));
        vec![
            product,
            ("buy_check_guid", "'seed-bot'".to_owned()),
            ("sell_check_guid", "'seed-bot'".to_owned()),
            ("buy_check_dttm", then.clone()),
            ("sell_check_dttm", then),
        ]
    }

    fn currencies(&self) -> Columns {
        let [_, (_, base)] = self.product_of("n");
        vec![
            ("curr_id", "n".to_owned()),
            ("symb", base),
            ("curr_uuid", self.numbered("seed-currency-", "n", "")),
            ("prc_usd", "100 + n % 3".to_owned()),
        ]
    }

    fn balances(&self) -> Columns {
        let [_, (_, base)] = self.product_of("n");
        vec![
            ("bal_id", "n".to_owned()),
            ("symb", base),
            ("curr_uuid", self.numbered("seed-currency-", "n", "")),
            ("rp_id", "'seed-portfolio'".to_owned()),
            ("bal_avail", "n % 11".to_owned()),
            ("bal_tot", "n % 11".to_owned()),
        ]
    }

    /// Fresh performance rows: three for each product, or for each of its 80 strategies.
    fn performances(&self, of_strategies: bool) -> Columns {
        let each = if of_strategies { 240 } else { 3 };
        let [product, base] = self.product_of(&self.divided("n", each));
        let mut columns = vec![product, base];
        if of_strategies {
            columns.extend(self.strategies(&format!("{} % 80", self.divided("n", 3))));
        }
        columns.extend([
            ("quote_symb", "'USDC'".to_owned()),
            ("lta", one_of("n % 3", &CLASSES)),
            ("tot_cnt", "50".to_owned()),
            ("win_cnt", "30".to_owned()),
            ("lose_cnt", "20".to_owned()),
            ("gain_loss_amt", "n % 41 - 10".to_owned()),
            ("gain_loss_pct", "n % 43 - 10".to_owned()),
            ("gain_loss_pct_hr", "n % 45 - 10".to_owned()),
            ("gain_loss_pct_day", "n % 47 - 10".to_owned()),
            ("needs_recalc_yn", "'N'".to_owned()),
            ("last_upd_unix", self.now().to_owned()),
        ]);
        columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_reach_as_far_as_the_largest_table() {
        let history = TradingHistory {
            products: 60,
            positions: 200_000,
            candles_per_product: 33_334,
        };
        assert!(history.begin()[1].ends_with("n <= 200000"));
        assert_eq!(history.product(61), "COIN001-USDC");
    }
}
