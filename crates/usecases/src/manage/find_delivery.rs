//! Which delivery has this id?
//! A delivery's id carries the instant of its event and follows from event and endpoint, so the ledgers of that instant's
//! events tell both. A delivery is found from the moment its event was accepted, before it has a row.

use domain::access::api_key::{ApiKey, Scope};
use domain::delivery::Delivery;
use domain::delivery::attempt::Attempt;
use domain::id::{DeliveryId, EndpointId, EndpointKey};
use domain::problem::Problem;
use domain::uid::WorkspaceIdOrUid;
use store::rows::ledgers::ListedEvent;

use crate::context::Context;
use crate::error::{Fault, UseCaseError};
use crate::manage::deleted_endpoints::endpoints_with_deleted;
use crate::manage::management::Management;
use crate::manage::read_ledger::first_attempt_pending;

/// A delivery by its id alone, with all its attempts, oldest first.
///
/// # Errors
/// [`Problem::NotFound`] when the workspace has no such delivery.
pub async fn find_delivery(
    management: &Management,
    caller: &ApiKey,
    workspace: Option<WorkspaceIdOrUid>,
    id: DeliveryId,
) -> Result<(Delivery, Vec<Attempt>), UseCaseError> {
    caller.require(Scope::DeliveriesRead)?;
    let context = &management.context;
    let workspace = management.workspace(caller, workspace).await?.id;
    let now = context.clock.now();

    // 1. Whose is it? Most ledgers are short, so the rest of long ones is read last.
    let mut events = context.store.events_of_instant(workspace, id.time(), now).await?;
    let mut endpoint = events.iter().find_map(|listed| recorded(listed, id));
    for listed in events.iter_mut().filter(|listed| !listed.is_complete()) {
        if endpoint.is_none() {
            context.store.complete_ledger(listed).await?;
            endpoint = recorded(listed, id);
        }
    }
    // A replay sends an event also to endpoints that were made after it.
    if endpoint.is_none() && !events.is_empty() {
        let mut endpoints = endpoints_with_deleted(context, workspace, usize::MAX).await?.into_iter();
        let of_an_event = |endpoint: &EndpointId| {
            events.iter().any(|listed| DeliveryId::of(listed.event.id, *endpoint) == id)
        };
        endpoint = endpoints.find(of_an_event);
    }
    let hidden = context.hidden_from(caller, workspace).await?;
    let endpoint = endpoint.filter(|endpoint| !hidden.contains(endpoint));
    let endpoint = endpoint.ok_or(Problem::NotFound("delivery"))?;

    // 2. What has happened to it?
    match context.store.load_delivery(endpoint, id, now).await? {
        Some(row) => {
            let attempts = context.store.all_attempts(&row).await?;
            Ok((row.delivery, attempts))
        }
        None => {
            let mut events = events.into_iter();
            let event = events.find(|listed| DeliveryId::of(listed.event.id, endpoint) == id);
            let listed = event.ok_or(Problem::NotFound("delivery"))?;
            let pending = pending(context, &listed, EndpointKey::new(workspace, endpoint)).await?;
            Ok((pending.ok_or(Problem::NotFound("delivery"))?, Vec::new()))
        }
    }
}

/// A delivery to a known endpoint that has no row yet; `None` if there is no such delivery.
///
/// # Errors
/// [`UseCaseError::Fault`] when the table cannot be read.
pub(crate) async fn find_pending(
    context: &Context,
    endpoint: EndpointKey,
    id: DeliveryId,
) -> Result<Option<Delivery>, UseCaseError> {
    let store = &context.store;
    let events = store.events_of_instant(endpoint.workspace, id.time(), context.clock.now()).await?;
    let mut events = events.into_iter();
    let event = events.find(|listed| DeliveryId::of(listed.event.id, endpoint.id) == id);
    let Some(mut listed) = event else { return Ok(None) };
    if listed.event.ledger.entry(endpoint.id).is_none() {
        store.complete_ledger(&mut listed).await?;
    }
    Ok(pending(context, &listed, endpoint).await?)
}

/// The endpoint of the ledger to which the event has the delivery `id`.
fn recorded(listed: &ListedEvent, id: DeliveryId) -> Option<EndpointId> {
    let mut endpoints = listed.event.ledger.entries().map(|(endpoint, _)| endpoint);
    endpoints.find(|endpoint| DeliveryId::of(listed.event.id, *endpoint) == id)
}

/// The delivery that waits for its first attempt, if the ledger says so.
async fn pending(
    context: &Context,
    listed: &ListedEvent,
    key: EndpointKey,
) -> Result<Option<Delivery>, Fault> {
    if listed.event.ledger.entry(key.id) != Some(None) {
        return Ok(None);
    }
    let endpoint = context.cache.endpoint(key).await?;
    Ok(Some(first_attempt_pending(&listed.event, key.id, endpoint.as_deref())))
}
