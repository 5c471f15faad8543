//! What is signed or sent at once at a caller's request? Test events, previews and curl commands.
//! Only HTTP: requests become calls of use cases, and their results become answers. The decisions are in
//! `usecases::act`.

mod previews;
pub mod setup;
mod test_events;

use std::str::FromStr;
use std::sync::Arc;

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::{get, post};
use domain::access::api_key::ApiKey;
use domain::problem::Problem;
use lambda_kit::api_key_header::api_key;
use lambda_kit::problem_json::ApiError;
use usecases::act::actions::Actions;
use usecases::manage::authenticate::authenticate;

/// The paths of this function, as axum and API Gateway both write them: the template has a route for each of them, and
/// gives every other path to another function.
pub const PATHS: [&str; 3] = [TEST, PREVIEW, CURL];

const TEST: &str = "/v1/webhook-endpoints/{endpoint}/test";
const PREVIEW: &str = "/v1/webhook-endpoints/{endpoint}/preview";
const CURL: &str = "/v1/webhook-endpoints/{endpoint}/deliveries/{delivery}/curl";

/// The routes of this function.
pub fn router(actions: Actions) -> Router {
    Router::new()
        .route(TEST, post(test_events::send))
        .route(PREVIEW, post(previews::preview))
        .route(CURL, get(previews::curl))
        .with_state(actions)
}

async fn caller(actions: &Actions, headers: &HeaderMap) -> Result<Arc<ApiKey>, ApiError> {
    Ok(authenticate(&actions.context.cache, api_key(headers)).await?)
}

/// The id in a path. A text that is not an id cannot name anything.
fn id<I: FromStr>(text: &str, what: &'static str) -> Result<I, Problem> {
    text.parse().map_err(|_| Problem::NotFound(what))
}
