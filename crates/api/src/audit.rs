//! Who changed what? The shapes of `/v1/audit`.

use domain::access::actor::Actor;
use domain::audit::changes::{Changes, Members};
use domain::audit::{Action, AuditEntry as DomainEntry, AuditFilter, Target};
use domain::id::{ApiKeyId, AuditEntryId, WorkspaceId};
use domain::timestamp::Timestamp;
use domain::uid::WorkspaceIdOrUid;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The id of something that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetId(pub Target);

/// The parameters of a list of audit entries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct AuditQuery {
    /// The workspace whose entries are listed. If left out with a key for all workspaces: the entries of the installation.
    pub workspace_id: Option<WorkspaceIdOrUid>,
    /// Only changes made with this API key.
    pub actor: Option<ApiKeyId>,
    /// Only changes of this kind.
    pub action: Option<Action>,
    /// Only changes of the thing with this id, or of the event type with this name.
    pub target: Option<TargetId>,
    /// Only changes made at this time or later.
    pub since: Option<Timestamp>,
    /// Only changes made before this time.
    pub until: Option<Timestamp>,
}

/// An audit entry: one change, and who made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// The id of the entry.
    pub id: AuditEntryId,
    /// When the change was made.
    pub created_at: Timestamp,
    /// The workspace that the change belongs to; `null` for a change of the installation.
    pub workspace_id: Option<WorkspaceId>,
    /// Who made the change.
    pub actor: Actor,
    /// The kind of the change.
    pub action: Action,
    /// What was changed.
    pub target: Target,
    /// What was changed, by the name, description or URL that it had then; `null` for what has none, as an event, and in
    /// entries of older versions.
    #[cfg_attr(feature = "openapi", schema(examples("billing service")))]
    pub target_name: Option<String>,
    /// The changed members as they were, `[hidden]` in place of secrets; `null` for something new, and for an action that
    /// changes no member.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub before: Option<Members>,
    /// The changed members as they are since; `null` for something deleted. For a replay: what was asked for.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub after: Option<Members>,
    /// The id of the request that made the change, from its header `X-Request-Id`; `null` if there was none.
    pub request_id: Option<String>,
}

impl From<DomainEntry> for AuditEntry {
    fn from(entry: DomainEntry) -> Self {
        let DomainEntry { id, workspace_id, actor, action, target, changes, request_id } = entry;
        let Changes { name: target_name, before, after } = changes;
        let created_at = id.time();
        Self { id, created_at, workspace_id, actor, action, target, target_name, before, after, request_id }
    }
}

impl From<AuditQuery> for AuditFilter {
    fn from(AuditQuery { actor, action, target, .. }: AuditQuery) -> Self {
        Self { actor, action, target: target.map(|TargetId(target)| target) }
    }
}

impl Serialize for TargetId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// From the text of a query parameter.
impl<'de> Deserialize<'de> for TargetId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map(Self).map_err(serde::de::Error::custom)
    }
}
