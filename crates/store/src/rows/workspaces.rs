//! How are workspaces kept?
//! As one document under an optimistic lock, listed in the `lookup` index.

use domain::access::workspace::Workspace;
use domain::audit::AuditEntry;
use domain::id::WorkspaceId;
use domain::uid::Uid;

use crate::error::StoreError;
use crate::keys::{self, ALL_WORKSPACES, LOOKUP, LOOKUP_SORT};
use crate::rows::uids::Saved;
use crate::table::item::{Attributes, ItemReader, ItemWriter};
use crate::table::listing::Listing;
use crate::table::query::{Index, Range};
use crate::{Page, Store};

const ENTITY: &str = "workspace";

impl Store {
    /// Writes a workspace that keeps its uid, if it has one, and whose revision is one more than the stored one's (1 for
    /// a new one).
    ///
    /// An optimistic lock: gives `false`, and writes nothing, when the stored row has another revision, because another
    /// writer was faster.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses for another reason.
    pub async fn save_workspace(
        &self,
        workspace: &Workspace,
        entry: Option<&AuditEntry>,
    ) -> Result<bool, StoreError> {
        let parts = vec![self.part_revision(item(workspace)?, workspace.revision)?];
        Ok(self.transact_audited(parts, entry).await?.is_none())
    }

    /// The same for a workspace that had the uid `before`, and now has another, or none: the uid changes in the same
    /// transaction.
    ///
    /// # Errors
    /// As for [`Self::save_workspace`].
    pub async fn save_workspace_and_uid(
        &self,
        workspace: &Workspace,
        before: Option<&Uid>,
        entry: Option<&AuditEntry>,
    ) -> Result<Saved, StoreError> {
        let mut parts = vec![self.part_revision(item(workspace)?, workspace.revision)?];
        let uids = (before, workspace.uid.as_ref());
        parts.extend(self.uid_parts(keys::workspace_uid, workspace.id, uids)?);
        self.save_with_uid(parts, entry).await
    }

    /// The workspace, if there is one.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn load_workspace(&self, id: WorkspaceId) -> Result<Option<Workspace>, StoreError> {
        self.load(&keys::workspace(id)).await?.map(read).transpose()
    }

    /// The workspace as it was a moment ago; one that was just made is found.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn recent_workspace(&self, id: WorkspaceId) -> Result<Option<Workspace>, StoreError> {
        match self.load_recent(&keys::workspace(id)).await? {
            Some(row) => read(row).map(Some),
            None => self.load_workspace(id).await,
        }
    }

    /// Part of the workspaces, of those that the listing's filter selects.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn list_workspaces(
        &self,
        listing: &Listing<WorkspaceId, impl Fn(&Workspace) -> bool>,
    ) -> Result<Page<Workspace, WorkspaceId>, StoreError> {
        let range = Range::prefix(ALL_WORKSPACES.to_owned(), WorkspaceId::PREFIX).of(Index::Lookup);
        let keep = |row| Ok(Some(read(row)?).filter(&listing.filter));
        self.walk(range.listed("", listing), listing.limit, keep).await
    }
}

fn item(workspace: &Workspace) -> Result<Attributes, StoreError> {
    Ok(ItemWriter::new(&keys::workspace(workspace.id), ENTITY)
        .text(LOOKUP, ALL_WORKSPACES)
        .text(LOOKUP_SORT, workspace.id)
        .number("revision", workspace.revision)
        .json("document", workspace)?
        .build())
}

fn read(item: Attributes) -> Result<Workspace, StoreError> {
    let reader = ItemReader::new(item, ENTITY);
    let workspace: Workspace = reader.json("document")?;
    Ok(Workspace { revision: reader.number("revision")?, ..workspace })
}
