//! Keys and the tokens that they sign.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::error::SettingsError;

/// How long a token lives, in seconds.
const LIFE_SECONDS: i64 = 120;

/// A token begins so long before now: a clock that is a little fast would else make it one of the future.
const EARLY_SECONDS: i64 = 2;

/// Bytes of a token's nonce.
const NONCE_BYTES: usize = 16;

enum Signer {
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// A key of the venue. Its secret half cannot be printed and is never given out.
pub struct Key {
    name: String,
    signer: Signer,
    random: SystemRandom,
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Key({})", self.name)
    }
}

impl Key {
    /// A key of its name and its secret: a PEM of P-256 or of Ed25519, or an Ed25519 seed in base64.
    ///
    /// # Errors
    /// The secret is none of these; the error shows nothing of it.
    pub fn new(name: &str, secret: &SecretString) -> Result<Self, SettingsError> {
        let name = name.trim().to_owned();
        let random = SystemRandom::new();
        let text = Zeroizing::new(secret.expose_secret().replace("\\n", "\n"));
        let signer = signer(text.trim(), &random).map_err(|why| SettingsError::Key {
            name: name.clone(),
            why: why.to_owned(),
        })?;
        Ok(Self {
            name,
            signer,
            random,
        })
    }

    /// A key as the venue's download has it: JSON with `name` or `id`, and `privateKey`.
    ///
    /// # Errors
    /// The text is not such a file, or its secret is no key.
    pub fn from_json(file: &SecretString) -> Result<Self, SettingsError> {
        let wrong = |why: &str| SettingsError::Key {
            name: "of the file".to_owned(),
            why: why.to_owned(),
        };
        let value: Value =
            serde_json::from_str(file.expose_secret()).map_err(|_| wrong("the file is no JSON"))?;
        let Value::Object(mut fields) = value else {
            return Err(wrong("the file is no JSON object"));
        };
        // Taken out, not copied: it is wiped from memory where it is now.
        let mut text = |name: &str| match fields.remove(name) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        let secret = text("privateKey").map(SecretString::from);
        let name = text("name")
            .or_else(|| text("id"))
            .ok_or_else(|| wrong("`name` and `id` are missing"))?;
        let secret = secret.ok_or_else(|| wrong("`privateKey` is missing"))?;
        Self::new(&name, &secret)
    }

    /// The key's name, which is no secret.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The last part of its name, by which the venue's list of keys shows it.
    #[must_use]
    pub fn last_part(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }

    /// How it signs: the algorithm of its tokens, and the curve.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match &self.signer {
            Signer::Ecdsa(_) => "ES256, P-256",
            Signer::Ed25519(_) => "EdDSA, Ed25519",
        }
    }

    /// A token for one request, with method, host and path in `address`; for a stream, none.
    pub(crate) fn token(&self, address: Option<&str>, now_seconds: i64) -> Result<String, String> {
        let mut nonce = [0_u8; NONCE_BYTES];
        self.random
            .fill(&mut nonce)
            .map_err(|_| "the system gives no random bytes")?;
        let nonce: String = nonce.iter().map(|byte| format!("{byte:02x}")).collect();
        let algorithm = match &self.signer {
            Signer::Ecdsa(_) => "ES256",
            Signer::Ed25519(_) => "EdDSA",
        };
        let begin = now_seconds - EARLY_SECONDS;
        let header = json!({ "alg": algorithm, "typ": "JWT", "kid": self.name, "nonce": nonce });
        let mut claims = json!({
            "sub": self.name,
            "iss": "cdp",
            "nbf": begin,
            "exp": begin + LIFE_SECONDS,
        });
        if let (Some(address), Value::Object(fields)) = (address, &mut claims) {
            fields.insert("uri".to_owned(), address.into());
        }
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&header), part(&claims));
        let signature = match &self.signer {
            Signer::Ecdsa(pair) => pair
                .sign(&self.random, message.as_bytes())
                .map_err(|_| "the key does not sign")?
                .as_ref()
                .to_vec(),
            Signer::Ed25519(pair) => pair.sign(message.as_bytes()).as_ref().to_vec(),
        };
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

fn signer(text: &str, random: &SystemRandom) -> Result<Signer, &'static str> {
    let Some(rest) = text.strip_prefix("-----BEGIN ") else {
        return seed(text);
    };
    let (label, rest) = rest.split_once("-----").ok_or("the PEM has no end")?;
    let (body, _) = rest.split_once("-----END").ok_or("the PEM has no end")?;
    let digits: Zeroizing<String> = Zeroizing::new(body.split_whitespace().collect());
    let bytes = STANDARD
        .decode(digits.as_bytes())
        .map_err(|_| "the PEM's inside is no base64")?;
    let bytes = Zeroizing::new(bytes);
    match label {
        "EC PRIVATE KEY" => {
            let (private, public) = sec1(&bytes).ok_or(
                "the EC key has no public half or another form; convert it with `openssl ec`",
            )?;
            EcdsaKeyPair::from_private_key_and_public_key(
                &ECDSA_P256_SHA256_FIXED_SIGNING,
                private,
                public,
                random,
            )
            .map(Signer::Ecdsa)
            .map_err(|_| "the EC key is not one of P-256")
        }
        "PRIVATE KEY" => EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &bytes, random)
            .map(Signer::Ecdsa)
            .or_else(|_| Ed25519KeyPair::from_pkcs8_maybe_unchecked(&bytes).map(Signer::Ed25519))
            .map_err(|_| "the key is neither of P-256 nor of Ed25519"),
        _ => Err("the PEM is neither `EC PRIVATE KEY` nor `PRIVATE KEY`"),
    }
}

/// An Ed25519 key in base64: its seed, or seed and public half.
fn seed(text: &str) -> Result<Signer, &'static str> {
    let bytes = STANDARD
        .decode(text)
        .map_err(|_| "it is neither a PEM nor base64")?;
    let bytes = Zeroizing::new(bytes);
    let pair = match (bytes.len(), bytes.split_at_checked(32)) {
        (32, _) => Ed25519KeyPair::from_seed_unchecked(&bytes),
        (64, Some((seed, public))) => Ed25519KeyPair::from_seed_and_public_key(seed, public),
        _ => return Err("it has neither 32 nor 64 bytes"),
    };
    pair.map(Signer::Ed25519)
        .map_err(|_| "its halves do not fit each other")
}

/// One value of DER and what follows it.
fn der(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81 => {
            let (length, rest) = rest.split_first()?;
            (usize::from(*length), rest)
        }
        _ => return None,
    };
    let (inside, after) = rest.split_at_checked(length)?;
    Some((*tag, inside, after))
}

/// Private and public half of a key in the form of SEC 1: a sequence of version, private octets, [0] curve, [1] public.
fn sec1(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (0x30, inside, _) = der(bytes)? else {
        return None;
    };
    let (0x02, _, rest) = der(inside)? else {
        return None;
    };
    let (0x04, private, mut rest) = der(rest)? else {
        return None;
    };
    while let Some((tag, inside, after)) = der(rest) {
        if tag == 0xa1 {
            let (0x03, bits, _) = der(inside)? else {
                return None;
            };
            // A bit string begins with how many bits of its last byte do not count.
            let (0, public) = bits.split_first()? else {
                return None;
            };
            return Some((private, public));
        }
        rest = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use ring::signature::{ECDSA_P256_SHA256_FIXED, ED25519, KeyPair, UnparsedPublicKey};

    use super::*;

    fn pem(label: &str, bytes: &[u8]) -> SecretString {
        let text = STANDARD.encode(bytes);
        SecretString::from(format!(
            "-----BEGIN {label}-----\\n{text}\\n-----END {label}-----\\n"
        ))
    }

    fn parts(token: &str) -> (String, Vec<u8>, Value, Value) {
        let (message, signature) = token.rsplit_once('.').unwrap();
        let (header, claims) = message.split_once('.').unwrap();
        let json =
            |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        (
            message.to_owned(),
            URL_SAFE_NO_PAD.decode(signature).unwrap(),
            json(header),
            json(claims),
        )
    }

    #[test]
    fn a_p256_key_signs_in_either_form() {
        let random = SystemRandom::new();
        let document =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random)
                .unwrap();
        // ring's document ends with the same sequence as a file of SEC 1, but without the curve.
        let bytes = document.as_ref();
        let inner = bytes
            .windows(3)
            .position(|window| window == [0x02, 0x01, 0x01])
            .unwrap();
        let sec1 = &bytes[inner - 2..];
        for secret in [pem("PRIVATE KEY", bytes), pem("EC PRIVATE KEY", sec1)] {
            let key = Key::new("organizations/o/apiKeys/k", &secret).unwrap();
            let token = key.token(Some("GET h/p"), 1_000).unwrap();
            let (message, signature, header, claims) = parts(&token);
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref())
                .verify(message.as_bytes(), &signature)
                .unwrap();
            assert_eq!(signature.len(), 64);
            assert_eq!(header["alg"], "ES256");
            assert_eq!(header["kid"], claims["sub"]);
            assert_eq!(claims["uri"], "GET h/p");
            assert_eq!(claims["exp"], 1_000 - 2 + 120);
            assert_ne!(token, key.token(Some("GET h/p"), 1_000).unwrap());
        }
    }

    #[test]
    fn an_ed25519_key_signs_in_every_form() {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let seed = [7_u8; 32];
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).unwrap();
        let both = [&seed, pair.public_key().as_ref()].concat();
        let raw = |bytes: &[u8]| SecretString::from(STANDARD.encode(bytes));
        for secret in [raw(&seed), raw(&both)] {
            let key = Key::new("k", &secret).unwrap();
            let (message, signature, header, claims) = parts(&key.token(None, 5).unwrap());
            UnparsedPublicKey::new(&ED25519, pair.public_key().as_ref())
                .verify(message.as_bytes(), &signature)
                .unwrap();
            assert_eq!(header["alg"], "EdDSA");
            assert!(claims.get("uri").is_none());
        }
        let file = json!({ "id": "k", "privateKey": STANDARD.encode(seed) }).to_string();
        assert_eq!(
            Key::from_json(&SecretString::from(file)).unwrap().name(),
            "k"
        );
        assert!(Key::new("k", &pem("PRIVATE KEY", document.as_ref())).is_ok());
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_shown() {
        let secret = "c2VjcmV0";
        let error = Key::new("k", &SecretString::from(secret)).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(secret));
        let key = Key::new("k", &SecretString::from(STANDARD.encode([7_u8; 32]))).unwrap();
        assert_eq!(format!("{key:?}"), "Key(k)");
        for file in [
            "[]",
            "{}",
            "{\"name\": \"k\"}",
            "{\"privateKey\": \"c2VjcmV0\"}",
        ] {
            let error = Key::from_json(&SecretString::from(file)).unwrap_err();
            assert!(!format!("{error} {error:?}").contains(secret), "{file}");
        }
    }

    #[test]
    fn a_key_says_which_one_it_is() {
        let secret = SecretString::from(STANDARD.encode([7_u8; 32]));
        let key = Key::new("organizations/o/apiKeys/k", &secret).unwrap();
        assert_eq!((key.last_part(), key.kind()), ("k", "EdDSA, Ed25519"));
        assert_eq!(Key::new("alone", &secret).unwrap().last_part(), "alone");
    }
}
