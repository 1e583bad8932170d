//! Planted failures of the line, of the server, and of the stream.

use cbtrade_core::Random;
use serde::Deserialize;

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FaultKind {
    /// The request waits so many real milliseconds before anything happens.
    Delay {
        /// Real milliseconds.
        ms: u64,
    },
    /// The venue acts at once; the answer waits so many real milliseconds.
    DelayReply {
        /// Real milliseconds.
        ms: u64,
    },
    /// The connection ends before anything happens.
    DropRequest,
    /// The venue acts, then the connection ends without an answer.
    DropReply,
    /// An HTML page with a status of 500 and more.
    Html {
        /// HTTP status.
        status: u16,
        /// Whether the venue acts all the same.
        acted: bool,
    },
    /// 429 with the body of the app's errors.
    Throttle {
        /// For `Retry-After`, in seconds.
        retry_after: Option<u64>,
    },
    /// 429 with the other body.
    ResourceExhausted,
    /// 401 in plain text, as throttling sometimes looks.
    Unauthorized,
    /// The venue acts; the JSON ends in the middle.
    Truncate,
    /// An order is refused with this reason.
    Refuse {
        /// The venue's word.
        reason: String,
    },
    /// A page gives the cursor that it was asked with.
    RepeatCursor,
    /// Stream: a message comes twice.
    StreamTwice,
    /// Stream: a message does not come, though its number is used.
    StreamGap,
    /// Stream: nothing comes any more, though the connection stands.
    StreamSilent,
    /// Stream: the connection ends.
    StreamCut,
    /// Stream: a message comes after the one that follows it.
    StreamLate,
    /// Stream: what a message says is not so. Prices are a tenth of what they are, and orders have ended.
    StreamLie,
    /// Stream: a connection is refused; its place is `STREAM connect`.
    StreamRefuse,
}

/// The place of a connection for streams.
pub(crate) const CONNECT: &str = "STREAM connect";

/// A planted failure.
#[derive(Debug, Clone, Deserialize)]
pub struct Fault {
    /// Where, as the beginning of method and path without the prefix, such as `POST /orders`; empty for everywhere. A
    /// stream's messages are `STREAM` and their channel, such as `STREAM ticker`.
    #[serde(default)]
    pub place: String,
    /// What.
    #[serde(flatten)]
    pub kind: FaultKind,
    /// So many fitting questions pass before it begins.
    #[serde(default)]
    pub after: u32,
    /// So often it happens; `None` for ever.
    #[serde(default)]
    pub times: Option<u32>,
    /// How likely it is, in thousandths.
    #[serde(default = "certain")]
    pub per_mille: u32,
}

const fn certain() -> u32 {
    1_000
}

/// All planted failures.
#[derive(Debug)]
pub(crate) struct Faults {
    planted: Vec<Fault>,
    random: Random,
    happened: u64,
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            planted: Vec::new(),
            random: Random::stream(seed, 1 << 59),
            happened: 0,
        }
    }

    /// Plants one more.
    pub(crate) fn plant(&mut self, fault: Fault) {
        self.planted.push(fault);
    }

    /// Takes all away.
    pub(crate) fn clear(&mut self) {
        self.planted.clear();
    }

    /// How many failures there were.
    pub(crate) fn happened(&self) -> u64 {
        self.happened
    }

    /// What goes wrong here, if anything: the first planted failure that fits.
    pub(crate) fn strike(&mut self, place: &str) -> Option<FaultKind> {
        let mut struck = None;
        for fault in &mut self.planted {
            let is_stream = matches!(
                fault.kind,
                FaultKind::StreamTwice
                    | FaultKind::StreamGap
                    | FaultKind::StreamSilent
                    | FaultKind::StreamCut
                    | FaultKind::StreamLate
                    | FaultKind::StreamLie
                    | FaultKind::StreamRefuse
            );
            let is_elsewhere = (fault.kind == FaultKind::StreamRefuse) != (place == CONNECT)
                || is_stream != place.starts_with("STREAM");
            if !place.starts_with(&fault.place) || is_elsewhere {
                continue;
            }
            if fault.after > 0 {
                fault.after -= 1;
                continue;
            }
            if fault.times == Some(0) {
                continue;
            }
            if self.random.below(1_000) >= u64::from(fault.per_mille) {
                continue;
            }
            fault.times = fault.times.map(|times| times - 1);
            struck = Some(fault.kind.clone());
            break;
        }
        self.planted.retain(|fault| fault.times != Some(0));
        self.happened += u64::from(struck.is_some());
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_where_and_as_often_as_planted() {
        let mut faults = Faults::new(1);
        let planted = r#"{"place":"POST /orders","kind":"drop_reply","after":1,"times":2}"#;
        faults.plant(serde_json::from_str(planted).unwrap());
        assert_eq!(faults.strike("GET /time"), None);
        assert_eq!(faults.strike("POST /orders"), None);
        assert_eq!(faults.strike("POST /orders"), Some(FaultKind::DropReply));
        assert_eq!(faults.strike("POST /orders"), Some(FaultKind::DropReply));
        assert_eq!(faults.strike("POST /orders"), None);
        assert_eq!(faults.happened(), 2);
    }

    #[test]
    fn chance_is_counted_in_thousandths() {
        let mut faults = Faults::new(2);
        let planted = r#"{"kind":"html","status":502,"acted":false,"per_mille":250}"#;
        faults.plant(serde_json::from_str(planted).unwrap());
        let struck = (0..4_000)
            .filter(|_| faults.strike("GET /x").is_some())
            .count();
        assert!((900..1_100).contains(&struck), "{struck}");
    }
}
