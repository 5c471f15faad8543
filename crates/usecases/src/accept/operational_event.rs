//! How does a workspace learn that an endpoint fails?
//! Operational webhooks: events of Posthorn's own types, sent like any other to the endpoints that name them, and
//! published to the SNS topic where one is configured.

use domain::endpoint::subscription::fan_out_operational;
use domain::event::operational::OperationalEvent;
use domain::event::{Event, Payload};
use domain::id::{EndpointKey, EventId};
use domain::timestamp::Timestamp;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::accept::accept_event::jobs_of;
use crate::context::Context;
use crate::error::Fault;

/// Sends the operational event `what`, which concerns the endpoint `about`. A failure to send it is logged and ignored,
/// because the reported change has happened all the same. Topic and endpoints do not depend on each other.
pub(crate) async fn notify(context: &Context, about: EndpointKey, what: OperationalEvent, data: Value) {
    let now = context.clock.now();
    let id = EventId::new(now, context.randomness.id());
    let notice = Notice { id, about, what, data, now };
    for sent in [notify_topic(context, &notice).await, notify_endpoints(context, &notice).await] {
        if let Err(fault) = sent {
            let (workspace, endpoint) = (about.workspace, about.id);
            tracing::error!(%workspace, %endpoint, event_type = what.name(), error = %fault, "operational event could not be sent");
        }
    }
}

/// One operational event on its way to the topic and the endpoints that list its type.
struct Notice {
    id: EventId,
    about: EndpointKey,
    what: OperationalEvent,
    data: Value,
    now: Timestamp,
}

/// The message is the body that an endpoint would get, and the workspace, because the topic serves all workspaces.
async fn notify_topic(context: &Context, notice: &Notice) -> Result<(), Fault> {
    let Notice { id, about, what, data, now } = notice;
    let Some(topic) = &context.topic else { return Ok(()) };
    let message = json!({ "id": id, "type": what.name(), "timestamp": now, "workspace_id": about.workspace, "data": data });
    let attributes = [("type", what.name().to_owned()), ("workspace_id", about.workspace.to_string())];
    Ok(topic.publish(message.to_string(), &attributes).await?)
}

async fn notify_endpoints(context: &Context, notice: &Notice) -> Result<(), Fault> {
    let Notice { id, about, what, data, now } = notice;
    // 1. Which endpoints list its type?
    let broken = |error: &dyn std::fmt::Display| Fault::Broken(format!("no operational event: {error}"));
    let event_type = what.event_type().map_err(|error| broken(&error))?;
    let subscriptions = context.cache.subscriptions(about.workspace).await?;
    let ledger = fan_out_operational(&event_type, about.id, subscriptions.iter());
    if ledger.deliveries.is_empty() {
        return Ok(());
    }

    // 2. Write the event and its jobs, as for any event.
    let Some(workspace) = context.cache.workspace(about.workspace).await? else { return Ok(()) };
    let payload = RawValue::from_string(data.to_string()).map_err(|error| broken(&error))?;
    let event = Event {
        id: *id,
        workspace_id: about.workspace,
        event_type,
        occurred_at: *now,
        payload: Payload::new(payload.into()),
        erased_at: None,
        channels: Vec::new(),
        deliver_at: None,
        trace: None,
        ledger,
    };
    context.store.save_event(&event, workspace.expiry(*now)).await?;
    context.queue.send(&jobs_of(&event), *now).await?;
    Ok(())
}
