//! `ANY /in/{token}`: how does a provider's request come in, and its answer go out?
//! The request is taken as it is: raw bytes, raw target, headers. What is in it is for the use case.

use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{OriginalUri, Path, Request, State};
use axum::http::header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::problem::Problem;
use domain::source::MAX_BODY_BYTES;
use domain::source::received::{RawRequest, Verdict};
use domain::source::token::SourceToken;
use http_kit::http_api::{Unit, UnitReceived};
use http_kit::{ErrorResponse, read_body};
use providers::adapter::Answer;
use usecases::Readings;
use usecases::receive::receive_request::{Received, receive_request};
use usecases::receive::receiving::Receiving;

/// Names the received request in the answer, for the sender of a sample.
const RECEIVED: HeaderName = HeaderName::from_static("x-posthorn-request");

/// Takes a request to a source's address.
pub(crate) async fn receive(
    State(receiving): State<Receiving>,
    token: Result<Path<String>, PathRejection>,
    OriginalUri(uri): OriginalUri,
    request: Request,
) -> Result<Response, ErrorResponse> {
    // 1. A path that is no text is the address of nothing.
    let Ok(Path(token)) = token else { return Err(Problem::NotFound("address").into()) };
    let method = request.method().clone();
    if method != Method::GET && method != Method::POST {
        let refused = ErrorResponse::from(Problem::MethodNotAllowed).into_response();
        return Ok(([(ALLOW, HeaderValue::from_static("GET, POST"))], refused).into_response());
    }

    // 2. The request as it came. A body that is too large is not kept, but what came is noted.
    let target = uri.path_and_query().map_or_else(|| uri.path().to_owned(), ToString::to_string);
    let headers = request.headers().iter();
    let headers =
        headers.map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect();
    let announced =
        request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let (body, body_bytes) = match read_body(request.into_body(), MAX_BODY_BYTES).await {
        Ok(body) => {
            let bytes = body.len();
            (Vec::from(body), bytes)
        }
        Err(Problem::TooLarge { .. }) => (Vec::new(), announced.unwrap_or(0).max(MAX_BODY_BYTES + 1)),
        Err(problem) => return Err(problem.into()),
    };
    let raw = RawRequest { method: method.as_str().to_owned(), target, headers, body };

    // 3. What becomes of it.
    let received = receive_request(&receiving, &SourceToken::of_path(&token), raw, body_bytes).await?;
    receiving.intake.write_interrupted().await;
    Ok(answer(&received))
}

fn answer(received: &Received) -> Response {
    let Answer { status, content_type, body, header } = &received.answer;
    let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, body.clone()).into_response();
    let headers = response.headers_mut();
    headers.remove(CONTENT_TYPE);
    if let Some(content_type) = content_type {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    if let Some((name, value)) = header {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(id) = HeaderValue::from_str(&received.request.id.to_string()) {
        headers.insert(RECEIVED, id);
    }
    (Extension(unit(received)), response).into_response()
}

/// What the request's line in the log says, and its metrics.
fn unit(received: &Received) -> Unit {
    let Received { source, request, deliveries, .. } = received;
    let mut readings =
        Readings { events_accepted: request.accepted, deliveries_queued: *deliveries, ..Readings::default() };
    let verdict = match request.verdict {
        Verdict::Valid => (&mut readings.requests_valid, "valid"),
        Verdict::Invalid => (&mut readings.requests_invalid, "invalid"),
        Verdict::Error => (&mut readings.requests_failed, "error"),
    };
    *verdict.0 = 1;
    let received = UnitReceived {
        source: source.id.to_string(),
        received: request.id.to_string(),
        provider: source.settings.provider.to_string(),
        verdict: verdict.1.to_owned(),
        reason: request.reason.map(|reason| reason.as_str()),
        accepted: request.accepted,
        duplicates: request.duplicates,
        body_bytes: request.body_bytes,
    };
    Unit { event: request.events.first().map(ToString::to_string), received: Some(received), readings }
}
