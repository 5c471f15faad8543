//! How do all processes together respect an endpoint's limits and a workspace's quota?
//! A rate limit is slots reserved ahead, a concurrency limit leases for one attempt each, a quota a counter per day.

use std::time::Duration;

use domain::id::{EndpointKey, WorkspaceId};
use domain::policy::limits::RateLimit;
use domain::timestamp::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::keys::{self, Day};
use crate::table::item::ItemReader;
use crate::table::update::Update;

const ENTITY: &str = "rate";
/// Tries of a reservation: other processes may reserve between our read and our write.
const TRIES: usize = 4;
/// How long a day's counter is kept: until the day has ended everywhere.
const QUOTA_KEPT: Duration = Duration::from_secs(2 * 86_400);

impl Store {
    /// Reserves `count` slots of `limit`, and gives the first; `None` when it would lie beyond the limit's horizon.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn reserve_slots(
        &self,
        endpoint: EndpointKey,
        limit: RateLimit,
        count: u32,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let step = micros(RateLimit::span(limit.interval(), count));
        for _ in 0..TRIES {
            // 1. If slots are reserved ahead, ours come after them.
            if let Some(first) = self.queue_slots(endpoint, step, limit.horizon(), now).await? {
                return Ok(Some(first));
            }
            // 2. If none are, ours begin now.
            if self.begin_slots(endpoint, step, now).await? {
                return Ok(Some(now));
            }
            // 3. Either too many are reserved, or another process was faster.
            if self.slots_ahead(endpoint, now).await? > limit.horizon() {
                return Ok(None);
            }
        }
        Ok(None)
    }

    /// Moves the next slot on by `step`, and gives where it was; `None` unless it lies between `now` and `horizon`.
    async fn queue_slots(
        &self,
        endpoint: EndpointKey,
        step: i64,
        horizon: Duration,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let old = Update::new(keys::rate(endpoint), ENTITY)
            .set("next_slot = next_slot + :step")
            .when("next_slot > :now AND next_slot <= :limit")
            .number(":step", step)
            .number(":now", in_micros(now))
            .number(":limit", in_micros(now) + micros(horizon))
            .old(self)
            .await?;
        old.map(|row| Ok(from_micros(row.number("next_slot")?))).transpose()
    }

    /// Reserves from `now` on; `false` if slots are reserved ahead.
    async fn begin_slots(
        &self,
        endpoint: EndpointKey,
        step: i64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        Update::new(keys::rate(endpoint), ENTITY)
            .set_entity()
            .set("next_slot = :next")
            .when("attribute_not_exists(next_slot) OR next_slot <= :now")
            .number(":next", in_micros(now) + step)
            .number(":now", in_micros(now))
            .apply(self)
            .await
    }

    /// How far ahead of `now` slots are reserved.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn slots_ahead(&self, endpoint: EndpointKey, now: Timestamp) -> Result<Duration, StoreError> {
        let Some(row) = self.load(&keys::rate(endpoint)).await? else {
            return Ok(Duration::ZERO);
        };
        let next: i64 = ItemReader::new(row, ENTITY).number("next_slot")?;
        Ok(Duration::from_micros(u64::try_from(next - in_micros(now)).unwrap_or(0)))
    }

    /// Claims the lease `number` of an endpoint until `until`; whether it was free. (The rows call leases places.)
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn claim_lease(
        &self,
        endpoint: EndpointKey,
        number: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        Update::new(keys::leases(endpoint), ENTITY)
            .set("#lease = :until")
            .when("attribute_not_exists(#lease) OR #lease <= :now")
            .name("#lease", format!("place{number}"))
            .instant(":until", until)
            .instant(":now", now)
            .apply(self)
            .await
    }

    /// How many of an endpoint's leases are held at `now`.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn held_leases(&self, endpoint: EndpointKey, now: Timestamp) -> Result<u32, StoreError> {
        let row = self.load(&keys::leases(endpoint)).await?.unwrap_or_default();
        let names: Vec<String> = row.keys().filter(|name| name.starts_with("place")).cloned().collect();
        let reader = ItemReader::new(row, ENTITY);
        let mut held = 0;
        for name in names {
            held += u32::from(reader.instant(&name)? > now);
        }
        Ok(held)
    }

    /// Releases a lease that was claimed until `until`; nothing is done if another attempt has claimed it since.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn release_lease(
        &self,
        endpoint: EndpointKey,
        number: u32,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        Update::new(keys::leases(endpoint), ENTITY)
            .remove("#lease")
            .when("#lease = :until")
            .name("#lease", format!("place{number}"))
            .instant(":until", until)
            .apply(self)
            .await?;
        Ok(())
    }

    /// Counts an event of the workspace's day; whether it is within `most`.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn count_event(
        &self,
        workspace: WorkspaceId,
        most: u64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        // The first of the day finds no row, so its count cannot be compared.
        if most == 0 {
            return Ok(false);
        }
        Update::new(keys::quota(workspace, Day::of(now)), ENTITY)
            .set("expires_at = :expires")
            .add("#events :one")
            .when("attribute_not_exists(#events) OR #events < :most")
            .name("#events", "events")
            .number(":one", 1)
            .number(":most", most)
            .expiry(":expires", now.plus(QUOTA_KEPT))
            .apply(self)
            .await
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// A slot is kept in microseconds: an interval of less than a millisecond must not be rounded away.
fn in_micros(instant: Timestamp) -> i64 {
    instant.as_millis() * 1_000
}

fn from_micros(micros: i64) -> Timestamp {
    // Rounded up: a slot never comes early.
    Timestamp::from_millis(micros.saturating_add(999) / 1_000)
}
