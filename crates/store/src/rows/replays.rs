//! Replays: make, load, list, and work on one step by step. One process at a time works on a replay.

use domain::delivery::replay::{Replay, ReplayStatus};
use domain::id::{ReplayId, WorkspaceId};
use domain::timestamp::Timestamp;

use crate::error::StoreError;
use crate::keys::{self, LOOKUP, LOOKUP_SORT, REPLAY_PREFIX, REPLAYS};
use crate::table::item::{Attributes, ItemReader, ItemWriter};
use crate::table::query::{Index, Range};
use crate::table::update::Update;
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
        let row = Update::new(keys::replay(workspace, id), ENTITY)
            .set("leased_until = :until")
            .when("leased_until <= :now AND #status = :running")
            .name("#status", "status")
            .instant(":until", until)
            .instant(":now", now)
            .text(":running", word(ReplayStatus::Running)?)
            .new_row(self)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// Writes down how far a running replay has come, or that it is over; from `next` on it may be taken again.
    /// Gives `false`, and writes nothing, when it is not running any more: it was cancelled.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn save_replay(&self, replay: &Replay, next: Timestamp) -> Result<bool, StoreError> {
        let document =
            serde_json::to_string(replay).map_err(|_| StoreError::damaged(ENTITY, "it is not JSON"))?;
        Update::new(keys::replay(replay.workspace_id, replay.id), ENTITY)
            .set("document = :document, #status = :status, leased_until = :next, #lookup = :listed")
            .when("#status = :running")
            .name("#status", "status")
            .name("#lookup", LOOKUP)
            .text(":document", document)
            .text(":status", word(replay.status)?)
            .instant(":next", next)
            .text(":listed", listed(replay))
            .text(":running", word(ReplayStatus::Running)?)
            .apply(self)
            .await
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
                return read_row(row).map(Some);
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
            let reader = ItemReader::new(row, ENTITY);
            if reader.instant("leased_until")? < before {
                lost.push(read(&reader)?);
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
        self.load(&keys::replay(workspace, id)).await?.map(read_row).transpose()
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
        let rows = page.rows.into_iter().map(read_row).collect::<Result<_, _>>()?;
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

fn read_row(row: Attributes) -> Result<Replay, StoreError> {
    read(&ItemReader::new(row, ENTITY))
}

/// The status stands beside the document, where conditions can see it.
fn read(reader: &ItemReader) -> Result<Replay, StoreError> {
    let replay: Replay = reader.json("document")?;
    Ok(Replay { status: reader.word("status")?, ..replay })
}
