//! Compiles SQLite's recover extension against the SQLite that rusqlite bundles.

fn main() {
    let sources = [
        "vendor/recover/dbdata.c",
        "vendor/recover/sqlite3recover.c",
        "src/salvage/recover_open.c",
    ];
    for source in sources.iter().chain(&["vendor/recover/sqlite3recover.h"]) {
        println!("cargo:rerun-if-changed={source}");
    }
    let mut build = cc::Build::new();
    // Set by libsqlite3-sys for its direct dependents: where the bundled sqlite3.h lies.
    if let Some(include) = std::env::var_os("DEP_SQLITE3_INCLUDE") {
        build.include(include);
    }
    build
        .files(sources)
        .include("vendor/recover")
        // Damaged input must end in an error, never in an assertion.
        .define("NDEBUG", None)
        // The extension opens its output through recover_open.c, which says why.
        .define("sqlite3_open_v2", "cbtrade_recover_open")
        .warnings(false)
        .compile("cbtrade_recover");
}
