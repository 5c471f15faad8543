//! How is an attempt made?
//! The message is rendered and signed, sent by egress, and the outcome is judged once, by the endpoint's rules.

use domain::delivery::attempt::{Attempt, SentRequest, Trigger};
use domain::delivery::render::{Message, Occasion, RenderedRequest, render};
use domain::endpoint::Endpoint;
use domain::policy::outcome::Judgement;
use egress::Egress;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

/// An attempt that has ended, and what it is by the endpoint's rules.
#[derive(Debug)]
pub(crate) struct Posted {
    pub(crate) attempt: Attempt,
    pub(crate) judgement: Judgement,
}

/// Renders and posts one attempt.
pub(crate) async fn post(
    egress: &Egress,
    endpoint: &Endpoint,
    message: &Message<'_>,
    occasion: Occasion,
    trigger: Trigger,
) -> Posted {
    let rendered = render(message, endpoint, occasion);
    let sent = SentRequest::of(&rendered, endpoint);
    let reply = egress.post(of(endpoint, rendered)).await;
    let judgement = endpoint.settings.outcomes.judge(&reply.outcome);
    let attempt = Attempt {
        number: occasion.number,
        trigger,
        started_at: occasion.at,
        duration: reply.duration,
        sent,
        error: judgement.error(),
        outcome: reply.outcome,
    };
    Posted { attempt, judgement }
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
