//! Random numbers that can be had again.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of random numbers, the same on every machine and in every version for the same seed.
///
/// Only additions, multiplications and comparisons are used on the way to a number, no function
/// that mathematics libraries disagree about. Not for secrets.
#[derive(Debug, Clone)]
pub struct Random {
    generator: ChaCha8Rng,
}

impl Random {
    /// The stream of this seed.
    pub fn new(seed: u64) -> Self {
        Self::stream(seed, 0)
    }

    /// One of the many independent streams of this seed. Drawing more from one leaves the others as
    /// they are.
    pub fn stream(seed: u64, stream: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(stream);
        Self { generator }
    }

    /// Any 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.generator.next_u64()
    }

    /// A number from 0 up to, not including, `bound`; every one equally likely. 0 if `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        // The last, incomplete run of `bound` numbers would favour its small ones, so a draw from
        // it is thrown away.
        let runs_end = u64::MAX - u64::MAX % bound;
        loop {
            let drawn = self.next_u64();
            if drawn < runs_end {
                return drawn % bound;
            }
        }
    }

    /// A number from `lowest` to `highest`, both included. `lowest` if the range is empty.
    pub fn between(&mut self, lowest: i64, highest: i64) -> i64 {
        if highest <= lowest {
            return lowest;
        }
        let drawn = match highest.abs_diff(lowest).checked_add(1) {
            Some(width) => self.below(width),
            None => self.next_u64(),
        };
        lowest.wrapping_add_unsigned(drawn)
    }

    /// A number from 0 up to, not including, 1, in steps of 2^-53.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether something of this probability happens.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One of `choices`, every one equally likely; `None` if there are none.
    pub fn choose<'choices, T>(&mut self, choices: &'choices [T]) -> Option<&'choices T> {
        let index = usize::try_from(self.below(u64::try_from(choices.len()).ok()?)).ok()?;
        choices.get(index)
    }

    /// A number spread about 0 almost as a normal distribution of deviation 1, never beyond ±6: the
    /// sum of twelve even ones.
    pub fn normal(&mut self) -> f64 {
        let lanes_sum: u32 = (0..3)
            .map(|_| {
                let bytes = self.next_u64().to_le_bytes();
                bytes
                    .chunks_exact(2)
                    .map(|lane| u32::from(u16::from_le_bytes([lane[0], lane[1]])))
                    .sum::<u32>()
            })
            .sum();
        (f64::from(lanes_sum) - 6.0 * 65_535.0) / 65_536.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_for_ever() {
        let draw = |mut random: Random| [random.next_u64(), random.next_u64(), random.next_u64()];
        assert_eq!(draw(Random::new(7)), draw(Random::stream(7, 0)));
        assert_ne!(draw(Random::new(7)), draw(Random::new(8)));
        assert_ne!(draw(Random::new(7)), draw(Random::stream(7, 1)));
        // ChaCha8 with a key of zeros, as the designers' test vectors have it.
        assert_eq!(
            Random::new(0).next_u64(),
            u64::from_le_bytes([0x3e, 0x00, 0xef, 0x2f, 0x89, 0x5f, 0x40, 0xd6])
        );
    }

    #[test]
    fn ranges_are_filled_and_kept() {
        let mut random = Random::new(1);
        let mut seen = [0_u32; 7];
        for _ in 0..7000 {
            seen[usize::try_from(random.between(-3, 3) + 3).unwrap()] += 1;
        }
        assert!(
            seen.iter().all(|count| (800..1200).contains(count)),
            "{seen:?}"
        );
        assert_eq!(random.between(5, 5), 5);
        assert_eq!(random.between(5, 4), 5);
        assert_eq!(random.below(0), 0);
        assert_eq!(random.below(1), 0);
        let anywhere: Vec<i64> = (0..64)
            .map(|_| random.between(i64::MIN, i64::MAX))
            .collect();
        assert!(anywhere.iter().any(|drawn| *drawn < 0) && anywhere.iter().any(|drawn| *drawn > 0));
    }

    #[test]
    fn choices_and_chances() {
        let mut random = Random::new(2);
        assert_eq!(random.choose::<u8>(&[]), None);
        assert!((0..100).all(|_| [1, 2, 3].contains(random.choose(&[1, 2, 3]).unwrap())));
        let hits = (0..10_000).filter(|_| random.chance(0.25)).count();
        assert!((2300..2700).contains(&hits), "{hits}");
        assert!((0..1000).all(|_| (0.0..1.0).contains(&random.unit())));
    }

    #[test]
    fn the_normal_numbers_are_normal_enough() {
        let mut random = Random::new(3);
        let drawn: Vec<f64> = (0..20_000).map(|_| random.normal()).collect();
        let mean = drawn.iter().sum::<f64>() / 20_000.0;
        let variance = drawn.iter().map(|number| number * number).sum::<f64>() / 20_000.0;
        let within_one = drawn.iter().filter(|number| number.abs() < 1.0).count();
        assert!(mean.abs() < 0.03, "{mean}");
        assert!((0.96..1.04).contains(&variance), "{variance}");
        assert!((13_300..14_000).contains(&within_one), "{within_one}");
    }
}
