//! How are actions kept?
//! As one document under an optimistic lock, beside the row of the endpoint that has its secrets and custom headers; both
//! are written and deleted in one transaction.

use domain::action::name::ActionName;
use domain::action::{Action, ActionSettings};
use domain::audit::AuditEntry;
use domain::endpoint::Endpoint;
use domain::id::{EndpointId, EndpointKey, WorkspaceId};
use domain::timestamp::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::keys::{self, ACTION_PREFIX};
use crate::rows::deleted_endpoints;
use crate::table::item::{Attributes, ItemReader, ItemWriter};
use crate::table::query::Range;
use crate::table::update::Condition;

const ENTITY: &str = "action";
/// The counter of endpoints may have to be made first, and others may change it between our look and our write.
const TRIES: usize = 4;

/// The row's document. Values of headers are sealed in the endpoint's row.
#[derive(serde::Serialize, serde::Deserialize)]
struct Document {
    endpoint_id: EndpointId,
    settings: ActionSettings,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// What came of the wish to make an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionCreated {
    /// It is written.
    Done,
    /// The workspace has an action of that name.
    NameTaken,
    /// The workspace has as many endpoints as it may have.
    TooManyEndpoints,
}

impl Store {
    /// Writes a new action with its endpoint, if its workspace has fewer than `most` endpoints.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses for another reason, or the data key cannot be had.
    pub async fn create_action(
        &self,
        action: &Action,
        most: usize,
        entry: Option<&AuditEntry>,
    ) -> Result<ActionCreated, StoreError> {
        const COUNTER: usize = 1;
        let workspace = action.workspace_id();
        let (row, endpoint) = (action_item(action)?, self.endpoint_item(&action.endpoint).await?);
        let free = Some("attribute_not_exists(PK)");
        for _ in 0..TRIES {
            let parts = vec![
                self.part_put(row.clone(), free)?,
                self.part_count(workspace, 1, Some(most))?,
                self.part_put(endpoint.clone(), free)?,
            ];
            match self.transact_audited(parts, entry).await? {
                None => return Ok(ActionCreated::Done),
                Some(COUNTER) if self.endpoint_count(workspace).await? >= most => {
                    return Ok(ActionCreated::TooManyEndpoints);
                }
                // The counter is there now, or an endpoint was deleted since.
                Some(COUNTER) => {}
                Some(_) => return Ok(ActionCreated::NameTaken),
            }
        }
        Err(StoreError::Unprocessed(3))
    }

    /// Writes an action and its endpoint, each as its next revision. `false`, and nothing is written, when another writer was
    /// faster.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses for another reason, or the data key cannot be had.
    pub async fn save_action(&self, action: &Action, entry: Option<&AuditEntry>) -> Result<bool, StoreError> {
        let endpoint = self.endpoint_item(&action.endpoint).await?;
        let parts = vec![
            self.part_revision(action_item(action)?, action.revision)?,
            self.part_revision(endpoint, action.endpoint.revision)?,
        ];
        Ok(self.transact_audited(parts, entry).await?.is_none())
    }

    /// Deletes an action with its endpoint, whose tombstone stays; whether it was as it is here. Its invocations stay until
    /// they expire.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn delete_action(
        &self,
        action: &Action,
        now: Timestamp,
        entry: Option<&AuditEntry>,
    ) -> Result<bool, StoreError> {
        const COUNTER: usize = 1;
        let (workspace, endpoint) = (action.workspace_id(), action.endpoint.key());
        let tombstone = deleted_endpoints::write(&action.endpoint.deleted(now))?;
        let unchanged = |revision: u64| Condition::new("revision = :revision").number(":revision", revision);
        for _ in 0..TRIES {
            let parts = vec![
                self.part_delete_if(&keys::action(workspace, action.name()), unchanged(action.revision))?,
                self.part_count(workspace, -1, None)?,
                self.part_delete_if(&keys::endpoint(endpoint), unchanged(action.endpoint.revision))?,
                self.part_put(tombstone.clone(), None)?,
            ];
            match self.transact_audited(parts, entry).await? {
                None => {
                    for key in [keys::health, keys::rate, keys::leases] {
                        self.delete(&key(endpoint)).await?;
                    }
                    return Ok(true);
                }
                Some(COUNTER) => {
                    self.endpoint_count(workspace).await?;
                }
                Some(_) => return Ok(false),
            }
        }
        Err(StoreError::Unprocessed(4))
    }

    /// The action of this name, if the workspace has one.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn load_action(
        &self,
        workspace: WorkspaceId,
        name: &ActionName,
    ) -> Result<Option<Action>, StoreError> {
        let Some(row) = self.load(&keys::action(workspace, name)).await? else { return Ok(None) };
        let reader = ItemReader::new(row, ENTITY);
        let document: Document = reader.json("document")?;
        // Written and deleted together: without its endpoint it was deleted between the two reads.
        let endpoint = self.load_endpoint(EndpointKey::new(workspace, document.endpoint_id)).await?;
        endpoint.map(|endpoint| open(document, endpoint, &reader)).transpose()
    }

    /// The settings of the action of this name, if the workspace has one; without the values of its headers, which are sealed.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn load_action_settings(
        &self,
        workspace: WorkspaceId,
        name: &ActionName,
    ) -> Result<Option<ActionSettings>, StoreError> {
        let Some(row) = self.load(&keys::action(workspace, name)).await? else { return Ok(None) };
        ItemReader::new(row, ENTITY).json("document").map(|document: Document| Some(document.settings))
    }

    /// The settings of all actions of a workspace, by name; without the values of their headers. Unseals nothing.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn all_action_settings(
        &self,
        workspace: WorkspaceId,
    ) -> Result<Vec<ActionSettings>, StoreError> {
        let range = Range::prefix(keys::workspace_partition(workspace), ACTION_PREFIX).consistent();
        let rows = self.query(&range, usize::MAX).await?.rows.into_iter();
        let settings = |row| ItemReader::new(row, ENTITY).json("document").map(|d: Document| d.settings);
        rows.map(settings).collect()
    }

    /// All actions of a workspace, by name. There are not many.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn all_actions(&self, workspace: WorkspaceId) -> Result<Vec<Action>, StoreError> {
        let range = Range::prefix(keys::workspace_partition(workspace), ACTION_PREFIX).consistent();
        let rows = self.query(&range, usize::MAX).await?.rows;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let reader = ItemReader::new(row, ENTITY);
            found.push((reader.json::<Document>("document")?, reader));
        }
        let key = |(document, _): &(Document, _)| EndpointKey::new(workspace, document.endpoint_id);
        let mut endpoints = self.load_endpoints(found.iter().map(key)).await?;
        let mut actions = Vec::with_capacity(found.len());
        for (document, reader) in found {
            if let Some(endpoint) = endpoints.remove(&document.endpoint_id) {
                actions.push(open(document, endpoint, &reader)?);
            }
        }
        Ok(actions)
    }

    /// Whether a workspace has at least `most` actions.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn has_actions(&self, workspace: WorkspaceId, most: usize) -> Result<bool, StoreError> {
        let range = Range::prefix(keys::workspace_partition(workspace), ACTION_PREFIX);
        Ok(self.query(&range.only(&[keys::SK]).consistent(), most).await?.rows.len() >= most)
    }
}

fn action_item(action: &Action) -> Result<Attributes, StoreError> {
    let mut settings = action.settings.clone();
    settings.headers.clear();
    let document = Document {
        endpoint_id: action.endpoint_id(),
        settings,
        created_at: action.created_at,
        updated_at: action.updated_at,
    };
    Ok(ItemWriter::new(&keys::action(action.workspace_id(), action.name()), ENTITY)
        .number("revision", action.revision)
        .json("document", &document)?
        .build())
}

fn open(document: Document, endpoint: Endpoint, reader: &ItemReader) -> Result<Action, StoreError> {
    let Document { endpoint_id: _, mut settings, created_at, updated_at } = document;
    settings.headers.clone_from(&endpoint.settings.headers);
    Ok(Action { settings, endpoint, revision: reader.number("revision")?, created_at, updated_at })
}
