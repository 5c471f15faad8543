//! What exactly goes on the wire?
//! Rendering: one pure function builds the request of every attempt, test and preview.

use payload::Template;
use payload::template::Failure;
use serde_json::value::RawValue;

use crate::delivery::alert::{Alert, discord, email, slack, teams};
use crate::delivery::templated;
use crate::endpoint::{BodyForm, Endpoint, Method};
use crate::event::Event;
use crate::event::channel::Channel;
use crate::event::document::Facts;
use crate::event::event_type::EventType;
use crate::id::{DeliveryId, EndpointId, EventId};
use crate::signing::signature::{self, Signed};
use crate::timestamp::Timestamp;
use crate::trace_parent::TraceParent;

/// `user-agent` of every request.
pub const USER_AGENT: &str = concat!("Posthorn/", env!("CARGO_PKG_VERSION"));

/// The message to deliver.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// The event's id; also `webhook-id`, by which receivers recognise a repeated delivery.
    pub event_id: EventId,
    /// The event's type.
    pub event_type: &'a EventType,
    /// When the event happened.
    pub occurred_at: Timestamp,
    /// The event's channels, which a template may read.
    pub channels: &'a [Channel],
    /// The producer's payload, copied into the body byte for byte.
    pub payload: &'a RawValue,
    /// The delivery's id, the same over all its attempts.
    pub delivery_id: DeliveryId,
}

impl<'a> Message<'a> {
    /// The delivery of `event` to `endpoint`.
    pub fn of(event: &'a Event, endpoint: EndpointId) -> Self {
        Self {
            event_id: event.id,
            event_type: &event.event_type,
            occurred_at: event.occurred_at,
            channels: &event.channels,
            payload: &event.payload,
            delivery_id: DeliveryId::of(event.id, endpoint),
        }
    }

    /// The event as a template reads it.
    pub fn facts(&self) -> Facts<'a> {
        Facts::new(self.event_id, self.event_type, self.occurred_at, self.payload).in_channels(self.channels)
    }
}

/// A request ready to be sent. Header names are as they should appear; values hold signatures, so no `Debug`.
pub struct RenderedRequest {
    /// The HTTP method.
    pub method: Method,
    /// Headers in the order they are sent.
    pub headers: Vec<(String, String)>,
    /// The exact bytes of the body, the ones that were signed.
    pub body: Vec<u8>,
    /// The expressions of the endpoint's template that read members which the event does not have, by their JSON pointers.
    pub undefined: Vec<String>,
}

/// A body, before it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// As in [`RenderedRequest::undefined`].
    pub undefined: Vec<String>,
}

/// The attempt that a request is rendered for.
#[derive(Debug, Clone, Copy)]
pub struct Occasion {
    /// The number of the attempt, from 1.
    pub number: u32,
    /// The attempt's instant.
    pub at: Timestamp,
    /// Random, new for each attempt; the `covered` profile signs it.
    pub nonce: [u8; 16],
    /// The span of the attempt, if traces are on: the receiver may continue the trace.
    pub trace: Option<TraceParent>,
}

/// Renders one attempt of `message` to `endpoint`.
///
/// # Errors
/// [`Failure`] when the endpoint's template makes nothing of the event.
pub fn render(
    message: &Message<'_>,
    endpoint: &Endpoint,
    occasion: Occasion,
) -> Result<RenderedRequest, Failure> {
    let Occasion { number, at, nonce, trace } = occasion;
    let settings = &endpoint.settings;
    let Body { bytes: body, undefined } = body(message, settings.body, settings.template.as_ref())?;
    let id = message.event_id.to_string();
    let (prefix, path) = (settings.header_prefix.as_str(), endpoint.url.path());
    let signed = Signed { id: &id, at, nonce, path, prefix, body: &body, invoked: None };
    let signature = signature::headers(settings.signature.profile, endpoint.signing_secrets(at), &signed);

    let mut headers = Vec::with_capacity(10 + settings.headers.len());
    headers.push(("content-type".to_owned(), "application/json".to_owned()));
    if settings.body == BodyForm::Email {
        // What reads these headers is SES, not a receiver of webhooks.
        return Ok(RenderedRequest { method: settings.method, headers, body, undefined });
    }
    headers.push(("user-agent".to_owned(), USER_AGENT.to_owned()));
    headers.extend(signature);
    headers.push((format!("{prefix}-Event"), message.event_type.to_string()));
    headers.push((format!("{prefix}-Delivery"), message.delivery_id.to_string()));
    headers.push((format!("{prefix}-Attempt"), number.to_string()));
    headers.push(("Idempotency-Key".to_owned(), message.delivery_id.to_string()));
    headers.extend(trace.map(|trace| ("traceparent".to_owned(), trace.to_string())));
    headers.extend(settings.headers.iter().map(|(name, value)| (name.clone(), value.clone())));
    Ok(RenderedRequest { method: settings.method, headers, body, undefined })
}

/// The body of `message` in its form.
///
/// # Errors
/// [`Failure`] when the template makes nothing of the event.
pub fn body(message: &Message<'_>, form: BodyForm, template: Option<&Template>) -> Result<Body, Failure> {
    match template {
        Some(template) => templated::body(message, form, template),
        None => Ok(Body { bytes: plain(message, form), undefined: Vec::new() }),
    }
}

/// The body without a template.
fn plain(message: &Message<'_>, form: BodyForm) -> Vec<u8> {
    let payload = message.payload.get();
    match form {
        BodyForm::Data => payload.as_bytes().to_vec(),
        BodyForm::Slack => slack::body(&Alert::of(message)),
        BodyForm::Teams => teams::body(&Alert::of(message)),
        BodyForm::Discord => discord::body(&Alert::of(message)),
        BodyForm::Email => email::body(&Alert::of(message)),
        BodyForm::Envelope => envelope(message, payload),
    }
}

/// The envelope of `message` around `data`.
///
/// Ids, types and instants hold no character that JSON escapes, so they are written as they are.
pub(super) fn envelope(message: &Message<'_>, data: &str) -> Vec<u8> {
    let (id, event_type, at) = (message.event_id, message.event_type, message.occurred_at);
    let head = format!(r#"{{"id":"{id}","type":"{event_type}","timestamp":"{at}","data":"#);
    let mut body = Vec::with_capacity(head.len() + data.len() + 1);
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(data.as_bytes());
    body.push(b'}');
    body
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::EndpointSettings;
    use crate::endpoint::address::AllowedTargets;
    use crate::endpoint::purpose::Purpose;
    use crate::id::{EndpointId, WorkspaceId};
    use crate::signing::secret::{ActiveSecret, Secret};
    use crate::signing::signature::{Received, verify_standard};
    use proptest::prelude::*;

    fn now() -> Timestamp {
        Timestamp::parse("2026-01-05T09:30:00Z").unwrap()
    }

    fn endpoint(json: serde_json::Value) -> Endpoint {
        let settings: EndpointSettings = serde_json::from_value(json).unwrap();
        Endpoint {
            id: EndpointId::new(now(), 1),
            workspace_id: WorkspaceId::new(now(), 1),
            purpose: Purpose::Subscriber,
            url: settings.check(&AllowedTargets::public_only()).unwrap(),
            settings,
            secrets: vec![ActiveSecret { secret: Secret::new(&[3; 32]), expires_at: None }],
            disabled: None,
            revision: 1,
            created_at: now(),
            updated_at: now(),
        }
    }

    fn rendered(payload: &str, endpoint: &Endpoint) -> RenderedRequest {
        let event_type = EventType::parse("invoice.paid").unwrap();
        let event_id = EventId::new(now(), 7);
        let message = Message {
            event_id,
            event_type: &event_type,
            occurred_at: now(),
            channels: &[],
            payload: serde_json::from_str(payload).unwrap(),
            delivery_id: DeliveryId::of(event_id, endpoint.id),
        };
        let occasion = Occasion { number: 2, at: now(), nonce: [1; 16], trace: None };
        render(&message, endpoint, occasion).unwrap()
    }

    fn header<'a>(request: &'a RenderedRequest, name: &str) -> &'a str {
        &request.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).unwrap().1
    }

    #[test]
    fn the_envelope_carries_the_payload_byte_for_byte() {
        let odd = "{ \"a\" : 1e3,\n \"big\":123456789012345678901234567890, \"u\":\"\\u00e9é\" }";
        let request = rendered(odd, &endpoint(serde_json::json!({ "url": "https://example.com" })));
        let text = String::from_utf8(request.body).unwrap();
        assert!(text.ends_with(&format!("\"data\":{odd}}}")), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap()["type"], "invoice.paid");
    }

    #[test]
    fn the_payload_alone_can_be_the_body() {
        let endpoint = endpoint(serde_json::json!({ "url": "https://example.com", "body": "data" }));
        assert_eq!(rendered("{ \"a\":1 }", &endpoint).body, b"{ \"a\":1 }");
    }

    #[test]
    fn the_header_prefix_and_custom_headers_are_the_endpoints() {
        let endpoint = endpoint(serde_json::json!({
            "url": "https://example.com", "header_prefix": "X-OWC", "headers": { "X-Team": "billing" }
        }));
        let request = rendered("{}", &endpoint);
        assert_eq!(header(&request, "X-OWC-Attempt"), "2");
        assert_eq!(header(&request, "X-Team"), "billing");
        assert_eq!(header(&request, "Idempotency-Key"), header(&request, "X-OWC-Delivery"));
    }

    #[test]
    fn an_expired_secret_no_longer_signs() {
        let mut endpoint = endpoint(serde_json::json!({ "url": "https://example.com" }));
        endpoint.secrets.push(ActiveSecret { secret: Secret::new(&[4; 32]), expires_at: Some(now()) });
        assert_eq!(header(&rendered("{}", &endpoint), "webhook-signature").split(' ').count(), 1);
    }

    proptest! {
        #[test]
        fn what_is_sent_is_what_was_signed(text in ".{0,200}") {
            let endpoint = endpoint(serde_json::json!({ "url": "https://example.com" }));
            let payload = serde_json::json!({ "text": text }).to_string();
            let request = rendered(&payload, &endpoint);
            let received = Received {
                id: header(&request, "webhook-id"),
                timestamp: header(&request, "webhook-timestamp"),
                signature: header(&request, "webhook-signature"),
                body: &request.body,
            };
            prop_assert_eq!(verify_standard(&endpoint.secrets[0].secret, received, now()), Ok(()));
        }
    }
}
