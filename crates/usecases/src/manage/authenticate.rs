//! Who is calling?
//! Authentication by API key: the key is looked up by its digest, because only that is stored.

use std::sync::Arc;

use domain::access::api_key::{ApiKey, ApiKeySecret};
use domain::problem::Problem;

use crate::context::cache::Cache;
use crate::error::UseCaseError;

/// The API key that the caller sent.
///
/// # Errors
/// [`Problem::Unauthorized`] when the request has no key or an unknown one.
pub async fn authenticate(cache: &Cache, sent: Option<ApiKeySecret>) -> Result<Arc<ApiKey>, UseCaseError> {
    let secret = sent.ok_or(Problem::Unauthorized)?;
    let key = cache.api_key(&secret.digest()).await?;
    Ok(key.ok_or(Problem::Unauthorized)?)
}
