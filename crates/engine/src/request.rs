//! How does a rendered request become one that egress sends?

use domain::endpoint::Endpoint;
use domain::render::RenderedRequest;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

/// The request for `endpoint`, within its timeout.
///
/// Every name and value was checked when the endpoint was saved, and ours are ASCII, so none is left out here.
pub(crate) fn of(endpoint: &Endpoint, rendered: RenderedRequest) -> egress::Request<'_> {
    let mut headers = HeaderMap::with_capacity(rendered.headers.len());
    for (name, value) in rendered.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.append(name, value);
        }
    }
    egress::Request {
        method: match rendered.method {
            domain::endpoint::Method::Post => Method::POST,
            domain::endpoint::Method::Put => Method::PUT,
            domain::endpoint::Method::Patch => Method::PATCH,
        },
        url: &endpoint.url,
        headers,
        body: rendered.body.into(),
        timeout: endpoint.timeout(),
    }
}
