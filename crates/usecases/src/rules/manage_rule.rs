//! How are rules created, changed and deleted?
//! Every change is checked whole, with its examples and beside the other rules, and saved with its endpoints in one
//! transaction under an optimistic lock.

use std::collections::{BTreeMap, HashMap};

use domain::access::actor::Actor;
use domain::access::api_key::{ApiKey, Scope};
use domain::access::workspace::Workspace;
use domain::audit::changes::Changes;
use domain::audit::snapshot::Snapshot;
use domain::audit::{Action, Change};
use domain::endpoint::{Endpoint, MAX_ENDPOINTS};
use domain::id::{EndpointId, EndpointKey, RuleId, WorkspaceId};
use domain::problem::Problem;
use domain::rule::{MAX_RULES, Rule, RuleSettings};
use domain::search::NamePart;
use domain::signing::profile::Profile;
use domain::signing::secret::Secret;
use domain::uid::WorkspaceIdOrUid;
use store::rows::drains::DrainReason;
use store::rows::rules::{ListedRule, SavedRule};
use store::{Listing, Order, Window};

use crate::context::Context;
use crate::error::{Fault, UseCaseError};
use crate::manage::listing::{ListPage, Rows};
use crate::manage::management::Management;
use crate::recover::drain::owe_drain;
use crate::rules::check_rule::check;
use crate::rules::plan::{Occasion, Plan};

/// A rule that was written, and the secrets that its new steps sign with, by the steps' ids.
#[derive(Debug)]
pub struct WrittenRule {
    /// The rule.
    pub rule: Rule,
    /// The secrets; only the answer that made them shows them.
    pub secrets: BTreeMap<String, Secret>,
}

/// Which rules a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleFilter {
    /// Only rules whose name contains this.
    pub name: Option<NamePart>,
    /// Only rules that are switched on, or off.
    pub active: Option<bool>,
}

/// Settings that a merge replaces as a whole: conditions are no settings to be merged.
pub const REPLACED_WHOLE: [&str; 1] = ["if"];

/// Creates a rule and the endpoints of its steps. A repeated request that takes over finds the rule that the first one
/// created.
///
/// # Errors
/// [`UseCaseError::Problem`] for settings out of bounds, an example that fails, a loop, or as many rules or endpoints as
/// there may be. Requests at once may pass the bound of rules by as many.
pub async fn create_rule(
    management: &Management,
    caller: &ApiKey,
    workspace: Option<WorkspaceIdOrUid>,
    settings: RuleSettings,
) -> Result<WrittenRule, UseCaseError> {
    // 1. Who asks, and was it made before?
    caller.require(Scope::Rules)?;
    let workspace = management.workspace(caller, workspace).await?;
    let Context { store, clock, .. } = &management.context;
    let now = clock.now();
    let id = management.context.new_id(now, RuleId::new);
    if management.context.is_resumed()
        && let Some(rule) = store.load_rule(workspace.id, id).await?
    {
        let secrets = secrets_of(management, &rule).await?;
        return Ok(WrittenRule { rule, secrets });
    }

    // 2. May it be?
    let mut settings = settings.completed();
    let defaults = management.defaults_in(&workspace);
    settings.then = settings.then.into_iter().map(|step| step.with_defaults(&defaults)).collect();
    let (workspace_id, endpoints) = (workspace.id, Vec::new());
    let rule = Rule { id, workspace_id, settings, endpoints, revision: 1, created_at: now, updated_at: now };
    let others = all_rules(&management.context, workspace.id).await?;
    if others.len() >= MAX_RULES {
        return Err(Problem::TooManyRules(MAX_RULES).into());
    }
    let compiled = check(management, caller, &workspace, (None, &rule), &others).await?;

    // 3. Write it, with its endpoints and its entry.
    let occasion = Occasion { management, by: Actor::from(caller), now, resume: false };
    let plan = Plan::of(&occasion, None, &rule, compiled);
    write(management, caller, &workspace, (None, rule), plan).await
}

/// A rule as the caller sees it.
///
/// # Errors
/// [`Problem::NotFound`] when the rule does not exist, or belongs to another workspace.
pub async fn read_rule(management: &Management, caller: &ApiKey, id: RuleId) -> Result<Rule, UseCaseError> {
    Ok(find_rule(&management.context, caller, Scope::RulesRead, id).await?.shown_to(caller))
}

/// A rule whole, for a caller with this scope.
///
/// # Errors
/// As for [`read_rule`].
pub(crate) async fn find_rule(
    context: &Context,
    caller: &ApiKey,
    scope: Scope,
    id: RuleId,
) -> Result<Rule, UseCaseError> {
    caller.require(scope)?;
    let rule = match caller.workspace_id {
        Some(workspace) => context.store.load_rule(workspace, id).await?,
        None => context.store.find_rule(id).await?,
    };
    let rule = rule.ok_or(Problem::NotFound("rule"))?;
    // The rows of a deleted workspace are deleted later.
    match context.has_workspace(rule.workspace_id).await? {
        true => Ok(rule),
        false => Err(Problem::NotFound("rule").into()),
    }
}

/// Rules of a workspace that the filter selects, newest first.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller lacks the scope, or the workspace is unknown.
pub async fn list_rules(
    management: &Management,
    caller: &ApiKey,
    workspace: Option<WorkspaceIdOrUid>,
    filter: &RuleFilter,
    rows: Rows<RuleId>,
) -> Result<ListPage<Rule, RuleId>, UseCaseError> {
    caller.require(Scope::RulesRead)?;
    let workspace = management.workspace(caller, workspace).await?.id;
    let selects = |rule: &ListedRule| {
        filter.name.as_ref().is_none_or(|part| part.is_in(&rule.name))
            && filter.active.is_none_or(|active| active == rule.active)
    };
    let listing = rows.listing(Order::NewestFirst, Window::everything(), selects);
    let read = management.context.store.list_rules(workspace, &listing).await?;
    let page = rows.page_cut(listing.order, read, |rule| rule.id, |rule| &rule.settings);
    Ok(page.map(|rule| rule.shown_to(caller)))
}

/// Changes a rule: `change` makes its new settings, or refuses. A step that keeps its id and what it does keeps its endpoint.
///
/// With `resume`, which says that the rule was switched on explicitly, steps that Posthorn switched off are switched on,
/// their failures are forgotten, and what is parked for them is sent.
///
/// # Errors
/// [`UseCaseError::Problem`] as for [`create_rule`], or [`Problem::ChangedMeanwhile`].
pub async fn update_rule(
    management: &Management,
    caller: &ApiKey,
    id: RuleId,
    resume: bool,
    change: impl FnOnce(&Rule) -> Result<RuleSettings, Problem>,
) -> Result<WrittenRule, UseCaseError> {
    // 1. What is there?
    let before = find_rule(&management.context, caller, Scope::Rules, id).await?;
    let workspace = management.workspace(caller, Some(before.workspace_id)).await?;

    // 2. May it become this?
    let mut settings = change(&before)?.completed();
    let defaults = management.defaults_in(&workspace);
    for step in &mut settings.then {
        if !before.settings.then.iter().any(|old| step.continues(old)) {
            *step = step.clone().with_defaults(&defaults);
        }
    }
    let now = management.context.clock.now();
    let rule = Rule { settings, revision: before.revision + 1, updated_at: now, ..before.clone() };
    let others = all_rules(&management.context, workspace.id).await?;
    let compiled = check(management, caller, &workspace, (Some(&before), &rule), &others).await?;

    // 3. Write it, with its endpoints and its entry.
    let endpoints = endpoints_of(&management.context, &before).await?;
    let switched_on = rule.settings.active && (resume || !before.settings.active);
    let occasion = Occasion { management, by: Actor::from(caller), now, resume: switched_on };
    let plan = Plan::of(&occasion, Some((&before, &endpoints)), &rule, compiled);
    write(management, caller, &workspace, (Some(&before), rule), plan).await
}

/// Deletes a rule with its endpoints, of which tombstones are left. Their jobs under way are cancelled by the sender; what it
/// forwarded goes on.
///
/// # Errors
/// [`Problem::NotFound`] when the rule does not exist, [`Problem::ChangedMeanwhile`] when it or an endpoint of it was changed
/// at the same time.
pub async fn delete_rule(management: &Management, caller: &ApiKey, id: RuleId) -> Result<(), UseCaseError> {
    let rule = find_rule(&management.context, caller, Scope::Rules, id).await?;
    let Context { store, cache, clock, .. } = &management.context;
    let (endpoints, now) = (endpoints_of(&management.context, &rule).await?, clock.now());
    let deleted = endpoints.values().map(|endpoint| (endpoint.deleted(now), endpoint.revision)).collect();
    let changes = Changes::deleted(Snapshot::of_rule(&rule));
    let entry = management.context.entry(caller, Change::of_rule(Action::RuleDeleted, &rule, changes));
    let saved = store.delete_rule(&rule, deleted, Some(&entry)).await?;
    for id in &rule.endpoints {
        cache.forget_endpoint(EndpointKey::new(rule.workspace_id, *id)).await;
    }
    match saved {
        SavedRule::Done => Ok(()),
        SavedRule::ChangedMeanwhile | SavedRule::TooManyEndpoints => Err(Problem::ChangedMeanwhile.into()),
    }
}

/// All rules of a workspace.
pub(super) async fn all_rules(context: &Context, workspace: WorkspaceId) -> Result<Vec<Rule>, Fault> {
    // Requests at once may have made a few more than there may be.
    let listing = Listing::all(|_: &ListedRule| true, 2 * MAX_RULES);
    Ok(context.store.list_rules(workspace, &listing).await?.rows)
}

/// The endpoints of a rule's steps.
async fn endpoints_of(context: &Context, rule: &Rule) -> Result<HashMap<EndpointId, Endpoint>, Fault> {
    let mut endpoints = HashMap::with_capacity(rule.endpoints.len());
    for id in &rule.endpoints {
        let found = context.store.load_endpoint(EndpointKey::new(rule.workspace_id, *id)).await?;
        endpoints.extend(found.map(|endpoint| (*id, endpoint)));
    }
    Ok(endpoints)
}

/// The secrets that a rule's steps sign with, by the steps' ids.
async fn secrets_of(management: &Management, rule: &Rule) -> Result<BTreeMap<String, Secret>, Fault> {
    let endpoints = endpoints_of(&management.context, rule).await?;
    let secrets = rule.steps().filter_map(|(step, id)| {
        let endpoint = endpoints.get(&id)?;
        let secret = &endpoint.secrets.first()?.secret;
        let is_signed = endpoint.settings.signature.profile != Profile::None;
        (is_signed && secret.shown_to_customer().is_some()).then(|| (step.id.clone(), secret.clone()))
    });
    Ok(secrets.collect())
}

/// Writes a rule with its endpoints and the entry of its change, and does what follows.
async fn write(
    management: &Management,
    caller: &ApiKey,
    workspace: &Workspace,
    (before, rule): (Option<&Rule>, Rule),
    plan: Plan,
) -> Result<WrittenRule, UseCaseError> {
    let Context { store, cache, .. } = &management.context;
    let Plan { changes, endpoints, secrets, resumed } = plan;
    let rule = Rule { settings: rule.settings.with_endpoints(&endpoints), endpoints, ..rule };
    let after = Snapshot::of_rule(&rule);
    let change = match before {
        None => Some((Action::RuleCreated, Changes::created(after))),
        Some(before) => {
            Changes::between(&Snapshot::of_rule(before), &after).map(|changes| (Action::RuleUpdated, changes))
        }
    };
    let change = change.map(|(action, changes)| Change::of_rule(action, &rule, changes));
    let entry = change.map(|change| management.context.entry(caller, change));
    let quota = workspace.max_endpoints.and_then(|most| usize::try_from(most).ok());
    let most = quota.unwrap_or(MAX_ENDPOINTS).min(MAX_ENDPOINTS);
    let saved = store.save_rule(&rule, &changes, most, entry.as_ref()).await?;
    let deleted = changes.deleted.iter().map(|(deleted, _)| deleted.id);
    for id in rule.endpoints.iter().copied().chain(deleted) {
        cache.forget_endpoint(EndpointKey::new(rule.workspace_id, id)).await;
    }
    match saved {
        SavedRule::Done => {}
        SavedRule::ChangedMeanwhile => return Err(Problem::ChangedMeanwhile.into()),
        SavedRule::TooManyEndpoints => return Err(Problem::TooManyEndpoints(most).into()),
    }
    for endpoint in resumed {
        store.record_recovery(endpoint).await?;
        cache.know_health(endpoint, None).await;
        owe_drain(&management.context, endpoint, DrainReason::Recovery).await?;
    }
    Ok(WrittenRule { rule, secrets })
}
