//! How many deliveries were parked for an endpoint while it was off for failing?
//! A counter row, written only while the endpoint is off: the path of a healthy endpoint neither reads nor writes it.

use std::collections::HashMap;

use domain::id::{EndpointId, EndpointKey, WorkspaceId};

use crate::Store;
use crate::error::StoreError;
use crate::keys::{self, PARKED_COUNT_PREFIX};
use crate::table::item::ItemReader;
use crate::table::query::{Range, id_in};
use crate::table::update::Update;

const ENTITY: &str = "parked count";

impl Store {
    /// Adds deliveries that were parked while the endpoint was off.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn count_parked(&self, endpoint: EndpointKey, parked: u64) -> Result<(), StoreError> {
        let update = Update::new(keys::parked_count(endpoint), ENTITY).set_entity();
        update.add("parked :n").number(":n", parked).apply(self).await?;
        Ok(())
    }

    /// Begins to count anew.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn forget_parked_count(&self, endpoint: EndpointKey) -> Result<(), StoreError> {
        self.delete(&keys::parked_count(endpoint)).await?;
        Ok(())
    }

    /// About how many were parked since the endpoint is off.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn parked_count(&self, endpoint: EndpointKey) -> Result<u64, StoreError> {
        match self.load_recent(&keys::parked_count(endpoint)).await? {
            Some(row) => ItemReader::new(row, ENTITY).number("parked"),
            None => Ok(0),
        }
    }

    /// The counts of a workspace's endpoints, as they were a moment ago.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn parked_counts(
        &self,
        workspace: WorkspaceId,
    ) -> Result<HashMap<EndpointId, u64>, StoreError> {
        let range = Range::prefix(keys::workspace_partition(workspace), PARKED_COUNT_PREFIX);
        let rows = self.query(&range, usize::MAX).await?.rows.into_iter();
        rows.map(|row| {
            let reader = ItemReader::new(row, ENTITY);
            Ok((id_in(reader.text(keys::SK)?)?, reader.number("parked")?))
        })
        .collect()
    }
}
