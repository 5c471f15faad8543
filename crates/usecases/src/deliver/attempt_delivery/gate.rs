//! May a delivery go out now?
//! The gate before an attempt: the job still stands, the endpoint is active and its circuit closed, the payload is at
//! hand, and bulkhead, rate limit and concurrency limit let it through.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::access::workspace::Workspace;
use domain::delivery::{Delivery, cancel_reason};
use domain::endpoint::{DisabledReason, Endpoint};
use domain::id::EndpointKey;
use domain::timestamp::Timestamp;
use store::rows::deliveries::{DeliveryRow, Settlement};
use store::rows::events::KeptPayload;

use super::Sender;
use super::closed::{Closed, Stop};
use super::look_up::{Known, Receive, ReplayClaim};
use crate::error::Fault;
use crate::limit::bulkhead::Ticket;
use crate::limit::concurrency_limit::Lease;
use crate::limit::rate_limit::Slot;

/// Up to this long the sender waits itself: that costs less than putting the job back.
const A_MOMENT: Duration = Duration::from_millis(1_100);

/// Whether a delivery may go out now.
#[derive(Debug)]
pub(super) enum Gate {
    /// The delivery may be attempted.
    Open(DeliveryRow, Ready),
    /// The delivery may not be attempted now.
    Closed(DeliveryRow, Closed),
}

/// What an attempt needs.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) workspace: Arc<Workspace>,
    pub(super) endpoint: Arc<Endpoint>,
    pub(super) payload: KeptPayload,
    pub(super) lease: Lease,
    /// Held as long as the attempt is under way.
    pub(super) _ticket: Ticket,
}

impl Sender {
    /// Whether the delivery may go out now.
    pub(super) async fn gate(&self, receive: &Receive<'_>, known: Known) -> Result<Gate, Fault> {
        let Known { mut row, claim } = known;
        match self.pass(receive, &mut row, claim).await {
            Ok(ready) => Ok(Gate::Open(row, ready)),
            Err(Stop::Closed(why)) => Ok(Gate::Closed(row, why)),
            Err(Stop::Fault(fault)) => Err(fault),
        }
    }

    async fn pass(
        &self,
        receive: &Receive<'_>,
        row: &mut DeliveryRow,
        claim: Option<ReplayClaim>,
    ) -> Result<Ready, Stop> {
        // 1. Does the job still stand, and is it due?
        if let Some(why) = receive.is_outdated_by(&row.delivery) {
            return Err(why.into());
        }

        // 2. Do its workspace and endpoint still exist, and is the endpoint active and healthy?
        let Receive { job, at: now, .. } = *receive;
        let workspace = self.context.cache.workspace(job.workspace).await?.ok_or(Closed::WorkspaceGone)?;
        let expires_at = workspace.expiry(job.event.time());
        if expires_at <= now && !receive.is_first() {
            return Err(Closed::Expired.into());
        }
        let endpoint = self.active_endpoint(receive, &row.delivery).await?;

        // 3. Is there room, and does a parked delivery belong to this job? A parked one is claimed even beside a full
        // bulkhead: only the first receive compares `parked_at`, so a later one could not recognise a duplicate.
        match row.delivery.parked_at {
            Some(parked_at) => self.claim(row, parked_at, expires_at).await?,
            None if receive.wakes(&row.delivery) => self.wake(row, expires_at).await?,
            None if self.bulkhead.is_full(endpoint.id, Instant::now()) => {
                return Err(Closed::BulkheadFull.into());
            }
            None => {}
        }
        if let Some(claim) = claim {
            Box::pin(self.claim_for_replay(row, claim, expires_at)).await?;
        }
        if self.concurrency_limiter.is_full(&endpoint) {
            return Err(Closed::NoLease.into());
        }

        // 4. Is the payload at hand?
        let payload = self.payload(receive).await?;

        // 5. Do the limits let it through?
        let ticket = self.bulkhead.enter(endpoint.id, Instant::now()).ok_or(Closed::BulkheadFull)?;
        self.wait_for_slot(&endpoint, &row.delivery).await?;
        if endpoint.settings.max_concurrency.is_none() {
            let lease = Lease::Unlimited;
            return Ok(Ready { workspace, endpoint, payload, lease, _ticket: ticket });
        }
        // A job that waits for a lease is no slow attempt: what waits has a bound of its own.
        drop(ticket);
        let (endpoint, lease, ticket) = Box::pin(self.lease(receive, &row.delivery, endpoint)).await?;
        Ok(Ready { workspace, endpoint, payload, lease, _ticket: ticket })
    }

    /// A lease of the endpoint's concurrency limit. After the wait for one the endpoint is looked at again.
    async fn lease(
        &self,
        receive: &Receive<'_>,
        delivery: &Delivery,
        endpoint: Arc<Endpoint>,
    ) -> Result<(Arc<Endpoint>, Lease, Ticket), Stop> {
        let lease = self.concurrency_limiter.lease(&endpoint).await?.ok_or(Closed::NoLease)?;
        let again = async {
            let endpoint = self.active_endpoint(receive, delivery).await?;
            let ticket = self.bulkhead.enter(endpoint.id, Instant::now()).ok_or(Closed::BulkheadFull)?;
            Ok((endpoint, lease, ticket))
        };
        let ready = again.await;
        if ready.is_err() {
            self.give_back(&endpoint, lease, None).await;
        }
        ready
    }

    /// Gives a lease back; `lasted` is how long the attempt took, if one was made.
    pub(super) async fn give_back(&self, endpoint: &Endpoint, lease: Lease, lasted: Option<Duration>) {
        if let Err(fault) = self.concurrency_limiter.give_back(endpoint, lease, lasted).await {
            // The lease ends by itself in a while; what was sent must be recorded first.
            tracing::warn!(endpoint = %endpoint.id, error = %fault, "the concurrency lease of an attempt could not be released; it expires by itself");
        }
    }

    /// The endpoint, if it may be sent to.
    async fn active_endpoint(
        &self,
        receive: &Receive<'_>,
        delivery: &Delivery,
    ) -> Result<Arc<Endpoint>, Stop> {
        let key = EndpointKey::new(receive.job.workspace, receive.job.endpoint);
        // A delivery that waits is not parked by the job that only would cut its wait short.
        let unless_waiting = |why| if receive.wakes(delivery) { Closed::StillWaiting } else { why };
        if let Some(endpoint) = self.context.cache.endpoint(key).await? {
            if let Some(due) = receive.delayed_until(&endpoint.settings, delivery) {
                return Err(Closed::Delayed(due).into());
            }
            // What comes while the endpoint is switched off for failing is not lost: it goes out when it is switched on.
            if !endpoint.settings.active && endpoint.disabled_reason() == Some(DisabledReason::Failing) {
                return Err(unless_waiting(Closed::EndpointOff).into());
            }
            if self.is_failing(receive, &endpoint, delivery).await? {
                return Err(unless_waiting(Closed::EndpointFailing).into());
            }
            if cancel_reason(Some(&*endpoint)).is_none() {
                return Ok(endpoint);
            }
        }
        // The cache may be some seconds old, and a cancelled delivery stays cancelled: look again.
        let endpoint = self.context.store.load_endpoint(key).await?;
        let reason = cancel_reason(endpoint.as_ref());
        Err(reason.map_or(Closed::CacheOutdated, Closed::Cancelled).into())
    }

    /// Whether the delivery must wait until the circuit of its active endpoint has closed.
    async fn is_failing(
        &self,
        receive: &Receive<'_>,
        endpoint: &Endpoint,
        delivery: &Delivery,
    ) -> Result<bool, Fault> {
        // Deliveries that wait for a retry are the circuit's probes, when their time has come; after 45 s of quiet the
        // schedule sends one.
        let probes = delivery.counted_attempts() > 0 && !receive.wakes(delivery);
        if !endpoint.settings.active || probes || receive.job.is_probe() {
            return Ok(false);
        }
        let health = self.context.cache.health(endpoint.key()).await?;
        Ok(health.is_some_and(|health| health.is_open()))
    }

    /// Claims a parked delivery for this job.
    async fn claim(
        &self,
        row: &mut DeliveryRow,
        parked_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), Stop> {
        let now = self.context.clock.now();
        let claimed = DeliveryRow { delivery: row.delivery.clone().claimed(now), ..row.clone() };
        let settlement = Settlement { row: claimed, later_attempt: None, expires_at };
        if !self.context.store.take_parked(&settlement, parked_at).await? {
            return Err(Closed::Duplicate.into());
        }
        *row = settlement.row;
        Ok(())
    }

    /// Claims a delivery that waits for its retry, from the job that waits.
    async fn wake(&self, row: &mut DeliveryRow, expires_at: Timestamp) -> Result<(), Stop> {
        let since = row.delivery.updated_at;
        let woken = row.delivery.clone().woken(self.context.clock.now());
        let settlement = Settlement {
            row: DeliveryRow { delivery: woken, ..row.clone() },
            later_attempt: None,
            expires_at,
        };
        if !self.context.store.take_waiting(&settlement, since).await? {
            return Err(Closed::Superseded.into());
        }
        *row = settlement.row;
        Ok(())
    }

    /// Claims a delivery for the replay that this job begins.
    async fn claim_for_replay(
        &self,
        row: &DeliveryRow,
        claim: ReplayClaim,
        expires_at: Timestamp,
    ) -> Result<(), Stop> {
        let settlement = Settlement { row: row.clone(), later_attempt: None, expires_at };
        let (store, now) = (&self.context.store, self.context.clock.now());
        match store.take_for_replay(&settlement, claim.before.as_ref(), now).await? {
            true => Ok(()),
            // Another replay was faster, and sends it.
            false => Err(Closed::Superseded.into()),
        }
    }

    /// Waits for the delivery's slot of its endpoint's rate, if that is a moment away.
    async fn wait_for_slot(&self, endpoint: &Arc<Endpoint>, delivery: &Delivery) -> Result<(), Stop> {
        let slot = match delivery.slot_at {
            Some(slot) => slot,
            None => match self.rate_limiter.slot(endpoint).await? {
                Slot::At(slot) => slot,
                Slot::TooFar => return Err(Closed::NoSlotInReach.into()),
            },
        };
        let wait = slot.since(self.context.clock.now());
        if wait > A_MOMENT {
            return Err(Closed::NoSlotYet(slot).into());
        }
        // A timer set to nothing still waits for its next tick, a millisecond away.
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        Ok(())
    }
}
