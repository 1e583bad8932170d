//! The task that listens.

use std::sync::Arc;
use std::time::Duration;

use cbtrade_core::Clock as _;
use cbtrade_exchange::EventStream;
use tokio::task::JoinHandle;

use super::{Hints, Said};
use crate::clock::VenueClock;
use crate::journal::Journal;

/// How often it is looked whether a line has fallen silent.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// A task that listens for as long as this lives.
#[derive(Debug)]
pub(crate) struct Listening(Option<JoinHandle<()>>);

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

impl Hints {
    /// Listens to a stream, if there is one. What is to be told goes to the journal.
    pub(crate) fn listen(
        &self,
        stream: Option<Box<dyn EventStream>>,
        clock: &Arc<VenueClock>,
        journal: &Journal,
    ) -> Listening {
        let Some(stream) = stream else {
            return Listening(None);
        };
        self.board().begin(clock.now());
        let task = listen(self.clone(), stream, Arc::clone(clock), journal.clone());
        Listening(Some(tokio::spawn(task)))
    }
}

async fn listen(
    hints: Hints,
    mut stream: Box<dyn EventStream>,
    clock: Arc<VenueClock>,
    journal: Journal,
) {
    let mut products = hints.0.products.subscribe();
    products.mark_changed();
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let before = hints.word();
        tokio::select! {
            changed = products.changed() => {
                if changed.is_err() {
                    return;
                }
                stream.listen_to(&products.borrow_and_update().clone());
            }
            event = stream.next() => {
                let Some((line, event)) = event else {
                    hints.board().end();
                    return hints.0.bell.notify_one();
                };
                let said = hints.board().hear(line, &event, clock.now());
                tell(&journal, said);
            }
            _ = looks.tick() => {
                let said = hints.board().look(clock.now());
                tell(&journal, said);
            }
        }
        if before != hints.word() || hints.board().next_in_s(clock.now()).is_some() {
            hints.0.bell.notify_one();
        }
    }
}

fn tell(journal: &Journal, said: Vec<Said>) {
    for said in said {
        journal.say(said.weight, None, said.text);
    }
}
