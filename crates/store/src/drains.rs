//! Drains: which parked deliveries of an endpoint were sent again already. One process at a time works on a drain.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use domain::id::{DeliveryId, EndpointId, WorkspaceId};
use domain::timestamp::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::items::{Attributes, ItemReader, ItemWriter, key_attributes};
use crate::keys;
use crate::rows::condition_held;

const ENTITY: &str = "drain";

/// How far a drain has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drain {
    /// When it began.
    pub started_at: Timestamp,
    /// The last delivery that was sent again.
    pub cursor: Option<DeliveryId>,
    /// How many it sends a second at the moment.
    pub rate: u32,
    /// How many were sent in all.
    pub sent: u64,
}

impl Store {
    /// Begins a drain; whether none was under way.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn start_drain(
        &self,
        workspace: WorkspaceId,
        endpoint: EndpointId,
        rate: u32,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let item = ItemWriter::new(&keys::drain(workspace, endpoint), ENTITY)
            .instant("started_at", now)
            .instant("leased_until", now)
            .number("rate", rate)
            .number("sent", 0)
            .build();
        self.put_new(item).await
    }

    /// Takes a drain until `until`; `None` when there is none or somebody else has it.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn lease_drain(
        &self,
        workspace: WorkspaceId,
        endpoint: EndpointId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Drain>, StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(key_attributes(&keys::drain(workspace, endpoint))))
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
        workspace: WorkspaceId,
        endpoint: EndpointId,
        drain: &Drain,
        next: Timestamp,
    ) -> Result<(), StoreError> {
        let item = ItemWriter::new(&keys::drain(workspace, endpoint), ENTITY)
            .instant("started_at", drain.started_at)
            .instant("leased_until", next)
            .maybe(drain.cursor, |item, cursor| item.text("cursor", cursor))
            .number("rate", drain.rate)
            .number("sent", drain.sent)
            .build();
        self.put(item).await
    }

    /// Ends a drain.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn end_drain(&self, workspace: WorkspaceId, endpoint: EndpointId) -> Result<(), StoreError> {
        self.delete(&keys::drain(workspace, endpoint)).await?;
        Ok(())
    }
}

fn read(row: Attributes) -> Result<Drain, StoreError> {
    let reader = ItemReader::new(row, ENTITY);
    let cursor = reader.maybe_text("cursor")?.map(str::parse).transpose();
    Ok(Drain {
        started_at: reader.instant("started_at")?,
        cursor: cursor.map_err(|error| reader.damaged(error))?,
        rate: reader.number("rate")?,
        sent: reader.number("sent")?,
    })
}
