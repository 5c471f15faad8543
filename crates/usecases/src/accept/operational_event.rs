//! How does a workspace learn that an endpoint fails?
//! Operational webhooks: events of Posthorn's own types, sent like any other to the endpoints that name them, and
//! published to the SNS topic where one is configured.

use std::collections::HashSet;

use domain::endpoint::Endpoint;
use domain::endpoint::subscription::{Subscription, fan_out_operational};
use domain::event::cause::Cause;
use domain::event::document::Facts;
use domain::event::event_type::EventType;
use domain::event::ledger::{Ledger, SkipReason};
use domain::event::operational::OperationalEvent;
use domain::event::{Event, Payload};
use domain::id::{EndpointId, EndpointKey, EventId};
use domain::timestamp::Timestamp;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::accept::accept_event::jobs_of;
use crate::accept::interrupted::owe;
use crate::context::Context;
use crate::error::Fault;

/// Sends the operational event `what`, which concerns the endpoint `about`. A failure to send it is logged and ignored,
/// because the reported change has happened all the same. Topic and endpoints do not depend on each other.
pub(crate) async fn notify(context: &Context, about: &Endpoint, what: OperationalEvent, data: Value) {
    notify_because_of(context, about, what, data, None).await;
}

/// The same about a delivery of the event `of`: the rules that led to that event led to this one, too. Without them a rule
/// that fires when a delivery has failed, and makes an event whose delivery fails, would feed itself without end.
pub(crate) async fn notify_because_of(
    context: &Context,
    about: &Endpoint,
    what: OperationalEvent,
    mut data: Value,
    of: Option<EventId>,
) {
    let now = context.clock.now();
    // People know the endpoint by these, and a notification is rendered of the event alone.
    data["endpoint_description"] = json!(about.settings.description);
    data["endpoint_host"] = json!(about.url.host());
    let about = about.key();
    let id = EventId::new(now, context.randomness.id());
    let notice = Notice { id, about, what, data, now, of };
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
    /// The event whose delivery it is about.
    of: Option<EventId>,
}

/// The message is the body that an endpoint would get, and the workspace, because the topic serves all workspaces.
async fn notify_topic(context: &Context, notice: &Notice) -> Result<(), Fault> {
    let Notice { id, about, what, data, now, .. } = notice;
    let Some(topic) = &context.topic else { return Ok(()) };
    let message = json!({ "id": id, "type": what.name(), "timestamp": now, "workspace_id": about.workspace, "data": data });
    let attributes = [
        ("type", what.name().to_owned()),
        ("alias", what.alias().to_owned()),
        ("workspace_id", about.workspace.to_string()),
    ];
    Ok(topic.publish(message.to_string(), &attributes).await?)
}

async fn notify_endpoints(context: &Context, notice: &Notice) -> Result<(), Fault> {
    let Notice { id, about, what, data, now, .. } = notice;
    // 1. Under its alias it is another event, which says what it stands for: a producer may send events of this type, too.
    let (name, alias) = what.event_types().map_err(|error| broken(&error))?;
    let mut data = data.clone();
    let by_name = (*id, name, payload(&data)?);
    if let Some(members) = data.as_object_mut() {
        members.insert("alias_of".to_owned(), what.name().into());
    }
    let by_alias = (EventId::new(*now, context.randomness.id()), alias, payload(&data)?);

    // 2. Which endpoints list its name, and which only its alias?
    let subscriptions = context.cache.subscriptions(about.workspace).await?;
    let caused_by = cause(context, notice, &subscriptions).await?;
    let (mut ledger, ledger_by_alias) = {
        let [name, alias] = [&by_name, &by_alias]
            .map(|(id, name, data)| Facts::new(*id, name, *now, data).caused_by(caused_by.as_ref()));
        fan_out_operational((&name, &alias), about.id, &subscriptions)
    };

    // 3. Notifications get at most one of a kind about an endpoint in an hour.
    let notifications = notifications_in(&ledger, &subscriptions);
    if !notifications.is_empty() && !may_notify(context, notice).await {
        ledger.skip(&notifications, SkipReason::NotifiedLately);
    }

    // 4. Write the event and its jobs, as for any event.
    send(context, notice, by_name, (ledger, caused_by.clone())).await?;
    send(context, notice, by_alias, (ledger_by_alias, caused_by)).await
}

/// The rules that led to the event that the notice is about. Only rules ask, so where there is none nothing is read.
async fn cause(
    context: &Context,
    notice: &Notice,
    subscriptions: &[Subscription],
) -> Result<Option<Cause>, Fault> {
    let Some(event) = notice.of else { return Ok(None) };
    if !subscriptions.iter().any(|subscription| subscription.purpose.rule_step().is_some()) {
        return Ok(None);
    }
    let event = context.store.load_event(notice.about.workspace, event, notice.now).await?;
    Ok(event.and_then(|event| event.caused_by))
}

fn payload(data: &Value) -> Result<Payload, Fault> {
    let json = RawValue::from_string(data.to_string()).map_err(|error| broken(&error))?;
    Ok(Payload::new(json.into()))
}

/// The endpoints with a delivery that are notifications.
fn notifications_in(ledger: &Ledger, subscriptions: &[Subscription]) -> HashSet<EndpointId> {
    let all = subscriptions.iter().filter(|subscription| subscription.is_notification);
    let all: HashSet<_> = all.map(|subscription| subscription.id).collect();
    ledger.deliveries.iter().copied().filter(|id| all.contains(id)).collect()
}

/// Rather once too often than never: if the table cannot say, they are notified.
async fn may_notify(context: &Context, notice: &Notice) -> bool {
    let &Notice { about, what, now, .. } = notice;
    context.cache.claim_notification(about, what, now).await.unwrap_or_else(|fault| {
        tracing::warn!(endpoint = %about.id, error = %fault, "the hourly bound of notifications could not be checked");
        true
    })
}

async fn send(
    context: &Context,
    notice: &Notice,
    (id, event_type, payload): (EventId, EventType, Payload),
    (ledger, caused_by): (Ledger, Option<Cause>),
) -> Result<(), Fault> {
    let Notice { about, now, .. } = notice;
    if ledger.is_empty() {
        return Ok(());
    }
    let Some(workspace) = context.cache.workspace(about.workspace).await? else { return Ok(()) };
    let event = Event {
        id,
        uid: None,
        workspace_id: about.workspace,
        event_type,
        occurred_at: *now,
        payload,
        erased_at: None,
        channels: Vec::new(),
        deliver_at: None,
        trace: None,
        is_test: false,
        caused_by,
        ledger,
    };
    context.store.save_event(&event, workspace.expiry(*now)).await?;
    let sent = context.queue.send(&jobs_of(&event), *now).await;
    if sent.is_err() {
        owe(context, about.workspace, id).await;
    }
    Ok(sent?)
}

fn broken(error: &dyn std::fmt::Display) -> Fault {
    Fault::Broken(format!("no operational event: {error}"))
}
