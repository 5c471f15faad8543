//! How is an attempt made? The message is rendered, handed to egress, and what came of it is an [`Attempt`].

use domain::delivery::attempt::{Attempt, SentRequest, Trigger};
use domain::delivery::render::{Message, Occasion, RenderedRequest, render};
use domain::endpoint::Endpoint;
use egress::Egress;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

/// Renders and posts one attempt.
pub(crate) async fn post(
    egress: &Egress,
    endpoint: &Endpoint,
    message: &Message<'_>,
    occasion: Occasion,
    trigger: Trigger,
) -> Attempt {
    let rendered = render(message, endpoint, occasion);
    let sent = SentRequest::of(&rendered, endpoint);
    let reply = egress.post(of(endpoint, rendered)).await;
    Attempt {
        number: occasion.number,
        trigger,
        started_at: occasion.at,
        duration: reply.duration,
        sent,
        error: endpoint.settings.outcomes.error_class(&reply.outcome),
        outcome: reply.outcome,
    }
}

/// The request for `endpoint`, within its timeout.
///
/// Every name and value was checked when the endpoint was saved, and ours are ASCII, so none is left out here.
fn of(endpoint: &Endpoint, rendered: RenderedRequest) -> egress::Request<'_> {
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
