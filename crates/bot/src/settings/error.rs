//! Settings that cannot be used.

use std::path::PathBuf;

/// A settings file cannot be used. The last good settings stay in force.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("settings file {} cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// An example file cannot be written.
    #[error("example settings {} cannot be written", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not JSON.
    #[error("settings file {file} is not JSON: mend it and save it again")]
    NotJson {
        /// The file.
        file: String,
        /// Where and why.
        #[source]
        source: serde_json::Error,
    },
    /// A key that nothing reads: a limit that the operator believes in must not be a typing error.
    #[error("{file}, line {line}: there is no setting `{key}`{}", nearest.as_ref().map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?")))]
    UnknownKey {
        /// The file.
        file: String,
        /// The line.
        line: usize,
        /// The key with its path.
        key: String,
        /// What may have been meant.
        nearest: Option<String>,
    },
    /// The same key twice in one group.
    #[error("{file}, line {line}: `{key}` is there twice; which one counts would be chance")]
    TwiceKey {
        /// The file.
        file: String,
        /// The line of the second.
        line: usize,
        /// The key with its path.
        key: String,
    },
    /// A value of the wrong kind.
    #[error("{file}, line {line}: `{key}` must be {wanted}, not {found}")]
    WrongValue {
        /// The file.
        file: String,
        /// The line.
        line: usize,
        /// The key with its path.
        key: String,
        /// What it must be.
        wanted: String,
        /// What stands there.
        found: String,
    },
    /// Strategies that share an indicator want it different.
    #[error("{file}: `strats` contradicts itself for {prod_id}")]
    Strategies {
        /// The file.
        file: String,
        /// For which product.
        prod_id: String,
        /// How.
        #[source]
        source: cbtrade_strategy::SettingsError,
    },
}

impl SettingsError {
    /// The line and the key, without its path, that the error names.
    pub(super) fn place(&self) -> Option<(usize, &str)> {
        let (line, key) = match self {
            Self::UnknownKey { line, key, .. }
            | Self::TwiceKey { line, key, .. }
            | Self::WrongValue { line, key, .. } => (*line, key),
            Self::Unreadable { .. }
            | Self::Unwritable { .. }
            | Self::NotJson { .. }
            | Self::Strategies { .. } => return None,
        };
        Some((line, key.rsplit('.').next().unwrap_or(key)))
    }
}
