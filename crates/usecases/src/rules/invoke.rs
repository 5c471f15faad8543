//! How does a rule invoke an action?
//! The sender invokes it in place of a POST, under the delivery's id as `Idempotency-Key`: a job that comes twice, or a replay,
//! gets the first invocation again.

use domain::action::invocation::InvocationStatus;
use domain::action::name::ActionName;
use domain::endpoint::Endpoint;
use domain::id::DeliveryId;
use domain::policy::outcome::Outcome;
use domain::problem::Problem;
use serde_json::{Map, Value, json};

use crate::act::actions::Actions;
use crate::act::invoke_action::{Caller, InvokeRequest, Invoked, invoke};
use crate::error::{Fault, UseCaseError};
use crate::rules::answer::{answered, not_now, refused};

/// Invokes the action with what the template made, and says what came of it as an answer. A called system that failed is
/// final: the action has retries of its own, and under the same key the answer stays the same.
///
/// # Errors
/// [`Fault`] when it could not be recorded; the job then comes back.
pub(crate) async fn invoke_step(
    actions: &Actions,
    endpoint: &Endpoint,
    delivery: DeliveryId,
    name: &ActionName,
    parameters: &[u8],
) -> Result<Outcome, Fault> {
    let Some(step) = endpoint.purpose.rule_step() else {
        return Err(Fault::Broken("an endpoint that invokes is no step of a rule".to_owned()));
    };
    let Ok(parameters) = serde_json::from_slice::<Map<String, Value>>(parameters) else {
        return Ok(refused(&Problem::invalid("/parameters", "must be an object")));
    };
    let caller = Caller::Rule { workspace: endpoint.workspace_id, rule: step.rule };
    let idempotency_key = Some(delivery.to_string());
    let request = InvokeRequest { parameters, idempotency_key, ..InvokeRequest::default() };
    match invoke(actions, caller, name, request).await {
        Ok(Invoked::Ended { invocation, is_repeated, .. }) => {
            let status = if invocation.status == InvocationStatus::Succeeded { 200 } else { 424 };
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
