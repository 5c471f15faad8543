//! What happened to an event at every endpoint?
//! Its ledger, merged with the rows of its deliveries.

use std::collections::HashMap;

use domain::access::api_key::ApiKey;
use domain::delivery::Delivery;
use domain::event::Event;
use domain::event::ledger::SkipReason;
use domain::id::{DeliveryId, EndpointId, EventId};
use domain::uid::WorkspaceIdOrUid;
use store::Order;

use crate::error::UseCaseError;
use crate::manage::listing::{ListPage, Rows};
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
) -> Result<ListPage<Fate, EndpointId>, UseCaseError> {
    // 1. Which endpoints does the page hold?
    let event = read_event(management, caller, workspace, id).await?;
    let page = rows.page_of(Order::OldestFirst, event.ledger.entries().collect(), |(endpoint, _)| *endpoint);

    // 2. Which of them have a row? Skipped ones too: a replay may have sent the event after all.
    let wanted: Vec<_> =
        page.rows.iter().map(|(endpoint, _)| (*endpoint, DeliveryId::of(event.id, *endpoint))).collect();
    let known = management.context.store.load_deliveries(&wanted, management.context.clock.now()).await?;
    let mut known: HashMap<EndpointId, Delivery> =
        known.into_iter().map(|delivery| (delivery.endpoint_id, delivery)).collect();

    // 3. A row says more than the ledger. A delivery without a row waits for its first attempt.
    Ok(page.map(|(endpoint, skipped)| match (known.remove(&endpoint), skipped) {
        (Some(delivery), _) => Fate::Delivery(Box::new(delivery)),
        (None, Some(reason)) => Fate::Skipped(endpoint, reason),
        (None, None) => Fate::Delivery(Box::new(first_attempt_pending(&event, endpoint))),
    }))
}

/// The delivery of an event of which only the ledger says something yet.
pub(crate) fn first_attempt_pending(event: &Event, endpoint: EndpointId) -> Delivery {
    let event_type = event.event_type.clone();
    let delivery = Delivery::new(event.workspace_id, endpoint, event.id, event_type, event.occurred_at);
    Delivery { next_attempt_at: event.deliver_at, is_test: event.is_test, ..delivery }
}
