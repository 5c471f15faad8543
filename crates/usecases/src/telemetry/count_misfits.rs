//! How are events counted that do not fit the catalogue?
//! Counters in memory, added to the rows in the table every few seconds, so that no event costs a write for them.
//!
//! A process that is killed loses the counts of its last seconds: the numbers are approximate.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::catalogue::misfits::MisfitTally;
use domain::catalogue::strictness::Misfit;
use domain::event::event_type::EventType;
use domain::id::WorkspaceId;
use domain::timestamp::Timestamp;
use store::Store;

use crate::error::chain;

/// How long counts stay in memory.
const FLUSH_EVERY: Duration = Duration::from_secs(10);
/// The most types that are counted between two flushes: a producer that makes names up costs no more writes.
const MAX_TYPES: usize = 100;
/// How long a row is kept after its last event.
const KEPT: Duration = Duration::from_secs(30 * 86_400);

#[derive(Debug, Default)]
struct Counts {
    tallies: HashMap<(WorkspaceId, EventType), MisfitTally>,
    flushed_at: Option<Timestamp>,
}

/// Counts events that do not fit, and adds the counts to the table.
#[derive(Debug, Clone, Default)]
pub(crate) struct MisfitCounter(Arc<Mutex<Counts>>);

impl MisfitCounter {
    pub(crate) fn count(&self, workspace: WorkspaceId, name: &EventType, misfit: Misfit, now: Timestamp) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (workspace, name.clone());
        if counts.tallies.len() < MAX_TYPES || counts.tallies.contains_key(&key) {
            counts.tallies.entry(key).or_insert_with(|| MisfitTally::new(now)).count(misfit, now);
        }
    }

    /// Adds all counts to the table, if there are any and that was last done some seconds ago. Lambda freezes a function
    /// without work, so no timer could do it. An event is not refused because it could not be counted.
    pub(crate) async fn flush_if_due(&self, store: &Store, now: Timestamp) {
        let due = {
            let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let waits = counts.flushed_at.is_some_and(|last| now.since(last) < FLUSH_EVERY);
            if counts.tallies.is_empty() || waits {
                return;
            }
            counts.flushed_at = Some(now);
            std::mem::take(&mut counts.tallies)
        };
        for ((workspace, name), tally) in due {
            let saved = store.add_misfits(workspace, &name, &tally, now.plus(KEPT)).await;
            if let Err(error) = saved {
                tracing::warn!(
                    error = chain(&error),
                    "counts of events that do not fit the catalogue wait for the next flush"
                );
                let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                let kept = counts.tallies.entry((workspace, name)).or_insert_with(|| MisfitTally::new(now));
                kept.add(tally);
            }
        }
    }
}
