//! The numbers of a connection's messages: what repeats, and what is missing.

/// What the numbers of a connection say.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    last: Option<u64>,
    beat: Option<u64>,
}

/// What a message's number says of it.
pub(super) enum Sequence {
    Next,
    Repeated,
    Gap(String),
}

impl Numbers {
    pub(super) fn see(&mut self, number: Option<u64>) -> Sequence {
        let Some(number) = number else {
            return Sequence::Next;
        };
        match self.last {
            Some(last) if number <= last => Sequence::Repeated,
            Some(last) if number > last + 1 => {
                Sequence::Gap(format!("message {number} came after {last}"))
            }
            _ => {
                self.last = Some(number);
                Sequence::Next
            }
        }
    }

    pub(super) fn see_beat(&mut self, counter: u64) -> Option<String> {
        let gap = self
            .beat
            .filter(|last| counter > last + 1)
            .map(|last| format!("heartbeat {counter} came after {last}"));
        self.beat = Some(counter);
        gap
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_tell_gaps_from_repetitions() {
        let mut numbers = Numbers::default();
        assert!(matches!(numbers.see(Some(0)), Sequence::Next));
        assert!(matches!(numbers.see(Some(1)), Sequence::Next));
        assert!(matches!(numbers.see(Some(1)), Sequence::Repeated));
        assert!(matches!(numbers.see(None), Sequence::Next));
        assert!(matches!(numbers.see(Some(3)), Sequence::Gap(_)));
        assert_eq!(numbers.see_beat(7), None);
        assert_eq!(numbers.see_beat(8), None);
        assert!(numbers.see_beat(10).is_some());
    }
}
