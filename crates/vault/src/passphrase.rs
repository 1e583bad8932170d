//! A passphrase, and the places that it is read from.

use std::fmt;
use std::io::Read;
use std::path::Path;

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};

use crate::error::VaultError;
use crate::private::{read_any, read_private};

/// Bytes of the longest passphrase: less than a pipe takes at once, so that whoever hands it on never waits.
const BYTES_MAX: usize = 1024;
/// What is said of an empty one.
const EMPTY: &str = "is empty";

/// A passphrase. It cannot be printed, and is wiped from memory when it is dropped.
#[derive(Clone)]
pub struct Passphrase(SecretString);

impl fmt::Debug for Passphrase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Passphrase(****)")
    }
}

impl PartialEq for Passphrase {
    fn eq(&self, other: &Passphrase) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Passphrase {}

impl Passphrase {
    /// Reads one line, and nothing beyond it. Blanks at its two ends do not count, wherever it is typed or stored.
    ///
    /// # Errors
    /// It cannot be read, is empty, too long, or no UTF-8 text.
    pub fn read(reader: &mut impl Read) -> Result<Passphrase, VaultError> {
        // Its room does not grow, so no copy is left behind.
        let mut line = Zeroizing::new(Vec::with_capacity(BYTES_MAX));
        let mut byte = Zeroizing::new([0_u8]);
        loop {
            match reader.read(byte.as_mut_slice()) {
                Ok(0) => break,
                Ok(_) => match *byte {
                    [b'\n'] => break,
                    _ if line.len() == BYTES_MAX => {
                        return Err(VaultError::Passphrase {
                            why: "is longer than 1024 bytes",
                        });
                    }
                    [letter] => line.push(letter),
                },
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => {
                    return Err(VaultError::Passphrase {
                        why: "cannot be read from the input",
                    });
                }
            }
        }
        Passphrase::of_bytes(&line)
    }

    /// Reads the first line of a file that only its owner may use.
    ///
    /// # Errors
    /// As [`Passphrase::read`]; others may use the file.
    pub fn of_file(path: &Path) -> Result<Passphrase, VaultError> {
        Passphrase::first_line(path, &read_private(path)?)
    }

    /// The same for a file that a service manager keeps from others in its own ways, which its mode does not show.
    ///
    /// # Errors
    /// As [`Passphrase::read`].
    pub fn of_credential(path: &Path) -> Result<Passphrase, VaultError> {
        Passphrase::first_line(path, &read_any(path)?)
    }

    fn first_line(path: &Path, bytes: &SecretSlice<u8>) -> Result<Passphrase, VaultError> {
        let first = bytes.expose_secret().split(|byte| *byte == b'\n').next();
        match Passphrase::of_bytes(first.unwrap_or_default()) {
            Err(VaultError::Passphrase { why: EMPTY }) => Err(VaultError::Empty {
                path: path.to_owned(),
            }),
            other => other,
        }
    }

    fn of_bytes(bytes: &[u8]) -> Result<Passphrase, VaultError> {
        let text = std::str::from_utf8(bytes).map_err(|_| VaultError::Passphrase {
            why: "is not UTF-8 text",
        })?;
        let text = text.trim();
        if text.is_empty() {
            return Err(VaultError::Passphrase { why: EMPTY });
        }
        Ok(Passphrase(SecretString::from(text)))
    }

    /// Letters in it.
    #[must_use]
    pub fn letters(&self) -> usize {
        self.expose().chars().count()
    }

    /// Hands it to a process of ours as [`Passphrase::read`] reads it.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn hand_to(&self, writer: &mut impl std::io::Write) -> std::io::Result<()> {
        writer.write_all(self.expose().as_bytes())?;
        writer.write_all(b"\n")
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test says where")]

    use super::*;

    pub(crate) fn of(text: &str) -> Passphrase {
        Passphrase::read(&mut text.as_bytes()).unwrap()
    }

    #[test]
    fn one_line_is_read_and_the_rest_is_left() {
        let mut input = "  four words of ours \r\nnot this\n".as_bytes();
        let read = Passphrase::read(&mut input).unwrap();
        assert_eq!(read.expose(), "four words of ours");
        assert_eq!(input, b"not this\n");
        assert_eq!(read.letters(), 18);
        let mut handed = Vec::new();
        read.hand_to(&mut handed).unwrap();
        assert_eq!(Passphrase::read(&mut handed.as_slice()).unwrap(), read);
    }

    #[test]
    fn what_is_none_is_refused() {
        let long = "x".repeat(BYTES_MAX + 1);
        for wrong in ["", "\n", "   \nwords", &long] {
            let refused = Passphrase::read(&mut wrong.as_bytes());
            assert!(matches!(refused, Err(VaultError::Passphrase { .. })));
        }
        assert!(Passphrase::read(&mut &long.as_bytes()[1..]).is_ok());
        assert!(Passphrase::read(&mut &b"\xff\xfe\n"[..]).is_err());
    }

    #[test]
    fn it_is_not_printed() {
        let printed = format!("{:?} {:#?}", of("hunter22"), Some(of("hunter22")));
        assert!(!printed.contains("hunter"), "{printed}");
        assert!(printed.contains("****"));
    }
}
