//! Which thing has a uid?
//! A row for each uid, which names the id. It is written in one transaction with its thing, under the condition that
//! there is none: so a uid is unique, and a thing that has one is found by it.
//!
//! The row of an event's uid expires with the event; the others are deleted with their thing, or when it gets another uid.

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::audit::AuditEntry;
use domain::id::{EndpointId, EventId, WorkspaceId};
use domain::timestamp::Timestamp;
use domain::uid::Uid;

use crate::Store;
use crate::error::StoreError;
use crate::keys::{self, Key};
use crate::table::item::{ItemReader, ItemWriter};
use crate::table::update::Condition;

const ENTITY: &str = "uid";
/// The attribute that names the thing.
const ID: &str = "id";

/// What came of a write that may give a thing another uid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// It is written.
    Done,
    /// Another writer was faster (an optimistic lock). Nothing is written.
    ChangedMeanwhile,
    /// Another thing has the uid. Nothing is written.
    UidTaken,
}

impl Store {
    /// The workspace that has the uid.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn workspace_of_uid(&self, uid: &Uid) -> Result<Option<WorkspaceId>, StoreError> {
        self.id_of(&keys::workspace_uid(uid)).await
    }

    /// The same as it was a moment ago; a uid that was just given is found.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn recent_workspace_of_uid(&self, uid: &Uid) -> Result<Option<WorkspaceId>, StoreError> {
        match self.load_recent(&keys::workspace_uid(uid)).await? {
            Some(row) => ItemReader::new(row, ENTITY).parsed(ID).map(Some),
            None => self.workspace_of_uid(uid).await,
        }
    }

    /// The endpoint of a workspace that has the uid.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn endpoint_of_uid(
        &self,
        workspace: WorkspaceId,
        uid: &Uid,
    ) -> Result<Option<EndpointId>, StoreError> {
        self.id_of(&keys::endpoint_uid(workspace, uid)).await
    }

    /// The endpoints of a workspace that have these uids, which differ.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn endpoints_of_uids(
        &self,
        workspace: WorkspaceId,
        uids: impl IntoIterator<Item = &Uid>,
    ) -> Result<HashMap<Uid, EndpointId>, StoreError> {
        let keys: Vec<_> = uids.into_iter().map(|uid| keys::endpoint_uid(workspace, uid)).collect();
        let rows = self.load_all(&keys).await?.into_iter().map(|row| {
            let reader = ItemReader::new(row, ENTITY);
            let uid = reader.text(keys::SK)?.strip_prefix(keys::ENDPOINT_UID_PREFIX).unwrap_or_default();
            Ok((uid.parse().map_err(|error| reader.damaged(error))?, reader.parsed(ID)?))
        });
        rows.collect()
    }

    /// The event of a workspace that has the uid, if it has not expired at `now`.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn event_of_uid(
        &self,
        workspace: WorkspaceId,
        uid: &Uid,
        now: Timestamp,
    ) -> Result<Option<EventId>, StoreError> {
        let Some(row) = self.load(&keys::event_uid(workspace, uid)).await? else { return Ok(None) };
        let reader = ItemReader::new(row, ENTITY);
        // DynamoDB deletes an expired row late, up to days later.
        let expires_at: i64 = reader.number(keys::EXPIRES_AT)?;
        if expires_at <= now.as_seconds() { Ok(None) } else { reader.parsed(ID).map(Some) }
    }

    async fn id_of<T: FromStr>(&self, key: &Key) -> Result<Option<T>, StoreError> {
        self.load(key).await?.map(|row| ItemReader::new(row, ENTITY).parsed(ID)).transpose()
    }

    /// The parts of a transaction that take the uid `before` from the thing `id` and give it the uid `after`; none, if it
    /// keeps its uid. `key` is the key of a uid's row. Only the last of them has a condition.
    pub(crate) fn uid_parts(
        &self,
        key: impl Fn(&Uid) -> Key,
        id: impl Display,
        (before, after): (Option<&Uid>, Option<&Uid>),
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        if before == after {
            return Ok(Vec::new());
        }
        let mut parts = Vec::with_capacity(2);
        if let Some(before) = before {
            parts.push(self.part_delete(&key(before))?);
        }
        if let Some(after) = after {
            let item = ItemWriter::new(&key(after), ENTITY).text(ID, &id).build();
            // Its own uid may still be there: a version that knows no uids writes a thing without its uid.
            let free =
                Condition::new("attribute_not_exists(PK) OR #id = :id").name("#id", ID).text(":id", &id);
            parts.push(self.part_put_if(item, free)?);
        }
        Ok(parts)
    }

    /// The part of a transaction that claims the uid of an event until `expires_at`.
    pub(crate) fn event_uid_part(
        &self,
        workspace: WorkspaceId,
        event: EventId,
        uid: &Uid,
        (now, expires_at): (Timestamp, Timestamp),
    ) -> Result<TransactWriteItem, StoreError> {
        let item = ItemWriter::new(&keys::event_uid(workspace, uid), ENTITY);
        let item = item.text(ID, event).expires_at(expires_at).build();
        let free = Condition::new("attribute_not_exists(PK) OR expires_at <= :now").expiry(":now", now);
        self.part_put_if(item, free)
    }

    /// Writes `parts`, of which the first is a thing under its optimistic lock and the rest are of its uid, with the entry
    /// of the change.
    pub(crate) async fn save_with_uid(
        &self,
        parts: Vec<TransactWriteItem>,
        entry: Option<&AuditEntry>,
    ) -> Result<Saved, StoreError> {
        Ok(match self.transact_audited(parts, entry).await? {
            None => Saved::Done,
            Some(0) => Saved::ChangedMeanwhile,
            Some(_) => Saved::UidTaken,
        })
    }
}
