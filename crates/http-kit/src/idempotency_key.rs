//! By which key can a request be repeated?
//! The header `Idempotency-Key`, and the mark of an answer that was given before.

use api::events::MAX_IDEMPOTENCY_KEY_CHARS;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use domain::problem::Problem;

/// The header.
pub(crate) const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The key as the caller sent it.
///
/// # Errors
/// [`Problem::Invalid`] when it is too long, empty, or not text.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    match headers.get(KEY) {
        None => Ok(None),
        Some(value) => match value.to_str() {
            Ok(text) if (1..=MAX_IDEMPOTENCY_KEY_CHARS).contains(&text.len()) => Ok(Some(text)),
            Ok(_) => Err(Problem::invalid("Idempotency-Key", "must be 1 to 255 characters")),
            Err(_) => Err(Problem::invalid("Idempotency-Key", "must be visible ASCII characters")),
        },
    }
}

/// Marks an answer that repeats an earlier one.
#[must_use]
pub fn replayed_answer(mut response: Response) -> Response {
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}
