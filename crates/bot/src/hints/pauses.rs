//! How often hints are followed, and how long a line may be silent.

/// Seconds of the venue's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pauses {
    /// Between two times that a product's orders are followed.
    pub(crate) order_s: i64,
    /// Between two looks at a product.
    pub(crate) price_s: i64,
    /// A line over which nothing came for so long is silent.
    pub(crate) silence_s: i64,
}

impl Pauses {
    /// For a venue whose clock runs `speed` times as fast as ours. Its messages take their time on our clock, and so do our
    /// questions: there is a least on our clock, too.
    pub(crate) fn at_speed(speed: u32) -> Self {
        let speed = i64::from(speed.max(1));
        Self {
            order_s: 2.max(speed / 5),
            price_s: 10.max(speed / 2),
            silence_s: 10.max(5 * speed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fast_venue_is_given_time_on_our_clock_too() {
        let usual = Pauses::at_speed(1);
        assert_eq!((usual.order_s, usual.price_s, usual.silence_s), (2, 10, 10));
        let fast = Pauses::at_speed(600);
        assert_eq!(
            (fast.order_s, fast.price_s, fast.silence_s),
            (120, 300, 3_000)
        );
        assert_eq!(Pauses::at_speed(0), usual);
    }
}
