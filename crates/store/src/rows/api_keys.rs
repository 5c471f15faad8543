//! How are API keys kept?
//! In two rows, written and deleted in one transaction: one under the digest of the key, which authenticates with a
//! single get, and one in the list of its workspace.

use domain::access::api_key::ApiKey;
use domain::id::{ApiKeyId, WorkspaceId};

use crate::error::StoreError;
use crate::keys::{self, KEY_PREFIX, LOOKUP, LOOKUP_SORT};
use crate::table::item::{Attributes, ItemReader, ItemWriter};
use crate::table::query::{Index, Range};
use crate::{Page, Store};

const ENTITY: &str = "api_key";

impl Store {
    /// Writes a key under `digest`, the SHA-256 of what its holder sends.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn save_api_key(&self, key: &ApiKey, digest: &str) -> Result<(), StoreError> {
        let by_digest = ItemWriter::new(&keys::api_key(digest), ENTITY).json("document", key)?.build();
        let listed = ItemWriter::new(&keys::listed_api_key(key.workspace_id, key.id), ENTITY)
            .text(LOOKUP, key.id)
            .text(LOOKUP_SORT, key.id)
            .text("digest", digest)
            .json("document", key)?
            .build();
        self.transact(vec![self.part_put(by_digest, None)?, self.part_put(listed, None)?]).await?;
        Ok(())
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

    /// Keys of one workspace, or those that open all, newest first, older than `before`.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn list_api_keys(
        &self,
        workspace: Option<WorkspaceId>,
        before: Option<ApiKeyId>,
        limit: usize,
    ) -> Result<Page<ApiKey, ApiKeyId>, StoreError> {
        let mut range =
            Range::prefix(keys::api_keys_partition(workspace), KEY_PREFIX).newest_first().consistent();
        if let Some(before) = before {
            range = range.before(&format!("{KEY_PREFIX}{before}"));
        }
        let page = self.query(&range, limit).await?;
        let rows = page.rows.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(Page::new(rows, page.more, |key: &ApiKey| key.id))
    }

    /// The key with this id.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn load_api_key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        self.listed_row(id).await?.map(read).transpose()
    }

    /// Deletes a key; whether there was one.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn delete_api_key(&self, id: ApiKeyId) -> Result<bool, StoreError> {
        let Some(row) = self.listed_row(id).await? else { return Ok(false) };
        let reader = ItemReader::new(row, ENTITY);
        let key: ApiKey = reader.json("document")?;
        let by_digest = self.part_delete(&keys::api_key(reader.text("digest")?), None)?;
        let listed = self.part_delete(&keys::listed_api_key(key.workspace_id, key.id), None)?;
        self.transact(vec![by_digest, listed]).await?;
        Ok(true)
    }

    async fn listed_row(&self, id: ApiKeyId) -> Result<Option<Attributes>, StoreError> {
        let range = Range::prefix(id.to_string(), ApiKeyId::PREFIX).of(Index::Lookup);
        Ok(self.query(&range, 1).await?.rows.pop())
    }
}

fn read(item: Attributes) -> Result<ApiKey, StoreError> {
    ItemReader::new(item, ENTITY).json("document")
}
