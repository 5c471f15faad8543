//! How is answered what was compressed when the function was built?
//! As it is to clients that accept gzip, inflated to the others: the function holds each text once.

use std::io::Read as _;

use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, IF_NONE_MATCH, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use flate2::read::GzDecoder;
use http_kit::ErrorResponse;
use usecases::Fault;

/// The answer in the encoding that the request accepts.
pub(crate) fn encoded(gzipped: &'static [u8], request: &HeaderMap) -> Response {
    let mut response = if accepts_gzip(request) {
        ([(CONTENT_ENCODING, "gzip")], gzipped).into_response()
    } else {
        let mut text = Vec::new();
        match GzDecoder::new(gzipped).read_to_end(&mut text) {
            Ok(_) => text.into_response(),
            Err(_) => {
                ErrorResponse::from(Fault::Broken("what was built in is damaged".to_owned())).into_response()
            }
        }
    };
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept-encoding"));
    response
}

/// Whether the client has this version already (RFC 9110 §13.1.2). It is weak, because all encodings have the same one.
pub(crate) fn is_known(version: &str, request: &HeaderMap) -> bool {
    let known = request.get(IF_NONE_MATCH).and_then(|known| known.to_str().ok()).unwrap_or_default();
    known.split(',').any(|known| known.trim() == version)
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
