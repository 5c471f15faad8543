//! Replays: make, load, list, and work on one step by step. One process at a time works on a replay.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use domain::delivery::replay::{Replay, ReplayStatus};
use domain::id::{ReplayId, WorkspaceId};
use domain::timestamp::Timestamp;

use crate::error::StoreError;
use crate::keys::{self, LOOKUP, LOOKUP_SORT, REPLAY_PREFIX, REPLAYS};
use crate::table::batch::condition_held;
use crate::table::item::{Attributes, ItemReader, ItemWriter, key_attributes};
use crate::table::query::{Index, Range};
use crate::{Page, Store};

const ENTITY: &str = "replay";

impl Store {
    /// Writes a new replay, to be forgotten at `expires_at`.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn start_replay(&self, replay: &Replay, expires_at: Timestamp) -> Result<(), StoreError> {
        let item = ItemWriter::new(&keys::replay(replay.workspace_id, replay.id), ENTITY)
            .text(LOOKUP, listed(replay))
            .text(LOOKUP_SORT, replay.id)
            .text("status", word(replay.status)?)
            .instant("leased_until", replay.created_at)
            .json("document", replay)?
            .expires_at(expires_at)
            .build();
        self.put(item).await
    }

    /// Takes a running replay until `until`; `None` when it is over or somebody else has it.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn lease_replay(
        &self,
        workspace: WorkspaceId,
        id: ReplayId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Replay>, StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(key_attributes(&keys::replay(workspace, id))))
            .update_expression("SET leased_until = :until")
            .condition_expression("leased_until <= :now AND #status = :running")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":until", AttributeValue::N(until.as_millis().to_string()))
            .expression_attribute_values(":now", AttributeValue::N(now.as_millis().to_string()))
            .expression_attribute_values(":running", AttributeValue::S(word(ReplayStatus::Running)?))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        match answer {
            Ok(answer) => read(answer.attributes.unwrap_or_default()).map(Some),
            Err(error) => condition_held("UpdateItem", Err::<(), _>(error)).map(|_| None),
        }
    }

    /// Writes down how far a running replay has come, or that it is over; from `next` on it may be taken again.
    /// Gives `false`, and writes nothing, when it is not running any more: it was cancelled.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn save_replay(&self, replay: &Replay, next: Timestamp) -> Result<bool, StoreError> {
        let document =
            serde_json::to_string(replay).map_err(|_| StoreError::damaged(ENTITY, "it is not JSON"))?;
        let answer = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(key_attributes(&keys::replay(replay.workspace_id, replay.id))))
            .update_expression(
                "SET document = :document, #status = :status, leased_until = :next, #lookup = :listed",
            )
            .condition_expression("#status = :running")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#lookup", LOOKUP)
            .expression_attribute_values(":listed", AttributeValue::S(listed(replay)))
            .expression_attribute_values(":document", AttributeValue::S(document))
            .expression_attribute_values(":status", AttributeValue::S(word(replay.status)?))
            .expression_attribute_values(":next", AttributeValue::N(next.as_millis().to_string()))
            .expression_attribute_values(":running", AttributeValue::S(word(ReplayStatus::Running)?))
            .send()
            .await;
        condition_held("UpdateItem", answer)
    }

    /// The replay in whichever workspace it is, by the index: one made a moment ago may be missed.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn find_replay(&self, id: ReplayId) -> Result<Option<Replay>, StoreError> {
        // It moves from the first to the second when it is over.
        for partition in [REPLAYS.to_owned(), id.to_string()] {
            let range = Range::prefix(partition, &id.to_string()).of(Index::Lookup);
            if let Some(row) = self.query(&range, 1).await?.rows.pop() {
                return read(row).map(Some);
            }
        }
        Ok(None)
    }

    /// Running replays that nobody has worked on since `before`: their task was lost.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn lost_replays(&self, before: Timestamp) -> Result<Vec<Replay>, StoreError> {
        let range = Range::prefix(REPLAYS.to_owned(), ReplayId::PREFIX).of(Index::Lookup);
        let mut lost = Vec::new();
        for row in self.query(&range, usize::MAX).await?.rows {
            let reader = ItemReader::new(row.clone(), ENTITY);
            if reader.instant("leased_until")? < before {
                lost.push(read(row)?);
            }
        }
        Ok(lost)
    }

    /// The replay, if the workspace has it.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn load_replay(
        &self,
        workspace: WorkspaceId,
        id: ReplayId,
    ) -> Result<Option<Replay>, StoreError> {
        self.load(&keys::replay(workspace, id)).await?.map(read).transpose()
    }

    /// Replays of a workspace, newest first, older than `before`.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn list_replays(
        &self,
        workspace: WorkspaceId,
        before: Option<ReplayId>,
        limit: usize,
    ) -> Result<Page<Replay, ReplayId>, StoreError> {
        let partition = keys::workspace_partition(workspace);
        let mut range = Range::prefix(partition, REPLAY_PREFIX).newest_first().consistent();
        if let Some(before) = before {
            range = range.before(&format!("{REPLAY_PREFIX}{before}"));
        }
        let page = self.query(&range, limit).await?;
        let rows = page.rows.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(Page::new(rows, page.more, |replay: &Replay| replay.id))
    }
}

/// Its partition of the `lookup` index.
fn listed(replay: &Replay) -> String {
    match replay.status {
        ReplayStatus::Running => REPLAYS.to_owned(),
        ReplayStatus::Completed | ReplayStatus::Cancelled => replay.id.to_string(),
    }
}

fn word(status: ReplayStatus) -> Result<String, StoreError> {
    match serde_json::to_value(status) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        _ => Err(StoreError::damaged(ENTITY, "its status is no word")),
    }
}

/// The status stands beside the document, where conditions can see it.
fn read(row: Attributes) -> Result<Replay, StoreError> {
    let reader = ItemReader::new(row, ENTITY);
    let replay: Replay = reader.json("document")?;
    Ok(Replay { status: reader.word("status")?, ..replay })
}
