//! What does the API show of an endpoint? The shapes of `/v1/webhook-endpoints`.

use domain::access::actor::Actor;
use domain::endpoint::filter::EndpointState;
use domain::endpoint::{Disabled, DisabledReason, EndpointSettings};
use domain::event::event_type::EventType;
use domain::id::{EndpointId, RuleId, WorkspaceId};
use domain::policy::circuit::{Health as CircuitHealth, ParkedCount};
use domain::policy::outcome::ErrorClass;
use domain::search::NamePart;
use domain::signing::secret::{ActiveSecret, Secret};
use domain::timestamp::Timestamp;
use domain::uid::{Uid, WorkspaceIdOrUid};
use serde::{Deserialize, Serialize};

/// A new endpoint: its settings, and what is said only once. Only `url` is required.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(examples(json!({
    "workspace_id": "ws_01M7Z294KETHNPJB3QG0VDG1JA", "url": "https://example.com/hooks", "events": ["invoice.*"],
}))))]
pub struct NewEndpoint {
    /// The workspace of the endpoint. Required with a key for all workspaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceIdOrUid>,
    /// Your own signing secret; it must fit the signature profile. A new one is generated if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    /// The settings.
    #[serde(flatten)]
    pub settings: EndpointSettings,
}

/// A new secret for an endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", schema(examples(json!({ "overlap_seconds": 3600 }))))]
pub struct RotateSecret {
    /// The overlap: seconds for which the old secret continues to sign, 0 to 604,800; 86,400 if left out.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 604800, default = 86400, examples(3600)))]
    pub overlap_seconds: Option<u64>,
    /// Your own signing secret; it must fit the signature profile, and may be an old one that still signs. A new one is
    /// generated if left out.
    pub secret: Option<Secret>,
}

/// An endpoint: a customer's URL with its subscription and its delivery settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Endpoint {
    /// The id of the endpoint.
    pub id: EndpointId,
    /// The workspace of the endpoint.
    pub workspace_id: WorkspaceId,
    /// The signing secret, which verifies deliveries. Only the answers that create it show it: to the creation, to a
    /// rotation and to a change of the signature profile; never with the profile `standard-asymmetric`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub secret: Option<Secret>,
    /// The public key that verifies deliveries, with the profile `standard-asymmetric` only: `whpk_` and base64.
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    /// The settings.
    #[serde(flatten)]
    pub settings: EndpointSettings,
    /// The rule that the endpoint is a step of: it is changed and deleted with the rule. Left out for any other endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub rule_id: Option<RuleId>,
    /// The step's id in the rule. Left out for any other endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, examples("a1")))]
    pub rule_step: Option<String>,
    /// When the endpoint was switched off; `null` while it is active, or if it was switched off before that was recorded.
    pub disabled_at: Option<Timestamp>,
    /// Why the endpoint was switched off; `null` while it is active, or if it was switched off by hand before that was
    /// recorded.
    pub disabled_reason: Option<DisabledReason>,
    /// Who switched the endpoint off; `null` while it is active, or if it was switched off before that was recorded.
    pub disabled_by: Option<Actor>,
    /// The old secrets that still sign, until their overlap ends.
    pub old_secrets: Vec<OldSecret>,
    /// The health of the endpoint. Only answers that read endpoints show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub health: Option<Health>,
    /// When the endpoint was created.
    pub created_at: Timestamp,
    /// When the endpoint was last changed.
    pub updated_at: Timestamp,
}

/// An endpoint that was deleted. Its deliveries can be read until the workspace's retention ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeletedEndpoint {
    /// The id that the endpoint had.
    pub id: EndpointId,
    /// The workspace of the endpoint.
    pub workspace_id: WorkspaceId,
    /// Your own id of the endpoint; another may have it since.
    #[serde(default)]
    pub uid: Option<Uid>,
    /// Its last URL; `?…` stands for a query.
    #[cfg_attr(feature = "openapi", schema(examples("https://example.com/hooks")))]
    pub url: String,
    /// Its last description.
    #[cfg_attr(feature = "openapi", schema(examples("Invoices of Acme")))]
    pub description: String,
    /// The rule that the endpoint was a step of. Left out for any other endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub rule_id: Option<RuleId>,
    /// When the endpoint was created.
    pub created_at: Timestamp,
    /// When the endpoint was deleted.
    pub deleted_at: Timestamp,
}

impl From<domain::endpoint::deleted::DeletedEndpoint> for DeletedEndpoint {
    fn from(deleted: domain::endpoint::deleted::DeletedEndpoint) -> Self {
        let domain::endpoint::deleted::DeletedEndpoint {
            id,
            workspace_id,
            uid,
            url,
            description,
            rule_id,
            is_notification: _,
            created_at,
            deleted_at,
        } = deleted;
        Self { id, workspace_id, uid, url, description, rule_id, created_at, deleted_at }
    }
}

/// An old secret that still signs. Its text is not shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OldSecret {
    /// When the overlap ends and the secret stops signing.
    pub expires_at: Timestamp,
    /// The public key, with the profile `standard-asymmetric` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub public_key: Option<String>,
}

/// The health of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Health {
    /// The number of consecutive failed attempts since the last success.
    #[cfg_attr(feature = "openapi", schema(examples(0)))]
    pub failures: u32,
    /// When the first of these failed attempts ended; `null` if there are none.
    pub failing_since: Option<Timestamp>,
    /// What was wrong with the last of them; `null` if there are none.
    pub last_error: Option<ErrorClass>,
    /// What the last of them was answered; `null` if there are none, or no answer came.
    pub response_status: Option<u16>,
    /// The state of the circuit breaker.
    pub circuit: Circuit,
    /// About when the oldest parked delivery is attempted, to see whether the endpoint has recovered; `null` unless the
    /// circuit of an active endpoint is open.
    pub next_probe_at: Option<Timestamp>,
    /// The number of deliveries that are parked. Only the answer that reads one endpoint counts them, lists do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, examples(0)))]
    pub parked: Option<u64>,
    /// Whether `parked` is exact: it is counted up to 1,000. If `false`, at least so many are parked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, examples(true)))]
    pub parked_exact: Option<bool>,
}

/// The parameters of a list of endpoints.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct EndpointQuery {
    /// The workspace. Required with a key for all workspaces.
    pub workspace_id: Option<WorkspaceIdOrUid>,
    /// Only endpoints whose description contains this, whatever the case.
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>, min_length = 1, max_length = 200))]
    pub description: Option<NamePart>,
    /// Only endpoints whose URL contains this, whatever the case.
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>, min_length = 1, max_length = 200))]
    pub url: Option<NamePart>,
    /// Whether endpoints that are steps of rules are listed, too.
    #[serde(default, deserialize_with = "crate::flag::read")]
    pub include_rules: bool,
    /// Only endpoints that subscribe to this event type, whatever their channels.
    pub event_type: Option<EventType>,
    /// `active` or `disabled`: switched on or off. `failing`: switched on, and the last attempt failed.
    #[cfg_attr(feature = "openapi", param(inline))]
    pub state: Option<EndpointState>,
}

/// The state of a circuit breaker: `closed`, or `open` while the endpoint fails: then new deliveries are parked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Circuit {
    /// New deliveries are attempted.
    Closed,
    /// New deliveries are parked.
    Open,
}

impl Endpoint {
    /// The endpoint as it is at `now`, without its secret and health.
    pub fn of(endpoint: domain::endpoint::Endpoint, now: Timestamp) -> Self {
        let old = endpoint.secrets.iter().filter(|active| active.signs_at(now));
        let old_secrets = old.filter_map(|active| {
            let expires_at = active.expires_at?;
            Some(OldSecret { expires_at, public_key: public_key(active) })
        });
        let (disabled_reason, disabled_at, disabled_by) = match endpoint.disabled {
            Some(Disabled { reason, at, by }) => (Some(reason), at, by),
            None => (None, None, None),
        };
        let step = endpoint.purpose.rule_step();
        Self {
            id: endpoint.id,
            workspace_id: endpoint.workspace_id,
            secret: None,
            public_key: endpoint.secrets.first().and_then(public_key),
            old_secrets: old_secrets.collect(),
            rule_id: step.map(|step| step.rule),
            rule_step: step.map(|step| step.step.clone()),
            settings: endpoint.settings,
            disabled_at,
            disabled_reason,
            disabled_by,
            health: None,
            created_at: endpoint.created_at,
            updated_at: endpoint.updated_at,
        }
    }

    /// The same with its health.
    pub fn with_health(endpoint: domain::endpoint::Endpoint, health: CircuitHealth, now: Timestamp) -> Self {
        let next_probe_at = health.next_probe_at(now).filter(|_| endpoint.settings.active);
        let circuit = if health.is_open() { Circuit::Open } else { Circuit::Closed };
        let CircuitHealth { failures, failing_since, last_error, response_status, .. } = health;
        let health = Health {
            failures,
            failing_since,
            last_error,
            response_status,
            circuit,
            next_probe_at,
            parked: None,
            parked_exact: None,
        };
        Self { health: Some(health), ..Self::of(endpoint, now) }
    }

    /// The same with what is parked for it.
    #[must_use]
    pub fn with_parked(mut self, parked: ParkedCount) -> Self {
        if let Some(health) = &mut self.health {
            (health.parked, health.parked_exact) = (Some(parked.deliveries), Some(parked.is_exact));
        }
        self
    }

    /// The same with its secret: only for the answers to its making and to a rotation. A notification, which is not
    /// signed, shows none.
    pub fn with_secret(endpoint: domain::endpoint::Endpoint, now: Timestamp) -> Self {
        let is_signed = !endpoint.settings.body.is_message();
        let current = endpoint.secrets.first().filter(|_| is_signed).map(|active| active.secret.clone());
        let secret = current.filter(|secret| secret.shown_to_customer().is_some());
        Self { secret, ..Self::of(endpoint, now) }
    }
}

fn public_key(active: &ActiveSecret) -> Option<String> {
    active.secret.public_key().map(|key| key.to_string())
}
