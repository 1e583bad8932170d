//! A sealed file: looked at, opened, written.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretSlice};

use crate::cipher::{Cost, FileKey, Shut, new_salt};
use crate::error::VaultError;
use crate::passphrase::Passphrase;
use crate::private::{read_any, read_private};
use crate::text::{self, Content, Head};

/// Of a sealed file: only its owner.
const MODE: u32 = 0o600;

/// What becomes of a file that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhereTaken {
    /// It stays, and nothing is written.
    Refuse,
    /// It is replaced.
    Replace,
}

/// A sealed file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedFile {
    path: PathBuf,
}

impl SealedFile {
    /// The file at this path, which need not be there yet.
    #[must_use]
    pub fn of(path: &Path) -> SealedFile {
        SealedFile {
            path: path.to_owned(),
        }
    }

    /// Whether there is a sealed file, whoever may use it and in whatever state it is.
    #[must_use]
    pub fn is_there(&self) -> bool {
        let Ok(bytes) = read_any(&self.path) else {
            return false;
        };
        !matches!(
            text::read(&self.path, bytes.expose_secret()),
            Err(VaultError::NotSealed { .. } | VaultError::Empty { .. })
        )
    }

    /// Looks without a passphrase whether it is a sealed file of this content that others may not use.
    ///
    /// # Errors
    /// It is not.
    pub fn look(&self, content: Content) -> Result<(), VaultError> {
        self.read(&self.path, content).map(|_| ())
    }

    /// Opens it. Takes some tenths of a second: that is what makes a passphrase dear to guess.
    ///
    /// # Errors
    /// It is no such file, is open to others, cut off or altered; the passphrase is not its own.
    pub fn open(
        &self,
        content: Content,
        passphrase: &Passphrase,
    ) -> Result<SecretSlice<u8>, VaultError> {
        self.open_at(&self.path, content, passphrase)
    }

    /// Seals a secret into it. The file is whole or is not there, is its owner's alone, is on the disk when this returns, and
    /// was opened again and compared before it got its name.
    ///
    /// # Errors
    /// There is a file already that is not to be replaced; it cannot be written; it did not hold what was sealed.
    pub fn write(
        &self,
        content: Content,
        secret: &SecretSlice<u8>,
        passphrase: &Passphrase,
        taken: WhereTaken,
    ) -> Result<(), VaultError> {
        self.write_at_cost(content, secret, passphrase, taken, Cost::USUAL)
    }

    fn write_at_cost(
        &self,
        content: Content,
        secret: &SecretSlice<u8>,
        passphrase: &Passphrase,
        taken: WhereTaken,
        cost: Cost,
    ) -> Result<(), VaultError> {
        let head = Head::new(content, cost, &new_salt()?);
        let seals = FileKey::derive(passphrase, &head.salt, cost)?
            .seal(head.text.as_bytes(), secret.expose_secret())?;
        let beside = Beside::write(&self.path, &text::written(&head, &seals))?;
        let again = self.open_at(&beside.path, content, passphrase)?;
        if again.expose_secret() != secret.expose_secret() {
            return Err(VaultError::NotAsWritten {
                path: self.path.clone(),
            });
        }
        beside.take_name(&self.path, taken)
    }

    fn open_at(
        &self,
        path: &Path,
        content: Content,
        passphrase: &Passphrase,
    ) -> Result<SecretSlice<u8>, VaultError> {
        let (head, seals) = self.read(path, content)?;
        let key = FileKey::derive(passphrase, &head.salt, head.cost)?;
        match key.open(head.text.as_bytes(), seals) {
            Ok(mut opened) => Ok(SecretSlice::from(std::mem::take(&mut *opened))),
            Err(Shut::Passphrase) => Err(VaultError::WrongPassphrase {
                path: self.path.clone(),
            }),
            Err(Shut::Altered) => Err(VaultError::Altered {
                path: self.path.clone(),
            }),
        }
    }

    fn read(
        &self,
        path: &Path,
        content: Content,
    ) -> Result<(Head, crate::cipher::Seals), VaultError> {
        // A plain key that others may read is first of all a plain key.
        let bytes = match read_private(path) {
            Err(VaultError::OpenToOthers { .. }) if !self.is_there() => read_any(path)?,
            read => read?,
        };
        let (head, seals) = text::read(&self.path, bytes.expose_secret())?;
        if head.content != content.name() {
            return Err(VaultError::OtherContent {
                path: self.path.clone(),
                found: head.content,
                wanted: content.name(),
            });
        }
        Ok((head, seals))
    }
}

/// A file under another name in the same folder, until it gets its own. It is removed if it does not.
struct Beside {
    path: PathBuf,
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Beside {
    fn write(path: &Path, text: &str) -> Result<Beside, VaultError> {
        let mut name = std::ffi::OsString::from(".");
        name.push(path.file_name().unwrap_or_default());
        name.push(format!(".{}.new", std::process::id()));
        let own = path.with_file_name(name);
        // Of a process of the same number that died at it.
        let _ = std::fs::remove_file(&own);
        let failed = |source| VaultError::file("write", path, source);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(MODE)
            .open(&own)
            .map_err(failed)?;
        let beside = Beside { path: own };
        file.write_all(text.as_bytes()).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        Ok(beside)
    }

    fn take_name(self, path: &Path, taken: WhereTaken) -> Result<(), VaultError> {
        let named = match taken {
            // A link is made only where there is nothing, even if two do it at once.
            WhereTaken::Refuse => std::fs::hard_link(&self.path, path),
            WhereTaken::Replace => std::fs::rename(&self.path, path),
        };
        named.map_err(|source| match source.kind() {
            ErrorKind::AlreadyExists => VaultError::Exists {
                path: path.to_owned(),
            },
            _ => VaultError::file("write", path, source),
        })?;
        drop(self);
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|source| VaultError::file("write", folder, source))
    }
}

#[cfg(test)]
mod tests;
