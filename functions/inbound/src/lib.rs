//! `/in/{token}`: receives what providers post. The decisions are in `usecases::receive`; here is only HTTP.

pub mod setup;

use axum::Router;
use usecases::receive::receiving::Receiving;

/// The routes of this function.
pub fn router(receiving: Receiving) -> Router {
    Router::new().with_state(receiving)
}
