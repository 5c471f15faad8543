//! How is one delivery, or one event, sent again by hand? At once, as a job of its own run.

use domain::api_key::{ApiKey, Scope};
use domain::delivery::{Delivery, DeliveryStatus};
use domain::id::{DeliveryId, EndpointId, EventId, ReplayId, WorkspaceId};
use domain::problem::Problem;
use queue::Job;

use crate::error::Refusal;
use crate::manage_endpoint::Management;
use crate::replay::{active_endpoint, job};

/// Most endpoints one event is sent to again at once.
const MAX_ENDPOINTS: usize = 100;

/// Sends one delivery again.
///
/// # Errors
/// [`Problem::NotFound`] when there is none; [`Problem::Invalid`] when it succeeded and `force` is not set.
pub async fn replay_delivery(
    management: &Management,
    caller: &ApiKey,
    endpoint: EndpointId,
    delivery: DeliveryId,
    force: bool,
) -> Result<Delivery, Refusal> {
    let endpoint = active_endpoint(management, caller, endpoint).await?;
    let now = management.clock.now();
    let row = management.store.load_delivery(endpoint.id, delivery, now).await?;
    let delivery = row.ok_or(Problem::NotFound("delivery"))?.delivery;
    if delivery.status == DeliveryStatus::Delivered && !force {
        return Err(Problem::invalid("/force", "must be true to send again what was delivered").into());
    }
    let run = ReplayId::new(now, management.chance.id());
    management.queue.send(&[job(&delivery, run, force)], now).await?;
    Ok(delivery.replayed(run))
}

/// Sends an event to chosen endpoints, whether or not they got it or asked for it.
///
/// # Errors
/// [`Problem::NotFound`] when there is no such event or endpoint.
pub async fn replay_event(
    management: &Management,
    caller: &ApiKey,
    workspace: Option<WorkspaceId>,
    event: EventId,
    endpoints: &[EndpointId],
    force: bool,
) -> Result<Vec<Delivery>, Refusal> {
    caller.require(Scope::Deliveries)?;
    if !(1..=MAX_ENDPOINTS).contains(&endpoints.len()) {
        return Err(Problem::invalid("/endpoint_ids", "must name 1 to 100 endpoints").into());
    }
    let workspace = management.workspace(caller, workspace).await?.id;
    let now = management.clock.now();
    let event = management.store.load_event(workspace, event, now).await?;
    let event = event.ok_or(Problem::NotFound("event"))?;
    let run = ReplayId::new(now, management.chance.id());
    let mut deliveries = Vec::with_capacity(endpoints.len());
    for id in endpoints {
        let endpoint = active_endpoint(management, caller, *id).await?;
        if endpoint.workspace_id != workspace {
            return Err(Problem::NotFound("endpoint").into());
        }
        let event_type = event.event_type.clone();
        let delivery = Delivery::new(workspace, *id, event.id, event_type, event.occurred_at);
        deliveries.push(delivery.replayed(run));
    }
    let jobs: Vec<Job> = deliveries.iter().map(|delivery| job(delivery, run, force)).collect();
    management.queue.send(&jobs, now).await?;
    Ok(deliveries)
}
