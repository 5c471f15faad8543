//! How often did events not fit the catalogue?
//! A tally of one event type: how many events of each kind, and what was wrong with the payload of the last.

use crate::catalogue::strictness::{Misfit, MisfitKind};
use crate::problem::FieldError;
use crate::timestamp::Timestamp;

/// The name under which events of the remaining types are counted, when a workspace sends many that are not described. No
/// producer can send it.
pub const OTHERS: &str = "posthorn.others";

/// How much is kept of what was wrong with a payload: so many mistakes, and so many characters of each part.
const MAX_ERRORS: usize = 5;
const MAX_CHARS: usize = 200;

/// Counts of one event type in one workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MisfitTally {
    /// Events whose type is not described.
    pub undescribed: u64,
    /// Events whose type is archived.
    pub archived: u64,
    /// Events whose payload does not fit the schema.
    pub mismatched: u64,
    /// What was wrong with the last such payload, cut short. No value of it is kept, but names of its members are: where
    /// those of a map are personal data, they stand here until the row expires.
    pub errors: Vec<FieldError>,
    /// When the first was counted.
    pub first_at: Timestamp,
    /// When the last was counted.
    pub last_at: Timestamp,
}

impl MisfitTally {
    /// Nothing counted yet, at `now`.
    pub fn new(now: Timestamp) -> Self {
        Self { undescribed: 0, archived: 0, mismatched: 0, errors: Vec::new(), first_at: now, last_at: now }
    }

    /// Counts one event.
    pub fn count(&mut self, misfit: Misfit, now: Timestamp) {
        self.last_at = self.last_at.max(now);
        match misfit {
            Misfit::Undescribed(_) => self.undescribed += 1,
            Misfit::Archived => self.archived += 1,
            Misfit::Mismatch(errors) => {
                self.mismatched += 1;
                self.errors = errors.into_iter().take(MAX_ERRORS).map(cut_short).collect();
            }
        }
    }

    /// Adds what was counted before.
    pub fn add(&mut self, earlier: Self) {
        self.undescribed += earlier.undescribed;
        self.archived += earlier.archived;
        self.mismatched += earlier.mismatched;
        if self.errors.is_empty() {
            self.errors = earlier.errors;
        }
        self.first_at = self.first_at.min(earlier.first_at);
        self.last_at = self.last_at.max(earlier.last_at);
    }

    /// The counts that are not 0.
    pub fn counts(&self) -> impl Iterator<Item = (MisfitKind, u64)> {
        let counts = [
            (MisfitKind::Undescribed, self.undescribed),
            (MisfitKind::Archived, self.archived),
            (MisfitKind::Mismatch, self.mismatched),
        ];
        counts.into_iter().filter(|(_, count)| *count > 0)
    }
}

fn cut_short(FieldError { pointer, detail }: FieldError) -> FieldError {
    FieldError { pointer: cut(pointer), detail: cut(detail) }
}

fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(MAX_CHARS) {
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_is_kept_of_what_was_wrong() {
        let now = Timestamp::from_millis(0);
        let error = FieldError { pointer: "/é".repeat(100_000), detail: "x".repeat(201) };
        let mut tally = MisfitTally::new(now);
        tally.count(Misfit::Mismatch(vec![error; 20]), now);
        assert_eq!((tally.errors.len(), tally.mismatched), (MAX_ERRORS, 1));
        let FieldError { pointer, detail } = &tally.errors[0];
        assert_eq!((pointer.chars().count(), detail.chars().count()), (MAX_CHARS + 1, MAX_CHARS + 1));
    }
}
