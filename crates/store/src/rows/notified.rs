//! When did notifications last hear of an endpoint?
//! The hourly bound of notifications: one row for each endpoint concerned, with the last time of each kind of operational
//! event. It is written only where the workspace has a notification.

use std::time::Duration;

use domain::event::operational::OperationalEvent;
use domain::id::EndpointKey;
use domain::timestamp::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::keys::{self, EXPIRES_AT};
use crate::table::update::Update;

const ENTITY: &str = "notified";

impl Store {
    /// Claims the notification of `event` about an endpoint at `now`; `false` when one was claimed within `pause` before.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn claim_notification(
        &self,
        endpoint: EndpointKey,
        event: OperationalEvent,
        now: Timestamp,
        pause: Duration,
    ) -> Result<bool, StoreError> {
        Update::new(keys::notified(endpoint), ENTITY)
            .set_entity()
            .set("#event = :now, #expires_at = :expires_at")
            // `= :now`: the SDK repeats a request whose answer was lost, and then finds what it has written itself.
            .when("(attribute_not_exists(#event) OR #event <= :before OR #event = :now)")
            .name("#event", event.name())
            .name("#expires_at", EXPIRES_AT)
            .instant(":now", now)
            .instant(":before", now.minus(pause))
            // The row is as old as the newest of its times.
            .expiry(":expires_at", now.plus(pause))
            .apply(self)
            .await
    }
}
