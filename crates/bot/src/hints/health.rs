//! Whether a line is heard.

use cbtrade_core::Timestamp;

/// So many times the silence that is allowed, a line may take to stand again.
const TRIES: i64 = 3;

/// One line as it was heard.
#[derive(Debug, Default)]
pub(super) struct Health {
    /// Whether it is listened to at all.
    is_wanted: bool,
    heard_at: Option<Timestamp>,
    /// Since when it has been heard without a break.
    stands_since: Option<Timestamp>,
    /// Since when it has not stood for long enough.
    missed_since: Option<Timestamp>,
    is_silent: bool,
}

/// What is news about a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// It has fallen silent.
    Silent,
    /// It is heard again.
    Back,
}

impl Health {
    /// Whether it is listened to from now on.
    pub(super) fn want(&mut self, is_wanted: bool, now: Timestamp) {
        if is_wanted == self.is_wanted {
            return;
        }
        *self = Self {
            is_wanted,
            missed_since: is_wanted.then_some(now),
            ..Self::default()
        };
    }

    /// Something came.
    pub(super) fn hear(&mut self, now: Timestamp, silence_s: i64) -> Option<News> {
        self.heard_at = Some(now);
        let since = *self.stands_since.get_or_insert(now);
        if now.seconds_since(since) < silence_s {
            return None;
        }
        self.missed_since = None;
        std::mem::take(&mut self.is_silent).then_some(News::Back)
    }

    /// It broke.
    pub(super) fn gap(&mut self, now: Timestamp) {
        self.stands_since = None;
        self.missed_since.get_or_insert(now);
    }

    /// Time has passed.
    pub(super) fn look(&mut self, now: Timestamp, silence_s: i64) -> Option<News> {
        if !self.is_wanted || self.is_silent {
            return None;
        }
        if let Some(heard_at) = self.heard_at
            && self.stands_since.is_some()
            && now.seconds_since(heard_at) >= silence_s
        {
            self.gap(heard_at);
        }
        let missed_s = now.seconds_since(self.missed_since?);
        // One that stands again is given the time to prove it, but not for ever.
        let allowed_s = match self.stands_since {
            None => silence_s,
            Some(_) => TRIES * silence_s,
        };
        (missed_s >= allowed_s).then(|| {
            self.is_silent = true;
            News::Silent
        })
    }

    /// Whether nothing is missing.
    pub(super) fn is_well(&self) -> bool {
        !self.is_wanted || (self.stands_since.is_some() && !self.is_silent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SILENCE_S: i64 = 10;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000 + seconds).unwrap()
    }

    fn wanted() -> Health {
        let mut health = Health::default();
        health.want(true, at(0));
        health
    }

    #[test]
    fn silence_is_news_once_and_so_is_its_end() {
        let mut health = wanted();
        assert!(!health.is_well());
        for second in 1..=20 {
            assert_eq!(health.hear(at(second), SILENCE_S), None);
            assert_eq!(health.look(at(second), SILENCE_S), None);
            assert!(health.is_well());
        }
        assert_eq!(health.look(at(29), SILENCE_S), None);
        assert_eq!(health.look(at(30), SILENCE_S), Some(News::Silent));
        assert!(!health.is_well());
        assert_eq!(health.look(at(300), SILENCE_S), None);
        // A word or two are not yet its end.
        assert_eq!(health.hear(at(301), SILENCE_S), None);
        assert!(!health.is_well());
        assert_eq!(health.hear(at(311), SILENCE_S), Some(News::Back));
        assert!(health.is_well());
        assert_eq!(health.hear(at(312), SILENCE_S), None);
    }

    #[test]
    fn a_line_that_never_comes_is_silent_and_one_that_is_not_wanted_is_not() {
        let mut health = wanted();
        assert_eq!(health.look(at(9), SILENCE_S), None);
        assert_eq!(health.look(at(10), SILENCE_S), Some(News::Silent));
        health.want(false, at(11));
        assert!(health.is_well());
        assert_eq!(health.look(at(1_000), SILENCE_S), None);
    }

    #[test]
    fn a_line_that_breaks_and_stands_again_is_no_news() {
        let mut health = wanted();
        for second in 1..20 {
            assert_eq!(health.hear(at(second), SILENCE_S), None);
        }
        health.gap(at(20));
        assert!(!health.is_well());
        for second in 21..60 {
            assert_eq!(health.hear(at(second), SILENCE_S), None);
            assert_eq!(health.look(at(second), SILENCE_S), None);
            assert!(health.is_well());
        }
    }

    #[test]
    fn a_line_that_breaks_again_and_again_is_silent_once() {
        let mut health = wanted();
        let mut news = Vec::new();
        for second in 1..200 {
            match second % 5 {
                0 => health.gap(at(second)),
                _ => news.extend(health.hear(at(second), SILENCE_S)),
            }
            news.extend(health.look(at(second), SILENCE_S));
        }
        assert_eq!(news, [News::Silent]);
    }
}
