//! How is a replay kept?
//! As one document; its row is stepwise work, claimed for each step under a lease.

use domain::audit::AuditEntry;
use domain::delivery::replay::{Replay, ReplayStatus};
use domain::id::{ReplayId, WorkspaceId};
use domain::timestamp::Timestamp;

use crate::error::StoreError;
use crate::keys::{self, LOOKUP, LOOKUP_SORT, REPLAY_PREFIX, REPLAYS};
use crate::table::item::{Attributes, ItemReader, ItemWriter};
use crate::table::lease::{LEASED_UNTIL, Lease};
use crate::table::query::{Index, Range};
use crate::table::update::Update;
use crate::{Page, Store};

const ENTITY: &str = "replay";

impl Store {
    /// Writes a new replay that expires at `expires_at`.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn start_replay(
        &self,
        replay: &Replay,
        expires_at: Timestamp,
        entry: Option<&AuditEntry>,
    ) -> Result<(), StoreError> {
        let item = ItemWriter::new(&keys::replay(replay.workspace_id, replay.id), ENTITY)
            .text(LOOKUP, listed(replay))
            .text(LOOKUP_SORT, replay.id)
            .text("status", word(replay.status)?)
            .instant(LEASED_UNTIL, replay.created_at)
            .json("document", replay)?
            .expires_at(expires_at)
            .build();
        let parts = vec![self.part_put(item, None)?];
        self.transact_audited(parts, entry).await?;
        Ok(())
    }

    /// Claims a running replay for one step; `None` when it has ended, or another process holds the lease.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn claim_replay(
        &self,
        workspace: WorkspaceId,
        id: ReplayId,
        now: Timestamp,
    ) -> Result<Option<(Lease, Replay)>, StoreError> {
        let lease = Lease::new(keys::replay(workspace, id), ENTITY, now);
        let Some(row) = while_running(lease.claim(now))?.new_row(self).await? else { return Ok(None) };
        Ok(Some((lease, read(&row)?)))
    }

    /// Saves the progress of a running replay, or its end; from `next` on it may be claimed again. `false` when
    /// the lease was lost or the replay was cancelled: then nothing is written.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn save_replay(
        &self,
        lease: &Lease,
        replay: &Replay,
        next: Timestamp,
    ) -> Result<bool, StoreError> {
        while_running(write(lease.save(next), replay)?)?.apply(self).await
    }

    /// Writes that a replay is cancelled, whichever process works on it; `false` when it was not running any more.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn cancel_replay(
        &self,
        replay: &Replay,
        entry: Option<&AuditEntry>,
    ) -> Result<bool, StoreError> {
        let update = Update::new(keys::replay(replay.workspace_id, replay.id), ENTITY);
        let parts = vec![while_running(write(update, replay)?)?.part(self)?];
        Ok(self.transact_audited(parts, entry).await?.is_none())
    }

    /// Deletes a replay whose workspace is gone.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn drop_replay(&self, workspace: WorkspaceId, id: ReplayId) -> Result<(), StoreError> {
        self.delete(&keys::replay(workspace, id)).await?;
        Ok(())
    }

    /// The replay in whichever workspace it is, by the index: one made a moment ago may be missed.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn find_replay(&self, id: ReplayId) -> Result<Option<Replay>, StoreError> {
        // It moves from the first partition to the second when it ends.
        for partition in [REPLAYS.to_owned(), id.to_string()] {
            let range = Range::prefix(partition, &id.to_string()).of(Index::Lookup);
            if let Some(row) = self.query(&range, 1).await?.rows.pop() {
                return read_row(row).map(Some);
            }
        }
        Ok(None)
    }

    /// When the step ends at the latest that another process does; `None` when none is under way.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn replay_step_ends(
        &self,
        workspace: WorkspaceId,
        id: ReplayId,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.step_ends(&keys::replay(workspace, id), ENTITY, now).await
    }

    /// Running replays whose task is lost at `now`.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn lost_replays(&self, now: Timestamp) -> Result<Vec<Replay>, StoreError> {
        let rows = self.lost_rows(REPLAYS, ReplayId::PREFIX, ENTITY, now).await?;
        rows.iter().map(read).collect()
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

/// Only while it runs: a replay that has ended does not change.
fn while_running(update: Update) -> Result<Update, StoreError> {
    let running = word(ReplayStatus::Running)?;
    Ok(update.when("#status = :running").name("#status", "status").text(":running", running))
}

fn write(update: Update, replay: &Replay) -> Result<Update, StoreError> {
    let document =
        serde_json::to_string(replay).map_err(|_| StoreError::damaged(ENTITY, "it is not JSON"))?;
    Ok(update
        .set("document = :document, #status = :status, #lookup = :listed")
        .name("#lookup", LOOKUP)
        .text(":document", document)
        .text(":status", word(replay.status)?)
        .text(":listed", listed(replay)))
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
