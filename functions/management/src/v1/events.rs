//! `/v1/events`: what was accepted, and every endpoint's fate.

use api::deliveries::LedgerRow;
use api::events::{Event, EventFilter, EventSummary};
use api::workspaces::OfWorkspace;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::id::{EndpointId, EventId};
use http_kit::{Caller, Id, Page, Query};
use usecases::manage::listing::{Rows, Span};
use usecases::manage::management::Management;
use usecases::manage::read_events::{self, EventListing};
use usecases::manage::read_ledger::{Fate, read_ledger};

use crate::v1::Answer;

pub(crate) async fn list(
    State(management): State<Management>,
    caller: Caller,
    Page { filter, after, limit }: Page<EventId, EventFilter>,
) -> Answer<Json<api::page::Page<EventSummary>>> {
    let EventFilter { workspace_id, event_type, since, until } = filter;
    let listing = EventListing {
        workspace: workspace_id,
        types: event_type.0,
        span: Span { since, until },
        before: after,
        limit,
    };
    let page = read_events::list_events(&management, &caller, listing).await?;
    Ok(Json(api::page::Page::of(page.rows.iter().map(EventSummary::from), page.next)))
}

pub(crate) async fn read(
    State(management): State<Management>,
    caller: Caller,
    Query(OfWorkspace { workspace_id }): Query<OfWorkspace>,
    Id(event): Id<EventId>,
) -> Answer<Json<Event>> {
    let event = read_events::read_event(&management, &caller, workspace_id, event).await?;
    Ok(Json(Event::from(&event)))
}

/// Every endpoint's fate: a delivery (`pending` until its first attempt) or the reason it was skipped.
pub(crate) async fn deliveries(
    State(management): State<Management>,
    caller: Caller,
    Page { filter: OfWorkspace { workspace_id }, after, limit }: Page<EndpointId, OfWorkspace>,
    Id(event): Id<EventId>,
) -> Answer<Json<api::page::Page<LedgerRow>>> {
    let page = read_ledger(&management, &caller, workspace_id, event, Rows { after, limit }).await?;
    let rows = page.rows.into_iter().map(|fate| match fate {
        Fate::Delivery(delivery) => LedgerRow::Delivery((*delivery).into()),
        Fate::Skipped(endpoint, reason) => LedgerRow::skipped(endpoint, reason),
    });
    Ok(Json(api::page::Page::of(rows, page.next)))
}

/// Erases the payload now; the ledger and the deliveries stay.
pub(crate) async fn erase(
    State(management): State<Management>,
    caller: Caller,
    Query(OfWorkspace { workspace_id }): Query<OfWorkspace>,
    Id(event): Id<EventId>,
) -> Answer<StatusCode> {
    read_events::erase_event(&management, &caller, workspace_id, event).await?;
    Ok(StatusCode::NO_CONTENT)
}
