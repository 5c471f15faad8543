//! How are API keys kept?
//! In rows written and deleted in one transaction: one under the digest of each secret of the key, which authenticates
//! with a single get, and one in the list of the key's workspace.
//!
//! A rotated key has several secrets for a while. The document under an old one says when it ends; the listed row names
//! the digests, so that a deletion finds them all. When the key was last used is beside the document in the row that
//! authenticates, where a request finds it without another read.

use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use domain::access::api_key::{ApiKey, LAST_USE_PRECISION};
use domain::audit::AuditEntry;
use domain::audit::snapshot::{KeySecrets, Snapshot};
use domain::id::{ApiKeyId, WorkspaceId};
use domain::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::keys::{self, KEY_PREFIX, LOOKUP, LOOKUP_SORT};
use crate::rows::erasure::Erased;
use crate::table::item::{Attributes, ItemReader, ItemWriter, key_attributes};
use crate::table::listing::Listing;
use crate::table::query::{Index, Range};
use crate::table::update::Update;
use crate::{Page, Store};

const ENTITY: &str = "api_key";

/// A secret that was rotated out and still authenticates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OldKeySecret {
    digest: String,
    /// When it stops to authenticate.
    pub ends_at: Timestamp,
}

/// An API key with the secrets that authenticate as it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedApiKey {
    /// The key.
    pub key: ApiKey,
    digest: String,
    /// Secrets rotated out before, the newest first.
    pub old: Vec<OldKeySecret>,
}

impl Store {
    /// Writes a key under `digest`, the SHA-256 of what its holder sends.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn save_api_key(
        &self,
        key: &ApiKey,
        digest: &str,
        entry: Option<&AuditEntry>,
    ) -> Result<(), StoreError> {
        let listed = ListedApiKey::new(key.clone(), digest.to_owned());
        let writes = vec![
            self.part_put(under_digest(key, digest)?.build(), None)?,
            self.part_put(listed.write()?.build(), None)?,
        ];
        self.transact_audited(writes, entry).await?;
        Ok(())
    }

    /// Gives a key a new secret, under `digest`. The one before authenticates until `ends_at`, or no more if there is no
    /// such instant. `false` when the key was rotated or deleted meanwhile: nothing is written then.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn rotate_api_key(
        &self,
        listed: &ListedApiKey,
        digest: &str,
        ends_at: Option<Timestamp>,
        entry: Option<&AuditEntry>,
    ) -> Result<bool, StoreError> {
        let ListedApiKey { key, digest: before, .. } = listed;
        let rotated = listed.clone().rotated(digest.to_owned(), ends_at);
        let old_row = match ends_at {
            Some(ends_at) => {
                let row = under_digest(&key.ending_at(ends_at), before)?.expires_at(ends_at);
                // The key's last use was known under this secret; it stays known while the secret is.
                self.part_put(
                    row.maybe(key.last_used_at, |row, at| row.instant("last_used_at", at)).build(),
                    None,
                )?
            }
            None => self.part_delete(&keys::api_key(before))?,
        };
        let listed_row = Put::builder()
            .table_name(&*self.table)
            .set_item(Some(rotated.write()?.build()))
            .condition_expression("digest = :before")
            .expression_attribute_values(":before", AttributeValue::S(before.clone()))
            .build()
            .map_err(StoreError::aws("TransactWriteItems"))?;
        let writes = vec![
            self.part_put(under_digest(key, digest)?.build(), None)?,
            TransactWriteItem::builder().put(listed_row).build(),
            old_row,
        ];
        Ok(self.transact_audited(writes, entry).await?.is_none())
    }

    /// The key whose holder sent something with this digest.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn find_api_key(&self, digest: &str) -> Result<Option<ApiKey>, StoreError> {
        self.load(&keys::api_key(digest)).await?.map(read).transpose()
    }

    /// The same as it was a moment ago; one that was just made is found.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn find_recent_api_key(&self, digest: &str) -> Result<Option<ApiKey>, StoreError> {
        match self.load_recent(&keys::api_key(digest)).await? {
            Some(row) => read(row).map(Some),
            None => self.find_api_key(digest).await,
        }
    }

    /// Writes that the key with this digest was used at `now`, unless that is known to the hour already or the key is
    /// gone. Processes that use a key at once write it once.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn save_last_use(&self, digest: &str, now: Timestamp) -> Result<(), StoreError> {
        let update = Update::new(keys::api_key(digest), ENTITY)
            .set("last_used_at = :now")
            .when("attribute_exists(PK)")
            .when("(attribute_not_exists(last_used_at) OR last_used_at <= :outdated)")
            .instant(":now", now)
            .instant(":outdated", now.minus(LAST_USE_PRECISION));
        update.apply(self).await?;
        Ok(())
    }

    /// Part of the keys of one workspace, or of those for all workspaces.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn list_api_keys(
        &self,
        workspace: Option<WorkspaceId>,
        listing: &Listing<ApiKeyId, ()>,
    ) -> Result<Page<ApiKey, ApiKeyId>, StoreError> {
        let range = Range::prefix(keys::api_keys_partition(workspace), KEY_PREFIX).consistent();
        let keep = |row| ListedApiKey::read(row).map(Some);
        let Page { mut rows, next } =
            self.walk(range.listed(KEY_PREFIX, listing), listing.limit, keep).await?;
        self.add_last_uses(&mut rows).await?;
        Ok(Page { rows: rows.into_iter().map(|listed| listed.key).collect(), next })
    }

    /// The key with this id.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn load_api_key(&self, id: ApiKeyId) -> Result<Option<ListedApiKey>, StoreError> {
        let range = Range::prefix(id.to_string(), ApiKeyId::PREFIX).of(Index::Lookup);
        let Some(row) = self.query(&range, 1).await?.rows.pop() else { return Ok(None) };
        let mut listed = [ListedApiKey::read(row)?];
        self.add_last_uses(&mut listed).await?;
        let [listed] = listed;
        Ok(Some(listed))
    }

    /// Deletes a key with all its secrets. `false` when it was rotated or deleted meanwhile: nothing is deleted then, as a
    /// secret that this reader does not know of would stay.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn delete_api_key(
        &self,
        listed: &ListedApiKey,
        entry: Option<&AuditEntry>,
    ) -> Result<bool, StoreError> {
        let listed_row = Delete::builder()
            .table_name(&*self.table)
            .set_key(Some(key_attributes(&keys::listed_api_key(listed.key.workspace_id, listed.key.id))))
            .condition_expression("digest = :digest")
            .expression_attribute_values(":digest", AttributeValue::S(listed.digest.clone()))
            .build()
            .map_err(StoreError::aws("TransactWriteItems"))?;
        let mut writes = vec![TransactWriteItem::builder().delete(listed_row).build()];
        for digest in listed.digests() {
            writes.push(self.part_delete(&keys::api_key(digest))?);
        }
        Ok(self.transact_audited(writes, entry).await?.is_none())
    }

    /// Deletes API keys of a workspace that was deleted, at most `limit`, with all their secrets.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn erase_api_keys(&self, workspace: WorkspaceId, limit: usize) -> Result<Erased, StoreError> {
        let range = Range::prefix(keys::api_keys_partition(Some(workspace)), KEY_PREFIX).consistent();
        let page = self.query(&range, limit).await?;
        let mut erased = Erased { rows: 0, is_done: !page.more };
        for row in page.rows {
            let listed = ListedApiKey::read(row)?;
            erased.rows += 1 + listed.digests().count();
            // One that was rotated meanwhile is found again.
            erased.is_done &= self.delete_api_key(&listed, None).await?;
        }
        Ok(erased)
    }

    /// Adds to each key when it was last used, by any of its secrets.
    async fn add_last_uses(&self, listed: &mut [ListedApiKey]) -> Result<(), StoreError> {
        let rows: Vec<_> = listed.iter().flat_map(ListedApiKey::digests).map(keys::api_key).collect();
        for row in self.load_all(&rows).await? {
            let used = read(row)?;
            if let Some(listed) = listed.iter_mut().find(|listed| listed.key.id == used.id) {
                listed.key.last_used_at = listed.key.last_used_at.max(used.last_used_at);
            }
        }
        Ok(())
    }
}

impl ListedApiKey {
    /// A key with one secret, the one with this digest.
    pub fn new(key: ApiKey, digest: String) -> Self {
        Self { key, digest, old: Vec::new() }
    }

    /// As an audit entry compares it.
    pub fn snapshot(&self) -> Snapshot {
        let old_ends = self.old.iter().map(|old| old.ends_at).collect();
        Snapshot::of_api_key(&self.key, &KeySecrets { digest: &self.digest, old_ends })
    }

    /// The digests of all secrets that authenticate, or have not been deleted since.
    fn digests(&self) -> impl Iterator<Item = &str> {
        [self.digest.as_str()].into_iter().chain(self.old.iter().map(|old| old.digest.as_str()))
    }

    /// The same with a new secret; the one before ends at `ends_at`, or has ended.
    #[must_use]
    pub fn rotated(mut self, digest: String, ends_at: Option<Timestamp>) -> Self {
        let before = std::mem::replace(&mut self.digest, digest);
        if let Some(ends_at) = ends_at {
            self.old.insert(0, OldKeySecret { digest: before, ends_at });
        }
        self
    }

    /// The same without the old secrets that have ended at `now`: DynamoDB deletes their rows.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        self.old.retain(|old| now < old.ends_at);
        self
    }

    fn read(item: Attributes) -> Result<Self, StoreError> {
        let reader = ItemReader::new(item, ENTITY);
        let old = if reader.maybe_text("old_secrets")?.is_some() {
            reader.json("old_secrets")?
        } else {
            Vec::new()
        };
        Ok(Self { key: reader.json("document")?, digest: reader.text("digest")?.to_owned(), old })
    }

    fn write(&self) -> Result<ItemWriter, StoreError> {
        let Self { key, digest, old } = self;
        let item = ItemWriter::new(&keys::listed_api_key(key.workspace_id, key.id), ENTITY)
            .text(LOOKUP, key.id)
            .text(LOOKUP_SORT, key.id)
            .text("digest", digest)
            .json("document", key)?;
        if old.is_empty() { Ok(item) } else { item.json("old_secrets", old) }
    }
}

pub(super) fn under_digest(key: &ApiKey, digest: &str) -> Result<ItemWriter, StoreError> {
    ItemWriter::new(&keys::api_key(digest), ENTITY).json("document", key)
}

fn read(item: Attributes) -> Result<ApiKey, StoreError> {
    let reader = ItemReader::new(item, ENTITY);
    Ok(ApiKey { last_used_at: reader.maybe_instant("last_used_at")?, ..reader.json("document")? })
}
