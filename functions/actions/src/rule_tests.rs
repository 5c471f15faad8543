//! `POST /v1/rules/test`: for which events would a rule fire, and what would it send?
//! The exact requests, signed and not sent.

use api::previews::Preview;
use api::problem::FieldError;
use api::rules::{RuleTest, StepRequest, TestedEvent, TestedRule};
use axum::Json;
use axum::extract::State;
use domain::event::MAX_REQUEST_BYTES;
use domain::problem::Problem;
use http_kit::{Body, Caller, ErrorResponse};
use usecases::act::actions::Actions;
use usecases::rules::test_rule::{self, MAX_EVENTS, TestedEvents, test_rule};

/// Test a rule
///
/// A rule, saved or not, is held against a stored event, an event of your own, or the newest events of its types. The answer
/// says for which it would fire and why, shows what each step would send, and names what saving would refuse; nothing is sent. Stored events need the scope
/// `events:ro`, too, and an event of your own the scope `webhooks` if a saved step signs it. A rule that is not saved and only
/// delivers to URLs may be tested with the scope `webhooks` in place of `rules`: so are the settings of an endpoint previewed.
#[utoipa::path(
    post,
    path = "/v1/rules/test",
    operation_id = "test_rule",
    tag = "Rules",
    request_body = RuleTest,
    responses((status = 200, description = "What the rule would do.", body = TestedRule)),
)]
pub(crate) async fn test(
    State(actions): State<Actions>,
    caller: Caller,
    Body(test): Body<RuleTest, MAX_REQUEST_BYTES>,
) -> Result<Json<TestedRule>, ErrorResponse> {
    let RuleTest { workspace_id, rule, rule_id, event_id, event, recent } = test;
    let events = match (event_id, event, recent) {
        (Some(id), None, None) => TestedEvents::Stored(id),
        (None, Some(event), None) => TestedEvents::Own(Box::new(event)),
        (None, None, recent) => TestedEvents::Recent(count(recent)?),
        _ => return Err(Problem::invalid("", "takes one of `event_id`, `event` and `recent`").into()),
    };
    let test = test_rule::RuleTest { workspace: workspace_id, rule, rule_id, events };
    let tested = test_rule(&actions, &caller, test).await?;
    Ok(Json(answer(tested)))
}

fn count(recent: Option<usize>) -> Result<usize, Problem> {
    let count = recent.unwrap_or(MAX_EVENTS);
    match (1..=MAX_EVENTS).contains(&count) {
        true => Ok(count),
        false => Err(Problem::invalid("/recent", "must be 1 to 100")),
    }
}

fn answer(tested: test_rule::TestedRule) -> TestedRule {
    let is_stored = tested.events.iter().any(|tested| tested.is_stored);
    let requests = tested.requests.into_iter().map(|request| step_request(request, is_stored)).collect();
    let events: Vec<_> = tested.events.into_iter().map(tested_event).collect();
    let matched = events.iter().filter(|event| event.matched).count();
    let findings = tested.findings.into_iter().map(FieldError::from).collect();
    TestedRule { matched, of: events.len(), complete: tested.is_complete, findings, events, requests }
}

fn tested_event(tested: test_rule::TestedEvent) -> TestedEvent {
    let test_rule::TestedEvent { event, is_stored, explanation } = tested;
    TestedEvent {
        id: is_stored.then_some(event.id),
        event_type: event.event_type,
        timestamp: event.occurred_at,
        matched: explanation.passes(),
        why: explanation.verdicts.into_iter().map(Into::into).collect(),
    }
}

fn step_request(request: test_rule::StepRequest, is_stored: bool) -> StepRequest {
    let test_rule::StepRequest { step, event, endpoint, request, is_saved, .. } = request;
    let (request, error) = match (request, endpoint) {
        (Some(Ok(rendered)), Some(endpoint)) => (Some(Preview::of(rendered, &endpoint)), None),
        (Some(Err(failure)), _) => (None, Some(format!("the template fails: {failure}"))),
        _ => (None, Some("the endpoint that this step names was deleted".to_owned())),
    };
    let event_id = is_stored.then_some(event);
    StepRequest { step, event_id, request, error, signature_is_valid: is_saved }
}
