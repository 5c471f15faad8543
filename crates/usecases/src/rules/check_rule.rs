//! May a rule be so?
//! Validation of a rule whole: its bounds, its examples, what is stored around it, the others beside it, and the endpoints that
//! it becomes.

use domain::access::api_key::{ApiKey, Scope};
use domain::access::workspace::Workspace;
use domain::id::{EndpointKey, RuleId, WorkspaceId};
use domain::problem::{FieldError, Invalid, Problem};
use domain::rule::compile::{CompiledStep, into_rule};
use domain::rule::loops::{self, Node};
use domain::rule::step::Step;
use domain::rule::{Rule, RuleSettings};
use domain::signing::profile::Profile;

use crate::context::Context;
use crate::error::{Fault, UseCaseError};
use crate::manage::check_template::Samples;
use crate::manage::management::Management;
use crate::rules::manage_rule::all_rules;

/// What is wrong with a target that is no subscriber.
pub(super) const NOT_YOURS: &str = "is a step of a rule, or an action; name an endpoint of your own";

/// Checks a rule whole: its bounds, its examples, the others beside it, and the endpoints that it becomes.
pub(super) async fn check(
    management: &Management,
    caller: &ApiKey,
    workspace: &Workspace,
    (before, rule): (Option<&Rule>, &Rule),
    others: &[Rule],
) -> Result<Vec<CompiledStep>, UseCaseError> {
    rule.settings.check()?;
    let compiled = rule.settings.compile(rule.id, &management.targets)?;
    let mut invalid = Invalid::new();
    for (place, (settings, step)) in rule.settings.then.iter().zip(&compiled).enumerate() {
        let own_url = step.url.step().is_none();
        let is_unsigned = own_url && step.settings.signature.profile == Profile::None;
        invalid.require(
            !is_unsigned
                || workspace.allow_unsigned
                || step.settings.body.is_message()
                || !is_checked((before, rule), settings),
            &format!("/then/{place}/signature/profile"),
            "`none` is not allowed in this workspace",
        );
    }
    check_templates(management, (before, rule), &compiled, &mut invalid).await?;
    check_targets(management, workspace, (before, rule), &mut invalid).await?;
    if !before.is_some_and(|before| rule.settings.invokes_no_more_than(&before.settings)) {
        check_actions(management, caller, rule, &mut invalid).await?;
    }
    invalid.into_result()?;
    check_loops((rule.id, &rule.settings), others)?;
    Ok(compiled)
}

/// What saving would refuse of a rule whose bounds hold: examples that fail, and the shortest way on which it feeds itself.
pub(super) async fn findings(
    context: &Context,
    workspace: WorkspaceId,
    (id, settings): (RuleId, &RuleSettings),
) -> Result<Vec<FieldError>, Fault> {
    let mut findings = settings.check_examples().err().map(|problem| problem.errors()).unwrap_or_default();
    // A rule that emits nothing is on no way, and the others need not be read.
    if settings.then.iter().any(|step| step.event_type.is_some()) {
        let others = all_rules(context, workspace).await?;
        let problem = check_loops((id, settings), &others).err();
        findings.extend(problem.into_iter().flat_map(|problem| problem.errors()));
    }
    Ok(findings)
}

fn check_loops((id, settings): (RuleId, &RuleSettings), others: &[Rule]) -> Result<(), Problem> {
    let nodes: Vec<Node<'_>> =
        others.iter().map(|other| Node { id: other.id, settings: &other.settings }).collect();
    loops::check(Node { id, settings }, &nodes)
}

/// Whether a step of the rule is held against what is around it.
fn is_checked((before, rule): (Option<&Rule>, &Rule), step: &Step) -> bool {
    before.is_none_or(|before| rule.settings.has_anew(step, &before.settings))
}

/// Tries the templates of a rule's steps, as that of an endpoint is tried.
async fn check_templates(
    management: &Management,
    (before, rule): (Option<&Rule>, &Rule),
    compiled: &[CompiledStep],
    invalid: &mut Invalid,
) -> Result<(), Fault> {
    let steps = rule.settings.then.iter().zip(compiled).enumerate();
    let steps = steps.filter(|(_, (step, compiled))| {
        compiled.settings.template.is_some() && is_checked((before, rule), step)
    });
    // All of them are for the same event types, so what they are tried with is read once.
    let mut samples = None;
    for (place, (step, compiled)) in steps {
        let samples = match &samples {
            Some(samples) => samples,
            None => {
                let types = &rule.settings.when.events;
                samples.insert(Samples::of(&management.context, rule.workspace_id, types).await?)
            }
        };
        for error in samples.check(&compiled.settings).err().into_iter().flat_map(|problem| problem.errors())
        {
            let error = into_rule(step, place, error);
            invalid.push(error.pointer, error.detail);
        }
    }
    Ok(())
}

/// Checks the endpoints that a rule delivers to.
async fn check_targets(
    management: &Management,
    workspace: &Workspace,
    (before, rule): (Option<&Rule>, &Rule),
    invalid: &mut Invalid,
) -> Result<(), Fault> {
    for (place, step) in rule.settings.then.iter().enumerate() {
        let target = step.forwards_to().filter(|_| is_checked((before, rule), step));
        let Some(target) = target else { continue };
        let found = management.context.store.load_endpoint(EndpointKey::new(workspace.id, target)).await?;
        let pointer = format!("/then/{place}/endpoint_id");
        match found {
            None => invalid.push(pointer, "is no endpoint of this workspace"),
            Some(endpoint) if !endpoint.purpose.is_subscriber() => {
                invalid.push(pointer, NOT_YOURS);
            }
            Some(endpoint)
                if endpoint.settings.is_notification() && !rule.settings.when.is_of_posthorns() =>
            {
                invalid.push(
                    pointer,
                    "is a notification, which has no words for other events than `posthorn.*`",
                );
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Checks the actions that a rule invokes: only who may invoke an action may let a rule do it, or do it for other events or
/// with other parameters.
async fn check_actions(
    management: &Management,
    caller: &ApiKey,
    rule: &Rule,
    invalid: &mut Invalid,
) -> Result<(), Fault> {
    for (place, step) in rule.settings.then.iter().enumerate() {
        let Some(name) = step.action.as_ref() else { continue };
        let action = management.context.store.load_action(rule.workspace_id, name).await?;
        let may_invoke = caller.require(Scope::Actions).is_ok();
        let action = action.filter(|action| may_invoke && action.settings.is_open_to(&caller.roles));
        let pointer = format!("/then/{place}/action");
        match action {
            None => invalid.push(
                pointer,
                "is no action that this API key may invoke; the key needs the scope `actions` and one of the action's roles",
            ),
            Some(action) if !action.may_be_a_step() => {
                invalid.push(pointer, "has to be confirmed, which a rule cannot do");
            }
            Some(_) => {}
        }
    }
    Ok(())
}
