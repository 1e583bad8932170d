//! Changes of the originals that are kept beside rows.

use cbtrade_mysql::mysql_async::Value;

use crate::source::{MIXED, id_of};
use crate::target::ORIGINALS;
use crate::{Bench, PLANTS, Planted};

/// Changes of the originals that are kept beside rows.
impl Bench {
    pub(crate) async fn originals_changed(&mut self) {
        let changes = [
            (
                "one bit of a kept original flipped",
                "original = CONCAT(LEFT(original, LENGTH(original) - 1), CHAR(ASCII(RIGHT(original, 1)) ^ 1))",
                0,
            ),
            (
                "zero byte added to a kept original",
                "original = CONCAT(original, 0x00)",
                0,
            ),
            (
                "storage class of a kept original",
                "storage_class = 'blob'",
                0,
            ),
            (
                "kept original at another row",
                "row_address = row_address + 1000000",
                1_000_000,
            ),
        ];
        for (kind, assignment, moved) in changes {
            let mut planted = Planted::default();
            for (table, column, address) in self.kept_originals(PLANTS).await {
                let sql = format!(
                    "UPDATE {ORIGINALS} SET {assignment} WHERE table_name = ? AND row_address = ?"
                );
                assert_eq!(
                    self.side
                        .run_with(&sql, vec![Value::from(&table), Value::from(address)])
                        .await,
                    1,
                    "{kind}"
                );
                planted.original(&table, address, &column);
                if moved > 0 {
                    planted.original(&table, address + moved, &column);
                }
            }
            self.check(kind, &[ORIGINALS], planted).await;
        }
    }

    pub(crate) async fn originals_lost_and_added(&mut self) {
        let mut planted = Planted::default();
        for (table, column, address) in self.kept_originals(PLANTS).await {
            let sql = format!("DELETE FROM {ORIGINALS} WHERE table_name = ? AND row_address = ?");
            assert_eq!(
                self.side
                    .run_with(&sql, vec![Value::from(&table), Value::from(address)])
                    .await,
                1
            );
            planted.original(&table, address, &column);
        }
        self.check("kept original lost", &[ORIGINALS], planted)
            .await;
        let mut planted = Planted::default();
        let numbers: Vec<(i64, i64)> = self.side.session.query(&format!("SELECT DISTINCT table_number, column_number FROM {ORIGINALS} WHERE table_name = 'mixed'")).await.unwrap();
        for address in 1..=100 {
            // No row has this address.
            let address = id_of(address) + 1;
            let sql = format!(
                "INSERT INTO {ORIGINALS} VALUES (?, ?, ?, 'mixed', 'v', 'text', 'x', 'storage-class')"
            );
            self.side
                .run_with(
                    &sql,
                    vec![
                        Value::from(numbers[0].0),
                        Value::from(address),
                        Value::from(numbers[0].1),
                    ],
                )
                .await;
            planted.original(MIXED.name, address, "v");
        }
        self.check("kept original from nowhere", &[ORIGINALS], planted)
            .await;
    }

    /// Some of the kept originals: table, column, row.
    async fn kept_originals(&mut self, count: usize) -> Vec<(String, String, i64)> {
        let sql = format!("SELECT table_name, column_name, row_address FROM {ORIGINALS}");
        let all = self.side.session.query(&sql).await.unwrap();
        self.choose(all, count)
    }
}
