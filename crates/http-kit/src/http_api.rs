//! What surrounds every HTTP function?
//! Middleware: an id and one line in the log for every request, problem+json for every error, a panic, and an unknown
//! address.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use domain::problem::Problem;
use futures_util::FutureExt as _;
use http_body_util::BodyExt as _;
use lambda_kit::metrics::Metrics;
use serde::Serialize;
use usecases::{Fault, Randomness, Readings, UseCaseError};

use crate::error_response::{Asked, ErrorResponse, write_out};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Adds what every HTTP function has. Each fault counts in `metrics`.
pub fn finish(router: Router, metrics: Metrics) -> Router {
    router
        .fallback(|| async { ErrorResponse::from(Problem::NotFound("address")) })
        .method_not_allowed_fallback(|| async { ErrorResponse::from(Problem::MethodNotAllowed) })
        .layer(from_fn_with_state(metrics, answer))
}

async fn answer(State(metrics): State<Metrics>, mut request: Request, next: Next) -> Response {
    let (id, began) = (request_id(), Instant::now());
    request.extensions_mut().insert(RequestId(Arc::clone(&id)));
    let method = request.method().clone();
    // The route, not the path: ids are fields of other lines, and a path may carry anything.
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    // Caught here, so that a panic is answered and counted like any other fault.
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let mut response =
        answered.unwrap_or_else(|panic| ErrorResponse::from(panicked(&*panic)).into_response());
    let mut unit = response.extensions_mut().remove::<Unit>().unwrap_or_default();
    if let Some(error) = response.extensions_mut().remove::<UseCaseError>() {
        unit.readings.faults += u32::from(matches!(error, UseCaseError::Fault(_)));
        response = write_out(error, Asked { request_id: &id, method: &method }, response);
    }
    response = end_with_newline(response).await;
    let line = Answered {
        message: "answered",
        request_id: &id,
        method: method.as_str(),
        route: route.as_deref(),
        status: response.status().as_u16(),
        duration_ms: began.elapsed().as_millis(),
        event: unit.event.as_deref(),
        received: unit.received.as_ref(),
    };
    if !metrics.write_with(&unit.readings, &line) {
        line.log();
    }
    // Nothing of an answer is for a cache, or to be taken for what it does not say it is, unless its route says otherwise.
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    // Hex digits behind a fixed prefix are always a header's value.
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// Ends a JSON body with a newline: in a terminal the next prompt begins on a line of its own.
async fn end_with_newline(response: Response) -> Response {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    // What is compressed would be spoiled.
    if response.headers().contains_key(CONTENT_ENCODING) {
        return response;
    }
    if !kind.split(';').next().is_some_and(|kind| kind.trim_end().ends_with("json")) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // To `HEAD` the length is that of the body that `GET` would get.
    if body.is_end_stream() {
        let length = parts.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        parts.headers.extend(length.map(|length: u64| (CONTENT_LENGTH, HeaderValue::from(length + 1))));
        return Response::from_parts(parts, body);
    }
    parts.headers.remove(CONTENT_LENGTH);
    // The body is in memory already: nothing is waited for.
    let Ok(collected) = body.collect().await else { return Response::from_parts(parts, Body::empty()) };
    let mut bytes = Vec::from(collected.to_bytes());
    bytes.push(b'\n');
    Response::from_parts(parts, Body::from(bytes))
}

/// The id of a request, as an extension of it.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) Arc<str>);

/// What a handler adds to its request's line in the log, as an extension of its response.
#[derive(Debug, Clone, Default)]
pub struct Unit {
    /// The event it accepted.
    pub event: Option<String>,
    /// The provider's request that it received, and what was found about it.
    pub received: Option<UnitReceived>,
    /// What it amounted to.
    pub readings: Readings,
}

/// What the line says of a provider's request.
#[derive(Debug, Clone, Serialize)]
pub struct UnitReceived {
    /// The source.
    pub source: String,
    /// The request.
    pub received: String,
    /// The provider.
    pub provider: String,
    /// Valid, invalid or error.
    pub verdict: String,
    /// Why, unless it is valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How many of its events were new.
    pub accepted: u32,
    /// How many of its events had come before.
    pub duplicates: u32,
    /// The length of its body.
    pub body_bytes: usize,
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
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    received: Option<&'a UnitReceived>,
}

impl Answered<'_> {
    fn log(&self) {
        let Self { message, request_id, method, route, status, duration_ms, event, received } = *self;
        let duration_ms = u64::try_from(duration_ms).unwrap_or(u64::MAX);
        let Some(of) = received else {
            tracing::info!(request_id, method, route, status, duration_ms, event = event, "{message}");
            return;
        };
        let UnitReceived { source, received, provider, verdict, reason, accepted, duplicates, body_bytes } =
            of;
        tracing::info!(
            request_id,
            method,
            route,
            status,
            duration_ms,
            source,
            received,
            provider,
            verdict,
            reason,
            accepted,
            duplicates,
            body_bytes,
            "{message}"
        );
    }
}

/// The fault that a panic is. Where it happened is on standard error, written by the panic hook.
fn panicked(panic: &(dyn Any + Send)) -> Fault {
    let message = panic.downcast_ref::<&str>().copied();
    let message = message.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Fault::Broken(format!("a handler panicked: {}", message.unwrap_or("without a message")))
}

fn request_id() -> Arc<str> {
    format!("req_{}", domain::hex::hex(&Randomness::system().bytes::<12>())).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use domain::id::DeliveryId;
    use domain::problem::PROBLEMS;
    use tower::ServiceExt as _;

    use crate::Id;
    use crate::extract::caller::HoldsApiKeys;

    #[derive(Clone)]
    struct NoTable;

    impl HoldsApiKeys for NoTable {
        fn context(&self) -> &usecases::Context {
            panic!("what is no uid is not looked up")
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the routes of a test need no documentation")]
    async fn answer(method: &str, path: &str) -> (Response<()>, serde_json::Value) {
        async fn panics() -> Response {
            panic!("the inner text")
        }
        async fn named() -> ErrorResponse {
            Problem::invalid("/name", "is wrong").into()
        }
        let router = Router::new()
            .route("/key", get(|| async { ErrorResponse::from(Problem::Unauthorized) }))
            .route("/fault", get(|| async { ErrorResponse::from(Fault::Broken("the inner text".into())) }))
            .route("/json", get(|| async { axum::Json(serde_json::json!({ "a": 1 })) }))
            .route("/panic", get(panics))
            .route("/named", get(named).post(named))
            .route("/of/{delivery}", get(|_: Id<DeliveryId>| async {}))
            .with_state(NoTable);
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let (parts, body) = finish(router, Metrics::none()).oneshot(request).await.unwrap().into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let length =
            parts.headers.get(CONTENT_LENGTH).map(|length| length.to_str().unwrap().parse().unwrap());
        if method == "HEAD" {
            assert!(bytes.is_empty());
            return (Response::from_parts(parts, ()), length.into());
        }
        assert!(bytes.ends_with(b"}\n"), "{path}: {bytes:?}");
        assert_eq!(length.unwrap_or(bytes.len()), bytes.len(), "{path}");
        (Response::from_parts(parts, ()), serde_json::from_slice(&bytes).unwrap())
    }

    #[tokio::test]
    async fn json_ends_with_a_newline_which_its_length_counts() {
        let (response, body) = answer("GET", "/json").await;
        assert_eq!((response.status().as_u16(), &body), (200, &serde_json::json!({ "a": 1 })));
        assert_eq!(answer("HEAD", "/json").await.1, 8);
    }

    #[tokio::test]
    async fn a_problem_carries_its_code_and_the_requests_id() {
        let (response, body) = answer("GET", "/key").await;
        assert_eq!(response.status(), 401);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(response.headers()["www-authenticate"], "Bearer realm=\"posthorn\"");
        assert_eq!(body["code"], "unauthorized");
        assert_eq!(body["request_id"], response.headers()["x-request-id"].to_str().unwrap());
    }

    #[tokio::test]
    async fn a_fault_or_a_panic_shows_nothing_of_its_inside() {
        for path in ["/fault", "/panic"] {
            let (response, body) = answer("GET", path).await;
            assert_eq!((response.status().as_u16(), body["code"].as_str()), (500, Some("internal_error")));
            assert_eq!(response.headers()["content-type"], "application/problem+json");
            assert_eq!(body["request_id"], response.headers()["x-request-id"].to_str().unwrap());
            assert!(!body.to_string().contains("inner text"));
        }
    }

    #[tokio::test]
    async fn an_unknown_address_and_a_wrong_method_are_problems_too() {
        assert_eq!(answer("GET", "/nowhere").await.1["code"], "not_found");
        assert_eq!(answer("DELETE", "/key").await.1["code"], "method_not_allowed");
    }

    #[tokio::test]
    async fn a_path_that_cannot_be_read_names_nothing() {
        for path in ["/of/%ff", "/of/wd_1", "/%ff"] {
            let (response, body) = answer("GET", path).await;
            assert_eq!(
                (response.status().as_u16(), body["code"].as_str()),
                (404, Some("not_found")),
                "{path}"
            );
        }
    }

    #[tokio::test]
    async fn a_request_without_a_body_has_names_of_parameters_in_place_of_pointers() {
        assert_eq!(answer("GET", "/named").await.1["errors"][0]["pointer"], "name");
        assert_eq!(answer("POST", "/named").await.1["errors"][0]["pointer"], "/name");
    }

    #[test]
    fn every_status_of_the_table_is_an_http_status() {
        assert!(PROBLEMS.iter().all(|row| axum::http::StatusCode::from_u16(row.status).is_ok()));
    }
}
