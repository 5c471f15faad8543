//! Which AWS actions did the functions call while the stories ran?
//! A call recorder: it writes each distinct call once to the file that `POSTHORN_STORIES_CALLS` names, one line of
//! function, action and resource. Without the variable nothing is recorded.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::{LazyLock, Mutex, PoisonError};

use local::observe::{Call, Observer};

/// The variable with the path of the file.
pub const CALLS_FILE: &str = "POSTHORN_STORIES_CALLS";

static SEEN: Mutex<BTreeSet<Call>> = Mutex::new(BTreeSet::new());

static FILE: LazyLock<Option<Mutex<std::fs::File>>> = LazyLock::new(|| {
    #[expect(clippy::disallowed_methods, reason = "it is the stories' own, and read once")]
    let path = std::env::var_os(CALLS_FILE)?;
    Some(Mutex::new(std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap()))
});

/// An observer that records each call that is new, if the variable is set.
pub fn observer() -> Option<Observer> {
    FILE.is_some().then(|| Observer::new(note))
}

fn note(call: Call) {
    let line = format!("{} {} {}\n", call.function, call.action, call.resource);
    let new = SEEN.lock().unwrap_or_else(PoisonError::into_inner).insert(call);
    if let Some(file) = FILE.as_ref().filter(|_| new) {
        file.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes()).unwrap();
    }
}
