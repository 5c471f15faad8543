//! Which deliveries does a workspace have, over all its endpoints?
//! One list without an index on the hot path: the events are walked and each delivery's key is derived from their ledgers;
//! only failed and parked deliveries, which have an index anyway, are merged from it.

mod ledger_walk;
mod position;
mod undelivered_merge;

pub use position::Position;

use std::collections::HashSet;

use domain::access::api_key::{ApiKey, Scope};
use domain::delivery::{Delivery, DeliveryStatus};
use domain::event::event_type::{EventType, EventTypePattern, wants};
use domain::event::ledger::SkipReason;
use domain::id::{EndpointId, EndpointKey, EventId, WorkspaceId};
use domain::policy::outcome::ErrorClass;
use domain::problem::Problem;
use domain::timestamp::Timestamp;
use domain::uid::{EndpointIdOrUid, WorkspaceIdOrUid};
use store::{Order, Window};

use crate::context::Context;
use crate::error::UseCaseError;
use crate::manage::deleted_endpoints::endpoints_with_deleted;
use crate::manage::listing::{Anchor, ListPage, Rows, Span};
use crate::manage::management::Management;

/// The most rows of deliveries that are read for one page. Then it ends, short as it may be.
const EXAMINED_AT_MOST: usize = 2_000;
/// The most partitions of the index that are merged. A workspace with more endpoints is walked: merging reads each
/// partition, even of endpoints that never fail.
const MERGED_AT_MOST: usize = 100;
/// The most of a list that goes on, if endpoints were added meanwhile.
const MERGED_AT_MOST_GOING_ON: usize = 10 * MERGED_AT_MOST;

/// A page of a workspace's deliveries.
#[derive(Debug, Clone)]
pub struct WorkspaceListing {
    /// The workspace whose deliveries are listed; the caller's workspace, if `None`.
    pub workspace: Option<WorkspaceIdOrUid>,
    /// Only these deliveries.
    pub filter: WorkspaceFilter,
    /// Only deliveries of events accepted in this window.
    pub span: Span,
    /// Which rows of the list.
    pub rows: Rows<Position>,
}

/// The filter of the list. An empty list of values selects all.
#[derive(Debug, Clone, Default)]
pub struct WorkspaceFilter {
    /// Only deliveries with one of these statuses.
    pub statuses: Vec<DeliveryStatus>,
    /// Endpoints that were skipped, too; only them, if no status is named.
    pub skipped: bool,
    /// Only deliveries to this endpoint.
    pub endpoint: Option<EndpointIdOrUid>,
    /// Only deliveries of these event types.
    pub types: Vec<EventTypePattern>,
    /// Only deliveries whose last attempt had one of these errors.
    pub errors: Vec<ErrorClass>,
}

/// A row of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listed {
    /// A delivery; `pending` until its first attempt.
    Delivery(Box<Delivery>),
    /// The endpoint got no delivery of the event.
    Skipped {
        /// The endpoint that was skipped.
        endpoint: EndpointId,
        /// The event that it did not get.
        event: EventId,
        /// The type of the event.
        event_type: EventType,
        /// Why it was skipped.
        reason: SkipReason,
    },
}

/// How far a list was looked through for one page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Searched {
    /// The number of deliveries looked at.
    pub deliveries: usize,
    /// The page has every delivery of events accepted later than this, and before what the page before has.
    pub back_to: Timestamp,
}

/// What one reading of the list needs.
struct Reading<'a> {
    context: &'a Context,
    workspace: WorkspaceId,
    window: Window,
    filter: &'a WorkspaceFilter,
    /// The endpoint of the filter.
    endpoint: Option<EndpointId>,
    /// The endpoints that the caller does not see.
    hidden: HashSet<EndpointId>,
    order: Order,
    limit: usize,
}

/// What was read, in the order of the reading.
struct Read<P> {
    rows: Vec<Listed>,
    /// Where the reading ended; `None` at the end of the list.
    stopped_at: Option<P>,
    /// Deliveries that were looked at.
    examined: usize,
}

/// Deliveries of a workspace, newest event first, and how far the list was looked through for them.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller lacks the scope, the workspace is unknown, or the cursor is another list's.
pub async fn list_workspace_deliveries(
    management: &Management,
    caller: &ApiKey,
    listing: WorkspaceListing,
) -> Result<(ListPage<Listed, Position>, Searched), UseCaseError> {
    caller.require(Scope::DeliveriesRead)?;
    let WorkspaceListing { workspace, mut filter, span, rows } = listing;
    let workspace = management.workspace(caller, workspace).await?;
    let context = &management.context;
    let window = span.within(&workspace, context.clock.now())?;
    let endpoint = match filter.endpoint.take() {
        None => None,
        Some(named) => match context.endpoint_id(caller, Some(workspace.id.into()), named).await {
            Err(UseCaseError::Problem(Problem::NotFound(_))) => {
                return Ok((ListPage::empty(), Searched { deliveries: 0, back_to: window.since }));
            }
            id => Some(id?),
        },
    };
    let (order, limit) = (rows.read_in(Order::NewestFirst), rows.limit);
    let hidden = context.hidden_from(caller, workspace.id).await?;
    let reading =
        Reading { context, workspace: workspace.id, window, filter: &filter, endpoint, hidden, order, limit };

    // A list goes on as it began: by the kind of its positions.
    let start = match rows.anchor {
        Anchor::First => None,
        Anchor::After(position) | Anchor::UpTo(position) => Some(position),
    };
    let read = match start {
        Some(Position::Undelivered(id)) => {
            let merged = reading.merged_statuses().ok_or_else(|| not_of_this_list(rows.anchor))?;
            if !reading.is_cheap(merged, MERGED_AT_MOST_GOING_ON).await? {
                return Err(not_of_this_list(rows.anchor).into());
            }
            reading.merge_undelivered(merged, Some(id)).await?.at(Position::Undelivered)
        }
        Some(Position::Ledger(boundary)) => reading.walk_ledgers(Some(boundary)).await?.at(Position::Ledger),
        None => match reading.cheap_to_merge().await? {
            Some(merged) => reading.merge_undelivered(merged, None).await?.at(Position::Undelivered),
            None => reading.walk_ledgers(None).await?.at(Position::Ledger),
        },
    };
    let page = rows.page_until(read.stopped_at, read.rows);
    let back_to = page.next.map_or(window.since, Position::time);
    Ok((page, Searched { deliveries: read.examined, back_to }))
}

impl Reading<'_> {
    /// The statuses to be merged from the index; `None` if the filter selects deliveries that it does not hold.
    fn merged_statuses(&self) -> Option<&[DeliveryStatus]> {
        let indexed =
            |status: &DeliveryStatus| matches!(status, DeliveryStatus::Failed | DeliveryStatus::Parked);
        let WorkspaceFilter { statuses, skipped, .. } = self.filter;
        (!skipped && !statuses.is_empty() && statuses.iter().all(indexed)).then_some(statuses)
    }

    /// The same, if few partitions hold them.
    async fn cheap_to_merge(&self) -> Result<Option<&[DeliveryStatus]>, UseCaseError> {
        let Some(statuses) = self.merged_statuses() else { return Ok(None) };
        Ok(self.is_cheap(statuses, MERGED_AT_MOST).await?.then_some(statuses))
    }

    /// Whether at most so many partitions hold the deliveries with these statuses, and all are of this workspace: the index is
    /// read by the endpoint's id alone.
    async fn is_cheap(&self, statuses: &[DeliveryStatus], partitions: usize) -> Result<bool, UseCaseError> {
        if let Some(endpoint) = self.endpoint {
            return Ok(self.context.has_or_had(EndpointKey::new(self.workspace, endpoint)).await?);
        }
        let most = partitions / statuses.len();
        Ok(self.endpoints(most).await?.len() <= most)
    }

    /// The endpoints whose deliveries are listed, deleted ones too. Where they are more than `most`, not all are given, but
    /// more than that.
    async fn endpoints(&self, most: usize) -> Result<Vec<EndpointId>, UseCaseError> {
        if let Some(endpoint) = self.endpoint {
            return Ok(vec![endpoint]);
        }
        Ok(endpoints_with_deleted(self.context, self.workspace, most).await?)
    }

    /// Whether the filter selects `delivery`.
    fn asks_for(&self, delivery: &Delivery) -> bool {
        let WorkspaceFilter { statuses, skipped, types, errors, .. } = self.filter;
        let any_status = statuses.is_empty() && !skipped;
        (any_status || statuses.contains(&delivery.status))
            && self.endpoint.is_none_or(|endpoint| delivery.endpoint_id == endpoint)
            && !self.hidden.contains(&delivery.endpoint_id)
            && wants(types, &delivery.event_type)
            && (errors.is_empty() || delivery.last_error.is_some_and(|error| errors.contains(&error)))
    }
}

impl WorkspaceFilter {
    /// Whether the filter selects endpoints that were skipped.
    fn asks_for_skipped(&self) -> bool {
        self.skipped && self.errors.is_empty()
    }
}

impl<P> Read<P> {
    /// The same with positions of the list.
    fn at(self, position: impl FnOnce(P) -> Position) -> Read<Position> {
        Read { rows: self.rows, stopped_at: self.stopped_at.map(position), examined: self.examined }
    }
}

/// A cursor that another list gave.
fn not_of_this_list(anchor: Anchor<Position>) -> Problem {
    let parameter = if matches!(anchor, Anchor::UpTo(_)) { "before" } else { "cursor" };
    Problem::invalid(parameter, "belongs to a list with another `status`")
}
