//! Which deliveries of a workspace are undelivered?
//! The work list: its endpoints' failed and parked deliveries, endpoint by endpoint.

use std::fmt;
use std::str::FromStr;

use domain::access::api_key::{ApiKey, Scope};
use domain::delivery::{Delivery, DeliveryStatus};
use domain::id::{DeliveryId, EndpointId, EndpointKey, SortableId as _};
use domain::problem::Problem;
use domain::uid::{EndpointIdOrUid, WorkspaceIdOrUid};
use serde::{Deserialize, Serialize};
use store::{Listing, Order, Window};

use crate::error::UseCaseError;
use crate::manage::listing::{Anchor, ListPage, Rows};
use crate::manage::management::Management;

/// The maximum number of endpoints read for one page: a workspace with very many healthy endpoints takes several pages,
/// which may be empty.
const ENDPOINTS_PER_PAGE: usize = 200;

/// A boundary between two pages. The list is made of segments: the deliveries of one endpoint that have one status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// The endpoint of the segment in which the boundary is.
    endpoint: EndpointId,
    /// The status of that segment, by its place in the list's order.
    status: usize,
    /// The delivery just before the boundary; none, if the boundary is at the beginning of the segment.
    after: Option<DeliveryId>,
}

/// A page of a workspace's undelivered deliveries.
#[derive(Debug, Clone)]
pub struct UndeliveredListing {
    /// The workspace whose deliveries are listed; the caller's workspace, if `None`.
    pub workspace: Option<WorkspaceIdOrUid>,
    /// Only deliveries to this endpoint.
    pub endpoint: Option<EndpointIdOrUid>,
    /// Only failed or only parked deliveries.
    pub status: Option<DeliveryStatus>,
    /// Which rows of the list.
    pub rows: Rows<Position>,
}

/// The undelivered deliveries of a workspace, oldest first for each endpoint.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller lacks the scope, the workspace is unknown, or `status` is another one.
pub async fn list_undelivered(
    management: &Management,
    caller: &ApiKey,
    listing: UndeliveredListing,
) -> Result<ListPage<Delivery, Position>, UseCaseError> {
    // 1. Which segments are read, and in which order?
    caller.require(Scope::DeliveriesRead)?;
    let UndeliveredListing { workspace, endpoint: only, status, rows } = listing;
    let statuses = statuses(status)?;
    let workspace = management.workspace(caller, workspace).await?.id;
    let only = match only {
        None => None,
        Some(named) => match management.context.endpoint_id(caller, Some(workspace.into()), named).await {
            Err(UseCaseError::Problem(Problem::NotFound(_))) => return Ok(ListPage::empty()),
            id => Some(id?),
        },
    };
    let subscriptions = management.context.cache.subscriptions(workspace).await?;
    let (order, now) = (rows.read_in(Order::OldestFirst), management.context.clock.now());
    // A deleted endpoint is listed only where it is asked for: nothing can be done about its deliveries.
    let deleted = match only.filter(|only| !subscriptions.iter().any(|known| known.id == *only)) {
        Some(id) => {
            let key = EndpointKey::new(workspace, id);
            management.context.store.load_deleted_endpoint(key, now).await?.map(|deleted| deleted.id)
        }
        None => None,
    };
    let endpoints = subscriptions.iter().map(|subscription| subscription.id).chain(deleted);
    let hidden = management.context.hidden_from(caller, workspace).await?;
    let endpoints = endpoints.filter(|id| only.is_none_or(|only| only == *id) && !hidden.contains(id));
    let segments = segments(endpoints, statuses.len(), rows.anchor);

    // 2. Read them until the page is full.
    let (mut found, mut end, mut read_last) = (Vec::new(), None, None);
    for (number, start) in segments.into_iter().enumerate() {
        if found.len() == rows.limit || number == ENDPOINTS_PER_PAGE * statuses.len() {
            // Backwards, this segment ends where the one that was read last begins.
            end = if order == Order::OldestFirst { Some(start) } else { read_last };
            break;
        }
        let listing = Listing {
            order,
            beyond: beyond(start, rows.anchor),
            window: Window::everything(),
            filter: statuses[start.status],
            limit: rows.limit - found.len(),
        };
        let read = management.context.store.list_undelivered(start.endpoint, &listing, now).await?;
        // The caller of a test has seen its result: a failed test leaves nothing to do.
        found.extend(read.rows.into_iter().filter(|delivery| !delivery.is_test));
        if let Some(last) = read.next {
            let after = if order == Order::OldestFirst { last } else { last.predecessor() };
            end = Some(Position { after: Some(after), ..start });
            break;
        }
        read_last = Some(start);
    }
    Ok(rows.page_until(end, found))
}

/// The beginnings of the segments to read, in the order in which they are read.
fn segments(
    endpoints: impl Iterator<Item = EndpointId>,
    statuses: usize,
    anchor: Anchor<Position>,
) -> Vec<Position> {
    let starts = endpoints
        .flat_map(|endpoint| (0..statuses).map(move |status| Position { endpoint, status, after: None }));
    match anchor {
        Anchor::First => starts.collect(),
        Anchor::After(boundary) => {
            let first = Position { after: None, ..boundary };
            starts.filter(|start| *start >= first).collect()
        }
        Anchor::UpTo(boundary) => {
            let mut before: Vec<_> = starts.filter(|start| *start < boundary).collect();
            before.reverse();
            before
        }
    }
}

/// The delivery beyond which a segment is read, if the page begins or ends in it.
fn beyond(segment: Position, anchor: Anchor<Position>) -> Option<DeliveryId> {
    let within =
        |boundary: Position| boundary.after.filter(|_| segment == Position { after: None, ..boundary });
    match anchor {
        Anchor::First => None,
        Anchor::After(boundary) => within(boundary),
        Anchor::UpTo(boundary) => within(boundary).map(DeliveryId::successor),
    }
}

/// The undelivered statuses, in the order of the list.
fn statuses(asked: Option<DeliveryStatus>) -> Result<Vec<DeliveryStatus>, Problem> {
    match asked {
        None => Ok(vec![DeliveryStatus::Failed, DeliveryStatus::Parked]),
        Some(status @ (DeliveryStatus::Failed | DeliveryStatus::Parked)) => Ok(vec![status]),
        Some(_) => Err(Problem::invalid("status", "must be failed or parked")),
    }
}

/// A cursor's content.
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Position {
    type Err = serde_json::Error;

    fn from_str(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}
