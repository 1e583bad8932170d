//! What a client is made of.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use cbtrade_core::{Clock, SystemClock};

use crate::error::SettingsError;
use crate::key::Key;
use crate::limiter::LimiterSettings;
use crate::observer::Observer;

/// The venue's public addresses.
const REST: &str = "https://api.coinbase.com";
const WS_MARKET: &str = "wss://advanced-trade-ws.coinbase.com";
const WS_USER: &str = "wss://advanced-trade-ws-user.coinbase.com";

/// Everything that a client is made with.
#[derive(Clone)]
pub struct Settings {
    /// Scheme, host and port of REST.
    pub rest_base: String,
    /// Address of the market data's stream.
    pub ws_market_url: String,
    /// Address of the stream of our orders.
    pub ws_user_url: String,
    /// The host that tokens name; `None` for that of `rest_base`.
    pub jwt_host: Option<String>,
    /// The key; a local venue may need none.
    pub key: Option<Arc<Key>>,
    /// Whether another machine may be spoken to at all.
    pub live: bool,
    /// Longest time of one request.
    pub timeout: Duration,
    /// How often a request that may be repeated is sent at most.
    pub attempts_max: u32,
    /// The first pause between two attempts; it doubles.
    pub backoff: Duration,
    /// One limit for every process on this machine; `None` for none.
    pub limiter: Option<LimiterSettings>,
    /// Who hears of every call.
    pub observer: Option<Observer>,
    /// What pauses are scattered by.
    pub seed: u64,
    /// The real time, for tokens and the limiter.
    pub clock: Arc<dyn Clock>,
    /// How long a stream may be silent.
    pub silence: Duration,
    /// The first pause before a stream connects again; it doubles up to 30 seconds.
    pub reconnect: Duration,
}

impl fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Settings")
            .field("rest_base", &self.rest_base)
            .field("ws_market_url", &self.ws_market_url)
            .field("ws_user_url", &self.ws_user_url)
            .field("key", &self.key)
            .field("live", &self.live)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// For a local venue: its two addresses, no key.
    #[must_use]
    pub fn local(rest_base: &str, ws_url: &str) -> Self {
        Self {
            rest_base: rest_base.trim_end_matches('/').to_owned(),
            ws_market_url: ws_url.to_owned(),
            ws_user_url: ws_url.to_owned(),
            jwt_host: None,
            key: None,
            live: false,
            timeout: Duration::from_secs(20),
            attempts_max: 4,
            backoff: Duration::from_secs(1),
            limiter: None,
            observer: None,
            seed: 0,
            clock: Arc::new(SystemClock),
            silence: Duration::from_secs(10),
            reconnect: Duration::from_millis(250),
        }
    }

    /// For Coinbase, with real money.
    #[must_use]
    pub fn live(key: Arc<Key>) -> Self {
        Self {
            ws_user_url: WS_USER.to_owned(),
            key: Some(key),
            live: true,
            ..Self::local(REST, WS_MARKET)
        }
    }

    /// Refuses what must not be spoken to.
    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        for (address, encrypted) in [
            (&self.rest_base, "https://"),
            (&self.ws_market_url, "wss://"),
            (&self.ws_user_url, "wss://"),
        ] {
            let host = host_of(address).ok_or_else(|| SettingsError::Address(address.clone()))?;
            if is_loopback(host) {
                continue;
            }
            if self.key.is_none() || !self.live {
                return Err(SettingsError::NotLive(address.clone()));
            }
            if !address.starts_with(encrypted) {
                return Err(SettingsError::NotEncrypted(address.clone()));
            }
        }
        Ok(())
    }

    /// The host, with its port, that tokens name.
    pub(crate) fn token_host(&self) -> String {
        let own = || authority_of(&self.rest_base).unwrap_or_default().to_owned();
        self.jwt_host.clone().unwrap_or_else(own)
    }
}

/// Host and port of an address.
fn authority_of(address: &str) -> Option<&str> {
    let (scheme, rest) = address.split_once("://")?;
    if !["http", "https", "ws", "wss"].contains(&scheme) {
        return None;
    }
    let authority = rest.split(['/', '?', '#']).next()?;
    // A name before an @ could make another host look like this machine.
    (!authority.is_empty() && !authority.contains('@')).then_some(authority)
}

fn host_of(address: &str) -> Option<&str> {
    let authority = authority_of(address)?;
    if let Some(rest) = authority.strip_prefix('[') {
        return rest.split(']').next();
    }
    authority.split(':').next()
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(rest_base: &str) -> bool {
        Settings::local(rest_base, "ws://127.0.0.1:1/ws")
            .check()
            .is_err()
    }

    #[test]
    fn another_machine_needs_a_key_and_a_word() {
        assert!(!refused("http://127.0.0.1:4711"));
        assert!(!refused("http://localhost:4711"));
        assert!(!refused("http://[::1]:4711"));
        for address in [
            "https://api.coinbase.com",
            "http://127.0.0.1.example.com",
            "http://127.0.0.1@example.com",
            "http://localhost@example.com/",
            "http://0.0.0.0:1",
            "ftp://127.0.0.1",
            "127.0.0.1:1",
        ] {
            assert!(refused(address), "{address}");
        }
    }

    #[test]
    fn every_address_counts() {
        let mut settings = Settings::local("http://127.0.0.1:1", "ws://127.0.0.1:1/ws");
        settings.ws_user_url = WS_USER.to_owned();
        assert!(matches!(settings.check(), Err(SettingsError::NotLive(_))));
        settings.live = true;
        assert!(matches!(settings.check(), Err(SettingsError::NotLive(_))));
    }

    #[test]
    fn tokens_name_the_host_with_its_port_or_another() {
        let mut settings = Settings::local("http://127.0.0.1:4711/", "ws://127.0.0.1:1/ws");
        assert_eq!(settings.token_host(), "127.0.0.1:4711");
        settings.jwt_host = Some("api.coinbase.com".to_owned());
        assert_eq!(settings.token_host(), "api.coinbase.com");
    }
}
