//! What does accepting events need? The table, the queue, and who is who; and the groups by which requests that come at
//! the same time share their writes.

use std::sync::{Arc, OnceLock};

use domain::timestamp::Timestamp;
use queue::{Job, Queue, Topic};
use store::Store;

use crate::error::Fault;
use crate::group::{Gather, Group};
use crate::{Chance, Clock, Directory};

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
    pub directory: Directory,
    /// What time it is.
    pub clock: Clock,
    /// Randomness.
    pub chance: Chance,
    jobs: Arc<OnceLock<Group<JobsOfARequest>>>,
}

impl Intake {
    /// An intake that remembers nothing yet, with the system's clock and randomness.
    pub fn new(store: Store, queue: Queue) -> Self {
        let directory = Directory::new(store.clone());
        let (clock, chance) = (Clock::system(), Chance::system());
        Self { store, queue, topic: None, directory, clock, chance, jobs: Arc::default() }
    }

    /// The same with a topic.
    #[must_use]
    pub fn with_topic(self, topic: Option<Topic>) -> Self {
        Self { topic, ..self }
    }

    /// The same with what others remember too.
    #[must_use]
    pub fn with_directory(self, directory: Directory) -> Self {
        Self { directory, ..self }
    }

    /// The same with another clock and other randomness.
    #[must_use]
    pub fn with_clock_and_chance(self, clock: Clock, chance: Chance) -> Self {
        Self { clock, chance, ..self }
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
            Group::new(Gather::Prompt, move |group: Vec<JobsOfARequest>| {
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
