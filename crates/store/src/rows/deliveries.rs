//! How are deliveries and their attempts kept?
//! One row per delivery, its first attempt inline; later attempts have their rows beside it.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use domain::delivery::attempt::Attempt;
use domain::delivery::{Delivery, DeliveryStatus, Parking};
use domain::event::event_type::{EventType, EventTypePattern, wants};
use domain::id::{DeliveryId, EndpointId, EventId, WorkspaceId};
use domain::timestamp::Timestamp;

use crate::error::StoreError;
use crate::keys::{self, DELIVERY_PREFIX, DELIVERY_SHARDS, Key, LONG_WAITS, UNDELIVERED, UNDELIVERED_SORT};
use crate::rows::attempts;
use crate::rows::events::{TEST, is_test};
use crate::table::item::{Attributes, ItemReader, ItemWriter};
use crate::table::listing::Listing;
use crate::table::merge::merged;
use crate::table::query::Range;
use crate::table::sharded_list::{Examined, ShardedList};
use crate::table::update::Condition;
use crate::{Page, Store};

const ENTITY: &str = "delivery";
const ATTEMPT_ENTITY: &str = "attempt";
/// How long the last attempt took, in milliseconds.
const DURATION: &str = "duration_ms";
/// The last time that it was parked and is no more: since when, until when, and why.
const PARKED_FROM: &str = "was_parked_from";
const PARKED_UNTIL: &str = "was_parked_until";
const PARKED_FOR: &str = "was_parked_reason";

/// The attributes that make up a delivery; its row also holds its first attempt, which takes longest to read.
const STATE: &[&str] = &[
    keys::EXPIRES_AT,
    "id",
    "workspace",
    "endpoint",
    "event",
    "type",
    "occurred_at",
    TEST,
    "status",
    "attempts",
    "response_status",
    "last_error",
    DURATION,
    "cancel_reason",
    "next_attempt_at",
    "delivered_at",
    "parked_at",
    "parked_reason",
    PARKED_FROM,
    PARKED_UNTIL,
    PARKED_FOR,
    "updated_at",
    "slot_at",
    "trigger",
    "run",
    "woken_at",
    "attempts_before_run",
];

/// A delivery as its row holds it: its state, and its first attempt inline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRow {
    /// The delivery.
    pub delivery: Delivery,
    /// Its first attempt; `None` when it was cancelled before one was made.
    pub first_attempt: Option<Attempt>,
}

/// The filter of a list of deliveries; an empty field or `None` selects all.
#[derive(Debug, Clone, Copy, Default)]
pub struct DeliveryFilter<'a> {
    /// Only deliveries with one of these statuses.
    pub statuses: &'a [DeliveryStatus],
    /// Only deliveries of these event types.
    pub event_types: &'a [EventTypePattern],
}

impl DeliveryFilter<'_> {
    /// Whether the filter selects `delivery`.
    pub fn asks_for(&self, delivery: &Delivery) -> bool {
        (self.statuses.is_empty() || self.statuses.contains(&delivery.status))
            && wants(self.event_types, &delivery.event_type)
    }
}

/// What is written when an attempt is settled.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// The delivery's new row.
    pub row: DeliveryRow,
    /// The attempt, from the second on; the first one is in the row.
    pub later_attempt: Option<Attempt>,
    /// When the rows expire.
    pub expires_at: Timestamp,
}

impl Store {
    /// Writes the rows of a batch of settled attempts, all of them or an error.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses, or leaves writes undone after several tries.
    pub async fn settle(&self, settlements: &[Settlement]) -> Result<(), StoreError> {
        // DynamoDB refuses a batch that writes one row twice, which a doubled job can cause: the later row wins.
        let mut rows: HashMap<Key, Attributes> = HashMap::new();
        for settlement in settlements {
            let delivery = &settlement.row.delivery;
            let key = keys::delivery(delivery.endpoint_id, delivery.id);
            rows.insert(key.clone(), write(&key, settlement)?);
            if let Some(attempt) = &settlement.later_attempt {
                let (key, item) = write_attempt(delivery, attempt, settlement.expires_at)?;
                rows.insert(key, item);
            }
        }
        self.put_all(rows.into_values().collect()).await
    }

    /// Claims a parked delivery: writes its new row, if it is still parked, and since `parked_at`. Of two jobs for one
    /// parked delivery only one gets `true`.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn take_parked(
        &self,
        settlement: &Settlement,
        parked_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let delivery = &settlement.row.delivery;
        let item = write(&keys::delivery(delivery.endpoint_id, delivery.id), settlement)?;
        let prefix = keys::undelivered_prefix(DeliveryStatus::Parked).unwrap_or_default();
        // A row that was written before it had the attribute was parked when it last changed.
        let still_parked = Condition::new(
            "#undelivered = :parked AND (parked_at = :parked_at \
             OR (attribute_not_exists(parked_at) AND updated_at = :parked_at))",
        )
        .name("#undelivered", UNDELIVERED_SORT)
        .text(":parked", format_args!("{prefix}{}", delivery.id))
        .instant(":parked_at", parked_at);
        self.put_if(item, still_parked).await
    }

    /// Claims a delivery that waits long for its retry: writes its new row, if it still waits, and since `since`. Of two
    /// jobs only one gets `true`.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn take_waiting(&self, settlement: &Settlement, since: Timestamp) -> Result<bool, StoreError> {
        let delivery = &settlement.row.delivery;
        let item = write(&keys::delivery(delivery.endpoint_id, delivery.id), settlement)?;
        let still_waits = Condition::new("#undelivered = :waits AND updated_at = :since")
            .name("#undelivered", UNDELIVERED_SORT)
            .text(":waits", format_args!("{LONG_WAITS}{}", delivery.id))
            .instant(":since", since);
        self.put_if(item, still_waits).await
    }

    /// Claims a delivery that has no row: writes one. Of two jobs only one gets `true`.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn take_new(&self, settlement: &Settlement, now: Timestamp) -> Result<bool, StoreError> {
        let delivery = &settlement.row.delivery;
        let item = write(&keys::delivery(delivery.endpoint_id, delivery.id), settlement)?;
        // DynamoDB deletes an expired row late, up to days later.
        let none = Condition::new("attribute_not_exists(PK) OR expires_at <= :now").expiry(":now", now);
        self.put_if(item, none).await
    }

    /// Claims a delivery for a replay: writes its new row, if it has not been written since it was `before`, or there is
    /// still none. Of two replays of one delivery only one gets `true`.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn take_for_replay(
        &self,
        settlement: &Settlement,
        before: Option<&Delivery>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let Some(before) = before else { return self.take_new(settlement, now).await };
        let delivery = &settlement.row.delivery;
        let item = write(&keys::delivery(delivery.endpoint_id, delivery.id), settlement)?;
        let unchanged = match before.run {
            Some(run) => Condition::new("updated_at = :before AND run = :run").text(":run", run),
            None => Condition::new("updated_at = :before AND attribute_not_exists(run)"),
        };
        self.put_if(item, unchanged.instant(":before", before.updated_at)).await
    }

    /// The delivery's row, if there is one and it has not expired at `now`.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn load_delivery(
        &self,
        endpoint: EndpointId,
        delivery: DeliveryId,
        now: Timestamp,
    ) -> Result<Option<DeliveryRow>, StoreError> {
        match self.load(&keys::delivery(endpoint, delivery)).await? {
            Some(row) => read(endpoint, row, now),
            None => Ok(None),
        }
    }

    /// Many deliveries of different endpoints at once, without their first attempts; those without a row are left out.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn load_deliveries(
        &self,
        wanted: &[(EndpointId, DeliveryId)],
        now: Timestamp,
    ) -> Result<Vec<Delivery>, StoreError> {
        let keys: Vec<_> = wanted.iter().map(|(we, wd)| keys::delivery(*we, *wd)).collect();
        let mut found = Vec::with_capacity(wanted.len());
        for row in self.load_parts(&keys, STATE).await? {
            let endpoint = endpoint_of(&row)?;
            found.extend(read(endpoint, row, now)?.map(|row| row.delivery));
        }
        Ok(found)
    }

    /// Part of the deliveries of an endpoint. When those that the filter asks for are few among very many, a page ends
    /// before it is full.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn list_deliveries(
        &self,
        endpoint: EndpointId,
        listing: &Listing<DeliveryId, DeliveryFilter<'_>>,
        now: Timestamp,
    ) -> Result<Page<Delivery, DeliveryId>, StoreError> {
        let keep = |row| {
            let delivery = read(endpoint, row, now)?.map(|row| row.delivery);
            Ok(delivery.filter(|delivery| listing.filter.asks_for(delivery)))
        };
        // Failed and parked deliveries are read from their index: they may be few among very many.
        let indexed = listing.filter.statuses.iter().map(|status| keys::undelivered_prefix(*status));
        if let Some(prefixes) =
            indexed.collect::<Option<BTreeSet<_>>>().filter(|prefixes| !prefixes.is_empty())
        {
            let mut read = Vec::new();
            for prefix in prefixes {
                read.push(self.walk_undelivered(endpoint, prefix, listing, keep).await?);
            }
            return Ok(merged(read, listing.order, listing.limit, |delivery| delivery.id));
        }
        let list = ShardedList {
            partition: |day, shard| keys::delivery_partition(endpoint, day, shard),
            shards: DELIVERY_SHARDS,
            prefix: DELIVERY_PREFIX,
            attributes: &[],
            id: DeliveryId::new,
            time: DeliveryId::time,
        };
        let found = self.read_sharded(&list, listing, |row| keep(row).map(Examined::from)).await?;
        Ok(found.page)
    }

    /// All attempts of a delivery, in order; the later ones are read only if there are any.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn all_attempts(&self, row: &DeliveryRow) -> Result<Vec<Attempt>, StoreError> {
        let mut attempts: Vec<Attempt> = row.first_attempt.iter().cloned().collect();
        if row.delivery.attempts > 1 {
            attempts.extend(self.later_attempts(row.delivery.endpoint_id, row.delivery.id).await?);
        }
        Ok(attempts)
    }

    /// The second and later attempts of a delivery, in order. The first is in its row.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn later_attempts(
        &self,
        endpoint: EndpointId,
        delivery: DeliveryId,
    ) -> Result<Vec<Attempt>, StoreError> {
        let partition = keys::delivery(endpoint, delivery).pk;
        let range = Range::prefix(partition, &keys::attempt_prefix(delivery)).consistent();
        let rows = self.query(&range, usize::MAX).await?.rows;
        rows.into_iter()
            .map(|row| attempts::decode(ItemReader::new(row, ATTEMPT_ENTITY).bytes("attempt")?))
            .collect()
    }
}

/// The row of a later attempt.
pub(crate) fn write_attempt(
    delivery: &Delivery,
    attempt: &Attempt,
    expires_at: Timestamp,
) -> Result<(Key, Attributes), StoreError> {
    let key = keys::attempt(delivery.endpoint_id, delivery.id, attempt.number);
    let item = ItemWriter::new(&key, ATTEMPT_ENTITY)
        .bytes("attempt", attempts::encode(attempt)?)
        .expires_at(expires_at)
        .build();
    Ok((key, item))
}

/// The row of a delivery.
pub(crate) fn write(key: &Key, settlement: &Settlement) -> Result<Attributes, StoreError> {
    let DeliveryRow { delivery, first_attempt } = &settlement.row;
    let mut item = ItemWriter::new(key, ENTITY)
        .text("id", delivery.id)
        .text("endpoint", delivery.endpoint_id)
        .text("workspace", delivery.workspace_id)
        .text("event", delivery.event_id)
        .text("type", &delivery.event_type)
        .maybe(
            (delivery.occurred_at != delivery.event_id.time()).then_some(delivery.occurred_at),
            |item, at| item.instant("occurred_at", at),
        )
        .word("status", &delivery.status)?
        .word("trigger", &delivery.trigger)?
        .maybe(delivery.is_test.then_some(1), |item, yes| item.number(TEST, yes))
        .maybe(delivery.slot_at, |item, at| item.instant("slot_at", at))
        .maybe(delivery.run, |item, run| item.text("run", run))
        // The attribute keeps the name that the field had at first.
        .maybe(Some(delivery.uncounted_attempts).filter(|attempts| *attempts > 0), |item, attempts| {
            item.number("attempts_before_run", attempts)
        })
        .number("attempts", delivery.attempts)
        .instant("updated_at", delivery.updated_at)
        .maybe(delivery.response_status, |item, status| item.number("response_status", status))
        .maybe(delivery.last_duration, |item, took| {
            item.number(DURATION, u64::try_from(took.as_millis()).unwrap_or(u64::MAX))
        })
        .maybe(delivery.next_attempt_at, |item, at| item.instant("next_attempt_at", at))
        .maybe(delivery.delivered_at, |item, at| item.instant("delivered_at", at))
        .maybe(delivery.parked_at, |item, at| item.instant("parked_at", at))
        .maybe(delivery.woken_at, |item, at| item.instant("woken_at", at))
        .maybe(keys::listed_under(delivery), |item, prefix| {
            item.text(UNDELIVERED, keys::undelivered_partition(delivery.endpoint_id))
                .text(UNDELIVERED_SORT, format_args!("{prefix}{}", delivery.id))
        })
        .expires_at(settlement.expires_at);
    if let Some(error) = &delivery.last_error {
        item = item.word("last_error", error)?;
    }
    if let Some(reason) = &delivery.cancel_reason {
        item = item.word("cancel_reason", reason)?;
    }
    if let Some(reason) = &delivery.parked_reason {
        item = item.word("parked_reason", reason)?;
    }
    if let Some(Parking { from, until, reason }) = &delivery.was_parked {
        item = item.instant(PARKED_FROM, *from).instant(PARKED_UNTIL, *until).word(PARKED_FOR, reason)?;
    }
    if let Some(attempt) = first_attempt {
        item = item.bytes("first_attempt", attempts::encode(attempt)?);
    }
    Ok(item.build())
}

fn endpoint_of(row: &Attributes) -> Result<EndpointId, StoreError> {
    ItemReader::new(row.clone(), ENTITY).parsed("endpoint")
}

fn read_parking(reader: &ItemReader) -> Result<Option<Parking>, StoreError> {
    let Some(from) = reader.maybe_instant(PARKED_FROM)? else { return Ok(None) };
    Ok(Some(Parking { from, until: reader.instant(PARKED_UNTIL)?, reason: reader.word(PARKED_FOR)? }))
}

pub(crate) fn read(
    endpoint: EndpointId,
    row: Attributes,
    now: Timestamp,
) -> Result<Option<DeliveryRow>, StoreError> {
    let reader = ItemReader::new(row, ENTITY);
    // DynamoDB deletes an expired row late, up to days later.
    if reader.number::<i64>(keys::EXPIRES_AT)? <= now.as_seconds() {
        return Ok(None);
    }
    let workspace_id: WorkspaceId = reader.parsed("workspace")?;
    let first_attempt = reader.maybe_bytes("first_attempt")?.map(attempts::decode).transpose()?;
    let event_id: EventId = reader.parsed("event")?;
    let status: DeliveryStatus = reader.word("status")?;
    let updated_at = reader.instant("updated_at")?;
    // A row that was written before it had the attribute was parked when it last changed.
    let parked_since = (status == DeliveryStatus::Parked).then_some(updated_at);
    let event_type = EventType::parse(reader.text("type")?).map_err(|error| reader.damaged(error))?;
    let delivery = Delivery {
        id: reader.parsed("id")?,
        workspace_id,
        endpoint_id: endpoint,
        event_id,
        // Most events happen when they are accepted; then the id says it.
        occurred_at: reader.maybe_instant("occurred_at")?.unwrap_or(event_id.time()),
        is_test: is_test(&reader, &event_type)?,
        event_type,
        status,
        attempts: reader.number("attempts")?,
        response_status: reader.maybe_number("response_status")?,
        last_error: reader.maybe_word("last_error")?,
        last_duration: reader.maybe_number(DURATION)?.map(Duration::from_millis),
        cancel_reason: reader.maybe_word("cancel_reason")?,
        next_attempt_at: reader.maybe_instant("next_attempt_at")?,
        delivered_at: reader.maybe_instant("delivered_at")?,
        parked_at: reader.maybe_instant("parked_at")?.or(parked_since),
        parked_reason: reader.maybe_word("parked_reason")?,
        was_parked: read_parking(&reader)?,
        updated_at,
        slot_at: reader.maybe_instant("slot_at")?,
        trigger: reader.word("trigger")?,
        run: reader.maybe_text("run")?.map(str::parse).transpose().map_err(|error| reader.damaged(error))?,
        woken_at: reader.maybe_instant("woken_at")?,
        uncounted_attempts: reader.maybe_number("attempts_before_run")?.unwrap_or(0),
    };
    Ok(Some(DeliveryRow { delivery, first_attempt }))
}
