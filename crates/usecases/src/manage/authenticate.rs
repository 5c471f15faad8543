//! Who is calling?
//! Authentication by API key, session or portal link: looked up by its digest, because only that is stored.

use std::sync::Arc;

use domain::access::api_key::{ApiKey, ApiKeySecret};
use domain::problem::Problem;

use crate::context::Context;
use crate::error::UseCaseError;

/// The API key that the caller sent, or the session or portal link.
///
/// # Errors
/// [`Problem::Unauthorized`] when there is none, or it is unknown or has expired, or its workspace was deleted, or the API
/// key that it was made with does not authenticate any more.
pub async fn authenticate(
    context: &Context,
    sent: Option<ApiKeySecret>,
) -> Result<Arc<ApiKey>, UseCaseError> {
    let secret = sent.ok_or(Problem::Unauthorized)?;
    let now = context.clock.now();
    let key = context.cache.api_key(&secret.digest(), now).await?;
    // Asked each time, as a cached key may have expired since it was read.
    let key = key.filter(|key| key.is_valid_at(now)).ok_or(Problem::Unauthorized)?;
    // What was made with a key ends with it, whether that expires, is deleted, or was rotated and its overlap is over.
    if let Some(login) = &key.login {
        let made_with = context.cache.api_key(&login.made_with, now).await?;
        made_with.filter(|key| key.is_valid_at(now)).ok_or(Problem::Unauthorized)?;
    }
    // The keys of a deleted workspace are refused before their rows are deleted.
    match key.workspace_id {
        Some(workspace) if !context.has_workspace(workspace).await? => Err(Problem::Unauthorized.into()),
        _ => Ok(key),
    }
}
