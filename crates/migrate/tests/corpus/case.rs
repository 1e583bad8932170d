//! One case of the corpus: its folder, and what its `case.toml` says.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::Outcome;

/// How a case must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Expect {
    /// Every value arrives.
    Lossless,
    /// Nothing is changed, and the message names the place.
    Refused,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    trouble: String,
    expect: Expect,
    message: Option<String>,
    tables: Option<usize>,
    #[serde(default)]
    setup: Vec<String>,
    target: Option<String>,
    #[serde(default)]
    catalogue: bool,
}

/// One step that changes the file or what stands round it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Setup {
    /// Cut the file to so many bytes.
    Truncate(u64),
    /// Cut the file to so many per cent of its bytes.
    TruncatePercent(u64),
    /// Fill a page with 0x5A.
    CorruptPage(u64),
    /// The same for the root page of a table or index.
    CorruptRoot(String),
    /// Write bytes at an offset.
    Overwrite(u64, Vec<u8>),
    /// Append zero bytes.
    Append(usize),
    /// Text in place of the file.
    NotSqlite,
    /// Random bytes in place of the file.
    Encrypted,
    /// No bytes.
    EmptyFile,
    /// No file.
    Missing,
    /// Mode 000.
    NoPermission,
    /// Another name.
    Rename(String),
    /// A symbolic link in place of the file.
    Symlink,
    /// No write permission on the folder.
    ReadOnlyFolder,
    /// A process that is killed, or one that stays.
    Process(Role),
    /// Remove a companion.
    RemoveBeside(String),
    /// Cut bytes from the end of a companion.
    CutBeside(String, u64),
    /// Write a companion of junk.
    JunkBeside(String),
}

/// What another process does with the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Writes in WAL mode and is killed.
    LeaveWal,
    /// Is killed in the middle of a transaction in rollback-journal mode.
    LeaveHotJournal,
    /// Holds `BEGIN EXCLUSIVE`.
    HeldExclusive,
    /// Stands in the middle of a `SELECT`.
    HeldShared,
    /// Has an open write transaction in rollback-journal mode.
    HeldReserved,
    /// Has an open write transaction in WAL mode.
    HeldWalWriter,
}

impl Role {
    /// The setup word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Role::LeaveWal => "leave-wal",
            Role::LeaveHotJournal => "leave-hot-journal",
            Role::HeldExclusive => "held-exclusive",
            Role::HeldShared => "held-shared",
            Role::HeldReserved => "held-reserved",
            Role::HeldWalWriter => "held-wal-writer",
        }
    }

    /// The role of a setup word.
    pub(crate) fn of_word(word: &str) -> Option<Role> {
        [
            Role::LeaveWal,
            Role::LeaveHotJournal,
            Role::HeldExclusive,
            Role::HeldShared,
            Role::HeldReserved,
            Role::HeldWalWriter,
        ]
        .into_iter()
        .find(|role| role.word() == word)
    }

    /// Whether the process is killed before the tool runs.
    pub(crate) fn leaves(self) -> bool {
        matches!(self, Role::LeaveWal | Role::LeaveHotJournal)
    }
}

/// The state of the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TargetWord {
    /// An empty database on a server with safe settings.
    Plain,
    /// A table of this name with one row.
    NotEmpty(String),
    /// The user has only SELECT.
    NoRights,
    /// The user has rights on the database only, on MySQL too.
    NoSessionRights,
    /// A server started with these options.
    Options(Vec<&'static str>),
    /// A server whose options must hold from its first start on.
    FirstStart(Vec<&'static str>),
    /// A server that calls itself 5.7.44.
    OldVersion,
    /// A server and database of character set latin1.
    Latin1,
}

/// One case.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// Name of its folder.
    pub(crate) name: String,
    /// Its folder.
    pub(crate) folder: PathBuf,
    /// How it must end.
    pub(crate) expect: Expect,
    /// What a refusal must contain.
    pub(crate) message: Option<String>,
    /// How many tables must arrive, if not every ordinary one.
    pub(crate) tables: Option<usize>,
    /// What is done to the file.
    pub(crate) setup: Vec<Setup>,
    /// The state of the target.
    pub(crate) target: TargetWord,
    /// Whether catalogue tables get the catalogue's schema.
    pub(crate) catalogue: bool,
}

impl Case {
    /// Reads a case's folder.
    pub(crate) fn read(folder: &Path) -> Outcome<Case> {
        let name = folder
            .file_name()
            .and_then(|name| name.to_str())
            .ok_or("a case's folder has no plain name")?
            .to_owned();
        let path = folder.join("case.toml");
        let text =
            std::fs::read_to_string(&path).map_err(|error| format!("{name}/case.toml: {error}"))?;
        let file: CaseFile =
            toml::from_str(&text).map_err(|error| format!("{name}/case.toml: {error}"))?;
        if file.trouble.trim().is_empty() {
            return Err(format!("{name}/case.toml: no trouble is named"));
        }
        if (file.expect == Expect::Refused) != file.message.is_some() {
            return Err(format!(
                "{name}/case.toml: `message` belongs to refused cases, and to all of them"
            ));
        }
        let setup = file
            .setup
            .iter()
            .map(|word| setup_word(word).ok_or(format!("{name}: unknown setup word `{word}`")))
            .collect::<Outcome<Vec<Setup>>>()?;
        let target = file
            .target
            .as_deref()
            .map_or(Ok(TargetWord::Plain), |word| {
                target_word(word).ok_or(format!("{name}: unknown target word `{word}`"))
            })?;
        Ok(Case {
            name,
            folder: folder.to_owned(),
            expect: file.expect,
            message: file.message,
            tables: file.tables,
            setup,
            target,
            catalogue: file.catalogue,
        })
    }

    /// A file of the case as text.
    pub(crate) fn script(&self, name: &str) -> Outcome<String> {
        read_script(&self.folder, name)
    }

    /// What another process does with the file, if anything.
    pub(crate) fn role(&self) -> Option<Role> {
        self.setup.iter().find_map(|word| match word {
            Setup::Process(role) => Some(*role),
            _ => None,
        })
    }
}

/// A file of a case's folder as text.
pub(crate) fn read_script(folder: &Path, name: &str) -> Outcome<String> {
    std::fs::read_to_string(folder.join(name)).map_err(|error| format!("{name}: {error}"))
}

/// All cases in the order of their names.
pub(crate) fn read_all(corpus: &Path) -> Outcome<Vec<Case>> {
    let entries =
        std::fs::read_dir(corpus).map_err(|error| format!("{}: {error}", corpus.display()))?;
    let mut cases = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.is_dir() {
            cases.push(Case::read(&path)?);
        }
    }
    cases.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(cases)
}

fn setup_word(text: &str) -> Option<Setup> {
    let (word, argument) = text.split_once(':').unwrap_or((text, ""));
    if let Some(role) = Role::of_word(text) {
        return Some(Setup::Process(role));
    }
    Some(match word {
        "truncate" => match argument.strip_suffix('%') {
            Some(percent) => Setup::TruncatePercent(percent.parse().ok()?),
            None => Setup::Truncate(argument.parse().ok()?),
        },
        "corrupt-page" => Setup::CorruptPage(argument.parse().ok()?),
        "corrupt-root" => Setup::CorruptRoot(argument.to_owned()),
        "overwrite" => {
            let (offset, bytes) = argument.split_once(':')?;
            Setup::Overwrite(offset.parse().ok()?, bytes_of_hex(bytes)?)
        }
        "append" => Setup::Append(argument.parse().ok()?),
        "not-sqlite" => Setup::NotSqlite,
        "encrypted" => Setup::Encrypted,
        "empty-file" => Setup::EmptyFile,
        "missing" => Setup::Missing,
        "no-permission" => Setup::NoPermission,
        "rename" => Setup::Rename(argument.to_owned()),
        "symlink" => Setup::Symlink,
        "read-only-folder" => Setup::ReadOnlyFolder,
        "remove-beside" => Setup::RemoveBeside(argument.to_owned()),
        "cut-beside" => {
            let (suffix, bytes) = argument.split_once(':')?;
            Setup::CutBeside(suffix.to_owned(), bytes.parse().ok()?)
        }
        "junk-beside" => Setup::JunkBeside(argument.to_owned()),
        _ => return None,
    })
}

fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    text.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

fn target_word(text: &str) -> Option<TargetWord> {
    if let Some(table) = text.strip_prefix("not-empty:") {
        return Some(TargetWord::NotEmpty(table.to_owned()));
    }
    Some(match text {
        "small-packet" => TargetWord::Options(vec!["--max-allowed-packet=1M"]),
        "large-packet" => TargetWord::Options(vec!["--max-allowed-packet=1G"]),
        "read-only" => TargetWord::Options(vec!["--read-only=ON"]),
        "no-rights" => TargetWord::NoRights,
        "no-session-rights" => TargetWord::NoSessionRights,
        "old-version" => TargetWord::OldVersion,
        "loose-mode" => TargetWord::Options(vec!["--sql-mode="]),
        "ansi-mode" => TargetWord::Options(vec![
            "--sql-mode=ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT",
        ]),
        "time-zone" => TargetWord::Options(vec!["--default-time-zone=+05:30"]),
        "latin1" => TargetWord::Latin1,
        "lower-case-names" => TargetWord::FirstStart(vec!["--lower-case-table-names=1"]),
        "autocommit-off" => TargetWord::Options(vec!["--autocommit=0"]),
        "small-pages" => TargetWord::FirstStart(vec!["--innodb-page-size=4096"]),
        _ => return None,
    })
}
