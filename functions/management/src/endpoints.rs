//! `/v1/webhook-endpoints`: make, read, list, change, delete, test.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use domain::api_key::Scope;
use domain::endpoint::{DisabledReason, Endpoint, EndpointSettings};
use domain::id::{EndpointId, WorkspaceId};
use domain::problem::Problem;
use domain::secret::Secret;
use domain::timestamp::Timestamp;
use engine::manage_endpoint::{self, Management};
use engine::merge_patch::merge;
use engine::send_test_event::send_test_event;
use lambda_kit::json_body::{parse_json, parse_value};
use lambda_kit::problem_json::ApiError;
use lambda_kit::request_body::read_body;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::deliveries::DetailBody;
use crate::{MAX_REQUEST_BYTES, caller, paging};

/// An endpoint as the API shows it.
#[derive(Serialize)]
struct EndpointBody<'a> {
    id: EndpointId,
    workspace_id: WorkspaceId,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
    #[serde(flatten)]
    settings: &'a EndpointSettings,
    disabled_reason: Option<DisabledReason>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl<'a> EndpointBody<'a> {
    fn of(endpoint: &'a Endpoint) -> Self {
        Self {
            id: endpoint.id,
            workspace_id: endpoint.workspace_id,
            secret: None,
            settings: &endpoint.settings,
            disabled_reason: endpoint.disabled_reason,
            created_at: endpoint.created_at,
            updated_at: endpoint.updated_at,
        }
    }

    /// Only for the answer to its making.
    fn with_secret(endpoint: &'a Endpoint) -> Self {
        let secret = endpoint.secrets.first().map(|active| active.secret.reveal());
        Self { secret, ..Self::of(endpoint) }
    }
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
    Ok((StatusCode::CREATED, Json(EndpointBody::with_secret(&endpoint))).into_response())
}

pub(crate) async fn read(
    State(management): State<Management>,
    headers: HeaderMap,
    Path(endpoint): Path<String>,
) -> Result<Response, ApiError> {
    let caller = caller(&management, &headers).await?;
    let id = paging::id(&endpoint, "endpoint")?;
    let endpoint = manage_endpoint::read_endpoint(&management, &caller, Scope::WebhooksRead, id).await?;
    Ok(Json(EndpointBody::of(&endpoint)).into_response())
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
    let workspace = parameters.workspace_id;
    let page = manage_endpoint::list_endpoints(&management, &caller, workspace, before, limit).await?;
    Ok(paging::answer(&page.rows, page.more, |e| e.id, |e| serde_json::json!(EndpointBody::of(e)))
        .into_response())
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
    let change = |settings: &EndpointSettings| -> Result<EndpointSettings, Problem> {
        let mut document = document(settings)?;
        // A preset and a schedule exclude each other, so the policy is replaced whole.
        merge(&mut document, patch, &["retry"]);
        parse_value(Value::Object(document))
    };
    let endpoint = manage_endpoint::update_endpoint(&management, &caller, id, change).await?;
    Ok(Json(EndpointBody::of(&endpoint)).into_response())
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

pub(crate) async fn test(
    State(management): State<Management>,
    headers: HeaderMap,
    Path(endpoint): Path<String>,
) -> Result<Response, ApiError> {
    let caller = caller(&management, &headers).await?;
    let id = paging::id(&endpoint, "endpoint")?;
    let (delivery, attempt) = send_test_event(&management, &caller, id).await?;
    Ok(Json(DetailBody::of(&delivery, std::slice::from_ref(&attempt))).into_response())
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

/// The settings as the document that `PATCH` merges into.
fn document(settings: &EndpointSettings) -> Result<Map<String, Value>, Problem> {
    match serde_json::to_value(settings) {
        Ok(Value::Object(document)) => Ok(document),
        // Settings are a struct with string keys: they always become an object.
        _ => Err(Problem::ChangedMeanwhile),
    }
}
