//! `…/preview` and `…/deliveries/{wd}/curl`: the exact request of a delivery, without sending it.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::delivery::attempt::SentRequest;
use domain::delivery::render::RenderedRequest;
use domain::endpoint::Endpoint;
use domain::event::MAX_REQUEST_BYTES;
use lambda_kit::json_body::parse_json;
use lambda_kit::problem_json::ApiError;
use lambda_kit::request_body::read_body;
use serde_json::json;
use usecases::act::actions::Actions;
use usecases::act::preview_request::{PreviewRequest, preview_request, rebuild_request};

use crate::{caller, id};

pub(crate) async fn preview(
    State(actions): State<Actions>,
    headers: HeaderMap,
    Path(endpoint): Path<String>,
    body: Body,
) -> Result<Response, ApiError> {
    let caller = caller(&actions, &headers).await?;
    let id = id(&endpoint, "endpoint")?;
    let body = read_body(body, MAX_REQUEST_BYTES).await?;
    let request = if body.is_empty() { PreviewRequest::default() } else { parse_json(&body)? };
    let (endpoint, rendered) = preview_request(&actions, &caller, id, request).await?;
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
    State(actions): State<Actions>,
    headers: HeaderMap,
    Path((endpoint, delivery)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let caller = caller(&actions, &headers).await?;
    let endpoint = id(&endpoint, "endpoint")?;
    let delivery = id(&delivery, "delivery")?;
    let (endpoint, rendered) = rebuild_request(&actions, &caller, endpoint, delivery).await?;
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
