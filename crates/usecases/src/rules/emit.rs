//! How does a rule make an event?
//! The sender accepts the derived event in place of a POST. Its id follows from its cause, so a job that comes twice, or a
//! replay, makes it once; what became of it stands in the delivery's log, as an answer does.

use std::sync::Arc;

use domain::access::workspace::Workspace;
use domain::endpoint::Endpoint;
use domain::event::cause::Cause;
use domain::event::event_type::EventType;
use domain::event::{Event, Payload};
use domain::id::EventId;
use domain::policy::outcome::Outcome;
use domain::problem::Problem;
use domain::timestamp::Timestamp;
use serde_json::json;
use serde_json::value::RawValue;
use std::time::Duration;

use crate::accept::accept_event::accept_derived;
use crate::accept::event_request::EventRequest;
use crate::accept::intake::Intake;
use crate::error::{Fault, UseCaseError};
use crate::rules::answer::{answered, not_now, refused};

/// A derived event that is made so much later than its cause says when: otherwise it would seem to have waited since then.
const LATE: Duration = Duration::from_secs(60);

/// What a step emits.
#[derive(Debug)]
pub(crate) struct Emission<'a> {
    /// The step's endpoint.
    pub(crate) endpoint: &'a Endpoint,
    /// The workspace of event and endpoint.
    pub(crate) workspace: &'a Arc<Workspace>,
    /// The event that the step fired for.
    pub(crate) event: EventId,
    /// The type of the derived event.
    pub(crate) event_type: EventType,
    /// Its payload, as the template made it.
    pub(crate) data: &'a [u8],
}

/// Accepts the event, and says what came of it as an answer of Posthorn to itself: `202`, or a problem's status, which is
/// final. Its quota and its bounds are those of any event.
///
/// # Errors
/// [`Fault`] when it could not be made durable; the job then comes back.
pub(crate) async fn emit(intake: &Intake, emission: Emission<'_>) -> Result<Outcome, Fault> {
    let Emission { endpoint, workspace, event, event_type, data } = emission;
    let now = intake.context.clock.now();
    // 1. What is known of the event, and may the rule make another one of it?
    let Some(step) = endpoint.purpose.rule_step() else {
        return Err(Fault::Broken("an endpoint that emits is no step of a rule".to_owned()));
    };
    let Some(event) = intake.context.store.load_event_row(workspace.id, event, now).await? else {
        return Ok(refused(&Problem::NotFound("event")));
    };
    if event.erased_at.is_some() {
        // Its data must not live on in another event.
        return Ok(refused(&Problem::EventErased));
    }
    let Some(cause) = Cause::of(event.id, event.caused_by.as_ref(), step.rule) else {
        let detail = json!({ "code": "loop", "detail": "the chain of rules that led to this event ends here: it has this rule already, or three" });
        return Ok(answered(409, &detail));
    };

    // 2. Accept it.
    let id = EventId::derived(event.id, step.rule, &step.step);
    let request = match request(&event, (id, event_type), data, cause, now) {
        Ok(request) => request,
        Err(problem) => return Ok(refused(&problem)),
    };
    match accept_derived(intake, workspace, request).await {
        Ok(accepted) => {
            let deliveries = accepted.ledger.deliveries.len();
            let repeated = accepted.repeated;
            Ok(answered(202, &json!({ "id": id, "deliveries": deliveries, "repeated": repeated })))
        }
        // It was made so long ago that only its row says so.
        Err(UseCaseError::Problem(Problem::EventExists)) => {
            Ok(answered(202, &json!({ "id": id, "repeated": true })))
        }
        // Another job accepts it at this moment: this one comes back and sees.
        Err(UseCaseError::Problem(problem @ Problem::IdempotencyKeyInProgress)) => Ok(not_now(&problem)),
        Err(UseCaseError::Problem(problem)) => Ok(refused(&problem)),
        Err(UseCaseError::Fault(fault)) => Err(fault),
    }
}

/// The derived event: it happened when its cause did, and is for the same channels.
fn request(
    event: &Event,
    (id, event_type): (EventId, EventType),
    data: &[u8],
    cause: Cause,
    now: Timestamp,
) -> Result<EventRequest, Problem> {
    let json = String::from_utf8_lossy(data).into_owned();
    let payload = RawValue::from_string(json).map_err(|error| Problem::MalformedJson(error.to_string()))?;
    let is_late = now.since(event.id.time()) > LATE;
    Ok(EventRequest {
        event_type,
        data: Payload::new(payload.into()),
        workspace_id: None,
        id: Some(id),
        uid: None,
        occurred_at: Some(event.occurred_at),
        channels: event.channels.clone(),
        deliver_at: is_late.then_some(now),
        trace: event.trace,
        caused_by: Some(cause),
    })
}
