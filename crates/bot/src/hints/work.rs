//! What a bot does about hints: the same as ever, sooner.

use std::collections::BTreeSet;
use std::time::Duration;

use cbtrade_exchange::Exchange;
use tokio::time::Instant;

use super::listen::Listening;
use crate::bot::{Bot, STRETCH};
use crate::journal::Weight;
use crate::orders::Followed;

/// A hint whose pause has run out by the venue's seconds is looked at again after this at the earliest.
const WAIT_MIN: Duration = Duration::from_millis(20);

/// A round that comes within this is waited for.
const LOOK_BEFORE: Duration = Duration::from_secs(1);

impl<E: Exchange> Bot<E> {
    /// Listens to the venue for as long as the answer lives.
    pub(crate) fn listen(&self) -> Listening {
        let orders = &self.orders;
        self.hints
            .listen(self.exchange().listen(), &orders.clock, self.journal())
    }

    /// Waits for the next round, and does meanwhile what hints ask for. They do not put the round off.
    pub(crate) async fn wait_for_round(&self, pause: Duration) {
        let until = Instant::now() + pause;
        // Read before it is told: what changes in between is told again.
        let mut told = self.hints.word();
        self.sign_of_life("waiting", None).await;
        loop {
            self.follow_hints().await;
            // Just before a round it is enough that the pair comes first in it.
            if until.saturating_duration_since(Instant::now()) > LOOK_BEFORE {
                Box::pin(self.look_at_hints()).await;
            }
            if told != self.hints.word() {
                told = self.hints.word();
                self.sign_of_life("waiting", None).await;
            }
            // A long wait is many steps.
            self.orders.progress.came_on();
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || self.end.is_asked() {
                return;
            }
            let next = self.until_hint().unwrap_or(left);
            tokio::select! {
                () = self.end.wait(next.min(left).min(STRETCH)) => {}
                () = self.hints.0.bell.notified() => {}
            }
        }
    }

    /// How long until a hint that has come may be followed.
    fn until_hint(&self) -> Option<Duration> {
        let seconds = self.hints.board().next_in_s(self.now())?;
        let seconds = u64::try_from(seconds).unwrap_or_default();
        Some(WAIT_MIN.max(Duration::from_secs(seconds) / self.options.speed.max(1)))
    }

    /// Follows the orders that the venue is said to have ended.
    pub(crate) async fn follow_hints(&self) {
        let work = self.hints.board().take_work(self.now());
        if work.follows_all {
            self.follow_hinted(None).await;
        }
        for product in &work.follow {
            self.journal().detail(
                product,
                "an order is said to have ended; what is open is followed at once",
            );
            self.follow_hinted(Some(product)).await;
        }
    }

    async fn follow_hinted(&self, product: Option<&str>) {
        match self.orders.follow(product).await {
            Ok(followed) => {
                let is_left = |followed: Followed| {
                    matches!(followed, Followed::Working | Followed::FillsMissing)
                };
                // The stream is often ahead of the answers.
                for (intent, _) in followed.iter().filter(|(_, how)| is_left(*how)) {
                    self.hints.board().again(&intent.prod_id);
                }
            }
            Err(error) => self.went_wrong(product, &error),
        }
    }

    /// Goes through the pairs alone whose price is said to have moved.
    async fn look_at_hints(&self) {
        let looks = self.hints.board().take_looks(self.now());
        if looks.is_empty() || self.end.is_asked() {
            return;
        }
        let settings = self.settings();
        for (quote, market) in &settings.markets {
            let ending = format!("-{quote}");
            let products: BTreeSet<&str> = looks
                .iter()
                .map(String::as_str)
                .filter(|product| product.ends_with(&ending))
                .collect();
            if products.is_empty() {
                continue;
            }
            self.journal().say(
                Weight::Detail,
                None,
                format!("prices are said to have moved: {products:?} come before the round"),
            );
            if let Err(error) = Box::pin(self.trade_market(quote, market, Some(&products))).await {
                self.went_wrong(None, &error);
            }
        }
        self.sign_of_life("waiting", None).await;
    }
}
