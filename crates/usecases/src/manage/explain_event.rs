//! Why did an endpoint get an event, or why did it not?
//! The rules of the endpoint's subscription as it is now, each with its verdict, beside what the ledger recorded when the
//! event was accepted.

use std::time::Duration;

use domain::access::api_key::{ApiKey, Scope};
use domain::delivery::Delivery;
use domain::endpoint::explanation::{Explanation, Origin};
use domain::endpoint::purpose::Purpose;
use domain::endpoint::subscription::{Subscription, Switch};
use domain::event::Event;
use domain::event::document::Facts;
use domain::event::ledger::SkipReason;
use domain::id::{DeliveryId, EndpointId, EndpointKey, EventId};
use domain::problem::Problem;
use domain::uid::{EndpointIdOrUid, WorkspaceIdOrUid};

use crate::error::UseCaseError;
use crate::manage::management::Management;
use crate::manage::read_events::read_event;
use crate::manage::read_ledger::first_attempt_pending;

/// How long a change of an endpoint may take until the fan-out reads it, as the API promises.
const TAKES_EFFECT: Duration = Duration::from_secs(5);

/// An event at one endpoint, explained.
#[derive(Debug, Clone)]
pub struct ExplainedEvent {
    /// The event.
    pub event: Event,
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The rules of now; `None` if the endpoint was deleted.
    pub explanation: Option<Explanation>,
    /// What the ledger recorded of the endpoint: a delivery (`Some(None)`), the reason why it was skipped, or nothing.
    pub recorded: Option<Option<SkipReason>>,
    /// The delivery, if there is one.
    pub delivery: Option<Delivery>,
    /// Whether the endpoint was changed or deleted since the event was accepted, so that the rules of now may differ from
    /// those that decided.
    pub changed_since: bool,
}

/// Explains what happened to an event at an endpoint.
///
/// # Errors
/// [`Problem::NotFound`] when there is no such event, or neither such an endpoint nor an entry of it in the ledger.
pub async fn explain_event(
    management: &Management,
    caller: &ApiKey,
    workspace: Option<WorkspaceIdOrUid>,
    event: EventId,
    endpoint: EndpointIdOrUid,
) -> Result<ExplainedEvent, UseCaseError> {
    caller.require(Scope::EventsRead)?;
    let context = &management.context;
    // 1. What was recorded?
    let event = read_event(management, caller, workspace, event).await?;
    let id = context.endpoint_id(caller, Some(event.workspace_id.into()), endpoint).await?;
    if context.hidden_from(caller, event.workspace_id).await?.contains(&id) {
        return Err(Problem::NotFound("endpoint").into());
    }
    let recorded = event.ledger.entry(id);
    let row = context.store.load_delivery(id, DeliveryId::of(event.id, id), context.clock.now()).await?;
    let key = EndpointKey::new(event.workspace_id, id);
    let endpoint = context.store.load_endpoint(key).await?;
    let pending = || first_attempt_pending(&event, id, endpoint.as_ref());
    let delivery = row.map(|row| row.delivery).or_else(|| (recorded == Some(None)).then(pending));

    // 2. What do the rules of now say?
    // An action gets no events.
    let Some(endpoint) = endpoint.filter(|endpoint| endpoint.purpose != Purpose::Action) else {
        // A replay may have sent the event to it, although it was made later.
        if recorded.is_none() && delivery.is_none() {
            return Err(Problem::NotFound("endpoint").into());
        }
        return Ok(ExplainedEvent {
            event,
            endpoint: id,
            explanation: None,
            recorded,
            delivery,
            changed_since: true,
        });
    };
    let as_created = endpoint.revision == 1 && recorded.is_some();
    let changed_since = !as_created && endpoint.updated_at.plus(TAKES_EFFECT) > event.id.time();
    let reason = endpoint.disabled_reason();
    let mut subscription = Subscription::of(id, endpoint.purpose, endpoint.settings, reason, Vec::new());
    if let Switch::OffForFailing { parked } = &mut subscription.switch {
        let counts = context.store.parked_counts(event.workspace_id).await?;
        *parked = counts.get(&id).copied().unwrap_or_default();
    }
    let origin = match event.is_test {
        true => Origin::Test,
        false => Origin::of(&event.event_type, event.payload.get()),
    };
    let all = context.cache.subscriptions(event.workspace_id).await?;
    let explanation = Some(subscription.explain(&Facts::of(&event), &origin, &all));
    Ok(ExplainedEvent { event, endpoint: id, explanation, recorded, delivery, changed_since })
}
