//! How does a function answer the requests of API Gateway?
//! The entry point of every HTTP function in Lambda, and the form of an answer there: text, or base64.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::response::Response;
use futures_util::future::BoxFuture;
use http_body_util::BodyExt as _;
use lambda_http::{Error, IntoResponse, Request};
use lambda_kit::metrics::Metrics;
use tower::ServiceExt;

use crate::http_api::finish;

/// Answers requests for as long as Lambda sends some. Each fault counts in `metrics`.
///
/// # Errors
/// When Lambda's runtime cannot be reached.
pub async fn run(router: Router, metrics: Metrics) -> Result<(), Error> {
    let router = finish(router, metrics);
    lambda_http::run(ServiceExt::<Request>::map_response(router, Answer)).await
}

/// An answer of the router. The library's own conversion would bring the tables of every character set there is into
/// each function; here all text is UTF-8.
struct Answer(Response);

impl IntoResponse for Answer {
    fn into_response(self) -> BoxFuture<'static, Response<lambda_http::Body>> {
        Box::pin(async move {
            let (parts, body) = self.0.into_parts();
            let bytes = collected(body).await;
            let body = in_lambda(&parts.headers, bytes);
            Response::from_parts(parts, body)
        })
    }
}

async fn collected(body: Body) -> Bytes {
    match body.collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => {
            tracing::error!(%error, "an answer ended early");
            Bytes::new()
        }
    }
}

/// Text as it is, which takes no more room in the answer than it has. Bytes as base64: they may be any, and as JSON text
/// some of them would take six times their room, of the 6 MB that Lambda allows.
fn in_lambda(headers: &HeaderMap, body: Bytes) -> lambda_http::Body {
    if body.is_empty() {
        return lambda_http::Body::Empty;
    }
    if !is_text(headers) {
        return lambda_http::Body::Binary(body.into());
    }
    match String::from_utf8(body.into()) {
        Ok(text) => lambda_http::Body::Text(text),
        Err(bytes) => lambda_http::Body::Binary(bytes.into_bytes()),
    }
}

fn is_text(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = content_type.split(';').next().unwrap_or_default().trim_end();
    let text = kind.starts_with("text/") || kind.ends_with("json") || kind.ends_with("xml");
    // What is compressed is no text, whatever it is of.
    text && !headers.contains_key(CONTENT_ENCODING)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use lambda_http::Body as InLambda;

    use super::*;

    fn body(content_type: &'static str, bytes: &'static [u8]) -> InLambda {
        let headers = [(CONTENT_TYPE, HeaderValue::from_static(content_type))].into_iter().collect();
        in_lambda(&headers, Bytes::from_static(bytes))
    }

    #[test]
    fn text_stays_text_and_bytes_become_base64() {
        for text in ["application/json", "application/problem+json", "text/xml; charset=utf-8", "text/plain"]
        {
            assert_eq!(
                body(text, b"{\"a\":\"\xc3\xa9\"}"),
                InLambda::Text("{\"a\":\"é\"}".to_owned()),
                "{text}"
            );
        }
        for bytes in ["application/octet-stream", "image/png", ""] {
            assert_eq!(body(bytes, b"text"), InLambda::Binary(b"text".to_vec()), "{bytes}");
        }
        assert_eq!(body("text/plain", b"\xff"), InLambda::Binary(vec![0xff]), "no UTF-8");
        assert_eq!(body("text/plain", b""), InLambda::Empty);
    }

    #[test]
    fn what_is_compressed_becomes_base64() {
        let of = |name, value| (name, HeaderValue::from_static(value));
        let headers =
            [of(CONTENT_TYPE, "application/json"), of(CONTENT_ENCODING, "gzip")].into_iter().collect();
        assert_eq!(in_lambda(&headers, Bytes::from_static(b"{}")), InLambda::Binary(b"{}".to_vec()));
    }
}
