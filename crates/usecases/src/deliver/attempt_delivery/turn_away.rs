//! What happens to a job that may not be attempted now?
//! It is dropped, put back, parked or cancelled; each time one log line and one count say why.

use std::time::Duration;

use domain::delivery::ParkReason;
use domain::id::EndpointKey;
use domain::policy::backoff::{ALWAYS_INVISIBLE, Backoff, QueueLoad, backoff};
use domain::timestamp::Timestamp;
use queue::Job;
use store::rows::deliveries::{DeliveryRow, Settlement};

use super::closed::{Closed, Consequence};
use super::look_up::{AFTER_ANOTHER, Receive};
use super::{Next, Sender};
use crate::context::cache::CACHED_FOR;
use crate::error::Fault;
use crate::telemetry::attempt_log::log_turned_away;
use crate::write_coalescer::Seat;

impl Sender {
    /// Does what follows from a closed gate.
    pub(super) async fn turn_away(
        &self,
        receive: &Receive<'_>,
        row: DeliveryRow,
        why: Closed,
        seat: Seat<'_, Settlement>,
    ) -> Result<Next, Fault> {
        let Receive { job, number, meter, .. } = *receive;
        let now = self.context.clock.now();
        // Of several jobs only one waits for the endpoint's delay; the others come after it.
        let why = match why {
            Closed::Delayed(due) if !self.hold(&row, due).await? => {
                Closed::NotDue(due.since(now) + AFTER_ANOTHER)
            }
            why => why,
        };
        // A job that waited for a retry was received for that, and not because it found no room.
        let looks = number.saturating_sub(row.delivery.counted_attempts());
        let consequence = why.consequence(looks, CACHED_FOR);
        log_turned_away(job, number, consequence.as_str(), why.as_str());
        meter.note(|readings| *readings.turned_away.entry(why.as_str()).or_default() += 1);
        let DeliveryRow { delivery, first_attempt } = row;
        let changed = match consequence {
            Consequence::Drop => return Ok(Next::Done),
            Consequence::Wait(wait) => {
                drop(seat);
                return self.wait(job, wait).await;
            }
            Consequence::WaitUntil(due) => {
                drop(seat);
                return self.wait_until(job, due, due.since(now)).await;
            }
            Consequence::LookAgain => return Ok(Next::ComeBackIn(self.soon(looks))),
            Consequence::WaitForSlot(slot) => {
                // The row keeps the slot, so that it is not reserved again.
                if delivery.slot_at.is_none() {
                    let delivery = delivery.waiting_for(slot, now);
                    self.keep(DeliveryRow { delivery, first_attempt }, seat).await?;
                }
                // SQS counts whole seconds; this invocation waits for the rest.
                return Ok(Next::ComeBackIn(Duration::from_secs(slot.since(now).as_secs())));
            }
            Consequence::Park => delivery.parked(ParkReason::EndpointFailing, now),
            Consequence::ParkAndCount => delivery.parked(ParkReason::EndpointDisabled, now),
            Consequence::ParkAndDrain(reason) => {
                // The drain first: a delivery that is parked without one would wait for ever.
                self.drain_later.begin(EndpointKey::new(job.workspace, job.endpoint)).await?;
                delivery.parked(reason, now)
            }
            Consequence::Cancel(reason) => delivery.cancelled(reason, now),
        };
        meter.note(|readings| readings.parked += u32::from(changed.parked_at.is_some()));
        self.keep(DeliveryRow { delivery: changed, first_attempt }, seat).await?;
        if consequence == Consequence::ParkAndCount {
            self.parked_counter.count(EndpointKey::new(job.workspace, job.endpoint)).await;
        }
        Ok(Next::Done)
    }

    /// Writes the row of a delivery that is not attempted.
    async fn keep(&self, row: DeliveryRow, seat: Seat<'_, Settlement>) -> Result<(), Fault> {
        let workspace = self.context.cache.workspace(row.delivery.workspace_id).await?;
        // A workspace that was deleted since the gate keeps no rows.
        let Some(workspace) = workspace else { return Ok(()) };
        let expires_at = workspace.expiry(row.delivery.event_id.time());
        seat.write(Settlement { row, later_attempt: None, expires_at }).await
    }

    /// Claims a delivery without a row until its endpoint's delay is over at `due`; `false` if it has one by now. A sweep and
    /// a repeated request, which send what has no row, then leave it alone.
    async fn hold(&self, row: &DeliveryRow, due: Timestamp) -> Result<bool, Fault> {
        let now = self.context.clock.now();
        let Some(workspace) = self.context.cache.workspace(row.delivery.workspace_id).await? else {
            return Ok(false);
        };
        let delivery = row.delivery.clone().delayed(due, now);
        let expires_at = workspace.expiry(delivery.event_id.time());
        let row = DeliveryRow { delivery, first_attempt: None };
        let settlement = Settlement { row, later_attempt: None, expires_at };
        // On the heap: or the futures of deliveries without a delay would be larger, too.
        Ok(Box::pin(self.context.store.take_new(&settlement, now)).await?)
    }

    /// Lets the job come back after `wait`: as it is, or as a delayed message in its place.
    pub(super) async fn wait(&self, job: &Job, wait: Duration) -> Result<Next, Fault> {
        self.wait_until(job, self.context.clock.now().plus(wait), wait).await
    }

    /// The same, where the instant `until` after `wait` is known.
    async fn wait_until(&self, job: &Job, until: Timestamp, wait: Duration) -> Result<Next, Fault> {
        let now = self.context.clock.now();
        let load = match wait <= ALWAYS_INVISIBLE {
            true => QueueLoad::default(),
            false => self.context.cache.queue_load().await?,
        };
        // No message of an event is older than the event.
        match backoff(wait, load, now.since(job.event.time())) {
            Backoff::Invisible => Ok(Next::ComeBackIn(wait)),
            Backoff::Delayed => {
                self.resends.write(job.delayed(until)).await?;
                Ok(Next::Done)
            }
        }
    }

    /// When to look again for room: a second at first, later up to half a minute.
    fn soon(&self, receives: u32) -> Duration {
        let most = Duration::from_secs(1) * 2u32.saturating_pow(receives.min(5));
        Duration::from_secs(1) + most.mul_f64(self.context.randomness.unit())
    }
}
