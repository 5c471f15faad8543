//! What is done when an attempt has ended?
//! Its failure is counted in the endpoint's health, its row is written, and then the decision is carried out.

use std::sync::Arc;

use domain::delivery::attempt::Attempt;
use domain::delivery::decision::Decision;
use domain::endpoint::{DisabledReason, Endpoint};
use domain::event::operational::OperationalEvent;
use domain::policy::circuit::{Failure, Health};
use domain::timestamp::Timestamp;
use queue::Job;
use serde_json::json;
use store::rows::deliveries::{DeliveryRow, Settlement};

use super::gate::Ready;
use super::look_up::Receive;
use super::{Next, Sender};
use crate::accept::operational_event::notify_because_of;
use crate::deliver::request::Posted;
use crate::error::Fault;
use crate::recover::circuit_breaker::switch_off;
use crate::telemetry::attempt_log::{log, read_off};
use crate::write_coalescer::Seat;

impl Sender {
    /// Counts a failed attempt; returns the endpoint's health after it. A success is counted when it has been recorded.
    pub(super) async fn count(&self, endpoint: &Arc<Endpoint>, posted: &Posted) -> Health {
        let Some(error) = posted.judgement.error().filter(|_| posted.judgement.counts_against_health())
        else {
            return Health::default();
        };
        // A step that emits or invokes has no receiver that could fail.
        if endpoint.url.step().is_some() {
            return Health::default();
        }
        let (at, response_status) = (posted.attempt.ended_at(), posted.attempt.response_status());
        let failure = Failure { at, error, response_status };
        // A request that was made must be recorded, whether or not its endpoint's health can be.
        self.circuit_breaker.failed(endpoint, failure).await.unwrap_or_else(|fault| {
            tracing::error!(endpoint = %endpoint.id, error = %fault, "a failed attempt could not be counted in its endpoint's health");
            Health::default()
        })
    }

    /// Logs and counts the attempt.
    pub(super) fn report(&self, receive: &Receive<'_>, ready: &Ready, attempt: &Attempt, decision: Decision) {
        let Receive { job, at, meter, .. } = *receive;
        log(job, attempt, decision);
        meter.note(|readings| read_off(readings, job, attempt, decision, attempt.ended_at()));
        self.counter.count(ready.endpoint.key(), attempt, decision, ready.workspace.expiry(at));
    }

    /// Writes the delivery's row, and the attempt's: the first one stands in the delivery's. Only the first attempt of an
    /// accepted event is surely the only one of its number; others are written under a condition.
    pub(super) async fn record(
        &self,
        row: DeliveryRow,
        attempt: Attempt,
        expires_at: Timestamp,
        seat: Seat<'_, Settlement>,
    ) -> Result<(), Fault> {
        let alone = attempt.number == 1 && row.delivery.run.is_none();
        let (first_attempt, later_attempt) = match attempt.number {
            1 => (Some(attempt), None),
            _ => (row.first_attempt, Some(attempt)),
        };
        let row = DeliveryRow { delivery: row.delivery, first_attempt };
        let settlement = Settlement { row, later_attempt, expires_at };
        if alone {
            return seat.write(settlement).await;
        }
        drop(seat);
        // On the heap: or the futures of first attempts would be larger, too.
        Ok(Box::pin(self.context.store.settle_beside_others(settlement)).await?)
    }

    /// Carries out the decision.
    pub(super) async fn act_on(
        &self,
        job: &Job,
        endpoint: &Endpoint,
        decision: Decision,
        now: Timestamp,
    ) -> Result<Next, Fault> {
        match decision {
            Decision::RetryIn(delay) => return self.wait(job, delay).await,
            Decision::Gone => {
                let data = json!({ "endpoint_id": endpoint.id });
                switch_off(&self.context, endpoint, DisabledReason::Gone, now, data).await?;
            }
            Decision::Delivered => self.circuit_breaker.succeeded(endpoint).await?,
            Decision::Exhausted | Decision::Permanent => self.notify_exhausted(job, endpoint).await,
            Decision::Park { .. } => {}
        }
        Ok(Next::Done)
    }

    async fn notify_exhausted(&self, job: &Job, endpoint: &Endpoint) {
        if OperationalEvent::is_one(&job.event_type) {
            return;
        }
        let data = json!({
            "endpoint_id": job.endpoint, "delivery_id": job.delivery, "event_id": job.event,
            "event_type": job.event_type,
        });
        let (what, of) = (OperationalEvent::DeliveryExhausted, Some(job.event));
        notify_because_of(&self.context, endpoint, what, data, of).await;
    }
}
