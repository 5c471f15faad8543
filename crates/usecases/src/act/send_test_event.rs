//! How does an owner test an endpoint?
//! A test event: a real, signed delivery of a synthetic event, sent at once and stored like any other, without retries.

use domain::access::api_key::{ApiKey, Scope};
use domain::delivery::Delivery;
use domain::delivery::attempt::{Attempt, Trigger};
use domain::delivery::decision::{Circumstances, decide};
use domain::delivery::render::{Message, Occasion};
use domain::endpoint::Endpoint;
use domain::event::event_type::EventType;
use domain::event::ledger::Ledger;
use domain::event::operational::TEST_EVENT_TYPE;
use domain::event::{Event, Payload};
use domain::id::{DeliveryId, EndpointId, EventId};
use domain::policy::circuit::Health;
use domain::policy::retry::RetryPolicy;
use domain::problem::Problem;
use serde_json::value::RawValue;
use store::rows::deliveries::{DeliveryRow, Settlement};

use crate::accept::event_request::{check_payload, check_type};
use crate::act::actions::Actions;
use crate::deliver::request::{Outbound, Posted, post};
use crate::error::{Fault, UseCaseError};
use crate::manage::manage_endpoint::find_endpoint;

/// The longest timeout of a test, in seconds. The function may run for 29 s, and must still record the attempt and
/// answer.
pub const MAX_TIMEOUT_SECONDS: u64 = 25;

/// What a test event may have of its own.
#[derive(Debug, Default)]
pub struct TestEvent {
    /// Its type; `posthorn.test`, if left out.
    pub event_type: Option<EventType>,
    /// Its payload; a sentence that says what it is, if left out.
    pub data: Option<Payload>,
}

/// Sends a test event to an endpoint, also to one that is switched off, and returns the delivery. It waits for the
/// endpoint's timeout, but at most 25 s.
///
/// # Errors
/// [`Problem::NotFound`] when the endpoint does not exist; [`Problem::Invalid`] or [`Problem::TooLarge`] for a type or
/// payload that no event may have; [`UseCaseError::Fault`] when the attempt could not be recorded.
pub async fn send_test_event(
    actions: &Actions,
    caller: &ApiKey,
    id: EndpointId,
    test: TestEvent,
) -> Result<(Delivery, Attempt), UseCaseError> {
    // 1. Which endpoint, and may there be such an event?
    let endpoint = impatient(find_endpoint(&actions.context, caller, Scope::Webhooks, id).await?);
    if endpoint.url.step().is_some() {
        let detail =
            "cannot be sent: this step of a rule has no receiver; try the rule with POST /v1/rules/test";
        return Err(Problem::invalid("", detail).into());
    }
    let workspace = actions.context.cache.workspace(endpoint.workspace_id).await?;
    let workspace = workspace.ok_or(Problem::NotFound("workspace"))?;
    if let Some(event_type) = test.event_type.as_ref().filter(|named| named.as_str() != TEST_EVENT_TYPE) {
        check_type(event_type)?;
    }
    if let Some(data) = &test.data {
        check_payload(data)?;
    }

    // 2. Write the synthetic event down, so that the delivery can be followed like any other.
    let now = actions.context.clock.now();
    let event = synthetic_event(&endpoint, actions.context.new_id(now, EventId::new))?;
    let event_type = test.event_type.unwrap_or(event.event_type);
    let event = Event { event_type, payload: test.data.unwrap_or(event.payload), ..event };
    if actions.context.is_resumed()
        && let Some(sent) = sent_before(actions, &endpoint, &event).await?
    {
        return Ok(sent);
    }
    let expires_at = workspace.expiry(now);
    actions.context.store.save_event(&event, expires_at).await?;

    // 3. Send it once, and record the attempt.
    let delivery =
        Delivery::new(workspace.id, endpoint.id, event.id, event.event_type.clone(), event.occurred_at);
    let delivery = Delivery { trigger: Trigger::Test, is_test: true, ..delivery };
    let message = Message::of(&event, endpoint.id);
    let occasion = Occasion { number: 1, at: now, nonce: actions.context.randomness.bytes(), trace: None };
    let mailer = actions.context.mailer.as_ref();
    let outbound = Outbound { egress: &actions.egress, mailer, steps: None };
    let Posted { attempt, judgement } = post(outbound, &endpoint, &message, occasion, Trigger::Test).await?;
    // The owner sees the result, so nothing else follows: a failure is not counted, a 410 does not switch off.
    let decision = decide(&Circumstances {
        attempt: &attempt,
        judgement,
        number_in_schedule: delivery.next_in_schedule(),
        settings: &endpoint.settings,
        health: Health::default(),
        is_probe: false,
        randomness: 0.0,
        now: attempt.ended_at(),
    });
    let delivery = delivery.settled(&attempt, decision);
    let row = DeliveryRow { delivery: delivery.clone(), first_attempt: Some(attempt.clone()) };
    actions.context.store.settle(&[Settlement { row, later_attempt: None, expires_at }]).await?;
    Ok((delivery, attempt))
}

/// What the first of two equal requests recorded, if it came so far. If it did not, the test event is sent again under the
/// same id.
async fn sent_before(
    actions: &Actions,
    endpoint: &Endpoint,
    event: &Event,
) -> Result<Option<(Delivery, Attempt)>, Fault> {
    let delivery = DeliveryId::of(event.id, endpoint.id);
    let row = actions.context.store.load_delivery(endpoint.id, delivery, actions.context.clock.now()).await?;
    Ok(row.and_then(|row| Some((row.delivery, row.first_attempt?))))
}

/// The endpoint as a test treats it: with a shorter timeout, and a schedule without retries.
fn impatient(mut endpoint: Endpoint) -> Endpoint {
    endpoint.settings.timeout_seconds = endpoint.settings.timeout_seconds.min(MAX_TIMEOUT_SECONDS);
    endpoint.settings.retry = RetryPolicy::Schedule(Vec::new());
    endpoint
}

pub(crate) fn synthetic_event(endpoint: &Endpoint, id: EventId) -> Result<Event, Fault> {
    let broken = |error: &dyn std::fmt::Display| Fault::Broken(format!("the test event is not one: {error}"));
    let data = serde_json::json!({
        "message": "This is a test event. It was sent because someone asked for it.",
        "endpoint_id": endpoint.id,
    });
    let json = RawValue::from_string(data.to_string()).map_err(|e| broken(&e))?;
    let payload = Payload::new(json.into());
    Ok(Event {
        id,
        uid: None,
        workspace_id: endpoint.workspace_id,
        event_type: EventType::parse(TEST_EVENT_TYPE).map_err(|e| broken(&e))?,
        occurred_at: id.time(),
        payload,
        erased_at: None,
        channels: Vec::new(),
        deliver_at: None,
        trace: None,
        is_test: true,
        caused_by: None,
        ledger: Ledger { deliveries: vec![endpoint.id], skipped: Vec::new() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::endpoint::EndpointSettings;
    use domain::endpoint::address::AllowedTargets;
    use domain::endpoint::purpose::Purpose;
    use domain::id::WorkspaceId;
    use domain::timestamp::Timestamp;

    #[test]
    fn a_test_never_waits_longer_than_its_outcome_can_be_recorded() {
        let now = Timestamp::from_millis(0);
        let timeout_of_a_test = |timeout_seconds: u64| {
            let settings =
                serde_json::json!({ "url": "https://example.com", "timeout_seconds": timeout_seconds });
            let settings: EndpointSettings = serde_json::from_value(settings).unwrap();
            let endpoint = Endpoint {
                id: EndpointId::new(now, 1),
                workspace_id: WorkspaceId::new(now, 1),
                purpose: Purpose::Subscriber,
                url: settings.check(&AllowedTargets::public_only()).unwrap(),
                settings,
                secrets: Vec::new(),
                disabled: None,
                revision: 1,
                created_at: now,
                updated_at: now,
            };
            let endpoint = impatient(endpoint);
            assert!(endpoint.settings.retry.schedule().is_empty(), "its owner waits for one attempt");
            endpoint.timeout().as_secs()
        };
        assert_eq!((timeout_of_a_test(30), timeout_of_a_test(10)), (MAX_TIMEOUT_SECONDS, 10));
    }
}
