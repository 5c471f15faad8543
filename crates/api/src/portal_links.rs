//! How does a customer get into the portal? The shapes of `/v1/portal-links`.

use std::fmt;

use domain::access::api_key::Scope;
use domain::access::login::{DEFAULT_PORTAL_LINK_SECONDS, LoginKind};
use domain::id::{PortalLinkId, WorkspaceId};
use domain::timestamp::Timestamp;
use domain::uid::WorkspaceIdOrUid;
use serde::{Deserialize, Serialize};

/// The rights of a new portal link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", schema(examples(json!({
    "workspace_id": "ws_01M7Z294KETHNPJB3QG0VDG1JA", "scopes": ["webhooks", "deliveries", "events:ro"],
}))))]
pub struct PortalLinkSettings {
    /// The workspace that the link leads to. May be left out with a key for one workspace.
    #[serde(default)]
    pub workspace_id: Option<WorkspaceIdOrUid>,
    /// The permissions of who has the link: none that the maker lacks, and neither `admin` nor `workspaces`, nor their `:ro`.
    #[cfg_attr(feature = "openapi", schema(min_items = 1))]
    pub scopes: Vec<Scope>,
    /// How long the link opens the portal, in seconds.
    #[serde(default = "default_seconds")]
    #[cfg_attr(feature = "openapi", schema(minimum = 60, maximum = 86_400, examples(3_600)))]
    pub expires_in_seconds: u64,
    /// Your own id of the person who gets the link. The audit log names it.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 200, examples("user-17")))]
    pub user: Option<String>,
}

/// A portal link as lists show it, without the way in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PortalLink {
    /// The id of the link. It gives no access.
    pub id: PortalLinkId,
    /// The workspace that it leads to.
    pub workspace_id: Option<WorkspaceId>,
    /// The permissions of who has the link.
    pub scopes: Vec<Scope>,
    /// Your own id of the person who got the link.
    #[cfg_attr(feature = "openapi", schema(examples("user-17")))]
    pub user: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops to open the portal.
    pub expires_at: Option<Timestamp>,
}

/// A new portal link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewPortalLink {
    /// The members that lists show.
    #[serde(flatten)]
    pub link: PortalLink,
    /// Where the link leads. Its fragment is the way in, so treat it like a password. Only this answer shows it.
    #[cfg_attr(feature = "openapi", schema(value_type = String, examples("https://posthorn.example.com/portal/ws_01M7Z294KETHNPJB3QG0VDG1JA#t=php_Yt6DSOnV9HqVi0XWbVNx637moCtnHKKmfhGv_sgSsdY")))]
    pub url: PortalUrl,
}

/// The address of a portal link. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PortalUrl(pub String);

impl fmt::Debug for PortalUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PortalUrl(redacted)")
    }
}

impl PortalLink {
    /// The link with this id.
    pub fn of(id: PortalLinkId, link: domain::access::api_key::ApiKey) -> Self {
        let user = link.login.and_then(|login| match login.kind {
            LoginKind::PortalLink { user, .. } => user,
            LoginKind::Session { .. } => None,
        });
        let domain::access::api_key::ApiKey { workspace_id, scopes, created_at, expires_at, .. } = link;
        Self { id, workspace_id, scopes, user, created_at, expires_at }
    }
}

fn default_seconds() -> u64 {
    DEFAULT_PORTAL_LINK_SECONDS
}
