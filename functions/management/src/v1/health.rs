//! `GET /health`: is the function up? It asks nothing of the table, so it stays cheap to poll.

use api::health::ServiceHealth;
use axum::Json;

pub(crate) async fn health() -> Json<ServiceHealth> {
    Json(ServiceHealth { status: "ok".into(), version: env!("CARGO_PKG_VERSION").into() })
}
