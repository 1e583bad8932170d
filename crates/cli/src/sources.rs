//! Which files are meant by the sources on the command line.

use std::path::{Path, PathBuf};

use crate::error::{CommandError, Kind};

/// Subfolders in which the bots kept their files, the trading database's first.
const FOLDERS: [&str; 3] = ["db", "ohlcvs", "db/ohlcvs"];

/// The files of all arguments: files as they are, folders as the databases in them; each once, as a full path.
///
/// # Errors
/// A file or folder that is not there, a folder without a database, two arguments that name the same one.
pub(crate) fn files(arguments: &[PathBuf]) -> Result<Vec<PathBuf>, CommandError> {
    let mut files: Vec<PathBuf> = Vec::new();
    let mut named: Vec<PathBuf> = Vec::new();
    for argument in arguments {
        let resolved = argument.canonicalize().map_err(|source| {
            let message = match source.kind() {
                std::io::ErrorKind::NotFound => format!("there is no file {}", argument.display()),
                _ => format!("{} cannot be reached", argument.display()),
            };
            CommandError::new(Kind::Unreachable, message)
                .because(&source)
                .hint("Check the path. A relative path counts from the directory that you are in.")
        })?;
        if named.contains(&resolved) {
            return Err(CommandError::new(
                Kind::Usage,
                format!("{} is named twice", resolved.display()),
            )
            .hint("Name each file or folder once; a folder means the databases in it."));
        }
        named.push(resolved.clone());
        let found = if resolved.is_dir() {
            databases_in(&resolved)?
        } else {
            vec![resolved]
        };
        for file in found {
            if !files.contains(&file) {
                files.push(file);
            }
        }
    }
    Ok(files)
}

fn databases_in(folder: &Path) -> Result<Vec<PathBuf>, CommandError> {
    let mut found = databases_directly_in(folder)?;
    for name in FOLDERS {
        let inner = folder.join(name);
        if inner.is_dir() {
            found.extend(databases_directly_in(&inner)?);
        }
    }
    if found.is_empty() {
        return Err(CommandError::new(
            Kind::Unreachable,
            format!(
                "there is no *.db file in {}, nor in its db, ohlcvs or db/ohlcvs",
                folder.display()
            ),
        )
        .hint("Name the files themselves if they have other names."));
    }
    Ok(found)
}

fn databases_directly_in(folder: &Path) -> Result<Vec<PathBuf>, CommandError> {
    let failed = |source: std::io::Error| {
        CommandError::new(
            Kind::Unreachable,
            format!("the folder {} cannot be read", folder.display()),
        )
        .because(&source)
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_file() && path.extension().is_some_and(|extension| extension == "db") {
            found.push(path.canonicalize().map_err(failed)?);
        }
    }
    // The order of a folder is any; the migration's name depends on it.
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_means_its_databases_and_candle_files() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("ohlcvs")).unwrap();
        std::fs::create_dir_all(root.join("db/ohlcvs")).unwrap();
        for name in [
            "b.db",
            "a.db",
            "a.db-wal",
            "notes.txt",
            "ohlcvs/ohlcv_ETH_USDC.db",
            "db/ohlcvs/ohlcv_BTC_USDC.db",
            "db/other.db",
        ] {
            std::fs::write(root.join(name), b"").unwrap();
        }
        let found = files(&[root.clone(), root.join("a.db")]).unwrap();
        let names: Vec<_> = found
            .iter()
            .map(|path| path.strip_prefix(&root).unwrap().to_str().unwrap())
            .collect();
        assert_eq!(
            names,
            [
                "a.db",
                "b.db",
                "db/other.db",
                "ohlcvs/ohlcv_ETH_USDC.db",
                "db/ohlcvs/ohlcv_BTC_USDC.db"
            ]
        );
    }

    #[test]
    fn what_is_named_twice_is_refused_by_whatever_name() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::write(root.join("a.db"), b"").unwrap();
        std::os::unix::fs::symlink(root.join("a.db"), root.join("link")).unwrap();
        for other in ["a.db", "./a.db", "link"] {
            let error = files(&[root.join("a.db"), root.join(other)]).unwrap_err();
            assert_eq!(error.kind, Kind::Usage, "{other}");
            assert!(error.message.contains("named twice"), "{}", error.message);
        }
        let dotted = root.join("x/..");
        std::fs::create_dir(root.join("x")).unwrap();
        assert!(files(&[root.to_owned(), dotted]).is_err());
    }

    #[test]
    fn a_folder_without_databases_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(
            files(&[folder.path().to_owned()]).unwrap_err().kind,
            Kind::Unreachable
        );
    }
}
