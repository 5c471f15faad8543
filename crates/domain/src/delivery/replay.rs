//! Which deliveries does a replay of a window send again?
//! A replay reads a window of an endpoint's deliveries and events, oldest first, and sends those that its selection names.
//! Deliveries that succeeded are sent again only on request.

use serde::{Deserialize, Serialize};

use crate::delivery::{Delivery, DeliveryStatus};
use crate::event::event_type::EventTypePattern;
use crate::event::operational;
use crate::id::{DeliveryId, EndpointId, EventId, ReplayId, WorkspaceId};
use crate::timestamp::Timestamp;

/// Which deliveries a replay sends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    /// Deliveries that failed for good or were cancelled.
    #[default]
    Failed,
    /// Events that match the endpoint's subscription and have no delivery to it: it was switched off, or did not exist.
    Skipped,
    /// Both of them.
    All,
}

/// The settings of a replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplaySettings {
    /// The start of the window, by acceptance of the event.
    pub since: Timestamp,
    /// The end of the window, exclusive; now, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Which deliveries are sent.
    #[serde(default)]
    pub status: Selection,
    /// Only events of these types; empty for all types.
    #[serde(default)]
    pub event_types: Vec<EventTypePattern>,
    /// Whether deliveries that succeeded are sent again, too.
    #[serde(default)]
    pub include_delivered: bool,
}

/// The status of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplayStatus {
    /// The replay is in progress.
    Running,
    /// The whole window was read; deliveries may still be under way.
    Completed,
    /// The replay was cancelled by hand, or its endpoint was switched off or deleted.
    Cancelled,
}

/// The progress of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Progress {
    /// Reading deliveries, after this one.
    Deliveries {
        /// The last one that was read.
        after: Option<DeliveryId>,
    },
    /// Reading events that the endpoint did not get, after this one.
    Events {
        /// The last one that was read.
        after: Option<EventId>,
    },
    /// The whole window was read.
    Over,
}

/// The replay of a window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// The replay's id, which is also in the rows of the deliveries that it sends.
    pub id: ReplayId,
    /// The workspace of the endpoint.
    pub workspace_id: WorkspaceId,
    /// The endpoint whose deliveries are sent.
    pub endpoint_id: EndpointId,
    /// The window and the selection.
    pub settings: ReplaySettings,
    /// The current status.
    pub status: ReplayStatus,
    /// The number of deliveries and events read so far.
    pub examined: u64,
    /// The number of deliveries sent so far.
    pub sent: u64,
    /// The position in the window.
    pub progress: Progress,
    /// When the replay was created.
    pub created_at: Timestamp,
    /// When the replay last made progress.
    pub updated_at: Timestamp,
}

impl ReplaySettings {
    /// The position at which the replay begins.
    pub fn first(&self) -> Progress {
        match self.status {
            Selection::Failed | Selection::All => Progress::Deliveries { after: None },
            Selection::Skipped => Progress::Events { after: None },
        }
    }

    /// The phase that follows when all deliveries were read.
    pub fn after_deliveries(&self) -> Progress {
        match self.status {
            Selection::All | Selection::Skipped => Progress::Events { after: None },
            Selection::Failed => Progress::Over,
        }
    }

    /// Whether a delivery is sent again.
    pub fn selects(&self, delivery: &Delivery) -> bool {
        match delivery.status {
            // The caller of a test event has seen its result: there is nothing to send again.
            _ if operational::is_test(&delivery.event_type) => false,
            DeliveryStatus::Failed | DeliveryStatus::Cancelled => true,
            DeliveryStatus::Delivered => self.include_delivered,
            // These are sent without a replay.
            DeliveryStatus::Pending | DeliveryStatus::Retrying | DeliveryStatus::Parked => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(json: serde_json::Value) -> ReplaySettings {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn what_succeeded_is_sent_again_only_when_asked_for() {
        let at = Timestamp::from_millis(0);
        let event_type = crate::event::event_type::EventType::parse("a").unwrap();
        let (ws, we, evt) = (WorkspaceId::new(at, 1), EndpointId::new(at, 1), EventId::new(at, 1));
        let mut delivery = Delivery::new(ws, we, evt, event_type, at);
        let plain = settings(serde_json::json!({ "since": at }));
        let forced = settings(serde_json::json!({ "since": at, "include_delivered": true }));
        for (status, expected) in [
            (DeliveryStatus::Failed, (true, true)),
            (DeliveryStatus::Cancelled, (true, true)),
            (DeliveryStatus::Delivered, (false, true)),
            (DeliveryStatus::Retrying, (false, false)),
            (DeliveryStatus::Parked, (false, false)),
            (DeliveryStatus::Pending, (false, false)),
        ] {
            delivery.status = status;
            assert_eq!((plain.selects(&delivery), forced.selects(&delivery)), expected, "{status:?}");
        }
        delivery.event_type =
            crate::event::event_type::EventType::parse(operational::TEST_EVENT_TYPE).unwrap();
        for status in [DeliveryStatus::Failed, DeliveryStatus::Cancelled, DeliveryStatus::Delivered] {
            delivery.status = status;
            assert!(!plain.selects(&delivery) && !forced.selects(&delivery), "a test that is {status:?}");
        }
    }
}
