//! How are rules kept?
//! As one sealed document under an optimistic lock, written in one transaction with the endpoints that it is compiled into:
//! no event is ever fanned out by half a rule.

use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::audit::AuditEntry;
use domain::endpoint::Endpoint;
use domain::endpoint::deleted::DeletedEndpoint;
use domain::id::{EndpointId, RuleId, WorkspaceId};
use domain::rule::{Rule, RuleSettings};
use domain::timestamp::Timestamp;

use crate::error::StoreError;
use crate::keys::{self, LOOKUP, LOOKUP_SORT, RULE_PREFIX, SK};
use crate::rows::deleted_endpoints;
use crate::table::item::{Attributes, ItemReader, ItemWriter};
use crate::table::listing::Listing;
use crate::table::query::{Index, Range};
use crate::table::update::Condition;
use crate::{Page, Store};

const ENTITY: &str = "rule";
/// The counter of endpoints may have to be made first, and others may change it between our look and our write.
const TRIES: usize = 4;
/// Where the counter stands in the transaction, if the number of endpoints changes.
const COUNTER: usize = 1;

/// The row's document: the parts of [`Rule`] that are no setting.
#[derive(serde::Serialize, serde::Deserialize)]
struct Document {
    id: RuleId,
    workspace_id: WorkspaceId,
    /// For lists. The settings are sealed: URLs and headers of steps may be credentials, and examples hold payloads.
    name: String,
    active: bool,
    endpoints: Vec<EndpointId>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// What of a rule a list selects by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRule {
    /// Its name.
    pub name: String,
    /// Whether it is switched on.
    pub active: bool,
}

/// What a change of a rule does to its endpoints.
#[derive(Debug, Clone, Default)]
pub struct EndpointChanges {
    /// Endpoints of new steps.
    pub created: Vec<Endpoint>,
    /// Endpoints of steps that go on, each of the revision after the stored one's.
    pub changed: Vec<Endpoint>,
    /// Endpoints of steps that were taken away, each with the revision that is stored.
    pub deleted: Vec<(DeletedEndpoint, u64)>,
}

/// What came of the wish to write a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SavedRule {
    /// It is written, with its endpoints.
    Done,
    /// Another writer was faster, at the rule or at one of its endpoints (an optimistic lock). Nothing is written.
    ChangedMeanwhile,
    /// The workspace would have more endpoints than it may have. Nothing is written.
    TooManyEndpoints,
}

impl Store {
    /// Writes a rule whose revision is one more than the stored one's, and of which there is none if it is the first, with
    /// the changes of its endpoints. The workspace may have `most` endpoints.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses for another reason, or the data key cannot be had.
    pub async fn save_rule(
        &self,
        rule: &Rule,
        endpoints: &EndpointChanges,
        most: usize,
        entry: Option<&AuditEntry>,
    ) -> Result<SavedRule, StoreError> {
        let first = self.part_revision(self.rule_item(rule).await?, rule.revision)?;
        self.write_rule((rule.workspace_id, first), endpoints, most, entry).await
    }

    /// Deletes a rule of this revision, with its endpoints.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses for another reason.
    pub async fn delete_rule(
        &self,
        rule: &Rule,
        deleted: Vec<(DeletedEndpoint, u64)>,
        entry: Option<&AuditEntry>,
    ) -> Result<SavedRule, StoreError> {
        let key = keys::rule(rule.workspace_id, rule.id);
        let first = self.part_delete_if(&key, of_revision(rule.revision))?;
        let endpoints = EndpointChanges { deleted, ..EndpointChanges::default() };
        self.write_rule((rule.workspace_id, first), &endpoints, usize::MAX, entry).await
    }

    async fn write_rule(
        &self,
        (workspace, first): (WorkspaceId, TransactWriteItem),
        endpoints: &EndpointChanges,
        most: usize,
        entry: Option<&AuditEntry>,
    ) -> Result<SavedRule, StoreError> {
        let rows = self.endpoint_parts(endpoints).await?;
        let count = |all: usize| i32::try_from(all).unwrap_or(i32::MAX);
        let step = count(endpoints.created.len()) - count(endpoints.deleted.len());
        for _ in 0..TRIES {
            let mut parts = vec![first.clone()];
            if step != 0 {
                parts.push(self.part_count(workspace, step, (step > 0).then_some(most))?);
            }
            parts.extend(rows.iter().cloned());
            match self.transact_audited(parts, entry).await? {
                None => {
                    for (deleted, _) in &endpoints.deleted {
                        self.delete_state(deleted.key()).await?;
                    }
                    return Ok(SavedRule::Done);
                }
                Some(COUNTER) if step != 0 => {
                    let after = i64::try_from(self.endpoint_count(workspace).await?).unwrap_or(i64::MAX);
                    let after = after.saturating_add(step.into());
                    if step > 0 && after > i64::try_from(most).unwrap_or(i64::MAX) {
                        return Ok(SavedRule::TooManyEndpoints);
                    }
                }
                Some(_) => return Ok(SavedRule::ChangedMeanwhile),
            }
        }
        Err(StoreError::Unprocessed(rows.len()))
    }

    /// The parts of a transaction that create, change and delete endpoints without a uid.
    async fn endpoint_parts(&self, changes: &EndpointChanges) -> Result<Vec<TransactWriteItem>, StoreError> {
        let EndpointChanges { created, changed, deleted } = changes;
        let mut parts = Vec::with_capacity(created.len() + changed.len() + 2 * deleted.len());
        for endpoint in created.iter().chain(changed) {
            parts.push(self.part_revision(self.endpoint_item(endpoint).await?, endpoint.revision)?);
        }
        for (tombstone, revision) in deleted {
            parts.push(self.part_delete_if(&keys::endpoint(tombstone.key()), of_revision(*revision))?);
            parts.push(self.part_put(deleted_endpoints::write(tombstone)?, None)?);
        }
        Ok(parts)
    }

    async fn rule_item(&self, rule: &Rule) -> Result<Attributes, StoreError> {
        let settings = serde_json::to_vec(&rule.settings)
            .map_err(|_| StoreError::damaged(ENTITY, "its settings are not JSON"))?;
        let document = Document {
            id: rule.id,
            workspace_id: rule.workspace_id,
            name: rule.settings.name.clone(),
            active: rule.settings.active,
            endpoints: rule.endpoints.clone(),
            created_at: rule.created_at,
            updated_at: rule.updated_at,
        };
        Ok(ItemWriter::new(&keys::rule(rule.workspace_id, rule.id), ENTITY)
            .text(LOOKUP, rule.id)
            .text(LOOKUP_SORT, rule.id)
            .number("revision", rule.revision)
            .json("document", &document)?
            .bytes("sealed", self.seal(&rule.id.to_string(), &settings).await?)
            .build())
    }

    /// The rule, if the workspace has it.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn load_rule(&self, workspace: WorkspaceId, id: RuleId) -> Result<Option<Rule>, StoreError> {
        match self.load(&keys::rule(workspace, id)).await? {
            Some(row) => Ok(Some(self.open_rule(&ItemReader::new(row, ENTITY)).await?)),
            None => Ok(None),
        }
    }

    /// The rule in whichever workspace it is, by the index: a row made a moment ago may be missed.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn find_rule(&self, id: RuleId) -> Result<Option<Rule>, StoreError> {
        let range = Range::prefix(id.to_string(), RuleId::PREFIX).of(Index::Lookup);
        match self.query(&range, 1).await?.rows.pop() {
            Some(row) => Ok(Some(self.open_rule(&ItemReader::new(row, ENTITY)).await?)),
            None => Ok(None),
        }
    }

    /// Part of the rules of a workspace, of those that the listing's filter selects. Decrypts only what it selects.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn list_rules(
        &self,
        workspace: WorkspaceId,
        listing: &Listing<RuleId, impl Fn(&ListedRule) -> bool>,
    ) -> Result<Page<Rule, RuleId>, StoreError> {
        let range = Range::prefix(keys::workspace_partition(workspace), RULE_PREFIX).consistent();
        let keep = |row| {
            let reader = ItemReader::new(row, ENTITY);
            let Document { name, active, .. } = reader.json("document")?;
            Ok((listing.filter)(&ListedRule { name, active }).then_some(reader))
        };
        let page = self.walk(range.listed(RULE_PREFIX, listing), listing.limit, keep).await?;
        let mut rows = Vec::with_capacity(page.rows.len());
        for row in page.rows {
            rows.push(self.open_rule(&row).await?);
        }
        Ok(Page { rows, next: page.next })
    }

    /// Whether a workspace has at least `most` rules. Decrypts nothing.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn has_rules(&self, workspace: WorkspaceId, most: usize) -> Result<bool, StoreError> {
        let range = Range::prefix(keys::workspace_partition(workspace), RULE_PREFIX);
        Ok(self.query(&range.only(&[SK]).consistent(), most).await?.rows.len() >= most)
    }

    async fn open_rule(&self, reader: &ItemReader) -> Result<Rule, StoreError> {
        let Document { id, workspace_id, endpoints, created_at, updated_at, .. } = reader.json("document")?;
        let sealed = self.open(&id.to_string(), reader.bytes("sealed")?).await?;
        let settings: RuleSettings =
            serde_json::from_slice(&sealed).map_err(|_| reader.damaged("its settings cannot be read"))?;
        if settings.then.len() != endpoints.len() {
            return Err(reader.damaged("it has other steps than endpoints"));
        }
        let revision = reader.number("revision")?;
        Ok(Rule { id, workspace_id, settings, endpoints, revision, created_at, updated_at })
    }
}

/// An optimistic lock: the stored row has this revision.
fn of_revision(revision: u64) -> Condition {
    Condition::new("revision = :before").number(":before", revision)
}
