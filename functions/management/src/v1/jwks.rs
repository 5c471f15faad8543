//! `/v1/workspaces/{ws}/jwks.json`: the public keys that verify a workspace's `standard-asymmetric` deliveries
//! (RFC 7517, RFC 8037). Public: receivers of deliveries read it without an API key.

use api::jwks::{Jwk, Jwks};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderName;
use axum::http::header::CACHE_CONTROL;
use domain::id::WorkspaceId;
use http_kit::Id;
use usecases::manage::management::Management;
use usecases::manage::public_keys::public_keys;

use crate::v1::Answer;

/// Shorter than any overlap worth having: a rotated key is known long before the old one ends.
const CACHED: &str = "public, max-age=300";

/// Read the public keys of a workspace
///
/// The keys that verify deliveries with the signature profile `standard-asymmetric`, as a JWK set. Needs no API key.
#[utoipa::path(
    get,
    path = "/v1/workspaces/{workspace}/jwks.json",
    operation_id = "read_jwks",
    tag = "Workspaces",
    responses((status = 200, description = "The public keys.", body = Jwks,
        headers(("Cache-Control" = String, description = "The answer may be cached for 300 seconds.")))),
)]
pub(crate) async fn read(
    State(management): State<Management>,
    Id(workspace): Id<WorkspaceId>,
) -> Answer<([(HeaderName, &'static str); 1], Json<Jwks>)> {
    let keys = public_keys(&management, workspace).await?;
    let keys = keys.into_iter().map(|key| Jwk::ed25519(key.key.to_bytes(), key.thumbprint));
    Ok(([(CACHE_CONTROL, CACHED)], Json(Jwks { keys: keys.collect() })))
}
