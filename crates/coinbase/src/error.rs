//! Why a client cannot be made.

use std::path::PathBuf;

/// A client cannot be made of these settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// An address that cannot be read.
    #[error("`{0}` is no address such as https://api.coinbase.com")]
    Address(String),
    /// Another machine without an explicit switch.
    #[error(
        "{0} is not this machine: trading there needs a key and `live = true`, said explicitly"
    )]
    NotLive(String),
    /// Another machine without encryption.
    #[error("{0} is not this machine: it must be spoken to by https or wss")]
    NotEncrypted(String),
    /// The key's name or secret is not one.
    #[error("the key `{name}` cannot be used: {why}")]
    Key {
        /// Its name, which is no secret.
        name: String,
        /// What is wrong; never a part of the secret.
        why: String,
    },
    /// The limiter's folder cannot be used.
    #[error("the limiter's folder {path} cannot be used")]
    Limiter {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The HTTP client cannot be made.
    #[error("the HTTP client cannot be made")]
    Http {
        /// What it says.
        #[source]
        source: reqwest::Error,
    },
}
