//! Rules about documentation and scripts.

use std::collections::BTreeSet;

use super::Problem;
use super::tree::{File, Tree};

/// Pages from which every other page must be reachable in one step.
const INDEXES: [&str; 2] = ["README.md", "docs/README.md"];

fn pages(tree: &Tree) -> impl Iterator<Item = &File> {
    tree.files.iter().filter(|file| file.is(".md"))
}

/// The places in the project that a page links to, with their lines.
fn links(file: &File) -> Vec<(usize, String)> {
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut found = Vec::new();
    let mut in_code = false;
    for (number, line) in file.lines() {
        in_code ^= line.trim_start().starts_with("```");
        if in_code {
            continue;
        }
        for part in line.split("](").skip(1) {
            let Some((link, _)) = part.split_once(')') else {
                continue;
            };
            let place = link.split('#').next().unwrap_or_default();
            if !place.is_empty() && !place.contains(':') {
                found.push((number, resolved(folder, place)));
            }
        }
    }
    found
}

/// A relative path as one from the root.
fn resolved(folder: &str, place: &str) -> String {
    let mut parts: Vec<&str> = if place.starts_with('/') {
        Vec::new()
    } else {
        folder.split('/').filter(|part| !part.is_empty()).collect()
    };
    for part in place.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Every link within the project leads to something that is there.
pub(crate) fn links_lead_somewhere(tree: &Tree) -> Vec<Problem> {
    pages(tree)
        .flat_map(|file| {
            let dead = links(file)
                .into_iter()
                .filter(|(_, place)| !tree.has(place));
            dead.map(|(number, place)| format!("{}:{number}: there is no {place}", file.path))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Every page of `docs` is linked from the README or from the index of `docs`.
pub(crate) fn every_page_is_linked(tree: &Tree) -> Vec<Problem> {
    let linked: BTreeSet<String> = INDEXES
        .iter()
        .filter_map(|index| tree.file(index))
        .flat_map(|file| links(file).into_iter().map(|(_, place)| place))
        .collect();
    pages(tree)
        .filter(|file| file.path.starts_with("docs/") && !INDEXES.contains(&file.path.as_str()))
        .filter(|file| !linked.contains(&file.path))
        .map(|file| {
            format!(
                "{}: linked from neither {}",
                file.path,
                INDEXES.join(" nor ")
            )
        })
        .collect()
}

/// What begins with `#!` can be run, and what lies where programs lie begins so. Parts that scripts take in end with
/// `.bash`.
pub(crate) fn scripts_can_be_run(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in &tree.files {
        let program = (file.path.starts_with("scripts/") && !file.path.contains('.'))
            || [".ci/run", "test", "demo"].contains(&file.path.as_str());
        let begins = file.text.starts_with("#!") && !file.text.starts_with("#![");
        if program && !begins {
            problems.push(format!("{}: a script begins with #!", file.path));
        }
        if begins && !file.executable && !file.is(".bash") {
            problems.push(format!("{}: cannot be run (chmod +x)", file.path));
        }
    }
    for wanted in [".ci/run", "test"] {
        if !tree.has(wanted) {
            problems.push(format!("{wanted}: missing"));
        }
    }
    problems
}

/// There is a place for what comes next.
pub(crate) fn changelog(tree: &Tree) -> Vec<Problem> {
    let has = tree
        .file("CHANGELOG.md")
        .is_some_and(|file| file.lines().any(|(_, line)| line == "## Unreleased"));
    if has {
        Vec::new()
    } else {
        vec!["CHANGELOG.md: no section `## Unreleased`".to_owned()]
    }
}

/// Every invariant names what holds it, and that is there.
pub(crate) fn invariants_are_held(tree: &Tree) -> Vec<Problem> {
    let Some(file) = tree.file("ARCHITECTURE.md") else {
        return vec!["ARCHITECTURE.md: missing".to_owned()];
    };
    let mut problems = Vec::new();
    let mut open: Option<usize> = None;
    let mut count = 0;
    for (number, line) in file.lines() {
        let ends = line.starts_with("Invariant:") || line.starts_with('#');
        if let Some(open) = open.take_if(|_| ends) {
            problems.push(format!(
                "ARCHITECTURE.md:{open}: nothing says what holds it"
            ));
        }
        if line.starts_with("Invariant:") {
            open = Some(number);
            count += 1;
        }
        if let Some(holders) = line.strip_prefix("Held by:") {
            open = None;
            for holder in holders.split('`').skip(1).step_by(2) {
                if !is_there(tree, holder) {
                    problems.push(format!("ARCHITECTURE.md:{number}: there is no `{holder}`"));
                }
            }
        }
    }
    if let Some(open) = open {
        problems.push(format!(
            "ARCHITECTURE.md:{open}: nothing says what holds it"
        ));
    }
    if count == 0 {
        problems.push("ARCHITECTURE.md: no line begins with `Invariant:`".to_owned());
    }
    problems
}

/// Whether what is named exists: a path, a command of xtask, a lint of the workspace; other words are taken as they are.
fn is_there(tree: &Tree, name: &str) -> bool {
    if let Some(command) = name.strip_prefix("cargo xtask ") {
        let command = command.split(' ').next().unwrap_or_default();
        return crate::COMMANDS.contains(&command);
    }
    if name.starts_with("crates/") || name.starts_with("tests/") {
        return tree.has(name);
    }
    let lints = name.split('/').all(|word| {
        word.contains('_')
            && word
                .chars()
                .all(|letter| letter.is_ascii_lowercase() || letter == '_')
    });
    let manifest = tree.file("Cargo.toml").map_or("", |file| &file.text);
    !lints
        || name
            .split('/')
            .all(|lint| manifest.contains(&format!("\n{lint} = ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dead_links_and_lonely_pages_are_seen() {
        let tree = Tree::of(&[
            (
                "README.md",
                "[a](docs/a.md) [web](https://example.org/x) [here](#top)\n",
            ),
            (
                "docs/a.md",
                "[up](../README.md) [gone](b/c.md)\n```\n[not a link](x.md)\n```\n",
            ),
            ("docs/lonely.md", ""),
        ]);
        assert_eq!(
            links_lead_somewhere(&tree),
            ["docs/a.md:1: there is no docs/b/c.md"]
        );
        assert_eq!(every_page_is_linked(&tree).len(), 1);
    }

    #[test]
    fn scripts_that_cannot_be_run_are_seen() {
        let mut tree = Tree::of(&[
            ("scripts/get", "#!/bin/sh\n"),
            ("scripts/part.bash", "# parts\n"),
            ("test", "echo\n"),
            (".ci/run", "#!/bin/sh\n"),
        ]);
        assert_eq!(scripts_can_be_run(&tree).len(), 3);
        for file in &mut tree.files {
            file.executable = true;
            file.text = "#!/bin/sh\n".to_owned();
        }
        assert!(scripts_can_be_run(&tree).is_empty());
    }

    #[test]
    fn a_changelog_without_a_place_for_news_is_seen() {
        assert_eq!(
            changelog(&Tree::of(&[("CHANGELOG.md", "## 1.0\n")])).len(),
            1
        );
        assert!(changelog(&Tree::of(&[("CHANGELOG.md", "## Unreleased\n")])).is_empty());
    }

    #[test]
    fn invariants_that_nothing_holds_are_seen() {
        let held =
            "Invariant: a.\nHeld by: `crates/x/tests/y.rs`, `cargo xtask tidy`, `unsafe_code`.\n";
        let tree = Tree::of(&[
            ("ARCHITECTURE.md", held),
            ("crates/x/tests/y.rs", ""),
            (
                "Cargo.toml",
                "[workspace.lints.rust]\nunsafe_code = \"deny\"\n",
            ),
        ]);
        assert_eq!(invariants_are_held(&tree), Vec::<String>::new());
        for broken in [
            "Invariant: a.\n\nInvariant: b.\nHeld by: a test.\n",
            "Invariant: a.\n",
            "Invariant: a.\nHeld by: `crates/x/tests/gone.rs`.\n",
            "Invariant: a.\nHeld by: `cargo xtask nothing`.\n",
            "Invariant: a.\nHeld by: the lint `no_such_lint`.\n",
            "no invariants\n",
        ] {
            let mut tree = tree.clone();
            tree.files[0].text = broken.to_owned();
            assert_eq!(invariants_are_held(&tree).len(), 1, "{broken}");
        }
    }
}
