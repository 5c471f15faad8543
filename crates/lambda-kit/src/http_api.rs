//! What do all HTTP functions have in common? An id and one line in the log for every request, problem+json for every
//! refusal, and a 404 for every address that is not theirs.

use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use domain::problem::Problem;
use serde::Serialize;
use usecases::Readings;

use crate::metrics::Metrics;
use crate::problem_json::{ApiError, Refused, write_out};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Adds what every HTTP function has. Each fault counts in `metrics`.
pub fn finish(router: Router, metrics: Metrics) -> Router {
    router
        .fallback(|| async { ApiError::from(Problem::NotFound("address")) })
        .method_not_allowed_fallback(|| async { ApiError::from(Problem::MethodNotAllowed) })
        .layer(from_fn_with_state(metrics, with_request_id))
}

async fn with_request_id(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    let (id, began) = (request_id(), Instant::now());
    let method = request.method().clone();
    // The route, not the path: ids are fields of other lines, and a path may carry anything.
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let mut response = next.run(request).await;
    let mut unit = response.extensions_mut().remove::<Unit>().unwrap_or_default();
    if let Some(refused) = response.extensions_mut().remove::<Refused>() {
        unit.readings.faults += u32::from(matches!(refused, Refused::Fault(_)));
        response = write_out(&refused, &id, response);
    }
    let line = Answered {
        message: "answered",
        request_id: &id,
        method: method.as_str(),
        route: route.as_deref(),
        status: response.status().as_u16(),
        duration_ms: began.elapsed().as_millis(),
        event: unit.event.as_deref(),
    };
    if !metrics.write_with(&unit.readings, &line) {
        line.log();
    }
    // Hex digits behind a fixed prefix are always a header's value.
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// What a handler adds to its request's line in the log, as an extension of its response.
#[derive(Debug, Clone, Default)]
pub struct Unit {
    /// The event it accepted.
    pub event: Option<String>,
    /// What it amounted to.
    pub readings: Readings,
}

/// The one line of a request. Where it counts for the metrics they stand in the same line: two would cost twice.
#[derive(Serialize)]
struct Answered<'a> {
    message: &'static str,
    request_id: &'a str,
    method: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<&'a str>,
    status: u16,
    duration_ms: u128,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'a str>,
}

impl Answered<'_> {
    fn log(&self) {
        let Self { message, request_id, method, route, status, duration_ms, event } = *self;
        let duration_ms = u64::try_from(duration_ms).unwrap_or(u64::MAX);
        tracing::info!(request_id, method, route, status, duration_ms, event, "{message}");
    }
}

fn request_id() -> String {
    let mut bytes = [0u8; 12];
    // An id that is not random is still an id; the request matters more.
    if getrandom::fill(&mut bytes).is_err() {
        tracing::warn!("no randomness for a request id");
    }
    format!("req_{}", domain::hex::hex(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::routing::get;
    use domain::problem::PROBLEMS;
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;
    use usecases::Fault;

    async fn answer(method: &str, path: &str) -> (Response<()>, serde_json::Value) {
        let router = Router::new()
            .route("/key", get(|| async { ApiError::from(Problem::Unauthorized) }))
            .route("/fault", get(|| async { ApiError::Fault(Fault::Broken("the inner text".into())) }));
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let (parts, body) = finish(router, Metrics::none()).oneshot(request).await.unwrap().into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        (Response::from_parts(parts, ()), serde_json::from_slice(&bytes).unwrap())
    }

    #[tokio::test]
    async fn a_problem_carries_its_code_and_the_requests_id() {
        let (response, body) = answer("GET", "/key").await;
        assert_eq!(response.status(), 401);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        assert_eq!(body["code"], "unauthorized");
        assert_eq!(body["request_id"], response.headers()["x-request-id"].to_str().unwrap());
    }

    #[tokio::test]
    async fn a_fault_tells_nothing_of_its_inside() {
        let (response, body) = answer("GET", "/fault").await;
        assert_eq!((response.status().as_u16(), body["code"].as_str()), (500, Some("internal_error")));
        assert!(!body.to_string().contains("inner text"));
    }

    #[tokio::test]
    async fn an_unknown_address_and_a_wrong_method_are_problems_too() {
        assert_eq!(answer("GET", "/nowhere").await.1["code"], "not_found");
        assert_eq!(answer("DELETE", "/key").await.1["code"], "method_not_allowed");
    }

    #[test]
    fn every_status_of_the_table_is_an_http_status() {
        assert!(PROBLEMS.iter().all(|row| axum::http::StatusCode::from_u16(row.status).is_ok()));
    }
}
