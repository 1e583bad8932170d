//! Finding the catalogue table behind a stranger's table.

use crate::table::Table;
use crate::tables::table;

/// How a file of candles keeps its candle lengths apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CandleShape {
    /// All lengths in one table, with a `freq` column.
    WithFreqColumn,
    /// One table per length, named after it.
    OneTablePerFreq,
}

/// The catalogue table that a table of this name with these columns is, if any.
///
/// Names are compared without regard to case. A table counts as the catalogue's if the name is
/// equal, every column of its key is there and at least half of its columns are: enough to tell an
/// older or newer CBTrade from somebody else's table of the same name. Further columns do no harm.
pub fn recognise(table_name: &str, column_names: &[&str]) -> Option<&'static Table> {
    let candidate = table(table_name)?;
    let known = candidate
        .columns
        .iter()
        .filter(|column| contains(column_names, column.name))
        .count();
    let keyed = candidate
        .row_key()
        .iter()
        .all(|key| contains(column_names, key));
    (keyed && known * 2 >= candidate.columns.len()).then_some(candidate)
}

/// How candles are laid out in a table with these columns; `None` if it does not hold candles.
///
/// Candles are told by their columns alone, because nothing is known about how the legacy files
/// named their tables: the start of the candle, the four prices and the volume.
pub fn recognise_candles(column_names: &[&str]) -> Option<CandleShape> {
    let needed = ["timestamp", "open", "high", "low", "close", "volume"];
    if !needed.iter().all(|name| contains(column_names, name)) {
        return None;
    }
    Some(if contains(column_names, "freq") {
        CandleShape::WithFreqColumn
    } else {
        CandleShape::OneTablePerFreq
    })
}

fn contains(names: &[&str], wanted: &str) -> bool {
    names.iter().any(|name| name.eq_ignore_ascii_case(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{candle_table, tables};

    #[test]
    fn every_table_recognises_itself() {
        for table in tables() {
            let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
            assert_eq!(recognise(table.name, &names), Some(table));
            let capitals: Vec<String> = names.iter().map(|name| name.to_uppercase()).collect();
            let capitals: Vec<&str> = capitals.iter().map(String::as_str).collect();
            assert_eq!(
                recognise(&table.name.to_uppercase(), &capitals),
                Some(table)
            );
        }
    }

    #[test]
    fn a_table_without_its_key_or_most_columns_is_a_stranger() {
        let names: Vec<&str> = tables()[0]
            .columns
            .iter()
            .map(|column| column.name)
            .collect();
        let name = tables()[0].name;
        assert_eq!(recognise(name, &names[1..]), None, "the key is missing");
        assert!(
            recognise(name, &names[..4]).is_some(),
            "half of the columns are enough"
        );
        assert_eq!(recognise(name, &names[..3]), None, "three of eight are not");
        assert_eq!(recognise("frequencies", &names), None);
    }

    #[test]
    fn candles_are_told_by_their_columns() {
        let names: Vec<&str> = candle_table()
            .columns
            .iter()
            .map(|column| column.name)
            .collect();
        assert_eq!(recognise_candles(&names), Some(CandleShape::WithFreqColumn));
        let per_table: Vec<&str> = names
            .iter()
            .copied()
            .filter(|name| *name != "freq")
            .collect();
        assert_eq!(
            recognise_candles(&per_table),
            Some(CandleShape::OneTablePerFreq)
        );
        let no_volume: Vec<&str> = names
            .iter()
            .copied()
            .filter(|name| *name != "volume")
            .collect();
        assert_eq!(recognise_candles(&no_volume), None);
    }
}
