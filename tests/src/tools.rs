//! Is a program that a story needs installed?
//! A skipped test is printed on a laptop and fails in CI, so that nothing goes unproved there.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};

use tokio::process::Command;

/// What has been said to be missing, once each.
static SKIPPED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Whether `program` answers `version`; in CI it must.
///
/// # Panics
/// In CI, when the program is missing.
pub async fn is_installed(program: &str, version: &str) -> bool {
    let found = Command::new(program).arg(version).stdout(Stdio::null()).stderr(Stdio::null()).status().await;
    if found.is_ok_and(|status| status.success()) {
        return true;
    }
    skip(&format!("{program} is not installed here"));
    false
}

/// Says aloud that something is skipped, and why; in CI that is a failure.
///
/// # Panics
/// In CI.
pub fn skip(why: &str) {
    #[expect(clippy::disallowed_methods, reason = "what is missing on a laptop is a failure in CI")]
    let in_ci = std::env::var("CI").is_ok();
    assert!(!in_ci, "{why}: what needs it was not run");
    if SKIPPED.lock().unwrap_or_else(PoisonError::into_inner).insert(why.to_owned()) {
        // Not by a macro, whose lines the test runner keeps for itself.
        let line = format!("SKIPPED: {why}; CI runs what needs it\n");
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
}
