//! `/v1/openapi.json`: what can this API do, for programs?
//! The OpenAPI document that is committed as `docs/openapi.json`, embedded when the function is built.

use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};

const PLAIN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/openapi.json"));
const GZIPPED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/openapi.json.gz"));
/// Weak, because both encodings have the same one.
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
    let cached: [(HeaderName, &str); 3] =
        [(ETAG, VERSION), (CACHE_CONTROL, "public, max-age=300"), (VARY, "accept-encoding")];
    let known = headers.get(IF_NONE_MATCH).and_then(|known| known.to_str().ok()).unwrap_or_default();
    if known.split(',').any(|version| version.trim() == VERSION) {
        return (StatusCode::NOT_MODIFIED, cached).into_response();
    }
    let json = [(CONTENT_TYPE, "application/json")];
    match accepts_gzip(&headers) {
        true => (cached, json, [(CONTENT_ENCODING, "gzip")], GZIPPED).into_response(),
        false => (cached, json, PLAIN).into_response(),
    }
}

/// Whether the client says so (RFC 9110 §12.5.3); a weight of zero says that it does not.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = weight.trim().strip_prefix("q=").is_some_and(|weight| weight.parse() == Ok(0.0));
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn gzip_is_accepted_where_it_is_named_with_a_weight_above_zero() {
        for (value, accepted) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip; q=0.000", false),
            ("identity", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(value))]);
            assert_eq!(accepts_gzip(&headers), accepted, "{value}");
        }
    }
}
