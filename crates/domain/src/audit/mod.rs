//! Who changed what, and when?
//! The audit log: one entry for each change, with its actor and the changed members before and after.
//!
//! What sends or reads is no change: events, test events, previews and lists have no entry.

pub mod changes;
pub mod snapshot;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::access::actor::Actor;
use crate::access::api_key::ApiKey;
use crate::access::login::LoginKind;
use crate::action::invocation::Invocation;
use crate::audit::changes::Changes;
use crate::endpoint::Endpoint;
use crate::event::event_type::EventType;
use crate::id::{
    ApiKeyId, AuditEntryId, DeliveryId, EndpointId, EventId, InvocationId, PortalLinkId, ReplayId, RuleId,
    SessionId, SourceId, WorkspaceId,
};
use crate::rule::Rule;
use crate::source::Source;
use crate::timestamp::Timestamp;

/// How long an entry is kept, whatever the retention of its workspace: as long as the longest retention, so that no event
/// outlives the record of who replayed or erased it.
pub const KEPT: Duration = Duration::from_secs(90 * 86_400);

/// The kind of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = AuditAction))]
pub enum Action {
    /// An endpoint was created.
    #[serde(rename = "endpoint.created")]
    EndpointCreated,
    /// Settings of an endpoint were changed.
    #[serde(rename = "endpoint.updated")]
    EndpointUpdated,
    /// An endpoint was deleted.
    #[serde(rename = "endpoint.deleted")]
    EndpointDeleted,
    /// Posthorn switched an endpoint off.
    #[serde(rename = "endpoint.disabled")]
    EndpointDisabled,
    /// An endpoint got a new signing secret.
    #[serde(rename = "endpoint.secret_rotated")]
    SecretRotated,
    /// The old signing secrets of an endpoint were ended.
    #[serde(rename = "endpoint.overlap_ended")]
    OverlapEnded,
    /// A source was created.
    #[serde(rename = "source.created")]
    SourceCreated,
    /// Settings or secrets of a source were changed.
    #[serde(rename = "source.updated")]
    SourceUpdated,
    /// A source was deleted.
    #[serde(rename = "source.deleted")]
    SourceDeleted,
    /// A source got a new secret.
    #[serde(rename = "source.secret_rotated")]
    SourceSecretRotated,
    /// The old secrets of a source were ended.
    #[serde(rename = "source.overlap_ended")]
    SourceOverlapEnded,
    /// A request that a source received was verified and accepted again.
    #[serde(rename = "source.request_replayed")]
    SourceRequestReplayed,
    /// A sample was sent to a source.
    #[serde(rename = "source.sample_sent")]
    SourceSampleSent,
    /// A rule was created.
    #[serde(rename = "rule.created")]
    RuleCreated,
    /// Settings of a rule were changed.
    #[serde(rename = "rule.updated")]
    RuleUpdated,
    /// A rule was deleted.
    #[serde(rename = "rule.deleted")]
    RuleDeleted,
    /// An action was created.
    #[serde(rename = "action.created")]
    ActionCreated,
    /// Settings of an action were changed.
    #[serde(rename = "action.updated")]
    ActionUpdated,
    /// An action was deleted.
    #[serde(rename = "action.deleted")]
    ActionDeleted,
    /// An action got a new signing secret.
    #[serde(rename = "action.secret_rotated")]
    ActionSecretRotated,
    /// The old signing secrets of an action were ended.
    #[serde(rename = "action.overlap_ended")]
    ActionOverlapEnded,
    /// An action was invoked.
    #[serde(rename = "action.invoked")]
    ActionInvoked,
    /// A workspace was created.
    #[serde(rename = "workspace.created")]
    WorkspaceCreated,
    /// Settings of a workspace were changed.
    #[serde(rename = "workspace.updated")]
    WorkspaceUpdated,
    /// A workspace was deleted.
    #[serde(rename = "workspace.deleted")]
    WorkspaceDeleted,
    /// An API key was created.
    #[serde(rename = "api_key.created")]
    ApiKeyCreated,
    /// An API key got a new secret.
    #[serde(rename = "api_key.rotated")]
    ApiKeyRotated,
    /// An API key was deleted.
    #[serde(rename = "api_key.deleted")]
    ApiKeyDeleted,
    /// A session was opened.
    #[serde(rename = "session.created")]
    SessionCreated,
    /// A session was ended by its holder.
    #[serde(rename = "session.deleted")]
    SessionDeleted,
    /// A portal link was made.
    #[serde(rename = "portal_link.created")]
    PortalLinkCreated,
    /// A portal link was revoked.
    #[serde(rename = "portal_link.deleted")]
    PortalLinkDeleted,
    /// An event type was described.
    #[serde(rename = "event_type.created")]
    EventTypeCreated,
    /// The description of an event type was changed.
    #[serde(rename = "event_type.updated")]
    EventTypeUpdated,
    /// An event type got a new version of its schema.
    #[serde(rename = "event_type.version_added")]
    EventTypeVersionAdded,
    /// The description of an event type was deleted.
    #[serde(rename = "event_type.deleted")]
    EventTypeDeleted,
    /// The data of an event was erased.
    #[serde(rename = "event.erased")]
    EventErased,
    /// An event was sent again to chosen endpoints.
    #[serde(rename = "event.replayed")]
    EventReplayed,
    /// A delivery was sent again.
    #[serde(rename = "delivery.replayed")]
    DeliveryReplayed,
    /// The replay of a window was begun.
    #[serde(rename = "replay.started")]
    ReplayStarted,
    /// The replay of a window was cancelled.
    #[serde(rename = "replay.cancelled")]
    ReplayCancelled,
}

impl Action {
    /// Whether the entry also stands in the list of the installation: a workspace that comes or goes concerns those who
    /// operate it, and they must find it without knowing its id.
    pub fn concerns_installation(self) -> bool {
        matches!(self, Self::WorkspaceCreated | Self::WorkspaceDeleted)
    }
}

/// What was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", content = "id", rename_all = "snake_case")]
pub enum Target {
    /// A workspace.
    Workspace(WorkspaceId),
    /// An endpoint.
    Endpoint(EndpointId),
    /// An API key.
    ApiKey(ApiKeyId),
    /// A session.
    Session(SessionId),
    /// A portal link.
    PortalLink(PortalLinkId),
    /// An event.
    Event(EventId),
    /// A delivery.
    Delivery(DeliveryId),
    /// The replay of a window.
    Replay(ReplayId),
    /// A source.
    Source(SourceId),
    /// A rule.
    Rule(RuleId),
    /// The invocation of an action.
    Invocation(InvocationId),
    /// An event type of the catalogue.
    EventType(EventType),
}

/// The error for a text that is the id of nothing that has audit entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be the id of a workspace, endpoint, API key, session, portal link, event, delivery, replay, source, rule or invocation, or the name of an event type"
)]
pub struct BadTarget;

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Workspace(id) => id.fmt(f),
            Self::Endpoint(id) => id.fmt(f),
            Self::ApiKey(id) => id.fmt(f),
            Self::Session(id) => id.fmt(f),
            Self::PortalLink(id) => id.fmt(f),
            Self::Event(id) => id.fmt(f),
            Self::Delivery(id) => id.fmt(f),
            Self::Replay(id) => id.fmt(f),
            Self::Source(id) => id.fmt(f),
            Self::Rule(id) => id.fmt(f),
            Self::Invocation(id) => id.fmt(f),
            Self::EventType(name) => name.fmt(f),
        }
    }
}

impl FromStr for Target {
    type Err = BadTarget;

    fn from_str(text: &str) -> Result<Self, BadTarget> {
        let workspace = text.parse().map(Self::Workspace).ok();
        let target = workspace
            .or_else(|| text.parse().map(Self::Endpoint).ok())
            .or_else(|| text.parse().map(Self::ApiKey).ok())
            .or_else(|| text.parse().map(Self::Session).ok())
            .or_else(|| text.parse().map(Self::PortalLink).ok())
            .or_else(|| text.parse().map(Self::Event).ok())
            .or_else(|| text.parse().map(Self::Delivery).ok())
            .or_else(|| text.parse().map(Self::Replay).ok())
            .or_else(|| text.parse().map(Self::Source).ok())
            .or_else(|| text.parse().map(Self::Rule).ok())
            .or_else(|| text.parse().map(Self::Invocation).ok())
            // A name could look like an id, of another kind or one with a slip.
            .or_else(|| {
                EventType::parse(text).ok().filter(|_| !begins_like_an_id(text)).map(Self::EventType)
            });
        target.ok_or(BadTarget)
    }
}

/// Whether a text begins with the prefix of an id: lower-case letters and `_`, without a dot.
fn begins_like_an_id(text: &str) -> bool {
    let prefix = text.split_once('_').map_or("", |(prefix, _)| prefix);
    !text.contains('.')
        && (2..=4).contains(&prefix.len())
        && prefix.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// What was done, to what, in which workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The workspace it belongs to; `None` for what belongs to the installation: API keys for all workspaces.
    pub workspace_id: Option<WorkspaceId>,
    /// The kind of the change.
    pub action: Action,
    /// What was changed.
    pub target: Target,
    /// The changed members.
    pub changes: Changes,
}

impl Change {
    /// The change of an endpoint.
    pub fn of_endpoint(action: Action, endpoint: &Endpoint, changes: Changes) -> Self {
        let (workspace_id, target) = (Some(endpoint.workspace_id), Target::Endpoint(endpoint.id));
        Self { workspace_id, action, target, changes }
    }

    /// The change of an action. Its target is the action's endpoint, whose id is never another's; its name may be.
    pub fn of_action(action: Action, changed: &crate::action::Action, changes: Changes) -> Self {
        let (workspace_id, target) = (Some(changed.workspace_id()), Target::Endpoint(changed.endpoint_id()));
        Self { workspace_id, action, target, changes }
    }

    /// The invocation of an action.
    pub fn of_invocation(invocation: &Invocation, changes: Changes) -> Self {
        let (workspace_id, target) = (Some(invocation.workspace_id), Target::Invocation(invocation.id));
        let changes = changes.named(invocation.action.as_str());
        Self { workspace_id, action: Action::ActionInvoked, target, changes }
    }

    /// The change of a source.
    pub fn of_source(action: Action, source: &Source, changes: Changes) -> Self {
        let (workspace_id, target) = (Some(source.workspace_id), Target::Source(source.id));
        let changes = changes.named(&source.settings.name);
        Self { workspace_id, action, target, changes }
    }

    /// The change of a rule.
    pub fn of_rule(action: Action, rule: &Rule, changes: Changes) -> Self {
        let (workspace_id, target) = (Some(rule.workspace_id), Target::Rule(rule.id));
        Self { workspace_id, action, target, changes }
    }

    /// The change of an event type, which belongs to the installation.
    pub fn of_event_type(action: Action, name: &EventType, changes: Changes) -> Self {
        Self { workspace_id: None, action, target: Target::EventType(name.clone()), changes }
    }

    /// The change of a workspace.
    pub fn of_workspace(action: Action, workspace: WorkspaceId, changes: Changes) -> Self {
        Self { workspace_id: Some(workspace), action, target: Target::Workspace(workspace), changes }
    }

    /// The change of an API key, or of a login made with one.
    pub fn of_api_key(action: Action, key: &ApiKey, changes: Changes) -> Self {
        let target = match key.login.as_deref().map(|login| &login.kind) {
            None => Target::ApiKey(key.id),
            Some(LoginKind::Session { id }) => Target::Session(*id),
            Some(LoginKind::PortalLink { id, .. }) => Target::PortalLink(*id),
        };
        Self { workspace_id: key.workspace_id, action, target, changes }
    }
}

/// One change, and who made it. An entry never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// The id; its time is that of the change.
    pub id: AuditEntryId,
    /// The workspace it belongs to; `None` for what belongs to the installation.
    pub workspace_id: Option<WorkspaceId>,
    /// Who made the change.
    pub actor: Actor,
    /// The kind of the change.
    pub action: Action,
    /// What was changed.
    pub target: Target,
    /// The changed members.
    #[serde(flatten)]
    pub changes: Changes,
    /// The id of the request that made it; `None` for a change without a request.
    pub request_id: Option<String>,
}

impl AuditEntry {
    /// The entry of a change that `actor` made in a request.
    pub fn new(id: AuditEntryId, actor: Actor, change: Change, request_id: Option<String>) -> Self {
        let Change { workspace_id, action, target, changes } = change;
        Self { id, workspace_id, actor, action, target, changes, request_id }
    }

    /// When the entry expires.
    pub fn expires_at(&self) -> Timestamp {
        self.id.time().plus(KEPT)
    }
}

/// Which entries are listed: all, or only those with these members.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only changes made with this API key, or in a session or portal link made with it.
    pub actor: Option<ApiKeyId>,
    /// Only changes of this kind.
    pub action: Option<Action>,
    /// Only changes of this target.
    pub target: Option<Target>,
}

impl AuditFilter {
    /// Whether it selects `entry`.
    pub fn selects(&self, entry: &AuditEntry) -> bool {
        let is_actor = |wanted| entry.actor.api_key() == Some(wanted);
        self.actor.is_none_or(is_actor)
            && self.action.is_none_or(|action| action == entry.action)
            && self.target.as_ref().is_none_or(|target| *target == entry.target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> AuditEntry {
        let at = Timestamp::from_millis(1_000);
        let actor = Actor::ApiKey { id: ApiKeyId::new(at, 1), name: "ops".to_owned() };
        let change =
            Change::of_workspace(Action::WorkspaceUpdated, WorkspaceId::new(at, 2), Changes::default());
        AuditEntry::new(AuditEntryId::new(at, 3), actor, change, Some("req_1".to_owned()))
    }

    /// Entries are kept in this form: a change of it must go on reading it.
    #[test]
    fn an_entry_is_written_so_and_read_back() {
        let written = serde_json::to_value(entry()).unwrap();
        let expected = serde_json::json!({
            "id": "aud_00000000Z80000000000000003",
            "workspace_id": "ws_00000000Z80000000000000002",
            "actor": { "type": "api_key", "id": "key_00000000Z80000000000000001", "name": "ops" },
            "action": "workspace.updated",
            "target": { "type": "workspace", "id": "ws_00000000Z80000000000000002" },
            "before": null, "after": null, "request_id": "req_1",
        });
        assert_eq!(written, expected);
        assert_eq!(serde_json::from_value::<AuditEntry>(written).unwrap(), entry());
        for (actor, word) in [(Actor::Operator, "operator"), (Actor::Posthorn, "posthorn")] {
            assert_eq!(serde_json::to_value(actor).unwrap(), serde_json::json!({ "type": word }));
        }
    }

    #[test]
    fn a_filter_selects_what_has_all_it_names() {
        let (entry, at) = (entry(), Timestamp::from_millis(1_000));
        let all = AuditFilter::default();
        let mine = AuditFilter { actor: Some(ApiKeyId::new(at, 1)), ..all.clone() };
        let updates = AuditFilter { action: Some(Action::WorkspaceUpdated), ..mine.clone() };
        let of_it = AuditFilter { target: Some(entry.target.clone()), ..updates.clone() };
        for filter in [all, mine.clone(), updates, of_it.clone()] {
            assert!(filter.selects(&entry), "{filter:?}");
        }
        for filter in [
            AuditFilter { actor: Some(ApiKeyId::new(at, 9)), ..of_it.clone() },
            AuditFilter { action: Some(Action::WorkspaceCreated), ..of_it.clone() },
            AuditFilter { target: Some(Target::Workspace(WorkspaceId::new(at, 9))), ..of_it },
        ] {
            assert!(!filter.selects(&entry), "{filter:?}");
        }
        assert!(!mine.selects(&AuditEntry { actor: Actor::Posthorn, ..entry }));
    }

    #[test]
    fn a_target_is_read_from_its_id() {
        let at = Timestamp::from_millis(1);
        for target in [
            Target::Workspace(WorkspaceId::new(at, 1)),
            Target::Endpoint(EndpointId::new(at, 1)),
            Target::ApiKey(ApiKeyId::new(at, 1)),
            Target::Event(EventId::new(at, 1)),
            Target::Delivery(DeliveryId::of(EventId::new(at, 1), EndpointId::new(at, 2))),
            Target::Replay(ReplayId::new(at, 1)),
            Target::Source(SourceId::new(at, 1)),
            Target::Invocation(InvocationId::new(at, 1)),
            Target::EventType(EventType::parse("invoice.paid").unwrap()),
            Target::EventType(EventType::parse("ping").unwrap()),
        ] {
            assert_eq!(target.to_string().parse(), Ok(target));
        }
        assert_eq!("aud_00000000Z80000000000000003".parse::<Target>(), Err(BadTarget));
    }
}
