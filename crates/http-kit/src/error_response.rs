//! How is an error answered?
//! A use case's error as a problem detail (RFC 9457); a fault is logged here, once, and the caller learns only its id.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::problem::Problem;
use usecases::{UseCaseError, chain};

/// The error of a handler or an extractor. Its response carries it until [`crate::http_api::finish`] writes it out,
/// which knows the request's id.
#[derive(Debug, Clone)]
pub struct ErrorResponse(pub UseCaseError);

/// What a handler answers.
pub type Answer<T> = Result<T, ErrorResponse>;

impl<E: Into<UseCaseError>> From<E> for ErrorResponse {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for ErrorResponse {
    fn into_response(self) -> Response {
        let status = match &self.0 {
            UseCaseError::Problem(problem) => problem.kind().status,
            UseCaseError::Fault(_) => 500,
        };
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.extensions_mut().insert(self.0);
        response
    }
}

/// The request an error is the answer to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub request_id: &'a str,
    pub method: &'a Method,
}

/// Writes the error out, into `response`.
pub(crate) fn write_out(error: UseCaseError, asked: Asked<'_>, mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    let body = match error {
        UseCaseError::Problem(problem) => {
            match problem {
                Problem::Unauthorized => {
                    headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"posthorn\""));
                }
                Problem::IdempotencyKeyInProgress | Problem::TooBusy => {
                    headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
                }
                Problem::QuotaExceeded { retry_after_seconds, .. }
                | Problem::ActionBusy { retry_after_seconds, .. }
                | Problem::ActionFailing { retry_after_seconds } => {
                    headers.insert(RETRY_AFTER, HeaderValue::from(retry_after_seconds));
                }
                _ => {}
            }
            api::problem::Problem::of(&pointing_at_parameters(problem, asked.method))
        }
        UseCaseError::Fault(fault) => {
            tracing::error!(request_id = asked.request_id, error = chain(&fault), "request failed");
            api::problem::Problem::internal_error()
        }
    };
    // Strings and numbers: they can always be written.
    let body = serde_json::to_vec(&body.of_request(asked.request_id)).unwrap_or_default();
    *response.body_mut() = Body::from(body);
    response
}

/// A request without a body has no JSON pointers into one: what a use case calls `/workspace_id` is a query parameter.
fn pointing_at_parameters(problem: Problem, method: &Method) -> Problem {
    match problem {
        Problem::Invalid(mut errors) if matches!(*method, Method::GET | Method::HEAD | Method::DELETE) => {
            for error in &mut errors {
                if let Some(name) = error.pointer.strip_prefix('/') {
                    error.pointer = name.to_owned();
                }
            }
            Problem::Invalid(errors)
        }
        other => other,
    }
}
