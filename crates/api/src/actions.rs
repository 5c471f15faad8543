//! What does the API show of an action? The shapes of `/v1/actions`.

use domain::action::ActionSettings;
use domain::id::{EndpointId, WorkspaceId};
use domain::signing::secret::Secret;
use domain::timestamp::Timestamp;
use domain::uid::WorkspaceIdOrUid;
use serde::{Deserialize, Serialize};

use crate::endpoints::{Endpoint, OldSecret};

/// A new action: its settings, and what is said only once. Only `name` and `url` are required.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(examples(json!({
    "workspace_id": "ws_01M7Z294KETHNPJB3QG0VDG1JA", "name": "refund_order", "description": "Refunds a paid order in full.",
    "parameters": { "type": "object", "properties": { "order": { "type": "string" } }, "required": ["order"] },
    "url": "https://crm.example.com/orders/{{ parameters.order }}/refund", "effect": "destructive", "roles": ["support"],
}))))]
pub struct NewAction {
    /// The workspace of the action. Required with a key for all workspaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceIdOrUid>,
    /// Your own signing secret; it must fit the signature profile. A new one is generated if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    /// The settings.
    #[serde(flatten)]
    pub settings: ActionSettings,
}

/// An action: a named, signed HTTP call into the workspace's own system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = InvocableAction))]
pub struct Action {
    /// The workspace of the action.
    pub workspace_id: WorkspaceId,
    /// The id by which the audit log names the action, and invocations do.
    pub endpoint_id: EndpointId,
    /// The signing secret, which verifies calls. Only the answers that create it show it: to the creation, to a rotation and
    /// to a change of the signature profile; never with the profile `standard-asymmetric`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub secret: Option<Secret>,
    /// The public key that verifies calls, with the profile `standard-asymmetric` only: `whpk_` and base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub public_key: Option<String>,
    /// The settings. A key without the scope `admin` sees `[hidden]` as the values of headers and as the query of the URL.
    #[serde(flatten)]
    pub settings: ActionSettings,
    /// The old secrets that still sign, until their overlap ends.
    pub old_secrets: Vec<OldSecret>,
    /// When the action was created.
    pub created_at: Timestamp,
    /// When the action was last changed.
    pub updated_at: Timestamp,
}

impl Action {
    /// The action as it is at `now`, without its secret.
    pub fn of(action: domain::action::Action, now: Timestamp) -> Self {
        let endpoint = Endpoint::of(action.endpoint, now);
        Self::from_parts(action.settings, endpoint, (action.created_at, action.updated_at))
    }

    /// The same with its secret: only for the answers to its making and to a rotation.
    pub fn with_secret(action: domain::action::Action, now: Timestamp) -> Self {
        let endpoint = Endpoint::with_secret(action.endpoint, now);
        Self::from_parts(action.settings, endpoint, (action.created_at, action.updated_at))
    }

    fn from_parts(
        settings: ActionSettings,
        endpoint: Endpoint,
        (created_at, updated_at): (Timestamp, Timestamp),
    ) -> Self {
        let Endpoint { id, workspace_id, secret, public_key, old_secrets, .. } = endpoint;
        Self {
            workspace_id,
            endpoint_id: id,
            secret,
            public_key,
            settings,
            old_secrets,
            created_at,
            updated_at,
        }
    }
}
