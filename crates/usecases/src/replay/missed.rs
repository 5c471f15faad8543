//! Which events has an endpoint missed?
//! Those that match its subscription of now and have no delivery to it. A list of events says so but for the filter, for which
//! the payloads of what is left are read.

use std::collections::HashSet;

use domain::delivery::{Delivery, LOST_AFTER};
use domain::endpoint::Endpoint;
use domain::endpoint::subscription::Subscription;
use domain::event::Event;
use domain::event::document::Facts;
use domain::event::operational;
use domain::id::{DeliveryId, EndpointId};
use domain::timestamp::Timestamp;
use payload::Filter;
use store::rows::events::StoredPayload;

use crate::context::Context;
use crate::error::Fault;

/// The events that match the endpoint's current subscription and have no delivery to it.
pub(super) async fn missed(
    context: &Context,
    endpoint: &Endpoint,
    events: Vec<Event>,
    now: Timestamp,
) -> Result<Vec<Delivery>, Fault> {
    // 1. Which are meant for it, as far as a list says, which has no payloads?
    let (purpose, settings) = (endpoint.purpose.clone(), endpoint.settings.clone());
    let mut subscription =
        Subscription::of(endpoint.id, purpose, settings, endpoint.disabled_reason(), Vec::new());
    let filter = subscription.filter.take();
    let is_missed = |event: &Event| {
        let wanted = subscription.skip_reason(&Facts::of(event)).is_none();
        // A list cuts very long ledgers short: endpoints missing from it are looked up below as well.
        // A delivery that the ledger promises and that was never attempted was cut off from its job.
        let due = endpoint.settings.due(event.deliver_at.unwrap_or(event.id.time()));
        let promised = event.ledger.deliveries.contains(&endpoint.id);
        let in_ledger = promised && now.since(due) < LOST_AFTER;
        // A test event is meant for one endpoint only, and operational events are for those that list their types.
        let own = operational::is_posthorns_own(&event.event_type);
        let meant = !event.is_test && (!own || promised || subscription.names(&event.event_type));
        // A rule may have promised it what it does not subscribe to.
        (promised || wanted) && !in_ledger && meant && event.erased_at.is_none()
    };
    let mut candidates: Vec<Event> = events.into_iter().filter(is_missed).collect();

    // 2. Which of them have no delivery?
    let keys: Vec<(EndpointId, DeliveryId)> =
        candidates.iter().map(|event| (endpoint.id, DeliveryId::of(event.id, endpoint.id))).collect();
    let rows = context.store.load_deliveries(&keys, now).await?;
    let known: HashSet<DeliveryId> = rows.into_iter().map(|row| row.id).collect();
    candidates.retain(|event| !known.contains(&DeliveryId::of(event.id, endpoint.id)));

    // 3. Which of them meet its filter? A ledger that promises a delivery says so already.
    let mut missed = Vec::new();
    for event in candidates {
        let promised = event.ledger.deliveries.contains(&endpoint.id);
        if promised || meets(context, filter.as_ref(), &event, now).await? {
            let (workspace, event_type) = (event.workspace_id, event.event_type);
            missed.push(Delivery::new(workspace, endpoint.id, event.id, event_type, event.occurred_at));
        }
    }
    Ok(missed)
}

/// Whether an event that was listed meets the filter: for that its payload is read.
async fn meets(
    context: &Context,
    filter: Option<&Filter>,
    event: &Event,
    now: Timestamp,
) -> Result<bool, Fault> {
    let Some(filter) = filter else { return Ok(true) };
    match context.store.load_payload(event.workspace_id, event.id, now).await? {
        StoredPayload::Kept(kept) => {
            Ok(filter.matches(Facts::of(event).with_payload(&kept.payload).document()))
        }
        StoredPayload::Erased | StoredPayload::Gone => Ok(false),
    }
}
