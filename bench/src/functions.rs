//! Which functions are there, and where are their binaries, and the one of local mode?

use std::path::{Path, PathBuf};

use anyhow::ensure;

/// Every function, by the name of its binary.
pub(crate) const FUNCTIONS: [&str; 5] = ["ingest", "management", "actions", "sender", "maintenance"];

/// The function's binary called `name` in `folder`; beside this one, if none is given.
pub(crate) fn binary(name: &str, folder: Option<&Path>) -> anyhow::Result<PathBuf> {
    match folder {
        Some(folder) => {
            made(folder.join(name), "-p ingest -p management -p actions -p sender -p maintenance")
        }
        None => beside(name, "-p ingest -p management -p actions -p sender -p maintenance -p bench"),
    }
}

/// The binary called `name` beside this one, which building `packages` makes.
pub(crate) fn beside(name: &str, packages: &str) -> anyhow::Result<PathBuf> {
    made(std::env::current_exe()?.with_file_name(name), packages)
}

fn made(binary: PathBuf, packages: &str) -> anyhow::Result<PathBuf> {
    // Cargo puts what a profile makes into a folder of its name, but for one.
    let folder = binary.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    let profile = folder.map_or("release", |folder| if folder == "debug" { "dev" } else { folder });
    ensure!(
        binary.exists(),
        "{} is not there. Build it first: cargo build --profile {profile} {packages}",
        binary.display()
    );
    Ok(binary)
}
