//! The verifier's reading of the value rules, by itself and beside the copier's.

use super::*;
use cbtrade_schema::{Carriage, Departure, Encoded};

#[test]
fn shortest_digits() {
    assert_eq!(shortest(0.1 + 0.2), (false, 30_000_000_000_000_004, -17));
    assert_eq!(shortest(-1500.0), (true, 15, 2));
    assert_eq!(shortest(5e-324), (false, 5, -324));
    assert_eq!(shortest(1.0), (false, 1, 0));
    assert_eq!(
        shortest(95_304_221_189_377.12),
        (false, 9_530_422_118_937_712, -2)
    );
    assert_eq!(shortest(2.5), (false, 25, -1));
}

/// Two formatters of the shortest text, the copier's and this one, over many doubles with short binary fractions
/// (where ties are) and over random ones.
#[test]
fn shortest_digits_are_the_copiers() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..400_000_u64 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let real = match round % 4 {
            0 => f64::from_bits(state),
            1 => (state >> 11) as f64 / 8.0,
            2 => (state >> 11) as f64 * 1024.0,
            _ => (state >> 20) as f64 / 65_536.0,
        };
        if let Some(theirs) = cbtrade_schema::number::ShortestDecimal::of(real) {
            let (negative, digits, power) = shortest(real);
            let mine = Number::new(negative, &digits.to_string(), power);
            let theirs = Number::new(
                theirs.negative,
                &theirs.digits.to_string(),
                i64::from(theirs.exponent),
            );
            assert_eq!(mine, theirs, "{real:e}");
        }
    }
}

#[test]
fn rounding_keeps_to_the_rule() {
    assert_eq!(rounded(30_000_000_000_000_004, 5), Some(300_000_000_000));
    assert_eq!(rounded(51_234, 2), None);
    assert_eq!(rounded(5, 40), None);
}

/// Two readings of the same rules agree on what is shown and on what must be kept, for many values and columns.
#[test]
fn agrees_with_the_copier() {
    let doubles = vec![
        0.0,
        -0.0,
        1.0,
        0.1 + 0.2,
        5.1234e-10,
        1e25,
        5e-324,
        f64::MAX,
        f64::INFINITY,
        1_760_000_000.5,
        1.76e12,
        2.5,
    ];
    let texts: Vec<&[u8]> = vec![
        b"",
        b"5",
        b"05",
        b"5.0",
        b"1e3",
        b"N/A",
        b"-0",
        b"Inf",
        b"true",
        b"T",
        b"off",
        b"0",
        b"1760000000",
        b"1760000000.123456",
        b"1760000000123.5",
        b"99999999",
        b"2025-10-09 08:53:20",
        b"2025-10-09T08:53:20Z",
        b"2025-10-09T10:53:20.5+02:00",
        b"2025-10-09",
        b"2025-02-30",
        b"0000-00-00 00:00:00",
        b"1969-01-01 00:00:00",
        b"9999-12-31 23:59:59",
        b"a ",
        b"\xff",
        "\u{1F680}".as_bytes(),
        b"0.10",
        b"123456789012345678901234567890.1",
        b"2025-10-09 08:53",
        b"2025-10-09 08:53:20-0530",
    ];
    let integers = [
        0,
        -1,
        5,
        300,
        1 << 53,
        i64::MAX,
        i64::MIN,
        1_760_000_000,
        1_760_000_000_123,
    ];
    let mut values: Vec<ValueRef<'_>> =
        vec![ValueRef::Null, ValueRef::Blob(b"x"), ValueRef::Blob(b"")];
    values.extend(doubles.into_iter().map(ValueRef::Real));
    values.extend(texts.into_iter().map(ValueRef::Text));
    values.extend(integers.map(ValueRef::Integer));
    let types = [
        "TINYINT",
        "INT",
        "BIGINT",
        "DOUBLE",
        "DECIMAL(36,12)",
        "DECIMAL(65,30)",
        "DECIMAL(10,2)",
        "CHAR(1)",
        "VARCHAR(3)",
        "TEXT",
        "LONGTEXT",
        "VARBINARY(4)",
        "LONGBLOB",
        "TIMESTAMP",
        "TIMESTAMP(6)",
        "DATETIME",
        "DATETIME(3)",
        "DATE",
    ];
    let mut compared = 0;
    for column_type in types.map(|text| text.parse::<ColumnType>().unwrap()) {
        for class_rule in [
            ClassRule::Integer,
            ClassRule::Real,
            ClassRule::Text,
            ClassRule::Blob,
            ClassRule::Numeric,
        ] {
            for (fidelity, rounding) in [
                (Fidelity::Exact, false),
                (Fidelity::Meaning, true),
                (Fidelity::Meaning, false),
            ] {
                let sensible = match column_type {
                    _ if column_type.integer_range().is_some() => class_rule == ClassRule::Integer,
                    ColumnType::Double | ColumnType::Decimal { .. } => {
                        matches!(class_rule, ClassRule::Real | ClassRule::Numeric)
                    }
                    ColumnType::Varbinary { .. } | ColumnType::LongBlob => matches!(
                        class_rule,
                        ClassRule::Text | ClassRule::Blob | ClassRule::Numeric
                    ),
                    _ => matches!(class_rule, ClassRule::Text | ClassRule::Numeric),
                };
                if !sensible || (rounding && !matches!(column_type, ColumnType::Decimal { .. })) {
                    continue;
                }
                let carriage = Carriage {
                    column_type,
                    class_rule,
                    fidelity,
                    rounding,
                };
                let rules = Rules {
                    column_type,
                    class_rule,
                    exact: fidelity == Fidelity::Exact,
                    rounding,
                };
                for value in &values {
                    let (encoded, departure) = carriage.encode(*value);
                    let mut mine = RowBytes::default();
                    let kept = rules.expect(*value, &mut mine);
                    let mut theirs = RowBytes::default();
                    write_encoded(&rules, &encoded, &mut theirs);
                    assert_eq!(
                        mine.bytes, theirs.bytes,
                        "{value:?} in {column_type} {class_rule:?} {fidelity:?}"
                    );
                    assert_eq!(
                        kept,
                        matches!(departure, Departure::Original(_)),
                        "{value:?} in {column_type} {class_rule:?} {fidelity:?}: {departure:?}"
                    );
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 1000);
}

fn write_encoded(rules: &Rules, encoded: &Encoded, out: &mut RowBytes) {
    match encoded {
        Encoded::Null => out.null(),
        Encoded::Integer(integer) => out.integer(*integer),
        Encoded::Double(real) => out.double(*real),
        Encoded::Bytes(bytes) => match rules.column_type {
            ColumnType::Decimal { precision, scale } if precision <= 38 => {
                out.decimal(decimal_units(bytes, u32::from(scale)).unwrap())
            }
            ColumnType::Decimal { .. } => {
                out.wide_decimal(&wide_decimal_text(std::str::from_utf8(bytes).unwrap()).unwrap())
            }
            _ => out.text(bytes),
        },
        Encoded::DateTime(year, month, day, hour, minute, second, micros) => {
            let moment = Timestamp::from_parts(
                (i16::try_from(*year).unwrap(), *month, *day),
                (*hour, *minute, *second),
                *micros,
            )
            .unwrap();
            out.moment(moment.as_micros());
        }
    }
}
