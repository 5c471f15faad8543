//! May notifications hear of this endpoint again?
//! The hourly bound of notifications: at most one of a kind for each endpoint concerned in an hour, over all processes. A
//! process remembers what it has asked the table, so thousands of failed deliveries are not thousands of writes.

use std::time::Duration;

use domain::event::operational::OperationalEvent;
use domain::id::EndpointKey;
use domain::timestamp::Timestamp;
use store::Store;

use crate::context::loading_cache::LoadingCache;
use crate::error::Fault;

/// The time between two notifications of a kind about one endpoint.
pub const PAUSE: Duration = Duration::from_secs(3_600);
/// How soon a process asks the table again whether another process's notification is an hour old.
const ASKED_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// Until when notifications of a kind about an endpoint are known to be too early.
#[derive(Clone, Debug)]
pub(crate) struct Notified {
    until: LoadingCache<(EndpointKey, OperationalEvent), Timestamp>,
}

impl Notified {
    pub(crate) fn new() -> Self {
        Self { until: LoadingCache::expiring(10_000, PAUSE) }
    }

    /// Claims the notification of `event` about `endpoint` at `now`; `false` when there was one within the hour before.
    ///
    /// # Errors
    /// [`Fault`] when the table cannot be written.
    pub(crate) async fn claim(
        &self,
        store: &Store,
        endpoint: EndpointKey,
        event: OperationalEvent,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        // Of concurrent calls one asks the table; the others are too early whatever the answer is.
        let asked = now.plus(ASKED_AGAIN_AFTER);
        if !self.until.insert_unless((endpoint, event), asked, |until| *until > now).await {
            return Ok(false);
        }
        match store.claim_notification(endpoint, event, now, PAUSE).await {
            Ok(claimed) => {
                if claimed {
                    self.until.insert((endpoint, event), now.plus(PAUSE)).await;
                }
                Ok(claimed)
            }
            Err(error) => {
                self.until.invalidate(&(endpoint, event)).await;
                Err(error.into())
            }
        }
    }
}
