//! Drains: which parked deliveries of an endpoint were sent again already. One process at a time works on a drain.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use domain::id::{DeliveryId, EndpointId, EndpointKey};
use domain::timestamp::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::keys::{self, DRAINS, LOOKUP, LOOKUP_SORT};
use crate::table::batch::condition_held;
use crate::table::item::{Attributes, ItemReader, ItemWriter, key_attributes};
use crate::table::query::{Index, Range};

const ENTITY: &str = "drain";

/// How far a drain has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drain {
    /// When it began.
    pub started_at: Timestamp,
    /// When it was last asked for.
    pub wanted_at: Timestamp,
    /// When it last sent something.
    pub last_sent_at: Option<Timestamp>,
    /// The last delivery that was sent again.
    pub cursor: Option<DeliveryId>,
    /// How many it sends a second at the moment.
    pub rate: u32,
    /// How many were sent in all.
    pub sent: u64,
}

impl Store {
    /// Begins a drain, or notes on the one under way that it is wanted.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn start_drain(
        &self,
        endpoint: EndpointKey,
        rate: u32,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        self.client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(key_attributes(&keys::drain(endpoint))))
            .update_expression(
                "SET wanted_at = :now, entity = :entity, workspace = :ws, #lookup = :drains, #sort = :we, \
                 started_at = if_not_exists(started_at, :now), leased_until = if_not_exists(leased_until, :now), \
                 rate = if_not_exists(rate, :rate), sent = if_not_exists(sent, :none)",
            )
            .expression_attribute_names("#lookup", LOOKUP)
            .expression_attribute_names("#sort", LOOKUP_SORT)
            .expression_attribute_values(":now", AttributeValue::N(now.as_millis().to_string()))
            .expression_attribute_values(":entity", text(ENTITY))
            .expression_attribute_values(":ws", text(&endpoint.workspace.to_string()))
            .expression_attribute_values(":drains", text(DRAINS))
            .expression_attribute_values(":we", text(&endpoint.id.to_string()))
            .expression_attribute_values(":rate", AttributeValue::N(rate.to_string()))
            .expression_attribute_values(":none", AttributeValue::N("0".to_owned()))
            .send()
            .await
            .map_err(StoreError::aws("UpdateItem"))?;
        Ok(())
    }

    /// Takes a drain until `until`; `None` when there is none or somebody else has it.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn lease_drain(
        &self,
        endpoint: EndpointKey,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Drain>, StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(key_attributes(&keys::drain(endpoint))))
            .update_expression("SET leased_until = :until")
            .condition_expression("leased_until <= :now")
            .expression_attribute_values(":until", AttributeValue::N(until.as_millis().to_string()))
            .expression_attribute_values(":now", AttributeValue::N(now.as_millis().to_string()))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        match answer {
            Ok(answer) => read(answer.attributes.unwrap_or_default()).map(Some),
            Err(error) => condition_held("UpdateItem", Err::<(), _>(error)).map(|_| None),
        }
    }

    /// Writes down how far a drain has come; from `next` on it may be taken again.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn save_drain(
        &self,
        endpoint: EndpointKey,
        drain: &Drain,
        next: Timestamp,
    ) -> Result<(), StoreError> {
        let item = listed(endpoint)
            .instant("started_at", drain.started_at)
            .instant("wanted_at", drain.wanted_at)
            .instant("leased_until", next)
            .maybe(drain.last_sent_at, |item, at| item.instant("last_sent_at", at))
            .maybe(drain.cursor, |item, cursor| item.text("cursor", cursor))
            .number("rate", drain.rate)
            .number("sent", drain.sent)
            .build();
        self.put(item).await
    }

    /// Drains that nobody has worked on since `before`: their task was lost.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn lost_drains(&self, before: Timestamp) -> Result<Vec<EndpointKey>, StoreError> {
        let range = Range::prefix(DRAINS.to_owned(), EndpointId::PREFIX).of(Index::Lookup);
        let mut lost = Vec::new();
        for row in self.query(&range, usize::MAX).await?.rows {
            let reader = ItemReader::new(row, ENTITY);
            if reader.instant("leased_until")? < before {
                lost.push(EndpointKey::new(reader.parsed("workspace")?, reader.parsed(LOOKUP_SORT)?));
            }
        }
        Ok(lost)
    }

    /// Ends a drain that was last asked for at `wanted_at`; whether it did: not if it was asked for again since.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn end_drain(&self, endpoint: EndpointKey, wanted_at: Timestamp) -> Result<bool, StoreError> {
        let answer = self
            .client
            .delete_item()
            .table_name(&*self.table)
            .set_key(Some(key_attributes(&keys::drain(endpoint))))
            .condition_expression("wanted_at = :wanted_at")
            .expression_attribute_values(":wanted_at", AttributeValue::N(wanted_at.as_millis().to_string()))
            .send()
            .await;
        condition_held("DeleteItem", answer)
    }
}

fn listed(endpoint: EndpointKey) -> ItemWriter {
    ItemWriter::new(&keys::drain(endpoint), ENTITY)
        .text("workspace", endpoint.workspace)
        .text(LOOKUP, DRAINS)
        .text(LOOKUP_SORT, endpoint.id)
}

fn read(row: Attributes) -> Result<Drain, StoreError> {
    let reader = ItemReader::new(row, ENTITY);
    let cursor = reader.maybe_text("cursor")?.map(str::parse).transpose();
    Ok(Drain {
        started_at: reader.instant("started_at")?,
        wanted_at: reader.instant("wanted_at")?,
        last_sent_at: reader.maybe_instant("last_sent_at")?,
        cursor: cursor.map_err(|error| reader.damaged(error))?,
        rate: reader.number("rate")?,
        sent: reader.number("sent")?,
    })
}
