//! What does accepting events need?
//! The context, and write coalescing: concurrent requests share their writes.

use std::sync::{Arc, OnceLock};

use domain::access::workspace::Workspace;
use domain::event::Event;
use domain::timestamp::Timestamp;
use queue::Job;
use store::rows::events::{EventRow, SavedEvent};

use crate::Context;
use crate::accept::conformance::{Compile, Conformance};
use crate::accept::interrupted::Interrupted;
use crate::error::Fault;
use crate::write_coalescer::{Mode, WriteCoalescer};

/// The jobs of a request, and when they were created.
type JobsOfARequest = (Vec<Job>, Timestamp);

/// What accepting events needs: the context, and the coalescers by which concurrent requests share their writes. Cheap to
/// clone; clones share the coalescers.
#[derive(Clone, Debug)]
pub struct Intake {
    /// What every use case needs.
    pub context: Context,
    event_writes: Arc<OnceLock<WriteCoalescer<EventRow>>>,
    job_sends: Arc<OnceLock<WriteCoalescer<JobsOfARequest>>>,
    pub(crate) interrupted: Interrupted,
    /// What checks events against the catalogue, where that is done.
    pub(crate) conformance: Option<Conformance>,
}

impl Intake {
    /// An intake with new coalescers.
    pub fn new(context: Context) -> Self {
        let interrupted = Interrupted::default();
        let (event_writes, job_sends) = (Arc::default(), Arc::default());
        Self { context, event_writes, job_sends, interrupted, conformance: None }
    }

    /// The same intake, which checks what producers send to strict workspaces against schemas that `compile` compiles.
    #[must_use]
    pub fn with_schemas(self, compile: Compile) -> Self {
        Self { conformance: Some(Conformance::new(compile)), ..self }
    }

    /// Writes which events may stand without their jobs, if there are any that are not written yet.
    pub async fn write_interrupted(&self) {
        self.interrupted.write(&self.context).await;
    }

    /// Writes an event. A generated id cannot be taken, so an event that has one and no uid is written in one batch with
    /// those of other requests.
    ///
    /// # Errors
    /// [`Fault`] when the table cannot be written.
    pub(crate) async fn save_event(
        &self,
        event: &Event,
        workspace: &Workspace,
        now: Timestamp,
        made_here: bool,
    ) -> Result<SavedEvent, Fault> {
        let (store, expires_at) = (&self.context.store, workspace.expiry(now));
        if let Some(uid) = &event.uid {
            return Ok(store.save_event_and_uid(event, uid, now, expires_at).await?);
        }
        if !made_here {
            let is_new = store.save_event(event, expires_at).await?;
            return Ok(if is_new { SavedEvent::Done } else { SavedEvent::Exists });
        }
        let coalescer = self.event_writes.get_or_init(|| {
            let store = self.context.store.clone();
            WriteCoalescer::new(Mode::Immediate, move |rows: Vec<EventRow>| {
                let store = store.clone();
                async move { Ok(store.save_new_events(rows).await?) }
            })
        });
        coalescer.write(store.event_row(event, expires_at).await?).await?;
        Ok(SavedEvent::Done)
    }

    /// Puts jobs on the queue, in one batch with those of other requests.
    ///
    /// # Errors
    /// [`Fault`] when some could not be sent; others may have been.
    pub(crate) async fn send_jobs(&self, jobs: Vec<Job>, now: Timestamp) -> Result<(), Fault> {
        if jobs.is_empty() {
            return Ok(());
        }
        let coalescer = self.job_sends.get_or_init(|| {
            let queue = self.context.queue.clone();
            WriteCoalescer::new(Mode::Immediate, move |batch: Vec<JobsOfARequest>| {
                let queue = queue.clone();
                async move {
                    let now = batch.iter().map(|(_, now)| *now).max().unwrap_or(now);
                    let jobs: Vec<Job> = batch.into_iter().flat_map(|(jobs, _)| jobs).collect();
                    Ok(queue.send(&jobs, now).await?)
                }
            })
        });
        coalescer.write((jobs, now)).await
    }
}
