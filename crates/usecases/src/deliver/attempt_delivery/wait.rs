//! How does a job come back later? After a short wait as it is, after a long one as another; and when its endpoint's
//! rate or the places of others make it wait.

use std::sync::Arc;
use std::time::Duration;

use domain::endpoint::Endpoint;
use domain::timestamp::Timestamp;
use queue::Job;
use store::rows::deliveries::{DeliveryRow, Settlement};

use super::{A_MOMENT, Known, LONGEST_INVISIBLE, Next, Sender};
use crate::error::Fault;
use crate::limit::turn::Slot;
use crate::telemetry::meter::Meter;

impl Sender {
    /// Waits until the endpoint's rate lets the delivery go out, if that is a moment; gives what to do with its job if it
    /// is longer.
    pub(super) async fn wait_for_slot(
        &self,
        endpoint: &Arc<Endpoint>,
        known: &Known,
        expires_at: Timestamp,
        meter: &Meter,
    ) -> Result<Option<Next>, Fault> {
        let (delivery, first_attempt) = known;
        let slot = match delivery.slot_at {
            Some(slot) => slot,
            None => match self.turns.slot(endpoint).await? {
                Slot::At(slot) => slot,
                Slot::TooFar => {
                    let known = (delivery.clone(), first_attempt.clone());
                    return self.park_and_drain(known, endpoint, expires_at, meter).await.map(Some);
                }
            },
        };
        let now = self.clock.now();
        let wait = slot.since(now);
        if wait <= A_MOMENT {
            // A timer set to nothing still waits for its next tick, a millisecond away.
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
            return Ok(None);
        }
        // The row remembers the slot, so that it is not reserved again.
        if delivery.slot_at.is_none() {
            let delivery = delivery.clone().waiting_for(slot, now);
            let row = DeliveryRow { delivery, first_attempt: first_attempt.clone() };
            self.settlements.write(Settlement { row, later_attempt: None, expires_at }).await?;
        }
        // SQS counts whole seconds; the rest is waited for here.
        Ok(Some(Next::ComeBackIn(Duration::from_secs(wait.as_secs()))))
    }

    /// Lets the job come back after `wait`.
    pub(super) async fn wait(&self, job: &Job, wait: Duration) -> Result<Next, Fault> {
        if wait <= LONGEST_INVISIBLE {
            return Ok(Next::ComeBackIn(wait));
        }
        // The payload is in the event's row, and may be erased meanwhile.
        self.resends.write(job.delayed(self.clock.now().plus(wait))).await?;
        Ok(Next::Done)
    }

    /// When to look again for a free place: a second at first, later up to half a minute.
    pub(super) fn soon(&self, receives: u32) -> Duration {
        let most = Duration::from_secs(1) * 2u32.saturating_pow(receives.min(5));
        Duration::from_secs(1) + most.mul_f64(self.randomness.unit())
    }
}
