//! What does the API show of a workspace, and what may be set of it? The shapes of `/v1/workspaces`.

use domain::access::portal::PortalSettings;
use domain::catalogue::strictness::Strictness;
use domain::endpoint::defaults::EndpointDefaults;
use domain::id::WorkspaceId;
use domain::metadata::Metadata;
use domain::search::NamePart;
use domain::timestamp::Timestamp;
use domain::uid::{Uid, WorkspaceIdOrUid};
use serde::{Deserialize, Serialize};

pub use domain::access::workspace::WorkspaceSettings;

/// A workspace: a tenant that endpoints, events and API keys belong to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Workspace {
    /// The id of the workspace.
    pub id: WorkspaceId,
    /// A name for people.
    #[cfg_attr(feature = "openapi", schema(examples("Acme")))]
    pub name: String,
    /// The retention: days that events and deliveries are kept.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 90, examples(30)))]
    pub retention_days: u16,
    /// Whether endpoints may have the signature profile `none`.
    pub allow_unsigned: bool,
    /// The most endpoints of the workspace; `null` is 10,000.
    pub max_endpoints: Option<u32>,
    /// The most events in a day of UTC; `null` is no limit, 0 refuses every event.
    pub max_events_per_day: Option<u64>,
    /// The events that count against `max_events_per_day` today, since it was set. Lists do not say it, nor
    /// does a workspace without such a limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, examples(812)))]
    pub events_today: Option<u64>,
    /// Your own id of the workspace.
    pub uid: Option<Uid>,
    /// Strings for the caller's own programs.
    pub metadata: Metadata,
    /// The settings of endpoints that are created without them.
    pub endpoint_defaults: EndpointDefaults,
    /// What becomes of an event that does not fit the catalogue.
    pub strict: Strictness,
    /// The look of its portal.
    pub portal: PortalSettings,
    /// When the workspace was created.
    pub created_at: Timestamp,
}

impl From<&domain::access::workspace::Workspace> for Workspace {
    fn from(workspace: &domain::access::workspace::Workspace) -> Self {
        let WorkspaceSettings {
            name,
            retention_days,
            allow_unsigned,
            max_endpoints,
            max_events_per_day,
            uid,
            metadata,
            endpoint_defaults,
            strict,
            portal,
        } = workspace.settings();
        Self {
            id: workspace.id,
            name,
            retention_days,
            allow_unsigned,
            max_endpoints,
            max_events_per_day,
            events_today: None,
            uid,
            metadata,
            endpoint_defaults,
            strict,
            portal,
            created_at: workspace.created_at,
        }
    }
}

/// The parameters of a list of workspaces.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct WorkspaceQuery {
    /// Only workspaces whose name contains this, whatever the case.
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>, min_length = 1, max_length = 200))]
    pub name: Option<NamePart>,
}

/// The workspace that a request is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct OfWorkspace {
    /// The workspace. Required with a key for all workspaces.
    pub workspace_id: Option<WorkspaceIdOrUid>,
}
