//! How do several processes share stepwise work without doing one step twice?
//! By a lease: a process claims the row for a step, and saves its progress, which releases the row. A row
//! whose step did not end is free again when its lease ends.

use std::time::Duration;

use domain::timestamp::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::keys::{DRAINS, Key, PK, REPLAYS, SK};
use crate::table::item::ItemReader;
use crate::table::query::{Index, Range};
use crate::table::update::Update;

/// The attribute that says until when a row is claimed, or from when it may be claimed.
pub(crate) const LEASED_UNTIL: &str = "leased_until";

/// Since when a step is under way. Between two steps a row may not be claimed either, although no process works on it.
const STEP_BEGAN: &str = "step_began_at";

/// The length of a lease: after it another process may claim the row. A step takes about a second: so a process that died
/// in one does not hold the work up for long, and one that is merely slow saves nothing over its successor.
pub const LEASE: Duration = Duration::from_secs(20);
/// A row that was not claimed for this long has lost its task: while the work runs, its task comes every second.
pub const LOST_AFTER: Duration = Duration::from_secs(120);

/// A row that this process may work on. What it saves is refused once another process has claimed the row.
#[derive(Debug)]
pub struct Lease {
    key: Key,
    entity: &'static str,
    until: Timestamp,
}

impl Lease {
    /// The lease of a step that begins `now`; the row is claimed by [`Lease::claim`].
    pub(crate) fn new(key: Key, entity: &'static str, now: Timestamp) -> Self {
        Self { key, entity, until: now.plus(LEASE) }
    }

    /// Claims the row; refused while another process holds the lease.
    pub(crate) fn claim(&self, now: Timestamp) -> Update {
        Update::new(self.key.clone(), self.entity)
            .set("leased_until = :until, step_began_at = :now")
            .when("leased_until <= :now")
            .instant(":until", self.until)
            .instant(":now", now)
    }

    /// Saves progress and releases the row: from `next` on it may be claimed.
    pub(crate) fn save(&self, next: Timestamp) -> Update {
        Update::new(self.key.clone(), self.entity)
            .set("leased_until = :next")
            .remove(STEP_BEGAN)
            .when("leased_until = :until")
            .instant(":next", next)
            .instant(":until", self.until)
    }

    pub(crate) fn key(&self) -> &Key {
        &self.key
    }

    /// When it ends; this also distinguishes it from other leases.
    pub(crate) fn until(&self) -> Timestamp {
        self.until
    }
}

impl Store {
    /// When the step ends at the latest that another process does on this row; `None` when none is under way.
    pub(crate) async fn step_ends(
        &self,
        key: &Key,
        entity: &'static str,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let Some(row) = self.load(key).await? else { return Ok(None) };
        let reader = ItemReader::new(row, entity);
        let until = reader.maybe_instant(STEP_BEGAN)?.and(reader.maybe_instant(LEASED_UNTIL)?);
        Ok(until.filter(|until| *until > now))
    }

    /// Takes the leases of drains and replays away whose step is under way, and has them resumed at once. A sweep keeps its
    /// time: it begins only when the jobs that were sent before have been received. Only while no process works on the
    /// table: at the start of local mode. Gives how many there were.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn release_leases(&self) -> Result<usize, StoreError> {
        let mut released = 0;
        for partition in [DRAINS, REPLAYS] {
            let range = Range::prefix(partition.to_owned(), "").of(Index::Lookup);
            for row in self.query(&range, usize::MAX).await?.rows {
                let reader = ItemReader::new(row, "stepwise work");
                if reader.maybe_instant(STEP_BEGAN)?.is_none() {
                    continue;
                }
                let key = Key { pk: reader.text(PK)?.to_owned(), sk: reader.text(SK)?.to_owned() };
                // As if it had been released long ago, so that the schedule finds it lost.
                let update =
                    Update::new(key, "stepwise work").set("leased_until = :long_ago").remove(STEP_BEGAN);
                let update =
                    update.when("leased_until = :until").instant(":until", reader.instant(LEASED_UNTIL)?);
                released +=
                    usize::from(update.instant(":long_ago", Timestamp::from_millis(0)).apply(self).await?);
            }
        }
        Ok(released)
    }

    /// The rows of a partition of the `lookup` index whose task is lost at `now`: those that were released long ago and
    /// not claimed since, and those whose process died in a step.
    pub(crate) async fn lost_rows(
        &self,
        partition: &str,
        prefix: &str,
        entity: &'static str,
        now: Timestamp,
    ) -> Result<Vec<ItemReader>, StoreError> {
        let range = Range::prefix(partition.to_owned(), prefix).of(Index::Lookup);
        let mut lost = Vec::new();
        for row in self.query(&range, usize::MAX).await?.rows {
            let reader = ItemReader::new(row, entity);
            let until = reader.instant(LEASED_UNTIL)?;
            let has_died = reader.maybe_instant(STEP_BEGAN)?.is_some() && until < now;
            if has_died || until < now.minus(LOST_AFTER) {
                lost.push(reader);
            }
        }
        Ok(lost)
    }
}
