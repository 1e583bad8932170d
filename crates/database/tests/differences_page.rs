//! The page of deliberate differences against the list that the golden cases are held to.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

use std::path::Path;

#[test]
fn every_difference_is_on_the_page() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list = std::fs::read_to_string(here.join("tests/golden/differences.toml")).unwrap();
    let page = std::fs::read_to_string(here.join("../../docs/reference/database.md")).unwrap();
    let list: toml::Table = list.parse().unwrap();
    let differences = list["difference"].as_array().unwrap();
    assert!(differences.len() > 50);
    for difference in differences {
        let reason = difference["reason"].as_str().unwrap();
        assert!(
            page.contains(reason),
            "docs/reference/database.md lacks: {reason}"
        );
    }
}
