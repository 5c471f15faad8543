//! The REST API: endpoints, deliveries, events, workspaces, API keys. Which route leads to which handler?
//!
//! Only HTTP is here: [`v1`] has one file a noun, and the decisions are in `usecases`. This function holds no way to the
//! table or the internet; `deny.toml` keeps both out of its dependencies.

pub mod setup;
mod v1;

use axum::Router;
use axum::routing::{delete, get, post};
use http_kit::idempotent;
use usecases::manage::management::Management;

use crate::v1::{
    api_keys, deliveries, endpoints, events, health, jwks, replays, statistics, undelivered, workspaces,
};

/// The routes of this function.
pub fn router(management: Management) -> Router {
    let router = Router::new()
        .route("/health", get(health::health))
        .merge(of_endpoints())
        .merge(of_events())
        .route("/v1/workspaces", post(workspaces::create).get(workspaces::list))
        .route("/v1/workspaces/{workspace}", get(workspaces::read).patch(workspaces::update))
        .route("/v1/workspaces/{workspace}/statistics", get(statistics::of_workspace))
        .route("/v1/workspaces/{workspace}/jwks.json", get(jwks::read))
        .route("/v1/api-keys", post(api_keys::create).get(api_keys::list))
        .route("/v1/api-keys/{key}", delete(api_keys::delete));
    idempotent(router, management.clone()).with_state(management)
}

fn of_endpoints() -> Router<Management> {
    let one = get(endpoints::read).patch(endpoints::update).delete(endpoints::delete);
    Router::new()
        .route("/v1/webhook-endpoints", post(endpoints::create).get(endpoints::list))
        .route("/v1/webhook-endpoints/{endpoint}", one)
        .route("/v1/webhook-endpoints/{endpoint}/secret/rotate", post(endpoints::rotate))
        .route("/v1/webhook-endpoints/{endpoint}/secret/end-overlap", post(endpoints::end_overlap))
        .route("/v1/webhook-endpoints/{endpoint}/statistics", get(statistics::of_endpoint))
        .route("/v1/webhook-endpoints/{endpoint}/replay", post(replays::window))
        .route("/v1/webhook-endpoints/{endpoint}/deliveries", get(deliveries::list))
        .route("/v1/webhook-endpoints/{endpoint}/deliveries/{delivery}", get(deliveries::read))
        .route("/v1/webhook-endpoints/{endpoint}/deliveries/{delivery}/replay", post(replays::one_delivery))
}

fn of_events() -> Router<Management> {
    Router::new()
        .route("/v1/events", get(events::list))
        .route("/v1/events/{event}", get(events::read))
        .route("/v1/events/{event}/deliveries", get(events::deliveries))
        .route("/v1/events/{event}/replay", post(replays::one_event))
        .route("/v1/events/{event}/data", delete(events::erase))
        .route("/v1/replays", get(replays::list))
        .route("/v1/replays/{replay}", get(replays::read))
        .route("/v1/replays/{replay}/cancel", post(replays::cancel))
        .route("/v1/undelivered", get(undelivered::list))
}
