//! What does the API show of a source and of what it received? The shapes of `/v1/sources`.

use domain::id::{EventId, ReceivedRequestId, SourceId, WorkspaceId};
use domain::source::provider::Provider;
use domain::source::received::{RawRequest, Reason, Verdict};
use domain::source::scheme::{AuthStrength, Coverage};
use domain::source::secret::{ProviderSecret, SourceSecret};
use domain::source::shown::ShownBody;
use domain::source::{SourceSettings, received};
use domain::timestamp::Timestamp;
use domain::uid::WorkspaceIdOrUid;
use serde::{Deserialize, Serialize};

/// A new source: its settings, its workspace and its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(examples(json!({
    "workspace_id": "ws_01M7Z294KETHNPJB3QG0VDG1JA", "name": "Billing", "provider": "stripe",
    "secrets": ["whsec_5Vn8ZrHqTz1kLmXc"],
}))))]
pub struct NewSource {
    /// The workspace of the source. Required with a key for all workspaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceIdOrUid>,
    /// The secrets that the provider shows, at most 10; a request is verified by each. Left out only where the scheme has
    /// none. Answers do not show them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_items = 10))]
    pub secrets: Vec<ProviderSecret>,
    /// The settings.
    #[serde(flatten)]
    pub settings: SourceSettings,
}

/// What can be changed of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangedSource {
    /// The secrets in place of all that the source has. Needed in the same request as a `scheme` that they do not fit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_items = 10))]
    pub secrets: Vec<ProviderSecret>,
    /// The settings.
    #[serde(flatten)]
    pub settings: SourceSettings,
}

/// A new secret for a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", schema(examples(json!({ "secret": "whsec_9QwErTyUiOpAsDfG", "overlap_seconds": 3600 }))))]
pub struct RotateSourceSecret {
    /// The new secret, as the provider shows it.
    pub secret: ProviderSecret,
    /// The overlap: seconds for which the old secrets continue to verify, 0 to 604,800; 86,400 if left out.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 604800, default = 86400, examples(3600)))]
    pub overlap_seconds: Option<u64>,
}

/// A source: an address that one provider posts webhooks to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Source {
    /// The id of the source.
    pub id: SourceId,
    /// The workspace of the source.
    pub workspace_id: WorkspaceId,
    /// The address to enter at the provider. Anyone who has it can post to it, so it ends with `[hidden]` for a key without
    /// the scope `sources`.
    #[cfg_attr(
        feature = "openapi",
        schema(
            format = "uri",
            examples("https://posthorn.example.com/in/6Yk0cUG7hXc5bZ5xq2s3mJ1oQ9d8f7a6b5c4d3e2f1g")
        )
    )]
    pub address: String,
    /// The settings; `scheme`, `event_type_prefix` and `tolerance_seconds` as they are in force. A key without the scope
    /// `sources` sees `[hidden]` as `options.verify_token`.
    #[serde(flatten)]
    pub settings: SourceSettings,
    /// How certain it is that a request comes from the provider, unchanged.
    pub auth_strength: AuthStrength,
    /// What the signature covers.
    pub covers: Covers,
    /// What the scheme cannot protect; `null` if it protects all.
    #[cfg_attr(feature = "openapi", schema(examples("Nothing is signed.")))]
    pub warning: Option<String>,
    /// The secrets that requests are verified by, newest first. Their texts are never shown.
    pub secrets: Vec<ShownSecret>,
    /// When the source was created.
    pub created_at: Timestamp,
    /// When the source was last changed.
    pub updated_at: Timestamp,
}

/// The parts of a request that a signature covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Covers {
    /// The URL, or its query.
    pub url: bool,
    /// The body.
    pub body: bool,
    /// A time, so that an old request is refused.
    pub time: bool,
}

/// A secret of a source, without its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShownSecret {
    /// When it was given.
    pub created_at: Timestamp,
    /// When its overlap ends and it verifies no more; left out for a current secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub expires_at: Option<Timestamp>,
}

/// The parameters of a list of sources.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct SourceQuery {
    /// The workspace. Required with a key for all workspaces.
    pub workspace_id: Option<WorkspaceIdOrUid>,
    /// Only sources of this provider.
    #[cfg_attr(feature = "openapi", param(inline))]
    pub provider: Option<Provider>,
}

/// The parameters of a list of received requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct ReceivedQuery {
    /// Only requests with this verdict.
    #[cfg_attr(feature = "openapi", param(inline))]
    pub verdict: Option<Verdict>,
}

/// A request that came to a source, and what was found about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = SourceRequest))]
pub struct ReceivedRequest {
    /// The id of the request.
    pub id: ReceivedRequestId,
    /// When it came.
    pub received_at: Timestamp,
    /// Its HTTP method.
    #[cfg_attr(feature = "openapi", schema(examples("POST")))]
    pub method: String,
    /// The length of its body, in bytes.
    #[cfg_attr(feature = "openapi", schema(examples(1213)))]
    pub body_bytes: usize,
    /// What was found.
    pub verdict: Verdict,
    /// Why; `null` for a valid request.
    pub reason: Option<Reason>,
    /// The same in a sentence; `null` if there is nothing to add.
    #[cfg_attr(feature = "openapi", schema(examples("the signature fits none of the source's secrets")))]
    pub detail: Option<String>,
    /// The status that the provider got.
    #[cfg_attr(feature = "openapi", schema(minimum = 100, maximum = 599, examples(202)))]
    pub status: u16,
    /// The first 100 of its events, those that had come before included.
    pub events: Vec<EventId>,
    /// How many of its events were new.
    pub accepted: u32,
    /// How many of its events had come before.
    pub duplicates: u32,
    /// When it was last replayed; `null` if it never was.
    pub replayed_at: Option<Timestamp>,
    /// How long it took to answer, in milliseconds.
    #[cfg_attr(feature = "openapi", schema(examples(12)))]
    pub duration_ms: u32,
}

/// A request that came to a source, with headers and body for a key with the scope `sources`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = SourceRequestDetail))]
pub struct ReceivedRequestDetail {
    /// The request.
    #[serde(flatten)]
    pub request: ReceivedRequest,
    /// Its query, as it came; left out if it had none, and for a key without the scope `sources`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, examples("bodySHA256=abc")))]
    pub query: Option<String>,
    /// Its headers in their order, names in lower case; `[hidden]` in place of credentials. Left out for a key without the
    /// scope `sources`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, examples(json!([["content-type", "application/json"]]))))]
    pub headers: Option<Vec<(String, String)>>,
    /// The first 4,096 bytes of its body: the text, or base64 of what is no text. Left out for a key without the scope
    /// `sources`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, examples("{\"type\":\"invoice.paid\"}")))]
    pub body: Option<String>,
    /// Whether `body` is base64. Left out with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, examples(false)))]
    pub body_base64: Option<bool>,
    /// Whether there is more of the body. Left out with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, examples(false)))]
    pub body_truncated: Option<bool>,
}

impl Source {
    /// The source as it is at `now`; `installation` is the public address of this installation.
    pub fn of(source: domain::source::Source, installation: &str, now: Timestamp) -> Self {
        let address = source.address(installation);
        let mut settings = source.settings;
        let scheme = settings.scheme();
        let Coverage { url, body, time } = scheme.coverage();
        settings.tolerance_seconds = settings.tolerance().map(|tolerance| tolerance.as_secs());
        settings.event_type_prefix = Some(settings.prefix().to_owned());
        settings.scheme = Some(scheme);
        let known = source.secrets.into_iter().filter(|known| known.is_in_force(now) && !known.is_sample);
        Self {
            id: source.id,
            workspace_id: source.workspace_id,
            address,
            settings,
            auth_strength: scheme.strength(),
            covers: Covers { url, body, time },
            warning: scheme.warning().map(str::to_owned),
            secrets: known.map(ShownSecret::from).collect(),
            created_at: source.created_at,
            updated_at: source.updated_at,
        }
    }
}

impl From<SourceSecret> for ShownSecret {
    fn from(SourceSecret { created_at, expires_at, .. }: SourceSecret) -> Self {
        Self { created_at, expires_at }
    }
}

impl ReceivedRequest {
    /// What was found about a request.
    pub fn of(received: received::ReceivedRequest) -> Self {
        let received::ReceivedRequest {
            id,
            received_at,
            method,
            body_bytes,
            verdict,
            reason,
            detail,
            status,
            events,
            accepted,
            duplicates,
            replayed_at,
            duration_ms,
        } = received;
        Self {
            id,
            received_at,
            method,
            body_bytes,
            verdict,
            reason,
            detail,
            status,
            events,
            accepted,
            duplicates,
            replayed_at,
            duration_ms,
        }
    }
}

impl ReceivedRequestDetail {
    /// What was found about a request, without its content.
    pub fn of(received: received::ReceivedRequest) -> Self {
        let request = ReceivedRequest::of(received);
        Self { request, query: None, headers: None, body: None, body_base64: None, body_truncated: None }
    }

    /// The same with what may be shown of the request itself, which came to a source with these settings.
    #[must_use]
    pub fn with_content(self, raw: &RawRequest, settings: &SourceSettings) -> Self {
        let ShownBody { text, is_base64, is_truncated } = raw.shown_body();
        Self {
            query: raw.query().map(str::to_owned),
            headers: Some(raw.shown_headers(settings)),
            body: Some(text),
            body_base64: Some(is_base64),
            body_truncated: Some(is_truncated),
            ..self
        }
    }
}
