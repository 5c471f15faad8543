//! How does an agent reach the actions that it may run?
//! `POST /v1/mcp`: the Model Context Protocol over HTTP. Its tools are the actions that the caller's API key may invoke, and
//! some that explain deliveries; each call is a use case that the API has, too.
//!
//! - [`protocol`]: messages and revisions
//! - [`tools`]: which tools a key has, and what a tool answers
//! - [`invoking`]: an action as a tool; [`explaining`]: the tools about deliveries

mod explaining;
mod invoking;
mod protocol;
mod tools;

use api::openapi::{McpAnswer, McpMessage};
use axum::http::header::ORIGIN;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use http_kit::{Answer, Body, Caller, InRequest};
use serde_json::Value;
use usecases::act::actions::Actions;

use self::protocol::Asked;

/// The largest message: the parameters of an action, and some more.
const MAX_BYTES: usize = 128 * 1024;

/// Speak the Model Context Protocol
///
/// One JSON-RPC message over HTTP, without sessions or streams, in the revisions 2026-07-28, 2025-11-25, 2025-06-18 and
/// 2025-03-26. The tools are the actions that the key may invoke, and some that explain deliveries. The key is one of a single
/// workspace. What the protocol itself refuses is a JSON-RPC error, some of them with the status 400 or 404.
#[utoipa::path(
    post,
    path = "/v1/mcp",
    operation_id = "mcp",
    tag = "Actions",
    request_body = McpMessage,
    responses(
        (status = 200, description = "The answer.", body = McpAnswer),
        (status = 202, description = "The message was a notification: it has no answer."),
        (status = 400, description = "The protocol refuses it; or it is no JSON.", body = McpAnswer, example = json!({
            "jsonrpc": "2.0", "id": null, "error": { "code": -32600, "message": "`jsonrpc` must be \"2.0\"" },
        })),
        (status = 404, description = "There is no such method.", body = McpAnswer, example = json!({
            "jsonrpc": "2.0", "id": 1, "error": { "code": -32601, "message": "there is no method `resources/list`" },
        })),
    ),
)]
pub(crate) async fn answer(
    InRequest(actions): InRequest<Actions>,
    caller: Caller,
    headers: HeaderMap,
    Body(message): Body<Value, MAX_BYTES>,
) -> Answer<Response> {
    if !is_of_own_origin(&headers, &actions.public_url) {
        return Ok(StatusCode::FORBIDDEN.into_response());
    }
    let request = match protocol::read(&headers, message) {
        Ok(Some(request)) => request,
        Ok(None) => return Ok(StatusCode::ACCEPTED.into_response()),
        Err(refusal) => return Ok(refusal.into_response()),
    };
    // An agent that could name another workspace would be one prompt away from it.
    if caller.workspace_id.is_none() {
        return Ok(request.wrong_key().into_response());
    }
    Ok(match &request.asked {
        Asked::Initialize(revision) => {
            let revision = *revision;
            request.initialized(revision)
        }
        Asked::Discover => request.discovered(),
        Asked::Ping => request.answered(Value::Object(serde_json::Map::new())),
        Asked::ListTools { after } => {
            let listed = tools::list(&actions, &caller, after.as_deref()).await?;
            request.tools(listed.tools, listed.next)
        }
        Asked::CallTool { name, arguments } => {
            match tools::call(&actions, &caller, name, (arguments.clone(), request.client.clone())).await? {
                Some(outcome) => request.answered(outcome.shown()),
                None => request.unknown_tool(name).into_response(),
            }
        }
    })
}

/// A browser names the site whose page sends the request: none but the API's own may. Programs name none.
fn is_of_own_origin(headers: &HeaderMap, public_url: &str) -> bool {
    headers.get(ORIGIN).is_none_or(|origin| origin.as_bytes() == public_url.as_bytes())
}
