//! The REST API: endpoints, deliveries, events, workspaces, API keys. One file a noun; the decisions are in
//! `usecases`, here is only HTTP.

mod api_keys;
mod deliveries;
mod endpoints;
mod events;
mod health;
mod jwks;
mod paging;
mod replays;
pub mod setup;
mod statistics;
mod undelivered;
mod workspaces;

use std::sync::Arc;

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::{get, post};
use domain::access::api_key::ApiKey;
use lambda_kit::api_key_header::api_key;
use lambda_kit::problem_json::ApiError;
use usecases::manage::authenticate::authenticate;
use usecases::manage::management::Management;

/// Largest body of a request that changes configuration, in bytes.
const MAX_REQUEST_BYTES: usize = 64 * 1024;

/// The routes of this function.
pub fn router(management: Management) -> Router {
    Router::new()
        .route("/health", get(health::health))
        .route("/v1/webhook-endpoints", post(endpoints::create).get(endpoints::list))
        .route(
            "/v1/webhook-endpoints/{endpoint}",
            get(endpoints::read).patch(endpoints::update).delete(endpoints::delete),
        )
        .route("/v1/webhook-endpoints/{endpoint}/secret/rotate", post(endpoints::rotate))
        .route("/v1/webhook-endpoints/{endpoint}/secret/end-overlap", post(endpoints::end_overlap))
        .route("/v1/webhook-endpoints/{endpoint}/deliveries", get(deliveries::list))
        .route("/v1/webhook-endpoints/{endpoint}/deliveries/{delivery}", get(deliveries::read))
        .route("/v1/webhook-endpoints/{endpoint}/deliveries/{delivery}/replay", post(replays::one_delivery))
        .route("/v1/webhook-endpoints/{endpoint}/replay", post(replays::window))
        .route("/v1/replays", get(replays::list))
        .route("/v1/replays/{replay}", get(replays::read))
        .route("/v1/replays/{replay}/cancel", post(replays::cancel))
        .route("/v1/events/{event}/replay", post(replays::one_event))
        .route("/v1/events", get(events::list))
        .route("/v1/events/{event}", get(events::read))
        .route("/v1/events/{event}/deliveries", get(events::deliveries))
        .route("/v1/events/{event}/data", axum::routing::delete(events::erase))
        .route("/v1/undelivered", get(undelivered::list))
        .route("/v1/workspaces", post(workspaces::create).get(workspaces::list))
        .route("/v1/workspaces/{workspace}", get(workspaces::read).patch(workspaces::update))
        .route("/v1/webhook-endpoints/{endpoint}/statistics", get(statistics::of_endpoint))
        .route("/v1/workspaces/{workspace}/statistics", get(statistics::of_workspace))
        .route("/v1/workspaces/{workspace}/jwks.json", get(jwks::read))
        .route("/v1/api-keys", post(api_keys::create).get(api_keys::list))
        .route("/v1/api-keys/{key}", axum::routing::delete(api_keys::delete))
        .with_state(management)
}

async fn caller(management: &Management, headers: &HeaderMap) -> Result<Arc<ApiKey>, ApiError> {
    Ok(authenticate(&management.context.cache, api_key(headers)).await?)
}

/// Settings as the document that `PATCH` merges into.
fn document(settings: &impl serde::Serialize) -> serde_json::Map<String, serde_json::Value> {
    match serde_json::to_value(settings) {
        Ok(serde_json::Value::Object(document)) => document,
        // Settings are structs with string keys: they always become an object.
        _ => serde_json::Map::new(),
    }
}
