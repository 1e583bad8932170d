//! Rules about the text of files.

use super::Problem;
use super::tree::{File, Tree};

/// Most lines of a Rust file, its tests included.
const LINES_MAX: usize = 900;

/// The one crate with unsafe code: it calls SQLite's recover extension.
const UNSAFE_CRATE: &str = "crates/sqlite/";

/// The rules themselves, which must name what they forbid.
const RULES: &str = "xtask/src/tidy/";

const UNSAFE: [&str; 6] = [
    "unsafe {",
    "unsafe fn",
    "unsafe impl",
    "unsafe extern",
    "unsafe trait",
    "allow(unsafe_code",
];

/// The copier's modules, and the value rules that it uses.
const COPIERS: [&str; 6] = [
    "carriage::",
    "Carriage",
    ".carriage(",
    "crate::copy",
    "moment::",
    "number::",
];

/// What must not stand in code.
const CODE_WORDS: [(&str, &str); 4] = [
    ("todo!(", "work left undone"),
    ("unimplemented!(", "work left undone"),
    ("dbg!(", "left over from a search for a fault"),
    ("#[ignore", "a test that does not run"),
];

/// What must stand nowhere: another machine, or a host that is nobody's business.
const WORDS: [(&str, &str); 11] = [
    ("/work/", "a path of one machine"),
    ("/root/", "a path of one machine"),
    ("/home/", "a path of one machine"),
    ("/Users/", "a path of one machine"),
    ("index.crates.io", "a host of a package registry"),
    ("static.crates.io", "a host of a package registry"),
    ("pypi.org", "a host of a package registry"),
    ("pythonhosted.org", "a host of a package registry"),
    ("registry.npmjs.org", "a host of a package registry"),
    ("proxy.golang.org", "a host of a package registry"),
    ("deb.debian.org", "a host of a package registry"),
];

/// Statements that lose rows or turn errors into warnings.
const LOSSY: [&str; 4] = [
    "INSERT IGNORE",
    "REPLACE INTO",
    "LOAD DATA",
    "UPDATE IGNORE",
];

fn found_in(
    file: &File,
    lines: impl Iterator<Item = (usize, String)>,
    needles: &[&str],
    why: &str,
) -> Vec<Problem> {
    lines
        .flat_map(|(number, line)| {
            let found = needles.iter().filter(|needle| stands_in(&line, needle));
            found
                .map(|needle| format!("{}:{number}: `{needle}`: {why}", file.path))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Whether a line holds the needle; one that is an absolute path only where no other path ends in it.
fn stands_in(line: &str, needle: &str) -> bool {
    let starts_path = |at: usize| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        before.is_none_or(|letter| !letter.is_alphanumeric() && !"}_.-)".contains(letter))
    };
    line.match_indices(needle)
        .any(|(at, _)| !needle.starts_with('/') || starts_path(at))
}

/// Lines without those that are only a comment.
fn code(file: &File) -> impl Iterator<Item = (usize, String)> {
    file.lines()
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .map(|(number, line)| (number, line.to_owned()))
}

/// Unsafe code is in one crate.
pub(crate) fn no_unsafe_code(tree: &Tree) -> Vec<Problem> {
    tree.rust()
        .filter(|file| !file.path.starts_with(UNSAFE_CRATE) && !file.path.starts_with(RULES))
        .flat_map(|file| {
            found_in(
                file,
                code(file),
                &UNSAFE,
                "unsafe code is for crate `sqlite` alone",
            )
        })
        .collect()
}

/// The verifier has its own reading of the values. Its tests may set both readings side by side.
pub(crate) fn verifier_stands_alone(tree: &Tree) -> Vec<Problem> {
    tree.rust()
        .filter(|file| {
            file.path.starts_with("crates/migrate/src/verify") && !file.path.ends_with("/tests.rs")
        })
        .flat_map(|file| {
            let own = code(file).take_while(|(_, line)| !line.starts_with("#[cfg(test)]"));
            found_in(
                file,
                own,
                &COPIERS,
                "the verifier uses nothing of the copier's",
            )
        })
        .collect()
}

/// A file can be read in one sitting.
pub(crate) fn files_are_short(tree: &Tree) -> Vec<Problem> {
    tree.rust()
        .map(|file| (file, file.text.lines().count()))
        .filter(|(_, lines)| *lines > LINES_MAX)
        .map(|(file, lines)| format!("{}: {lines} lines, more than {LINES_MAX}", file.path))
        .collect()
}

/// No tabs, no blanks at the end of a line, one line end at the end of a file.
pub(crate) fn white_space(tree: &Tree) -> Vec<Problem> {
    // A case's script may need anything.
    let ours = |file: &&File| !(file.path.starts_with("tests/corpus/") && file.is(".sql"));
    let mut problems = Vec::new();
    for file in tree.files.iter().filter(ours) {
        for (number, line) in file.lines() {
            if line.ends_with([' ', '\t', '\r']) {
                problems.push(format!("{}:{number}: blanks at the end", file.path));
            }
            if line.contains('\t') {
                problems.push(format!("{}:{number}: a tab", file.path));
            }
        }
        if !file.text.is_empty() && (!file.text.ends_with('\n') || file.text.ends_with("\n\n")) {
            problems.push(format!("{}: does not end with one line end", file.path));
        }
    }
    problems
}

/// Words that must not be left standing.
pub(crate) fn words(tree: &Tree) -> Vec<Problem> {
    let ours = |file: &&File| !file.path.starts_with(RULES) && file.path != "Cargo.lock";
    let lines = |file: &File| -> Vec<(usize, String)> {
        file.lines()
            .map(|(number, line)| (number, line.to_owned()))
            .collect()
    };
    let mut problems = Vec::new();
    for file in tree.files.iter().filter(ours) {
        let lines = lines(file);
        let code: &[(&str, &str)] = if file.is(".rs") { &CODE_WORDS } else { &[] };
        for (word, why) in WORDS.iter().chain(code) {
            problems.extend(found_in(file, lines.clone().into_iter(), &[word], why));
        }
    }
    problems
}

/// Shipped code writes with plain INSERT and UPDATE.
pub(crate) fn no_lossy_statements(tree: &Tree) -> Vec<Problem> {
    let shipped = |file: &&File| {
        file.path.starts_with("crates/")
            && file.path.contains("/src/")
            && !file.path.starts_with("crates/testkit/")
    };
    tree.rust()
        .filter(shipped)
        .flat_map(|file| {
            let upper = code(file).map(|(number, line)| (number, line.to_uppercase()));
            found_in(
                file,
                upper,
                &LOSSY,
                "it loses rows, or turns errors into warnings",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsafe_code_outside_its_crate_is_seen() {
        let text = "fn f() {\n    unsafe { g() }\n}\n";
        let tree = Tree::of(&[
            ("crates/core/src/lib.rs", text),
            ("crates/sqlite/src/lib.rs", text),
        ]);
        assert_eq!(
            no_unsafe_code(&tree),
            ["crates/core/src/lib.rs:2: `unsafe {`: unsafe code is for crate `sqlite` alone"]
        );
    }

    #[test]
    fn a_verifier_that_leans_on_the_copier_is_seen() {
        let text = "use cbtrade_schema::Carriage;\n#[cfg(test)]\nmod tests { use crate::copy; }\n";
        let tree = Tree::of(&[
            ("crates/migrate/src/verify/expect.rs", text),
            ("crates/migrate/src/copy.rs", text),
        ]);
        assert_eq!(verifier_stands_alone(&tree).len(), 1);
    }

    #[test]
    fn long_files_and_loose_blanks_are_seen() {
        let long = "//\n".repeat(LINES_MAX + 1);
        let tree = Tree::of(&[
            ("a.rs", &long),
            ("b.md", "x \ny\tz\n"),
            ("c.toml", "x"),
            ("d.md", "x\n\n"),
        ]);
        assert_eq!(files_are_short(&tree).len(), 1);
        assert_eq!(white_space(&tree).len(), 4);
    }

    #[test]
    fn every_word_is_seen() {
        let found = |path: &str, word: &str| {
            let text = format!("see {word}x)\n");
            words(&Tree::of(&[(path, &text)])).len()
        };
        for (word, _) in WORDS {
            assert_eq!(found("docs/a.md", word), 1, "{word}");
        }
        for (word, _) in CODE_WORDS {
            assert_eq!(
                (found("a.rs", word), found("docs/a.md", word)),
                (1, 0),
                "{word}"
            );
        }
        let tree = Tree::of(&[("a.rs", "format!(\"{folder}/root/x\")\nlink /usr/home/x\n")]);
        assert_eq!(words(&tree), Vec::<String>::new());
    }

    #[test]
    fn lossy_statements_are_seen_in_code_and_not_in_words_about_it() {
        let tree = Tree::of(&[(
            "crates/migrate/src/copy.rs",
            "// never INSERT IGNORE\nlet sql = \"insert ignore into x\";\n",
        )]);
        assert_eq!(no_lossy_statements(&tree).len(), 1);
    }
}
