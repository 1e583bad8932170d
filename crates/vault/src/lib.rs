//! Credentials sealed with a passphrase. What is sealed is printed by nobody, and never lies in a file unsealed.
//!
//! The reading order: [`Passphrase`] (where it may come from), `cipher` (what it is made into, and what that seals), `text`
//! (the file's form), [`SealedFile`] (the file itself: read, written, compared). [`keep_memory_from_core_files`] is for
//! every process that has a passphrase.
//!
//! The crate does not know what a key is: it seals bytes of a [`Content`].

mod cipher;
mod error;
mod file;
mod passphrase;
mod private;
mod text;

pub use error::VaultError;
pub use file::{SealedFile, WhereTaken};
pub use passphrase::Passphrase;
pub use private::{keep_memory_from_core_files, read_any, read_private};
pub use text::Content;
