//! The list of deliberate differences from the original layer. It is exact: a case that differs must be listed, and a
//! listed case must differ.

use std::path::Path;

use serde::Deserialize;

/// An engine that the cases run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Engine {
    MariaDb,
    MySql,
    Sqlite,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rule: Vec<Rule>,
    difference: Vec<Listed>,
}

/// Calls that the original passed over in silence (no result, nothing written) and ours refuses (nothing written either).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    /// The methods, with `*` for any letters.
    methods: Vec<String>,
    /// The kinds of errors that ours gives.
    errors: Vec<String>,
    /// Why, in a plain sentence.
    pub(crate) reason: String,
}

impl Rule {
    /// Whether a refusal of this kind is one of the rule's.
    pub(crate) fn covers(&self, method: &str, kind: &str) -> bool {
        self.methods.iter().any(|pattern| fits(pattern, method))
            && self.errors.iter().any(|error| error == kind)
    }
}

/// Cases that differ in one way, and why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listed {
    /// Their ids.
    pub(crate) cases: Vec<String>,
    /// The engines on which they differ; all, if none is named.
    #[serde(default)]
    engines: Vec<Engine>,
    /// The columns in which they differ, with `*` for any letters; any, if none is named.
    #[serde(default)]
    pub(crate) columns: Vec<String>,
    /// The kind of error that the layer gives; it gives an answer, if none is named.
    pub(crate) error: Option<String>,
    /// The answer that the layer gives, in the golden cases' notation.
    pub(crate) result: Option<String>,
    /// Why, in a plain sentence.
    pub(crate) reason: String,
}

impl Listed {
    /// Whether a difference in a column is covered; `None` stands for one that is in no column.
    pub(crate) fn covers(&self, column: Option<&str>) -> bool {
        self.columns.is_empty()
            || column.is_some_and(|column| self.columns.iter().any(|pattern| fits(pattern, column)))
    }
}

/// The list for one engine.
pub(crate) struct Differences {
    pub(crate) rules: Vec<Rule>,
    listed: Vec<Listed>,
}

impl Differences {
    pub(crate) fn read(file: &Path, engine: Engine) -> Differences {
        let File {
            rule: rules,
            difference: mut listed,
        } = read(file);
        listed.retain(|one| one.engines.is_empty() || one.engines.contains(&engine));
        Differences { rules, listed }
    }

    /// The entries of a case: all of them together must cover what differs.
    pub(crate) fn of(&self, id: &str) -> Vec<&Listed> {
        self.listed
            .iter()
            .filter(|one| one.cases.iter().any(|case| case == id))
            .collect()
    }

    /// Listed ids that are no case.
    pub(crate) fn unknown(&self, ids: &[&str]) -> Vec<String> {
        let cases = self.listed.iter().flat_map(|one| &one.cases);
        cases
            .filter(|id| !ids.contains(&id.as_str()))
            .cloned()
            .collect()
    }
}

/// All reasons of the list, whatever the engine.
pub(crate) fn reasons(file: &Path) -> Vec<String> {
    let file = read(file);
    let rules = file.rule.into_iter().map(|rule| rule.reason);
    let listed = file.difference.into_iter().map(|one| one.reason);
    rules.chain(listed).collect()
}

fn read(file: &Path) -> File {
    let text = std::fs::read_to_string(file).expect("the list of differences");
    toml::from_str(&text).unwrap_or_else(|error| panic!("{error}"))
}

/// Whether a text fits a pattern with `*` for any letters.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            text.char_indices()
                .map(|(at, _)| at)
                .chain([text.len()])
                .any(|at| fits(rest, &text[at..]))
        }),
    }
}
