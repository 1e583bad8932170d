//! `cargo xtask ci`: the whole of what must hold before a change is taken, which is what `.ci/run` does.

use std::path::Path;
use std::process::Command;

use crate::Result;

/// Runs `.ci/run`.
///
/// # Errors
/// It cannot be started, or it failed.
pub(crate) fn run(root: &Path) -> Result<()> {
    let program = root.join(".ci/run");
    let status = Command::new(&program)
        .current_dir(root)
        .status()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!(".ci/run ended with {status}").into())
    }
}
