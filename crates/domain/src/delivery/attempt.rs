//! What is stored about one HTTP request made for a delivery?
//! The attempt: the request without secret values, the endpoint's answer, and the error class.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::time::Duration;

use crate::delivery::render::RenderedRequest;
use crate::endpoint::Endpoint;
use crate::hex::hex;
use crate::policy::outcome::{ErrorClass, Outcome};
use crate::timestamp::Timestamp;

/// What made Posthorn send the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// An accepted event, or the retry of one.
    Automatic,
    /// A test event asked for by hand.
    Test,
    /// A replay asked for by hand, or the retry of one.
    Replay,
}

/// The stored part of a request: its headers (only the names of custom ones), and the size and digest of its body.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentRequest {
    /// The headers in the order they were sent. Values of custom headers are [`REDACTED`].
    pub headers: Vec<(String, String)>,
    /// Size of the body, in bytes.
    pub body_bytes: usize,
    /// SHA-256 of the body, in lower-case hex.
    pub body_sha256: String,
}

/// Replaces a value that may be a secret.
pub const REDACTED: &str = "[redacted]";

impl SentRequest {
    /// The stored part of `request` to `endpoint`.
    pub fn of(request: &RenderedRequest, endpoint: &Endpoint) -> Self {
        let custom = &endpoint.settings.headers;
        // Custom headers are encrypted in the endpoint's row, so they must not be readable here: any of them may be a secret.
        let shown = |name: &String, value: &String| match custom.contains_key(name) {
            true => REDACTED.to_owned(),
            false => value.clone(),
        };
        let digest = Sha256::digest(&request.body);
        Self {
            headers: request.headers.iter().map(|(name, value)| (name.clone(), shown(name, value))).collect(),
            body_bytes: request.body.len(),
            body_sha256: hex(&digest),
        }
    }
}

/// One HTTP request made for a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The number of the attempt, from 1.
    pub number: u32,
    /// The cause of the request.
    pub trigger: Trigger,
    /// When the attempt began.
    pub started_at: Timestamp,
    /// The duration of the attempt.
    pub duration: Duration,
    /// The request.
    pub sent: SentRequest,
    /// What the endpoint did.
    pub outcome: Outcome,
    /// The error class by the endpoint's rules; `None` for a success.
    pub error: Option<ErrorClass>,
}

impl Attempt {
    /// When the attempt ended.
    pub fn ended_at(&self) -> Timestamp {
        self.started_at.plus(self.duration)
    }

    /// The HTTP status, if there was an answer.
    pub fn response_status(&self) -> Option<u16> {
        match &self.outcome {
            Outcome::Answered(answer) => Some(answer.status),
            Outcome::Unreachable(_) => None,
        }
    }
}
