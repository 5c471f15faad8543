//! What is answered when something was made?
//! `201 Created`, with the path of the new resource in the header `Location`.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// The answer to a request that made the resource at `path`.
#[derive(Debug, Clone)]
pub struct Created<T> {
    /// Where it can be read.
    pub path: String,
    /// The resource.
    pub body: T,
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, [(LOCATION, self.path)], Json(self.body)).into_response()
    }
}
