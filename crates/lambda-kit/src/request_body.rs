//! How is a request's body taken in? Up to a limit, and not a byte further.

use axum::body::Body;
use bytes::Bytes;
use domain::problem::Problem;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use crate::problem_json::ApiError;

/// Reads a body of at most `limit` bytes.
///
/// # Errors
/// [`Problem::TooLarge`] past the limit; [`Problem::MalformedJson`] when the body breaks off.
pub async fn read_body(body: Body, limit: usize) -> Result<Bytes, ApiError> {
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Problem::TooLarge { what: "request", limit_bytes: limit }.into())
        }
        Err(_) => Err(Problem::MalformedJson("the body breaks off".to_owned()).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_byte_over_the_limit_is_too_large() {
        assert_eq!(read_body(Body::from("12345"), 5).await.unwrap(), "12345");
        let error = read_body(Body::from("123456"), 5).await.unwrap_err();
        assert!(matches!(error, ApiError::Problem(Problem::TooLarge { limit_bytes: 5, .. })));
    }
}
