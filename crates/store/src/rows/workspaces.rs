//! How are workspaces kept?
//! As one document under an optimistic lock, listed in the `lookup` index.

use domain::access::workspace::Workspace;
use domain::audit::AuditEntry;
use domain::id::WorkspaceId;

use crate::error::StoreError;
use crate::keys::{self, ALL_WORKSPACES, LOOKUP, LOOKUP_SORT};
use crate::table::item::{Attributes, ItemReader, ItemWriter};
use crate::table::listing::Listing;
use crate::table::query::{Index, Range};
use crate::{Page, Store};

const ENTITY: &str = "workspace";

impl Store {
    /// Writes a workspace whose revision is one more than the stored one's (1 for a new one).
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
        let item = ItemWriter::new(&keys::workspace(workspace.id), ENTITY)
            .text(LOOKUP, ALL_WORKSPACES)
            .text(LOOKUP_SORT, workspace.id)
            .number("revision", workspace.revision)
            .json("document", workspace)?
            .build();
        let parts = vec![self.part_revision(item, workspace.revision)?];
        Ok(self.transact_audited(parts, entry).await?.is_none())
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

fn read(item: Attributes) -> Result<Workspace, StoreError> {
    let reader = ItemReader::new(item, ENTITY);
    let workspace: Workspace = reader.json("document")?;
    Ok(Workspace { revision: reader.number("revision")?, ..workspace })
}
