//! How is one delivery, or one event, replayed by hand?
//! At once: each delivery is one job that carries the id of the replay.
//!
//! A delivery that is still on its way is not sent a second time: its first attempt reads no row, so it would be sent
//! twice, and the row of one attempt would overwrite the other's.
//!
//! The audit entry is written before the jobs are sent, as both cannot be one transaction: a replay that nobody answers for
//! would be worse than the entry of one that failed on its way. A repeated request writes the same entry.

use std::collections::{HashMap, HashSet};

use domain::access::api_key::{ApiKey, Scope};
use domain::audit::changes::Changes;
use domain::audit::{Action, Change, Target};
use domain::delivery::{Delivery, DeliveryStatus};
use domain::event::Event;
use domain::id::{DeliveryId, EndpointId, ReplayId};
use domain::problem::Problem;
use domain::uid::{EndpointIdOrUid, EventIdOrUid, WorkspaceIdOrUid};
use queue::Job;
use queue::purpose::Replay;
use serde_json::json;
use store::rows::events::StoredPayload;

use crate::context::Context;
use crate::error::{Fault, UseCaseError};
use crate::manage::management::Management;
use crate::replay::replay_window::active_endpoint;

/// The maximum number of endpoints in one replay of an event.
const MAX_ENDPOINTS: usize = 100;

/// The result of an event's replay.
#[derive(Debug)]
pub struct Resent {
    /// The deliveries that are sent again.
    pub deliveries: Vec<Delivery>,
    /// The deliveries that are still on their way, and need no replay.
    pub on_their_way: Vec<Delivery>,
    /// The deliveries that have succeeded, and are sent again only with `force`.
    pub already_delivered: Vec<Delivery>,
}

/// Sends one delivery again. A repeated request that takes over finds it sent, or sends a second job of the same replay.
///
/// # Errors
/// [`Problem::NotFound`] when it does not exist; [`Problem::Invalid`] when it succeeded and `force` is not set;
/// [`Problem::EventErased`] when there is nothing left to send.
pub async fn replay_delivery(
    management: &Management,
    caller: &ApiKey,
    endpoint: EndpointId,
    delivery: DeliveryId,
    force: bool,
) -> Result<Delivery, UseCaseError> {
    let endpoint = active_endpoint(management, caller, endpoint).await?;
    let now = management.context.clock.now();
    let row = management.context.store.load_delivery(endpoint.id, delivery, now).await?;
    let delivery = row.ok_or(Problem::NotFound("delivery"))?.delivery;
    let run = management.context.new_id(now, ReplayId::new);
    if delivery.run == Some(run) {
        return Ok(delivery);
    }
    if delivery.status == DeliveryStatus::Delivered && !force {
        return Err(Problem::invalid("/force", "must be true to send again what was delivered").into());
    }
    match management.context.store.load_payload(endpoint.workspace_id, delivery.event_id, now).await? {
        StoredPayload::Kept(..) => {}
        StoredPayload::Erased => return Err(Problem::EventErased.into()),
        StoredPayload::Gone => return Err(Problem::NotFound("event").into()),
    }
    let change = Change {
        workspace_id: Some(endpoint.workspace_id),
        action: Action::DeliveryReplayed,
        target: Target::Delivery(delivery.id),
        changes: Changes::asked_for([
            ("endpoint_id", json!(endpoint.id)),
            ("replay_id", json!(run)),
            ("force", json!(force)),
        ]),
    };
    let entry = management.context.entry(caller, change);
    management.context.store.save_audit_entry(&entry).await?;
    // The caller wants to see whether this delivery succeeds, even while the circuit is open: so it is a probe.
    let job = Job::replay(&delivery, Replay { id: run, force }).as_probe();
    management.context.queue.send(&[job], now).await?;
    Ok(delivery.replayed(run, now))
}

/// A request to send an event again.
#[derive(Debug, Clone)]
pub struct EventReplay<'a> {
    /// The workspace; needed only with a key for all workspaces.
    pub workspace: Option<WorkspaceIdOrUid>,
    /// The event that is sent again.
    pub event: EventIdOrUid,
    /// The endpoints it is sent to, 1 to 100.
    pub endpoints: &'a [EndpointIdOrUid],
    /// Whether it is also sent to endpoints that have accepted it.
    pub force: bool,
}

/// Sends an event to chosen endpoints, whether or not they got it or subscribe to its type. An endpoint whose delivery is
/// still on its way is skipped, and without `force` also one that has accepted it.
///
/// # Errors
/// [`Problem::NotFound`] when there is no such event or endpoint; [`Problem::EventErased`] when there is nothing left to
/// send.
pub async fn replay_event(
    management: &Management,
    caller: &ApiKey,
    replay: EventReplay<'_>,
) -> Result<Resent, UseCaseError> {
    caller.require(Scope::Deliveries)?;
    if !(1..=MAX_ENDPOINTS).contains(&replay.endpoints.len()) {
        return Err(Problem::invalid("/endpoint_ids", "must name 1 to 100 endpoints").into());
    }
    let context = &management.context;
    let workspace = management.workspace(caller, replay.workspace).await?.id;
    let now = context.clock.now();
    let event = context.event_id(workspace, replay.event).await?;
    let event = context.store.load_event(workspace, event, now).await?;
    let event = event.ok_or(Problem::NotFound("event"))?;
    if event.erased_at.is_some() {
        return Err(Problem::EventErased.into());
    }

    // 1. Which deliveries are sent again, and which are on their way or have succeeded?
    let deliveries = deliveries_to(management, caller, &event, replay.endpoints).await?;
    let resent = sort(context, &event, deliveries, replay.force).await?;

    // 2. Who sends them again?
    let run = context.new_id(now, ReplayId::new);
    let purpose = Replay { id: run, force: replay.force };
    if !resent.deliveries.is_empty() {
        let entry = context.entry(caller, change(&event, &resent.deliveries, purpose));
        context.store.save_audit_entry(&entry).await?;
    }

    // 3. Send them again.
    let jobs: Vec<Job> = resent.deliveries.iter().map(|delivery| Job::replay(delivery, purpose)).collect();
    context.queue.send(&jobs, now).await?;
    let deliveries = resent.deliveries.into_iter().map(|delivery| delivery.replayed(run, now)).collect();
    Ok(Resent { deliveries, ..resent })
}

/// The replay of an event, as its audit entry shows it: only the endpoints that it is sent to.
fn change(event: &Event, deliveries: &[Delivery], Replay { id, force }: Replay) -> Change {
    let endpoints: Vec<_> = deliveries.iter().map(|delivery| delivery.endpoint_id).collect();
    Change {
        workspace_id: Some(event.workspace_id),
        action: Action::EventReplayed,
        target: Target::Event(event.id),
        changes: Changes::asked_for([
            ("endpoint_ids", json!(endpoints)),
            ("replay_id", json!(id)),
            ("force", json!(force)),
        ]),
    }
}

/// One delivery of the event to each of the endpoints, even if an endpoint is named twice.
async fn deliveries_to(
    management: &Management,
    caller: &ApiKey,
    event: &Event,
    endpoints: &[EndpointIdOrUid],
) -> Result<Vec<Delivery>, UseCaseError> {
    let (workspace, mut seen) = (event.workspace_id, HashSet::new());
    let mut deliveries = Vec::with_capacity(endpoints.len());
    for named in endpoints {
        let id = management.context.endpoint_id(caller, Some(workspace.into()), named.clone()).await?;
        if !seen.insert(id) {
            continue;
        }
        let endpoint = active_endpoint(management, caller, id).await?;
        if endpoint.workspace_id != workspace {
            return Err(Problem::NotFound("endpoint").into());
        }
        let event_type = event.event_type.clone();
        let delivery = Delivery::new(workspace, id, event.id, event_type, event.occurred_at);
        let next_attempt_at = endpoint.settings.first_attempt_at(event);
        deliveries.push(Delivery { next_attempt_at, ..delivery });
    }
    Ok(deliveries)
}

/// Which of the deliveries are sent again, and which are on their way or have succeeded. A delivery without a row waits for
/// its first attempt, if the ledger names its endpoint.
async fn sort(
    context: &Context,
    event: &Event,
    deliveries: Vec<Delivery>,
    force: bool,
) -> Result<Resent, Fault> {
    let now = context.clock.now();
    let keys: Vec<_> = deliveries.iter().map(|delivery| (delivery.endpoint_id, delivery.id)).collect();
    let rows = context.store.load_deliveries(&keys, now).await?;
    let mut rows: HashMap<EndpointId, Delivery> =
        rows.into_iter().map(|row| (row.endpoint_id, row)).collect();
    let mut sorted =
        Resent { deliveries: Vec::new(), on_their_way: Vec::new(), already_delivered: Vec::new() };
    for delivery in deliveries {
        let row = rows.remove(&delivery.endpoint_id);
        let queued = row.is_some() || event.ledger.deliveries.contains(&delivery.endpoint_id);
        let known = row.unwrap_or(delivery);
        if queued && known.is_on_its_way(now) {
            sorted.on_their_way.push(known);
        } else if known.status == DeliveryStatus::Delivered && !force {
            sorted.already_delivered.push(known);
        } else {
            sorted.deliveries.push(known);
        }
    }
    Ok(sorted)
}
