//! What is logged about calls of actions?
//! One wide log line for each attempt, and one for each call that was refused, which leaves no other trace.

use domain::access::api_key::ApiKey;
use domain::action::invocation::Invocation;
use domain::action::name::ActionName;
use domain::delivery::attempt::Attempt;
use domain::policy::outcome::ErrorClass;
use domain::problem::Problem;

/// One line per attempt, without parameters, URL and answer.
pub(crate) fn called(invocation: &Invocation, attempt: &Attempt) {
    tracing::info!(
        invocation = %invocation.id,
        action = %invocation.action,
        endpoint = %invocation.endpoint_id,
        workspace = %invocation.workspace_id,
        effect = invocation.effect.as_str(),
        attempt = attempt.number,
        status = attempt.response_status(),
        error = attempt.error.map(ErrorClass::as_str),
        duration_ms = u64::try_from(attempt.duration.as_millis()).unwrap_or(u64::MAX),
        "action called"
    );
}

/// One line for a call of which nothing was sent.
pub(crate) fn refused(caller: &ApiKey, action: &ActionName, problem: &Problem) {
    tracing::info!(
        action = %action,
        workspace = caller.workspace_id.map(tracing::field::display),
        api_key = %caller.id,
        api_key_name = caller.name,
        reason = problem.kind().code,
        "action refused"
    );
}
