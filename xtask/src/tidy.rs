//! `cargo xtask tidy`: the house rules that no compiler checks.
//!
//! Each rule is a function from the tree of files to the places that break it. The test at the end runs all of them on
//! this project, and each of them on a tree that breaks it: a rule that sees nothing would hold nothing.

mod crates;
mod documents;
mod text;
mod tree;

use std::path::Path;

use crate::{Result, say};
use tree::Tree;

/// A place that breaks a rule, with the rule, in one line.
type Problem = String;

/// The rules.
const RULES: [fn(&Tree) -> Vec<Problem>; 17] = [
    crates::docs,
    crates::arrows,
    crates::testkit_in_tests_only,
    crates::lints,
    crates::dependencies_have_reasons,
    crates::dependencies_are_the_workspaces,
    text::no_unsafe_code,
    text::verifier_stands_alone,
    text::files_are_short,
    text::white_space,
    text::words,
    text::no_lossy_statements,
    documents::links_lead_somewhere,
    documents::every_page_is_linked,
    documents::scripts_can_be_run,
    documents::changelog,
    documents::invariants_are_held,
];

/// Checks the tree below `root`.
///
/// # Errors
/// The places that break a rule, or a tree that cannot be read.
pub(crate) fn run(root: &Path) -> Result<()> {
    let problems = problems(&Tree::read(root)?);
    if problems.is_empty() {
        return Ok(());
    }
    for problem in &problems {
        say(problem);
    }
    Err(format!(
        "{} place(s) break the house rules (STYLE.md)",
        problems.len()
    )
    .into())
}

fn problems(tree: &Tree) -> Vec<Problem> {
    RULES.iter().flat_map(|rule| rule(tree)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_keeps_the_house_rules() {
        let tree = Tree::read(&crate::root()).unwrap();
        let problems = problems(&tree);
        assert!(problems.is_empty(), "\n{}", problems.join("\n"));
    }
}
