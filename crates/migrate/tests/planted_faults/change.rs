//! Single-value changes, as migrations, drivers and people make them. Each takes a value as the target shows it and
//! gives another one, or `None` where the value offers no hold for this change.

use cbtrade_core::Timestamp;
use cbtrade_mysql::mysql_async::Value;
use cbtrade_testkit::Random;

/// A change of one value.
pub(crate) type Change = fn(&Value, &mut Random) -> Option<Value>;

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Int(integer) => Some(*integer),
        _ => None,
    }
}

fn double(value: &Value) -> Option<f64> {
    match value {
        Value::Double(double) => Some(*double),
        _ => None,
    }
}

fn bytes(value: &Value) -> Option<&[u8]> {
    match value {
        Value::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

fn text(value: &Value) -> Option<&str> {
    std::str::from_utf8(bytes(value)?).ok()
}

fn is_null(value: &Value) -> Option<()> {
    (*value == Value::NULL).then_some(())
}

/// A text in which something was replaced, if it was there.
fn replaced(value: &Value, from: &str, to: &str) -> Option<Value> {
    let text = text(value)?;
    text.contains(from)
        .then(|| Value::from(text.replace(from, to)))
}

pub(crate) fn off_by_one(value: &Value, random: &mut Random) -> Option<Value> {
    let step = if random.chance(2) { 1 } else { -1 };
    Some(Value::from(integer(value)?.checked_add(step)?))
}

pub(crate) fn sign_flipped(value: &Value, _: &mut Random) -> Option<Value> {
    Some(Value::from(integer(value)?.checked_neg()?))
}

pub(crate) fn digits_swapped(value: &Value, random: &mut Random) -> Option<Value> {
    let mut digits = integer(value)?.to_string().into_bytes();
    let places: Vec<usize> = (1..digits.len())
        .filter(|at| digits[at - 1] != digits[*at] && digits[at - 1] != b'-')
        .collect();
    let at = *places.get(random.index(places.len()))?;
    digits.swap(at - 1, at);
    let swapped: i64 = std::str::from_utf8(&digits).ok()?.parse().ok()?;
    Some(Value::from(swapped))
}

pub(crate) fn last_digit_lost(value: &Value, _: &mut Random) -> Option<Value> {
    Some(Value::from(integer(value)? / 10))
}

pub(crate) fn bit_flipped(value: &Value, random: &mut Random) -> Option<Value> {
    Some(Value::from(integer(value)? ^ (1 << random.below(63))))
}

pub(crate) fn cut_to_32_bits(value: &Value, _: &mut Random) -> Option<Value> {
    let integer = integer(value)?;
    let low: i64 = integer & 0xffff_ffff;
    Some(Value::from(low))
}

pub(crate) fn through_double(value: &Value, _: &mut Random) -> Option<Value> {
    #[expect(clippy::cast_precision_loss, reason = "the loss is the change")]
    let double = integer(value)? as f64;
    let back: i64 = format!("{double:.0}").parse().ok()?;
    Some(Value::from(back))
}

pub(crate) fn null_to_zero(value: &Value, _: &mut Random) -> Option<Value> {
    is_null(value).map(|()| Value::from(0))
}

pub(crate) fn zero_to_null(value: &Value, _: &mut Random) -> Option<Value> {
    (integer(value)? == 0).then_some(Value::NULL)
}

pub(crate) fn one_ulp(value: &Value, random: &mut Random) -> Option<Value> {
    let bits = double(value)?.to_bits();
    let next = if random.chance(2) {
        bits + 1
    } else {
        bits.checked_sub(1)?
    };
    Some(Value::Double(f64::from_bits(next)))
}

pub(crate) fn through_float(value: &Value, _: &mut Random) -> Option<Value> {
    #[expect(clippy::cast_possible_truncation, reason = "the loss is the change")]
    let float = double(value)? as f32;
    Some(Value::Double(f64::from(float)))
}

pub(crate) fn through_15_digits(value: &Value, _: &mut Random) -> Option<Value> {
    format!("{:.14e}", double(value)?)
        .parse()
        .ok()
        .map(Value::Double)
}

pub(crate) fn zero_to_smallest(value: &Value, _: &mut Random) -> Option<Value> {
    (double(value)? == 0.0).then_some(Value::Double(5e-324))
}

pub(crate) fn denormal_to_zero(value: &Value, _: &mut Random) -> Option<Value> {
    double(value)?.is_subnormal().then_some(Value::Double(0.0))
}

pub(crate) fn zero_to_negative_zero(value: &Value, _: &mut Random) -> Option<Value> {
    (double(value)? == 0.0).then_some(Value::Double(-0.0))
}

/// A decimal's text with its last digit moved.
fn last_decimal(value: &Value, step: i128) -> Option<Value> {
    let text = text(value)?;
    let scale = text.len() - text.find('.')? - 1;
    let units: i128 = text.replace('.', "").parse().ok()?;
    let digits = format!(
        "{:0>width$}",
        (units + step).unsigned_abs(),
        width = scale + 1
    );
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if units + step < 0 { "-" } else { "" };
    Some(Value::from(format!("{sign}{whole}.{fraction}")))
}

pub(crate) fn last_decimal_up(value: &Value, _: &mut Random) -> Option<Value> {
    last_decimal(value, 1)
}

pub(crate) fn last_decimal_down(value: &Value, _: &mut Random) -> Option<Value> {
    last_decimal(value, -1)
}

/// The decimal as 12 decimals can hold it.
pub(crate) fn rounded_to_12(value: &Value, _: &mut Random) -> Option<Value> {
    let number: f64 = text(value)?.parse().ok()?;
    Some(Value::from(format!("{number:.12}")))
}

pub(crate) fn letter_case(value: &Value, random: &mut Random) -> Option<Value> {
    let mut bytes = text(value)?.to_owned().into_bytes();
    let letters: Vec<usize> = (0..bytes.len())
        .filter(|at| bytes[*at].is_ascii_alphabetic())
        .collect();
    let at = *letters.get(random.index(letters.len()))?;
    bytes[at] ^= 0x20;
    Some(Value::Bytes(bytes))
}

pub(crate) fn letters_swapped(value: &Value, random: &mut Random) -> Option<Value> {
    let mut letters: Vec<char> = text(value)?.chars().collect();
    let places: Vec<usize> = (1..letters.len())
        .filter(|at| letters[at - 1] != letters[*at])
        .collect();
    let at = *places.get(random.index(places.len()))?;
    letters.swap(at - 1, at);
    Some(Value::from(letters.into_iter().collect::<String>()))
}

pub(crate) fn trailing_space_added(value: &Value, _: &mut Random) -> Option<Value> {
    Some(Value::from(format!("{} ", text(value)?)))
}

pub(crate) fn trailing_space_removed(value: &Value, _: &mut Random) -> Option<Value> {
    text(value)?.strip_suffix(' ').map(Value::from)
}

pub(crate) fn leading_space_added(value: &Value, _: &mut Random) -> Option<Value> {
    Some(Value::from(format!(" {}", text(value)?)))
}

pub(crate) fn space_to_no_break_space(value: &Value, _: &mut Random) -> Option<Value> {
    replaced(value, " ", "\u{a0}")
}

pub(crate) fn invisible_character_added(value: &Value, _: &mut Random) -> Option<Value> {
    Some(Value::from(format!("{}\u{200b}", text(value)?)))
}

pub(crate) fn accent_lost(value: &Value, _: &mut Random) -> Option<Value> {
    replaced(value, "é", "e")
}

pub(crate) fn decomposed(value: &Value, _: &mut Random) -> Option<Value> {
    replaced(value, "é", "e\u{301}")
}

pub(crate) fn composed(value: &Value, _: &mut Random) -> Option<Value> {
    replaced(value, "e\u{301}", "é")
}

pub(crate) fn emoji_to_question_mark(value: &Value, _: &mut Random) -> Option<Value> {
    replaced(value, "\u{1F680}", "?")
}

/// One emoji for another: MySQL's older collations take all of them for equal.
pub(crate) fn emoji_to_another(value: &Value, _: &mut Random) -> Option<Value> {
    replaced(value, "\u{1F680}", "\u{1F41F}")
}

pub(crate) fn last_letter_lost(value: &Value, _: &mut Random) -> Option<Value> {
    let mut text = text(value)?.to_owned();
    text.pop()?;
    Some(Value::from(text))
}

/// UTF-8 taken for Latin-1.
pub(crate) fn garbled(value: &Value, _: &mut Random) -> Option<Value> {
    let garbled: String = bytes(value)?.iter().map(|byte| char::from(*byte)).collect();
    Some(Value::from(garbled))
}

pub(crate) fn line_end_changed(value: &Value, _: &mut Random) -> Option<Value> {
    replaced(value, "\n", "\r\n")
}

pub(crate) fn null_to_empty(value: &Value, _: &mut Random) -> Option<Value> {
    is_null(value).map(|()| Value::from(""))
}

pub(crate) fn null_to_the_word(value: &Value, _: &mut Random) -> Option<Value> {
    is_null(value).map(|()| Value::from("NULL"))
}

pub(crate) fn empty_to_null(value: &Value, _: &mut Random) -> Option<Value> {
    bytes(value)?.is_empty().then_some(Value::NULL)
}

pub(crate) fn blob_bit_flipped(value: &Value, random: &mut Random) -> Option<Value> {
    let mut bytes = bytes(value)?.to_vec();
    let at = random.index(bytes.len());
    *bytes.get_mut(at)? ^= 1 << random.below(8);
    Some(Value::Bytes(bytes))
}

pub(crate) fn blob_cut(value: &Value, _: &mut Random) -> Option<Value> {
    let (_, rest) = bytes(value)?.split_last()?;
    Some(Value::Bytes(rest.to_vec()))
}

pub(crate) fn blob_grown(value: &Value, _: &mut Random) -> Option<Value> {
    let mut bytes = bytes(value)?.to_vec();
    bytes.push(0);
    Some(Value::Bytes(bytes))
}

fn moment(value: &Value) -> Option<Timestamp> {
    let Value::Date(year, month, day, hour, minute, second, micros) = *value else {
        return None;
    };
    let year = i16::try_from(year).ok()?;
    Timestamp::from_parts((year, month, day), (hour, minute, second), micros)
}

fn later(value: &Value, seconds: i64) -> Option<Value> {
    let moved = moment(value)?.plus_seconds(seconds).to_rfc3339();
    Some(Value::from(moved.trim_end_matches('Z').replace('T', " ")))
}

pub(crate) fn one_second_later(value: &Value, _: &mut Random) -> Option<Value> {
    later(value, 1)
}

/// As if it had been read in another time zone.
pub(crate) fn one_hour_earlier(value: &Value, _: &mut Random) -> Option<Value> {
    later(value, -3600)
}

pub(crate) fn one_day_later(value: &Value, _: &mut Random) -> Option<Value> {
    later(value, 86_400)
}

pub(crate) fn day_and_month_swapped(value: &Value, _: &mut Random) -> Option<Value> {
    match *value {
        Value::Date(year, month, day, hour, minute, second, micros)
            if day <= 12 && day != month =>
        {
            Some(Value::Date(year, day, month, hour, minute, second, micros))
        }
        _ => None,
    }
}

pub(crate) fn fraction_dropped(value: &Value, _: &mut Random) -> Option<Value> {
    match *value {
        Value::Date(year, month, day, hour, minute, second, 1..) => {
            Some(Value::Date(year, month, day, hour, minute, second, 0))
        }
        _ => None,
    }
}

pub(crate) fn yes_no_flipped(value: &Value, _: &mut Random) -> Option<Value> {
    match text(value)? {
        "Y" => Some(Value::from("N")),
        "N" => Some(Value::from("Y")),
        _ => None,
    }
}
