//! What happened to a delivery before this job came?
//! The delivery's row says so: jobs are delivered at least once, so a job may be late, doubled or resurrected.

use std::time::Duration;

use domain::delivery::{Delivery, DeliveryStatus};
use domain::endpoint::EndpointSettings;
use domain::id::ReplayId;
use domain::timestamp::Timestamp;
use queue::Job;
use store::rows::deliveries::DeliveryRow;

use super::closed::Closed;
use super::{EARLY, Sender};
use crate::error::Fault;
use crate::telemetry::meter::Meter;

/// How much longer than the job that waits for an endpoint's delay any other job of the delivery waits: longer than an
/// attempt takes.
pub(super) const AFTER_ANOTHER: Duration = Duration::from_secs(60);

/// One receive of a job.
#[derive(Debug, Clone, Copy)]
pub(super) struct Receive<'a> {
    pub(super) job: &'a Job,
    /// From 1.
    pub(super) number: u32,
    pub(super) at: Timestamp,
    pub(super) meter: &'a Meter,
}

/// What is known of a delivery when its job comes.
#[derive(Debug)]
pub(super) struct Known {
    /// Its row; as a replay begins it, if the job is the first of one.
    pub(super) row: DeliveryRow,
    /// The replay that the job begins, if that must claim the delivery.
    pub(super) claim: Option<ReplayClaim>,
}

/// The delivery as it was before the replay. The replay claims it on the condition that its row has not changed since.
#[derive(Debug)]
pub(super) struct ReplayClaim {
    /// `None` if it has no row.
    pub(super) before: Option<Delivery>,
}

impl Receive<'_> {
    /// Whether nothing can have happened before.
    pub(super) fn is_first(&self) -> bool {
        self.number <= 1 && self.job.is_first()
    }

    /// How long until the job is due, if it is early.
    fn early_by(&self) -> Option<Duration> {
        let wait = self.job.not_before?.since(self.at);
        (wait > EARLY).then_some(wait)
    }

    /// When the endpoint's delay is over, if it is not yet. It holds back the first attempt of an accepted event alone: what
    /// is sent by hand is sent at once, and what was attempted or parked has waited.
    pub(super) fn delayed_until(
        &self,
        settings: &EndpointSettings,
        delivery: &Delivery,
    ) -> Option<Timestamp> {
        let Self { job, at, .. } = self;
        if settings.delay_seconds == 0 || job.replay_id().is_some() || !delivery.is_new() {
            return None;
        }
        Some(settings.due(job.due())).filter(|due| due.since(*at) > EARLY)
    }

    /// Whether it is the job that waits for the endpoint's delay to be over at `due`. Only a message that takes its place is
    /// received for the first time, and that says when it is due.
    fn waits_until(&self, due: Timestamp) -> bool {
        self.number > 1 || self.job.not_before.is_some_and(|not_before| not_before >= due)
    }

    /// Whether the job is to cut the delivery's wait short, and has not claimed it yet.
    pub(super) fn wakes(&self, delivery: &Delivery) -> bool {
        let Self { job, at, .. } = self;
        job.is_wake() && job.woken_at() == Some(delivery.updated_at) && delivery.can_be_woken(*at)
    }

    /// Why the job no longer stands, or not yet, beside what is known of its delivery.
    pub(super) fn is_outdated_by(&self, delivery: &Delivery) -> Option<Closed> {
        let Self { job, .. } = self;
        if let Some(wait) = self.early_by() {
            return Some(Closed::NotDue(wait));
        }
        // Only a first receive compares: at a later one it may have been this job that claimed the delivery.
        if self.number <= 1 && job.parked_at().is_some() && job.parked_at() != delivery.parked_at {
            return Some(Closed::Duplicate);
        }
        if self.number <= 1 && job.is_sweep() && !delivery.is_new() {
            return Some(Closed::Duplicate);
        }
        if self.number <= 1 && job.is_wake() && job.woken_at() == delivery.woken_at {
            return Some(Closed::Duplicate);
        }
        if let Some(due) = delivery.delayed_until().filter(|_| job.replay_id().is_none()) {
            // It may also be another copy of the message that waits, and dropping one drops both: so it waits, too, until
            // the row says what came of the other.
            let longer = if self.waits_until(due) { Duration::ZERO } else { AFTER_ANOTHER };
            let wait = due.since(self.at) + longer;
            return (wait > EARLY).then_some(Closed::NotDue(wait));
        }
        if delivery.status.is_settled() && delivery.run <= job.replay_id() {
            return Some(Closed::Settled);
        }
        if delivery.run != job.replay_id() {
            return Some(Closed::Superseded);
        }
        if self.wakes(delivery) {
            return None;
        }
        if delivery.woken_at != job.woken_at() {
            return Some(Closed::Superseded);
        }
        // A delivery that waits for its first slot is pending; the sender waits for the rest of a second itself.
        let waits = delivery.status != DeliveryStatus::Pending;
        let wait = delivery.next_attempt_at.filter(|_| waits)?.since(self.at);
        (wait > EARLY).then_some(Closed::NotDue(wait))
    }
}

impl Sender {
    /// The delivery as far as it is known. Only a first receive takes for granted that nothing happened before; an early
    /// job only waits on, and nothing is read for it.
    pub(super) async fn look_up(&self, receive: &Receive<'_>) -> Result<Known, Fault> {
        let Receive { job, at, .. } = *receive;
        if receive.early_by().is_some() {
            return Ok(known(job, None, at));
        }
        if receive.is_first() {
            receive.meter.note(|readings| readings.first_attempt_lag.push(at.since(job.due())));
            return Ok(known(job, None, at));
        }
        let row = self.context.store.load_delivery(job.endpoint, job.delivery, at).await?;
        Ok(known(job, row, at))
    }
}

/// The delivery as its row says, or as a new one; as a replay begins it, if this job is the first of one.
fn known(job: &Job, row: Option<DeliveryRow>, now: Timestamp) -> Known {
    let before = row.as_ref().map(|row| row.delivery.clone());
    let DeliveryRow { delivery, first_attempt } = row.unwrap_or_else(|| {
        let event_type = job.event_type.clone();
        let new = Delivery::new(job.workspace, job.endpoint, job.event, event_type, job.occurred_at);
        DeliveryRow { delivery: Delivery { id: job.delivery, ..new }, first_attempt: None }
    });
    match job.replay_id().filter(|run| begins(job, *run, &delivery, now)) {
        Some(run) => {
            // The replay of one delivery by hand sends it at once, whatever else does: it claims nothing.
            let claim = (!job.is_probe()).then_some(ReplayClaim { before });
            let delivery = Delivery { woken_at: job.woken_at(), ..delivery.replayed(run, now) };
            Known { row: DeliveryRow { delivery, first_attempt }, claim }
        }
        None => Known { row: DeliveryRow { delivery, first_attempt }, claim: None },
    }
}

/// Whether the job begins to send the delivery for replay `run`.
fn begins(job: &Job, run: ReplayId, delivery: &Delivery, now: Timestamp) -> bool {
    // What succeeded is not sent again unless that was asked for.
    let spared = delivery.status == DeliveryStatus::Delivered && !job.is_forced();
    // What another replay is sending is left to it, but for the very wait that this replay was to cut short.
    let takes_over = job.woken_at() == Some(delivery.updated_at);
    let of_another = !job.is_probe() && !takes_over && delivery.run.is_some() && delivery.is_on_its_way(now);
    // A retry that is due, or nearly, may be under way: its row does not say so until the attempt has ended.
    let retries_now = delivery.status == DeliveryStatus::Retrying && !delivery.can_be_woken(now);
    let under_way = !job.is_probe() && retries_now && delivery.is_on_its_way(now);
    delivery.run.is_none_or(|old| old < run) && !spared && !of_another && !under_way
}
