//! What would be sent? The shapes of `…/preview`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::delivery::attempt::SentRequest;
use domain::delivery::render::RenderedRequest;
use domain::endpoint::{Endpoint, Method};
use domain::event::Payload;
use domain::event::event_type::EventType;
use domain::id::EventId;
use domain::timestamp::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

/// Which event to preview: a stored one by its id, one made of `type` and `data`, or the test event.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreviewEvent {
    /// A stored event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    /// The type of an event that does not exist.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub event_type: Option<EventType>,
    /// Its payload; `null` is one, too.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub data: Option<Payload>,
    /// When it happened; now, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Timestamp>,
}

/// `null` is a payload as well; by itself serde takes it for a member that is left out.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Payload>, D::Error> {
    Payload::deserialize(deserializer).map(Some)
}

/// The request of a delivery, exactly as it would be sent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// HTTP method.
    pub method: Method,
    /// Where it would go.
    pub url: String,
    /// Name and value of each header, in the order they are sent.
    pub headers: Vec<(String, String)>,
    /// The body; bytes that are not UTF-8 are replaced.
    pub body: String,
    /// The body, every byte of it.
    pub body_base64: String,
    /// Size of the body, in bytes.
    pub body_bytes: usize,
    /// SHA-256 of the body, in lower-case hex.
    pub body_sha256: String,
}

impl Preview {
    /// The request `rendered`, to `endpoint`.
    pub fn of(rendered: RenderedRequest, endpoint: &Endpoint) -> Self {
        let SentRequest { body_bytes, body_sha256, .. } = SentRequest::of(&rendered, endpoint);
        let RenderedRequest { method, headers, body } = rendered;
        Self {
            method,
            url: endpoint.url.as_str().to_owned(),
            headers,
            body: String::from_utf8_lossy(&body).into_owned(),
            body_base64: STANDARD.encode(&body),
            body_bytes,
            body_sha256,
        }
    }
}
