//! What did an expression read of the document?
//! Notes of members that are not there, and a budget of values visited, which the engine's fuel does not count.
//!
//! The engine hands its state to filters, but not to the objects of which members are read. So this is kept beside it, for
//! the thread that renders, from its begin to its end.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Most values of the document that a template may visit; a text counts for each 64 bytes of it. A few passes through the
/// largest document: some 50 ms.
const MOST_VISITS: usize = 500_000;
/// Bytes of a text that are one visit.
const BYTES_A_VISIT: usize = 64;

#[derive(Default)]
struct Reads {
    visits: usize,
    missing: usize,
    first: Option<String>,
    only_by_name: bool,
}

thread_local! {
    static READS: RefCell<Reads> = RefCell::default();
}

/// What unwinds the stack when a template visits too much.
struct Spent;

/// Begins a template.
pub(crate) fn begin_template() {
    READS.set(Reads::default());
}

/// Begins an expression. In one that has `in`, only members read by a dot are noted: asking whether a key is in an object
/// is no reading.
pub(crate) fn begin_expression(only_by_name: bool) {
    READS.with_borrow_mut(|reads| *reads = Reads { visits: reads.visits, only_by_name, ..Reads::default() });
}

/// Counts the visit of a value with so many bytes of text. Beyond the budget it does not return.
///
/// The engine compares arrays inside arrays without asking anybody, and `*` repeats one a hundred million times: what ends
/// that must unwind the stack. `resume_unwind` runs no panic hook, and [`bounded`] catches it.
pub(super) fn visit(bytes: usize) {
    let is_spent = READS.with_borrow_mut(|reads| {
        reads.visits = reads.visits.saturating_add(1 + bytes / BYTES_A_VISIT);
        reads.visits > MOST_VISITS
    });
    if is_spent {
        resume_unwind(Box::new(Spent));
    }
}

/// What `work` gives, or `None` if it visited too much.
pub(crate) fn bounded<T>(work: impl FnOnce() -> T) -> Option<T> {
    let result = catch_unwind(AssertUnwindSafe(work));
    if READS.with_borrow(|reads| reads.visits > MOST_VISITS) {
        return None;
    }
    result.map_or_else(|panic| resume_unwind(panic), Some)
}

/// Notes that a member is not there.
pub(super) fn note_missing(name: &str, by_name: bool) {
    READS.with_borrow_mut(|reads| {
        if by_name || !reads.only_by_name {
            reads.missing += 1;
            reads.first.get_or_insert_with(|| name.chars().take(100).collect());
        }
    });
}

/// How many notes there are.
pub(crate) fn missing() -> usize {
    READS.with_borrow(|reads| reads.missing)
}

/// The first member that was noted.
pub(crate) fn first_missing() -> Option<String> {
    READS.with_borrow(|reads| reads.first.clone())
}

/// Takes back one note: the expression says what to do without the member.
pub(crate) fn forgive() {
    forgive_since(missing().saturating_sub(1));
}

/// Takes back all notes since there were this many.
pub(crate) fn forgive_since(missing: usize) {
    READS.with_borrow_mut(|reads| {
        reads.missing = reads.missing.min(missing);
        if reads.missing == 0 {
            reads.first = None;
        }
    });
}
