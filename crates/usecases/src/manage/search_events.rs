//! Which event has a `uid`, which were sent under an `Idempotency-Key`, and which contain a text?
//! Searches of a workspace's events: by the rows of uids and claimed keys, and by a bounded scan of payloads.

use std::collections::BTreeSet;

use domain::access::api_key::{ApiKey, Scope};
use domain::event::event_type::wants;
use domain::event::{Event, MAX_BATCH_EVENTS};
use domain::id::{EventId, WorkspaceId};
use domain::search::PayloadPart;
use domain::timestamp::Timestamp;
use domain::uid::Uid;
use futures_util::future::try_join_all;
use store::Order;
use store::rows::event_lists::{EventSearch, SearchedEvents};

use crate::accept::idempotency::{key_of_batch, key_of_one};
use crate::error::{Fault, UseCaseError};
use crate::manage::listing::ListPage;
use crate::manage::management::Management;
use crate::manage::read_events::EventListing;

/// How far a search looked for one page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Searched {
    /// The number of events looked at.
    pub events: usize,
    /// The page has every event that was accepted at this time or later, and before what the page before has.
    pub back_to: Timestamp,
}

/// The event that has this uid, if there is one.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller lacks the scope, or the workspace is unknown.
pub async fn find_event_by_uid(
    management: &Management,
    caller: &ApiKey,
    listing: EventListing,
    uid: &Uid,
) -> Result<ListPage<Event, EventId>, UseCaseError> {
    caller.require(Scope::EventsRead)?;
    let EventListing { workspace, types, span, rows } = listing;
    let workspace = management.workspace(caller, workspace).await?;
    let (store, now) = (&management.context.store, management.context.clock.now());
    let window = span.within(&workspace, now)?;
    let id = store.event_of_uid(workspace.id, uid, now).await?;
    let mut events = store.listed_events(workspace.id, id.as_slice(), now).await?;
    events.retain(|event| window.holds(event.id.time()) && wants(&types, &event.event_type));
    management.context.leave_out_hidden(caller, workspace.id, events.iter_mut()).await?;
    Ok(rows.page_of(Order::NewestFirst, events, |event| event.id))
}

/// The events that were sent under an `Idempotency-Key` within the last 24 hours, newest first: one event, or those of a
/// batch except those whose ids the producer chose.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller lacks the scope, or the workspace is unknown.
pub async fn find_events_by_key(
    management: &Management,
    caller: &ApiKey,
    listing: EventListing,
    idempotency_key: &str,
) -> Result<ListPage<Event, EventId>, UseCaseError> {
    // 1. Which events may there be under the key?
    caller.require(Scope::EventsRead)?;
    let EventListing { workspace, types, span, rows } = listing;
    let workspace = management.workspace(caller, workspace).await?;
    let now = management.context.clock.now();
    let window = span.within(&workspace, now)?;
    let ids = claimed_ids(management, workspace.id, idempotency_key, now).await?;

    // 2. Which of them were accepted, and are asked for?
    let mut events = management.context.store.listed_events(workspace.id, &ids, now).await?;
    events.retain(|event| window.holds(event.id.time()) && wants(&types, &event.event_type));
    management.context.leave_out_hidden(caller, workspace.id, events.iter_mut()).await?;
    Ok(rows.page_of(Order::NewestFirst, events, |event| event.id))
}

/// The ids that follow from the claims of a key. A batch for several workspaces claims its key in none of them.
async fn claimed_ids(
    management: &Management,
    workspace: WorkspaceId,
    key: &str,
    now: Timestamp,
) -> Result<Vec<EventId>, Fault> {
    let keys = [key_of_one(workspace, key), key_of_batch(Some(workspace), key), key_of_batch(None, key)];
    let claims = keys.iter().map(|key| management.context.store.claimed_id(key, now));
    let claims = try_join_all(claims).await?;
    let [one, batches @ ..] = &claims[..] else { return Ok(Vec::new()) };
    let of_batches = batches
        .iter()
        .flatten()
        .flat_map(|first| (0..MAX_BATCH_EVENTS).map(|place| EventId::of_batch(*first, place)));
    // DynamoDB refuses to read one row twice in one batch.
    let ids: BTreeSet<_> = one.iter().copied().chain(of_batches).collect();
    Ok(ids.into_iter().collect())
}

/// The events whose payloads contain `text`, newest first, with the place where it was found, and how far the search looked. It ends its page after some
/// thousand events or some megabytes of payloads, whether or not it found one.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller lacks the scope, or the workspace is unknown.
pub async fn search_events(
    management: &Management,
    caller: &ApiKey,
    listing: EventListing,
    text: &PayloadPart,
) -> Result<(ListPage<(Event, String), EventId>, Searched), UseCaseError> {
    caller.require(Scope::EventsRead)?;
    let EventListing { workspace, types, span, rows } = listing;
    let workspace = management.workspace(caller, workspace).await?;
    let now = management.context.clock.now();
    let window = span.within(&workspace, now)?;
    let listing = rows.listing(Order::NewestFirst, window, EventSearch { types: &types, text });
    let found = management.context.store.search_events(workspace.id, &listing, now).await?;
    let SearchedEvents { mut page, searched: events } = found;
    let found = page.rows.iter_mut().map(|(event, _)| event);
    management.context.leave_out_hidden(caller, workspace.id, found).await?;
    let page = rows.page(listing.order, page);
    // The last event looked at, on the way back as well: there it is the boundary to the page after.
    let back_to = page.next.map_or(window.since, EventId::time);
    Ok((page, Searched { events, back_to }))
}
