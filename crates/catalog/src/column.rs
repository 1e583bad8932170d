//! One column: its type, whether it may be NULL, and where its value comes from when none is given.

/// A column of a catalogue table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Name as CBTrade's bots write it.
    pub name: &'static str,
    /// Type in the target.
    pub kind: ColumnKind,
    /// Whether NULL may be stored.
    pub nullable: bool,
    /// Value of a row that does not name the column; `None` means NULL, or an error if not nullable.
    pub default: Option<DefaultValue>,
    /// Whether the server numbers rows through this column.
    pub auto_increment: bool,
    /// Whether an update that does not assign the column sets it to the current time.
    pub on_update_now: bool,
}

/// Type of a column in the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnKind {
    /// Signed, 8 bits.
    TinyInt,
    /// Signed, 32 bits.
    Int,
    /// Signed, 64 bits.
    BigInt,
    /// Exact decimal number.
    Decimal {
        /// All digits.
        precision: u8,
        /// Digits after the point.
        scale: u8,
    },
    /// Text of at most this many characters, stored without padding.
    Varchar(u32),
    /// Text of at most this many characters, compared and returned without trailing spaces.
    Char(u32),
    /// Text of at most 65,535 bytes.
    Text,
    /// UTC wall clock in whole seconds, 1970-01-01 00:00:01 to 2038-01-19 03:14:07.
    Timestamp,
}

/// What a column holds in a row that does not name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DefaultValue {
    /// This text or number, without quotes.
    Literal(&'static str),
    /// The time of the statement, as a date.
    CurrentTimestamp,
    /// The time of the statement, as seconds since 1970.
    UnixTimestampNow,
}

impl ColumnKind {
    /// Whether values are text.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Varchar(_) | Self::Char(_) | Self::Text)
    }

    /// Whether values are whole numbers.
    pub fn is_integer(self) -> bool {
        matches!(self, Self::TinyInt | Self::Int | Self::BigInt)
    }

    /// Longest text in characters; `None` if the type is not limited by characters.
    pub fn characters_max(self) -> Option<u32> {
        match self {
            Self::Varchar(characters) | Self::Char(characters) => Some(characters),
            _ => None,
        }
    }
}

/// What the columns of a run have in common: everything but the name.
///
/// The tables are written as runs of like columns, because most of CBTrade's tables are long rows of
/// money columns that differ in nothing else.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    kind: ColumnKind,
    nullable: bool,
    default: Option<DefaultValue>,
    auto_increment: bool,
    on_update_now: bool,
}

impl Shape {
    const fn of(kind: ColumnKind) -> Self {
        Self {
            kind,
            nullable: true,
            default: None,
            auto_increment: false,
            on_update_now: false,
        }
    }

    const fn or(mut self, default: DefaultValue) -> Self {
        self.default = Some(default);
        self
    }

    /// The same, but NULL is refused.
    pub(crate) const fn required(mut self) -> Self {
        self.nullable = false;
        self
    }

    /// The same, with this literal as default.
    pub(crate) const fn or_literal(self, literal: &'static str) -> Self {
        self.or(DefaultValue::Literal(literal))
    }

    /// The same, with 0 as default.
    pub(crate) const fn or_zero(self) -> Self {
        self.or_literal("0")
    }

    /// A column of this shape.
    pub(crate) const fn named(self, name: &'static str) -> Column {
        Column {
            name,
            kind: self.kind,
            nullable: self.nullable,
            default: self.default,
            auto_increment: self.auto_increment,
            on_update_now: self.on_update_now,
        }
    }
}

/// The number that identifies a row, given out by the server.
pub(crate) const ID: Shape = Shape {
    nullable: false,
    auto_increment: true,
    ..Shape::of(ColumnKind::Int)
};
/// A whole number.
pub(crate) const INT: Shape = Shape::of(ColumnKind::Int);
/// A whole number, 0 unless given.
pub(crate) const COUNT: Shape = INT.or_zero();
/// Seconds since 1970, 0 for "unknown".
pub(crate) const UNIX: Shape = Shape::of(ColumnKind::BigInt).or_zero();
/// Seconds since 1970 in 32 bits, the time of the statement unless given.
pub(crate) const UNIX_NOW: Shape = INT.or(DefaultValue::UnixTimestampNow);
/// 0 or 1, 0 unless given.
pub(crate) const FLAG: Shape = Shape::of(ColumnKind::TinyInt).or_zero();
/// An amount, a price or a percentage; NULL unless given.
pub(crate) const MONEY_OR_NULL: Shape = Shape::of(ColumnKind::Decimal {
    precision: 36,
    scale: 12,
});
/// An amount, a price or a percentage; 0 unless given.
pub(crate) const MONEY: Shape = MONEY_OR_NULL.or_zero();
/// `Y` or `N`; NULL unless given.
pub(crate) const YES_NO: Shape = Shape::of(ColumnKind::Char(1));
/// Text without a limit worth naming.
pub(crate) const LONG_TEXT: Shape = Shape::of(ColumnKind::Text);
/// A name, a symbol, an identifier.
pub(crate) const NAME: Shape = text(64);
/// A remark.
pub(crate) const NOTE: Shape = text(1024);
/// A moment; NULL unless given.
pub(crate) const MOMENT: Shape = Shape::of(ColumnKind::Timestamp);
/// A moment; the time of the insert unless given.
pub(crate) const MOMENT_ADDED: Shape = MOMENT.or(DefaultValue::CurrentTimestamp);
/// A moment; the time of the last insert or update unless given.
pub(crate) const MOMENT_TOUCHED: Shape = Shape {
    on_update_now: true,
    ..MOMENT_ADDED
};

/// Text of at most this many characters.
pub(crate) const fn text(characters_max: u32) -> Shape {
    Shape::of(ColumnKind::Varchar(characters_max))
}
