//! Which of AWS's actions did the functions call while the stories ran? Each is written once to the file that
//! `POSTHORN_STORIES_CALLS` names, a line of function, action and resource; nothing is where it names none.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::{LazyLock, Mutex, PoisonError};

use local::observe::{Call, Observer};

/// Names the file.
pub const CALLS_FILE: &str = "POSTHORN_STORIES_CALLS";

static SEEN: Mutex<BTreeSet<Call>> = Mutex::new(BTreeSet::new());

static FILE: LazyLock<Option<Mutex<std::fs::File>>> = LazyLock::new(|| {
    #[expect(clippy::disallowed_methods, reason = "it is the stories' own, and read once")]
    let path = std::env::var_os(CALLS_FILE)?;
    Some(Mutex::new(std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap()))
});

/// Writes down what it has not seen before.
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
