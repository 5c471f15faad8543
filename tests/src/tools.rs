//! Is a program that a story needs installed?
//! A skipped test is printed on a laptop and fails in CI, so that no sample goes unproved there.

use std::process::Stdio;

use tokio::process::Command;

/// Whether `program` answers `version`; in CI it must.
///
/// # Panics
/// In CI, when the program is missing.
pub async fn is_installed(program: &str, version: &str) -> bool {
    let found = Command::new(program).arg(version).stdout(Stdio::null()).stderr(Stdio::null()).status().await;
    if found.is_ok_and(|status| status.success()) {
        return true;
    }
    #[expect(clippy::disallowed_methods, reason = "what is missing on a laptop is a failure in CI")]
    let in_ci = std::env::var("CI").is_ok();
    assert!(!in_ci, "{program} is not installed: what needs it was not run");
    eprintln!("SKIPPED: {program} is not installed here; CI runs what needs it");
    false
}
