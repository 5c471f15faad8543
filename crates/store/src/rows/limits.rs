//! How do all processes together respect an endpoint's limits and a workspace's quota?
//! A rate limit is slots reserved ahead, a concurrency limit leases for one attempt each, a quota a counter per day.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::id::{EndpointKey, WorkspaceId};
use domain::policy::limits::RateLimit;
use domain::timestamp::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::keys::{self, Day};
use crate::table::item::{Attributes, ItemReader};
use crate::table::update::Update;

const ENTITY: &str = "rate";
/// What the attribute of a lease begins with; its number follows.
const LEASE_PREFIX: &str = "place";
/// Others may reserve between our look and our write.
const TRIES: usize = 4;
/// How long a day's counter is kept: until the day has ended everywhere.
const QUOTA_KEPT: Duration = Duration::from_secs(2 * 86_400);

/// The leases of an endpoint with a concurrency limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Leases {
    /// Until when each is taken.
    until: BTreeMap<u32, Timestamp>,
    /// How long attempts have lasted lately, as far as a process that released a lease has noted it.
    pub attempts_last: Option<Duration>,
}

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
        self.reserve_slots_within(endpoint, (limit, limit.horizon()), count, now).await
    }

    /// The same with a horizon of the caller's: `None`, and nothing is reserved, when the first slot would lie beyond it.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn reserve_slots_within(
        &self,
        endpoint: EndpointKey,
        (limit, horizon): (RateLimit, Duration),
        count: u32,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let step = micros(RateLimit::span(limit.interval(), count));
        for _ in 0..TRIES {
            // 1. If slots are reserved ahead, ours come after them.
            if let Some(first) = self.queue_slots(endpoint, step, horizon, now).await? {
                return Ok(Some(first));
            }
            // 2. If none are, ours begin now.
            if self.begin_slots(endpoint, step, now).await? {
                return Ok(Some(now));
            }
            // 3. Either too many are reserved, or another process was faster.
            if self.slots_ahead(endpoint, now).await? > horizon {
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
            .name("#lease", format!("{LEASE_PREFIX}{number}"))
            .instant(":until", until)
            .instant(":now", now)
            .apply(self)
            .await
    }

    /// The leases of an endpoint.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn leases(&self, endpoint: EndpointKey) -> Result<Leases, StoreError> {
        read_leases(self.load(&keys::leases(endpoint)).await?.unwrap_or_default())
    }

    /// The same as they were a moment ago, at half the price: to take one is what tells whether it is free.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn recent_leases(&self, endpoint: EndpointKey) -> Result<Leases, StoreError> {
        read_leases(self.load_recent(&keys::leases(endpoint)).await?.unwrap_or_default())
    }

    /// Renews a lease that was claimed until the first instant, until the second; `false` if another attempt has claimed it
    /// since. Also notes how long attempts last, if that is known.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn renew_lease(
        &self,
        endpoint: EndpointKey,
        number: u32,
        [until, renewed]: [Timestamp; 2],
        attempts_last: Option<Duration>,
    ) -> Result<bool, StoreError> {
        let update =
            held_lease(endpoint, number, until).set("#lease = :renewed").instant(":renewed", renewed);
        with_pace(update, attempts_last).apply(self).await
    }

    /// Releases a lease that was claimed until `until`; nothing is done if another attempt has claimed it since. Also notes
    /// how long attempts last, if that is known.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn release_lease(
        &self,
        endpoint: EndpointKey,
        number: u32,
        until: Timestamp,
        attempts_last: Option<Duration>,
    ) -> Result<(), StoreError> {
        let update = held_lease(endpoint, number, until).remove("#lease");
        with_pace(update, attempts_last).apply(self).await?;
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

    /// How many events of the workspace's day were counted: those since it has a quota.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn counted_events(&self, workspace: WorkspaceId, now: Timestamp) -> Result<u64, StoreError> {
        let row = self.load(&keys::quota(workspace, Day::of(now))).await?;
        row.map_or(Ok(0), |row| ItemReader::new(row, ENTITY).number("events"))
    }
}

/// A change of a lease that this process holds.
fn held_lease(endpoint: EndpointKey, number: u32, until: Timestamp) -> Update {
    Update::new(keys::leases(endpoint), ENTITY)
        .when("#lease = :until")
        .name("#lease", format!("{LEASE_PREFIX}{number}"))
        .instant(":until", until)
}

fn with_pace(update: Update, attempts_last: Option<Duration>) -> Update {
    match attempts_last {
        Some(pace) => update.set("attempt_ms = :pace").number(":pace", pace.as_millis()),
        None => update,
    }
}

fn read_leases(row: Attributes) -> Result<Leases, StoreError> {
    let names: Vec<String> = row.keys().filter(|name| name.starts_with(LEASE_PREFIX)).cloned().collect();
    let reader = ItemReader::new(row, ENTITY);
    let mut until = BTreeMap::new();
    for name in names {
        let number = name.trim_start_matches(LEASE_PREFIX).parse().map_err(|error| reader.damaged(error))?;
        until.insert(number, reader.instant(&name)?);
    }
    Ok(Leases { until, attempts_last: reader.maybe_number("attempt_ms")?.map(Duration::from_millis) })
}

impl Leases {
    /// Whether a lease is free at `now`.
    pub fn is_free(&self, number: u32, now: Timestamp) -> bool {
        self.until.get(&number).is_none_or(|until| *until <= now)
    }

    /// How many are taken at `now`.
    pub fn taken(&self, now: Timestamp) -> u32 {
        self.until.values().map(|until| u32::from(*until > now)).sum()
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
