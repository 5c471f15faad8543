//! How does a person log in? The shapes of `/v1/sessions`.

use domain::access::api_key::Scope;
use domain::access::role::Role;
use domain::id::{SessionId, WorkspaceId};
use domain::timestamp::Timestamp;
use domain::uid::WorkspaceIdOrUid;
use serde::{Deserialize, Serialize};

use crate::api_keys::RevealedKey;

/// What a new session may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OpenSession {
    /// The only workspace of the session. If left out, it has access to what the key has access to.
    #[serde(default)]
    pub workspace_id: Option<WorkspaceIdOrUid>,
    /// The permissions of the session, none that the key lacks. If left out, it has those of the key.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(min_items = 1))]
    pub scopes: Option<Vec<Scope>>,
}

/// A new session, with its token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewSession {
    /// The id of the session. It is not the token and gives no access.
    pub id: SessionId,
    /// The token, sent as `Authorization: Bearer` or `X-API-Key`. Only this answer shows it.
    #[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^phs_[A-Za-z0-9_-]{32,128}$", examples("phs_Yt6DSOnV9HqVi0XWbVNx637moCtnHKKmfhGv_sgSsdY")))]
    pub token: RevealedKey,
    /// When the session ends: after 12 hours, or with its key.
    pub expires_at: Option<Timestamp>,
    /// The only workspace of the session; `null` means access to all workspaces.
    pub workspace_id: Option<WorkspaceId>,
    /// The permissions of the session.
    pub scopes: Vec<Scope>,
    /// The roles of the key's holder.
    #[cfg_attr(feature = "openapi", schema(max_items = 20))]
    pub roles: Vec<Role>,
}
