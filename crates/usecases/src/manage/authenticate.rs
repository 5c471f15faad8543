//! Who is calling? An API key is looked up by its digest; the key itself is nowhere.

use std::sync::Arc;

use domain::access::api_key::{ApiKey, ApiKeySecret};
use domain::problem::Problem;

use crate::context::cache::Directory;
use crate::error::Refusal;

/// The API key a caller sent.
///
/// # Errors
/// [`Problem::Unauthorized`] when there is none or it is not known.
pub async fn authenticate(directory: &Directory, sent: Option<ApiKeySecret>) -> Result<Arc<ApiKey>, Refusal> {
    let secret = sent.ok_or(Problem::Unauthorized)?;
    let key = directory.api_key(&secret.digest()).await?;
    Ok(key.ok_or(Problem::Unauthorized)?)
}
