//! How does Posthorn tell a workspace of its own doings? As events like any other, to the endpoints that name them.

use std::sync::Arc;

use domain::event::{Event, Payload};
use domain::id::{EndpointId, EventId, WorkspaceId};
use domain::operational::{OperationalEvent, fan_out};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::accept_event::{Intake, jobs_of};
use crate::error::Fault;

/// Tells `what`, which concerns the endpoint `about`, to whoever asked for it. What cannot be told is logged: the
/// doing itself stands, whether or not anybody hears of it.
pub(crate) async fn tell(
    intake: &Intake,
    workspace: WorkspaceId,
    about: EndpointId,
    what: OperationalEvent,
    data: Value,
) {
    if let Err(fault) = try_to_tell(intake, workspace, about, what, &data).await {
        tracing::error!(%workspace, endpoint = %about, event_type = what.name(), error = %fault, "could not be told");
    }
}

async fn try_to_tell(
    intake: &Intake,
    workspace_id: WorkspaceId,
    about: EndpointId,
    what: OperationalEvent,
    data: &Value,
) -> Result<(), Fault> {
    // 1. Who asked for it?
    let broken = |error: &dyn std::fmt::Display| Fault::Broken(format!("no operational event: {error}"));
    let event_type = what.event_type().map_err(|error| broken(&error))?;
    let subscriptions = intake.directory.subscriptions(workspace_id).await?;
    let ledger = fan_out(&event_type, about, subscriptions.iter());
    if ledger.deliveries.is_empty() {
        return Ok(());
    }

    // 2. Write the event and its jobs, as for any event.
    let Some(workspace) = intake.directory.workspace(workspace_id).await? else { return Ok(()) };
    let now = intake.clock.now();
    let payload = RawValue::from_string(data.to_string()).map_err(|error| broken(&error))?;
    let event = Event {
        id: EventId::new(now, intake.chance.id()),
        workspace_id,
        event_type,
        occurred_at: now,
        payload: Payload::from(Arc::<RawValue>::from(payload)),
        erased_at: None,
        channels: Vec::new(),
        deliver_at: None,
        ledger,
    };
    intake.store.save_event(&event, workspace.expiry(now)).await?;
    intake.queue.send(&jobs_of(&event), now).await?;
    Ok(())
}
