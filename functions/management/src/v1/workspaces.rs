//! `/v1/workspaces`: make, read, list, change.

use api::workspaces::{Workspace, WorkspaceSettings};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::id::WorkspaceId;
use http_kit::{Body, Caller, Document, Id, Page, UnderClaim};
use usecases::manage::manage_workspace::{
    create_workspace, list_workspaces, read_workspace, update_workspace,
};
use usecases::manage::management::Management;

use crate::v1::Answer;

pub(crate) async fn create(
    UnderClaim(management): UnderClaim<Management>,
    caller: Caller,
    Body(settings): Body<WorkspaceSettings>,
) -> Answer<(StatusCode, Json<Workspace>)> {
    let workspace = create_workspace(&management, &caller, settings).await?;
    Ok((StatusCode::CREATED, Json(Workspace::from(&workspace))))
}

pub(crate) async fn read(
    State(management): State<Management>,
    caller: Caller,
    Id(workspace): Id<WorkspaceId>,
) -> Answer<Json<Workspace>> {
    let workspace = read_workspace(&management, &caller, workspace).await?;
    Ok(Json(Workspace::from(&*workspace)))
}

pub(crate) async fn list(
    State(management): State<Management>,
    caller: Caller,
    Page { after, limit, .. }: Page<WorkspaceId>,
) -> Answer<Json<api::page::Page<Workspace>>> {
    let page = list_workspaces(&management, &caller, after, limit).await?;
    Ok(Json(api::page::Page::of(page.rows.iter().map(Workspace::from), page.next)))
}

pub(crate) async fn update(
    State(management): State<Management>,
    caller: Caller,
    Id(workspace): Id<WorkspaceId>,
    Body(patch): Body<Document>,
) -> Answer<Json<Workspace>> {
    let change = |settings: &WorkspaceSettings| patch.merged_into(settings, &[]);
    let workspace = update_workspace(&management, &caller, workspace, change).await?;
    Ok(Json(Workspace::from(&workspace)))
}
