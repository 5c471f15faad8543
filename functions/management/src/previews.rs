//! `…/preview` and `…/deliveries/{wd}/curl`: the exact request of a delivery, without sending it.

use api::deliveries::DeliveryDetail;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::delivery::attempt::SentRequest;
use domain::delivery::render::RenderedRequest;
use domain::endpoint::Endpoint;
use domain::event::MAX_REQUEST_BYTES;
use domain::id::{DeliveryId, EndpointId};
use http_kit::{Caller, ErrorResponse, Id, OptionalBody};
use serde_json::json;
use usecases::act::preview_request::{PreviewRequest, preview_request, rebuild_request};
use usecases::act::send_test_event::send_test_event;
use usecases::manage::management::Management;

pub(crate) async fn test(
    State(management): State<Management>,
    caller: Caller,
    Id(endpoint): Id<EndpointId>,
) -> Result<Json<DeliveryDetail>, ErrorResponse> {
    let (delivery, attempt) = send_test_event(&management, &caller, endpoint).await?;
    Ok(Json(DeliveryDetail::of(delivery, [attempt])))
}

pub(crate) async fn preview(
    State(management): State<Management>,
    caller: Caller,
    Id(id): Id<EndpointId>,
    OptionalBody(request): OptionalBody<PreviewRequest, MAX_REQUEST_BYTES>,
) -> Result<Response, ErrorResponse> {
    let (endpoint, rendered) = preview_request(&management, &caller, id, request).await?;
    let sent = SentRequest::of(&rendered, &endpoint);
    let body = json!({
        "method": rendered.method,
        "url": endpoint.url.as_str(),
        // In the order they are sent.
        "headers": rendered.headers,
        "body": String::from_utf8_lossy(&rendered.body),
        "body_base64": STANDARD.encode(&rendered.body),
        "body_bytes": sent.body_bytes,
        "body_sha256": sent.body_sha256,
    });
    Ok(Json(body).into_response())
}

/// The request of a delivery as a command for a shell.
pub(crate) async fn curl(
    State(management): State<Management>,
    caller: Caller,
    Id(endpoint): Id<EndpointId>,
    Id(delivery): Id<DeliveryId>,
) -> Result<Response, ErrorResponse> {
    let (endpoint, rendered) = rebuild_request(&management, &caller, endpoint, delivery).await?;
    let mut response = command(&endpoint, &rendered).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    Ok(response)
}

fn command(endpoint: &Endpoint, rendered: &RenderedRequest) -> String {
    let mut command = format!("curl -sS -X {} {}", rendered.method.as_str(), quoted(endpoint.url.as_str()));
    for (name, value) in &rendered.headers {
        command.push_str(" \\\n  -H ");
        command.push_str(&quoted(&format!("{name}: {value}")));
    }
    command.push_str(" \\\n  --data-binary ");
    command.push_str(&quoted(&String::from_utf8_lossy(&rendered.body)));
    command.push('\n');
    command
}

/// One word for a POSIX shell, whatever it holds.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_gives_back_what_was_quoted() {
        for text in ["plain", "it's", "$(rm -rf /) `id` \\ \"", "line\nbreak", "", "@file"] {
            let script = format!("printf %s {}", quoted(text));
            let mut shell = std::process::Command::new("sh");
            let shell = shell.args(["-c", &script]);
            assert_eq!(shell.output().unwrap().stdout, text.as_bytes(), "{text}");
        }
    }
}
