//! Which events does a caller see, and how is one forgotten? Those of a workspace, newest first; the data of one can be
//! erased.

use domain::access::api_key::{ApiKey, Scope};
use domain::event::Event;
use domain::event::event_type::EventTypePattern;
use domain::id::{EventId, WorkspaceId};
use domain::problem::Problem;
use store::Page;

use crate::error::UseCaseError;
use crate::manage::listing::Span;
use crate::manage::management::Management;

/// A page of a workspace's events.
#[derive(Debug, Clone)]
pub struct EventListing {
    /// Whose events; the caller's own workspace, if `None`.
    pub workspace: Option<WorkspaceId>,
    /// Only of these types; empty for all.
    pub types: Vec<EventTypePattern>,
    /// Only of this time.
    pub span: Span,
    /// The last event of the page before.
    pub before: Option<EventId>,
    /// Most events of the page.
    pub limit: usize,
}

/// Events of a workspace, newest first.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller may not, or the workspace is unknown.
pub async fn list_events(
    management: &Management,
    caller: &ApiKey,
    listing: EventListing,
) -> Result<Page<Event, EventId>, UseCaseError> {
    caller.require(Scope::EventsRead)?;
    let EventListing { workspace, types, span, before, limit } = listing;
    let workspace = management.workspace(caller, workspace).await?;
    let now = management.context.clock.now();
    let window = span.within(&workspace, now)?;
    Ok(management.context.store.list_events(workspace.id, before, window, &types, now, limit).await?)
}

/// An event with its data.
///
/// # Errors
/// [`Problem::NotFound`] when there is none, it has expired, or it belongs to another workspace.
pub async fn read_event(
    management: &Management,
    caller: &ApiKey,
    workspace: Option<WorkspaceId>,
    id: EventId,
) -> Result<Event, UseCaseError> {
    caller.require(Scope::EventsRead)?;
    let workspace = management.workspace(caller, workspace).await?;
    let event = management.context.store.load_event(workspace.id, id, management.context.clock.now()).await?;
    Ok(event.ok_or(Problem::NotFound("event"))?)
}

/// Erases the data of an event now; its ledger and its deliveries stay.
///
/// # Errors
/// [`Problem::NotFound`] as for [`read_event`].
pub async fn erase_event(
    management: &Management,
    caller: &ApiKey,
    workspace: Option<WorkspaceId>,
    id: EventId,
) -> Result<(), UseCaseError> {
    caller.require(Scope::Events)?;
    let workspace = management.workspace(caller, workspace).await?;
    let now = management.context.clock.now();
    match management.context.store.erase_payload(workspace.id, id, now).await? {
        true => Ok(()),
        false => Err(Problem::NotFound("event").into()),
    }
}
