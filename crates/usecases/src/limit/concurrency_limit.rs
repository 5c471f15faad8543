//! How many attempts of an endpoint may be under way at once?
//! Each attempt holds a lease while it is under way; the leases of a process that dies become free when they expire.
//!
//! Leases are kept in the table, for all processes. An attempt that ends hands its lease to the next job that waits in
//! its process; if none waits, it releases the lease in the table, where other processes look for it.

use std::time::Duration;

use domain::endpoint::Endpoint;
use domain::timestamp::Timestamp;
use tokio::time::{Instant, timeout_at};

use crate::context::Context;
use crate::error::Fault;
use crate::limit::lease_queue::{Entry, LONGEST_WAIT, LeaseQueues, Numbered, Turn, Wanted};

/// A lease lasts this much longer than an attempt may take; then it is free, whatever happened to its holder.
const GRACE: Duration = Duration::from_secs(10);
/// A lease that is handed on must outlast the next attempt by so much; else it is renewed first, which is a write.
const MARGIN: Duration = Duration::from_secs(5);
/// Those that wait look into the table after such a time, and a random one up to as long again: the jobs of other
/// processes do, too.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The right to have one attempt under way.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lease {
    /// The endpoint has no concurrency limit.
    Unlimited,
    /// One of the endpoint's numbered leases.
    Numbered(Numbered),
}

/// Leases to the attempts under way, kept in the table for all processes together.
#[derive(Debug)]
pub(crate) struct ConcurrencyLimiter {
    context: Context,
    queues: LeaseQueues,
}

impl ConcurrencyLimiter {
    pub(crate) fn new(context: Context) -> Self {
        Self { context, queues: LeaseQueues::default() }
    }

    /// Whether no lease is to be had soon, as far as this process knows: asked before anything is read for an attempt.
    pub(crate) fn is_full(&self, endpoint: &Endpoint) -> bool {
        endpoint.settings.max_concurrency.is_some_and(|leases| self.queues.is_full(endpoint.id, leases))
    }

    /// A lease for one attempt, perhaps after a wait of a few seconds; `None` when none is to be had soon. Return it with
    /// [`ConcurrencyLimiter::give_back`].
    pub(crate) async fn lease(&self, endpoint: &Endpoint) -> Result<Option<Lease>, Fault> {
        let Some(leases) = endpoint.settings.max_concurrency else { return Ok(Some(Lease::Unlimited)) };
        // 1. A lease that no job of this process holds is usually free. A random one, so that processes do not contend.
        let now = self.context.clock.now();
        let entry = self.queues.enter(endpoint.id, self.wanted(endpoint, leases, now), now);
        let entry = match entry {
            Entry::Try(lease) => match self.take(endpoint, lease).await? {
                true => return Ok(Some(Lease::Numbered(lease))),
                // 2. It is not: is another one?
                false => match self.look(endpoint, leases).await? {
                    Some(lease) => return Ok(Some(Lease::Numbered(lease))),
                    None => self.queues.join(endpoint.id, leases),
                },
            },
            entry => entry,
        };
        // 3. Wait for one.
        match entry {
            Entry::Wait(turn) => Ok(self.wait(endpoint, leases, turn).await?.map(Lease::Numbered)),
            Entry::Try(_) | Entry::Full => Ok(None),
        }
    }

    /// Gives a lease back, to the next that waits or to the table. `lasted` is how long the attempt took, if one was made.
    pub(crate) async fn give_back(
        &self,
        endpoint: &Endpoint,
        lease: Lease,
        lasted: Option<Duration>,
    ) -> Result<(), Fault> {
        let Lease::Numbered(lease) = lease else { return Ok(()) };
        let pace = lasted.map(|lasted| self.queues.note_attempt(endpoint.id, lasted));
        // On the heap: or the futures of all attempts would be larger.
        let returned = Box::pin(self.pass_on(endpoint, lease, pace)).await;
        if returned.is_err() {
            self.queues.forget(endpoint.id, lease.number);
        }
        returned
    }

    async fn pass_on(
        &self,
        endpoint: &Endpoint,
        lease: Numbered,
        pace: Option<Duration>,
    ) -> Result<(), Fault> {
        // 1. To the next one here, while it lasts long enough. A limit that was lowered has fewer leases.
        let (id, store) = (endpoint.id, &self.context.store);
        let leases = endpoint.settings.max_concurrency.unwrap_or_default();
        if lease.number < leases && self.queues.is_awaited(id) {
            let now = self.context.clock.now();
            let outlasts = lease.until >= now.plus(endpoint.timeout() + MARGIN);
            let renewed = Numbered { until: ends(endpoint, now), ..lease };
            let handed = match outlasts {
                true => Some(lease),
                false => {
                    let held =
                        store.renew_lease(endpoint.key(), lease.number, [lease.until, renewed.until], pace);
                    held.await?.then_some(renewed)
                }
            };
            match handed {
                // It had ended, and another process has it.
                None => {
                    self.queues.forget(id, lease.number);
                    return Ok(());
                }
                Some(lease) if self.queues.hand_on(id, lease) => return Ok(()),
                Some(lease) => return self.release(endpoint, lease, pace).await,
            }
        }

        // 2. Else to the table. What came to wait meanwhile would find it there only at its next look.
        self.release(endpoint, lease, pace).await?;
        if self.queues.is_awaited(id) {
            self.look_for_all(endpoint, leases).await?;
        }
        Ok(())
    }

    async fn release(
        &self,
        endpoint: &Endpoint,
        lease: Numbered,
        pace: Option<Duration>,
    ) -> Result<(), Fault> {
        self.context.store.release_lease(endpoint.key(), lease.number, lease.until, pace).await?;
        self.queues.forget(endpoint.id, lease.number);
        Ok(())
    }

    /// Waits in the queue of this process, and now and then looks into the table on behalf of all that do.
    async fn wait(
        &self,
        endpoint: &Endpoint,
        leases: u32,
        mut turn: Turn,
    ) -> Result<Option<Numbered>, Fault> {
        let give_up = Instant::now() + LONGEST_WAIT;
        loop {
            let pause = LOOK_EVERY.mul_f64(1.0 + self.context.randomness.unit());
            match timeout_at(give_up.min(Instant::now() + pause), &mut turn.lease).await {
                Ok(lease) => return Ok(lease.ok()),
                Err(_) if Instant::now() >= give_up => return Ok(turn.leave()),
                Err(_) => {}
            }
            let now = Instant::now();
            if self.queues.may_look(endpoint.id, now, now + pause)
                && let Err(fault) = self.look_for_all(endpoint, leases).await
            {
                // A lease that was handed over meanwhile is not lost.
                return turn.leave().map_or(Err(fault), |lease| Ok(Some(lease)));
            }
        }
    }

    /// Takes what is free in the table for those that wait here.
    async fn look_for_all(&self, endpoint: &Endpoint, leases: u32) -> Result<(), Fault> {
        while self.queues.is_awaited(endpoint.id) {
            let Some(lease) = self.look(endpoint, leases).await? else { return Ok(()) };
            if !self.queues.hand_on(endpoint.id, lease) {
                return self.release(endpoint, lease, None).await;
            }
        }
        Ok(())
    }

    /// Looks which leases are free, and takes one.
    async fn look(&self, endpoint: &Endpoint, leases: u32) -> Result<Option<Numbered>, Fault> {
        // Those that are held here come back here.
        if self.queues.holds_all(endpoint.id, leases) {
            return Ok(None);
        }
        let held = self.context.store.recent_leases(endpoint.key()).await?;
        self.queues.learn_pace(endpoint.id, held.attempts_last);
        let now = self.context.clock.now();
        let is_free = |number| held.is_free(number, now);
        let wanted = self.wanted(endpoint, leases, now);
        let Some(lease) = self.queues.choose(endpoint.id, wanted, is_free) else { return Ok(None) };
        Ok(self.take(endpoint, lease).await?.then_some(lease))
    }

    /// Takes a lease that is held to be this process's; whether it was free.
    async fn take(&self, endpoint: &Endpoint, lease: Numbered) -> Result<bool, Fault> {
        let now = self.context.clock.now();
        let taken = self.context.store.claim_lease(endpoint.key(), lease.number, now, lease.until).await;
        if !matches!(taken, Ok(true)) {
            self.queues.forget(endpoint.id, lease.number);
        }
        Ok(taken?)
    }

    fn wanted(&self, endpoint: &Endpoint, leases: u32, now: Timestamp) -> Wanted {
        let first = u32::from_le_bytes(self.context.randomness.bytes());
        Wanted { leases, first, until: ends(endpoint, now) }
    }
}

/// When a lease ends that is taken or renewed `now`.
fn ends(endpoint: &Endpoint, now: Timestamp) -> Timestamp {
    now.plus(endpoint.timeout() + GRACE)
}
