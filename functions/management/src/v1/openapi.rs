//! `/v1/openapi.json`: what can this API do, for programs?
//! The OpenAPI document that is committed as `docs/openapi.json`, embedded when the function is built.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, VARY};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::compressed::{encoded, is_known};

const GZIPPED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/openapi.json.gz"));
const VERSION: &str = env!("OPENAPI_ETAG");

/// Read the OpenAPI document
///
/// This document: OpenAPI 3.1, gzipped for clients that accept it. Needs no API key.
#[utoipa::path(
    get,
    path = "/v1/openapi.json",
    operation_id = "read_openapi",
    tag = "Service",
    responses(
        (status = 200, description = "The OpenAPI document.", body = serde_json::Value,
            headers(
                ("ETag" = String, description = "The version of the document, for `If-None-Match`."),
                ("Cache-Control" = String, description = "The answer may be cached for 300 seconds."),
            ),
            example = json!({ "openapi": "3.1.0", "info": { "title": "Posthorn", "version": "0.1.0" }, "paths": {} })),
        (status = 304, description = "The document has the version that `If-None-Match` names."),
    ),
)]
pub(crate) async fn read(headers: HeaderMap) -> Response {
    let cached = [(ETAG, VERSION), (CACHE_CONTROL, "public, max-age=300")];
    if is_known(VERSION, &headers) {
        return (StatusCode::NOT_MODIFIED, cached, [(VARY, "accept-encoding")]).into_response();
    }
    ([(CONTENT_TYPE, "application/json")], cached, encoded(GZIPPED, &headers)).into_response()
}
