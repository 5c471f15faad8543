//! `/in/{token}`: receives what providers post. The decisions are in `usecases::receive`; here is only HTTP.
//!
//! The addresses of sources need no API key: who knows one may post to it, and the source's scheme decides. The other
//! routes are for callers of the API, and are here because they verify or read a request as its provider sent it.

mod attachments;
mod receive;
mod replays;
pub mod setup;

use axum::Router;
use axum::routing::any;
use http_kit::idempotent;
use usecases::receive::receiving::Receiving;

/// The routes of this function.
pub fn router(receiving: Receiving) -> Router {
    #[expect(clippy::disallowed_methods, reason = "providers call it, not users of the API")]
    let addresses = Router::new().route("/in/{token}", any(receive::receive));
    addresses.merge(idempotent(routes(), receiving.clone())).with_state(receiving)
}

http_kit::operations! { Receiving:
    replays::replay [Sources];
    attachments::read [Sources];
}
