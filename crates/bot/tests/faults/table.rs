//! The page of faults is complete, and what it names exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

/// The texts between backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The names of all tests of this crate.
fn tests() -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src"), root.join("tests")];
    let mut text = String::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                text.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    text
}

#[test]
fn every_bad_day_of_the_guide_has_its_tests() {
    let page = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides/fleet.md");
    let page = fs::read_to_string(page).unwrap();
    let (_, after) = page.split_once("### Bad days").unwrap();
    let days = after.lines().filter(|line| line.starts_with("| "));
    let tests = tests();
    let mut count = 0;
    for day in days.skip(1).take_while(|line| !line.starts_with("|-")) {
        let cells: Vec<&str> = day.trim_matches('|').split(" | ").collect();
        let names = quoted(cells[2]);
        assert!(!names.is_empty(), "{day}");
        for name in names {
            assert!(tests.contains(&format!("fn {name}()")), "{name}");
        }
        count += 1;
    }
    assert!(count >= 15, "{count}");
}

#[test]
fn every_fault_is_on_the_page_with_something_that_holds_it() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = fs::read_to_string(root.join("docs/reference/faults.md")).unwrap();
    let mut found = BTreeSet::new();
    for line in page.lines().filter(|line| line.starts_with("| B-")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [name, _, was, is, held] = cells[..] else {
            panic!("{line}")
        };
        assert!(found.insert(name.to_owned()), "{name} is there twice");
        assert!(was.len() > 20 && is.len() > 2, "{line}");
        let mut text = String::new();
        for name in quoted(held) {
            if name.contains('/') {
                text = fs::read_to_string(root.join(name))
                    .unwrap_or_else(|error| panic!("{name}: {error}"));
            } else {
                assert!(text.contains(name), "{line}: nothing is named {name}");
            }
        }
        assert!(!text.is_empty(), "{line}: nothing holds it");
    }
    let all: BTreeSet<String> = (1..=55).map(|number| format!("B-{number:02}")).collect();
    assert_eq!(found, all);
}
