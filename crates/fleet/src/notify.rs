//! What systemd wants to hear: that the fleet is up, that the supervisor lives, that it ends.

use std::ffi::OsString;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// Names the socket.
pub const NOTIFY_VARIABLE: &str = "NOTIFY_SOCKET";
/// Says within how many microseconds a sign of life is wanted.
pub const WATCHDOG_VARIABLE: &str = "WATCHDOG_USEC";

/// The way to the service manager; without one nothing is said.
#[derive(Debug, Default)]
pub struct Notifier {
    socket: Option<(UnixDatagram, SocketAddr)>,
    watchdog_every: Option<Duration>,
}

impl Notifier {
    /// The way that the environment names; none outside a service of type `notify`.
    #[must_use]
    pub fn from_environment() -> Notifier {
        Notifier::new(
            std::env::var_os(NOTIFY_VARIABLE),
            std::env::var(WATCHDOG_VARIABLE).ok(),
        )
    }

    /// The way to a socket: a path, or a name after `@`. A sign of life is due every half of the watchdog's time.
    #[must_use]
    pub fn new(socket: Option<OsString>, watchdog_us: Option<String>) -> Notifier {
        let address = socket.filter(|name| !name.is_empty()).and_then(|name| {
            match name.as_bytes().strip_prefix(b"@") {
                Some(name) => SocketAddr::from_abstract_name(name).ok(),
                None => SocketAddr::from_pathname(name).ok(),
            }
        });
        let socket = address.and_then(|address| {
            let socket = UnixDatagram::unbound().ok()?;
            // A service manager that does not listen must not hold up the fleet.
            socket.set_nonblocking(true).ok()?;
            Some((socket, address))
        });
        let watchdog_every = watchdog_us
            .and_then(|text| text.parse::<u64>().ok())
            .filter(|micros| *micros > 0)
            .map(|micros| Duration::from_micros(micros) / 2);
        Notifier {
            socket,
            watchdog_every,
        }
    }

    /// How often a sign of life is wanted.
    pub(crate) fn watchdog_every(&self) -> Option<Duration> {
        self.socket.as_ref().and(self.watchdog_every)
    }

    pub(crate) fn ready(&self, status: &str) {
        self.say(&format!("READY=1\nSTATUS={status}"));
    }

    pub(crate) fn alive(&self) {
        self.say("WATCHDOG=1");
    }

    pub(crate) fn status(&self, status: &str) {
        self.say(&format!("STATUS={status}"));
    }

    pub(crate) fn stopping(&self) {
        self.say("STOPPING=1");
    }

    /// What cannot be sent is not: the fleet is worth more than a word about it.
    fn say(&self, text: &str) {
        if let Some((socket, address)) = &self.socket {
            let _ = socket.send_to_addr(text.as_bytes(), address);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test says where")]

    use super::*;

    fn heard(socket: &UnixDatagram) -> String {
        let mut bytes = [0; 200];
        let length = socket.recv(&mut bytes).unwrap();
        String::from_utf8(bytes[..length].to_vec()).unwrap()
    }

    #[test]
    fn the_service_manager_hears_it_by_path_and_by_abstract_name() {
        let place = cbtrade_testkit::TestFolder::new();
        let path = place.path().join("notify");
        let manager = UnixDatagram::bind(&path).unwrap();
        let notifier = Notifier::new(Some(path.into_os_string()), Some("3000000".to_owned()));
        assert_eq!(notifier.watchdog_every(), Some(Duration::from_millis(1500)));
        notifier.ready("7 bots");
        assert_eq!(heard(&manager), "READY=1\nSTATUS=7 bots");
        notifier.stopping();
        assert_eq!(heard(&manager), "STOPPING=1");

        let name = format!("cbtrade-notify-{}", std::process::id());
        let manager =
            UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        let notifier = Notifier::new(Some(format!("@{name}").into()), None);
        assert_eq!(notifier.watchdog_every(), None);
        notifier.alive();
        assert_eq!(heard(&manager), "WATCHDOG=1");
    }

    #[test]
    fn without_a_service_manager_nothing_happens() {
        let silent = Notifier::new(None, Some("1000".to_owned()));
        assert_eq!(silent.watchdog_every(), None);
        silent.ready("x");
        let gone = Notifier::new(Some("/nowhere/at/all".into()), None);
        gone.ready("x");
        gone.alive();
    }
}
