//! `/v1/actions`: make, read, list, change, delete, and rotate a secret.

use api::actions::{Action, NewAction};
use api::endpoints::RotateSecret;
use api::openapi::ActionChange;
use api::page::PageQuery;
use api::workspaces::OfWorkspace;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::action::name::ActionName;
use domain::id::EndpointId;
use domain::signing::secret::{DEFAULT_OVERLAP_SECONDS, Secret};
use domain::uid::WorkspaceIdOrUid;
use http_kit::{
    ABOUT_IF_MATCH as IF_MATCH, Answer, Body, Caller, Created, Document, Id, IfMatch, InRequest,
    OptionalBody, Page, Query, Revised, UnderClaim,
};
use usecases::act::schemas::Schemas;
use usecases::manage::manage_action::{self, Named, REPLACED_WHOLE};
use usecases::manage::management::Management;

/// The largest body of an action: two schemas of 64 KiB, a template and the rest.
const MAX_BYTES: usize = 256 * 1024;

/// Create an action
///
/// The answer shows the secret that signs its calls. The name cannot be changed later.
#[utoipa::path(
    post,
    path = "/v1/actions",
    operation_id = "create_action",
    tag = "Actions",
    request_body = NewAction,
    responses((status = 201, description = "The action.", body = Action)),
)]
pub(crate) async fn create(
    UnderClaim(management): UnderClaim<Management>,
    caller: Caller,
    Body(mut document): Body<Document, MAX_BYTES>,
) -> Answer<Revised<Created<Action>>> {
    let workspace = document.take::<WorkspaceIdOrUid>("workspace_id")?;
    let secret = document.take::<Secret>("secret")?;
    let made = (document.read()?, secret);
    let schemas = Schemas::json_schema();
    let action = manage_action::create_action(&management, &caller, schemas, workspace, made).await?;
    let (revision, path) = (action.revision, format!("/v1/actions/{}", action.name()));
    let body = Action::with_secret(action, management.context.clock.now());
    Ok(Revised { revision, answer: Created { path, body } })
}

/// Read an action
#[utoipa::path(
    get,
    path = "/v1/actions/{action}",
    operation_id = "read_action",
    tag = "Actions",
    params(OfWorkspace),
    responses((status = 200, description = "The action.", body = Action)),
)]
pub(crate) async fn read(
    State(management): State<Management>,
    caller: Caller,
    Id(name): Id<ActionName>,
    Query(OfWorkspace { workspace_id: workspace }): Query<OfWorkspace>,
) -> Answer<Revised<Json<Action>>> {
    let action = manage_action::read_action(&management, &caller, Named { workspace, name }).await?;
    Ok(revised(&management, action))
}

/// List actions
///
/// The actions of a workspace, newest first.
#[utoipa::path(
    get,
    path = "/v1/actions",
    operation_id = "list_actions",
    tag = "Actions",
    params(OfWorkspace, PageQuery),
    responses((status = 200, description = "A page of actions.", body = api::page::Page<Action>)),
)]
pub(crate) async fn list(
    State(management): State<Management>,
    caller: Caller,
    Page { filter: OfWorkspace { workspace_id }, rows }: Page<EndpointId, OfWorkspace>,
) -> Answer<Json<api::page::Page<Action>>> {
    let page = manage_action::list_actions(&management, &caller, workspace_id, rows).await?;
    let now = management.context.clock.now();
    let rows = page.rows.into_iter().map(|action| Action::of(action, now));
    Ok(Json(api::page::Page::of(rows, page.next, page.previous)))
}

/// Change an action
///
/// The body is merged into the settings (RFC 7396): `null` sets the default, an array replaces the old one, an object is
/// merged; but `parameters`, `template`, `result_schema` and `rate_limit` are replaced whole. A signature profile that the
/// secret does not fit creates a new secret, which the answer shows. Every change ends the confirmations given before.
#[utoipa::path(
    patch,
    path = "/v1/actions/{action}",
    operation_id = "update_action",
    tag = "Actions",
    params(OfWorkspace, ("If-Match" = Option<String>, Header, description = IF_MATCH)),
    request_body = ActionChange,
    responses((status = 200, description = "The action.", body = Action)),
)]
pub(crate) async fn update(
    InRequest(management): InRequest<Management>,
    caller: Caller,
    (Id(name), Query(OfWorkspace { workspace_id: workspace })): (Id<ActionName>, Query<OfWorkspace>),
    if_match: IfMatch,
    Body(patch): Body<Document, MAX_BYTES>,
) -> Answer<Revised<Json<Action>>> {
    let change = |action: &domain::action::Action| {
        if_match.require(action.revision)?;
        patch.merged_into(&action.settings, &REPLACED_WHOLE).read()
    };
    let (named, schemas) = (Named { workspace, name }, Schemas::json_schema());
    let (action, new_secret) =
        manage_action::update_action(&management, &caller, schemas, named, change).await?;
    Ok(if new_secret { with_secret(&management, action) } else { revised(&management, action) })
}

/// Delete an action
///
/// From now on it cannot be invoked. Its invocations can be read until they expire.
#[utoipa::path(
    delete,
    path = "/v1/actions/{action}",
    operation_id = "delete_action",
    tag = "Actions",
    params(OfWorkspace),
    responses((status = 204, description = "The action is deleted.")),
)]
pub(crate) async fn delete(
    InRequest(management): InRequest<Management>,
    caller: Caller,
    Id(name): Id<ActionName>,
    Query(OfWorkspace { workspace_id: workspace }): Query<OfWorkspace>,
) -> Answer<StatusCode> {
    manage_action::delete_action(&management, &caller, Named { workspace, name }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Rotate the secret of an action
///
/// Until the overlap ends, calls are signed with the old secrets as well.
#[utoipa::path(
    post,
    path = "/v1/actions/{action}/secret/rotate",
    operation_id = "rotate_action_secret",
    tag = "Actions",
    params(OfWorkspace),
    request_body = Option<RotateSecret>,
    responses((status = 200, description = "The action, with its new secret.", body = Action)),
)]
pub(crate) async fn rotate(
    InRequest(management): InRequest<Management>,
    caller: Caller,
    Id(name): Id<ActionName>,
    Query(OfWorkspace { workspace_id: workspace }): Query<OfWorkspace>,
    OptionalBody(RotateSecret { overlap_seconds, secret }): OptionalBody<RotateSecret>,
) -> Answer<Revised<Json<Action>>> {
    let overlap = overlap_seconds.unwrap_or(DEFAULT_OVERLAP_SECONDS);
    let named = Named { workspace, name };
    let action = manage_action::rotate_secret(&management, &caller, named, overlap, secret).await?;
    Ok(with_secret(&management, action))
}

/// End the overlap of an action's rotation
///
/// From now on only the current secret signs.
#[utoipa::path(
    post,
    path = "/v1/actions/{action}/secret/end-overlap",
    operation_id = "end_action_overlap",
    tag = "Actions",
    params(OfWorkspace),
    responses((status = 200, description = "The action.", body = Action)),
)]
pub(crate) async fn end_overlap(
    InRequest(management): InRequest<Management>,
    caller: Caller,
    Id(name): Id<ActionName>,
    Query(OfWorkspace { workspace_id: workspace }): Query<OfWorkspace>,
) -> Answer<Revised<Json<Action>>> {
    let action = manage_action::end_overlap(&management, &caller, Named { workspace, name }).await?;
    Ok(revised(&management, action))
}

fn revised(management: &Management, action: domain::action::Action) -> Revised<Json<Action>> {
    let revision = action.revision;
    Revised { revision, answer: Json(Action::of(action, management.context.clock.now())) }
}

fn with_secret(management: &Management, action: domain::action::Action) -> Revised<Json<Action>> {
    let revision = action.revision;
    Revised { revision, answer: Json(Action::with_secret(action, management.context.clock.now())) }
}
