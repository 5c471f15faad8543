//! Which events does a caller see, and how is an event's data erased?
//! The events of a workspace, newest first; one event with its data; the erasure of its data.

use domain::access::api_key::{ApiKey, Scope};
use domain::audit::changes::Changes;
use domain::audit::{Action, Change, Target};
use domain::event::Event;
use domain::event::event_type::EventTypePattern;
use domain::id::EventId;
use domain::problem::Problem;
use domain::uid::WorkspaceIdOrUid;
use serde_json::{Value, json};
use store::Order;

use crate::error::UseCaseError;
use crate::manage::listing::{ListPage, Rows, Span};
use crate::manage::management::Management;

/// A page of a workspace's events.
#[derive(Debug, Clone)]
pub struct EventListing {
    /// The workspace whose events are listed; the caller's workspace, if `None`.
    pub workspace: Option<WorkspaceIdOrUid>,
    /// Only events of these types; empty for all types.
    pub types: Vec<EventTypePattern>,
    /// Only events accepted in this window.
    pub span: Span,
    /// Which rows of the list.
    pub rows: Rows<EventId>,
}

/// Events of a workspace, newest first; of the ledgers what the caller may know.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller lacks the scope, or the workspace is unknown.
pub async fn list_events(
    management: &Management,
    caller: &ApiKey,
    listing: EventListing,
) -> Result<ListPage<Event, EventId>, UseCaseError> {
    caller.require(Scope::EventsRead)?;
    let EventListing { workspace, types, span, rows } = listing;
    let workspace = management.workspace(caller, workspace).await?;
    let now = management.context.clock.now();
    let listing = rows.listing(Order::NewestFirst, span.within(&workspace, now)?, types.as_slice());
    let mut read = management.context.store.list_events(workspace.id, &listing, now).await?;
    management.context.leave_out_hidden(caller, workspace.id, read.rows.iter_mut()).await?;
    Ok(rows.page(listing.order, read))
}

/// An event with its data, and of its ledger what the caller may know.
///
/// # Errors
/// [`Problem::NotFound`] when the event does not exist, has expired, or belongs to another workspace.
pub async fn read_event(
    management: &Management,
    caller: &ApiKey,
    workspace: Option<WorkspaceIdOrUid>,
    id: EventId,
) -> Result<Event, UseCaseError> {
    caller.require(Scope::EventsRead)?;
    let workspace = management.workspace(caller, workspace).await?;
    let event = management.context.store.load_event(workspace.id, id, management.context.clock.now()).await?;
    let mut event = event.ok_or(Problem::NotFound("event"))?;
    management.context.leave_out_hidden(caller, workspace.id, std::iter::once(&mut event)).await?;
    Ok(event)
}

/// Erases the data of an event now; its ledger and its deliveries stay.
///
/// # Errors
/// [`Problem::NotFound`] as for [`read_event`].
pub async fn erase_event(
    management: &Management,
    caller: &ApiKey,
    workspace: Option<WorkspaceIdOrUid>,
    id: EventId,
) -> Result<(), UseCaseError> {
    caller.require(Scope::Events)?;
    let workspace = management.workspace(caller, workspace).await?;
    let now = management.context.clock.now();
    let change = Change {
        workspace_id: Some(workspace.id),
        action: Action::EventErased,
        target: Target::Event(id),
        changes: Changes::of_member("erased_at", Value::Null, json!(now)),
    };
    let entry = management.context.entry(caller, change);
    match management.context.store.erase_payload(workspace.id, id, now, Some(&entry)).await? {
        true => Ok(()),
        false => Err(Problem::NotFound("event").into()),
    }
}
