//! How is something sent again by hand? The shapes of `…/replay` and `/v1/replays`.

use domain::delivery::replay::{Progress, Replay as DomainReplay, ReplaySettings, ReplayStatus, Selection};
use domain::event::event_type::EventTypePattern;
use domain::id::{EndpointId, ReplayId, WorkspaceId};
use domain::timestamp::Timestamp;
use domain::uid::{EndpointIdOrUid, WorkspaceIdOrUid};
use serde::{Deserialize, Serialize};

use crate::deliveries::Delivery;

/// The options of the replay of one delivery.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReplayDelivery {
    /// Whether a delivery that succeeded is sent again.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(default = false))]
    pub force: bool,
}

/// The endpoints that an event is sent to again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", schema(examples(json!({
    "workspace_id": "ws_01M7Z294KETHNPJB3QG0VDG1JA", "endpoint_ids": ["we_01M7Z294KETHNPJB3QG0VDG1JA"],
}))))]
pub struct ReplayEvent {
    /// The endpoints, 1 to 100.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 100))]
    pub endpoint_ids: Vec<EndpointIdOrUid>,
    /// The workspace. Required with a key for all workspaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceIdOrUid>,
    /// Whether endpoints that accepted the event get it again.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(default = false))]
    pub force: bool,
}

/// The window of an endpoint's deliveries that is sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", schema(examples(json!({ "since": "2026-11-21T12:45:00.000Z", "status": "all", "dry_run": true }))))]
pub struct ReplayWindow {
    /// The start of the window, by the time when events were accepted; before `until` and now.
    pub since: Timestamp,
    /// The end of the window, exclusive; the time of the request if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The deliveries that are sent.
    #[serde(default)]
    pub status: Selection,
    /// Only events of these types and families; an empty list means all.
    #[serde(default)]
    pub event_types: Vec<EventTypePattern>,
    /// Whether deliveries that succeeded are sent again, too (with the status `failed` or `all`).
    #[serde(default)]
    pub include_delivered: bool,
    /// Whether deliveries are only counted, and nothing is sent.
    #[serde(default)]
    pub dry_run: bool,
}

/// The replay of a window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Replay {
    /// The id of the replay. The deliveries that it sends carry it as `replay_id`.
    pub id: ReplayId,
    /// The workspace of the replay.
    pub workspace_id: WorkspaceId,
    /// The endpoint whose deliveries are sent.
    pub endpoint_id: EndpointId,
    /// The status of the replay.
    pub status: ReplayStatus,
    /// The window and the selection.
    pub settings: ReplaySettings,
    /// The number of deliveries and events examined so far.
    #[cfg_attr(feature = "openapi", schema(examples(120)))]
    pub examined: u64,
    /// The number of deliveries sent so far.
    #[cfg_attr(feature = "openapi", schema(examples(7)))]
    pub sent: u64,
    /// The number of deliveries to send, as counted when the replay began; `null` if there were too many to count.
    /// Deliveries that succeed meanwhile, or come, are not counted anew.
    #[cfg_attr(feature = "openapi", schema(examples(12)))]
    pub total: Option<u64>,
    /// The progress of the replay.
    pub progress: Progress,
    /// When the replay was created.
    pub created_at: Timestamp,
    /// When the replay last made progress.
    pub updated_at: Timestamp,
}

/// The result of a dry run: what the replay of a window would send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DryRun {
    /// The number of deliveries; a lower bound if `complete` is false.
    #[cfg_attr(feature = "openapi", schema(examples(2)))]
    pub count: usize,
    /// Whether the whole window was examined.
    #[cfg_attr(feature = "openapi", schema(examples(true)))]
    pub complete: bool,
    /// The first 10 deliveries.
    #[cfg_attr(feature = "openapi", schema(max_items = 10))]
    pub samples: Vec<Delivery>,
}

/// The result of the replay of an event: the delivery to each endpoint is in one of three lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplayedEvent {
    /// Deliveries that are sent again.
    pub data: Vec<Delivery>,
    /// Deliveries that are not sent again because they are pending or will be retried.
    pub on_their_way: Vec<Delivery>,
    /// Deliveries that are not sent again because the endpoint accepted them.
    pub already_delivered: Vec<Delivery>,
}

impl From<ReplayWindow> for ReplaySettings {
    fn from(window: ReplayWindow) -> Self {
        let ReplayWindow { since, until, status, event_types, include_delivered, dry_run: _ } = window;
        Self { since, until, status, event_types, include_delivered }
    }
}

impl From<DomainReplay> for Replay {
    fn from(replay: DomainReplay) -> Self {
        Self {
            id: replay.id,
            workspace_id: replay.workspace_id,
            endpoint_id: replay.endpoint_id,
            status: replay.status,
            settings: replay.settings,
            examined: replay.examined,
            sent: replay.sent,
            total: replay.total,
            progress: replay.progress,
            created_at: replay.created_at,
            updated_at: replay.updated_at,
        }
    }
}
