//! Who is calling? An API key is looked up by its digest; the key itself is nowhere.

use std::sync::Arc;

use domain::access::api_key::{ApiKey, ApiKeySecret};
use domain::problem::Problem;

use crate::context::cache::Cache;
use crate::error::UseCaseError;

/// The API key a caller sent.
///
/// # Errors
/// [`Problem::Unauthorized`] when there is none or it is not known.
pub async fn authenticate(cache: &Cache, sent: Option<ApiKeySecret>) -> Result<Arc<ApiKey>, UseCaseError> {
    let secret = sent.ok_or(Problem::Unauthorized)?;
    let key = cache.api_key(&secret.digest()).await?;
    Ok(key.ok_or(Problem::Unauthorized)?)
}
