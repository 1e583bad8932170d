//! The pages that are made from the program: a test holds them against it.

use std::fmt::Write as _;
use std::path::Path;

use clap::CommandFactory as _;

use crate::arguments::Arguments;
use crate::environment;
use crate::error::Kind;

/// Set to 1 to write the pages instead of comparing them.
const UPDATE: &str = "CBTRADE_UPDATE_DOCS";

/// Width of the help in the page.
const HELP_WIDTH: usize = 100;

#[test]
fn the_command_reference_is_up_to_date() {
    let mut page = String::from(
        "# Commands\n\nMade from the program (`cbtrade --help` and so on); a test keeps it so.\n",
    );
    let mut command = Arguments::command();
    command.build();
    add_command(&command, &mut page);
    hold("docs/reference/cli.md", &page);
}

fn add_command(command: &clap::Command, page: &mut String) {
    let name = command.get_bin_name().unwrap_or("cbtrade").to_owned();
    let mut shown = command.clone().term_width(HELP_WIDTH);
    let help = shown.render_long_help().to_string();
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    let _ = write!(
        page,
        "\n## {name}\n\n```text\n{}\n```\n",
        help.join("\n").trim_end()
    );
    for inner in command.get_subcommands() {
        if inner.get_name() != "help" && !inner.is_hide_set() {
            add_command(inner, page);
        }
    }
}

#[test]
fn the_page_of_exit_codes_is_up_to_date() {
    let mut page = String::from(
        "# Exit codes\n\nThe same for every command. Made from the program; a test keeps it so.\n\n\
         | code | kind in JSON | meaning |\n|---|---|---|\n| 0 | | Done, and verified where it copies. |\n",
    );
    for kind in Kind::ALL {
        let _ = writeln!(
            page,
            "| {} | `{}` | {} |",
            kind.exit_code(),
            kind.name(),
            kind.meaning()
        );
    }
    page.push_str(
        "\n`cbtrade server shell` ends with the client program's own exit code. A closed pipe on stdout (`| head`) \
         changes nothing: what was done is done, and the code says so.\n",
    );
    hold("docs/reference/exit-codes.md", &page);
}

#[test]
fn the_page_of_environment_variables_is_up_to_date() {
    let mut page = String::from(
        "# Environment variables\n\nAll that the program reads. Made from the program; a test keeps it so.\n\n\
         | variable | since | meaning |\n|---|---|---|\n",
    );
    for variable in environment::ALL {
        let _ = writeln!(
            page,
            "| `{}` | {} | {} |",
            variable.name, variable.since, variable.meaning
        );
    }
    hold("docs/reference/environment.md", &page);
}

#[test]
fn the_table_of_server_settings_is_up_to_date() {
    let mut table = String::from("| option | value | server | why |\n|---|---|---|---|\n");
    for setting in cbtrade_server::settings::SETTINGS {
        let server = setting
            .flavour
            .map_or_else(|| "both".to_owned(), |flavour| flavour.to_string());
        let _ = writeln!(
            table,
            "| `{}` | `{}` | {server} | {} |",
            setting.option, setting.value, setting.why
        );
    }
    hold_between(
        "docs/operating/server.md",
        "<!-- settings: made from the program -->\n",
        "<!-- end of settings -->",
        &table,
    );
}

#[test]
fn every_variable_that_is_read_is_on_the_page() {
    let named = |name: &str| {
        environment::ALL
            .iter()
            .any(|variable| variable.name == name)
    };
    for name in [
        cbtrade_server::HOMES_VARIABLE,
        cbtrade_server::MYSQL_HOME_VARIABLE,
        "CBTRADE_MYSQL_PASSWORD",
        "CBTRADE_HOME",
    ] {
        assert!(named(name), "{name}");
    }
}

#[test]
fn the_command_line_is_consistent() {
    Arguments::command().debug_assert();
}

#[track_caller]
fn hold(page: &str, wanted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(page);
    if std::env::var(UPDATE).is_ok_and(|value| value == "1") {
        std::fs::write(&path, wanted).unwrap();
        return;
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "{page} is out of date; make it anew with: {UPDATE}=1 cargo test -p cbtrade-cli --bin cbtrade reference"
    );
}

#[track_caller]
fn hold_between(page: &str, begin: &str, end: &str, wanted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(page);
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let (before, rest) = found
        .split_once(begin)
        .unwrap_or_else(|| panic!("{page} has no line {begin:?}"));
    let (_, after) = rest
        .split_once(end)
        .unwrap_or_else(|| panic!("{page} has no line {end:?}"));
    hold(page, &format!("{before}{begin}{wanted}{end}{after}"));
}
