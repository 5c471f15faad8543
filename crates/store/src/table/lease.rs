//! How do several processes share stepwise work without doing one step twice?
//! By a lease: a process claims the row for a minute, saves its progress under the lease, and so gives the row back.

use std::time::Duration;

use domain::timestamp::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::keys::Key;
use crate::table::item::ItemReader;
use crate::table::query::{Index, Range};
use crate::table::update::Update;

/// The attribute that says until when a row is claimed, or from when it may be claimed.
pub(crate) const LEASED_UNTIL: &str = "leased_until";

/// The length of a lease: after it another process may claim the row.
pub const LEASE: Duration = Duration::from_secs(60);
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
            .set("leased_until = :until")
            .when("leased_until <= :now")
            .instant(":until", self.until)
            .instant(":now", now)
    }

    /// Saves progress and gives the row back: from `next` on it may be claimed.
    pub(crate) fn save(&self, next: Timestamp) -> Update {
        Update::new(self.key.clone(), self.entity)
            .set("leased_until = :next")
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
    /// The rows of a partition of the `lookup` index that were given back before `before` and not claimed since.
    pub(crate) async fn lost_rows(
        &self,
        partition: &str,
        prefix: &str,
        entity: &'static str,
        before: Timestamp,
    ) -> Result<Vec<ItemReader>, StoreError> {
        let range = Range::prefix(partition.to_owned(), prefix).of(Index::Lookup);
        let mut lost = Vec::new();
        for row in self.query(&range, usize::MAX).await?.rows {
            let reader = ItemReader::new(row, entity);
            if reader.instant(LEASED_UNTIL)? < before {
                lost.push(reader);
            }
        }
        Ok(lost)
    }
}
