//! What can go wrong between a bot and the venue.

use std::time::Duration;

/// A call brought no answer, or one that is none. `call` is the method and path, such as `GET /orders/historical/batch`;
/// `detail` holds at most the first 300 characters of what the venue said, and never a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// No connection, or it broke.
    #[error("{call}: the venue cannot be reached: {detail}")]
    Transport {
        /// Method and path.
        call: String,
        /// What the network said.
        detail: String,
    },
    /// No answer in time.
    #[error("{call}: no answer within {waited:?}")]
    TimedOut {
        /// Method and path.
        call: String,
        /// How long was waited.
        waited: Duration,
    },
    /// Too many requests.
    #[error(
        "{call}: too many requests; slow down or share the limit among fewer processes: {detail}"
    )]
    Throttled {
        /// Method and path.
        call: String,
        /// When the venue wants to be asked again.
        retry_after: Option<Duration>,
        /// What the venue said.
        detail: String,
    },
    /// The venue does not accept the key or its signature.
    #[error(
        "{call}: the venue refuses the key or its signature; check key, host and clock: {detail}"
    )]
    Unauthorized {
        /// Method and path.
        call: String,
        /// What the venue said.
        detail: String,
    },
    /// The key is accepted, but may not do this.
    #[error("{call}: the key lacks the permission: {detail}")]
    Forbidden {
        /// Method and path.
        call: String,
        /// What the venue said.
        detail: String,
    },
    /// The venue knows no such product or order.
    #[error("{call}: the venue knows no such thing: {detail}")]
    NotFound {
        /// Method and path.
        call: String,
        /// What the venue said.
        detail: String,
    },
    /// The venue does not understand the request: our fault, the same request will fail again.
    #[error("{call}: the venue calls the request wrong: {detail}")]
    BadRequest {
        /// Method and path.
        call: String,
        /// What the venue said.
        detail: String,
    },
    /// The venue failed.
    #[error("{call}: the venue failed with status {status}: {detail}")]
    Server {
        /// Method and path.
        call: String,
        /// HTTP status.
        status: u16,
        /// What the venue said.
        detail: String,
    },
    /// An answer came that cannot be read.
    #[error("{call}: the venue's answer cannot be read: {detail}")]
    Unreadable {
        /// Method and path.
        call: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The client refuses to send this: the settings do not allow it.
    #[error("{call}: not sent: {detail}")]
    Refused {
        /// Method and path.
        call: String,
        /// Why it is not sent, and what to do.
        detail: String,
    },
}

impl ExchangeError {
    /// Whether the same question may be answered later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Transport { .. }
            | Self::TimedOut { .. }
            | Self::Throttled { .. }
            | Self::Server { .. }
            | Self::Unreadable { .. } => true,
            Self::Unauthorized { .. }
            | Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::BadRequest { .. }
            | Self::Refused { .. } => false,
        }
    }

    /// Whether the venue may have acted on the request although no readable answer came. Where it is false, the request
    /// was not carried out.
    #[must_use]
    pub fn may_have_acted(&self) -> bool {
        matches!(
            self,
            Self::Transport { .. }
                | Self::TimedOut { .. }
                | Self::Server { .. }
                | Self::Unreadable { .. }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_and_what_does_not() {
        let call = || "POST /orders".to_owned();
        let lost = ExchangeError::TimedOut {
            call: call(),
            waited: Duration::from_secs(1),
        };
        assert!(lost.is_transient() && lost.may_have_acted());
        let throttled = ExchangeError::Throttled {
            call: call(),
            retry_after: None,
            detail: String::new(),
        };
        assert!(throttled.is_transient() && !throttled.may_have_acted());
        let forbidden = ExchangeError::Forbidden {
            call: call(),
            detail: String::new(),
        };
        assert!(!forbidden.is_transient() && !forbidden.may_have_acted());
    }
}
