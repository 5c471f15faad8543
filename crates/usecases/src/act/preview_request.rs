//! Which request would be sent for an event?
//! A preview: the request of an attempt, rendered by the same function as every attempt, and not sent.
//!
//! Its signature is valid. So a caller who may only read gets none over a payload of its choice: that takes a scope by
//! which the caller could read the endpoint's secret, or send the delivery.

use domain::access::api_key::{ApiKey, Scope};
use domain::delivery::render::{Message, Occasion, RenderedRequest, render};
use domain::endpoint::Endpoint;
use domain::event::event_type::EventType;
use domain::event::{Event, Payload};
use domain::id::{DeliveryId, EndpointId, EventId};
use domain::problem::Problem;
use domain::timestamp::Timestamp;
use domain::uid::EventIdOrUid;

use crate::accept::event_request::check_nesting;
use crate::act::actions::Actions;
use crate::act::send_test_event::synthetic_event;
use crate::error::UseCaseError;
use crate::manage::manage_endpoint::find_endpoint;

/// Which event to preview: a stored one by its id, one made of `type` and `data`, or the test event.
#[derive(Debug, Default)]
pub struct PreviewRequest {
    /// The id of a stored event.
    pub event_id: Option<EventIdOrUid>,
    /// The type of an event that is not stored.
    pub event_type: Option<EventType>,
    /// The payload of an event that is not stored.
    pub data: Option<Payload>,
    /// When the event happened; now, if left out.
    pub occurred_at: Option<Timestamp>,
}

/// Renders what would be sent to an endpoint as a first attempt now.
///
/// # Errors
/// [`Problem::MissingScope`] for an event that is not stored without `webhooks`, or a stored one without
/// `events:ro`; [`Problem::NotFound`] when there is no such endpoint or event; [`Problem::Invalid`] for half an event
/// or a payload that is nested too deep; [`Problem::TemplateFailed`] when the endpoint's template makes nothing of it.
pub async fn preview_request(
    actions: &Actions,
    caller: &ApiKey,
    id: EndpointId,
    request: PreviewRequest,
) -> Result<(Endpoint, RenderedRequest), UseCaseError> {
    let endpoint = find_endpoint(&actions.context, caller, Scope::WebhooksRead, id).await?.shown_to(caller);
    let event = event(actions, caller, &endpoint, request).await?;
    let rendered = rendered(actions, &endpoint, &event, 1)?;
    Ok((endpoint, rendered))
}

/// Rebuilds the request of a delivery as it would be sent now, whole: with a signature that is valid now, the custom
/// headers that the attempt's log redacts (their values only for a caller with `webhooks`), and the payload.
///
/// # Errors
/// [`Problem::MissingScope`] without `deliveries`, by which the delivery could be replayed, and `events:ro`;
/// [`Problem::NotFound`] when there is no such endpoint or delivery, or its payload is no longer kept;
/// [`Problem::TemplateFailed`] when the endpoint's template makes nothing of the event.
pub async fn rebuild_request(
    actions: &Actions,
    caller: &ApiKey,
    endpoint: EndpointId,
    delivery: DeliveryId,
) -> Result<(Endpoint, RenderedRequest), UseCaseError> {
    caller.require(Scope::EventsRead)?;
    let endpoint =
        find_endpoint(&actions.context, caller, Scope::Deliveries, endpoint).await?.shown_to(caller);
    let now = actions.context.clock.now();
    let row = actions.context.store.load_delivery(endpoint.id, delivery, now).await?;
    let row = row.ok_or(Problem::NotFound("delivery"))?;
    let event = actions.context.store.load_event(endpoint.workspace_id, row.delivery.event_id, now).await?;
    let event = with_payload(event)?;
    let rendered = rendered(actions, &endpoint, &event, row.delivery.attempts.max(1))?;
    Ok((endpoint, rendered))
}

async fn event(
    actions: &Actions,
    caller: &ApiKey,
    endpoint: &Endpoint,
    request: PreviewRequest,
) -> Result<Event, UseCaseError> {
    let now = actions.context.clock.now();
    let PreviewRequest { event_id, event_type, data, occurred_at } = request;
    match (event_id, event_type, data) {
        (Some(id), None, None) if occurred_at.is_none() => {
            caller.require(Scope::EventsRead)?;
            let id = actions.context.event_id(endpoint.workspace_id, id).await?;
            let event = actions.context.store.load_event(endpoint.workspace_id, id, now).await?;
            Ok(with_payload(event)?)
        }
        (None, Some(event_type), Some(payload)) => {
            caller.require(Scope::Webhooks)?;
            check_nesting(&payload)?;
            let mut event = synthetic_event(endpoint, EventId::new(now, actions.context.randomness.id()))?;
            event.event_type = event_type;
            event.payload = payload;
            event.occurred_at = occurred_at.unwrap_or(now);
            Ok(event)
        }
        (None, None, None) if occurred_at.is_none() => {
            Ok(synthetic_event(endpoint, EventId::new(now, actions.context.randomness.id()))?)
        }
        _ => Err(Problem::invalid("", "takes either event_id, or type and data, or nothing").into()),
    }
}

fn with_payload(event: Option<Event>) -> Result<Event, Problem> {
    let event = event.ok_or(Problem::NotFound("event"))?;
    if event.erased_at.is_some() { Err(Problem::NotFound("event data: it was erased")) } else { Ok(event) }
}

fn rendered(
    actions: &Actions,
    endpoint: &Endpoint,
    event: &Event,
    number: u32,
) -> Result<RenderedRequest, Problem> {
    let message = Message::of(event, endpoint.id);
    let occasion = Occasion {
        number,
        at: actions.context.clock.now(),
        nonce: actions.context.randomness.bytes(),
        trace: None,
    };
    render(&message, endpoint, occasion).map_err(Problem::TemplateFailed)
}
