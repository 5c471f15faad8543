//! How is the audit log kept?
//! One row an entry, in a list a day, written in the transaction of its change: no change is without its entry, and no
//! entry without its change.
//!
//! Every method that changes configuration takes the entry. `None` stands for a write that changes nothing that a person
//! would ask about, and for the second part of a change that has its entry already.

use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::audit::{AuditEntry, AuditFilter};
use domain::id::{AuditEntryId, WorkspaceId};

use crate::error::StoreError;
use crate::keys;
use crate::table::item::{Attributes, ItemReader, ItemWriter};
use crate::table::listing::Listing;
use crate::table::sharded_list::ShardedList;
use crate::{Page, Store};

const ENTITY: &str = "audit_entry";

impl Store {
    /// Writes all parts of a change and its entry, or nothing. The entry's parts have no condition and come last: so the
    /// answer is, as that of [`Store::transact`], the place of the first part of the change whose condition does not hold.
    pub(crate) async fn transact_audited(
        &self,
        mut parts: Vec<TransactWriteItem>,
        entry: Option<&AuditEntry>,
    ) -> Result<Option<usize>, StoreError> {
        for row in entry.map_or(Ok(Vec::new()), rows)? {
            parts.push(self.part_put(row, None)?);
        }
        self.transact(parts).await
    }

    /// Writes the entry of an action that is no write of its own, before the action. An entry that is there under the same id
    /// stays as it is: a repeated request that goes on may have less left to do.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn save_audit_entry(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        let parts = rows(entry)?.into_iter().map(|row| self.part_put(row, Some("attribute_not_exists(PK)")));
        self.transact(parts.collect::<Result<_, _>>()?).await?;
        Ok(())
    }

    /// Part of the audit log of a workspace, or of the installation.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn list_audit_entries(
        &self,
        workspace: Option<WorkspaceId>,
        listing: &Listing<AuditEntryId, AuditFilter>,
    ) -> Result<Page<AuditEntry, AuditEntryId>, StoreError> {
        let list = ShardedList {
            partition: |day, _| keys::audit_partition(workspace, day),
            shards: 1,
            prefix: "",
            attributes: &[],
            id: AuditEntryId::new,
            time: AuditEntryId::time,
        };
        let found = self.read_sharded(&list, listing, |row| {
            let entry: AuditEntry = ItemReader::new(row, ENTITY).json("document")?;
            Ok(Some(entry).filter(|entry| listing.filter.selects(entry)).into())
        });
        Ok(found.await?.page)
    }
}

/// Its row, and a second one in the list of the installation where it concerns that.
fn rows(entry: &AuditEntry) -> Result<Vec<Attributes>, StoreError> {
    let mut lists = vec![entry.workspace_id];
    if entry.action.concerns_installation() && entry.workspace_id.is_some() {
        lists.push(None);
    }
    let row = |list| {
        let row = ItemWriter::new(&keys::audit_entry(list, entry.id), ENTITY);
        Ok(row.json("document", entry)?.expires_at(entry.expires_at()).build())
    };
    lists.into_iter().map(row).collect()
}
