//! `…/preview` and `…/deliveries/{wd}/curl`: the exact request of a delivery, without sending it.

use api::previews::{Preview, PreviewEvent};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderName;
use axum::http::header::CONTENT_TYPE;
use domain::delivery::render::RenderedRequest;
use domain::endpoint::Endpoint;
use domain::event::MAX_REQUEST_BYTES;
use domain::id::{DeliveryId, EndpointId};
use http_kit::{Caller, ErrorResponse, Id, OptionalBody};
use usecases::act::actions::Actions;
use usecases::act::preview_request::{PreviewRequest, preview_request, rebuild_request};

/// Preview a request
///
/// The exact request of a first attempt, with valid signatures; nothing is sent. A stored event needs the scope `events:ro`
/// too, an event of your own the scope `webhooks`.
#[utoipa::path(
    post,
    path = "/v1/webhook-endpoints/{endpoint}/preview",
    operation_id = "preview_request",
    tag = "Endpoints",
    request_body = Option<PreviewEvent>,
    responses((status = 200, description = "The request.", body = Preview)),
)]
pub(crate) async fn preview(
    State(actions): State<Actions>,
    caller: Caller,
    Id(endpoint): Id<EndpointId>,
    OptionalBody(event): OptionalBody<PreviewEvent, MAX_REQUEST_BYTES>,
) -> Result<Json<Preview>, ErrorResponse> {
    let PreviewEvent { event_id, event_type, data, occurred_at } = event;
    let request = PreviewRequest { event_id, event_type, data, occurred_at };
    let (endpoint, rendered) = preview_request(&actions, &caller, endpoint, request).await?;
    Ok(Json(Preview::of(rendered, &endpoint)))
}

/// Read a delivery as a curl command
///
/// The complete request as it would be sent now, with a signature that is valid now and the values of all headers.
#[utoipa::path(
    get,
    path = "/v1/webhook-endpoints/{endpoint}/deliveries/{delivery}/curl",
    operation_id = "read_curl_command",
    tag = "Deliveries",
    responses((status = 200, description = "The command.", body = String, content_type = "text/plain",
        example = json!("curl -sS -X POST 'https://example.com/hooks' \\\n  -H 'content-type: application/json' …\n"))),
)]
pub(crate) async fn curl(
    State(actions): State<Actions>,
    caller: Caller,
    Id(endpoint): Id<EndpointId>,
    Id(delivery): Id<DeliveryId>,
) -> Result<([(HeaderName, &'static str); 1], String), ErrorResponse> {
    let (endpoint, rendered) = rebuild_request(&actions, &caller, endpoint, delivery).await?;
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], command(&endpoint, &rendered)))
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
