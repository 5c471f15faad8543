//! Which events may stand without their jobs, and how far has the sweep for them come?
//! One row a workspace, while a sweep is owed: stepwise work, claimed for each step under a lease, and deleted at its end.

use domain::id::{EventId, WorkspaceId};
use domain::timestamp::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::keys::{self, LOOKUP, LOOKUP_SORT, SWEEPS};
use crate::table::item::ItemReader;
use crate::table::lease::Lease;
use crate::table::listing::Window;
use crate::table::update::{Condition, Update};

const ENTITY: &str = "sweep";

/// How far a sweep has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sweep {
    /// Whose events it looks through.
    pub workspace: WorkspaceId,
    /// Of which instants.
    pub window: Window,
    /// When it was last asked for.
    pub wanted_at: Timestamp,
    /// The last event that was looked at.
    pub cursor: Option<EventId>,
    /// When the scheduled event is due that this pass has seen: a sweep that has seen one comes again.
    pub scheduled: Option<Timestamp>,
    /// How many deliveries it has sent.
    pub sent: u64,
}

impl Store {
    /// Begins a sweep of a workspace's events, or widens the one that is owed.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn owe_sweep(
        &self,
        workspace: WorkspaceId,
        window: Window,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let row = || Update::new(keys::sweep(workspace), ENTITY);
        row()
            .set_entity()
            .set("wanted_at = :now, workspace = :workspace, #lookup = :sweeps, #sort = :workspace")
            .set("first_at = if_not_exists(first_at, :first), last_at = if_not_exists(last_at, :last)")
            .set("leased_until = if_not_exists(leased_until, :now), sent = if_not_exists(sent, :none)")
            .name("#lookup", LOOKUP)
            .name("#sort", LOOKUP_SORT)
            .instant(":now", now)
            .text(":workspace", workspace)
            .text(":sweeps", SWEEPS)
            .instant(":first", window.since)
            .instant(":last", window.until)
            .number(":none", 0)
            .apply(self)
            .await?;
        let (first, last) = (row().set("first_at = :at").when("first_at > :at"), row().set("last_at = :at"));
        first.instant(":at", window.since).apply(self).await?;
        last.when("last_at < :at").instant(":at", window.until).apply(self).await?;
        Ok(())
    }

    /// Claims a sweep for one step; `None` when none is owed, or another process holds the lease.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn claim_sweep(
        &self,
        workspace: WorkspaceId,
        now: Timestamp,
    ) -> Result<Option<(Lease, Sweep)>, StoreError> {
        let lease = Lease::new(keys::sweep(workspace), ENTITY, now);
        let Some(row) = lease.claim(now).new_row(self).await? else { return Ok(None) };
        Ok(Some((lease, read(&row)?)))
    }

    /// Saves how far a sweep has come; from `next` on it may be claimed again. `false` when the lease was lost: then
    /// nothing is written. The window is left alone: it may be widened during a step.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn save_sweep(
        &self,
        lease: &Lease,
        sweep: &Sweep,
        next: Timestamp,
    ) -> Result<bool, StoreError> {
        let update = lease.save(next).set("sent = :sent").number(":sent", sweep.sent);
        let update = update.set_or_remove("cursor", sweep.cursor, Update::text);
        update.set_or_remove("scheduled", sweep.scheduled, Update::instant).apply(self).await
    }

    /// Ends a sweep; `false` when it was asked for again since it was claimed, or the lease was lost.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn end_sweep(&self, lease: &Lease, sweep: &Sweep) -> Result<bool, StoreError> {
        let unasked = Condition::new("wanted_at = :wanted_at AND leased_until = :until")
            .instant(":wanted_at", sweep.wanted_at)
            .instant(":until", lease.until());
        self.delete_if(lease.key(), unasked).await
    }

    /// Deletes the sweep of a workspace that is gone.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn drop_sweep(&self, workspace: WorkspaceId) -> Result<(), StoreError> {
        self.delete(&keys::sweep(workspace)).await?;
        Ok(())
    }

    /// When the step ends at the latest that another process does; `None` when none is under way.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn sweep_step_ends(
        &self,
        workspace: WorkspaceId,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.step_ends(&keys::sweep(workspace), ENTITY, now).await
    }

    /// Sweeps whose task is lost at `now`, and those that have been owed for two minutes without a step.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn lost_sweeps(&self, now: Timestamp) -> Result<Vec<Sweep>, StoreError> {
        let rows = self.lost_rows(SWEEPS, WorkspaceId::PREFIX, ENTITY, now).await?;
        rows.iter().map(read).collect()
    }
}

fn read(reader: &ItemReader) -> Result<Sweep, StoreError> {
    let cursor = reader.maybe_text("cursor")?.map(str::parse).transpose();
    Ok(Sweep {
        workspace: reader.parsed("workspace")?,
        window: Window { since: reader.instant("first_at")?, until: reader.instant("last_at")? },
        wanted_at: reader.instant("wanted_at")?,
        cursor: cursor.map_err(|error| reader.damaged(error))?,
        scheduled: reader.maybe_instant("scheduled")?,
        sent: reader.number("sent")?,
    })
}
