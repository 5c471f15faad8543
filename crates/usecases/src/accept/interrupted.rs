//! Which events did a request that failed leave without their jobs?
//! What an interrupted request leaves behind is noted, so that a sweep finishes it.
//!
//! Nothing is written while all goes well. A request that ends between rows and jobs, by a fault or because its caller
//! went away, owes a sweep of the instants of its events. If that cannot be written either, as when the disk is full, this
//! process keeps it in mind until it can.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::id::{EventId, WorkspaceId};
use store::Window;

use crate::context::Context;
use crate::error::chain;

/// What is not yet written, by workspace. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupted(Arc<Mutex<BTreeMap<WorkspaceId, Window>>>);

/// The events of a request whose rows may be written and whose jobs are not sent. Those that it still holds when it is
/// dropped are noted.
#[derive(Debug)]
pub(crate) struct Unfinished {
    interrupted: Interrupted,
    events: Mutex<Vec<(WorkspaceId, EventId)>>,
}

impl Interrupted {
    /// The events of a request that begins.
    pub(crate) fn watch(&self) -> Unfinished {
        Unfinished { interrupted: self.clone(), events: Mutex::default() }
    }

    /// Writes what was noted, if anything was. What cannot be written is logged and stays noted; so does what is being
    /// written when the caller goes away.
    pub(crate) async fn write(&self, context: &Context) {
        let noted = lock(&self.0).clone();
        for (workspace, window) in noted {
            if let Err(error) = context.store.owe_sweep(workspace, window, context.clock.now()).await {
                tracing::warn!(%workspace, error = chain(&error), "events that may stand without their jobs could not be noted; the next request tries again");
                continue;
            }
            let mut noted = lock(&self.0);
            if noted.get(&workspace) == Some(&window) {
                noted.remove(&workspace);
            }
        }
    }

    fn note(&self, workspace: WorkspaceId, window: Window) {
        let mut noted = lock(&self.0);
        let known = noted.entry(workspace).or_insert(window);
        known.since = known.since.min(window.since);
        known.until = known.until.max(window.until);
    }
}

impl Unfinished {
    /// The row of this event is about to be written.
    pub(crate) fn begin(&self, workspace: WorkspaceId, event: EventId) {
        lock(&self.events).push((workspace, event));
    }

    /// The jobs of all of them are sent.
    pub(crate) fn finish(self) {
        lock(&self.events).clear();
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        for (workspace, event) in std::mem::take(&mut *lock(&self.events)) {
            self.interrupted.note(workspace, window_of(event));
        }
    }
}

/// Owes a sweep for one event outside of a request. If that cannot be written it is logged.
pub(crate) async fn owe(context: &Context, workspace: WorkspaceId, event: EventId) {
    let owed = context.store.owe_sweep(workspace, window_of(event), context.clock.now()).await;
    if let Err(error) = owed {
        tracing::error!(%event, error = chain(&error), "an event that may stand without its jobs could not be noted");
    }
}

fn window_of(event: EventId) -> Window {
    Window { since: event.time(), until: event.time().plus(Duration::from_millis(1)) }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
