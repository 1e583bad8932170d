//! The canonical bytes of shown values, in which both sides are compared.

/// Writes canonical values; the first byte of each is its kind.
#[derive(Debug, Default)]
pub(super) struct RowBytes {
    /// The bytes of all rows.
    pub(super) bytes: Vec<u8>,
}

const NULL: u8 = 0;
const INTEGER: u8 = 1;
const DOUBLE: u8 = 2;
const DECIMAL: u8 = 3;
const WIDE_DECIMAL: u8 = 4;
const BYTES: u8 = 5;
const MOMENT: u8 = 6;
const ODD: u8 = 7;

impl RowBytes {
    pub(super) fn null(&mut self) {
        self.bytes.push(NULL);
    }

    pub(super) fn integer(&mut self, value: i64) {
        self.bytes.push(INTEGER);
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn double(&mut self, value: f64) {
        self.bytes.push(DOUBLE);
        self.bytes.extend_from_slice(&value.to_bits().to_le_bytes());
    }

    /// A decimal as the integer of its last digit; the scale is the column's.
    pub(super) fn decimal(&mut self, units: i128) {
        self.bytes.push(DECIMAL);
        self.bytes.extend_from_slice(&units.to_le_bytes());
    }

    /// A decimal too wide for that, as text without superfluous zeros.
    pub(super) fn wide_decimal(&mut self, text: &str) {
        self.counted(WIDE_DECIMAL, text.as_bytes());
    }

    pub(super) fn text(&mut self, value: &[u8]) {
        self.counted(BYTES, value);
    }

    /// An instant in microseconds since 1970 UTC.
    pub(super) fn moment(&mut self, micros: i64) {
        self.bytes.push(MOMENT);
        self.bytes.extend_from_slice(&micros.to_le_bytes());
    }

    /// Something that no column of the plan should show.
    pub(super) fn odd(&mut self, text: &str) {
        self.counted(ODD, text.as_bytes());
    }

    fn counted(&mut self, kind: u8, value: &[u8]) {
        self.bytes.push(kind);
        self.bytes
            .extend_from_slice(&(value.len() as u64).to_le_bytes());
        self.bytes.extend_from_slice(value);
    }
}

/// Splits a row into its values.
pub(super) fn split(mut row: &[u8]) -> Vec<&[u8]> {
    let mut values = Vec::new();
    while let Some(kind) = row.first() {
        let length = match *kind {
            NULL => 1,
            INTEGER | DOUBLE | MOMENT => 9,
            DECIMAL => 17,
            _ => row
                .get(1..9)
                .and_then(|length| length.try_into().ok())
                .map_or(row.len(), |length| {
                    9 + usize::try_from(u64::from_le_bytes(length)).unwrap_or(0)
                }),
        };
        let (value, rest) = row.split_at(length.min(row.len()));
        values.push(value);
        row = rest;
    }
    values
}

/// A canonical value for people. `scale` is the column's, for decimals.
pub(super) fn show(value: &[u8], scale: u32) -> String {
    let rest = value.get(1..).unwrap_or_default();
    let eight = || rest.try_into().map(u64::from_le_bytes).unwrap_or_default();
    let counted = || value.get(9..).unwrap_or_default();
    match value.first() {
        Some(&NULL) => "NULL".to_owned(),
        Some(&INTEGER) => eight().cast_signed().to_string(),
        Some(&DOUBLE) => format!("{:?}", f64::from_bits(eight())),
        Some(&DECIMAL) => show_decimal(
            rest.try_into().map(i128::from_le_bytes).unwrap_or_default(),
            scale,
        ),
        Some(&WIDE_DECIMAL | &ODD) => String::from_utf8_lossy(counted()).into_owned(),
        Some(&BYTES) => show_bytes(counted()),
        Some(&MOMENT) => cbtrade_core::Timestamp::from_micros(eight().cast_signed()).map_or_else(
            || format!("{} µs", eight().cast_signed()),
            cbtrade_core::Timestamp::to_rfc3339,
        ),
        _ => "?".to_owned(),
    }
}

/// The whole text of a text value.
pub(super) fn text_of(value: &[u8]) -> Option<String> {
    (value.first() == Some(&BYTES))
        .then(|| String::from_utf8_lossy(value.get(9..).unwrap_or_default()).into_owned())
}

fn show_decimal(units: i128, scale: u32) -> String {
    let digits = format!(
        "{:0>width$}",
        units.unsigned_abs(),
        width = scale as usize + 1
    );
    let (whole, fraction) = digits.split_at(digits.len() - scale as usize);
    let sign = if units < 0 { "-" } else { "" };
    if fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    }
}

fn show_bytes(bytes: &[u8]) -> String {
    const SHOWN_MAX: usize = 80;
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => format!("'{}'", text.escape_debug()),
        Err(_) => format!(
            "x'{}'",
            bytes
                .iter()
                .take(SHOWN_MAX / 2)
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
        ),
    };
    if text.chars().count() <= SHOWN_MAX {
        return text;
    }
    let head: String = text.chars().take(SHOWN_MAX).collect();
    format!("{head}… ({} bytes)", bytes.len())
}
