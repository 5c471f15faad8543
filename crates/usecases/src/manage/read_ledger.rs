//! What happened to an event at every endpoint?
//! Its ledger, merged with the rows of its deliveries.

use std::collections::HashMap;
use std::sync::Arc;

use domain::access::api_key::ApiKey;
use domain::delivery::Delivery;
use domain::endpoint::Endpoint;
use domain::event::Event;
use domain::event::ledger::SkipReason;
use domain::id::{DeliveryId, EndpointId, EndpointKey, EventId};
use domain::uid::WorkspaceIdOrUid;
use futures_util::future::try_join_all;
use store::Order;

use crate::context::Context;
use crate::error::{Fault, UseCaseError};
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
    let waiting = page.rows.iter().filter(|(endpoint, why)| why.is_none() && !known.contains_key(endpoint));
    let waiting = waiting.map(|(endpoint, _)| EndpointKey::new(event.workspace_id, *endpoint));
    let endpoints = endpoints_of(&management.context, waiting).await?;

    // 3. A row says more than the ledger. A delivery without a row waits for its first attempt.
    Ok(page.map(|(endpoint, skipped)| match (known.remove(&endpoint), skipped) {
        (Some(delivery), _) => Fate::Delivery(Box::new(delivery)),
        (None, Some(reason)) => Fate::Skipped(endpoint, reason),
        (None, None) => Fate::Delivery(Box::new(first_attempt_pending(
            &event,
            endpoint,
            endpoints.get(&endpoint).map(AsRef::as_ref),
        ))),
    }))
}

/// The delivery of an event of which only the ledger says something yet, to an endpoint that may be deleted.
pub(crate) fn first_attempt_pending(event: &Event, id: EndpointId, endpoint: Option<&Endpoint>) -> Delivery {
    let event_type = event.event_type.clone();
    let delivery = Delivery::new(event.workspace_id, id, event.id, event_type, event.occurred_at);
    let due = |endpoint: &Endpoint| endpoint.settings.first_attempt_at(event);
    let next_attempt_at = endpoint.filter(|_| !event.is_test).map_or(event.deliver_at, due);
    Delivery { next_attempt_at, is_test: event.is_test, ..delivery }
}

/// The endpoints of deliveries without a row, whose delays say when the first attempts are due. There are few: a row is
/// written when a job is received.
pub(crate) async fn endpoints_of(
    context: &Context,
    keys: impl IntoIterator<Item = EndpointKey>,
) -> Result<HashMap<EndpointId, Arc<Endpoint>>, Fault> {
    let endpoints = keys.into_iter().map(|key| context.cache.endpoint(key));
    let found = try_join_all(endpoints).await?.into_iter().flatten();
    Ok(found.map(|endpoint| (endpoint.id, endpoint)).collect())
}
