//! What is sent again by hand, and what not? A replay goes through a window of an endpoint's deliveries and events,
//! oldest first, and sends what its selection names. What already succeeded is sent again only if that was asked for.

use serde::{Deserialize, Serialize};

use crate::delivery::{Delivery, DeliveryStatus};
use crate::event::event_type::EventTypePattern;
use crate::id::{DeliveryId, EndpointId, EventId, ReplayId, WorkspaceId};
use crate::timestamp::Timestamp;

/// The deliveries that a replay sends: `failed` (those that failed or were cancelled), `skipped` (events that match the
/// endpoint's subscription but have no delivery to it), `all` (both) or `retrying` (those that wait for a retry).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    /// Those that were given up or cancelled.
    #[default]
    Failed,
    /// Events the endpoint wants and never got: it was switched off, or did not exist yet.
    Skipped,
    /// Both.
    All,
    /// Those that wait for their retry: they are sent at once, each with its whole schedule.
    Retrying,
}

/// The window and the selection of a replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReplaySettings {
    /// The start of the window, by the time when events were accepted.
    pub since: Timestamp,
    /// The end of the window, exclusive; the time of the request, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The deliveries that are sent.
    #[serde(default)]
    pub status: Selection,
    /// Only events of these types and families; an empty list means all.
    #[serde(default)]
    pub event_types: Vec<EventTypePattern>,
    /// Whether deliveries that succeeded are sent again, too.
    #[serde(default)]
    pub include_delivered: bool,
}

/// The status of a replay: `running`, `completed` (the whole window was examined; deliveries may still be under way) or
/// `cancelled` (by hand, or because the endpoint was switched off or deleted).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReplayStatus {
    /// It is being worked on.
    Running,
    /// Everything was gone through; the deliveries themselves may still be under way.
    Completed,
    /// It was stopped by hand, or its endpoint was switched off or deleted.
    Cancelled,
}

/// The progress of a replay: it goes through deliveries, then through events without a delivery, and then it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Progress {
    /// Going through deliveries, after this one.
    Deliveries {
        /// The last delivery that was examined.
        after: Option<DeliveryId>,
    },
    /// Going through events the endpoint did not get, after this one.
    Events {
        /// The last event that was examined.
        after: Option<EventId>,
    },
    /// Everything was gone through.
    Over,
}

/// A replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// Its id; the deliveries it sends carry it.
    pub id: ReplayId,
    /// The tenant.
    pub workspace_id: WorkspaceId,
    /// Whose deliveries.
    pub endpoint_id: EndpointId,
    /// What it goes through.
    pub settings: ReplaySettings,
    /// Whether it goes on.
    pub status: ReplayStatus,
    /// How many deliveries and events it looked at.
    pub examined: u64,
    /// How many it sent.
    pub sent: u64,
    /// How many it would send, as counted when it began; `None` if they were too many to count, or it was begun by a
    /// version that did not count.
    #[serde(default)]
    pub total: Option<u64>,
    /// How far it has come.
    pub progress: Progress,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last came further.
    pub updated_at: Timestamp,
}

impl ReplaySettings {
    /// Where to begin.
    pub fn first(&self) -> Progress {
        match self.status {
            Selection::Failed | Selection::All | Selection::Retrying => Progress::Deliveries { after: None },
            Selection::Skipped => Progress::Events { after: None },
        }
    }

    /// What comes when all deliveries were gone through.
    pub fn after_deliveries(&self) -> Progress {
        match self.status {
            Selection::All | Selection::Skipped => Progress::Events { after: None },
            Selection::Failed | Selection::Retrying => Progress::Over,
        }
    }

    /// Whether a delivery is sent again.
    pub fn selects(&self, delivery: &Delivery) -> bool {
        match delivery.status {
            // The caller of a test event had its answer at once: there is nothing to send again.
            _ if delivery.is_test => false,
            status if self.status == Selection::Retrying => status == DeliveryStatus::Retrying,
            DeliveryStatus::Failed | DeliveryStatus::Cancelled => true,
            DeliveryStatus::Delivered => self.include_delivered,
            // These go out by themselves.
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
            let retrying =
                settings(serde_json::json!({ "since": at, "status": "retrying", "include_delivered": true }));
            assert_eq!(retrying.selects(&delivery), status == DeliveryStatus::Retrying, "{status:?}");
        }
        delivery.is_test = true;
        for status in [DeliveryStatus::Failed, DeliveryStatus::Cancelled, DeliveryStatus::Delivered] {
            delivery.status = status;
            assert!(!plain.selects(&delivery) && !forced.selects(&delivery), "a test that is {status:?}");
        }
    }
}
