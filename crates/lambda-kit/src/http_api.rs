//! What do all HTTP functions have in common? An id for every request, problem+json for every refusal, and a 404
//! for every address that is not theirs.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use domain::problem::Problem;

use crate::problem_json::{ApiError, Refused, write_out};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Adds what every HTTP function has.
pub fn finish(router: Router) -> Router {
    router
        .fallback(|| async { ApiError::from(Problem::NotFound("address")) })
        .method_not_allowed_fallback(|| async { ApiError::from(Problem::MethodNotAllowed) })
        .layer(from_fn(with_request_id))
}

async fn with_request_id(request: Request, next: Next) -> Response {
    let id = request_id();
    let mut response = next.run(request).await;
    if let Some(refused) = response.extensions_mut().remove::<Refused>() {
        response = write_out(&refused, &id, response);
    }
    // Hex digits behind a fixed prefix are always a header's value.
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

fn request_id() -> String {
    let mut bytes = [0u8; 12];
    // An id that is not random is still an id; the request matters more.
    if aws_lc_rs::rand::fill(&mut bytes).is_err() {
        tracing::warn!("no randomness for a request id");
    }
    format!("req_{}", domain::api_key::hex(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::routing::get;
    use domain::problem::PROBLEMS;
    use engine::Fault;
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    async fn answer(method: &str, path: &str) -> (Response<()>, serde_json::Value) {
        let router = Router::new()
            .route("/key", get(|| async { ApiError::from(Problem::Unauthorized) }))
            .route("/fault", get(|| async { ApiError::Fault(Fault::Broken("the inner text".into())) }));
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let (parts, body) = finish(router).oneshot(request).await.unwrap().into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        (Response::from_parts(parts, ()), serde_json::from_slice(&bytes).unwrap())
    }

    #[tokio::test]
    async fn a_problem_carries_its_code_and_the_requests_id() {
        let (response, body) = answer("GET", "/key").await;
        assert_eq!(response.status(), 401);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        assert_eq!(body["code"], "unauthorized");
        assert_eq!(body["request_id"], response.headers()["x-request-id"].to_str().unwrap());
    }

    #[tokio::test]
    async fn a_fault_tells_nothing_of_its_inside() {
        let (response, body) = answer("GET", "/fault").await;
        assert_eq!((response.status().as_u16(), body["code"].as_str()), (500, Some("internal_error")));
        assert!(!body.to_string().contains("inner text"));
    }

    #[tokio::test]
    async fn an_unknown_address_and_a_wrong_method_are_problems_too() {
        assert_eq!(answer("GET", "/nowhere").await.1["code"], "not_found");
        assert_eq!(answer("DELETE", "/key").await.1["code"], "method_not_allowed");
    }

    #[test]
    fn every_status_of_the_table_is_an_http_status() {
        assert!(PROBLEMS.iter().all(|row| axum::http::StatusCode::from_u16(row.status).is_ok()));
    }
}
