//! How is a delivery attempted?
//! The sender: look up, gate, post, count, decide, record, act. A job is then done with, or comes back later.
//!
//! Jobs are delivered at least once. The delivery's row, not the number of receives, says what has happened before; so a
//! doubled or resurrected job sends nothing. A customer's failure is recorded as an attempt; only our own faults are an
//! `Err`.

mod closed;
mod gate;
mod look_up;
mod payload;
mod send;
mod settle;
mod turn_away;

use std::sync::Arc;
use std::time::Duration;

use domain::delivery::decision::{Circumstances, decide};
use egress::Egress;
use queue::Job;
use queue::reschedule::NotRescheduled;
use store::BATCH_WRITES;
use store::rows::deliveries::Settlement;

use crate::accept::intake::Intake;
use crate::act::actions::Actions;
use crate::act::schemas::Schemas;
use crate::context::Context;
use crate::deliver::request::Posted;
use crate::error::Fault;
use crate::limit::bulkhead::Bulkhead;
use crate::limit::concurrency_limit::ConcurrencyLimiter;
use crate::limit::drain_later::DrainLater;
use crate::limit::rate_limit::RateLimiter;
use crate::recover::circuit_breaker::CircuitBreaker;
use crate::recover::count_parked::ParkedCounter;
use crate::telemetry::count_attempts::Counter;
use crate::telemetry::meter::Meter;
use crate::write_coalescer::{Mode, Seat, WriteCoalescer};
use gate::Gate;
use look_up::{Known, Receive};

/// A job this much early is not put back: SQS counts whole seconds.
pub const EARLY: Duration = Duration::from_secs(1);

/// What attempting deliveries needs.
#[derive(Debug)]
pub struct Sender {
    context: Context,
    egress: Egress,
    /// For the events that rules emit.
    intake: Intake,
    /// For the actions that rules invoke.
    actions: Actions,
    circuit_breaker: CircuitBreaker,
    rate_limiter: RateLimiter,
    concurrency_limiter: ConcurrencyLimiter,
    bulkhead: Bulkhead,
    drain_later: DrainLater,
    parked_counter: ParkedCounter,
    counter: Counter,
    settlements: WriteCoalescer<Settlement>,
    waits: WriteCoalescer<(String, Duration), Arc<NotRescheduled>>,
    resends: WriteCoalescer<Job>,
}

/// What to do with a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing more: it may be deleted.
    Done,
    /// It must come back after this long.
    ComeBackIn(Duration),
}

/// A job we could not handle, and how many attempts its delivery had seen as far as we know.
#[derive(Debug, thiserror::Error)]
#[error("the job could not be handled")]
pub struct Unhandled {
    /// What went wrong.
    #[source]
    pub fault: Fault,
    /// Attempts made before.
    pub attempts_before: u32,
}

impl Sender {
    /// A sender; must be made inside a tokio runtime.
    pub fn new(context: Context, egress: Egress) -> Self {
        let (rows, visibility) = (context.store.clone(), context.queue.clone());
        // A batch does not wait when all its attempts have ended. A first attempt is one row, a later one two.
        let until_idle = Mode::UntilIdle { most: BATCH_WRITES };
        let settlements = WriteCoalescer::new(until_idle, move |batch: Vec<Settlement>| {
            let store = rows.clone();
            async move { Ok(store.settle(&batch).await?) }
        });
        let waits = WriteCoalescer::new(Mode::Delay, move |batch: Vec<(String, Duration)>| {
            let queue = visibility.clone();
            async move { Ok(Arc::new(queue.reschedule(&batch).await)) }
        });
        let (jobs, clock) = (context.queue.clone(), context.clock.clone());
        let resends = WriteCoalescer::new(Mode::Delay, move |batch: Vec<Job>| {
            let (queue, now) = (jobs.clone(), clock.now());
            async move { Ok(queue.send(&batch, now).await?) }
        });
        Self {
            // Parameters are checked by their names alone: this function does not carry JSON Schema.
            actions: Actions::new(context.clone(), egress.clone(), "".into(), Schemas::names_only()),
            egress,
            intake: Intake::new(context.clone()),
            circuit_breaker: CircuitBreaker::new(context.clone()),
            rate_limiter: RateLimiter::new(context.clone()),
            concurrency_limiter: ConcurrencyLimiter::new(context.clone()),
            bulkhead: Bulkhead::default(),
            drain_later: DrainLater::new(context.clone()),
            parked_counter: ParkedCounter::new(context.clone()),
            counter: Counter::new(context.store.clone()),
            settlements,
            waits,
            resends,
            context,
        }
    }

    /// Flushes what is only in memory: spans, and the counts of the last seconds.
    ///
    /// # Errors
    /// [`Fault`] when the table cannot be written.
    pub async fn flush(&self) -> Result<(), Fault> {
        self.context.traces.flush().await;
        self.counter.flush().await
    }

    /// The same at the end of every batch, but the counts only if the last flush was some seconds ago.
    ///
    /// # Errors
    /// [`Fault`] when the table cannot be written.
    pub async fn flush_if_due(&self) -> Result<(), Fault> {
        self.context.traces.flush().await;
        self.counter.flush_if_due(self.context.clock.now()).await
    }

    /// Makes the job with this receipt handle visible again after `delay`.
    ///
    /// # Errors
    /// [`Fault`] when SQS refuses; the job then comes back when the queue's own timeout ends.
    pub async fn come_back(&self, receipt_handle: String, delay: Duration) -> Result<(), Fault> {
        let failed = self.waits.write((receipt_handle.clone(), delay)).await?;
        failed.get(&receipt_handle).map_or(Ok(()), |error| Err(Fault::Queue(Arc::clone(error))))
    }

    /// Moves a job that cannot be handled to the dead-letter queue.
    ///
    /// # Errors
    /// [`Fault`] when SQS refuses.
    pub async fn give_up(&self, body: &str, group: Option<&str>) -> Result<(), Fault> {
        Ok(self.context.queue.move_to_dead_letter(body, group).await?)
    }

    /// How many attempts the delivery of `job` has seen, for one whose handling broke off; 0 if that cannot be read.
    pub async fn attempts_before(&self, job: &Job) -> u32 {
        let row =
            self.context.store.load_delivery(job.endpoint, job.delivery, self.context.clock.now()).await;
        row.ok().flatten().map_or(0, |row| row.delivery.attempts)
    }

    /// Attempts the delivery of `job`, which was received for the `receives`-th time.
    ///
    /// # Errors
    /// [`Unhandled`] when we could not do it or could not record it.
    pub async fn attempt(&self, job: &Job, receives: u32, meter: &Meter) -> Result<Next, Unhandled> {
        // From now on other attempts' rows wait a moment for this one's, so that they are written together.
        let seat = self.settlements.reserve();
        let receive = Receive { job, number: receives, at: self.context.clock.now(), meter };
        // 1. What happened before?
        let known = self.look_up(&receive).await;
        let known = known.map_err(|fault| Unhandled { fault, attempts_before: 0 })?;
        let attempts_before = known.row.delivery.attempts;
        let attempted = self.attempt_known(&receive, known, seat).await;
        attempted.map_err(|fault| Unhandled { fault, attempts_before })
    }

    async fn attempt_known(
        &self,
        receive: &Receive<'_>,
        known: Known,
        seat: Seat<'_, Settlement>,
    ) -> Result<Next, Fault> {
        // 2. May it go out now?
        let (mut row, ready) = match self.gate(receive, known).await? {
            Gate::Open(row, ready) => (row, ready),
            Gate::Closed(row, why) => return self.turn_away(receive, row, why, seat).await,
        };

        // 3. Render, sign, post.
        let (posted, span) = self.post(receive.job, &row.delivery, &ready).await?;

        // 4. Count a failure.
        let health = self.count(&ready.endpoint, &posted).await;

        // 5. Decide everything that follows.
        let Posted { attempt, judgement } = posted;
        let now = attempt.ended_at();
        let decision = decide(&Circumstances {
            attempt: &attempt,
            judgement,
            number_in_schedule: row.delivery.next_in_schedule(),
            settings: &ready.endpoint.settings,
            health,
            is_probe: receive.job.is_probe(),
            randomness: self.context.randomness.unit(),
            now,
        });

        // 6. Record it.
        self.report(receive, &ready, &attempt, decision);
        span.end_attempt(&attempt, decision);
        row.delivery = row.delivery.settled(&attempt, decision);
        let expires_at = ready.workspace.expiry(receive.job.event.time());
        self.record(row, attempt, expires_at, seat).await?;

        // 7. Act on it.
        self.act_on(receive.job, &ready.endpoint, decision, now).await
    }
}
