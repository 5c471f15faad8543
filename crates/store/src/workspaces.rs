//! Workspaces: make, load, list, change.

use domain::id::WorkspaceId;
use domain::workspace::Workspace;

use crate::error::StoreError;
use crate::items::{Attributes, ItemReader, ItemWriter};
use crate::keys::{self, ALL_WORKSPACES, LOOKUP, LOOKUP_SORT};
use crate::query::{Index, Range};
use crate::{Page, Store};

const ENTITY: &str = "workspace";

impl Store {
    /// Writes a workspace, new or changed.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn save_workspace(&self, workspace: &Workspace) -> Result<(), StoreError> {
        let item = ItemWriter::new(&keys::workspace(workspace.id), ENTITY)
            .text(LOOKUP, ALL_WORKSPACES)
            .text(LOOKUP_SORT, workspace.id)
            .json("document", workspace)?
            .build();
        self.put(item).await
    }

    /// The workspace, if there is one.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn load_workspace(&self, id: WorkspaceId) -> Result<Option<Workspace>, StoreError> {
        self.load(&keys::workspace(id)).await?.map(read).transpose()
    }

    /// Workspaces, newest first, older than `before`.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn list_workspaces(
        &self,
        before: Option<WorkspaceId>,
        limit: usize,
    ) -> Result<Page<Workspace>, StoreError> {
        let mut range =
            Range::prefix(ALL_WORKSPACES.to_owned(), WorkspaceId::PREFIX).of(Index::Lookup).newest_first();
        if let Some(before) = before {
            range = range.before(&before.to_string());
        }
        let page = self.query(&range, limit).await?;
        Ok(Page { rows: page.rows.into_iter().map(read).collect::<Result<_, _>>()?, more: page.more })
    }
}

fn read(item: Attributes) -> Result<Workspace, StoreError> {
    ItemReader::new(item, ENTITY).json("document")
}
