//! Which venue the live orders of the database belong to. Practice on a local venue writes live positions and candles of
//! prices that never were: a database takes part in the one or in the other, from the first start of trading to its end.

use crate::database::Database;
use crate::error::{Call, Error, ErrorKind};
use crate::record::select_list;
use crate::records::{VenueKind, VenueMark};
use crate::schema::{INTENT_TABLE, VENUE_TABLE};
use crate::transact;
use crate::value::Value;

/// Who sets it: characters that are kept.
const SET_BY_MAX: usize = 255;

const fn call(method: &'static str) -> Call {
    Call {
        method,
        table: VENUE_TABLE,
    }
}

impl Database {
    /// The venue that the live orders of this database belong to; none as long as nobody has begun to trade.
    ///
    /// # Errors
    /// The database cannot be reached; a venue that is none, which somebody has written by hand.
    pub async fn db_venue_get(&self) -> Result<Option<VenueMark>, Error> {
        self.venue_mark(call("db_venue_get")).await
    }

    /// Says which venue the live orders of this database belong to, where nobody has said it yet; gives what holds now.
    /// The first one counts, whoever says what later: compare.
    ///
    /// # Errors
    /// [`ErrorKind::MissingKey`] without a name of who says it.
    pub async fn db_venue_set(&self, venue: VenueKind, by: &str) -> Result<VenueMark, Error> {
        const CALL: Call = call("db_venue_set");
        if by.trim().is_empty() {
            return Err(Error::new(CALL, ErrorKind::MissingKey).column("set_by"));
        }
        let by: String = by.chars().take(SET_BY_MAX).collect();
        let look = format!("SELECT venue FROM {VENUE_TABLE} WHERE head = 1");
        let add = format!("INSERT INTO {VENUE_TABLE} (head, venue, set_by) VALUES (1, ?, ?)");
        transact!(self, CALL, |transaction| {
            if !transaction.rows(&look, Vec::new()).await?.is_empty() {
                return Ok(());
            }
            let values = vec![Value::from(venue), Value::from(by.as_str())];
            match transaction.run(&add, values).await {
                Ok(_) => Ok(()),
                // Somebody else was first. Run again, this one finds it.
                Err(error) if error.kind == ErrorKind::Duplicate => {
                    Err(Error::new(CALL, ErrorKind::Conflict).because(error))
                }
                Err(error) => Err(error),
            }
        })?;
        self.venue_mark(CALL).await?.ok_or_else(|| {
            Error::new(CALL, ErrorKind::SchemaDiffers).detail("its row is gone again")
        })
    }

    /// Whether there are live positions or orders, of whatever state. What is not marked as paper is live.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_live_trades_there(&self) -> Result<bool, Error> {
        const CALL: Call = Call {
            method: "db_live_trades_there",
            table: "",
        };
        for table in ["poss", "buy_ords", "sell_ords", INTENT_TABLE] {
            let sql =
                format!("SELECT 1 FROM {table} WHERE COALESCE(test_txn_yn, 'N') <> 'Y' LIMIT 1");
            if !self.rows(CALL, &sql, Vec::new()).await?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn venue_mark(&self, call: Call) -> Result<Option<VenueMark>, Error> {
        let sql = format!(
            "SELECT {} FROM {VENUE_TABLE} WHERE head = 1",
            select_list::<VenueMark>(self.dialect(), "")
        );
        let found = self.records(call, &sql, Vec::new()).await?;
        Ok(found.into_iter().next())
    }
}
