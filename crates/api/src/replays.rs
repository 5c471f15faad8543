//! How is something sent again by hand? The shapes of `…/replay` and `/v1/replays`.

use domain::delivery::replay::{Progress, Replay as DomainReplay, ReplaySettings, ReplayStatus, Selection};
use domain::event::event_type::EventTypePattern;
use domain::id::{EndpointId, ReplayId, WorkspaceId};
use domain::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

use crate::deliveries::Delivery;

/// Sends one delivery again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplayDelivery {
    /// Also if it has arrived.
    #[serde(default)]
    pub force: bool,
}

/// Sends an event again, to chosen endpoints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplayEvent {
    /// 1 to 100 endpoints.
    pub endpoint_ids: Vec<EndpointId>,
    /// Required with a key that opens all workspaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    /// Also to those it has reached.
    #[serde(default)]
    pub force: bool,
}

/// Sends a window of an endpoint again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplayWindow {
    /// Events accepted from then on.
    pub since: Timestamp,
    /// Events accepted before then; now, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Which deliveries.
    #[serde(default)]
    pub status: Selection,
    /// Only of these event types and families; empty for all.
    #[serde(default)]
    pub event_types: Vec<EventTypePattern>,
    /// Also what has arrived.
    #[serde(default)]
    pub include_delivered: bool,
    /// Send nothing: count.
    #[serde(default)]
    pub dry_run: bool,
}

/// The replay of a window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// `rep_` and a ULID; the deliveries it sends carry it.
    pub id: ReplayId,
    /// The workspace it belongs to.
    pub workspace_id: WorkspaceId,
    /// Whose deliveries.
    pub endpoint_id: EndpointId,
    /// Whether it goes on.
    pub status: ReplayStatus,
    /// What it goes through.
    pub settings: ReplaySettings,
    /// How many deliveries and events it looked at.
    pub examined: u64,
    /// How many it sent.
    pub sent: u64,
    /// How far it has come.
    pub progress: Progress,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last made progress.
    pub updated_at: Timestamp,
}

/// What the replay of a window would send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DryRun {
    /// How many deliveries; at least so many, if not `complete`.
    pub count: usize,
    /// Whether the whole window was gone through.
    pub complete: bool,
    /// The first of them.
    pub samples: Vec<Delivery>,
}

/// What became of an event that was sent again: each chosen endpoint's delivery is in one of the lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayedEvent {
    /// Sent again.
    pub data: Vec<Delivery>,
    /// Not sent again, because they go out by themselves.
    pub on_their_way: Vec<Delivery>,
    /// Not sent again, because they have arrived.
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
            progress: replay.progress,
            created_at: replay.created_at,
            updated_at: replay.updated_at,
        }
    }
}
