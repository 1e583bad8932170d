//! Rules about crates: documentation, arrows, dependencies.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::Problem;
use super::tree::{File, Tree};

/// The crates from top to bottom: a crate may use those below it. `ARCHITECTURE.md` says what each is.
const ORDER: [&str; 24] = [
    "cli",
    "dashboard",
    "python",
    "fleet",
    "backtest",
    "bot",
    "strategy",
    "indicators",
    "coinbase",
    "coinbase-sim",
    "exchange",
    "backup",
    "vault",
    "sample",
    "migrate",
    "soak",
    "database",
    "catalog",
    "schema",
    "server",
    "faults",
    "mysql",
    "sqlite",
    "core",
];

/// The crate that only tests use; it may use any other.
const TESTS_ONLY: &str = "testkit";

/// What the packages' names begin with.
const PREFIX: &str = "cbtrade-";

/// The tables of dependencies that are in a program in the end.
const SHIPPED: [&str; 2] = ["dependencies", "build-dependencies"];

/// A crate's name and manifest.
fn manifests(tree: &Tree) -> Vec<(&str, &File, Table)> {
    tree.files
        .iter()
        .filter_map(|file| {
            let name = file
                .path
                .strip_prefix("crates/")?
                .strip_suffix("/Cargo.toml")?;
            Some((name, file, file.text.parse().unwrap_or_default()))
        })
        .collect()
}

/// The names in tables of dependencies, those for single platforms too.
fn dependencies(manifest: &Table, tables: &[&str]) -> BTreeSet<String> {
    let platforms = manifest.get("target").and_then(Value::as_table);
    let places = platforms
        .into_iter()
        .flat_map(|platforms| platforms.values().filter_map(Value::as_table))
        .chain(std::iter::once(manifest));
    places
        .flat_map(|place| tables.iter().filter_map(|table| place.get(*table)))
        .filter_map(Value::as_table)
        .flat_map(|table| table.keys().cloned())
        .collect()
}

/// Every crate says at its top what it is.
pub(crate) fn docs(tree: &Tree) -> Vec<Problem> {
    let is_top = |file: &&File| {
        file.is("/src/lib.rs")
            || file.is("/src/main.rs")
            || file.path.ends_with("xtask/src/main.rs")
    };
    tree.rust()
        .filter(is_top)
        .filter(|file| !file.text.starts_with("//! "))
        .map(|file| format!("{}: a crate begins with `//!` and what it is", file.path))
        .collect()
}

/// Dependencies between our crates point downwards, and the map shows every crate.
pub(crate) fn arrows(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    let map = tree.file("ARCHITECTURE.md").map_or("", |file| &file.text);
    let place = |name: &str| ORDER.iter().position(|own| *own == name);
    for (name, file, manifest) in manifests(tree) {
        if !map.contains(&format!("| `{name}` |")) {
            problems.push(format!("ARCHITECTURE.md: the code map lacks `{name}`"));
        }
        if name == TESTS_ONLY {
            continue;
        }
        let Some(own) = place(name) else {
            problems.push(format!(
                "{}: `{name}` has no place in the order of crates (xtask/src/tidy/crates.rs)",
                file.path
            ));
            continue;
        };
        for dependency in dependencies(&manifest, &SHIPPED) {
            let Some(other) = dependency.strip_prefix(PREFIX) else {
                continue;
            };
            if other != TESTS_ONLY && place(other).is_none_or(|other| other <= own) {
                problems.push(format!(
                    "{}: `{name}` must not use `{other}`: arrows point only downwards",
                    file.path
                ));
            }
        }
    }
    problems
}

/// The testkit is in no program.
pub(crate) fn testkit_in_tests_only(tree: &Tree) -> Vec<Problem> {
    let testkit = format!("{PREFIX}{TESTS_ONLY}");
    manifests(tree)
        .into_iter()
        .filter(|(_, _, manifest)| dependencies(manifest, &SHIPPED).contains(&testkit))
        .map(|(_, file, _)| format!("{}: `{testkit}` belongs to [dev-dependencies]", file.path))
        .collect()
}

/// Every crate takes the workspace's lints.
pub(crate) fn lints(tree: &Tree) -> Vec<Problem> {
    let own = manifests(tree)
        .into_iter()
        .map(|(_, file, manifest)| (file, manifest));
    let xtask = tree
        .file("xtask/Cargo.toml")
        .map(|file| (file, file.text.parse().unwrap_or_default()));
    own.chain(xtask)
        .filter(|(_, manifest)| {
            let lints = manifest
                .get("lints")
                .and_then(|lints| lints.get("workspace"));
            lints.and_then(Value::as_bool) != Some(true)
        })
        .map(|(file, _)| format!("{}: [lints] workspace = true is missing", file.path))
        .collect()
}

/// Every dependency of the workspace says in a comment above whose it is and why; a comment holds to the next blank line.
pub(crate) fn dependencies_have_reasons(tree: &Tree) -> Vec<Problem> {
    let Some(file) = tree.file("Cargo.toml") else {
        return vec!["Cargo.toml: missing".to_owned()];
    };
    let mut problems = Vec::new();
    let (mut inside, mut said) = (false, false);
    for (number, line) in file.lines() {
        if line.starts_with('[') {
            inside = line == "[workspace.dependencies]";
            said = false;
        } else if line.trim().is_empty() {
            said = false;
        } else if line.starts_with('#') {
            said = true;
        } else if inside && !line.starts_with(PREFIX) {
            let name = line.split(['=', '.']).next().unwrap_or_default().trim();
            if !said {
                problems.push(format!(
                    "Cargo.toml:{number}: `{name}` has no comment with owner and reason"
                ));
            }
            if !line.contains("default-features = false") {
                problems.push(format!(
                    "Cargo.toml:{number}: `{name}` without default-features = false"
                ));
            }
        }
    }
    problems
}

/// Versions stand in one place, and nothing stands there that nobody uses.
pub(crate) fn dependencies_are_the_workspaces(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut used = BTreeSet::new();
    let all = ["dependencies", "dev-dependencies", "build-dependencies"];
    let members = |file: &&File| {
        file.is("/Cargo.toml")
            && (file.path.starts_with("crates/") || file.path.starts_with("xtask/"))
    };
    for file in tree.files.iter().filter(members) {
        let manifest: Table = file.text.parse().unwrap_or_default();
        used.extend(dependencies(&manifest, &all));
        for table in all
            .iter()
            .filter_map(|table| manifest.get(*table)?.as_table())
        {
            for (name, value) in table {
                if value.get("workspace").and_then(Value::as_bool) != Some(true) {
                    problems.push(format!("{}: `{name}` must be the workspace's", file.path));
                }
            }
        }
    }
    let root: Table = tree
        .file("Cargo.toml")
        .and_then(|file| file.text.parse().ok())
        .unwrap_or_default();
    let listed = root
        .get("workspace")
        .and_then(|workspace| workspace.get("dependencies"))
        .and_then(Value::as_table);
    for name in listed.into_iter().flat_map(|listed| listed.keys()) {
        if !used.contains(name) {
            problems.push(format!("Cargo.toml: nobody uses `{name}`"));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_without_words_is_seen() {
        let tree = Tree::of(&[
            ("crates/core/src/lib.rs", "mod x;\n"),
            ("crates/core/src/x.rs", ""),
        ]);
        assert_eq!(docs(&tree).len(), 1);
    }

    #[test]
    fn arrows_upwards_and_unknown_crates_are_seen() {
        let tree = Tree::of(&[
            (
                "crates/core/Cargo.toml",
                "[dependencies]\ncbtrade-mysql.workspace = true",
            ),
            (
                "crates/mysql/Cargo.toml",
                "[dependencies]\ncbtrade-core.workspace = true",
            ),
            ("crates/novel/Cargo.toml", ""),
            ("ARCHITECTURE.md", "| `core` | | `mysql` | | `novel` |"),
        ]);
        let found = arrows(&tree);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("must not use `mysql`") && found[1].contains("no place"));
    }

    #[test]
    fn a_crate_that_is_not_on_the_map_is_seen() {
        let tree = Tree::of(&[("crates/core/Cargo.toml", "")]);
        assert_eq!(arrows(&tree).len(), 1);
    }

    #[test]
    fn a_shipped_testkit_is_seen() {
        let shipped = "[target.'cfg(unix)'.dependencies]\ncbtrade-testkit.workspace = true";
        let tree = Tree::of(&[("crates/cli/Cargo.toml", shipped)]);
        assert_eq!(testkit_in_tests_only(&tree).len(), 1);
        let tree = Tree::of(&[(
            "crates/cli/Cargo.toml",
            "[dev-dependencies]\ncbtrade-testkit.workspace = true",
        )]);
        assert!(testkit_in_tests_only(&tree).is_empty());
    }

    #[test]
    fn missing_lints_and_reasons_and_stray_versions_are_seen() {
        let tree = Tree::of(&[
            ("crates/core/Cargo.toml", "[dependencies]\ntoml = \"1\""),
            (
                "Cargo.toml",
                "[workspace.dependencies]\n# core: files\ntoml = { version = \"1\", default-features = false }\n\nserde = \"1\"\n",
            ),
        ]);
        assert_eq!(lints(&tree).len(), 1);
        assert_eq!(dependencies_have_reasons(&tree).len(), 2);
        assert_eq!(dependencies_are_the_workspaces(&tree).len(), 2);
    }
}
