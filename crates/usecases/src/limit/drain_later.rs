//! How are deliveries sent that were parked because their endpoint's limits were used up?
//! By a drain that begins before they are parked, once for many of them.

use std::time::Duration;

use domain::id::EndpointKey;
use store::rows::drains::DrainReason;

use crate::context::Context;
use crate::context::loading_cache::LoadingCache;
use crate::error::Fault;
use crate::recover::drain::start_drain;

/// Thousands may be parked in a moment: one of them in this time begins the drain, the others rely on it.
const BEGIN_EVERY: Duration = Duration::from_secs(3);

/// Begins drains, for each endpoint at most one in a few seconds.
#[derive(Debug)]
pub(crate) struct DrainLater {
    context: Context,
    begun: LoadingCache<EndpointKey, ()>,
}

impl DrainLater {
    pub(crate) fn new(context: Context) -> Self {
        let begun = LoadingCache::expiring(10_000, BEGIN_EVERY);
        Self { context, begun }
    }

    /// Ensures that a drain is under way.
    pub(crate) async fn begin(&self, endpoint: EndpointKey) -> Result<(), Fault> {
        self.begun.get_or_load(endpoint, || start_drain(&self.context, endpoint, DrainReason::Limits)).await
    }
}
