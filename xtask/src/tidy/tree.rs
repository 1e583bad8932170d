//! The files of the project, read once.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::Result;

/// Folders that are made, fetched or vendored, and are not ours to check.
const NOT_OURS: [&str; 6] = ["target", ".git", ".local", "vendor", "__pycache__", ".venv"];

/// One file of text.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// Path from the root, with `/`.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
    /// Whether it can be run.
    pub(crate) executable: bool,
}

impl File {
    /// The file's lines with their numbers, from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(at, line)| (at + 1, line))
    }

    /// Whether the name ends so.
    pub(crate) fn is(&self, ending: &str) -> bool {
        self.path.ends_with(ending)
    }
}

/// All files of the project.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    /// Files of text.
    pub(crate) files: Vec<File>,
    /// Paths of files and folders.
    pub(crate) paths: Vec<String>,
}

impl Tree {
    /// Reads the tree below a folder.
    pub(crate) fn read(root: &Path) -> Result<Tree> {
        let mut tree = Tree::default();
        tree.add(root, "")?;
        tree.files.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(tree)
    }

    fn add(&mut self, folder: &Path, below: &str) -> Result<()> {
        let entries =
            std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type()?;
            let path = format!("{below}{name}");
            if kind.is_dir() && !NOT_OURS.contains(&name.as_str()) {
                self.add(&entry.path(), &format!("{path}/"))?;
            }
            self.paths.push(path.clone());
            // What is no text is no concern of these rules.
            if kind.is_file()
                && let Ok(text) = std::fs::read_to_string(entry.path())
            {
                self.files.push(File {
                    path,
                    text,
                    executable: entry.metadata()?.permissions().mode() & 0o111 != 0,
                });
            }
        }
        Ok(())
    }

    /// A file by its path.
    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Whether there is a file or folder of this path.
    pub(crate) fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        self.paths.iter().any(|own| own == path)
    }

    /// The Rust files of ours.
    pub(crate) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.is(".rs"))
    }
}

#[cfg(test)]
impl Tree {
    /// A tree with these files, for tests of the rules.
    pub(crate) fn of(files: &[(&str, &str)]) -> Tree {
        Tree {
            files: files
                .iter()
                .map(|(path, text)| File {
                    path: (*path).to_owned(),
                    text: (*text).to_owned(),
                    executable: false,
                })
                .collect(),
            paths: files.iter().map(|(path, _)| (*path).to_owned()).collect(),
        }
    }
}
