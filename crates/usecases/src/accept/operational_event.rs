//! How does Posthorn tell a workspace of its own doings? As events like any other, to the endpoints that name them; and
//! to the SNS topic, where one is configured.

use domain::endpoint::subscription::fan_out_operational;
use domain::event::operational::OperationalEvent;
use domain::event::{Event, Payload};
use domain::id::{EndpointId, EventId, WorkspaceId};
use domain::timestamp::Timestamp;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::accept::accept_event::jobs_of;
use crate::context::Context;
use crate::error::Fault;

/// Tells `what`, which concerns the endpoint `about`, to whoever asked for it. What cannot be told is logged: the
/// doing itself stands, whether or not anybody hears of it. Topic and endpoints do not depend on each other.
pub(crate) async fn notify(
    context: &Context,
    workspace: WorkspaceId,
    about: EndpointId,
    what: OperationalEvent,
    data: Value,
) {
    let now = context.clock.now();
    let id = EventId::new(now, context.randomness.id());
    for told in [
        notify_topic(context, workspace, id, what, &data, now).await,
        notify_endpoints(context, workspace, id, about, what, &data, now).await,
    ] {
        if let Err(fault) = told {
            tracing::error!(%workspace, endpoint = %about, event_type = what.name(), error = %fault, "could not be told");
        }
    }
}

/// The message is what an endpoint would get, and the workspace, as the topic hears of all of them.
async fn notify_topic(
    context: &Context,
    workspace: WorkspaceId,
    id: EventId,
    what: OperationalEvent,
    data: &Value,
    now: Timestamp,
) -> Result<(), Fault> {
    let Some(topic) = &context.topic else { return Ok(()) };
    let message =
        json!({ "id": id, "type": what.name(), "timestamp": now, "workspace_id": workspace, "data": data });
    let attributes = [("type", what.name().to_owned()), ("workspace_id", workspace.to_string())];
    Ok(topic.publish(message.to_string(), &attributes).await?)
}

async fn notify_endpoints(
    context: &Context,
    workspace_id: WorkspaceId,
    id: EventId,
    about: EndpointId,
    what: OperationalEvent,
    data: &Value,
    now: Timestamp,
) -> Result<(), Fault> {
    // 1. Who asked for it?
    let broken = |error: &dyn std::fmt::Display| Fault::Broken(format!("no operational event: {error}"));
    let event_type = what.event_type().map_err(|error| broken(&error))?;
    let subscriptions = context.cache.subscriptions(workspace_id).await?;
    let ledger = fan_out_operational(&event_type, about, subscriptions.iter());
    if ledger.deliveries.is_empty() {
        return Ok(());
    }

    // 2. Write the event and its jobs, as for any event.
    let Some(workspace) = context.cache.workspace(workspace_id).await? else { return Ok(()) };
    let payload = RawValue::from_string(data.to_string()).map_err(|error| broken(&error))?;
    let event = Event {
        id,
        workspace_id,
        event_type,
        occurred_at: now,
        payload: Payload::new(payload.into()),
        erased_at: None,
        channels: Vec::new(),
        deliver_at: None,
        trace: None,
        ledger,
    };
    context.store.save_event(&event, workspace.expiry(now)).await?;
    context.queue.send(&jobs_of(&event), now).await?;
    Ok(())
}
