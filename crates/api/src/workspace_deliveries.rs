//! What does the API show of all deliveries of a workspace? The shapes of `/v1/deliveries`.

use domain::delivery::DeliveryStatus;
use domain::event::event_type::EventType;
use domain::event::ledger::SkipReason;
use domain::id::{EndpointId, EventId};
use domain::policy::outcome::ErrorClass;
use domain::timestamp::Timestamp;
use domain::uid::{EndpointIdOrUid, WorkspaceIdOrUid};
use serde::{Deserialize, Serialize};

use crate::comma_list::comma_list;
use crate::deliveries::{Delivery, SkippedStatus};
use crate::events::EventTypes;
use crate::page::Page;

comma_list! {
    /// Statuses of rows, separated by commas.
    Statuses of ListedStatus, written by |status| status.as_str().to_owned()
}
comma_list! {
    /// Error classes, separated by commas.
    ErrorClasses of ErrorClass, written by |error| error.as_str().to_owned()
}

/// The status of a row: that of a delivery, or `skipped`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListedStatus {
    /// Waiting for its first attempt, or the first since a replay.
    Pending,
    /// Failed, and waiting to be tried again.
    Retrying,
    /// Answered with what counts as success.
    Delivered,
    /// Given up.
    Failed,
    /// Kept for later.
    Parked,
    /// Not attempted (again).
    Cancelled,
    /// The endpoint got no delivery.
    Skipped,
}

/// The parameters of a list of a workspace's deliveries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct WorkspaceDeliveryFilter {
    /// The workspace. Required with a key for all workspaces.
    pub workspace_id: Option<WorkspaceIdOrUid>,
    /// Only deliveries with one of these statuses, separated by commas. With `skipped`, endpoints that got no delivery are
    /// listed, too; all deliveries, and no skipped endpoints, if left out.
    #[serde(default)]
    pub status: Statuses,
    /// Only deliveries to this endpoint.
    pub endpoint_id: Option<EndpointIdOrUid>,
    /// Only deliveries of these event types and families, separated by commas.
    #[serde(default)]
    pub event_type: EventTypes,
    /// Only deliveries whose last attempt ended with one of these error classes, separated by commas.
    #[serde(default)]
    pub error: ErrorClasses,
    /// Only deliveries of events accepted at this time or later.
    pub since: Option<Timestamp>,
    /// Only deliveries of events accepted before this time.
    pub until: Option<Timestamp>,
}

/// A page of a list of a workspace's deliveries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WorkspaceDeliveryPage {
    /// The rows and the cursors of the pages beside this one.
    #[serde(flatten)]
    pub page: Page<WorkspaceDeliveryRow>,
    /// How far the list was looked through for this page.
    pub searched: SearchedDeliveries,
}

/// How far a list was looked through for one page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchedDeliveries {
    /// The number of deliveries that were looked at. Those of events of other types are not counted.
    #[cfg_attr(feature = "openapi", schema(examples(2000)))]
    pub deliveries: usize,
    /// The oldest time that was looked at; `next` continues from there.
    pub back_to: Timestamp,
}

/// A delivery, or an endpoint that was skipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum WorkspaceDeliveryRow {
    /// The endpoint gets the event.
    Delivery(Delivery),
    /// The endpoint was skipped.
    Skipped(SkippedDelivery),
}

/// An endpoint that got no delivery of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SkippedDelivery {
    /// The endpoint that was skipped.
    pub endpoint_id: EndpointId,
    /// The event that it did not get.
    pub event_id: EventId,
    /// The type of the event.
    pub event_type: EventType,
    /// Always `skipped`.
    pub status: SkippedStatus,
    /// Why the endpoint was skipped.
    pub reason: SkipReason,
    /// When the event was accepted.
    pub created_at: Timestamp,
}

impl ListedStatus {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        self.of_delivery().map_or("skipped", DeliveryStatus::as_str)
    }

    /// The status of a delivery; `None` for `skipped`.
    pub fn of_delivery(self) -> Option<DeliveryStatus> {
        match self {
            Self::Pending => Some(DeliveryStatus::Pending),
            Self::Retrying => Some(DeliveryStatus::Retrying),
            Self::Delivered => Some(DeliveryStatus::Delivered),
            Self::Failed => Some(DeliveryStatus::Failed),
            Self::Parked => Some(DeliveryStatus::Parked),
            Self::Cancelled => Some(DeliveryStatus::Cancelled),
            Self::Skipped => None,
        }
    }
}
