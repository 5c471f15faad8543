//! When is a delivery not attempted? While its endpoint's circuit is open or its limits are exhausted it is parked; when it
//! can never be attempted it is cancelled.

use domain::delivery::{CancelReason, Delivery};
use domain::endpoint::{DisabledReason, Endpoint};
use domain::timestamp::Timestamp;
use queue::Job;
use store::rows::deliveries::{DeliveryRow, Settlement};

use super::{Known, Next, Sender};
use crate::error::Fault;
use crate::telemetry::meter::Meter;

impl Sender {
    /// Whether the delivery must wait until its endpoint has recovered.
    pub(super) async fn is_set_aside(
        &self,
        job: &Job,
        endpoint: &Endpoint,
        delivery: &Delivery,
    ) -> Result<bool, Fault> {
        // What was under way when the endpoint was switched off for failing is not lost: it goes out when it is
        // switched on again.
        if !endpoint.settings.active {
            return Ok(endpoint.disabled_reason == Some(DisabledReason::Failing));
        }
        // Those that wait for a retry are the circuit's probes; after 45 s of quiet the schedule's next look sends one.
        if delivery.counted_attempts() > 0 || job.probe {
            return Ok(false);
        }
        let health = self.cache.health(job.workspace, job.endpoint).await?;
        Ok(health.is_some_and(|health| health.is_open()))
    }

    /// Parks a delivery that its endpoint's limits keep waiting for too long. The drain is begun first: a delivery that
    /// were parked without one would be forgotten.
    pub(super) async fn park_and_drain(
        &self,
        known: Known,
        endpoint: &Endpoint,
        expires_at: Timestamp,
        meter: &Meter,
    ) -> Result<Next, Fault> {
        self.turns.drain_later(endpoint).await?;
        self.park(known, expires_at, meter).await
    }

    pub(super) async fn park(
        &self,
        known: Known,
        expires_at: Timestamp,
        meter: &Meter,
    ) -> Result<Next, Fault> {
        meter.note(|readings| readings.parked += 1);
        let (delivery, first_attempt) = known;
        let delivery = delivery.parked(self.clock.now());
        tracing::info!(
            delivery = %delivery.id, endpoint = %delivery.endpoint_id, event = %delivery.event_id,
            workspace = %delivery.workspace_id, event_type = %delivery.event_type, "parked"
        );
        let row = DeliveryRow { delivery, first_attempt };
        self.settlements.write(Settlement { row, later_attempt: None, expires_at }).await?;
        Ok(Next::Done)
    }

    pub(super) async fn cancel(
        &self,
        known: Known,
        reason: CancelReason,
        expires_at: Timestamp,
    ) -> Result<Next, Fault> {
        let (delivery, first_attempt) = known;
        let delivery = delivery.cancelled(reason, self.clock.now());
        tracing::info!(
            delivery = %delivery.id, endpoint = %delivery.endpoint_id, event = %delivery.event_id,
            workspace = %delivery.workspace_id, event_type = %delivery.event_type, ?reason, "cancelled"
        );
        let row = DeliveryRow { delivery, first_attempt };
        self.settlements.write(Settlement { row, later_attempt: None, expires_at }).await?;
        Ok(Next::Done)
    }
}
