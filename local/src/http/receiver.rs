//! Who takes the first delivery?
//! The built-in receiver: it answers every delivery with `200`, so that a newcomer's first event has a destination.

use axum::Json;
use axum::body::Body;
use futures_util::StreamExt as _;
use serde_json::{Value, json};

/// Where the receiver is, on the API's port.
pub const PATH: &str = "/receiver";

pub(super) async fn receive(body: Body) -> Json<Value> {
    // Read to its end: otherwise the connection could not be used again.
    let mut frames = body.into_data_stream();
    while let Some(Ok(_)) = frames.next().await {}
    Json(json!({ "received": true }))
}
