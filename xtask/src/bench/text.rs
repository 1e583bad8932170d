//! Numbers in words.

/// A whole number with commas.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Rows per second.
pub(crate) fn rate(rows: u64, seconds: f64) -> u64 {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate for people: positive, and three digits of it count"
    )]
    let rate = (rows as f64 / seconds.max(1e-9)).round() as u64;
    rate
}

/// A rate or a time, one divided by the other.
#[expect(clippy::cast_precision_loss, reason = "for people")]
pub(crate) fn ratio(one: u64, other: u64) -> f64 {
    one as f64 / other.max(1) as f64
}

/// The middle of the values (of the two middle ones the smaller).
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
        .get(sorted.len().saturating_sub(1) / 2)
        .copied()
        .unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(2_200_000), "2,200,000");
        assert_eq!(rate(2_200_000, 10.0), 220_000);
        assert_eq!(median(&[3.0, 1.0, 2.0]).to_bits(), 2.0_f64.to_bits());
        assert_eq!(median(&[4.0, 1.0]).to_bits(), 1.0_f64.to_bits());
    }
}
