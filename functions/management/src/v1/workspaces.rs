//! `/v1/workspaces`: make, read, list, change, delete.

use api::openapi::WorkspaceChange;
use api::page::PageQuery;
use api::workspaces::{Workspace, WorkspaceQuery, WorkspaceSettings};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::id::WorkspaceId;
use http_kit::{Body, Caller, Created, Document, Id, IfMatch, InRequest, Page, Revised, UnderClaim};
use usecases::manage::delete_workspace::delete_workspace;
use usecases::manage::manage_endpoint::REPLACED_WHOLE;
use usecases::manage::manage_workspace::{
    counted_events, create_workspace, list_workspaces, read_workspace, update_workspace,
};
use usecases::manage::management::Management;

use crate::v1::{Answer, IF_MATCH};

/// Create a workspace
///
/// Needs a key for all workspaces.
#[utoipa::path(
    post,
    path = "/v1/workspaces",
    operation_id = "create_workspace",
    tag = "Workspaces",
    request_body = WorkspaceSettings,
    responses((status = 201, description = "The workspace.", body = Workspace)),
)]
pub(crate) async fn create(
    UnderClaim(management): UnderClaim<Management>,
    caller: Caller,
    Body(settings): Body<WorkspaceSettings>,
) -> Answer<Revised<Created<Workspace>>> {
    let workspace = create_workspace(&management, &caller, settings).await?;
    let path = format!("/v1/workspaces/{}", workspace.id);
    let answer = Created { path, body: Workspace::from(&workspace) };
    Ok(Revised { revision: workspace.revision, answer })
}

/// Read a workspace
#[utoipa::path(
    get,
    path = "/v1/workspaces/{workspace}",
    operation_id = "read_workspace",
    tag = "Workspaces",
    responses((status = 200, description = "The workspace.", body = Workspace)),
)]
pub(crate) async fn read(
    State(management): State<Management>,
    caller: Caller,
    Id(workspace): Id<WorkspaceId>,
) -> Answer<Revised<Json<Workspace>>> {
    let workspace = read_workspace(&management, &caller, workspace).await?;
    shown(&management, &workspace).await
}

/// One workspace, with what counts against its quota.
async fn shown(
    management: &Management,
    workspace: &domain::access::workspace::Workspace,
) -> Answer<Revised<Json<Workspace>>> {
    let events_today = counted_events(management, workspace).await?;
    let answer = Json(Workspace { events_today, ..Workspace::from(workspace) });
    Ok(Revised { revision: workspace.revision, answer })
}

/// List workspaces
///
/// Newest first. A key for one workspace sees that one.
#[utoipa::path(
    get,
    path = "/v1/workspaces",
    operation_id = "list_workspaces",
    tag = "Workspaces",
    params(WorkspaceQuery, PageQuery),
    responses((status = 200, description = "A page of workspaces.", body = api::page::Page<Workspace>)),
)]
pub(crate) async fn list(
    State(management): State<Management>,
    caller: Caller,
    Page { filter: WorkspaceQuery { name }, rows }: Page<WorkspaceId, WorkspaceQuery>,
) -> Answer<Json<api::page::Page<Workspace>>> {
    let page = list_workspaces(&management, &caller, name, rows).await?;
    Ok(Json(api::page::Page::of(page.rows.iter().map(Workspace::from), page.next, page.previous)))
}

/// Change a workspace
///
/// The body is merged into the settings (RFC 7396): `null` sets the default.
#[utoipa::path(
    patch,
    path = "/v1/workspaces/{workspace}",
    operation_id = "update_workspace",
    tag = "Workspaces",
    params(("If-Match" = Option<String>, Header, description = IF_MATCH)),
    request_body = WorkspaceChange,
    responses((status = 200, description = "The workspace.", body = Workspace)),
)]
pub(crate) async fn update(
    InRequest(management): InRequest<Management>,
    caller: Caller,
    Id(workspace): Id<WorkspaceId>,
    if_match: IfMatch,
    Body(patch): Body<Document>,
) -> Answer<Revised<Json<Workspace>>> {
    let change = |workspace: &domain::access::workspace::Workspace| {
        if_match.require(workspace.revision)?;
        patch.merged_into(&workspace.settings(), &REPLACED_WHOLE).read()
    };
    let workspace = update_workspace(&management, &caller, workspace, change).await?;
    shown(&management, &workspace).await
}

/// Delete a workspace
///
/// Needs a key for all workspaces. Within 5 seconds its API keys are refused, and it is not found any more: no event of it is
/// accepted, and nothing of it is delivered. Its data is deleted after that, step by step.
#[utoipa::path(
    delete,
    path = "/v1/workspaces/{workspace}",
    operation_id = "delete_workspace",
    tag = "Workspaces",
    responses((status = 204, description = "The workspace is deleted.")),
)]
pub(crate) async fn delete(
    InRequest(management): InRequest<Management>,
    caller: Caller,
    Id(workspace): Id<WorkspaceId>,
) -> Answer<StatusCode> {
    delete_workspace(&management, &caller, workspace).await?;
    Ok(StatusCode::NO_CONTENT)
}
