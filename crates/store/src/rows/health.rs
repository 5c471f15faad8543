//! How is an endpoint's health kept?
//! The circuit breaker's row: written only while an endpoint fails, and deleted when it recovers.

use domain::id::{EndpointId, EndpointKey, WorkspaceId};
use domain::policy::circuit::{Failure, Health};
use domain::timestamp::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::keys::{self, LOOKUP, LOOKUP_SORT, OPEN_CIRCUITS};
use crate::table::item::{Attributes, ItemReader};
use crate::table::query::{Index, Range, id_in};
use crate::table::update::Update;

const ENTITY: &str = "health";

impl Store {
    /// Adds `failures`, of which `last` was the last, and returns the endpoint's health after them.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn record_failures(
        &self,
        endpoint: EndpointKey,
        failures: u32,
        last: Failure,
    ) -> Result<Health, StoreError> {
        let row = Update::new(keys::health(endpoint), ENTITY)
            .set_entity()
            .set("workspace = :workspace, last_failure_at = :at, last_error = :error")
            .set("failing_since = if_not_exists(failing_since, :at)")
            .add("failures :n")
            .text(":workspace", endpoint.workspace)
            .set_or_remove("response_status", last.response_status, Update::number)
            .instant(":at", last.at)
            .text(":error", last.error.as_str())
            .number(":n", failures)
            .new_row(self)
            .await?;
        read(&row.ok_or_else(|| StoreError::damaged(ENTITY, "it was not answered"))?)
    }

    /// Deletes an endpoint's health, and returns it; `None` when there was no failure.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn record_recovery(&self, endpoint: EndpointKey) -> Result<Option<Health>, StoreError> {
        self.delete_old(&keys::health(endpoint)).await?.map(read_row).transpose()
    }

    /// Opens an endpoint's circuit; whether it was closed before.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn open_circuit(&self, endpoint: EndpointKey, at: Timestamp) -> Result<bool, StoreError> {
        Update::new(keys::health(endpoint), ENTITY)
            .set("open_since = :at, #lookup = :circuits, #sort = :endpoint")
            // A success may have come in between: then there is no row, and no circuit to open.
            .when("attribute_exists(PK) AND attribute_not_exists(open_since)")
            .name("#lookup", LOOKUP)
            .name("#sort", LOOKUP_SORT)
            .instant(":at", at)
            .text(":circuits", OPEN_CIRCUITS)
            .text(":endpoint", endpoint.id)
            .apply(self)
            .await
    }

    /// Removes an open circuit from the list of circuits to probe, unless it was opened again since `health` was read. It
    /// stays open until its endpoint is switched on.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn unlist_circuit(&self, endpoint: EndpointKey, health: &Health) -> Result<(), StoreError> {
        let Some(open_since) = health.open_since else { return Ok(()) };
        Update::new(keys::health(endpoint), ENTITY)
            .remove("#lookup, #sort")
            .when("open_since = :since")
            .name("#lookup", LOOKUP)
            .name("#sort", LOOKUP_SORT)
            .instant(":since", open_since)
            .apply(self)
            .await?;
        Ok(())
    }

    /// Records that the owner is warned at `percent`; `false` when that warning was sent before.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn note_warning(&self, endpoint: EndpointKey, percent: u8) -> Result<bool, StoreError> {
        Update::new(keys::health(endpoint), ENTITY)
            .set("warned_percent = :percent")
            .when("attribute_exists(PK) AND (attribute_not_exists(warned_percent) OR warned_percent < :percent)")
            .number(":percent", percent)
            .apply(self)
            .await
    }

    /// The health of an endpoint; `None` while its attempts succeed.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn load_health(&self, endpoint: EndpointKey) -> Result<Option<Health>, StoreError> {
        self.load(&keys::health(endpoint)).await?.map(read_row).transpose()
    }

    /// The healths of a workspace's endpoints from `first` to `last`, without those whose attempts succeed.
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
            let reader = ItemReader::new(row, ENTITY);
            Ok((id_in(reader.text(keys::SK)?)?, read(&reader)?))
        })
        .collect()
    }

    /// The healths of all endpoints of a workspace, without those whose attempts succeed.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn all_healths(&self, workspace: WorkspaceId) -> Result<Vec<(EndpointId, Health)>, StoreError> {
        let [first, last] = [[0; 16], [u8::MAX; 16]].map(EndpointId::from_bytes);
        self.healths(workspace, first, last).await
    }

    /// An endpoint's health as it was a moment ago.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn recent_health(&self, endpoint: EndpointKey) -> Result<Option<Health>, StoreError> {
        self.load_recent(&keys::health(endpoint)).await?.map(read_row).transpose()
    }

    /// Every endpoint with an open circuit.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn open_circuits(&self) -> Result<Vec<(EndpointKey, Health)>, StoreError> {
        let range = Range::prefix(OPEN_CIRCUITS.to_owned(), EndpointId::PREFIX).of(Index::Lookup);
        let rows = self.query(&range, usize::MAX).await?.rows.into_iter();
        rows.map(|row| {
            let reader = ItemReader::new(row, ENTITY);
            let endpoint = EndpointKey::new(reader.parsed("workspace")?, reader.parsed(LOOKUP_SORT)?);
            Ok((endpoint, read(&reader)?))
        })
        .collect()
    }
}

fn read_row(row: Attributes) -> Result<Health, StoreError> {
    read(&ItemReader::new(row, ENTITY))
}

fn read(reader: &ItemReader) -> Result<Health, StoreError> {
    Ok(Health {
        failures: reader.number("failures")?,
        failing_since: reader.maybe_instant("failing_since")?,
        last_failure_at: reader.maybe_instant("last_failure_at")?,
        last_error: reader.maybe_word("last_error")?,
        response_status: reader.maybe_number("response_status")?,
        open_since: reader.maybe_instant("open_since")?,
        warned_percent: reader.maybe_number("warned_percent")?.unwrap_or(0),
    })
}
