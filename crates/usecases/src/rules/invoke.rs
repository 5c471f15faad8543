//! How does a rule invoke an action?
//! The sender invokes it in place of a POST, under the delivery's id as `Idempotency-Key`: a job that comes twice, or a replay,
//! gets the first invocation again if that succeeded. One that failed is carried out again, as the same invocation under the
//! same key: by a retry where another try may help and does no harm, by a replay always, because a person asked for it.

use domain::action::invocation::{Content, Invocation, InvocationStatus};
use domain::action::name::ActionName;
use domain::action::retrying::is_tried_again;
use domain::endpoint::Endpoint;
use domain::id::DeliveryId;
use domain::policy::outcome::Outcome;
use domain::problem::Problem;
use serde_json::{Map, Value, json};

use crate::act::actions::Actions;
use crate::act::invoke_action::{Caller, InvokeRequest, Invoked, invoke};
use crate::error::{Fault, UseCaseError};
use crate::rules::answer::{answered, not_now, refused};

/// Invokes the action with what the template made, and says what came of it as an answer. Beyond the quick retries of the
/// action, a call that failed is tried again by the schedule of the step, unless it may have been carried out and the action
/// must not be twice.
///
/// # Errors
/// [`Fault`] when it could not be recorded; the job then comes back.
pub(crate) async fn invoke_step(
    actions: &Actions,
    endpoint: &Endpoint,
    (delivery, is_replay): (DeliveryId, bool),
    name: &ActionName,
    parameters: &[u8],
) -> Result<Outcome, Fault> {
    let Some(step) = endpoint.purpose.rule_step() else {
        return Err(Fault::Broken("an endpoint that invokes is no step of a rule".to_owned()));
    };
    let Ok(parameters) = serde_json::from_slice::<Map<String, Value>>(parameters) else {
        return Ok(refused(&Problem::invalid("/parameters", "must be an object")));
    };
    let caller = Caller::Rule { workspace: endpoint.workspace_id, rule: step.rule, delivery, is_replay };
    let idempotency_key = Some(delivery.to_string());
    let request = InvokeRequest { parameters, idempotency_key, ..InvokeRequest::default() };
    match invoke(actions, caller, name, request).await {
        Ok(Invoked::Ended { invocation, content, is_repeated }) => {
            let status = status_of(actions, &invocation, &content).await?;
            let said = json!({
                "id": invocation.id, "status": invocation.status.as_str(), "attempts": invocation.attempts,
                "response_status": invocation.response_status, "repeated": is_repeated,
            });
            Ok(answered(status, &said))
        }
        Ok(Invoked::DryRun(_) | Invoked::ToConfirm { .. }) => {
            let detail = "the action has to be confirmed, which a rule cannot do";
            Ok(refused(&Problem::invalid("/action", detail)))
        }
        Err(UseCaseError::Problem(
            problem @ (Problem::ActionBusy { .. }
            | Problem::ActionFailing { .. }
            | Problem::IdempotencyKeyInProgress),
        )) => Ok(not_now(&problem)),
        Err(UseCaseError::Problem(problem)) => Ok(refused(&problem)),
        Err(UseCaseError::Fault(fault)) => Err(fault),
    }
}

/// The status that says how an invocation ended: 503 for one that is tried again, 424 for one that is not.
async fn status_of(actions: &Actions, invocation: &Invocation, content: &Content) -> Result<u16, Fault> {
    if invocation.status == InvocationStatus::Succeeded {
        return Ok(200);
    }
    let store = &actions.context.store;
    let action = store.load_action(invocation.workspace_id, &invocation.action).await?;
    let is_tried_again = action.is_some_and(|action| is_tried_again(&action.settings, content));
    Ok(if is_tried_again { 503 } else { 424 })
}
