//! How are sources kept?
//! As one document under an optimistic lock, with token and secrets sealed beside it; and a row that leads from the digest
//! of the token to the source, written and deleted in the same transaction.

use std::time::Duration;

use domain::access::workspace::MAX_RETENTION_DAYS;
use domain::audit::AuditEntry;
use domain::id::{SourceId, SourceKey, WorkspaceId};
use domain::source::secret::{ProviderSecret, SourceSecret};
use domain::source::token::SourceToken;
use domain::source::{Source, SourceSettings};
use domain::timestamp::Timestamp;

use crate::error::StoreError;
use crate::keys::{self, LOOKUP, LOOKUP_SORT, SK, SOURCE_PREFIX};
use crate::table::item::{Attributes, ItemReader, ItemWriter};
use crate::table::listing::Listing;
use crate::table::query::{Index, Range};
use crate::table::update::Condition;
use crate::{Page, Store};

const ENTITY: &str = "source";
const TOKEN_ENTITY: &str = "source token";
const TOMBSTONE_ENTITY: &str = "deleted source";
/// The attribute of a source's row by which the row of its token is found: the digest, which is no secret.
pub(super) const TOKEN_DIGEST: &str = "token_digest";
/// A tombstone stays as long as a received request may: the longest retention, and a day for clocks and time zones.
const TOMBSTONE_DAYS: u16 = MAX_RETENTION_DAYS + 1;

/// The row's document: the parts of [`Source`] that are no secret.
#[derive(serde::Serialize, serde::Deserialize)]
struct Document {
    id: SourceId,
    workspace_id: WorkspaceId,
    settings: SourceSettings,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// The sealed part of the row.
#[derive(serde::Serialize, serde::Deserialize)]
struct Sealed {
    token: SourceToken,
    secrets: Vec<SourceSecret>,
    /// The word of a handshake, which is an option: anyone who knows it can answer for the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verify_token: Option<ProviderSecret>,
}

impl Store {
    /// Writes a new source, and the row of its token. `false`, and nothing is written, when there is one with its id or
    /// token.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses for another reason, or the data key cannot be had.
    pub async fn create_source(
        &self,
        source: &Source,
        entry: Option<&AuditEntry>,
    ) -> Result<bool, StoreError> {
        let free = Some("attribute_not_exists(PK)");
        let token = ItemWriter::new(&keys::source_token(&source.token.digest()), TOKEN_ENTITY)
            .text("workspace", source.workspace_id)
            .text("source", source.id)
            .build();
        let parts = vec![self.part_put(self.source_item(source).await?, free)?, self.part_put(token, free)?];
        Ok(self.transact_audited(parts, entry).await?.is_none())
    }

    /// Writes a source whose revision is one more than the stored one's; its token never changes.
    ///
    /// An optimistic lock: gives `false`, and writes nothing, when the stored row has another revision.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses for another reason, or the data key cannot be had.
    pub async fn save_source(&self, source: &Source, entry: Option<&AuditEntry>) -> Result<bool, StoreError> {
        let before = source.revision.saturating_sub(1);
        let unchanged = Condition::new("revision = :before").number(":before", before);
        let parts = vec![self.part_put_if(self.source_item(source).await?, unchanged)?];
        Ok(self.transact_audited(parts, entry).await?.is_none())
    }

    async fn source_item(&self, source: &Source) -> Result<Attributes, StoreError> {
        let mut settings = source.settings.clone();
        let verify_token = settings.options.verify_token.take();
        let sealed = Sealed { token: source.token.clone(), secrets: source.secrets.clone(), verify_token };
        let sealed =
            serde_json::to_vec(&sealed).map_err(|_| StoreError::damaged(ENTITY, "secrets are not JSON"))?;
        let document = Document {
            id: source.id,
            workspace_id: source.workspace_id,
            settings,
            created_at: source.created_at,
            updated_at: source.updated_at,
        };
        Ok(ItemWriter::new(&keys::source(source.key()), ENTITY)
            .text(LOOKUP, source.id)
            .text(LOOKUP_SORT, source.id)
            .number("revision", source.revision)
            .text(TOKEN_DIGEST, source.token.digest())
            .json("document", &document)?
            .bytes("sealed", self.seal(&source.id.to_string(), &sealed).await?)
            .build())
    }

    /// The source, if the workspace has it.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn load_source(&self, key: SourceKey) -> Result<Option<Source>, StoreError> {
        match self.load(&keys::source(key)).await? {
            Some(row) => Ok(Some(self.open_source(&ItemReader::new(row, ENTITY)).await?)),
            None => Ok(None),
        }
    }

    /// The source as it was a moment ago; one that was just made is found.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn recent_source(&self, key: SourceKey) -> Result<Option<Source>, StoreError> {
        match self.load_recent(&keys::source(key)).await? {
            Some(row) => Ok(Some(self.open_source(&ItemReader::new(row, ENTITY)).await?)),
            None => self.load_source(key).await,
        }
    }

    /// The source in whichever workspace it is, by the index: a row made a moment ago may be missed.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn find_source(&self, id: SourceId) -> Result<Option<Source>, StoreError> {
        let range = Range::prefix(id.to_string(), SourceId::PREFIX).of(Index::Lookup);
        match self.query(&range, 1).await?.rows.pop() {
            Some(row) => Ok(Some(self.open_source(&ItemReader::new(row, ENTITY)).await?)),
            None => Ok(None),
        }
    }

    /// The key of the source whose address has the token with this digest, as it was a moment ago; one that was just made is
    /// found.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn source_of_token(&self, digest: &str) -> Result<Option<SourceKey>, StoreError> {
        let key = keys::source_token(digest);
        let row = match self.load_recent(&key).await? {
            Some(row) => Some(row),
            None => self.load(&key).await?,
        };
        let Some(row) = row else { return Ok(None) };
        let reader = ItemReader::new(row, TOKEN_ENTITY);
        Ok(Some(SourceKey::new(reader.parsed("workspace")?, reader.parsed("source")?)))
    }

    /// Part of the sources of a workspace, of those that the listing's filter selects. Decrypts only what it selects.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn list_sources(
        &self,
        workspace: WorkspaceId,
        listing: &Listing<SourceId, impl Fn(SourceId, &SourceSettings) -> bool>,
    ) -> Result<Page<Source, SourceId>, StoreError> {
        let range = Range::prefix(keys::workspace_partition(workspace), SOURCE_PREFIX).consistent();
        let keep = |row| {
            let reader = ItemReader::new(row, ENTITY);
            let Document { id, settings, .. } = reader.json("document")?;
            Ok((listing.filter)(id, &settings).then_some(reader))
        };
        let page = self.walk(range.listed(SOURCE_PREFIX, listing), listing.limit, keep).await?;
        let mut rows = Vec::with_capacity(page.rows.len());
        for row in page.rows {
            rows.push(self.open_source(&row).await?);
        }
        Ok(Page { rows, next: page.next })
    }

    /// Whether a workspace has at least `most` sources. Decrypts nothing.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn has_sources(&self, workspace: WorkspaceId, most: usize) -> Result<bool, StoreError> {
        let range = Range::prefix(keys::workspace_partition(workspace), SOURCE_PREFIX);
        Ok(self.query(&range.only(&[SK]).consistent(), most).await?.rows.len() >= most)
    }

    /// Deletes a source and the row of its token, and leaves a tombstone; `updated_at` is when it was deleted. Whether there
    /// was one. Its received requests stay until they expire.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn delete_source(
        &self,
        source: &Source,
        entry: Option<&AuditEntry>,
    ) -> Result<bool, StoreError> {
        const DAY: Duration = Duration::from_secs(86_400);
        let is_there = Condition::new("attribute_exists(PK)");
        let tombstone = ItemWriter::new(&keys::source_tombstone(source.key()), TOMBSTONE_ENTITY)
            .expires_at(source.updated_at.plus(DAY * u32::from(TOMBSTONE_DAYS)))
            .build();
        let parts = vec![
            self.part_delete_if(&keys::source(source.key()), is_there)?,
            self.part_delete(&keys::source_token(&source.token.digest()))?,
            self.part_put(tombstone, None)?,
        ];
        Ok(self.transact_audited(parts, entry).await?.is_none())
    }

    async fn open_source(&self, reader: &ItemReader) -> Result<Source, StoreError> {
        let Document { id, workspace_id, mut settings, created_at, updated_at } = reader.json("document")?;
        let sealed = self.open(&id.to_string(), reader.bytes("sealed")?).await?;
        let Sealed { token, secrets, verify_token } =
            serde_json::from_slice(&sealed).map_err(|_| reader.damaged("its secrets cannot be read"))?;
        settings.options.verify_token = verify_token;
        let revision = reader.number("revision")?;
        Ok(Source { id, workspace_id, token, settings, secrets, revision, created_at, updated_at })
    }
}
