//! Which public keys verify a workspace's asymmetric signatures? Those of its endpoints, rotated-out ones until their
//! overlap ends.

use domain::id::WorkspaceId;
use domain::problem::Problem;
use domain::signing::secret::PublicKey;

use crate::error::UseCaseError;
use crate::manage::management::Management;

/// The keys that verify deliveries of this moment, by endpoint, the current one first.
///
/// # Errors
/// [`Problem::NotFound`] when the workspace is unknown.
pub async fn public_keys(management: &Management, id: WorkspaceId) -> Result<Vec<PublicKey>, UseCaseError> {
    management.context.cache.workspace(id).await?.ok_or(Problem::NotFound("workspace"))?;
    let now = management.context.clock.now();
    let subscriptions = management.context.cache.subscriptions(id).await?;
    let keys = subscriptions.iter().flat_map(|subscription| &subscription.public_keys);
    Ok(keys.filter(|(_, ends)| ends.is_none_or(|end| now < end)).map(|(key, _)| *key).collect())
}
