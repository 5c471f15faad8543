//! `/v1/events`: what was accepted, and every endpoint's fate.

use api::deliveries::LedgerRow;
use api::events::{Event, EventFilter, EventPage, EventSummary, Searched, SentKey};
use api::page::PageQuery;
use api::workspaces::OfWorkspace;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::id::{EndpointId, EventId};
use domain::problem::Problem;
use http_kit::{Caller, Id, InRequest, Page, Query};
use usecases::manage::listing::Span;
use usecases::manage::management::Management;
use usecases::manage::read_events::{self, EventListing};
use usecases::manage::read_ledger::{Fate, read_ledger};
use usecases::manage::search_events;

use crate::v1::Answer;

/// List events
///
/// The events of a workspace, newest first. With `text`, those whose payloads contain it: such a search ends its page after
/// 2,000 events or 16 MB of payloads, says in `searched` how far it looked, and goes on with `next`.
#[utoipa::path(
    get,
    path = "/v1/events",
    operation_id = "list_events",
    tag = "Events",
    params(EventFilter, PageQuery),
    responses((status = 200, description = "A page of events.", body = EventPage)),
)]
pub(crate) async fn list(
    State(management): State<Management>,
    caller: Caller,
    Page { filter, rows }: Page<EventId, EventFilter>,
) -> Answer<Json<EventPage>> {
    let EventFilter { workspace_id, event_type, since, until, uid, idempotency_key, text } = filter;
    let span = Span { since, until };
    let listing = EventListing { workspace: workspace_id, types: event_type.0, span, rows };
    let (page, searched) = match (uid, idempotency_key, text) {
        (None, None, None) => {
            (read_events::list_events(&management, &caller, listing).await?.map(summary), None)
        }
        (Some(uid), None, None) => {
            (search_events::find_event_by_uid(&management, &caller, listing, &uid).await?.map(summary), None)
        }
        (None, Some(SentKey(key)), None) => {
            let page = search_events::find_events_by_key(&management, &caller, listing, &key).await?;
            (page.map(summary), None)
        }
        (None, None, Some(text)) => {
            let (page, searched) = search_events::search_events(&management, &caller, listing, &text).await?;
            let found = |(event, excerpt)| EventSummary { excerpt: Some(excerpt), ..summary(event) };
            (page.map(found), Some(Searched { events: searched.events, back_to: searched.back_to }))
        }
        (None, Some(_), Some(_)) => {
            return Err(Problem::invalid("text", "cannot be combined with `idempotency_key`").into());
        }
        (Some(_), Some(_), _) | (Some(_), None, Some(_)) => {
            return Err(Problem::invalid("uid", "cannot be combined with `idempotency_key` or `text`").into());
        }
    };
    Ok(Json(EventPage { page: api::page::Page::of(page.rows, page.next, page.previous), searched }))
}

fn summary(event: domain::event::Event) -> EventSummary {
    EventSummary::from(&event)
}

/// Read an event
///
/// The event with its payload, byte for byte as it was sent.
#[utoipa::path(
    get,
    path = "/v1/events/{event}",
    operation_id = "read_event",
    tag = "Events",
    params(OfWorkspace),
    responses((status = 200, description = "The event.", body = Event)),
)]
pub(crate) async fn read(
    State(management): State<Management>,
    caller: Caller,
    Query(OfWorkspace { workspace_id }): Query<OfWorkspace>,
    Id(event): Id<EventId>,
) -> Answer<Json<Event>> {
    let event = read_events::read_event(&management, &caller, workspace_id, event).await?;
    Ok(Json(Event::from(&event)))
}

/// Read the ledger of an event
///
/// For every endpoint that existed when the event was accepted: its delivery (`pending` until its first attempt), or the
/// reason why it was skipped. Oldest endpoint first.
#[utoipa::path(
    get,
    path = "/v1/events/{event}/deliveries",
    operation_id = "read_ledger",
    tag = "Events",
    params(OfWorkspace, PageQuery),
    responses((status = 200, description = "A page of the ledger.", body = api::page::Page<LedgerRow>)),
)]
pub(crate) async fn deliveries(
    State(management): State<Management>,
    caller: Caller,
    Page { filter: OfWorkspace { workspace_id }, rows }: Page<EndpointId, OfWorkspace>,
    Id(event): Id<EventId>,
) -> Answer<Json<api::page::Page<LedgerRow>>> {
    let page = read_ledger(&management, &caller, workspace_id, event, rows).await?;
    let rows = page.rows.into_iter().map(|fate| match fate {
        Fate::Delivery(delivery) => LedgerRow::Delivery((*delivery).into()),
        Fate::Skipped(endpoint, reason) => LedgerRow::skipped(endpoint, reason),
    });
    Ok(Json(api::page::Page::of(rows, page.next, page.previous)))
}

/// Erase the data of an event
///
/// The payload is erased now; the ledger and the deliveries stay. No later attempt is made.
#[utoipa::path(
    delete,
    path = "/v1/events/{event}/data",
    operation_id = "erase_event_data",
    tag = "Events",
    params(OfWorkspace),
    responses((status = 204, description = "The data is erased.")),
)]
pub(crate) async fn erase(
    InRequest(management): InRequest<Management>,
    caller: Caller,
    Query(OfWorkspace { workspace_id }): Query<OfWorkspace>,
    Id(event): Id<EventId>,
) -> Answer<StatusCode> {
    read_events::erase_event(&management, &caller, workspace_id, event).await?;
    Ok(StatusCode::NO_CONTENT)
}
