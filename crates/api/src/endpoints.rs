//! What does the API show of an endpoint? The shapes of `/v1/webhook-endpoints`.

use domain::endpoint::{DisabledReason, EndpointSettings};
use domain::id::{EndpointId, WorkspaceId};
use domain::policy::circuit::Health as CircuitHealth;
use domain::signing::secret::{ActiveSecret, Secret};
use domain::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// A new endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewEndpoint {
    /// Required with a key that opens all workspaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    /// A secret brought along; a new one is made, if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    /// What can be changed later, too.
    #[serde(flatten)]
    pub settings: EndpointSettings,
}

/// A new secret for an endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RotateSecret {
    /// How long the old secret goes on signing, 0 to 604,800 s; a day, if left out.
    pub overlap_seconds: Option<u64>,
    /// A secret brought along; a new one is made, if left out.
    pub secret: Option<Secret>,
}

/// An endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// `we_` and a ULID.
    pub id: EndpointId,
    /// The workspace it belongs to.
    pub workspace_id: WorkspaceId,
    /// What verifies its deliveries. Only in the answer that made it, and never of an asymmetric profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    /// What verifies its deliveries, if its profile is asymmetric.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    /// What may be set of it.
    #[serde(flatten)]
    pub settings: EndpointSettings,
    /// Why Posthorn switched it off; `null` while it is active or when its owner did.
    pub disabled_reason: Option<DisabledReason>,
    /// Secrets rotated out that still sign.
    pub old_secrets: Vec<OldSecret>,
    /// Whether it fails; only where endpoints are read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A secret rotated out that still signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OldSecret {
    /// When it stops.
    pub expires_at: Timestamp,
    /// What verifies it, if the profile is asymmetric.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
}

/// Whether an endpoint fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Attempts that failed without a success between them.
    pub failures: u32,
    /// When the first of them ended.
    pub failing_since: Option<Timestamp>,
    /// Whether new deliveries are attempted.
    pub circuit: Circuit,
}

/// Whether new deliveries are attempted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Circuit {
    /// They are.
    Closed,
    /// They are parked.
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
        Self {
            id: endpoint.id,
            workspace_id: endpoint.workspace_id,
            secret: None,
            public_key: endpoint.secrets.first().and_then(public_key),
            old_secrets: old_secrets.collect(),
            settings: endpoint.settings,
            disabled_reason: endpoint.disabled_reason,
            health: None,
            created_at: endpoint.created_at,
            updated_at: endpoint.updated_at,
        }
    }

    /// The same with its health.
    pub fn with_health(endpoint: domain::endpoint::Endpoint, health: CircuitHealth, now: Timestamp) -> Self {
        Self { health: Some(health.into()), ..Self::of(endpoint, now) }
    }

    /// The same with its secret: only for the answers to its making and to a rotation.
    pub fn with_secret(endpoint: domain::endpoint::Endpoint, now: Timestamp) -> Self {
        let current = endpoint.secrets.first().map(|active| active.secret.clone());
        let secret = current.filter(|secret| secret.shown_to_customer().is_some());
        Self { secret, ..Self::of(endpoint, now) }
    }
}

impl From<CircuitHealth> for Health {
    fn from(health: CircuitHealth) -> Self {
        let circuit = if health.is_open() { Circuit::Open } else { Circuit::Closed };
        Self { failures: health.failures, failing_since: health.failing_since, circuit }
    }
}

fn public_key(active: &ActiveSecret) -> Option<String> {
    active.secret.public_key().map(|key| key.to_string())
}
