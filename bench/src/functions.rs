//! Which functions are there, and where are their binaries?
//! The list of the Lambda functions, and the paths of their binaries and of local mode's.

use std::path::{Path, PathBuf};

use anyhow::ensure;

/// Every function, by the name of its binary.
pub(crate) const FUNCTIONS: [&str; 7] =
    ["ingest", "inbound", "management", "definitions", "actions", "sender", "maintenance"];
/// What builds them.
const PACKAGES: &str =
    "-p ingest -p inbound -p management -p definitions -p actions -p sender -p maintenance";

/// The function's binary called `name` in `folder`; beside this one, if none is given.
pub(crate) fn binary(name: &str, folder: Option<&Path>) -> anyhow::Result<PathBuf> {
    match folder {
        Some(folder) => made(folder.join(name), PACKAGES),
        None => beside(name, &format!("{PACKAGES} -p bench")),
    }
}

/// The binary called `name` beside this one, which building `packages` makes.
pub(crate) fn beside(name: &str, packages: &str) -> anyhow::Result<PathBuf> {
    made(std::env::current_exe()?.with_file_name(name), packages)
}

fn made(binary: PathBuf, packages: &str) -> anyhow::Result<PathBuf> {
    // Cargo names a profile's output folder like the profile, except for the profile `dev`.
    let folder = binary.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    let profile = folder.map_or("release", |folder| if folder == "debug" { "dev" } else { folder });
    ensure!(
        binary.exists(),
        "{} does not exist. Build it first: cargo build --profile {profile} {packages}",
        binary.display()
    );
    Ok(binary)
}
