//! How is an action called?
//! One attempt and a few quick retries, all within 25 s; then the health of the system is counted.

use domain::action::Action;
use domain::action::invocation::{Content, Invocation, InvocationStatus, MAX_RESULT_BYTES, Response};
use domain::action::render::Call;
use domain::action::retrying::{Ended, counts_against_health, may_have_been_carried_out, wait_before_retry};
use domain::delivery::attempt::{Attempt, SentRequest, Trigger};
use domain::delivery::render::Occasion;
use domain::policy::circuit::{Failure, OPEN_AFTER};
use domain::policy::outcome::{Answer, ErrorClass, Judgement, Outcome};
use domain::timestamp::Timestamp;
use egress::Reply;
use serde_json::Value;
use tokio::time::Instant;

use crate::act::actions::Actions;
use crate::act::schemas::error;
use crate::deliver::request::outgoing;
use crate::error::{Fault, chain};
use crate::telemetry::call_log;

/// What of an answer is kept in the log of attempts, as of a delivery's.
const LOGGED_BYTES: usize = 4_096;

/// Makes the attempts, the last of which is over when it `ends`, and gives the invocation as it ended.
pub(super) async fn make(
    actions: &Actions,
    (action, call, ends): (&Action, &Call, Instant),
    mut invocation: Invocation,
    mut content: Content,
) -> Result<(Invocation, Content), Fault> {
    let time_left = || ends.saturating_duration_since(Instant::now());
    // Of any attempt: that the last was refused says nothing about those before.
    let mut may_be_done = false;
    let (outcome, judgement) = loop {
        let number = invocation.attempts + 1;
        let (at, nonce) = (actions.context.clock.now(), actions.context.randomness.bytes());
        let rendered = call.render(Occasion { number, at, nonce, trace: None });
        let sent = SentRequest::of(&rendered, &call.endpoint);
        let mut request = outgoing(&call.endpoint, rendered);
        request.timeout = request.timeout.min(time_left());
        let Reply { outcome, duration } = actions.egress.call(request, MAX_RESULT_BYTES).await;
        let judgement = action.settings.outcomes.judge(&outcome);
        let attempt = Attempt {
            number,
            trigger: Trigger::Automatic,
            started_at: at,
            duration,
            sent,
            error: judgement.error(),
            outcome: logged(&outcome),
        };
        call_log::called(&invocation, &attempt);
        let ended =
            Ended { number, outcome: &outcome, judgement, at: attempt.ended_at(), time_left: time_left() };
        let wait = wait_before_retry(&action.settings, ended, actions.context.randomness.unit());
        may_be_done |= may_have_been_carried_out(&action.settings, &outcome);
        invocation.attempts = number;
        content.attempt_log.push(attempt);
        match wait {
            Some(wait) => tokio::time::sleep(wait).await,
            None => break (outcome, judgement),
        }
    };

    let now = actions.context.clock.now();
    count(actions, action, judgement, &outcome, now).await;
    invocation.status = InvocationStatus::after(judgement, &outcome);
    invocation.error = judgement.error();
    invocation.may_have_been_carried_out = may_be_done;
    invocation.ended_at = Some(now);
    if let Outcome::Answered(answer) = &outcome {
        invocation.response_status = Some(answer.status);
        content.response = Some(response(actions, action, judgement, answer).await);
    }
    Ok((invocation, content))
}

/// The answer as it is shown. Only that of a success is held against the action's `result_schema`.
async fn response(actions: &Actions, action: &Action, judgement: Judgement, answer: &Answer) -> Response {
    let check = match judgement == Judgement::Success {
        true => actions.validators.check_of_result(action).await,
        false => None,
    };
    match check {
        None => Response::of(answer, None),
        Some(check) => {
            let misfits = |value: &Value| check(value).into_iter().map(error).collect();
            Response::of(answer, Some(&misfits))
        }
    }
}

fn logged(outcome: &Outcome) -> Outcome {
    let Outcome::Answered(answer) = outcome else { return outcome.clone() };
    let is_long = answer.body.len() > LOGGED_BYTES;
    let mut answer = answer.clone();
    answer.body.truncate(LOGGED_BYTES);
    answer.body_truncated |= is_long;
    Outcome::Answered(answer)
}

/// Counts an invocation in the health of the action's endpoint, once for all its attempts: the circuit opens at the fifth
/// that fails in a row. Best effort, as the call was made. An action is never switched off for failing, and nothing of it
/// is parked, so no drain and no notification follows.
async fn count(actions: &Actions, action: &Action, judgement: Judgement, outcome: &Outcome, now: Timestamp) {
    let counted = match counts_against_health(outcome) {
        true => {
            let error = judgement.error().unwrap_or(ErrorClass::HttpStatus);
            failed(actions, action, Failure { at: now, error, response_status: outcome.response_status() })
                .await
        }
        false => succeeded(actions, action).await,
    };
    if let Err(fault) = counted {
        tracing::warn!(endpoint = %action.endpoint_id(), error = chain(&fault), "health of an action's endpoint could not be counted");
    }
}

async fn failed(actions: &Actions, action: &Action, failure: Failure) -> Result<(), Fault> {
    let (context, key) = (&actions.context, action.endpoint.key());
    let mut health = context.store.record_failures(key, 1, failure).await?;
    if !health.is_open()
        && health.failures >= OPEN_AFTER
        && context.store.open_circuit(key, failure.at).await?
    {
        tracing::info!(endpoint = %key.id, workspace = %key.workspace, failures = health.failures, "circuit of an action opened");
        health.open_since = Some(failure.at);
    }
    context.cache.know_health(key, Some(health)).await;
    Ok(())
}

async fn succeeded(actions: &Actions, action: &Action) -> Result<(), Fault> {
    let (context, key) = (&actions.context, action.endpoint.key());
    if context.cache.health(key).await?.is_some() {
        context.store.record_recovery(key).await?;
        context.cache.know_health(key, None).await;
    }
    Ok(())
}
