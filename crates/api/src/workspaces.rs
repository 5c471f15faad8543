//! What does the API show of a workspace, and what may be set of it? The shapes of `/v1/workspaces`.

use domain::id::WorkspaceId;
use domain::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

pub use domain::access::workspace::WorkspaceSettings;

/// A workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workspace {
    /// `ws_` and a ULID.
    pub id: WorkspaceId,
    /// For people.
    pub name: String,
    /// Days that events and deliveries are kept.
    pub retention_days: u16,
    /// Whether endpoints may have the signature profile `none`.
    pub allow_unsigned: bool,
    /// Most endpoints; `null` is 10,000.
    pub max_endpoints: Option<u32>,
    /// Most events in a day of UTC; `null` is no limit.
    pub max_events_per_day: Option<u64>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl From<&domain::access::workspace::Workspace> for Workspace {
    fn from(workspace: &domain::access::workspace::Workspace) -> Self {
        let WorkspaceSettings { name, retention_days, allow_unsigned, max_endpoints, max_events_per_day } =
            workspace.settings();
        Self {
            id: workspace.id,
            name,
            retention_days,
            allow_unsigned,
            max_endpoints,
            max_events_per_day,
            created_at: workspace.created_at,
        }
    }
}

/// Which workspace a list is of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfWorkspace {
    /// Required with a key that opens all workspaces.
    pub workspace_id: Option<WorkspaceId>,
}
