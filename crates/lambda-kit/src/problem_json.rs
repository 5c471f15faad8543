//! How is a refusal written out? As RFC 9457 `application/problem+json`, with a stable `code`, the `request_id` and
//! `errors[]` with JSON pointers. A fault of ours is logged here, once, and tells the caller nothing but its id.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::problem::Problem;
use serde_json::{Value, json};
use usecases::{Fault, UseCaseError};

/// Why a request was not answered as asked.
#[derive(Debug, Clone)]
pub enum ApiError {
    /// The caller's mistake.
    Problem(Problem),
    /// Ours.
    Fault(Fault),
}

/// What the response carries until the request's id is known: see [`crate::http_api`].
#[derive(Debug, Clone)]
pub(crate) enum Refused {
    Problem(Problem),
    Fault(Fault),
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<UseCaseError> for ApiError {
    fn from(refusal: UseCaseError) -> Self {
        match refusal {
            UseCaseError::Problem(problem) => Self::Problem(problem),
            UseCaseError::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, refused) = match self {
            Self::Problem(problem) => (problem.kind().status, Refused::Problem(problem)),
            Self::Fault(fault) => (500, Refused::Fault(fault)),
        };
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.extensions_mut().insert(refused);
        response
    }
}

/// Writes the refusal out for the request with this id.
pub(crate) fn write_out(refused: &Refused, request_id: &str, mut response: Response) -> Response {
    let mut body = match refused {
        Refused::Problem(problem) => of_problem(problem),
        Refused::Fault(fault) => {
            tracing::error!(request_id, error = crate::logging::chain(fault), "request failed");
            json!({
                "type": "/problems/internal_error",
                "title": "Internal error",
                "status": 500,
                "code": "internal_error",
                "detail": "The request could not be carried out. Try again with the same Idempotency-Key.",
                "errors": [],
            })
        }
    };
    body["request_id"] = json!(request_id);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    match refused {
        Refused::Problem(Problem::Unauthorized) => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        Refused::Problem(Problem::IdempotencyKeyInProgress) => {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        _ => {}
    }
    *response.body_mut() = Body::from(body.to_string());
    response
}

/// The members of a problem that do not depend on the request.
pub fn of_problem(problem: &Problem) -> Value {
    let kind = problem.kind();
    json!({
        "type": format!("/problems/{}", kind.code),
        "title": kind.title,
        "status": kind.status,
        "code": kind.code,
        "detail": problem.to_string(),
        "errors": problem.errors(),
    })
}
