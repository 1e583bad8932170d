//! The public methods of the layer, read from its source.

use std::collections::BTreeSet;
use std::path::Path;

/// Methods that are not examined, each with its reason.
pub(crate) const NOT_CALLED: &[(&str, &str)] = &[
    ("open", "sends nothing"),
    ("create_file", "sends nothing"),
    ("make_place", "definitions, which look for nothing"),
    ("complete_schema", "definitions, which look for nothing"),
    ("upgrade_to", "definitions, which look for nothing"),
    (
        "ensure_database_ready",
        "definitions, which look for nothing",
    ),
    (
        "install_core_triggers",
        "definitions, which look for nothing",
    ),
    (
        "copy_tables_from",
        "copies and counts whole tables, by what it is for",
    ),
    ("test_connection", "asks for no table"),
    ("Candles::db_tbl_del", "the same as the one of the database"),
];

/// Methods that send nothing to a file.
pub(crate) const NOT_FOR_FILES: &[&str] = &["db_operations_cleanup"];

/// The names of all public methods of `Database` and of `Candles` that wait for the database.
pub(crate) fn public_methods() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    read(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut names,
    );
    names
}

fn read(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, names);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            collect(&std::fs::read_to_string(&path).unwrap(), names);
        }
    }
}

fn collect(source: &str, names: &mut BTreeSet<String>) {
    let mut prefix = None;
    for line in source.lines() {
        match line.trim_end() {
            "impl Database {" => prefix = Some(""),
            "impl Candles {" => prefix = Some("Candles::"),
            "}" if line == "}" => prefix = None,
            _ => {}
        }
        if let (Some(prefix), Some(rest)) = (prefix, line.strip_prefix("    pub async fn ")) {
            let end = rest.find(['(', '<']).unwrap_or(rest.len());
            names.insert(format!("{prefix}{}", &rest[..end]));
        }
    }
}
