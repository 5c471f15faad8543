//! What keeps an endpoint's rate and concurrency, and a workspace's quota, over all functions at once? Slots that are
//! reserved ahead, places that are free again by themselves, and a counter a day.

use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use domain::id::{EndpointKey, WorkspaceId};
use domain::policy::limits::RateLimit;
use domain::timestamp::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::keys::{self, Day};
use crate::table::batch::condition_held;
use crate::table::item::{ItemReader, key_attributes};

const ENTITY: &str = "rate";
/// Others may reserve between our look and our write.
const TRIES: usize = 4;
/// A day's counter is of no use when the day is over everywhere.
const QUOTA_KEPT: Duration = Duration::from_secs(2 * 86_400);

impl Store {
    /// Reserves `count` slots, `interval` apart, and gives the first; `None` when it would lie further ahead than
    /// `horizon`.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn reserve_slots(
        &self,
        endpoint: EndpointKey,
        count: u32,
        interval: Duration,
        horizon: Duration,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let key = keys::rate(endpoint);
        let micros = |duration: Duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        let number = |value: i64| AttributeValue::N(value.to_string());
        let now_micros = now.as_millis() * 1_000;
        let step = micros(RateLimit::span(interval, count));
        for _ in 0..TRIES {
            // 1. Slots are reserved ahead: ours come after them.
            let queued = self
                .client
                .update_item()
                .table_name(&*self.table)
                .set_key(Some(key_attributes(&key)))
                .update_expression("SET next_slot = next_slot + :step")
                .condition_expression("next_slot > :now AND next_slot <= :limit")
                .expression_attribute_values(":step", number(step))
                .expression_attribute_values(":now", number(now_micros))
                .expression_attribute_values(":limit", number(now_micros + micros(horizon)))
                .return_values(ReturnValue::UpdatedOld)
                .send()
                .await;
            match queued {
                Ok(answer) => {
                    let reader = ItemReader::new(answer.attributes.unwrap_or_default(), ENTITY);
                    return Ok(Some(from_micros(reader.number("next_slot")?)));
                }
                Err(error) => condition_held("UpdateItem", Err::<(), _>(error))?,
            };
            // 2. None are: ours begin now.
            let fresh = self
                .client
                .update_item()
                .table_name(&*self.table)
                .set_key(Some(key_attributes(&key)))
                .update_expression("SET next_slot = :next, entity = :entity")
                .condition_expression("attribute_not_exists(next_slot) OR next_slot <= :now")
                .expression_attribute_values(":next", number(now_micros + step))
                .expression_attribute_values(":now", number(now_micros))
                .expression_attribute_values(":entity", AttributeValue::S(ENTITY.to_owned()))
                .send()
                .await;
            if condition_held("UpdateItem", fresh)? {
                return Ok(Some(now));
            }
            // 3. Too many are, or somebody was faster.
            if self.slots_ahead(endpoint, now).await? > horizon {
                return Ok(None);
            }
        }
        Ok(None)
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
        Ok(Duration::from_micros(u64::try_from(next - now.as_millis() * 1_000).unwrap_or(0)))
    }

    /// Takes place `place` of an endpoint until `until`; whether it was free.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn take_place(
        &self,
        endpoint: EndpointKey,
        place: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(key_attributes(&keys::places(endpoint))))
            .update_expression("SET #place = :until")
            .condition_expression("attribute_not_exists(#place) OR #place <= :now")
            .expression_attribute_names("#place", format!("place{place}"))
            .expression_attribute_values(":until", AttributeValue::N(until.as_millis().to_string()))
            .expression_attribute_values(":now", AttributeValue::N(now.as_millis().to_string()))
            .send()
            .await;
        condition_held("UpdateItem", answer)
    }

    /// How many of an endpoint's places are taken at `now`.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn places_taken(&self, endpoint: EndpointKey, now: Timestamp) -> Result<u32, StoreError> {
        let row = self.load(&keys::places(endpoint)).await?.unwrap_or_default();
        let names: Vec<String> = row.keys().filter(|name| name.starts_with("place")).cloned().collect();
        let reader = ItemReader::new(row, ENTITY);
        let mut taken = 0;
        for name in names {
            taken += u32::from(reader.instant(&name)? > now);
        }
        Ok(taken)
    }

    /// Gives back a place that was taken until `until`. One that somebody else has taken since stays theirs.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn leave_place(
        &self,
        endpoint: EndpointKey,
        place: u32,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(key_attributes(&keys::places(endpoint))))
            .update_expression("REMOVE #place")
            .condition_expression("#place = :until")
            .expression_attribute_names("#place", format!("place{place}"))
            .expression_attribute_values(":until", AttributeValue::N(until.as_millis().to_string()))
            .send()
            .await;
        condition_held("UpdateItem", answer)?;
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
        let answer = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(key_attributes(&keys::quota(workspace, Day::of(now)))))
            .update_expression("SET expires_at = :expires ADD #events :one")
            .condition_expression("attribute_not_exists(#events) OR #events < :most")
            .expression_attribute_names("#events", "events")
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .expression_attribute_values(":most", AttributeValue::N(most.to_string()))
            .expression_attribute_values(
                ":expires",
                AttributeValue::N(now.plus(QUOTA_KEPT).as_seconds().to_string()),
            )
            .send()
            .await;
        condition_held("UpdateItem", answer)
    }
}

fn from_micros(micros: i64) -> Timestamp {
    // Rounded up: a slot never comes early.
    Timestamp::from_millis(micros.saturating_add(999) / 1_000)
}
