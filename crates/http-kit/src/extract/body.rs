//! How is a request's body taken in? Up to a limit and not a byte further, as strict JSON.

use std::error::Error;

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use domain::problem::Problem;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use crate::error_response::ErrorResponse;
use crate::strict_json::parse_json;

/// Largest body of a request that changes configuration, in bytes.
pub const CONFIGURATION_BYTES: usize = 64 * 1024;

/// A JSON body of at most `BYTES` bytes.
#[derive(Debug, Clone, Copy)]
pub struct Body<T, const BYTES: usize = CONFIGURATION_BYTES>(pub T);

/// The same; the default where there is no body.
#[derive(Debug, Clone, Copy)]
pub struct OptionalBody<T, const BYTES: usize = CONFIGURATION_BYTES>(pub T);

impl<S: Sync, T: DeserializeOwned, const BYTES: usize> FromRequest<S> for Body<T, BYTES> {
    type Rejection = ErrorResponse;

    async fn from_request(request: Request, _: &S) -> Result<Self, ErrorResponse> {
        Ok(Self(parse_json(&read_body(request.into_body(), BYTES).await?)?))
    }
}

impl<S: Sync, T: DeserializeOwned + Default, const BYTES: usize> FromRequest<S> for OptionalBody<T, BYTES> {
    type Rejection = ErrorResponse;

    async fn from_request(request: Request, _: &S) -> Result<Self, ErrorResponse> {
        let body = read_body(request.into_body(), BYTES).await?;
        Ok(Self(if body.is_empty() { T::default() } else { parse_json(&body)? }))
    }
}

/// A body of at most `limit` bytes.
///
/// # Errors
/// [`Problem::TooLarge`], or what the server that reads it says.
pub async fn read_body(body: axum::body::Body, limit: usize) -> Result<Bytes, Problem> {
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Problem::TooLarge { what: "request", limit_bytes: limit })
        }
        Err(error) => Err(problem_of(&*error)),
    }
}

/// Why a body ends before its end. The server that reads it may say so by a [`Problem`] as the body's error.
fn problem_of(error: &(dyn Error + 'static)) -> Problem {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(problem) = error.downcast_ref::<Problem>() {
            return problem.clone();
        }
        cause = error.source();
    }
    Problem::MalformedJson("the body breaks off".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use usecases::UseCaseError;

    type Small = BTreeMap<String, u8>;

    #[tokio::test]
    async fn one_byte_over_the_limit_is_too_large() {
        let taken =
            async |body: &'static str| Body::<Small, 7>::from_request(Request::new(body.into()), &()).await;
        assert_eq!(taken(r#"{"a":1}"#).await.unwrap().0.len(), 1);
        let error = taken(r#"{"a":1} "#).await.unwrap_err().0;
        assert!(matches!(error, UseCaseError::Problem(Problem::TooLarge { limit_bytes: 7, .. })));
    }

    #[tokio::test]
    async fn a_body_that_ends_in_a_problem_is_refused_with_it() {
        for (error, code) in [
            (axum::Error::new(Problem::BodyTooSlow(60)), "body_too_slow"),
            (axum::Error::new(axum::Error::new(Problem::TooBusy)), "too_busy"),
            (axum::Error::new(std::io::Error::other("reset")), "malformed_json"),
        ] {
            let frames = futures_util::stream::iter([Ok(Bytes::from_static(b"{")), Err(error)]);
            let request = Request::new(axum::body::Body::from_stream(frames));
            let UseCaseError::Problem(problem) =
                Body::<Small>::from_request(request, &()).await.unwrap_err().0
            else {
                panic!("a fault")
            };
            assert_eq!(problem.kind().code, code);
        }
    }

    #[tokio::test]
    async fn only_an_optional_body_may_be_left_out() {
        let nothing = || Request::new(axum::body::Body::empty());
        assert!(OptionalBody::<Small>::from_request(nothing(), &()).await.unwrap().0.is_empty());
        let error = Body::<Small>::from_request(nothing(), &()).await.unwrap_err().0;
        assert!(matches!(error, UseCaseError::Problem(Problem::MalformedJson(_))));
    }
}
