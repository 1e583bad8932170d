//! What a migration tells its front end while it runs.

/// Something worth telling.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A stage begins.
    Stage {
        /// Its name: snapshot, census, plan, provision, copy, finish, verify, cutover, rollback.
        name: &'static str,
        /// Rows that it will go through, where known.
        rows: u64,
    },
    /// Rows that were gone through since the last such event.
    Rows {
        /// Table.
        table: String,
        /// How many more.
        rows: u64,
    },
    /// A step without rows.
    Step(String),
    /// Nothing moves because of this.
    Waiting(String),
}

/// Takes events; may be called from several threads.
pub trait Progress: Send + Sync {
    /// Takes one event.
    fn report(&self, event: Event);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn report(&self, _event: Event) {}
}
