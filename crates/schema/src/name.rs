//! Names that the target can have.

use std::collections::HashSet;

/// Most characters of an identifier on MySQL and MariaDB.
pub const NAME_CHARACTERS_MAX: usize = 64;

/// Hands out target names that the server takes and keeps apart.
#[derive(Debug, Default)]
pub struct NameAllocator {
    taken: HashSet<String>,
}

impl NameAllocator {
    /// Reserves a name, so that nothing else gets it.
    pub fn reserve(&mut self, name: &str) {
        self.taken.insert(folded(name));
    }

    /// The target's name for a source name: the same where possible, else changed as little as needed.
    pub fn allocate(&mut self, wanted: &str) -> String {
        let clean = cleaned(wanted);
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
fn cleaned(wanted: &str) -> String {
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
    if name.chars().count() > NAME_CHARACTERS_MAX {
        let hash = fingerprint(wanted);
        return format!(
            "{}_{hash}",
            shortened(&name, NAME_CHARACTERS_MAX - hash.len() - 1)
        );
    }
    name
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
        let mut names = NameAllocator::default();
        for name in ["order", "a b", "a\"b", "Größe", "1st"] {
            assert_eq!(names.allocate(name), name);
        }
    }

    #[test]
    fn impossible_names_change() {
        let mut names = NameAllocator::default();
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
        let mut names = NameAllocator::default();
        assert_eq!(names.allocate("e"), "e");
        assert_eq!(names.allocate("é"), "é_2");
        assert_eq!(names.allocate("E"), "E_3");
    }
}
