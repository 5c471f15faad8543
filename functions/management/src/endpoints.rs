//! `/v1/webhook-endpoints`: make, read, list, change, delete.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use domain::access::api_key::Scope;
use domain::endpoint::{DisabledReason, Endpoint, EndpointSettings};
use domain::id::{EndpointId, WorkspaceId};
use domain::policy::circuit::Health;
use domain::problem::Problem;
use domain::signing::secret::{ActiveSecret, DEFAULT_OVERLAP_SECONDS, Secret};
use domain::timestamp::Timestamp;
use lambda_kit::json_body::{parse_json, parse_value};
use lambda_kit::problem_json::ApiError;
use lambda_kit::request_body::read_body;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use usecases::manage::manage_endpoint;
use usecases::manage::management::Management;
use usecases::manage::merge_patch::merge;

use crate::{MAX_REQUEST_BYTES, caller, paging};

/// An endpoint as the API shows it.
#[derive(Serialize)]
struct EndpointBody<'a> {
    id: EndpointId,
    workspace_id: WorkspaceId,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key: Option<String>,
    #[serde(flatten)]
    settings: &'a EndpointSettings,
    disabled_reason: Option<DisabledReason>,
    /// When each rotated-out secret stops signing.
    old_secrets: Vec<OldSecretBody>,
    /// Only where it is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    health: Option<HealthBody>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// How an endpoint fares.
#[derive(Serialize)]
struct HealthBody {
    failures: u32,
    failing_since: Option<Timestamp>,
    circuit: &'static str,
}

#[derive(Serialize)]
struct OldSecretBody {
    expires_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key: Option<String>,
}

impl<'a> EndpointBody<'a> {
    fn of(endpoint: &'a Endpoint, now: Timestamp) -> Self {
        let public_key =
            |active: &ActiveSecret| active.secret.public_key().map(|public_key| public_key.to_string());
        let old = endpoint.secrets.iter().filter(|active| active.signs_at(now));
        let old_secrets = old.filter_map(|active| {
            let expires_at = active.expires_at?;
            Some(OldSecretBody { expires_at, public_key: public_key(active) })
        });
        Self {
            id: endpoint.id,
            workspace_id: endpoint.workspace_id,
            secret: None,
            public_key: endpoint.secrets.first().and_then(public_key),
            settings: &endpoint.settings,
            disabled_reason: endpoint.disabled_reason,
            old_secrets: old_secrets.collect(),
            health: None,
            created_at: endpoint.created_at,
            updated_at: endpoint.updated_at,
        }
    }

    fn with_health(endpoint: &'a Endpoint, health: Health, now: Timestamp) -> Self {
        let circuit = if health.is_open() { "open" } else { "closed" };
        let Health { failures, failing_since, .. } = health;
        Self { health: Some(HealthBody { failures, failing_since, circuit }), ..Self::of(endpoint, now) }
    }

    /// Only for the answers to its making and to a rotation.
    fn with_secret(endpoint: &'a Endpoint, now: Timestamp) -> Self {
        let secret = endpoint.secrets.first().and_then(|active| active.secret.shown_to_customer());
        Self { secret, ..Self::of(endpoint, now) }
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RotateRequest {
    overlap_seconds: Option<u64>,
    secret: Option<Secret>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListParameters {
    workspace_id: Option<WorkspaceId>,
    limit: Option<usize>,
    cursor: Option<String>,
}

pub(crate) async fn create(
    State(management): State<Management>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let caller = caller(&management, &headers).await?;
    let mut document: Map<String, Value> = parse_json(&read_body(body, MAX_REQUEST_BYTES).await?)?;
    // These two are said once, when the endpoint is made; everything else is a setting that can be changed.
    let workspace = taken::<WorkspaceId>(&mut document, "workspace_id")?;
    let secret = taken::<Secret>(&mut document, "secret")?;
    let settings: EndpointSettings = parse_value(Value::Object(document))?;
    let endpoint =
        manage_endpoint::create_endpoint(&management, &caller, workspace, settings, secret).await?;
    Ok((StatusCode::CREATED, Json(EndpointBody::with_secret(&endpoint, management.context.clock.now())))
        .into_response())
}

pub(crate) async fn read(
    State(management): State<Management>,
    headers: HeaderMap,
    Path(endpoint): Path<String>,
) -> Result<Response, ApiError> {
    let caller = caller(&management, &headers).await?;
    let id = paging::id(&endpoint, "endpoint")?;
    let endpoint = manage_endpoint::read_endpoint(&management, &caller, Scope::WebhooksRead, id).await?;
    let health = manage_endpoint::read_health(&management, &endpoint).await?;
    Ok(Json(EndpointBody::with_health(&endpoint, health, management.context.clock.now())).into_response())
}

pub(crate) async fn list(
    State(management): State<Management>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, ApiError> {
    let caller = caller(&management, &headers).await?;
    let parameters: ListParameters = paging::parameters(&uri)?;
    let limit = paging::limit(parameters.limit, paging::DEFAULT_LIMIT)?;
    let before = paging::after(parameters.cursor.as_deref())?;
    let (workspace, now) = (parameters.workspace_id, management.context.clock.now());
    let page = manage_endpoint::list_endpoints(&management, &caller, workspace, before, limit)
        .await
        .map_err(paging::in_query)?;
    let healths = manage_endpoint::read_healths(&management, &page.rows).await?;
    let body = |endpoint: &Endpoint| {
        let health = healths.get(&endpoint.id).copied().unwrap_or_default();
        json!(EndpointBody::with_health(endpoint, health, now))
    };
    Ok(paging::answer(&page.rows, page.next, body).into_response())
}

pub(crate) async fn update(
    State(management): State<Management>,
    headers: HeaderMap,
    Path(endpoint): Path<String>,
    body: Body,
) -> Result<Response, ApiError> {
    let caller = caller(&management, &headers).await?;
    let id = paging::id(&endpoint, "endpoint")?;
    let patch: Map<String, Value> = parse_json(&read_body(body, MAX_REQUEST_BYTES).await?)?;
    let resume = patch.get("active") == Some(&Value::Bool(true));
    let change = |settings: &EndpointSettings| -> Result<EndpointSettings, Problem> {
        let mut document = crate::document(settings);
        // Their parts exclude each other, so these are replaced whole.
        merge(&mut document, patch, &["retry", "rate_limit"]);
        parse_value(Value::Object(document))
    };
    let (endpoint, new_secret) =
        manage_endpoint::update_endpoint(&management, &caller, id, resume, change).await?;
    let now = management.context.clock.now();
    let body = match new_secret {
        true => EndpointBody::with_secret(&endpoint, now),
        false => EndpointBody::of(&endpoint, now),
    };
    Ok(Json(body).into_response())
}

pub(crate) async fn delete(
    State(management): State<Management>,
    headers: HeaderMap,
    Path(endpoint): Path<String>,
) -> Result<Response, ApiError> {
    let caller = caller(&management, &headers).await?;
    let id = paging::id(&endpoint, "endpoint")?;
    manage_endpoint::delete_endpoint(&management, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(crate) async fn rotate(
    State(management): State<Management>,
    headers: HeaderMap,
    Path(endpoint): Path<String>,
    body: Body,
) -> Result<Response, ApiError> {
    let caller = caller(&management, &headers).await?;
    let id = paging::id(&endpoint, "endpoint")?;
    let request: RotateRequest = optional_json(&read_body(body, MAX_REQUEST_BYTES).await?)?;
    let overlap = request.overlap_seconds.unwrap_or(DEFAULT_OVERLAP_SECONDS);
    let endpoint = manage_endpoint::rotate_secret(&management, &caller, id, overlap, request.secret).await?;
    Ok(Json(EndpointBody::with_secret(&endpoint, management.context.clock.now())).into_response())
}

pub(crate) async fn end_overlap(
    State(management): State<Management>,
    headers: HeaderMap,
    Path(endpoint): Path<String>,
) -> Result<Response, ApiError> {
    let caller = caller(&management, &headers).await?;
    let id = paging::id(&endpoint, "endpoint")?;
    let endpoint = manage_endpoint::end_overlap(&management, &caller, id).await?;
    Ok(Json(EndpointBody::of(&endpoint, management.context.clock.now())).into_response())
}

/// A body that may be left out; what it holds then is the default.
pub(crate) fn optional_json<T: Default + serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    if body.is_empty() { Ok(T::default()) } else { parse_json(body) }
}

/// Takes one member out of a document and reads it.
fn taken<T: serde::de::DeserializeOwned>(
    document: &mut Map<String, Value>,
    name: &str,
) -> Result<Option<T>, Problem> {
    match document.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match parse_value(value) {
            Ok(value) => Ok(Some(value)),
            Err(Problem::Invalid(errors)) => {
                let detail = errors.into_iter().next().map(|error| error.detail).unwrap_or_default();
                Err(Problem::invalid(format!("/{name}"), detail))
            }
            Err(problem) => Err(problem),
        },
    }
}
