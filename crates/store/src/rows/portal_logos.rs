//! How are the logos of portals kept?
//! One row an image, beside the workspace's row and not in it: that one is read on the path of every event.

use domain::id::WorkspaceId;

use crate::Store;
use crate::error::StoreError;
use crate::keys;
use crate::table::item::{ItemReader, ItemWriter};

const ENTITY: &str = "portal_logo";

impl Store {
    /// Writes a logo. It is shown as soon as the workspace's settings name it.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn save_portal_logo(
        &self,
        workspace: WorkspaceId,
        name: &str,
        image: Vec<u8>,
    ) -> Result<(), StoreError> {
        let item = ItemWriter::new(&keys::portal_logo(workspace, name), ENTITY).bytes("image", image);
        self.put(item.build()).await
    }

    /// The logo, if there is one with this name.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn load_portal_logo(
        &self,
        workspace: WorkspaceId,
        name: &str,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(item) = self.load(&keys::portal_logo(workspace, name)).await? else { return Ok(None) };
        Ok(Some(ItemReader::new(item, ENTITY).bytes("image")?.to_vec()))
    }

    /// Deletes a logo that no settings name any more.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn delete_portal_logo(&self, workspace: WorkspaceId, name: &str) -> Result<(), StoreError> {
        self.delete(&keys::portal_logo(workspace, name)).await?;
        Ok(())
    }
}
