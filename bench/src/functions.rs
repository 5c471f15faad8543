//! Which functions are there, and where are their binaries?

use std::path::{Path, PathBuf};

use anyhow::ensure;

/// Every function, by the name of its binary.
pub(crate) const FUNCTIONS: [&str; 4] = ["ingest", "management", "sender", "maintenance"];

/// The binary called `name` in `folder`; beside this one, if none is given.
pub(crate) fn binary(name: &str, folder: Option<&Path>) -> anyhow::Result<PathBuf> {
    let binary = match folder {
        Some(folder) => folder.join(name),
        None => std::env::current_exe()?.with_file_name(name),
    };
    ensure!(binary.exists(), "{} is not there. Build it first: cargo build --release", binary.display());
    Ok(binary)
}
