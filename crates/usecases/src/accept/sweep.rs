//! What becomes of an event that was cut off between its row and its jobs?
//! A sweep, stepwise work: it goes through the events of a window and sends the jobs of deliveries that have no row.
//!
//! A request that accepts an event writes the row first and then sends the jobs. If it fails or is killed in between, the
//! ledger promises deliveries that no job will make. A sweep is owed only after such an interruption, for the instants in
//! which it may have happened; it begins two minutes later, when the jobs that were sent have been received.

use std::time::Duration;

use domain::event::Event;
use domain::event::event_type::EventTypePattern;
use domain::id::{EndpointId, WorkspaceId};
use domain::timestamp::Timestamp;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use queue::{Job, Task};
use store::rows::events::LEDGER_ENDPOINTS_INLINE;
use store::rows::sweeps::Sweep;
use store::table::lease::LOST_AFTER;
use store::{Lease, Listing, Store, StoreError, Window};

use crate::context::Context;
use crate::error::Fault;
use crate::stepwise::{self, Next, PAUSE, Stepwise};

/// Events that one step looks at.
const STEP_EVENTS: usize = 2_000;
/// Deliveries after which a step ends, as its lease runs only for some seconds: of one event there may be as many.
const STEP_DELIVERIES: usize = 10_000;
/// Deliveries that are looked up together.
const LOOKED_UP_AT_ONCE: usize = 1_000;
/// A delivery that is due for less than this may have a job that was not received yet.
const OLD_ENOUGH: Duration = Duration::from_secs(60);
/// For how long a sweep rests that has seen a scheduled event. It is short, as the sweep may be asked for meanwhile.
const REST: Duration = Duration::from_secs(300);
/// Workspaces noted at once.
const AT_ONCE: usize = 16;

/// Owes a sweep of `window` in every workspace, after a process was killed that may have been accepting events; gives in
/// how many.
///
/// # Errors
/// [`Fault`] when the table cannot be used.
pub async fn owe_sweeps(context: &Context, window: Window) -> Result<usize, Fault> {
    let (mut before, mut owed, now) = (None, 0, context.clock.now());
    loop {
        let page = context.store.list_workspaces(before, 1_000).await?;
        owed += page.rows.len();
        stream::iter(&page.rows)
            .map(|workspace| context.store.owe_sweep(workspace.id, window, now))
            .buffer_unordered(AT_ONCE)
            .try_collect::<()>()
            .await?;
        before = page.next;
        if before.is_none() {
            return Ok(owed);
        }
    }
}

/// Does one step of a workspace's sweep.
///
/// # Errors
/// [`Fault`] when table or queue cannot be used.
pub(crate) async fn sweep_step(context: &Context, workspace: WorkspaceId) -> Result<(), Fault> {
    stepwise::step::<Sweep>(context, workspace).await
}

/// Begins the sweeps that are owed for two minutes, and resumes those that have lost their task; gives how many.
///
/// # Errors
/// [`Fault`] when table or queue cannot be used.
pub async fn resume_sweeps(context: &Context) -> Result<usize, Fault> {
    stepwise::resume::<Sweep>(context).await
}

impl Stepwise for Sweep {
    type Key = WorkspaceId;

    fn key(&self) -> WorkspaceId {
        self.workspace
    }

    fn task(workspace: WorkspaceId) -> Task {
        Task::Sweep { workspace }
    }

    async fn claim(
        store: &Store,
        workspace: WorkspaceId,
        now: Timestamp,
    ) -> Result<Option<(Lease, Self)>, StoreError> {
        store.claim_sweep(workspace, now).await
    }

    async fn step_ends(
        store: &Store,
        workspace: WorkspaceId,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        store.sweep_step_ends(workspace, now).await
    }

    async fn step(&mut self, context: &Context, now: Timestamp) -> Result<Next, Fault> {
        // 1. Was it asked for again lately? The first jobs of those events may be under way. So it waits for two minutes, and
        // begins anew: the window may have been widened behind the cursor.
        if now.since(self.wanted_at) < LOST_AFTER {
            (self.cursor, self.scheduled) = (None, None);
            return Ok(Next::Rest);
        }

        // 2. The next events of the window, from its start in a new pass.
        if self.cursor.is_none() {
            self.scheduled = None;
        }
        let of_any_type: &[EventTypePattern] = &[];
        let listing = Listing::oldest_first(self.window, of_any_type, STEP_EVENTS).beyond(self.cursor);
        let page = context.store.list_events(self.workspace, &listing, now).await?;

        // 3. Send the jobs of those deliveries that should have been attempted, and have no row.
        let (mut unsent, mut now_sent, mut looked_up) = (Vec::new(), 0, 0);
        let (mut examined, mut next) = (0, page.next);
        for event in &page.rows {
            if looked_up + unsent.len() >= STEP_DELIVERIES {
                next = self.cursor;
                break;
            }
            (examined, self.cursor) = (examined + 1, Some(event.id));
            // A test event is sent once, while its caller waits, and has no job.
            if event.is_test {
                continue;
            }
            match event.deliver_at.filter(|at| now.since(*at) < OLD_ENOUGH) {
                Some(at) => self.scheduled = self.scheduled.or(Some(at)),
                None => unsent.extend(jobs_of(context, event, now).await?),
            }
            if unsent.len() >= LOOKED_UP_AT_ONCE {
                looked_up += unsent.len();
                now_sent += send_unsent(context, std::mem::take(&mut unsent), now).await?;
            }
        }
        now_sent += send_unsent(context, unsent, now).await?;
        self.sent += u64::try_from(now_sent).unwrap_or_default();
        let (workspace, over) = (self.workspace, next.is_none());
        tracing::info!(%workspace, examined, now_sent, sent = self.sent, over, "sweep step done");

        // 4. A scheduled event is looked at again when it is due: until then its jobs leave no trace.
        self.cursor = next;
        Ok(match (self.cursor, self.scheduled) {
            (Some(_), _) => Next::StepAfter(PAUSE),
            (None, Some(_)) => Next::Rest,
            (None, None) => Next::Over,
        })
    }

    async fn save(&self, store: &Store, lease: &Lease, next: Timestamp) -> Result<bool, StoreError> {
        let rests = self.cursor.is_none() && self.scheduled.is_some();
        store.save_sweep(lease, self, if rests { next.plus(REST) } else { next }).await
    }

    async fn end(&mut self, store: &Store, lease: &Lease, _: Timestamp) -> Result<bool, StoreError> {
        store.end_sweep(lease, self).await
    }

    async fn lost(store: &Store, now: Timestamp) -> Result<Vec<Self>, StoreError> {
        store.lost_sweeps(now).await
    }
}

/// A job for each delivery that the event's ledger promises.
async fn jobs_of(context: &Context, event: &Event, now: Timestamp) -> Result<Vec<Job>, Fault> {
    let jobs = |event: &Event, endpoints: &[EndpointId]| -> Vec<Job> {
        endpoints.iter().map(|endpoint| Job::sweep(event, *endpoint)).collect()
    };
    // A list cuts very long ledgers short.
    if event.ledger.len() < LEDGER_ENDPOINTS_INLINE {
        return Ok(jobs(event, &event.ledger.deliveries));
    }
    let whole = context.store.load_event(event.workspace_id, event.id, now).await?;
    Ok(whole.map_or_else(Vec::new, |event| jobs(&event, &event.ledger.deliveries)))
}

/// Sends those jobs whose deliveries have no row; gives how many.
async fn send_unsent(context: &Context, mut jobs: Vec<Job>, now: Timestamp) -> Result<usize, Fault> {
    let keys: Vec<_> = jobs.iter().map(|job| (job.endpoint, job.delivery)).collect();
    let rows = context.store.load_deliveries(&keys, now).await?;
    let known: std::collections::HashSet<_> = rows.into_iter().map(|row| row.id).collect();
    jobs.retain(|job| !known.contains(&job.delivery));
    context.queue.send(&jobs, now).await?;
    Ok(jobs.len())
}
