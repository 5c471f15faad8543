//! What became of a request that came to a source?
//! The verdict on a received request: valid, invalid or error are three things, and each is kept with its reason.

use serde::{Deserialize, Serialize};

use crate::id::{EventId, ReceivedRequestId, SourceKey};
use crate::timestamp::Timestamp;

/// How many bytes of a body the API shows.
pub const SHOWN_BODY_BYTES: usize = 4 * 1024;
/// Most ids of events that a received request's row names; all of them are counted.
pub const MAX_NAMED_EVENTS: usize = 100;

/// What was found about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = SourceVerdict))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It comes from the provider; its events were accepted, or it was a handshake.
    Valid,
    /// It was refused: it does not prove that it comes from the provider, or cannot be read.
    Invalid,
    /// We could not decide, or could not accept its events; the provider was asked to repeat it.
    Error,
}

/// Why a request was refused, or could not be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = SourceReason))]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// There is no signature where the scheme has one. A missing signature is a failed one.
    SignatureMissing,
    /// The signature cannot be read: wrong encoding, wrong length, no version that is known.
    SignatureMalformed,
    /// The signature is another one than the secrets make of this request.
    SignatureMismatch,
    /// There is no time where the scheme has one, or it cannot be read.
    TimestampMissing,
    /// The time is further in the past than the tolerance.
    TimestampTooOld,
    /// The time is further in the future than the tolerance.
    TimestampInFuture,
    /// A claim of the JWT is missing or wrong: its algorithm, issuer, account, or the digest of URL or body.
    TokenRefused,
    /// A token or nonce that is signed came again, with other content.
    SignatureReused,
    /// The SNS message is of a topic that the source does not list.
    TopicNotAllowed,
    /// The address of the SNS certificate is not one of AWS's.
    CertificateUrlRefused,
    /// The SNS certificate is not valid now, or is for another name.
    CertificateRefused,
    /// SNS delivered without its envelope, so without a signature.
    RawDelivery,
    /// The token of the handshake is another one than the source's.
    VerifyTokenMismatch,
    /// The signature is right, but the body is not what the provider sends: not JSON, no form, broken multipart.
    BodyMalformed,
    /// The body is larger than can be taken.
    BodyTooLarge,
    /// The source is switched off.
    SourceInactive,
    /// The certificate could not be fetched, or what was fetched is no certificate.
    CertificateUnavailable,
    /// The subscription could not be confirmed.
    ConfirmationFailed,
    /// The workspace has accepted as many events today as it may.
    QuotaExceeded,
    /// An earlier copy of the request is still being accepted.
    InProgress,
    /// Posthorn failed.
    Fault,
}

impl Reason {
    /// The stable word for it.
    pub fn as_str(self) -> String {
        serde_json::to_value(self).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

/// A request that came to a source, as its row keeps it. Its headers and body are kept beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReceivedRequest {
    /// Its id.
    pub id: ReceivedRequestId,
    /// When it came.
    pub received_at: Timestamp,
    /// Its HTTP method.
    pub method: String,
    /// The length of its body, in bytes.
    pub body_bytes: usize,
    /// What was found.
    pub verdict: Verdict,
    /// Why, unless it is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The same in a sentence for people. Never repeats a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The status that the provider got.
    pub status: u16,
    /// The first of its events, those that had come before included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventId>,
    /// How many of its events were new.
    #[serde(default)]
    pub accepted: u32,
    /// How many of its events had come before.
    #[serde(default)]
    pub duplicates: u32,
    /// When it was last verified again, by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replayed_at: Option<Timestamp>,
    /// How long it took to answer, in milliseconds.
    #[serde(default)]
    pub duration_ms: u32,
}

impl ReceivedRequest {
    /// A request that is being worked on. If nothing more becomes of it, its provider repeats it.
    pub fn begun(id: ReceivedRequestId, received_at: Timestamp, method: String, body_bytes: usize) -> Self {
        Self {
            id,
            received_at,
            method,
            body_bytes,
            verdict: Verdict::Error,
            reason: Some(Reason::InProgress),
            detail: None,
            status: 503,
            events: Vec::new(),
            accepted: 0,
            duplicates: 0,
            replayed_at: None,
            duration_ms: 0,
        }
    }
}

/// The parts of a request that are kept whole, for verification again and for the replay.
#[derive(Clone, PartialEq, Eq)]
pub struct RawRequest {
    /// The HTTP method.
    pub method: String,
    /// Path and query as they came, not decoded.
    pub target: String,
    /// The headers in their order, with lower-case names.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

/// Headers and body may hold secrets and customers' data.
impl std::fmt::Debug for RawRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RawRequest({} {} bytes)", self.method, self.body.len())
    }
}

/// Which received request of which source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceivedRequestKey {
    /// The source.
    pub source: SourceKey,
    /// The request.
    pub id: ReceivedRequestId,
}
