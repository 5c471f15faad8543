//! How are invocations kept?
//! One row each, with who invoked what and how it ended; parameters, answer and attempts are one blob, compressed and
//! sealed: they carry customers' data, and an answer may be anything.
//!
//! The row is written before the first attempt and again after the last, so that an invocation of which nothing more is
//! heard can be seen.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::action::invocation::{Content, Invocation, InvocationStatus, Response};
use domain::action::name::ActionName;
use domain::audit::AuditEntry;
use domain::id::{InvocationId, WorkspaceId};
use domain::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::StoreError;
use crate::keys::{self, INVOCATION_SHARDS};
use crate::rows::{attempts, payload};
use crate::table::item::{Attributes, ItemReader, ItemWriter};
use crate::table::listing::Listing;
use crate::table::sharded_list::ShardedList;
use crate::{Page, Store};

const ENTITY: &str = "invocation";
const DOCUMENT: &str = "document";
const CONTENT: &str = "content";
/// What a list reads: not the content, by far the largest part of a row.
const LISTED: &[&str] = &[keys::PK, keys::SK, keys::EXPIRES_AT, DOCUMENT];
/// A larger content is damaged: parameters of 64 KiB, an answer of 32 KiB with its JSON, and six attempts, as JSON.
const MAX_CONTENT_BYTES: usize = 4 * 1024 * 1024;

/// Which invocations are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InvocationFilter {
    /// Only those of this action.
    pub action: Option<ActionName>,
    /// Only those that stand so.
    pub status: Option<InvocationStatus>,
}

impl InvocationFilter {
    fn selects(&self, invocation: &Invocation) -> bool {
        self.action.as_ref().is_none_or(|action| *action == invocation.action)
            && self.status.is_none_or(|status| status == invocation.status)
    }
}

/// The content as JSON.
#[derive(Serialize, Deserialize)]
struct Blob {
    parameters: Value,
    idempotency_key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    response: Option<Response>,
    /// Each as an attempt of a delivery is kept, in base64.
    attempts: Vec<String>,
}

impl Store {
    /// Writes an invocation that begins, with its entry in the audit log.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses, or the data key cannot be had.
    pub async fn begin_invocation(
        &self,
        invocation: &Invocation,
        content: &Content,
        expires_at: Timestamp,
        entry: &AuditEntry,
    ) -> Result<(), StoreError> {
        let row = self.invocation_item(invocation, content, expires_at).await?;
        self.transact_audited(vec![self.part_put(row, None)?], Some(entry)).await?;
        Ok(())
    }

    /// Writes an invocation that has ended.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses, or the data key cannot be had.
    pub async fn end_invocation(
        &self,
        invocation: &Invocation,
        content: &Content,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.put(self.invocation_item(invocation, content, expires_at).await?).await
    }

    async fn invocation_item(
        &self,
        invocation: &Invocation,
        content: &Content,
        expires_at: Timestamp,
    ) -> Result<Attributes, StoreError> {
        let sealed = self.seal(&invocation.id.to_string(), &packed(content)?).await?;
        Ok(ItemWriter::new(&keys::invocation(invocation.workspace_id, invocation.id), ENTITY)
            .json(DOCUMENT, invocation)?
            .bytes(CONTENT, sealed)
            .expires_at(expires_at)
            .build())
    }

    /// An invocation with its content, if it has not expired at `now`.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn load_invocation(
        &self,
        workspace: WorkspaceId,
        id: InvocationId,
        now: Timestamp,
    ) -> Result<Option<(Invocation, Content)>, StoreError> {
        let Some(row) = self.load(&keys::invocation(workspace, id)).await? else { return Ok(None) };
        let reader = ItemReader::new(row, ENTITY);
        let Some(invocation) = read(&reader, now)? else { return Ok(None) };
        let plain = self.open(&id.to_string(), reader.bytes(CONTENT)?).await?;
        let content = unpacked(&plain).ok_or_else(|| reader.damaged("its content cannot be read"))?;
        Ok(Some((invocation, content)))
    }

    /// Part of the invocations of a workspace. Decrypts nothing.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn list_invocations(
        &self,
        workspace: WorkspaceId,
        listing: &Listing<InvocationId, InvocationFilter>,
        now: Timestamp,
    ) -> Result<Page<Invocation, InvocationId>, StoreError> {
        let list = ShardedList {
            partition: |day, shard| keys::invocation_partition(workspace, day, shard),
            shards: INVOCATION_SHARDS,
            prefix: "",
            attributes: LISTED,
            id: InvocationId::new,
            time: InvocationId::time,
        };
        let found = self.read_sharded(&list, listing, |row: Attributes| {
            let invocation = read(&ItemReader::new(row, ENTITY), now)?;
            Ok(invocation.filter(|invocation| listing.filter.selects(invocation)).into())
        });
        Ok(found.await?.page)
    }
}

/// The invocation as it stands at `now`, unless it has expired: DynamoDB deletes an expired row late, up to days later.
fn read(reader: &ItemReader, now: Timestamp) -> Result<Option<Invocation>, StoreError> {
    if reader.number::<i64>(keys::EXPIRES_AT)? <= now.as_seconds() {
        return Ok(None);
    }
    reader.json(DOCUMENT).map(|invocation: Invocation| Some(invocation.at(now)))
}

fn packed(content: &Content) -> Result<Vec<u8>, StoreError> {
    let attempts = content.attempt_log.iter().map(|attempt| Ok(STANDARD.encode(attempts::encode(attempt)?)));
    let blob = Blob {
        parameters: content.parameters.clone(),
        idempotency_key: content.idempotency_key.clone(),
        response: content.response.clone(),
        attempts: attempts.collect::<Result<_, StoreError>>()?,
    };
    let plain = serde_json::to_vec(&blob).map_err(|_| StoreError::damaged(ENTITY, "it is not JSON"))?;
    payload::compress(&plain).map_err(|_| StoreError::damaged(ENTITY, "it cannot be compressed"))
}

fn unpacked(compressed: &[u8]) -> Option<Content> {
    let plain = zstd::bulk::decompress(compressed, MAX_CONTENT_BYTES).ok()?;
    let Blob { parameters, idempotency_key, response, attempts } = serde_json::from_slice(&plain).ok()?;
    let attempt = |text: String| attempts::decode(&STANDARD.decode(text).ok()?).ok();
    let attempt_log = attempts.into_iter().map(attempt).collect::<Option<_>>()?;
    Some(Content { parameters, idempotency_key, response, attempt_log })
}
