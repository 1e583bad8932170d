//! Changes of several values that belong together, of keys and of whole rows.

use cbtrade_mysql::mysql_async::Value;
use cbtrade_mysql::quote_identifier;

use crate::source::{self, KEYLESS, PAIRS, POSITIONS, TABLES, TEXTS, Table, WHOLE, id_of};
use crate::{Bench, PLANTS, Planted, same};

/// Changes of several values that belong together.
impl Bench {
    /// The values of two rows change places.
    pub(crate) async fn rows_swapped(&mut self, table: Table, column: &str) {
        let values = self.side.values(table, column).await;
        let chosen = self.choose(values, PLANTS);
        let mut planted = Planted::default();
        for pair in chosen.chunks_exact(2) {
            let ((one, first), (other, second)) = (&pair[0], &pair[1]);
            if same(first, second) {
                continue;
            }
            self.side.set(table, *one, column, second.clone()).await;
            self.side.set(table, *other, column, first.clone()).await;
            planted.value(table, *one, column);
            planted.value(table, *other, column);
            planted.plants.push((table, vec![*one, *other]));
        }
        let kind = format!("values of two rows swapped ({}.{column})", table.name);
        self.check(&kind, &[table.name], planted).await;
    }

    /// A value is overwritten with that of the row before.
    pub(crate) async fn copied_from_the_neighbour(&mut self) {
        let values = self.side.values(WHOLE, "big").await;
        let pairs: Vec<_> = values
            .windows(2)
            .map(|pair| (pair[1].0, pair[0].1.clone()))
            .collect();
        let mut planted = Planted::default();
        for (address, value) in self.choose(pairs, PLANTS) {
            self.side.set(WHOLE, address, "big", value).await;
            planted.value(WHOLE, address, "big");
            planted.plants.push((WHOLE, vec![address]));
        }
        self.check("value copied from the row before", &[WHOLE.name], planted)
            .await;
    }

    /// The same change in both rows of a pair: what an XOR cancels.
    pub(crate) async fn same_change_in_two_rows(&mut self) {
        let values = self.side.values(POSITIONS, "sell_yn").await;
        let sold: Vec<i64> = values
            .iter()
            .filter(|(_, value)| *value == Value::from("N"))
            .map(|(address, _)| *address)
            .collect();
        let chosen = self.choose(sold, PLANTS);
        let mut planted = Planted::default();
        for pair in chosen.chunks_exact(2) {
            for address in pair {
                self.side
                    .set(POSITIONS, *address, "sell_yn", Value::from("Y"))
                    .await;
                planted.value(POSITIONS, *address, "sell_yn");
            }
            planted.plants.push((POSITIONS, pair.to_vec()));
        }
        self.check(
            "the same flag changed in two rows",
            &[POSITIONS.name],
            planted,
        )
        .await;
    }

    /// Two equal rows of a table without a key get the same other value.
    pub(crate) async fn same_change_in_equal_rows(&mut self) {
        let pairs: Vec<i64> = (1..=source::ROWS / 2).map(|pair| pair * 2).collect();
        let mut planted = Planted::default();
        for second in self.choose(pairs, PLANTS) {
            for address in [second - 1, second] {
                self.side
                    .set(KEYLESS, address, "name", Value::from("fee, booked twice"))
                    .await;
                planted.value(KEYLESS, address, "name");
            }
            planted.plants.push((KEYLESS, vec![second - 1, second]));
        }
        self.check("two equal rows changed alike", &[KEYLESS.name], planted)
            .await;
    }

    /// Two columns of a row change places.
    pub(crate) async fn columns_swapped(
        &mut self,
        kind: &str,
        table: Table,
        one: &str,
        other: &str,
    ) {
        let first = self.side.values(table, one).await;
        let second = self.side.values(table, other).await;
        let both: Vec<_> = first.into_iter().zip(second).collect();
        let mut planted = Planted::default();
        for ((address, first), (_, second)) in self.choose(both, PLANTS) {
            self.side.set(table, address, one, second).await;
            self.side.set(table, address, other, first).await;
            planted.value(table, address, one);
            planted.value(table, address, other);
            planted.plants.push((table, vec![address]));
        }
        self.check(kind, &[table.name], planted).await;
    }
}

/// Changes of rows and keys.
impl Bench {
    pub(crate) async fn keys_off_by_one(&mut self) {
        let ids = (1..=source::ROWS).map(id_of).collect();
        let mut planted = Planted::default();
        for id in self.choose(ids, PLANTS) {
            self.side.set(WHOLE, id, "id", Value::from(id + 1)).await;
            planted.row(WHOLE, (WHOLE.label)(id));
            planted.row(WHOLE, (WHOLE.label)(id + 1));
            planted.plants.push((WHOLE, vec![id, id + 1]));
        }
        self.check("key one too high", &[WHOLE.name], planted).await;
    }

    pub(crate) async fn key_case_changed(&mut self) {
        let addresses = (1..=source::ROWS).collect();
        let mut planted = Planted::default();
        for address in self.choose(addresses, PLANTS) {
            self.side
                .set(
                    PAIRS,
                    address,
                    "strategy",
                    Value::from(format!("SMA {address}")),
                )
                .await;
            let label = (PAIRS.label)(address);
            planted.row(PAIRS, label.replace("sma", "SMA"));
            planted.row(PAIRS, label);
            planted.plants.push((PAIRS, vec![address]));
        }
        self.check("letter case of a key", &[PAIRS.name], planted)
            .await;
    }

    /// Rows are lost in every table.
    pub(crate) async fn rows_deleted(&mut self) {
        for table in TABLES {
            let values = self.side.values(table, table.address).await;
            let addresses = values.into_iter().map(|(address, _)| address).collect();
            let mut planted = Planted::default();
            for address in self.choose(addresses, PLANTS / 10) {
                let sql = format!(
                    "DELETE FROM {} WHERE {} = ?",
                    quote_identifier(table.name),
                    table.address
                );
                assert_eq!(
                    self.side.run_with(&sql, vec![Value::from(address)]).await,
                    1
                );
                planted.row(table, (table.label)(address));
                planted.plants.push((table, vec![address]));
            }
            self.check(
                &format!("row lost ({})", table.name),
                &[table.name],
                planted,
            )
            .await;
        }
    }

    /// Rows come in twice where no key forbids it, and from nowhere where one does.
    pub(crate) async fn rows_added(&mut self) {
        let mut planted = Planted::default();
        for address in self.choose((1..=source::ROWS).collect(), PLANTS) {
            let new = address + 10_000;
            let sql = "INSERT INTO keyless (name, amount, _cbtrade_row) SELECT name, amount, ? FROM keyless WHERE _cbtrade_row = ?";
            assert_eq!(
                self.side
                    .run_with(sql, vec![Value::from(new), Value::from(address)])
                    .await,
                1
            );
            planted.row(KEYLESS, (KEYLESS.label)(new));
            planted.plants.push((KEYLESS, vec![new]));
        }
        self.check(
            "row of a table without a key doubled",
            &[KEYLESS.name],
            planted,
        )
        .await;
        let mut planted = Planted::default();
        for row in self.choose((1..=source::ROWS).collect(), PLANTS) {
            let new = id_of(row) + 1;
            self.side
                .run_with(
                    "INSERT INTO texts (id, plain) VALUES (?, 'new')",
                    vec![Value::from(new)],
                )
                .await;
            planted.row(TEXTS, (TEXTS.label)(new));
            planted.plants.push((TEXTS, vec![new]));
        }
        self.check("row added", &[TEXTS.name], planted).await;
    }
}
