//! What would be sent? The shapes of `…/preview`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::delivery::attempt::SentRequest;
use domain::delivery::render::RenderedRequest;
use domain::endpoint::{Endpoint, Method};
use domain::event::Payload;
use domain::event::event_type::EventType;
use domain::timestamp::Timestamp;
use domain::uid::EventIdOrUid;
use serde::{Deserialize, Deserializer, Serialize};

/// The event to preview: a stored event (`event_id`), one of your own (`type` and `data`), or without both the test
/// event.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", schema(examples(json!({ "type": "invoice.paid", "data": { "amount": 4200 } }))))]
pub struct PreviewEvent {
    /// A stored event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventIdOrUid>,
    /// The type of an event of your own.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub event_type: Option<EventType>,
    /// The payload of an event of your own.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = domain::event::PayloadText, required = false))]
    pub data: Option<Payload>,
    /// When it happened; the time of the request if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Timestamp>,
}

/// `null` is a payload as well; by itself serde takes it for a member that is left out.
pub(crate) fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Payload>, D::Error> {
    Payload::deserialize(deserializer).map(Some)
}

/// The request of a delivery, exactly as it would be sent in a first attempt.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Preview {
    /// The HTTP method.
    pub method: Method,
    /// The URL that the request would go to.
    #[cfg_attr(feature = "openapi", schema(examples("https://example.com/hooks")))]
    pub url: String,
    /// Name and value of each header, in the order in which they would be sent.
    #[cfg_attr(feature = "openapi", schema(examples(json!([["content-type", "application/json"]]))))]
    pub headers: Vec<(String, String)>,
    /// The body as text; bytes that are not UTF-8 are replaced.
    #[cfg_attr(feature = "openapi", schema(examples("{\"amount\":4200}")))]
    pub body: String,
    /// The body in base64, byte for byte.
    #[cfg_attr(feature = "openapi", schema(examples("eyJhbW91bnQiOjQyMDB9")))]
    pub body_base64: String,
    /// The size of the body, in bytes.
    #[cfg_attr(feature = "openapi", schema(examples(15)))]
    pub body_bytes: usize,
    /// The SHA-256 of the body, in lower-case hex.
    #[cfg_attr(
        feature = "openapi",
        schema(
            pattern = "^[0-9a-f]{64}$",
            examples("a96fb579513bc367bc1936f83695b6e2c1c31e8fc821895f0090ff5236582787")
        )
    )]
    pub body_sha256: String,
    /// The expressions of the endpoint's template that read members which the event does not have, and so `null`: their
    /// JSON pointers in the template.
    #[cfg_attr(feature = "openapi", schema(examples(json!(["/priority"]))))]
    pub undefined: Vec<String>,
}

impl Preview {
    /// The request `rendered`, to `endpoint`.
    pub fn of(rendered: RenderedRequest, endpoint: &Endpoint) -> Self {
        let SentRequest { body_bytes, body_sha256, .. } = SentRequest::of(&rendered, endpoint);
        let RenderedRequest { method, headers, body, undefined } = rendered;
        Self {
            method,
            url: endpoint.url.as_str().to_owned(),
            headers,
            body: String::from_utf8_lossy(&body).into_owned(),
            body_base64: STANDARD.encode(&body),
            body_bytes,
            body_sha256,
            undefined,
        }
    }
}
