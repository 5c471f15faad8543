//! What happened to an event at every endpoint?
//! Its ledger, merged with the rows of its deliveries.

use std::collections::HashMap;

use domain::access::api_key::ApiKey;
use domain::delivery::Delivery;
use domain::event::Event;
use domain::event::ledger::SkipReason;
use domain::id::{DeliveryId, EndpointId, EventId};
use domain::uid::WorkspaceIdOrUid;
use store::Page;

use crate::error::UseCaseError;
use crate::manage::listing::Rows;
use crate::manage::management::Management;
use crate::manage::read_events::read_event;

/// What happened to an event at one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is delivered; `pending` until its first attempt.
    Delivery(Box<Delivery>),
    /// The endpoint got no delivery.
    Skipped(EndpointId, SkipReason),
}

/// The event's fate at each endpoint that existed when it was accepted, oldest endpoint first.
///
/// # Errors
/// As for [`read_event`].
pub async fn read_ledger(
    management: &Management,
    caller: &ApiKey,
    workspace: Option<WorkspaceIdOrUid>,
    id: EventId,
    rows: Rows<EndpointId>,
) -> Result<Page<Fate, EndpointId>, UseCaseError> {
    // 1. Which endpoints does the page hold?
    let event = read_event(management, caller, workspace, id).await?;
    let (recorded, next) = page(&event, rows);

    // 2. Which of them have a row? Skipped ones too: a replay may have sent the event after all.
    let wanted: Vec<_> =
        recorded.iter().map(|(endpoint, _)| (*endpoint, DeliveryId::of(event.id, *endpoint))).collect();
    let known = management.context.store.load_deliveries(&wanted, management.context.clock.now()).await?;
    let mut known: HashMap<EndpointId, Delivery> =
        known.into_iter().map(|delivery| (delivery.endpoint_id, delivery)).collect();

    // 3. A row says more than the ledger. A delivery without a row waits for its first attempt.
    let fates = recorded.into_iter().map(|(endpoint, skipped)| match (known.remove(&endpoint), skipped) {
        (Some(delivery), _) => Fate::Delivery(Box::new(delivery)),
        (None, Some(reason)) => Fate::Skipped(endpoint, reason),
        (None, None) => Fate::Delivery(Box::new(first_attempt_pending(&event, endpoint))),
    });
    Ok(Page { rows: fates.collect(), next })
}

/// The endpoints of a page, each with the reason if it was skipped, and the endpoint that the next page begins after.
fn page(
    event: &Event,
    rows: Rows<EndpointId>,
) -> (Vec<(EndpointId, Option<SkipReason>)>, Option<EndpointId>) {
    let entries = event.ledger.entries();
    let mut recorded: Vec<_> =
        entries.filter(|(endpoint, _)| rows.after.is_none_or(|after| *endpoint > after)).collect();
    recorded.sort_unstable_by_key(|(endpoint, _)| *endpoint);
    let more = recorded.len() > rows.limit;
    recorded.truncate(rows.limit);
    let next = recorded.last().filter(|_| more).map(|(endpoint, _)| *endpoint);
    (recorded, next)
}

/// The delivery of an event of which only the ledger says something yet.
pub(crate) fn first_attempt_pending(event: &Event, endpoint: EndpointId) -> Delivery {
    let event_type = event.event_type.clone();
    let delivery = Delivery::new(event.workspace_id, endpoint, event.id, event_type, event.occurred_at);
    Delivery { next_attempt_at: event.deliver_at, is_test: event.is_test, ..delivery }
}
