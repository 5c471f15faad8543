//! An endpoint's health: written only while it fails, and deleted when it recovers.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use domain::id::{EndpointId, EndpointKey, WorkspaceId};
use domain::policy::circuit::Health;
use domain::timestamp::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::keys::{self, LOOKUP, LOOKUP_SORT, OPEN_CIRCUITS};
use crate::table::batch::condition_held;
use crate::table::item::{Attributes, ItemReader, key_attributes};
use crate::table::query::{Index, Range, id_in};

const ENTITY: &str = "health";

impl Store {
    /// Adds `failures` that ended at `at`, and gives the endpoint's health with them.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn record_failures(
        &self,
        endpoint: EndpointKey,
        failures: u32,
        at: Timestamp,
    ) -> Result<Health, StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(key_attributes(&keys::health(endpoint))))
            .update_expression(
                "SET entity = :entity, workspace = :ws, last_failure_at = :at, \
                 failing_since = if_not_exists(failing_since, :at) ADD failures :n",
            )
            .expression_attribute_values(":entity", AttributeValue::S(ENTITY.to_owned()))
            .expression_attribute_values(":ws", AttributeValue::S(endpoint.workspace.to_string()))
            .expression_attribute_values(":at", AttributeValue::N(at.as_millis().to_string()))
            .expression_attribute_values(":n", AttributeValue::N(failures.to_string()))
            .return_values(ReturnValue::AllNew)
            .send()
            .await
            .map_err(StoreError::aws("UpdateItem"))?;
        read(answer.attributes.unwrap_or_default())
    }

    /// Forgets an endpoint's failures, and gives what they were; `None` when there were none.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn record_recovery(&self, endpoint: EndpointKey) -> Result<Option<Health>, StoreError> {
        let answer = self
            .client
            .delete_item()
            .table_name(&*self.table)
            .set_key(Some(key_attributes(&keys::health(endpoint))))
            .return_values(ReturnValue::AllOld)
            .send()
            .await
            .map_err(StoreError::aws("DeleteItem"))?;
        answer.attributes.filter(|row| !row.is_empty()).map(read).transpose()
    }

    /// Opens an endpoint's circuit; whether it was closed before.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn open_circuit(&self, endpoint: EndpointKey, at: Timestamp) -> Result<bool, StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(key_attributes(&keys::health(endpoint))))
            .update_expression("SET open_since = :at, #lookup = :circuits, #sort = :we")
            // A success may have come between: then there is nothing to open.
            .condition_expression("attribute_exists(PK) AND attribute_not_exists(open_since)")
            .expression_attribute_names("#lookup", LOOKUP)
            .expression_attribute_names("#sort", LOOKUP_SORT)
            .expression_attribute_values(":at", AttributeValue::N(at.as_millis().to_string()))
            .expression_attribute_values(":circuits", AttributeValue::S(OPEN_CIRCUITS.to_owned()))
            .expression_attribute_values(":we", AttributeValue::S(endpoint.id.to_string()))
            .send()
            .await;
        condition_held("UpdateItem", answer)
    }

    /// Takes an open circuit off the list of those to probe, unless it was opened anew since `health` was read. It stays
    /// open until its endpoint is switched on again.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn unlist_circuit(&self, endpoint: EndpointKey, health: &Health) -> Result<(), StoreError> {
        let Some(open_since) = health.open_since else { return Ok(()) };
        let answer = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(key_attributes(&keys::health(endpoint))))
            .update_expression("REMOVE #lookup, #sort")
            .condition_expression("open_since = :since")
            .expression_attribute_names("#lookup", LOOKUP)
            .expression_attribute_names("#sort", LOOKUP_SORT)
            .expression_attribute_values(":since", AttributeValue::N(open_since.as_millis().to_string()))
            .send()
            .await;
        condition_held("UpdateItem", answer)?;
        Ok(())
    }

    /// Notes that the owner is told of `percent`; whether that had not been told before.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn note_warning(&self, endpoint: EndpointKey, percent: u8) -> Result<bool, StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(key_attributes(&keys::health(endpoint))))
            .update_expression("SET warned_percent = :percent")
            .condition_expression(
                "attribute_exists(PK) AND (attribute_not_exists(warned_percent) OR warned_percent < :percent)",
            )
            .expression_attribute_values(":percent", AttributeValue::N(percent.to_string()))
            .send()
            .await;
        condition_held("UpdateItem", answer)
    }

    /// An endpoint's health; `None` when it fares well.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn load_health(&self, endpoint: EndpointKey) -> Result<Option<Health>, StoreError> {
        self.load(&keys::health(endpoint)).await?.map(read).transpose()
    }

    /// The healths of a workspace's endpoints from `first` to `last`, without those that fare well.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn healths(
        &self,
        workspace: WorkspaceId,
        first: EndpointId,
        last: EndpointId,
    ) -> Result<Vec<(EndpointId, Health)>, StoreError> {
        let row_of = |endpoint| keys::health(EndpointKey::new(workspace, endpoint));
        let (low, high) = (row_of(first), row_of(last));
        let range = Range { low: low.sk, high: high.sk, ..Range::prefix(low.pk, "") }.consistent();
        let rows = self.query(&range, usize::MAX).await?.rows.into_iter();
        rows.map(|row| {
            let reader = ItemReader::new(row.clone(), ENTITY);
            Ok((id_in(reader.text(keys::SK)?)?, read(row)?))
        })
        .collect()
    }

    /// An endpoint's health as it was a moment ago.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn recent_health(&self, endpoint: EndpointKey) -> Result<Option<Health>, StoreError> {
        self.load_recent(&keys::health(endpoint)).await?.map(read).transpose()
    }

    /// Every endpoint with an open circuit.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn open_circuits(&self) -> Result<Vec<(EndpointKey, Health)>, StoreError> {
        let range = Range::prefix(OPEN_CIRCUITS.to_owned(), EndpointId::PREFIX).of(Index::Lookup);
        let rows = self.query(&range, usize::MAX).await?.rows.into_iter();
        rows.map(|row| {
            let reader = ItemReader::new(row.clone(), ENTITY);
            let endpoint = EndpointKey::new(reader.parsed("workspace")?, reader.parsed(LOOKUP_SORT)?);
            Ok((endpoint, read(row)?))
        })
        .collect()
    }
}

fn read(row: Attributes) -> Result<Health, StoreError> {
    let reader = ItemReader::new(row, ENTITY);
    Ok(Health {
        failures: reader.number("failures")?,
        failing_since: reader.maybe_instant("failing_since")?,
        last_failure_at: reader.maybe_instant("last_failure_at")?,
        open_since: reader.maybe_instant("open_since")?,
        warned_percent: reader.maybe_number("warned_percent")?.unwrap_or(0),
    })
}
