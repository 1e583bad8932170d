//! Names that the target can have.

use std::collections::HashSet;

/// Most characters of an identifier on MySQL and MariaDB.
pub const NAME_CHARACTERS_MAX: usize = 64;

/// Hands out target names that the server takes and keeps apart.
#[derive(Debug)]
pub struct NameAllocator {
    kind: NameKind,
    taken: HashSet<String>,
}

/// What is named: each has names of its own that the server keeps for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    /// A table, which is also a file.
    Table,
    /// A column.
    Column,
    /// An index or a constraint.
    Index,
}

impl NameAllocator {
    /// An allocator without names.
    #[must_use]
    pub fn new(kind: NameKind) -> Self {
        Self {
            kind,
            taken: HashSet::new(),
        }
    }

    /// Reserves a name, so that nothing else gets it.
    pub fn reserve(&mut self, name: &str) {
        self.taken.insert(folded(name));
    }

    /// The target's name for a source name: the same where possible, else changed as little as needed.
    pub fn allocate(&mut self, wanted: &str) -> String {
        let clean = cleaned(wanted, self.kind);
        let mut name = clean.clone();
        let mut number = 2;
        while !self.taken.insert(folded(&name)) {
            let suffix = format!("_{number}");
            name = format!(
                "{}{suffix}",
                shortened(&clean, NAME_CHARACTERS_MAX - suffix.len())
            );
            number += 1;
        }
        name
    }
}

/// A name with only characters that identifiers can have, at most 64 of them.
fn cleaned(wanted: &str, kind: NameKind) -> String {
    let mut name = String::with_capacity(wanted.len());
    for letter in wanted.chars() {
        match letter {
            '\0' => name.push_str("_0"),
            // Identifiers hold the basic multilingual plane only.
            letter if u32::from(letter) > 0xFFFF => {
                name.push_str(&format!("_u{:X}", u32::from(letter)))
            }
            letter => name.push(letter),
        }
    }
    // A trailing blank is refused; one in front is not, but both confuse people.
    let trimmed = name.trim_end_matches([' ', '\t', '\r', '\n', '\u{b}', '\u{c}']);
    if trimmed.len() != name.len() {
        name = format!("{trimmed}_");
    }
    if name.is_empty() {
        return "_unnamed".to_owned();
    }
    if kept_by_server(&name, kind) {
        name.insert_str(0, "legacy_");
    }
    let too_long_for_a_file =
        kind == NameKind::Table && file_name_bytes(&name) > FILE_NAME_BYTES_MAX;
    if name.chars().count() > NAME_CHARACTERS_MAX || too_long_for_a_file {
        let hash = fingerprint(wanted);
        let mut characters = NAME_CHARACTERS_MAX - hash.len() - 1;
        loop {
            let short = format!("{}_{hash}", shortened(&name, characters));
            if kind != NameKind::Table || file_name_bytes(&short) <= FILE_NAME_BYTES_MAX {
                return short;
            }
            characters -= 1;
        }
    }
    name
}

/// Bytes of a table's file name, with room for the endings that the server adds (file systems allow 255).
const FILE_NAME_BYTES_MAX: usize = 200;

/// Bytes of a table's name in the server's file names, where most characters are written `@xxxx`.
fn file_name_bytes(name: &str) -> usize {
    name.chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() || letter == '_' {
                1
            } else {
                5
            }
        })
        .sum()
}

/// Names that the server keeps for itself, or gives a meaning.
fn kept_by_server(name: &str, kind: NameKind) -> bool {
    let upper = name.to_ascii_uppercase();
    match kind {
        NameKind::Table => upper.starts_with("#SQL") || upper.starts_with("#MYSQL50#"),
        NameKind::Column => matches!(
            upper.as_str(),
            "DB_ROW_ID" | "DB_TRX_ID" | "DB_ROLL_PTR" | "FTS_DOC_ID"
        ),
        NameKind::Index => matches!(
            upper.as_str(),
            "PRIMARY" | "GEN_CLUST_INDEX" | "FTS_DOC_ID_INDEX"
        ),
    }
}

fn shortened(name: &str, characters: usize) -> String {
    name.chars().take(characters).collect()
}

/// Eight hexadecimal digits that tell long names apart (FNV-1a, 32 bits).
fn fingerprint(text: &str) -> String {
    let hash = text.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    format!("{hash:08x}")
}

/// What the server takes for equal: it ignores case and, in column names, accents. Every character that is
/// not ASCII is therefore treated as if it could equal another one at that place; a needless rename is
/// harmless, a missed one is an error of the server.
fn folded(name: &str) -> String {
    name.trim_end_matches(' ')
        .chars()
        .map(|letter| {
            if letter.is_ascii() {
                letter.to_ascii_lowercase()
            } else {
                base_letter(letter)
            }
        })
        .collect()
}

/// The unaccented lower-case letter of the Latin letters that utf8mb3_general_ci folds, else lower case.
fn base_letter(letter: char) -> char {
    const FOLDS: &[(&str, char)] = &[
        ("ÀÁÂÃÄÅàáâãäåĀāĂăĄą", 'a'),
        ("ÇçĆćĈĉĊċČč", 'c'),
        ("ĎďÐð", 'd'),
        ("ÈÉÊËèéêëĒēĔĕĖėĘęĚě", 'e'),
        ("ĜĝĞğĠġĢģ", 'g'),
        ("ĤĥĦħ", 'h'),
        ("ÌÍÎÏìíîïĨĩĪīĬĭĮįİı", 'i'),
        ("Ĵĵ", 'j'),
        ("Ķķ", 'k'),
        ("ĹĺĻļĽľŁł", 'l'),
        ("ÑñŃńŅņŇň", 'n'),
        ("ÒÓÔÕÖØòóôõöøŌōŎŏŐő", 'o'),
        ("ŔŕŖŗŘř", 'r'),
        ("ßŚśŜŝŞşŠš", 's'),
        ("ŢţŤťŦŧ", 't'),
        ("ÙÚÛÜùúûüŨũŪūŬŭŮůŰűŲų", 'u'),
        ("Ŵŵ", 'w'),
        ("ÝýÿŶŷŸ", 'y'),
        ("ŹźŻżŽž", 'z'),
    ];
    FOLDS
        .iter()
        .find(|(letters, _)| letters.contains(letter))
        .map_or_else(
            || letter.to_lowercase().next().unwrap_or(letter),
            |(_, base)| *base,
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_stay() {
        let mut names = NameAllocator::new(NameKind::Table);
        for name in ["order", "a b", "a\"b", "Größe", "1st"] {
            assert_eq!(names.allocate(name), name);
        }
    }

    #[test]
    fn impossible_names_change() {
        let mut names = NameAllocator::new(NameKind::Table);
        assert_eq!(names.allocate(""), "_unnamed");
        assert_eq!(names.allocate("end "), "end_");
        assert_eq!(names.allocate("🚀"), "_u1F680");
        let long = "x".repeat(70);
        let first = names.allocate(&format!("{long}a"));
        let second = names.allocate(&format!("{long}b"));
        assert!(first != second && first.chars().count() == 64 && second.chars().count() == 64);
    }

    #[test]
    fn equal_names_are_kept_apart() {
        let mut names = NameAllocator::new(NameKind::Column);
        assert_eq!(names.allocate("DB_ROW_ID"), "legacy_DB_ROW_ID");
        assert_eq!(names.allocate("e"), "e");
        assert_eq!(names.allocate("é"), "é_2");
        assert_eq!(names.allocate("E"), "E_3");
    }
}
