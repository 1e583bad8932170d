//! The check of a request's token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, ED25519, UnparsedPublicKey};
use serde_json::Value;

use crate::config::{PublicKey, TokenCheck};

/// So long a token may live.
const LIFE_SECONDS_MAX: i64 = 120;

/// Holds a token against the mode; `address` is method, host and path for REST, none for a stream.
///
/// The times are held against `now`, real seconds since 1970: a signer does not know simulated time.
pub(crate) fn check(
    mode: &TokenCheck,
    token: Option<&str>,
    address: Option<&str>,
    now: i64,
) -> Result<(), String> {
    let key = match mode {
        TokenCheck::Off => return Ok(()),
        TokenCheck::Shape => None,
        TokenCheck::Full(key) => Some(key),
    };
    let token = token.ok_or("no token")?;
    let mut parts = token.split('.');
    let (Some(head), Some(body), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err("a token has three parts".to_owned());
    };
    let (header, claims) = (json(head)?, json(body)?);
    let field = |value: &Value, name: &str| {
        value
            .get(name)
            .and_then(Value::as_str)
            .map(str::to_owned)
            .ok_or_else(|| format!("{name} is missing"))
    };
    let algorithm = field(&header, "alg")?;
    if field(&header, "typ")? != "JWT" || field(&header, "nonce")?.len() < 16 {
        return Err("typ or nonce is wrong".to_owned());
    }
    if field(&claims, "iss")? != "cdp" || field(&claims, "sub")? != field(&header, "kid")? {
        return Err("iss, sub or kid is wrong".to_owned());
    }
    let number = |name: &str| claims.get(name).and_then(Value::as_i64);
    let (Some(begin), Some(end)) = (number("nbf"), number("exp")) else {
        return Err("nbf or exp is missing".to_owned());
    };
    if begin > now || end < now || end - begin > LIFE_SECONDS_MAX {
        return Err(format!(
            "it is {now}, the token lives from {begin} to {end}"
        ));
    }
    let own = claims.get("uri").and_then(Value::as_str);
    if own != address {
        return Err(format!("uri is {own:?}, not {address:?}"));
    }
    match key {
        Some(key) => verify(key, &algorithm, &format!("{head}.{body}"), signature),
        None => Ok(()),
    }
}

fn json(part: &str) -> Result<Value, String> {
    let bytes = URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| "a part is no base64url")?;
    serde_json::from_slice(&bytes).map_err(|_| "a part is no JSON".to_owned())
}

fn verify(key: &PublicKey, algorithm: &str, message: &str, signature: &str) -> Result<(), String> {
    let signature = URL_SAFE_NO_PAD
        .decode(signature)
        .map_err(|_| "the signature is no base64url")?;
    let verified = match (key, algorithm) {
        (PublicKey::Ecdsa(point), "ES256") => {
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                .verify(message.as_bytes(), &signature)
        }
        (PublicKey::Ed25519(point), "EdDSA") => {
            UnparsedPublicKey::new(&ED25519, point).verify(message.as_bytes(), &signature)
        }
        _ => return Err(format!("`{algorithm}` does not fit the key")),
    };
    verified.map_err(|_| "the signature is wrong".to_owned())
}
