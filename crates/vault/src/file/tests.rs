#![allow(clippy::unwrap_used, reason = "a failed test says where")]

use std::os::unix::fs::PermissionsExt as _;

use cbtrade_testkit::TestFolder;

use super::*;
use crate::cipher::tests::CHEAP;
use crate::passphrase::tests::of;

const SECRET: &str = "{\"name\": \"organizations/o/apiKeys/k\", \"privateKey\": \"made up\"}\n";

/// Made by another program (Python's `cryptography`) from the description in `docs/reference/sealed-files.md`.
const BY_ANOTHER_PROGRAM: &str = "\
cbtrade sealed 1
content: coinbase-key
key: argon2id, 65536 KiB, 3 passes, 4 lanes, salt AAECAwQFBgcICQoLDA0ODw==
cipher: chacha20-poly1305
proof: 7vaIYphdJDemHdS+LHz3mQ==
kJj0r/a+ArXEGUV8bmXfud8g/EA7I1OWnE+9b0CjsZtdHitt6TdZb2pBtgCWtE8N
QuVvKFeobp6O74eljwGQfJ1B+hDCiIyUKaIp6Zltdg==
end
";

fn secret() -> SecretSlice<u8> {
    SecretSlice::from(SECRET.as_bytes().to_vec())
}

fn sealed(place: &TestFolder) -> SealedFile {
    let file = SealedFile::of(&place.path().join("key.sealed"));
    write(&file, "right words", WhereTaken::Refuse).unwrap();
    file
}

fn write(file: &SealedFile, words: &str, taken: WhereTaken) -> Result<(), VaultError> {
    file.write_at_cost(Content::COINBASE_KEY, &secret(), &of(words), taken, CHEAP)
}

fn open(file: &SealedFile, words: &str) -> Result<SecretSlice<u8>, VaultError> {
    file.open(Content::COINBASE_KEY, &of(words))
}

fn put(file: &SealedFile, bytes: &[u8]) {
    std::fs::write(&file.path, bytes).unwrap();
    std::fs::set_permissions(&file.path, std::fs::Permissions::from_mode(MODE)).unwrap();
}

#[test]
fn what_is_sealed_comes_back_and_is_not_in_the_file() {
    let place = TestFolder::new();
    let file = sealed(&place);
    assert_eq!(
        open(&file, "right words").unwrap().expose_secret(),
        SECRET.as_bytes()
    );
    assert_eq!(
        open(&file, " right words ").unwrap().expose_secret(),
        SECRET.as_bytes()
    );
    let text = std::fs::read_to_string(&file.path).unwrap();
    assert!(
        !text.contains("made up") && !text.contains("privateKey"),
        "{text}"
    );
    let mode = std::fs::metadata(&file.path).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    assert_eq!(
        std::fs::read_dir(place.path()).unwrap().count(),
        1,
        "something is left"
    );
    assert!(file.is_there());
    file.look(Content::COINBASE_KEY).unwrap();
}

#[test]
fn the_usual_cost_is_the_one_that_is_written() {
    let place = TestFolder::new();
    let file = SealedFile::of(&place.path().join("key.sealed"));
    file.write(
        Content::COINBASE_KEY,
        &secret(),
        &of("words"),
        WhereTaken::Refuse,
    )
    .unwrap();
    let text = std::fs::read_to_string(&file.path).unwrap();
    assert!(
        text.contains("argon2id, 65536 KiB, 3 passes, 4 lanes"),
        "{text}"
    );
    assert_eq!(
        open(&file, "words").unwrap().expose_secret(),
        SECRET.as_bytes()
    );
}

#[test]
fn a_file_of_another_program_opens() {
    let place = TestFolder::new();
    let file = SealedFile::of(&place.path().join("theirs"));
    put(&file, BY_ANOTHER_PROGRAM.as_bytes());
    let opened = open(&file, "wörter die nur hier stehen").unwrap();
    assert_eq!(opened.expose_secret(), SECRET.as_bytes());
}

#[test]
fn a_wrong_passphrase_is_told_and_changes_nothing() {
    let place = TestFolder::new();
    let file = sealed(&place);
    for words in ["wrong words", "Right words", "right  words", "right word"] {
        let refused = open(&file, words).unwrap_err();
        assert!(
            matches!(refused, VaultError::WrongPassphrase { .. }),
            "{words}"
        );
        let told = format!("{refused} {refused:?}");
        assert!(!told.contains(words) && !told.contains("made up"), "{told}");
    }
    assert!(open(&file, "right words").is_ok());
}

#[test]
fn no_byte_can_be_changed_unseen() {
    let place = TestFolder::new();
    let file = sealed(&place);
    let bytes = std::fs::read(&file.path).unwrap();
    let mut kinds = std::collections::BTreeSet::new();
    for at in 0..bytes.len() {
        for bit in [1, 0x20] {
            let mut changed = bytes.clone();
            changed[at] ^= bit;
            put(&file, &changed);
            match open(&file, "right words") {
                Ok(opened) => {
                    // Blanks at the end, and line ends within what is sealed, are no part of it.
                    assert_eq!(opened.expose_secret(), SECRET.as_bytes());
                    assert!(bytes[at].is_ascii_whitespace(), "byte {at} of\n{bytes:?}");
                }
                Err(VaultError::Altered { .. }) => drop(kinds.insert("altered")),
                Err(VaultError::WrongPassphrase { .. }) => drop(kinds.insert("passphrase")),
                Err(VaultError::Damaged { .. }) => drop(kinds.insert("damaged")),
                Err(VaultError::OtherContent { .. }) => drop(kinds.insert("content")),
                Err(VaultError::CutOff { .. }) => drop(kinds.insert("cut")),
                Err(VaultError::NotSealed { .. } | VaultError::Newer { .. }) => {}
                Err(other) => panic!("byte {at}: {other:?}"),
            }
        }
    }
    let all = ["altered", "content", "cut", "damaged", "passphrase"];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), all);
}

#[test]
fn what_can_be_wrong_with_a_file_has_its_own_words() {
    let place = TestFolder::new();
    let file = sealed(&place);
    let text = std::fs::read_to_string(&file.path).unwrap();
    let told = |bytes: &[u8]| {
        put(&file, bytes);
        open(&file, "right words").map(|_| ()).unwrap_err()
    };
    assert!(matches!(told(b""), VaultError::Empty { .. }));
    assert!(matches!(told(b"{}"), VaultError::NotSealed { .. }));
    assert!(matches!(
        told(&text.as_bytes()[..250]),
        VaultError::CutOff { .. }
    ));
    let other = text.replace("coinbase-key", "mysql-password");
    assert!(matches!(
        told(other.as_bytes()),
        VaultError::OtherContent { .. }
    ));
    let large = vec![b'x'; 1024 * 1024 + 1];
    assert!(matches!(told(&large), VaultError::TooLarge { .. }));
    put(&file, text.as_bytes());
    std::fs::set_permissions(&file.path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let open_to_others = open(&file, "right words").unwrap_err();
    assert!(matches!(
        open_to_others,
        VaultError::OpenToOthers { mode: 0o644, .. }
    ));
    assert!(file.is_there());
    std::fs::write(&file.path, "{}").unwrap();
    let plain = file.look(Content::COINBASE_KEY).unwrap_err();
    assert!(matches!(plain, VaultError::NotSealed { .. }), "{plain:?}");
    assert!(!file.is_there());
    let absent = SealedFile::of(&place.path().join("nothing"));
    assert!(matches!(open(&absent, "x"), Err(VaultError::File { .. })));
}

#[test]
fn a_file_is_replaced_whole_and_only_when_told() {
    let place = TestFolder::new();
    let file = sealed(&place);
    let before = std::fs::read(&file.path).unwrap();
    let refused = write(&file, "new words", WhereTaken::Refuse).unwrap_err();
    assert!(matches!(refused, VaultError::Exists { .. }), "{refused:?}");
    assert_eq!(std::fs::read(&file.path).unwrap(), before);
    write(&file, "new words", WhereTaken::Replace).unwrap();
    assert!(open(&file, "new words").is_ok());
    assert!(open(&file, "right words").is_err());
    assert_eq!(
        std::fs::read_dir(place.path()).unwrap().count(),
        1,
        "something is left"
    );
    let nowhere = SealedFile::of(&place.path().join("absent/key.sealed"));
    let refused = write(&nowhere, "words", WhereTaken::Refuse).unwrap_err();
    assert!(matches!(refused, VaultError::File { .. }), "{refused:?}");
}
