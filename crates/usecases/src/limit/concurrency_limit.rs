//! How many attempts of an endpoint may be under way at once?
//! A concurrency limit: each attempt holds a lease while it is under way. The leases of a process that dies become free
//! when they end.

use std::time::Duration;

use domain::endpoint::Endpoint;
use domain::timestamp::Timestamp;

use crate::context::Context;
use crate::error::Fault;

/// A lease lasts this much longer than an attempt may take; then it is free, whatever happened to its holder.
const GRACE: Duration = Duration::from_secs(10);
/// The number of leases tried before a job is put back. Each try is a write.
const TRIES: u32 = 4;

/// The right to have one attempt under way.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lease {
    /// The endpoint has no concurrency limit.
    Unlimited,
    /// One of the endpoint's numbered leases, until it is given back or ends.
    Numbered { number: u32, until: Timestamp },
}

/// Leases to the attempts under way, kept in the table for all processes together.
#[derive(Debug)]
pub(crate) struct ConcurrencyLimiter {
    context: Context,
}

impl ConcurrencyLimiter {
    pub(crate) fn new(context: Context) -> Self {
        Self { context }
    }

    /// A lease for one attempt; `None` when all seem to be held. Return it with [`ConcurrencyLimiter::give_back`].
    pub(crate) async fn lease(&self, endpoint: &Endpoint) -> Result<Option<Lease>, Fault> {
        let Some(leases) = endpoint.settings.max_concurrency else { return Ok(Some(Lease::Unlimited)) };
        let now = self.context.clock.now();
        let until = now.plus(endpoint.timeout() + GRACE);
        // Begins with a random lease, so that processes do not contend for the same one.
        let first = u32::from_le_bytes(self.context.randomness.bytes());
        for index in 0..TRIES.min(leases) {
            let number = first.wrapping_add(index) % leases;
            if self.context.store.claim_lease(endpoint.key(), number, now, until).await? {
                return Ok(Some(Lease::Numbered { number, until }));
            }
        }
        Ok(None)
    }

    /// Gives a lease back.
    pub(crate) async fn give_back(&self, endpoint: &Endpoint, lease: Lease) -> Result<(), Fault> {
        let Lease::Numbered { number, until } = lease else { return Ok(()) };
        Ok(self.context.store.release_lease(endpoint.key(), number, until).await?)
    }
}
