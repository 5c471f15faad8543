//! What is kept of one HTTP request made for a delivery?

use payload::template::Failure;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::time::Duration;

use crate::delivery::render::RenderedRequest;
use crate::endpoint::endpoint_url::REDACTED;
use crate::endpoint::{Endpoint, Method};
use crate::hex::hex;
use crate::policy::outcome::{ErrorClass, Outcome};
use crate::timestamp::Timestamp;

/// The cause of a delivery or attempt: `automatic` (an event was accepted), `test` (a test event) or `replay`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// An accepted event, or the retry of one.
    Automatic,
    /// A test event asked for by hand.
    Test,
    /// A replay asked for by hand, or the retry of one.
    Replay,
}

/// The part of a sent request that is kept: method and URL (without the query), headers (of custom ones only the names),
/// and size and digest of the body.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(examples(json!({
    "method": "POST", "url": "https://example.com/hooks", "headers": [["content-type", "application/json"], ["X-Team", "[redacted]"]], "body_bytes": 120,
    "body_sha256": "25800ec70f87ac7a0830481faf6b7ddb3344164dcfc151db52ef74fe0865a2c1",
}))))]
pub struct SentRequest {
    /// The HTTP method. Absent in attempts that an older version made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    /// The URL that was called, without its query; `?…` says that there was one. Of a notification's URL, whose path is
    /// a secret, only the host. The endpoint may have another by now.
    /// Absent in attempts that an older version made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(examples("https://example.com/hooks")))]
    pub url: Option<String>,
    /// Name and value of each header, in the order in which they were sent. Values of the endpoint's custom headers
    /// are `[redacted]`.
    pub headers: Vec<(String, String)>,
    /// The size of the body, in bytes.
    pub body_bytes: usize,
    /// The SHA-256 of the body, in lower-case hex.
    #[cfg_attr(
        feature = "openapi",
        schema(
            min_length = 64,
            max_length = 64,
            pattern = "^[0-9a-f]{64}$",
            examples("25800ec70f87ac7a0830481faf6b7ddb3344164dcfc151db52ef74fe0865a2c1")
        )
    )]
    pub body_sha256: String,
    /// The expressions of the endpoint's template that read members which the event does not have, and so `null`: their
    /// JSON pointers in the template, at most 20. Absent if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_items = 20, examples(json!(["/priority"]))))]
    pub undefined: Vec<String>,
    /// Where the endpoint's template failed, so that nothing was sent: a JSON pointer in the template. A preview of the
    /// event says why. Absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, examples("/due")))]
    pub template_failed_at: Option<String>,
}

/// Most expressions that an attempt names, and the most characters of the pointer to one: its row must stay small.
const MAX_UNDEFINED: usize = 20;
const MAX_POINTER_CHARS: usize = 200;

fn shortened(pointer: &str) -> String {
    pointer.chars().take(MAX_POINTER_CHARS).collect()
}

impl SentRequest {
    /// What is kept when the endpoint's template made no request.
    pub fn unrendered(failure: &Failure) -> Self {
        Self {
            body_sha256: hex(&Sha256::digest([])),
            template_failed_at: Some(shortened(&failure.pointer)),
            ..Self::default()
        }
    }

    /// What is kept of `request` to `endpoint`.
    pub fn of(request: &RenderedRequest, endpoint: &Endpoint) -> Self {
        let custom = &endpoint.settings.headers;
        // Sealed in the endpoint's row, so not in the clear here: no name tells for sure whether a value is a secret.
        let shown = |name: &String, value: &String| match custom.contains_key(name) {
            true => REDACTED.to_owned(),
            false => value.clone(),
        };
        let digest = Sha256::digest(&request.body);
        Self {
            method: Some(request.method),
            url: Some(endpoint.shown_url()),
            headers: request.headers.iter().map(|(name, value)| (name.clone(), shown(name, value))).collect(),
            body_bytes: request.body.len(),
            body_sha256: hex(&digest),
            undefined: request
                .undefined
                .iter()
                .take(MAX_UNDEFINED)
                .map(|pointer| shortened(pointer))
                .collect(),
            template_failed_at: None,
        }
    }
}

/// One HTTP request made for a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// From 1.
    pub number: u32,
    /// What made Posthorn send it.
    pub trigger: Trigger,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took.
    pub duration: Duration,
    /// What was sent.
    pub sent: SentRequest,
    /// What the endpoint did.
    pub outcome: Outcome,
    /// Why it failed, by the endpoint's rules; `None` if it did not.
    pub error: Option<ErrorClass>,
}

impl Attempt {
    /// When it ended.
    pub fn ended_at(&self) -> Timestamp {
        self.started_at.plus(self.duration)
    }

    /// The HTTP status, if there was an answer.
    pub fn response_status(&self) -> Option<u16> {
        self.outcome.response_status()
    }
}
