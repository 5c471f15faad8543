//! Who is calling?
//! Authentication by API key: the key is looked up by its digest, because only that is stored.

use std::sync::Arc;

use domain::access::api_key::{ApiKey, ApiKeySecret};
use domain::problem::Problem;

use crate::context::Context;
use crate::error::UseCaseError;

/// The API key that the caller sent.
///
/// # Errors
/// [`Problem::Unauthorized`] when there is none, or it is unknown or has expired, or its workspace was deleted.
pub async fn authenticate(
    context: &Context,
    sent: Option<ApiKeySecret>,
) -> Result<Arc<ApiKey>, UseCaseError> {
    let secret = sent.ok_or(Problem::Unauthorized)?;
    let now = context.clock.now();
    let key = context.cache.api_key(&secret.digest(), now).await?;
    // Asked each time, as a cached key may have expired since it was read.
    let key = key.filter(|key| key.is_valid_at(now)).ok_or(Problem::Unauthorized)?;
    // The keys of a deleted workspace are refused before their rows are deleted.
    match key.workspace_id {
        Some(workspace) if !context.has_workspace(workspace).await? => Err(Problem::Unauthorized.into()),
        _ => Ok(key),
    }
}
