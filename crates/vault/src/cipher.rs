//! A key from a passphrase (Argon2id), and what it seals (ChaCha20-Poly1305).
//!
//! Every file has a salt of its own, so every file has a key of its own, and a nonce need only differ within the file: 0 is
//! for nothing at all, whose seal says whether the passphrase is right, 1 is for what is sealed. Both seals cover the
//! file's head, so nothing in it can be changed unseen.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom as _, SystemRandom};
use secrecy::zeroize::Zeroizing;

use crate::error::VaultError;
use crate::passphrase::Passphrase;

/// Bytes of a salt.
pub(crate) const SALT_BYTES: usize = 16;
/// Bytes of a key.
const KEY_BYTES: usize = 32;
/// Bytes by which what is sealed is longer.
pub(crate) const TAG_BYTES: usize = 16;

const MEMORY_KIB_MAX: u32 = 256 * 1024;
const PASSES_MAX: u32 = 16;
const LANES_MAX: u32 = 16;

/// How dear a guess of the passphrase is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(crate) memory_kib: u32,
    pub(crate) passes: u32,
    pub(crate) lanes: u32,
}

impl Cost {
    /// The second choice of RFC 9106: 64 MiB, some tenths of a second.
    pub(crate) const USUAL: Cost = Cost {
        memory_kib: 64 * 1024,
        passes: 3,
        lanes: 4,
    };

    /// A file may say what it likes; a machine must not be brought down by it.
    pub(crate) fn is_bearable(self) -> bool {
        (self.lanes.saturating_mul(8)..=MEMORY_KIB_MAX).contains(&self.memory_kib)
            && (1..=PASSES_MAX).contains(&self.passes)
            && (1..=LANES_MAX).contains(&self.lanes)
    }
}

/// Why a seal does not open.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Shut {
    /// The passphrase is another one, or the head of the file is not what it was.
    Passphrase,
    /// The passphrase is right, and what is sealed was changed.
    Altered,
}

/// The two seals of a file.
pub(crate) struct Seals {
    pub(crate) proof: Vec<u8>,
    pub(crate) body: Vec<u8>,
}

/// A file's key.
pub(crate) struct FileKey(LessSafeKey);

pub(crate) fn new_salt() -> Result<[u8; SALT_BYTES], VaultError> {
    let mut salt = [0; SALT_BYTES];
    SystemRandom::new()
        .fill(&mut salt)
        .map_err(|_| VaultError::Machine {
            what: "the system gives no random bytes",
        })?;
    Ok(salt)
}

impl FileKey {
    /// Takes the time and the memory that `cost` says.
    pub(crate) fn derive(
        passphrase: &Passphrase,
        salt: &[u8],
        cost: Cost,
    ) -> Result<FileKey, VaultError> {
        let failed = VaultError::Machine {
            what: "no key can be made from the passphrase",
        };
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(KEY_BYTES));
        let Ok(params) = params else {
            return Err(failed);
        };
        let mut blocks = Zeroizing::new(vec![Block::default(); params.block_count()]);
        let mut key = Zeroizing::new([0_u8; KEY_BYTES]);
        let derived = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(
                passphrase.expose().as_bytes(),
                salt,
                key.as_mut_slice(),
                blocks.as_mut_slice(),
            );
        match (derived, UnboundKey::new(&CHACHA20_POLY1305, key.as_slice())) {
            (Ok(()), Ok(key)) => Ok(FileKey(LessSafeKey::new(key))),
            _ => Err(failed),
        }
    }

    /// Seals once: a key is of one file.
    pub(crate) fn seal(self, head: &[u8], secret: &[u8]) -> Result<Seals, VaultError> {
        Ok(Seals {
            proof: self.one(0, head, &[])?,
            body: self.one(1, head, secret)?,
        })
    }

    fn one(&self, number: u8, head: &[u8], secret: &[u8]) -> Result<Vec<u8>, VaultError> {
        // With room for the tag: a vector that grows would leave the plain text behind.
        let mut bytes = Vec::with_capacity(secret.len() + TAG_BYTES);
        bytes.extend_from_slice(secret);
        self.0
            .seal_in_place_append_tag(nonce(number), Aad::from(head), &mut bytes)
            .map_err(|_| VaultError::Machine {
                what: "the secret cannot be sealed",
            })?;
        Ok(bytes)
    }

    /// Opens both seals.
    pub(crate) fn open(&self, head: &[u8], seals: Seals) -> Result<Zeroizing<Vec<u8>>, Shut> {
        let Seals {
            mut proof,
            mut body,
        } = seals;
        self.0
            .open_in_place(nonce(0), Aad::from(head), &mut proof)
            .map_err(|_| Shut::Passphrase)?;
        let opened = self
            .0
            .open_in_place(nonce(1), Aad::from(head), &mut body)
            .map_err(|_| Shut::Altered)?;
        let length = opened.len();
        let mut body = Zeroizing::new(body);
        body.truncate(length);
        Ok(body)
    }
}

fn nonce(number: u8) -> Nonce {
    let mut bytes = [0; NONCE_LEN];
    bytes[0] = number;
    Nonce::assume_unique_for_key(bytes)
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test says where")]

    use super::*;
    use crate::passphrase::tests::of;

    /// So cheap that a test may open hundreds.
    pub(crate) const CHEAP: Cost = Cost {
        memory_kib: 8,
        passes: 1,
        lanes: 1,
    };

    #[test]
    fn what_is_sealed_opens_and_says_why_not() {
        let key = |words: &str| FileKey::derive(&of(words), &[7; SALT_BYTES], CHEAP).unwrap();
        let seals = || key("right words").seal(b"head", b"secret").unwrap();
        assert!(!seals().body.windows(6).any(|part| part == b"secret"));
        let opened = key("right words").open(b"head", seals()).unwrap();
        assert_eq!(opened.as_slice(), b"secret");
        let shut = |key: FileKey, head: &[u8], seals| key.open(head, seals).unwrap_err();
        assert_eq!(shut(key("wrong words"), b"head", seals()), Shut::Passphrase);
        assert_eq!(
            shut(key("right words"), b"heads", seals()),
            Shut::Passphrase
        );
        let mut altered = seals();
        altered.body[0] ^= 1;
        assert_eq!(shut(key("right words"), b"head", altered), Shut::Altered);
        let mut short = seals();
        short.body.truncate(TAG_BYTES - 1);
        assert_eq!(shut(key("right words"), b"head", short), Shut::Altered);
    }

    #[test]
    fn a_salt_makes_another_key() {
        let one = FileKey::derive(&of("words"), &[1; SALT_BYTES], CHEAP).unwrap();
        let two = FileKey::derive(&of("words"), &[2; SALT_BYTES], CHEAP).unwrap();
        let seals = one.seal(b"", b"x").unwrap();
        assert_eq!(two.open(b"", seals).unwrap_err(), Shut::Passphrase);
        assert_ne!(new_salt().unwrap(), new_salt().unwrap());
    }

    #[test]
    fn an_unbearable_cost_is_seen() {
        assert!(Cost::USUAL.is_bearable() && CHEAP.is_bearable());
        let with = |change: fn(&mut Cost)| {
            let mut cost = Cost::USUAL;
            change(&mut cost);
            cost.is_bearable()
        };
        assert!(!with(|cost| cost.memory_kib = u32::MAX));
        assert!(!with(|cost| cost.memory_kib = 31));
        assert!(!with(|cost| cost.passes = 0));
        assert!(!with(|cost| cost.passes = 17));
        assert!(!with(|cost| cost.lanes = 0));
        assert!(!with(|cost| cost.lanes = 1 << 24));
    }
}
