//! How are attempts counted for the statistics?
//! Counters in memory, added to the hourly tallies in the table every few seconds, so that no delivery costs a write for
//! them.
//!
//! A process that is killed loses the counts of its last seconds: the numbers are approximate.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::delivery::attempt::Attempt;
use domain::delivery::decision::Decision;
use domain::delivery::statistics::{Hour, Tally};
use domain::id::EndpointKey;
use domain::timestamp::Timestamp;
use store::Store;
use store::rows::statistics::Subject;

use crate::error::Fault;

/// How long counts stay in memory.
const FLUSH_EVERY: Duration = Duration::from_secs(10);

type Counts = HashMap<(Subject, Hour), (Tally, Timestamp)>;

/// Counts attempts, and adds the counts to the tallies in the table.
#[derive(Debug, Clone)]
pub(crate) struct Counter {
    store: Store,
    counts: Arc<Mutex<Counts>>,
    flushed_at: Arc<Mutex<Option<Timestamp>>>,
}

impl Counter {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, counts: Arc::default(), flushed_at: Arc::default() }
    }

    pub(crate) fn count(
        &self,
        endpoint: EndpointKey,
        attempt: &Attempt,
        decision: Decision,
        expires_at: Timestamp,
    ) {
        let hour = Hour::of(attempt.started_at);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for subject in [Subject::Endpoint(endpoint.id), Subject::Workspace(endpoint.workspace)] {
            let (tally, _) = counts.entry((subject, hour)).or_insert_with(|| (Tally::default(), expires_at));
            tally.count(attempt, decision);
        }
    }

    /// Adds all counts to the table, if that was last done some seconds ago. Lambda freezes a function without work, so
    /// no timer could do it.
    pub(crate) async fn flush_if_due(&self, now: Timestamp) -> Result<(), Fault> {
        {
            let mut flushed_at = self.flushed_at.lock().unwrap_or_else(PoisonError::into_inner);
            if flushed_at.is_some_and(|last| now.since(last) < FLUSH_EVERY) {
                return Ok(());
            }
            *flushed_at = Some(now);
        }
        self.flush().await
    }

    /// Adds all counts to the table.
    pub(crate) async fn flush(&self) -> Result<(), Fault> {
        let counts = std::mem::take(&mut *self.counts.lock().unwrap_or_else(PoisonError::into_inner));
        let mut failed = None;
        for ((subject, hour), (tally, expires_at)) in counts {
            if let Err(error) = self.store.add_tally(subject, hour, &tally, expires_at).await {
                // Counts that could not be added are kept for the next flush.
                let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
                let (kept, _) =
                    counts.entry((subject, hour)).or_insert_with(|| (Tally::default(), expires_at));
                kept.add(&tally);
                failed = Some(error);
            }
        }
        failed.map_or(Ok(()), |error| Err(error.into()))
    }
}
