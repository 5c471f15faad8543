//! `GET /health`: is the function up? It asks nothing of the table, so it stays cheap to poll.

use api::health::ServiceHealth;
use axum::Json;

/// Check that the API is up
///
/// Needs no API key.
#[utoipa::path(
    get,
    path = "/health",
    operation_id = "check_health",
    tag = "Service",
    responses((status = 200, description = "The API is up.", body = ServiceHealth)),
)]
pub(crate) async fn health() -> Json<ServiceHealth> {
    Json(ServiceHealth { status: "ok".into(), version: env!("CARGO_PKG_VERSION").into() })
}
