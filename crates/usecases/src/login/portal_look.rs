//! How does a workspace's portal look?
//! Its branding, which is public: who has no link any more is shown where to get one, under the right name.

use std::sync::Arc;

use domain::access::portal::PortalSettings;
use domain::access::workspace::{Workspace, WorkspaceSettings};
use domain::hex::hex;
use domain::id::WorkspaceId;
use domain::problem::Problem;
use sha2::{Digest as _, Sha256};

use crate::error::{Fault, UseCaseError, chain};
use crate::manage::management::Management;

/// The workspace, of which only the look of its portal is for everybody.
///
/// # Errors
/// [`Problem::NotFound`] when it is unknown.
pub async fn portal_of(management: &Management, id: WorkspaceId) -> Result<Arc<Workspace>, UseCaseError> {
    Ok(management.context.cache.workspace(id).await?.ok_or(Problem::NotFound("workspace"))?)
}

/// The origins that may show the portal in a frame: none, if there is no such workspace.
///
/// # Errors
/// [`UseCaseError::Fault`] when the table cannot be read.
pub async fn framed_by(management: &Management, id: WorkspaceId) -> Result<Vec<String>, UseCaseError> {
    let workspace = management.context.cache.workspace(id).await?;
    Ok(workspace.map(|workspace| workspace.portal.origins.clone()).unwrap_or_default())
}

/// The logo of the portal, a PNG image.
///
/// # Errors
/// [`Problem::NotFound`] when the portal has none.
pub async fn portal_logo(management: &Management, id: WorkspaceId) -> Result<Vec<u8>, UseCaseError> {
    let workspace = portal_of(management, id).await?;
    let name = workspace.portal.logo.clone().ok_or(Problem::NotFound("logo"))?;
    let image = management.context.store.load_portal_logo(id, &name).await?;
    Ok(image.ok_or(Problem::NotFound("logo"))?)
}

/// Keeps the logo of settings that a workspace is to have from `revision` on, if it is a new one. The settings then name it.
/// Each has a name of its own, so that nothing changes until the workspace is saved.
///
/// # Errors
/// [`Problem::Invalid`] for a name of a logo that the workspace does not have; [`UseCaseError::Fault`] when it cannot be
/// written.
pub(crate) async fn keep_logo(
    management: &Management,
    (id, revision): (WorkspaceId, u64),
    before: &PortalSettings,
    settings: &mut WorkspaceSettings,
) -> Result<(), UseCaseError> {
    let portal = &mut settings.portal;
    if portal.logo == before.logo || portal.logo.is_none() {
        return Ok(());
    }
    let image = portal.new_logo();
    let image = image.ok_or_else(|| Problem::invalid("/portal/logo", "must be a PNG image in base64"))?;
    portal.keep_logo(revision, &hex(&Sha256::digest(&image)));
    let name = portal.logo.as_deref().unwrap_or_default();
    management.context.store.save_portal_logo(id, name, image).await.map_err(Fault::from)?;
    Ok(())
}

/// Deletes the logo that a saved workspace does not have any more. One that stays is in nobody's way.
pub(crate) async fn forget_logo(management: &Management, before: &Workspace, after: &Workspace) {
    let Some(old) = before.portal.logo.as_deref().filter(|_| before.portal.logo != after.portal.logo) else {
        return;
    };
    if let Err(error) = management.context.store.delete_portal_logo(after.id, old).await {
        tracing::warn!(error = chain(&error), "the old logo of a portal was not deleted");
    }
}
