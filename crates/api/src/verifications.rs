//! Why is a signature refused? The shapes of `/v1/verify`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::id::DeliveryId;
use domain::signing::diagnosis::reason::Reason;
use domain::signing::profile::Profile;
use domain::timestamp::Timestamp;
use domain::uid::{EndpointIdOrUid, WorkspaceIdOrUid};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Largest body of a request, in bytes: a payload of the largest size, as base64 or escaped.
pub const MAX_REQUEST_BYTES: usize = 1024 * 1024;

/// A delivery as its receiver got it: its headers, and its body as text or as base64.
// It holds a signature, so no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", schema(examples(json!({
    "endpoint_id": "we_01M7Z294KETHNPJB3QG0VDG1JA",
    "headers": {
        "webhook-id": "evt_01M7Z294KETHNPJB3QG0VDG1JA",
        "webhook-timestamp": "1764247572",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    },
    "body": "{\"id\":\"evt_01M7Z294KETHNPJB3QG0VDG1JA\"}\n",
}))))]
pub struct ReceivedRequest {
    /// The endpoint that it was made for.
    pub endpoint_id: EndpointIdOrUid,
    /// The workspace of the endpoint. Required with a key for all workspaces that names the endpoint by its uid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceIdOrUid>,
    /// Its headers, by name.
    pub headers: BTreeMap<String, String>,
    /// Its body, as the verifying code had it; or `body_base64`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The body in base64, for one that is not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub body_base64: Option<Base64>,
    /// The path that the receiver saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The receiver's clock when the request came; the timestamp is not judged without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Timestamp>,
    /// The signature that the receiver's own code computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computed: Option<String>,
}

/// Bytes, written as standard base64.
#[derive(Clone, PartialEq, Eq)]
pub struct Base64(pub Vec<u8>);

impl Serialize for Base64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        let bytes = STANDARD.decode(text.as_bytes());
        bytes.map(Self).map_err(|_| serde::de::Error::custom("must be standard base64"))
    }
}

/// Whether a receiver should take the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It should.
    Good,
    /// It should not.
    Bad,
}

/// Which of an endpoint's secrets made a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SecretUsed {
    /// The current one.
    Current,
    /// One that was rotated out.
    Old,
}

/// The verdict about a signature, and its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Verification {
    /// Whether the request should be taken.
    pub verdict: Verdict,
    /// Why: a stable word.
    pub reason: Reason,
    /// What was found, and what to do next.
    #[cfg_attr(
        feature = "openapi",
        schema(examples("The body has a line break at its end that was not signed. Use the raw bytes."))
    )]
    pub detail: String,
    /// The profile of the headers; `null` if there are none.
    pub profile: Option<Profile>,
    /// Which secret made the signature, or was used wrongly; `null` if that is unknown.
    pub secret: Option<SecretUsed>,
    /// The delivery that it was compared with; `null` if there was none to compare with.
    pub compared_with: Option<DeliveryId>,
}
