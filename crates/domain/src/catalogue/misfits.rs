//! How often did events not fit the catalogue?
//! A tally of one event type: how many events of each kind, and what was wrong with the payload of the last.

use crate::catalogue::strictness::{Misfit, MisfitKind};
use crate::problem::FieldError;
use crate::timestamp::Timestamp;

/// Counts of one event type in one workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MisfitTally {
    /// Events whose type is not described.
    pub undescribed: u64,
    /// Events whose type is archived.
    pub archived: u64,
    /// Events whose payload does not fit the schema.
    pub mismatched: u64,
    /// What was wrong with the last such payload. No value of it is kept.
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
                self.errors = errors;
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
