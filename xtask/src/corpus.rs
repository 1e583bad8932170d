//! `cargo xtask corpus`: runs the corpus test and shows what came of it, group by group.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::{Result, say};

/// How many of the slowest cases are named.
const SLOWEST: usize = 5;

/// One line of the results.
struct Line {
    case: String,
    server: String,
    ending: String,
    detail: Vec<String>,
    milliseconds: u64,
}

/// Runs the corpus, or the cases whose names contain the first argument.
///
/// # Errors
/// The test failed, or its results cannot be read.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<()> {
    let results = target_folder(root).join("corpus.json");
    let _ = std::fs::remove_file(&results);
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    command.current_dir(root).args([
        "test",
        "--quiet",
        "--package",
        "cbtrade-migrate",
        "--test",
        "corpus",
        "--",
        "every_case",
    ]);
    if let Some(part) = arguments.first() {
        command.env("CBTRADE_CASE", part);
    }
    let output = command.output()?;
    let text = std::fs::read_to_string(&results).map_err(|_| {
        format!(
            "the corpus did not run:\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    })?;
    let lines = read(&text)?;
    let readme = std::fs::read_to_string(root.join("tests/corpus/README.md"))?;
    say(&table(&lines, &groups(&readme)));
    if output.status.success() {
        Ok(())
    } else {
        Err("the corpus test failed".into())
    }
}

fn target_folder(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

fn read(text: &str) -> Result<Vec<Line>> {
    let list: Vec<Value> = serde_json::from_str(text)?;
    let word = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
    Ok(list
        .iter()
        .map(|line| Line {
            case: word(line, "case"),
            server: word(line, "flavour"),
            ending: word(line, "ending"),
            detail: line["detail"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|detail| detail.as_str().map(str::to_owned))
                .collect(),
            milliseconds: line["milliseconds"].as_u64().unwrap_or(0),
        })
        .collect())
}

/// The groups of the README with their cases.
fn groups(readme: &str) -> Vec<(String, BTreeSet<String>)> {
    readme
        .split("\n- **")
        .skip(1)
        .filter_map(|list| {
            let (group, names) = list.split_once("**: `")?;
            let names = format!("`{names}");
            let names = names.split('`').skip(1).step_by(2);
            Some((group.to_owned(), names.map(str::to_owned).collect()))
        })
        .collect()
}

fn table(lines: &[Line], groups: &[(String, BTreeSet<String>)]) -> String {
    let servers: BTreeSet<&str> = lines.iter().map(|line| line.server.as_str()).collect();
    let mut text = String::new();
    for server in servers {
        let own: Vec<&Line> = lines.iter().filter(|line| line.server == server).collect();
        let _ = writeln!(
            text,
            "\n{server:<42} cases  lossless   refused   skipped    FAILED"
        );
        for (group, names) in groups {
            let of_group = own.iter().filter(|line| names.contains(&line.case));
            row(&mut text, group, of_group.copied());
        }
        row(&mut text, "all", own.iter().copied());
    }
    let mut slow: Vec<&Line> = lines.iter().collect();
    slow.sort_by_key(|line| std::cmp::Reverse(line.milliseconds));
    text.push_str("\nslowest: ");
    let slow: Vec<String> = slow
        .iter()
        .take(SLOWEST)
        .map(|line| {
            let seconds = line.milliseconds / 1000;
            format!("{} on {} ({seconds} s)", line.case, line.server)
        })
        .collect();
    text.push_str(&slow.join(", "));
    text.push('\n');
    for (ending, words) in [
        ("skipped", "SKIPPED"),
        ("better", "arrived where a refusal was expected"),
        ("failed", "FAILED"),
    ] {
        for line in lines.iter().filter(|line| line.ending == ending) {
            let _ = writeln!(text, "{words}: {} on {}", line.case, line.server);
            for detail in &line.detail {
                let _ = writeln!(text, "    {detail}");
            }
        }
    }
    text
}

fn row<'a>(text: &mut String, name: &str, lines: impl Iterator<Item = &'a Line>) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut all = 0;
    for line in lines {
        all += 1;
        *counts.entry(&line.ending).or_default() += 1;
    }
    if all == 0 {
        return;
    }
    let count = |ending: &str| counts.get(ending).copied().unwrap_or(0);
    let _ = writeln!(
        text,
        "{name:<42} {all:>5} {:>9} {:>9} {:>9} {:>9}",
        count("lossless") + count("better"),
        count("refused"),
        count("skipped"),
        count("failed")
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_counts_each_case_in_its_group() {
        let readme = "| x |\n\n- **Values**: `one`,\n  `two`\n- **Files**: `three`\n";
        let line = |case: &str, ending: &str| Line {
            case: case.to_owned(),
            server: "MariaDB".to_owned(),
            ending: ending.to_owned(),
            detail: vec!["because".to_owned()],
            milliseconds: 1,
        };
        let lines = [
            line("one", "lossless"),
            line("two", "failed"),
            line("three", "refused"),
        ];
        let text = table(&lines, &groups(readme));
        let row = |name: &str| {
            let line = text.lines().find(|line| line.starts_with(name)).unwrap();
            let numbers = line[42..].split_whitespace();
            numbers
                .map(|number| number.parse().unwrap())
                .collect::<Vec<usize>>()
        };
        assert_eq!(row("Values"), [2, 1, 0, 0, 1]);
        assert_eq!(row("Files"), [1, 0, 1, 0, 0]);
        assert_eq!(row("all"), [3, 1, 1, 0, 1]);
        assert!(text.contains("FAILED: two on MariaDB\n    because"));
    }
}
