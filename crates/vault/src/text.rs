//! The form of a sealed file, which `docs/reference/sealed-files.md` describes: a head of lines, then what is sealed.
//!
//! ```text
//! cbtrade sealed 1
//! content: coinbase-key
//! key: argon2id, 65536 KiB, 3 passes, 4 lanes, salt qUJ3…==
//! cipher: chacha20-poly1305
//! proof: 9mMX…==
//! 3q2+…
//! end
//! ```
//!
//! The last line tells a file that was cut off from one that was changed. The head is sealed as it is, byte by byte.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::cipher::{Cost, SALT_BYTES, Seals, TAG_BYTES};
use crate::error::VaultError;

/// What every sealed file begins with.
const BEGIN: &str = "cbtrade sealed ";
/// The version that this program writes and reads.
const VERSION: u32 = 1;
/// The line about the cipher.
const CIPHER: &str = "cipher: chacha20-poly1305";
/// The last line.
const END: &str = "end";
/// Letters of a line of what is sealed.
const LINE_LENGTH: usize = 64;

/// What is in a sealed file. A key of one kind is never taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content(&'static str);

impl Content {
    /// An API key of Coinbase: the JSON that Coinbase gives, as it is.
    pub const COINBASE_KEY: Content = Content("coinbase-key");

    /// Its name in the file.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0
    }
}

/// The head of a file, and its bytes as they are sealed.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) content: String,
    pub(crate) cost: Cost,
    pub(crate) salt: Vec<u8>,
    pub(crate) text: String,
}

impl Head {
    pub(crate) fn new(content: Content, cost: Cost, salt: &[u8]) -> Head {
        let Cost {
            memory_kib,
            passes,
            lanes,
        } = cost;
        let text = format!(
            "{BEGIN}{VERSION}\ncontent: {}\nkey: argon2id, {memory_kib} KiB, {passes} passes, {lanes} lanes, salt {}\n{CIPHER}\n",
            content.name(),
            STANDARD.encode(salt)
        );
        Head {
            content: content.name().to_owned(),
            cost,
            salt: salt.to_owned(),
            text,
        }
    }
}

/// The whole file.
pub(crate) fn written(head: &Head, seals: &Seals) -> String {
    let mut text = format!("{}proof: {}\n", head.text, STANDARD.encode(&seals.proof));
    let body = STANDARD.encode(&seals.body);
    let mut rest = body.as_str();
    while let Some((line, after)) = rest.split_at_checked(LINE_LENGTH) {
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    if !rest.is_empty() {
        text.push_str(rest);
        text.push('\n');
    }
    text.push_str(END);
    text.push('\n');
    text
}

/// Reads a file's text; `path` is for errors.
pub(crate) fn read(path: &Path, bytes: &[u8]) -> Result<(Head, Seals), VaultError> {
    let own = || path.to_owned();
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(VaultError::Empty { path: own() });
    }
    let not_sealed = || VaultError::NotSealed { path: own() };
    let text = std::str::from_utf8(bytes).map_err(|_| not_sealed())?;
    let (first, _) = text.split_once('\n').unwrap_or((text, ""));
    let version = first.strip_prefix(BEGIN).ok_or_else(not_sealed)?;
    match version.parse::<u32>() {
        Ok(VERSION) => {}
        Ok(version) if version > VERSION => {
            return Err(VaultError::Newer {
                path: own(),
                version,
            });
        }
        _ => return Err(not_sealed()),
    }
    let Some(inside) = text
        .trim_end()
        .strip_suffix(END)
        .and_then(|text| text.strip_suffix('\n'))
    else {
        return Err(VaultError::CutOff { path: own() });
    };
    lines(inside).map_err(|why| VaultError::Damaged { path: own(), why })
}

/// The lines before the last one.
fn lines(text: &str) -> Result<(Head, Seals), &'static str> {
    let mut rest = text;
    let mut line = || -> Result<&str, &'static str> {
        let (line, after) = rest.split_once('\n').ok_or("a line is missing")?;
        rest = after;
        Ok(line)
    };
    let _version = line()?;
    let content = line()?
        .strip_prefix("content: ")
        .ok_or("its second line does not say the content")?;
    let (cost, salt) = key(line()?).ok_or("its third line does not say how the key is made")?;
    if line()? != CIPHER {
        return Err("its fourth line does not say a cipher that is known");
    }
    let proof = line()?;
    let head = text.split_at_checked(text.len() - rest.len() - proof.len() - 1);
    let (head, _) = head.ok_or("a line is missing")?;
    let proof = proof
        .strip_prefix("proof: ")
        .and_then(|proof| STANDARD.decode(proof).ok())
        .filter(|proof| proof.len() == TAG_BYTES)
        .ok_or("its fifth line is no proof of a passphrase")?;
    let body: String = rest.split('\n').collect();
    let body = STANDARD
        .decode(body)
        .ok()
        .filter(|body| body.len() > TAG_BYTES)
        .ok_or("what is sealed is no base64")?;
    let head = Head {
        content: content.to_owned(),
        cost,
        salt,
        text: head.to_owned(),
    };
    Ok((head, Seals { proof, body }))
}

/// `key: argon2id, 65536 KiB, 3 passes, 4 lanes, salt …`
fn key(line: &str) -> Option<(Cost, Vec<u8>)> {
    let rest = line.strip_prefix("key: argon2id, ")?;
    let (memory, rest) = rest.split_once(" KiB, ")?;
    let (passes, rest) = rest.split_once(" passes, ")?;
    let (lanes, salt) = rest.split_once(" lanes, salt ")?;
    let cost = Cost {
        memory_kib: memory.parse().ok()?,
        passes: passes.parse().ok()?,
        lanes: lanes.parse().ok()?,
    };
    let salt = STANDARD.decode(salt).ok()?;
    (cost.is_bearable() && salt.len() == SALT_BYTES).then_some((cost, salt))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test says where")]

    use super::*;

    fn file(body_bytes: usize) -> String {
        let head = Head::new(Content::COINBASE_KEY, Cost::USUAL, &[5; SALT_BYTES]);
        let seals = Seals {
            proof: vec![1; TAG_BYTES],
            body: vec![2; body_bytes],
        };
        written(&head, &seals)
    }

    fn error(text: &[u8]) -> String {
        let told = read(Path::new("f"), text).map(|_| ()).unwrap_err();
        told.to_string()
    }

    #[test]
    fn what_is_written_is_read_again() {
        for length in [17, 48, 49, 96, 1000] {
            let text = file(length);
            let (head, seals) = read(Path::new("f"), text.as_bytes()).unwrap();
            assert_eq!(
                (head.content.as_str(), head.cost),
                ("coinbase-key", Cost::USUAL)
            );
            assert_eq!(head.salt, [5; SALT_BYTES]);
            assert!(text.starts_with(&head.text) && head.text.ends_with("chacha20-poly1305\n"));
            assert_eq!((seals.proof.len(), seals.body.len()), (TAG_BYTES, length));
            assert!(text.lines().all(|line| line.len() <= 100));
        }
    }

    #[test]
    fn what_is_no_sealed_file_is_told_by_its_kind() {
        assert!(error(b"").contains("is empty"));
        assert!(error(b" \n").contains("is empty"));
        assert!(error(b"{\"name\": \"k\"}").contains("not a sealed file"));
        assert!(error(&[0xff, 0xfe, 0]).contains("not a sealed file"));
        let text = file(100);
        assert!(error(text.replace("sealed 1", "sealed 2").as_bytes()).contains("version 2"));
        for (from, to, word) in [
            ("content", "contents", "second line"),
            ("argon2id", "argon2i", "third line"),
            ("65536 KiB", "4294967295 KiB", "third line"),
            ("3 passes", "0 passes", "third line"),
            ("chacha20", "chacha12", "fourth line"),
            ("proof: A", "proof: ", "fifth line"),
            ("AgIC", "A!IC", "no base64"),
        ] {
            let told = error(text.replace(from, to).as_bytes());
            assert!(told.contains(word), "{from}: {told}");
        }
    }

    #[test]
    fn a_file_that_was_cut_off_is_told_so_wherever_it_was_cut() {
        let text = file(200);
        let first = text.find('\n').unwrap();
        for length in first..text.len() - 1 {
            let told = error(&text.as_bytes()[..length]);
            assert!(told.contains("cut off"), "{length}: {told}");
        }
        for length in 1..first {
            let told = error(&text.as_bytes()[..length]);
            assert!(told.contains("not a sealed file"), "{length}: {told}");
        }
    }
}
