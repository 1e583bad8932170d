//! What the target shows, as canonical bytes.

use cbtrade_core::Timestamp;
use cbtrade_mysql::mysql_async::Value;
use cbtrade_schema::ColumnType;

use super::canonical::RowBytes;
use super::expect::{decimal_units, wide_decimal_text};

/// Writes one value as it came over the binary protocol.
pub(super) fn write(value: &Value, column_type: ColumnType, out: &mut RowBytes) {
    match (value, column_type) {
        (Value::NULL, _) => out.null(),
        (Value::Int(integer), _) => out.integer(*integer),
        (Value::Double(real), ColumnType::Double) => out.double(*real),
        (Value::Bytes(bytes), ColumnType::Decimal { precision, scale }) => {
            decimal(bytes, precision, scale, out)
        }
        (Value::Bytes(bytes), column_type)
            if column_type.is_text()
                || matches!(
                    column_type,
                    ColumnType::Varbinary { .. } | ColumnType::LongBlob
                ) =>
        {
            out.text(bytes)
        }
        (
            Value::Date(year, month, day, hour, minute, second, micros),
            ColumnType::Timestamp { .. } | ColumnType::DateTime { .. } | ColumnType::Date,
        ) => {
            let moment = i16::try_from(*year).ok().and_then(|year| {
                Timestamp::from_parts((year, *month, *day), (*hour, *minute, *second), *micros)
            });
            match moment {
                Some(moment) => out.moment(moment.as_micros()),
                None => out.odd(&format!(
                    "date {year}-{month}-{day} {hour}:{minute}:{second}.{micros}"
                )),
            }
        }
        (value, column_type) => out.odd(&format!("{value:?} in a column of {column_type}")),
    }
}

fn decimal(bytes: &[u8], precision: u8, scale: u8, out: &mut RowBytes) {
    if precision <= 38 {
        match decimal_units(bytes, u32::from(scale)) {
            Some(units) => out.decimal(units),
            None => out.odd(&String::from_utf8_lossy(bytes)),
        }
        return;
    }
    match std::str::from_utf8(bytes).ok().and_then(wide_decimal_text) {
        Some(text) => out.wide_decimal(&text),
        None => out.odd(&String::from_utf8_lossy(bytes)),
    }
}
