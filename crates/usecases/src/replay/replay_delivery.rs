//! How is one delivery, or one event, sent again by hand? At once, as a job of its own run.
//!
//! A delivery that is still on its way is not sent beside itself: its first attempt reads no row, so it would go out
//! twice, and the row of the one would cover that of the other.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use domain::access::api_key::{ApiKey, Scope};
use domain::delivery::{Delivery, DeliveryStatus};
use domain::id::{DeliveryId, EndpointId, EventId, ReplayId, WorkspaceId};
use domain::problem::Problem;
use domain::timestamp::Timestamp;
use queue::Job;
use queue::job::Replay;
use store::rows::events::StoredPayload;

use crate::error::UseCaseError;
use crate::manage::management::Management;
use crate::replay::replay_window::active_endpoint;

/// Most endpoints one event is sent to again at once.
const MAX_ENDPOINTS: usize = 100;

/// A delivery that should have been attempted so long ago and was not is lost, and may be sent again.
const LOST_AFTER: Duration = Duration::from_secs(3_600);

/// What became of an event that was sent again.
#[derive(Debug)]
pub struct Resent {
    /// The deliveries that go out again.
    pub deliveries: Vec<Delivery>,
    /// Those that are still on their way, and go out by themselves.
    pub on_their_way: Vec<Delivery>,
    /// Those that have arrived, and are sent again only by force.
    pub already_delivered: Vec<Delivery>,
}

/// Sends one delivery again.
///
/// # Errors
/// [`Problem::NotFound`] when there is none; [`Problem::Invalid`] when it succeeded and `force` is not set;
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
    if delivery.status == DeliveryStatus::Delivered && !force {
        return Err(Problem::invalid("/force", "must be true to send again what was delivered").into());
    }
    match management.context.store.load_payload(endpoint.workspace_id, delivery.event_id, now).await? {
        StoredPayload::Kept(..) => {}
        StoredPayload::Erased => return Err(Problem::EventErased.into()),
        StoredPayload::Gone => return Err(Problem::NotFound("event").into()),
    }
    let run = ReplayId::new(now, management.context.randomness.id());
    // Whoever asks for this one delivery wants to know whether it arrives, whatever became of others: it is a probe.
    let job = Job::replay(&delivery, Replay { id: run, force }).as_probe();
    management.context.queue.send(&[job], now).await?;
    Ok(delivery.replayed(run, now))
}

/// Sends an event to chosen endpoints, whether or not they got it or asked for it. An endpoint whose delivery is still
/// on its way is passed over, and without `force` so is one that has taken it.
///
/// # Errors
/// [`Problem::NotFound`] when there is no such event or endpoint; [`Problem::EventErased`] when there is nothing left to
/// send.
pub async fn replay_event(
    management: &Management,
    caller: &ApiKey,
    workspace: Option<WorkspaceId>,
    event: EventId,
    endpoints: &[EndpointId],
    force: bool,
) -> Result<Resent, UseCaseError> {
    caller.require(Scope::Deliveries)?;
    if !(1..=MAX_ENDPOINTS).contains(&endpoints.len()) {
        return Err(Problem::invalid("/endpoint_ids", "must name 1 to 100 endpoints").into());
    }
    let workspace = management.workspace(caller, workspace).await?.id;
    let now = management.context.clock.now();
    let event = management.context.store.load_event(workspace, event, now).await?;
    let event = event.ok_or(Problem::NotFound("event"))?;
    if event.erased_at.is_some() {
        return Err(Problem::EventErased.into());
    }

    // 1. Where does it go? Each endpoint once, however often it is named.
    let mut seen = HashSet::new();
    let mut deliveries = Vec::with_capacity(endpoints.len());
    for id in endpoints.iter().filter(|id| seen.insert(**id)) {
        let endpoint = active_endpoint(management, caller, *id).await?;
        if endpoint.workspace_id != workspace {
            return Err(Problem::NotFound("endpoint").into());
        }
        let event_type = event.event_type.clone();
        deliveries.push(Delivery::new(workspace, *id, event.id, event_type, event.occurred_at));
    }

    // 2. Where is it on its way, or has arrived, already? A delivery without a row waits for its first attempt, if the ledger tells of it.
    let keys: Vec<_> = deliveries.iter().map(|delivery| (delivery.endpoint_id, delivery.id)).collect();
    let rows = management.context.store.load_deliveries(&keys, now).await?;
    let mut rows: HashMap<EndpointId, Delivery> =
        rows.into_iter().map(|row| (row.endpoint_id, row)).collect();
    let (mut on_their_way, mut already_delivered, mut again) = (Vec::new(), Vec::new(), Vec::new());
    for delivery in deliveries {
        let row = rows.remove(&delivery.endpoint_id);
        let queued = row.is_some() || event.ledger.deliveries.contains(&delivery.endpoint_id);
        let known = row.unwrap_or(Delivery { next_attempt_at: event.deliver_at, ..delivery });
        if queued && is_on_its_way(&known, now) {
            on_their_way.push(known);
        } else if known.status == DeliveryStatus::Delivered && !force {
            already_delivered.push(known);
        } else {
            again.push(known);
        }
    }

    // 3. Send it to the others.
    let run = ReplayId::new(now, management.context.randomness.id());
    let replay = Replay { id: run, force };
    let jobs: Vec<Job> = again.iter().map(|delivery| Job::replay(delivery, replay)).collect();
    management.context.queue.send(&jobs, now).await?;
    let deliveries = again.into_iter().map(|delivery| delivery.replayed(run, now)).collect();
    Ok(Resent { deliveries, on_their_way, already_delivered })
}

/// Whether a job of the delivery will attempt it without our doing.
fn is_on_its_way(delivery: &Delivery, now: Timestamp) -> bool {
    let waits = matches!(delivery.status, DeliveryStatus::Pending | DeliveryStatus::Retrying);
    let due = delivery.next_attempt_at.unwrap_or(delivery.updated_at);
    waits && now.since(due) < LOST_AFTER
}
