//! The venue's key: given by the venue in the plain, kept sealed, opened by whoever knows the passphrase.

use std::path::Path;

use cbtrade_coinbase::{Key, SettingsError};
use cbtrade_vault::{Content, Passphrase, SealedFile, VaultError, WhereTaken};
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};

use crate::config::VenueConfig;
use crate::error::FleetError;

/// Which key it is; nothing of it is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VenueKey {
    /// The last part of its name, by which the venue's list of keys shows it.
    pub name: String,
    /// How it signs.
    pub kind: &'static str,
}

impl VenueKey {
    fn of(key: &Key) -> VenueKey {
        VenueKey {
            name: key.last_part().to_owned(),
            kind: key.kind(),
        }
    }
}

/// A key as the venue gave it, before it is sealed.
pub struct PlainKey {
    content: SecretSlice<u8>,
    which: VenueKey,
}

impl std::fmt::Debug for PlainKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("PlainKey")
            .field("which", &self.which)
            .finish_non_exhaustive()
    }
}

impl PlainKey {
    /// Reads the file that the venue gave, whoever may use it, and makes sure that it is a key.
    ///
    /// # Errors
    /// The file cannot be read, or is no key; the error shows nothing of it.
    pub fn read(path: &Path) -> Result<PlainKey, FleetError> {
        let content = cbtrade_vault::read_any(path).map_err(sealed_error)?;
        let which = VenueKey::of(&parse(&content)?);
        Ok(PlainKey { content, which })
    }

    /// Which key it is.
    #[must_use]
    pub fn which(&self) -> &VenueKey {
        &self.which
    }

    /// Seals it into a file, which is opened again and compared before it gets its name.
    ///
    /// # Errors
    /// The file cannot be written, or is there and is not to be replaced.
    pub fn seal(
        &self,
        into: &Path,
        passphrase: &Passphrase,
        taken: WhereTaken,
    ) -> Result<(), FleetError> {
        SealedFile::of(into)
            .write(Content::COINBASE_KEY, &self.content, passphrase, taken)
            .map_err(sealed_error)
    }
}

/// Opens a sealed key to say which one it is.
///
/// # Errors
/// It is no sealed key, or the passphrase is not its own.
pub fn open_key(path: &Path, passphrase: &Passphrase) -> Result<VenueKey, FleetError> {
    open(path, passphrase).map(|key| VenueKey::of(&key))
}

/// Looks without a passphrase whether a venue's key, where it has one, is a sealed one that others may not use.
///
/// # Errors
/// It is not.
pub fn look_at_key(venue: &VenueConfig) -> Result<(), FleetError> {
    match venue.key_file() {
        Some(path) => SealedFile::of(path)
            .look(Content::COINBASE_KEY)
            .map_err(sealed_error),
        None => Ok(()),
    }
}

/// Seals a key anew with another passphrase, in the place of the file.
///
/// # Errors
/// The old passphrase is not its own; the file cannot be written.
pub fn change_passphrase(
    path: &Path,
    old: &Passphrase,
    new: &Passphrase,
) -> Result<VenueKey, FleetError> {
    let file = SealedFile::of(path);
    let content = file
        .open(Content::COINBASE_KEY, old)
        .map_err(sealed_error)?;
    let which = VenueKey::of(&parse(&content)?);
    file.write(Content::COINBASE_KEY, &content, new, WhereTaken::Replace)
        .map_err(sealed_error)?;
    Ok(which)
}

/// The key of a venue, where it has one.
pub(crate) fn open_of(
    venue: &VenueConfig,
    passphrase: Option<&Passphrase>,
) -> Result<Option<Key>, FleetError> {
    let Some(path) = venue.key_file() else {
        return Ok(None);
    };
    match passphrase {
        Some(passphrase) => open(path, passphrase).map(Some),
        None => {
            // A file that no passphrase opens is told first.
            look_at_key(venue)?;
            Err(FleetError::NoPassphrase {
                path: path.to_owned(),
            })
        }
    }
}

fn open(path: &Path, passphrase: &Passphrase) -> Result<Key, FleetError> {
    let content = SealedFile::of(path)
        .open(Content::COINBASE_KEY, passphrase)
        .map_err(sealed_error)?;
    parse(&content)
}

fn parse(content: &SecretSlice<u8>) -> Result<Key, FleetError> {
    let text = std::str::from_utf8(content.expose_secret()).map_err(|_| {
        FleetError::Venue(Box::new(SettingsError::Key {
            name: "of the file".to_owned(),
            why: "the file is no text".to_owned(),
        }))
    })?;
    Key::from_json(&SecretString::from(text)).map_err(|source| FleetError::Venue(Box::new(source)))
}

fn sealed_error(source: VaultError) -> FleetError {
    FleetError::Key(Box::new(source))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test says where")]

    use super::*;

    /// 32 times 0x07 in base64: an Ed25519 seed that nobody uses.
    const SEED: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";

    fn words(text: &str) -> Passphrase {
        Passphrase::read(&mut text.as_bytes()).unwrap()
    }

    fn coinbase(key_file: &Path) -> VenueConfig {
        VenueConfig::Coinbase {
            key_file: key_file.to_owned(),
            live: true,
        }
    }

    #[test]
    fn a_key_is_sealed_opened_and_sealed_anew() {
        let place = cbtrade_testkit::TestFolder::new();
        let plain = place.path().join("key.json");
        let name = "organizations/o/apiKeys/k-1";
        std::fs::write(
            &plain,
            format!("{{\"name\":\"{name}\",\"privateKey\":\"{SEED}\"}}"),
        )
        .unwrap();
        let key = PlainKey::read(&plain).unwrap();
        assert_eq!(
            (key.which().name.as_str(), key.which().kind),
            ("k-1", "EdDSA, Ed25519")
        );
        assert!(!format!("{key:?}").contains(SEED));
        let sealed = place.path().join("key.sealed");
        key.seal(&sealed, &words("old words"), WhereTaken::Refuse)
            .unwrap();
        assert_eq!(
            &open_key(&sealed, &words("old words")).unwrap(),
            key.which()
        );
        let venue = coinbase(&sealed);
        look_at_key(&venue).unwrap();
        assert!(
            open_of(&venue, Some(&words("old words")))
                .unwrap()
                .is_some()
        );
        let none = open_of(&venue, None).unwrap_err();
        assert!(matches!(none, FleetError::NoPassphrase { .. }), "{none:?}");
        change_passphrase(&sealed, &words("old words"), &words("new words")).unwrap();
        let old = open_key(&sealed, &words("old words")).unwrap_err();
        let FleetError::Key(source) = old else {
            panic!("{old:?}");
        };
        assert!(matches!(*source, VaultError::WrongPassphrase { .. }));
        assert!(open_key(&sealed, &words("new words")).is_ok());
    }

    #[test]
    fn a_plain_key_is_no_key_of_a_venue() {
        let place = cbtrade_testkit::TestFolder::new();
        let plain = place.path().join("key.json");
        std::fs::write(&plain, "{}").unwrap();
        for told in [
            look_at_key(&coinbase(&plain)).unwrap_err(),
            open_of(&coinbase(&plain), None).map(|_| ()).unwrap_err(),
            open_of(&coinbase(&plain), Some(&words("x")))
                .map(|_| ())
                .unwrap_err(),
        ] {
            let FleetError::Key(source) = told else {
                panic!("{told:?}");
            };
            assert!(
                matches!(*source, VaultError::NotSealed { .. }),
                "{source:?}"
            );
        }
        let local = VenueConfig::Local {
            url: String::new(),
            websocket: String::new(),
            speed: 1,
            key_file: None,
        };
        look_at_key(&local).unwrap();
        assert!(open_of(&local, None).unwrap().is_none());
    }

    #[test]
    fn what_is_no_key_is_refused_without_showing_it() {
        let place = cbtrade_testkit::TestFolder::new();
        let plain = place.path().join("key.json");
        for text in [
            "{\"name\":\"k\",\"privateKey\":\"verysecretverysecret\"}",
            "verysecret",
        ] {
            std::fs::write(&plain, text).unwrap();
            let error = PlainKey::read(&plain).unwrap_err();
            let mut told = format!("{error} {error:?}");
            let mut cause = std::error::Error::source(&error);
            while let Some(source) = cause {
                told.push_str(&source.to_string());
                cause = source.source();
            }
            assert!(!told.contains("verysecret"), "{told}");
        }
        std::fs::write(&plain, [0xff, 0xfe]).unwrap();
        assert!(PlainKey::read(&plain).is_err());
    }
}
