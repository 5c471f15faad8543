//! `/v1/actions/{action}/invoke` and `/v1/invocations`: call an action, and see what was called.

use api::invocations::{
    Invocation, InvocationDetail, InvocationQuery, InvokeAction, InvokeAnswer, NotSent, NotSentStatus,
};
use api::page::PageQuery;
use api::previews::Preview;
use api::workspaces::OfWorkspace;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::USER_AGENT;
use axum::response::{IntoResponse, Response};
use domain::action::name::ActionName;
use domain::id::InvocationId;
use http_kit::idempotency_key::{idempotency_key, replayed_answer};
use http_kit::{Answer, Body, Caller, Id, InRequest, Page, Query};
use usecases::act::actions::Actions;
use usecases::act::invoke_action::{self, InvokeRequest, Invoked, Prepared};
use usecases::act::read_invocations::{self, InvocationFilter};

/// The largest body: the parameters, and some more.
const MAX_BYTES: usize = 96 * 1024;

/// Invoke an action
///
/// The key needs one of the action's `roles` too. The answer comes when the call has ended, after 25 s at most; a system that
/// failed is data: `status` says so, and the answer is still `200`. An action that changes something needs an
/// `Idempotency-Key`, which the called system gets unchanged. The same request under the same key gets the first answer.
#[utoipa::path(
    post,
    path = "/v1/actions/{action}/invoke",
    operation_id = "invoke_action",
    tag = "Actions",
    request_body = InvokeAction,
    responses((status = 200, description = "The invocation, or the request that was not sent.", body = InvokeAnswer)),
)]
pub(crate) async fn invoke(
    InRequest(actions): InRequest<Actions>,
    caller: Caller,
    Id(name): Id<ActionName>,
    headers: HeaderMap,
    Body(request): Body<InvokeAction, MAX_BYTES>,
) -> Answer<Response> {
    let InvokeAction { parameters, actor, dry_run, confirmation, workspace_id } = request;
    let client = headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
    let request = InvokeRequest {
        workspace: workspace_id,
        parameters,
        actor,
        dry_run,
        confirmation,
        idempotency_key: idempotency_key(&headers)?.map(str::to_owned),
        client: client.map(str::to_owned),
    };
    let caller = invoke_action::Caller::Key(&caller);
    let (answer, is_repeated) = match invoke_action::invoke(&actions, caller, &name, request).await? {
        Invoked::Ended { invocation, content, is_repeated } => {
            let detail = InvocationDetail::of(*invocation, Some(*content));
            (InvokeAnswer::Invocation(Box::new(detail)), is_repeated)
        }
        Invoked::DryRun(prepared) => {
            let (status, request) = (NotSentStatus::DryRun, preview(prepared));
            let not_sent = NotSent { status, request, confirmation: None, expires_at: None };
            (InvokeAnswer::NotSent(Box::new(not_sent)), false)
        }
        Invoked::ToConfirm { request, confirmation, expires_at } => {
            let (status, request) = (NotSentStatus::NeedsConfirmation, preview(request));
            let (confirmation, expires_at) = (Some(confirmation), Some(expires_at));
            let not_sent = NotSent { status, request, confirmation, expires_at };
            (InvokeAnswer::NotSent(Box::new(not_sent)), false)
        }
    };
    let response = Json(answer).into_response();
    Ok(if is_repeated { replayed_answer(response) } else { response })
}

/// List invocations
///
/// The invocations of a workspace, newest first.
#[utoipa::path(
    get,
    path = "/v1/invocations",
    operation_id = "list_invocations",
    tag = "Actions",
    params(InvocationQuery, PageQuery),
    responses((status = 200, description = "A page of invocations.", body = api::page::Page<Invocation>)),
)]
pub(crate) async fn list(
    State(actions): State<Actions>,
    caller: Caller,
    Page { filter: InvocationQuery { workspace_id, action, status }, rows }: Page<
        InvocationId,
        InvocationQuery,
    >,
) -> Answer<Json<api::page::Page<Invocation>>> {
    let filter = InvocationFilter { action, status };
    let page = read_invocations::list_invocations(&actions, &caller, workspace_id, filter, rows).await?;
    let rows = page.rows.into_iter().map(Invocation::from);
    Ok(Json(api::page::Page::of(rows, page.next, page.previous)))
}

/// Read an invocation
///
/// With parameters, answer and attempts for a key that has a role which could invoke the action, for the key that invoked it,
/// and for one with `admin:ro`.
#[utoipa::path(
    get,
    path = "/v1/invocations/{invocation}",
    operation_id = "read_invocation",
    tag = "Actions",
    params(OfWorkspace),
    responses((status = 200, description = "The invocation.", body = InvocationDetail)),
)]
pub(crate) async fn read(
    State(actions): State<Actions>,
    caller: Caller,
    Id(invocation): Id<InvocationId>,
    Query(OfWorkspace { workspace_id }): Query<OfWorkspace>,
) -> Answer<Json<InvocationDetail>> {
    let (invocation, content) =
        read_invocations::read_invocation(&actions, &caller, workspace_id, invocation).await?;
    Ok(Json(InvocationDetail::of(invocation, content)))
}

fn preview(Prepared { endpoint, url, request }: Prepared) -> Preview {
    Preview { url, ..Preview::of(request, &endpoint) }
}
