//! What is signed, sent or verified at once at a caller's request? Test events, previews, curl commands, and the
//! signature doctor.
//! Only HTTP: requests become calls of use cases, and their results become answers. The decisions are in
//! `usecases::act`.

mod previews;
pub mod setup;
mod test_events;
mod verifications;

use axum::Router;
use axum::routing::{get, post};
use usecases::act::actions::Actions;

/// The paths of this function, as axum and API Gateway both write them: the template has a route for each of them, and
/// gives every other path to another function.
pub const PATHS: [&str; 4] = [TEST, PREVIEW, CURL, VERIFY];

const TEST: &str = "/v1/webhook-endpoints/{endpoint}/test";
const PREVIEW: &str = "/v1/webhook-endpoints/{endpoint}/preview";
const CURL: &str = "/v1/webhook-endpoints/{endpoint}/deliveries/{delivery}/curl";
const VERIFY: &str = "/v1/verify";

/// The routes of this function.
pub fn router(actions: Actions) -> Router {
    Router::new()
        .route(TEST, post(test_events::send))
        .route(PREVIEW, post(previews::preview))
        .route(CURL, get(previews::curl))
        .route(VERIFY, post(verifications::verify))
        .with_state(actions)
}
