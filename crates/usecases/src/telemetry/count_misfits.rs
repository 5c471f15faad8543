//! How are events counted that do not fit the catalogue?
//! Counters in memory, added to the rows in the table every few seconds, so that no event costs a write for them.
//!
//! A process that is killed loses the counts of its last seconds: the numbers are approximate.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::catalogue::misfits::{MisfitTally, OTHERS};
use domain::catalogue::strictness::Misfit;
use domain::event::event_type::EventType;
use domain::id::WorkspaceId;
use domain::timestamp::Timestamp;
use futures_util::StreamExt as _;
use store::Store;

use crate::error::chain;

/// How long counts stay in memory.
const FLUSH_EVERY: Duration = Duration::from_secs(10);
/// The most types that are counted between two flushes: a producer that makes names up costs no more writes.
const MAX_TYPES: usize = 100;
/// The most types of one workspace that are not described and have a count of their own meanwhile.
const MAX_UNDESCRIBED: usize = 10;
/// The most rows that one flush writes, and how many at once: a producer waits for it. The others wait for the next.
const ROWS: usize = 20;
const ROWS_AT_ONCE: usize = 10;
/// How long a row is kept after its last event.
const KEPT: Duration = Duration::from_secs(30 * 86_400);

#[derive(Debug, Default)]
struct Counts {
    tallies: HashMap<(WorkspaceId, EventType), MisfitTally>,
    flushed_at: Option<Timestamp>,
}

impl Counts {
    fn has_many_undescribed(&self, workspace: WorkspaceId) -> bool {
        let of_workspace = self.tallies.iter().filter(|((of, _), _)| *of == workspace);
        of_workspace.filter(|(_, tally)| tally.undescribed > 0).count() >= MAX_UNDESCRIBED
    }

    /// What the next flush writes.
    fn take(&mut self) -> Vec<((WorkspaceId, EventType), MisfitTally)> {
        let keys: Vec<_> = self.tallies.keys().take(ROWS).cloned().collect();
        keys.into_iter().filter_map(|key| self.tallies.remove_entry(&key)).collect()
    }
}

/// Counts events that do not fit, and adds the counts to the table.
#[derive(Debug, Clone, Default)]
pub(crate) struct MisfitCounter(Arc<Mutex<Counts>>);

impl MisfitCounter {
    pub(crate) fn count(&self, workspace: WorkspaceId, name: &EventType, misfit: Misfit, now: Timestamp) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut key = (workspace, name.clone());
        let is_undescribed = matches!(misfit, Misfit::Undescribed(_));
        if is_undescribed && !counts.tallies.contains_key(&key) && counts.has_many_undescribed(workspace) {
            let Ok(others) = EventType::parse(OTHERS) else { return };
            key.1 = others;
        }
        if counts.tallies.len() < MAX_TYPES || counts.tallies.contains_key(&key) {
            counts.tallies.entry(key).or_insert_with(|| MisfitTally::new(now)).count(misfit, now);
        }
    }

    /// Adds counts to the table, if there are any and that was last done some seconds ago. Lambda freezes a function
    /// without work, so no timer could do it. An event is not refused because it could not be counted.
    pub(crate) async fn flush_if_due(&self, store: &Store, now: Timestamp) {
        let due = {
            let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let waits = counts.flushed_at.is_some_and(|last| now.since(last) < FLUSH_EVERY);
            if counts.tallies.is_empty() || waits {
                return;
            }
            counts.flushed_at = Some(now);
            counts.take()
        };
        let writes = due.into_iter().map(async |((workspace, name), tally)| {
            let saved = store.add_misfits(workspace, &name, &tally, now.plus(KEPT)).await;
            if let Err(error) = saved {
                tracing::warn!(
                    error = chain(&error),
                    "counts of events that do not fit the catalogue wait for the next flush"
                );
                // Were it their size that the table refuses, it would refuse them for ever.
                self.put_back((workspace, name), MisfitTally { errors: Vec::new(), ..tally });
            }
        });
        futures_util::stream::iter(writes).buffer_unordered(ROWS_AT_ONCE).collect::<()>().await;
    }

    fn put_back(&self, key: (WorkspaceId, EventType), tally: MisfitTally) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.tallies.entry(key) {
            Entry::Occupied(newer) => newer.into_mut().add(tally),
            Entry::Vacant(place) => {
                place.insert(tally);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_made_up_are_counted_together_and_written_in_turns() {
        let (counter, now) = (MisfitCounter::default(), Timestamp::from_millis(0));
        let name = |text: String| EventType::parse(&text).unwrap();
        for workspace in 0..3 {
            for number in 0..50 {
                let misfit = Misfit::Undescribed(Vec::new());
                counter.count(WorkspaceId::new(now, workspace), &name(format!("a{number}")), misfit, now);
            }
        }
        counter.count(WorkspaceId::new(now, 0), &name("described".to_owned()), Misfit::Archived, now);
        let mut counts = counter.0.lock().unwrap();
        assert_eq!(counts.tallies.len(), 3 * (MAX_UNDESCRIBED + 1) + 1);
        let others = counts.tallies[&(WorkspaceId::new(now, 0), name(OTHERS.to_owned()))].undescribed;
        assert_eq!(others, 40);
        let rows: Vec<_> = (0..3).map(|_| counts.take().len()).collect();
        assert_eq!(rows, [ROWS, 34 - ROWS, 0]);
    }
}
