//! How is a delivery attempted? One job in, one of two answers out: done with it, or come back later.
//!
//! The delivery's row, not the number of receives, says what has happened before; so a doubled or resurrected job
//! sends nothing. A customer's failure is recorded as an attempt; only our own faults are an `Err`.

mod send;
mod set_aside;
mod wait;

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::delivery::attempt::Attempt;
use domain::delivery::decision::{Circumstances, Decision, decide};
use domain::delivery::{self, Delivery, DeliveryStatus};
use domain::endpoint::DisabledReason;
use domain::event::operational::OperationalEvent;
use domain::policy::circuit::Health;
use domain::timestamp::Timestamp;
use egress::Egress;
use queue::reschedule::NotRescheduled;
use queue::{Job, Queue};
use serde_json::json;
use store::rows::deliveries::{DeliveryRow, Settlement};
use store::{BATCH_WRITES, Store};

use crate::accept::operational_event::notify;
use crate::context::Context;
use crate::context::cache::CACHED_FOR;
use crate::deliver::request::Posted;
use crate::error::Fault;
use crate::limit::bulkhead::Bulkhead;
use crate::limit::turn::{Place, Turns};
use crate::recover::circuit_breaker::{CircuitBreaker, switch_off};
use crate::telemetry::attempt_log::{log, read_off};
use crate::telemetry::count_attempts::Counter;
use crate::telemetry::meter::Meter;
use crate::write_coalescer::{Expected, Gather, WriteCoalescer};
use crate::{Cache, Clock, Randomness, Traces};

/// A job this much early is not put back: SQS counts whole seconds.
pub const EARLY: Duration = Duration::from_secs(1);

/// A job that waits invisible is in flight, of which a queue holds no more than 120,000 for all endpoints together. So
/// only a short wait is the job's visibility timeout; for a longer one it is sent again, delayed.
pub const LONGEST_INVISIBLE: Duration = Duration::from_secs(60);

/// A delivery that has found no free place so often is parked rather than kept in flight.
const LOOKS_FOR_A_PLACE: u32 = 4;

/// A wait this short is waited for in place: it costs less than to put the job back.
const A_MOMENT: Duration = Duration::from_millis(1_100);

/// What attempting deliveries needs.
#[derive(Debug)]
pub struct Sender {
    store: Store,
    queue: Queue,
    egress: Egress,
    cache: Cache,
    clock: Clock,
    randomness: Randomness,
    traces: Traces,
    health: CircuitBreaker,
    turns: Turns,
    bulkhead: Bulkhead,
    counter: Counter,
    under_way: Expected,
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
        let under_way = Expected::nobody(BATCH_WRITES);
        let settlements =
            WriteCoalescer::new(Gather::LingerFor(under_way.clone()), move |group: Vec<Settlement>| {
                let store = rows.clone();
                async move { Ok(store.settle(&group).await?) }
            });
        let waits = WriteCoalescer::new(Gather::Linger, move |group: Vec<(String, Duration)>| {
            let queue = visibility.clone();
            async move { Ok(Arc::new(queue.reschedule(&group).await)) }
        });
        let (jobs, now) = (context.queue.clone(), context.clock.clone());
        let resends = WriteCoalescer::new(Gather::Linger, move |group: Vec<Job>| {
            let (queue, now) = (jobs.clone(), now.now());
            async move { Ok(queue.send(&group, now).await?) }
        });
        let health = CircuitBreaker::new(context.clone());
        let turns = Turns::new(context.clone());
        let counter = Counter::new(context.store.clone());
        let Context { store, queue, cache, clock, randomness, traces, .. } = context;
        Self {
            store,
            queue,
            egress,
            cache,
            clock,
            randomness,
            traces,
            health,
            turns,
            bulkhead: Bulkhead::default(),
            counter,
            under_way,
            settlements,
            waits,
            resends,
        }
    }

    /// Sends and writes down what is only in memory: spans, and the last seconds' statistics.
    ///
    /// # Errors
    /// [`Fault`] when the table cannot be written.
    pub async fn flush(&self) -> Result<(), Fault> {
        self.traces.flush().await;
        self.counter.flush().await
    }

    /// The same for the end of every batch: statistics only if some seconds have passed since the last time.
    ///
    /// # Errors
    /// [`Fault`] when the table cannot be written.
    pub async fn flush_if_due(&self) -> Result<(), Fault> {
        self.traces.flush().await;
        self.counter.flush_if_due(self.clock.now()).await
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
        Ok(self.queue.move_to_dead_letter(body, group).await?)
    }

    /// Attempts the delivery of `job`, which was received for the `receives`-th time.
    ///
    /// # Errors
    /// [`Unhandled`] when we could not do it or could not record it.
    pub async fn attempt(&self, job: &Job, receives: u32, meter: &Meter) -> Result<Next, Unhandled> {
        let _guest = self.under_way.one_more();
        // 1. Is it due?
        let now = self.clock.now();
        if let Some(due) = job.not_before.filter(|due| due.since(now) > EARLY) {
            let waiting = self.wait(job, due.since(now)).await;
            return waiting.map_err(|fault| Unhandled { fault, attempts_before: 0 });
        }

        // 2. What has happened before? Only a first receive may take "nothing" for granted.
        let first_time = receives <= 1 && !job.recheck;
        if first_time {
            meter.note(|readings| readings.first_attempt_lag.push(now.since(job.due())));
        }
        let row = if first_time { None } else { self.load(job).await? };
        let before = row.as_ref().map_or(0, |row| row.delivery.attempts);
        self.attempt_after(job, row, receives, meter)
            .await
            .map_err(|fault| Unhandled { fault, attempts_before: before })
    }

    async fn load(&self, job: &Job) -> Result<Option<DeliveryRow>, Unhandled> {
        let row = self.store.load_delivery(job.endpoint, job.delivery, self.clock.now()).await;
        row.map_err(|error| Unhandled { fault: error.into(), attempts_before: 0 })
    }

    async fn attempt_after(
        &self,
        job: &Job,
        row: Option<DeliveryRow>,
        receives: u32,
        meter: &Meter,
    ) -> Result<Next, Fault> {
        let now = self.clock.now();
        let mut known = known(job, row, now);
        let delivery = &known.0;
        let parked_at = delivery.parked_at;
        if receives <= 1 && job.parked_at.is_some() && job.parked_at != parked_at {
            // A drain looks twice and may have sent it twice: the other job has it.
            return Ok(Next::Done);
        }
        if delivery.run != job.run || delivery.status != DeliveryStatus::Pending {
            // A job of another run than the row's is an old one: a replay has taken the delivery over.
            if delivery.status.is_settled() || delivery.run != job.run {
                return Ok(Next::Done);
            }
            if let Some(wait) = delivery.next_attempt_at.map(|at| at.since(now)).filter(|wait| *wait > EARLY)
            {
                return self.wait(job, wait).await;
            }
        }

        // 3. Is its endpoint still there, active and well, and the payload at hand?
        let workspace = self.cache.workspace(job.workspace).await?;
        let Some(workspace) = workspace else { return Ok(Next::Done) };
        let expires_at = workspace.expiry(job.event.time());
        if expires_at <= now && (receives > 1 || job.recheck) {
            // What its rows said has expired with them, so nothing can be known of it any more, nor written.
            tracing::warn!(delivery = %job.delivery, endpoint = %job.endpoint, event = %job.event, "expired");
            return Ok(Next::Done);
        }
        let endpoint = self.cache.endpoint(job.workspace, job.endpoint).await?;
        if let Some(endpoint) = &endpoint
            && self.is_set_aside(job, endpoint, &known.0).await?
        {
            return self.park(known, expires_at, meter).await;
        }
        if delivery::cancel_reason(endpoint.as_deref()).is_some() {
            // What is remembered may be some seconds old, and a cancelled delivery stays cancelled: look again.
            let endpoint = self.store.load_endpoint(job.workspace, job.endpoint).await?;
            return match delivery::cancel_reason(endpoint.as_ref()) {
                Some(reason) => self.cancel(known, reason, expires_at).await,
                None => Ok(Next::ComeBackIn(CACHED_FOR)),
            };
        }
        let Some(endpoint) = endpoint else { return Ok(Next::Done) };
        // Before anything is read for it in vain. One from a drain is taken up first: at its next receive nobody would
        // ask any more whether another has it.
        if parked_at.is_none() && self.bulkhead.is_full(endpoint.id, Instant::now()) {
            return Ok(Next::ComeBackIn(self.soon(receives)));
        }
        if let Some(parked_at) = parked_at {
            let row = DeliveryRow { delivery: known.0.claimed(now), first_attempt: known.1 };
            let settlement = Settlement { row, later_attempt: None, expires_at };
            if !self.store.take_parked(&settlement, parked_at).await? {
                return Ok(Next::Done);
            }
            known = (settlement.row.delivery, settlement.row.first_attempt);
        }
        let (payload, trace) = match self.payload(job, receives).await? {
            Ok(payload) => payload,
            Err(reason) => return self.cancel(known, reason, expires_at).await,
        };

        // 4. Is it its turn?
        let Some(_ticket) = self.bulkhead.enter(endpoint.id, Instant::now()) else {
            return Ok(Next::ComeBackIn(self.soon(receives)));
        };
        if let Some(next) = self.wait_for_slot(&endpoint, &known, expires_at, meter).await? {
            return Ok(next);
        }
        let place = self.turns.place(&endpoint).await?;
        if matches!(place, Place::None) {
            if receives < LOOKS_FOR_A_PLACE {
                return Ok(Next::ComeBackIn(self.soon(receives)));
            }
            return self.park_and_drain(known, &endpoint, expires_at, meter).await;
        }

        // 5. Render, sign, send.
        let (delivery, first_attempt) = known;
        let (Posted { attempt, judgement }, span) =
            self.send(job, &endpoint, &payload, trace, &delivery).await;
        if let Err(fault) = self.turns.leave(&endpoint, place).await {
            // The place is free again by itself in a while; what was sent must be recorded first.
            tracing::warn!(endpoint = %endpoint.id, error = %fault, "a place could not be given back");
        }

        // 6. Count a failure, then decide everything that follows, and record it.
        let ended = attempt.ended_at();
        let health = match judgement.counts_against_health() {
            false => Health::default(),
            // A request that was made must be recorded, whether or not its endpoint's health can be.
            true => self.health.failed(&endpoint, ended).await.unwrap_or_else(|fault| {
                tracing::error!(endpoint = %endpoint.id, error = %fault, "a failure could not be counted");
                Health::default()
            }),
        };
        let decision = decide(&Circumstances {
            attempt: &attempt,
            judgement,
            number_in_schedule: delivery.next_in_schedule(),
            settings: &endpoint.settings,
            health,
            is_probe: job.probe,
            randomness: self.randomness.unit(),
            now: ended,
        });
        let delivery = delivery.settled(&attempt, decision);
        log(job, &attempt, decision);
        span.end_attempt(&attempt, decision);
        meter.note(|readings| read_off(readings, job, &attempt, decision, ended));
        self.counter.count(job.workspace, job.endpoint, &attempt, decision, workspace.expiry(now));
        let (first_attempt, later_attempt) = match attempt.number {
            1 => (Some(attempt), None),
            _ => (first_attempt, Some(attempt)),
        };
        let row = DeliveryRow { delivery, first_attempt };
        self.settlements.write(Settlement { row, later_attempt, expires_at }).await?;

        // 7. Act on it.
        match decision {
            Decision::RetryIn(delay) => return self.wait(job, delay).await,
            Decision::Gone => {
                let data = json!({ "endpoint_id": endpoint.id });
                switch_off(self.health.context(), &endpoint, DisabledReason::Gone, ended, data).await?;
            }
            Decision::Delivered => self.health.succeeded(&endpoint).await?,
            Decision::Exhausted | Decision::Permanent => self.notify_exhausted(job).await,
            Decision::Park { .. } => {}
        }
        Ok(Next::Done)
    }

    async fn notify_exhausted(&self, job: &Job) {
        if OperationalEvent::is_one(&job.event_type) {
            return;
        }
        let data = json!({
            "endpoint_id": job.endpoint, "delivery_id": job.delivery, "event_id": job.event,
            "event_type": job.event_type,
        });
        let what = OperationalEvent::DeliveryExhausted;
        notify(self.health.context(), job.workspace, job.endpoint, what, data).await;
    }
}

/// A delivery as far as it is known, and its first attempt.
type Known = (Delivery, Option<Attempt>);

/// The delivery as its row says, or as a new one; as a replay begins it, if this job is the first of one.
fn known(job: &Job, row: Option<DeliveryRow>, now: Timestamp) -> Known {
    let (delivery, first_attempt) = match row {
        Some(row) => (row.delivery, row.first_attempt),
        None => {
            let event_type = job.event_type.clone();
            let new = Delivery::new(job.workspace, job.endpoint, job.event, event_type, job.occurred_at);
            (Delivery { id: job.delivery, ..new }, None)
        }
    };
    match job.run {
        // What succeeded is not sent again unless that was asked for.
        Some(run) if delivery.run.is_none_or(|old| old < run) => {
            let spared = delivery.status == DeliveryStatus::Delivered && !job.force;
            let delivery = if spared { delivery } else { delivery.replayed(run, now) };
            (delivery, first_attempt)
        }
        _ => (delivery, first_attempt),
    }
}
