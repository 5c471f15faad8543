//! `/v1/webhook-endpoints`: make, read, list, change, delete.

use api::endpoints::{Endpoint, EndpointQuery, NewEndpoint, RotateSecret};
use api::openapi::EndpointChange;
use api::page::PageQuery;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::endpoint::defaults::EndpointDefaults;
use domain::endpoint::filter::EndpointFilter;
use domain::id::EndpointId;
use domain::signing::secret::{DEFAULT_OVERLAP_SECONDS, Secret};
use domain::uid::WorkspaceIdOrUid;
use http_kit::{
    Body, Caller, Created, Document, Id, IfMatch, InRequest, OptionalBody, Page, Revised, UnderClaim,
};
use serde_json::Value;
use usecases::manage::manage_endpoint::{self, REPLACED_WHOLE};
use usecases::manage::management::Management;

use crate::v1::{Answer, IF_MATCH};

/// Create an endpoint
///
/// The answer shows the signing secret. Later answers do not show it.
#[utoipa::path(
    post,
    path = "/v1/webhook-endpoints",
    operation_id = "create_endpoint",
    tag = "Endpoints",
    request_body = NewEndpoint,
    responses((status = 201, description = "The endpoint, with its secret.", body = Endpoint)),
)]
pub(crate) async fn create(
    UnderClaim(management): UnderClaim<Management>,
    caller: Caller,
    Body(mut document): Body<Document>,
) -> Answer<Revised<Created<Endpoint>>> {
    // These two are said once, when the endpoint is made; everything else is a setting that can be changed.
    let workspace = document.take::<WorkspaceIdOrUid>("workspace_id")?;
    let secret = document.take::<Secret>("secret")?;
    let settings = |defaults: &EndpointDefaults| document.with_defaults(defaults).read();
    let endpoint =
        manage_endpoint::create_endpoint(&management, &caller, workspace, settings, secret).await?;
    let now = management.context.clock.now();
    let path = format!("/v1/webhook-endpoints/{}", endpoint.id);
    let revision = endpoint.revision;
    Ok(Revised { revision, answer: Created { path, body: Endpoint::with_secret(endpoint, now) } })
}

/// Read an endpoint
///
/// The endpoint with its health, and how many deliveries are parked for it.
#[utoipa::path(
    get,
    path = "/v1/webhook-endpoints/{endpoint}",
    operation_id = "read_endpoint",
    tag = "Endpoints",
    responses((status = 200, description = "The endpoint.", body = Endpoint)),
)]
pub(crate) async fn read(
    State(management): State<Management>,
    caller: Caller,
    Id(endpoint): Id<EndpointId>,
) -> Answer<Revised<Json<Endpoint>>> {
    let (endpoint, health, parked) = manage_endpoint::show_endpoint(&management, &caller, endpoint).await?;
    let revision = endpoint.revision;
    let shown = Endpoint::with_health(endpoint, health, management.context.clock.now());
    Ok(Revised { revision, answer: Json(shown.with_parked(parked)) })
}

/// List endpoints
///
/// The endpoints of a workspace with their health, newest first. An endpoint is listed if every parameter selects it.
#[utoipa::path(
    get,
    path = "/v1/webhook-endpoints",
    operation_id = "list_endpoints",
    tag = "Endpoints",
    params(EndpointQuery, PageQuery),
    responses((status = 200, description = "A page of endpoints.", body = api::page::Page<Endpoint>)),
)]
pub(crate) async fn list(
    State(management): State<Management>,
    caller: Caller,
    Page { filter, rows }: Page<EndpointId, EndpointQuery>,
) -> Answer<Json<api::page::Page<Endpoint>>> {
    let EndpointQuery { workspace_id, description, url, event_type, include_rules, state } = filter;
    let filter = EndpointFilter { description, url, event_type, state, include_rules };
    let page = manage_endpoint::list_endpoints(&management, &caller, workspace_id, &filter, rows).await?;
    let now = management.context.clock.now();
    let rows = page.rows.into_iter().map(|(endpoint, health)| Endpoint::with_health(endpoint, health, now));
    Ok(Json(api::page::Page::of(rows, page.next, page.previous)))
}

/// Change an endpoint
///
/// The body is merged into the settings (RFC 7396): `null` sets the default, the workspace's if it has one, an array
/// replaces the old one, an object is merged; but `retry`, `rate_limit`, `filter` and `template` are replaced whole.
/// `"active": true` or another `url` resets the count of failures, closes the circuit, and sends the parked deliveries. A signature profile that the
/// secret does not fit creates a new secret, which the answer shows.
#[utoipa::path(
    patch,
    path = "/v1/webhook-endpoints/{endpoint}",
    operation_id = "update_endpoint",
    tag = "Endpoints",
    params(("If-Match" = Option<String>, Header, description = IF_MATCH)),
    request_body = EndpointChange,
    responses((status = 200, description = "The endpoint.", body = Endpoint)),
)]
pub(crate) async fn update(
    InRequest(management): InRequest<Management>,
    caller: Caller,
    Id(endpoint): Id<EndpointId>,
    if_match: IfMatch,
    Body(patch): Body<Document>,
) -> Answer<Revised<Json<Endpoint>>> {
    let resume = patch.sets("active", &Value::Bool(true));
    let change = |endpoint: &domain::endpoint::Endpoint, defaults: &EndpointDefaults| {
        if_match.require(endpoint.revision)?;
        patch.merged_into(&endpoint.settings, &REPLACED_WHOLE).with_defaults(defaults).read()
    };
    let (endpoint, new_secret) =
        manage_endpoint::update_endpoint(&management, &caller, endpoint, resume, change).await?;
    let (revision, now) = (endpoint.revision, management.context.clock.now());
    let shown = match new_secret {
        true => Endpoint::with_secret(endpoint, now),
        false => Endpoint::of(endpoint, now),
    };
    Ok(Revised { revision, answer: Json(shown) })
}

/// Delete an endpoint
///
/// Deliveries under way are cancelled.
#[utoipa::path(
    delete,
    path = "/v1/webhook-endpoints/{endpoint}",
    operation_id = "delete_endpoint",
    tag = "Endpoints",
    responses((status = 204, description = "The endpoint is deleted.")),
)]
pub(crate) async fn delete(
    InRequest(management): InRequest<Management>,
    caller: Caller,
    Id(endpoint): Id<EndpointId>,
) -> Answer<StatusCode> {
    manage_endpoint::delete_endpoint(&management, &caller, endpoint).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Rotate the signing secret
///
/// Until the overlap ends, deliveries carry a signature of each secret. The answer shows the new secret. An old secret that
/// still signs may be made the current one again.
#[utoipa::path(
    post,
    path = "/v1/webhook-endpoints/{endpoint}/secret/rotate",
    operation_id = "rotate_secret",
    tag = "Endpoints",
    request_body = Option<RotateSecret>,
    responses((status = 200, description = "The endpoint, with its new secret.", body = Endpoint)),
)]
pub(crate) async fn rotate(
    InRequest(management): InRequest<Management>,
    caller: Caller,
    Id(endpoint): Id<EndpointId>,
    OptionalBody(RotateSecret { overlap_seconds, secret }): OptionalBody<RotateSecret>,
) -> Answer<Revised<Json<Endpoint>>> {
    let overlap = overlap_seconds.unwrap_or(DEFAULT_OVERLAP_SECONDS);
    let endpoint = manage_endpoint::rotate_secret(&management, &caller, endpoint, overlap, secret).await?;
    let revision = endpoint.revision;
    let shown = Endpoint::with_secret(endpoint, management.context.clock.now());
    Ok(Revised { revision, answer: Json(shown) })
}

/// End the overlap of a rotation
///
/// From now on only the current secret signs.
#[utoipa::path(
    post,
    path = "/v1/webhook-endpoints/{endpoint}/secret/end-overlap",
    operation_id = "end_overlap",
    tag = "Endpoints",
    responses((status = 200, description = "The endpoint.", body = Endpoint)),
)]
pub(crate) async fn end_overlap(
    InRequest(management): InRequest<Management>,
    caller: Caller,
    Id(endpoint): Id<EndpointId>,
) -> Answer<Revised<Json<Endpoint>>> {
    let endpoint = manage_endpoint::end_overlap(&management, &caller, endpoint).await?;
    let revision = endpoint.revision;
    Ok(Revised { revision, answer: Json(Endpoint::of(endpoint, management.context.clock.now())) })
}
