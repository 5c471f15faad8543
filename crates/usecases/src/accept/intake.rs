//! What does accepting events need? The table, the queue, and who is who; and the groups by which requests that come at
//! the same time share their writes.

use std::sync::{Arc, OnceLock};

use domain::event::Event;
use domain::timestamp::Timestamp;
use queue::{Job, Queue, Topic};
use store::Store;
use store::rows::events::EventRow;

use crate::error::Fault;
use crate::write_coalescer::{Gather, WriteCoalescer};
use crate::{Cache, Clock, Randomness, Traces};

/// Its jobs, and when they were made.
type JobsOfARequest = (Vec<Job>, Timestamp);

/// What accepting events needs, and whatever works on deliveries. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Intake {
    /// The table.
    pub store: Store,
    /// The queue of delivery jobs.
    pub queue: Queue,
    /// Where operational events are published besides, if anywhere.
    pub topic: Option<Topic>,
    /// Who is who.
    pub cache: Cache,
    /// What time it is.
    pub clock: Clock,
    /// Randomness.
    pub randomness: Randomness,
    /// Where spans are made.
    pub traces: Traces,
    events: Arc<OnceLock<WriteCoalescer<EventRow>>>,
    jobs: Arc<OnceLock<WriteCoalescer<JobsOfARequest>>>,
}

impl Intake {
    /// An intake that remembers nothing yet, with the system's clock and randomness.
    pub fn new(store: Store, queue: Queue) -> Self {
        let cache = Cache::new(store.clone());
        let (clock, randomness) = (Clock::system(), Randomness::system());
        Self {
            store,
            queue,
            topic: None,
            cache,
            clock,
            randomness,
            traces: Traces::default(),
            events: Arc::default(),
            jobs: Arc::default(),
        }
    }

    /// The same with a topic.
    #[must_use]
    pub fn with_topic(self, topic: Option<Topic>) -> Self {
        Self { topic, ..self }
    }

    /// The same with spans.
    #[must_use]
    pub fn with_traces(self, traces: Traces) -> Self {
        Self { traces, ..self }
    }

    /// The same with what others remember too.
    #[must_use]
    pub fn with_cache(self, cache: Cache) -> Self {
        Self { cache, ..self }
    }

    /// The same with another clock and other randomness.
    #[must_use]
    pub fn with_clock_and_randomness(self, clock: Clock, randomness: Randomness) -> Self {
        Self { clock, randomness, ..self }
    }

    /// Writes an event; whether nobody else has its id. One whose id was made just now is nobody else's, so it is written
    /// together with those of other requests.
    ///
    /// # Errors
    /// [`Fault`] when the table cannot be written.
    pub(crate) async fn save_event(
        &self,
        event: &Event,
        expires_at: Timestamp,
        made_here: bool,
    ) -> Result<bool, Fault> {
        if !made_here {
            return Ok(self.store.save_event(event, expires_at).await?);
        }
        let group = self.events.get_or_init(|| {
            let store = self.store.clone();
            WriteCoalescer::new(Gather::Prompt, move |rows: Vec<EventRow>| {
                let store = store.clone();
                async move { Ok(store.save_new_events(rows).await?) }
            })
        });
        group.write(self.store.event_row(event, expires_at).await?).await?;
        Ok(true)
    }

    /// Puts jobs on the queue, together with those of other requests.
    ///
    /// # Errors
    /// [`Fault`] when some could not be sent; others may have been.
    pub(crate) async fn send_jobs(&self, jobs: Vec<Job>, now: Timestamp) -> Result<(), Fault> {
        if jobs.is_empty() {
            return Ok(());
        }
        let group = self.jobs.get_or_init(|| {
            let queue = self.queue.clone();
            WriteCoalescer::new(Gather::Prompt, move |group: Vec<JobsOfARequest>| {
                let queue = queue.clone();
                async move {
                    let now = group.iter().map(|(_, now)| *now).max().unwrap_or(now);
                    let jobs: Vec<Job> = group.into_iter().flat_map(|(jobs, _)| jobs).collect();
                    Ok(queue.send(&jobs, now).await?)
                }
            })
        });
        group.write((jobs, now)).await
    }
}
