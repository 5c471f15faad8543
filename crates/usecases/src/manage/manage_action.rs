//! How are actions created, changed and deleted?
//! Every change is checked whole and saved under an optimistic lock, with the action's endpoint in the same transaction.
//!
//! Who manages actions is not who invokes them: this takes the scope `admin`, that takes `actions` and a role.

use std::time::Duration;

use domain::access::api_key::{ApiKey, Scope};
use domain::access::workspace::Workspace;
use domain::action::name::ActionName;
use domain::action::parameters::closed;
use domain::action::{Action, ActionSettings, MAX_ACTIONS};
use domain::audit::changes::Changes;
use domain::audit::snapshot::Snapshot;
use domain::audit::{self, Change};
use domain::endpoint::purpose::Purpose;
use domain::endpoint::{Endpoint, MAX_ENDPOINTS};
use domain::id::EndpointId;
use domain::problem::{Invalid, Problem};
use domain::signing::profile::Profile;
use domain::signing::secret::{ActiveSecret, Secret};
use domain::uid::WorkspaceIdOrUid;
use store::Order;
use store::rows::actions::ActionCreated;

use crate::act::schemas::Schemas;
use crate::context::Context;
use crate::error::UseCaseError;
use crate::manage::listing::{ListPage, Rows};
use crate::manage::management::Management;

/// Settings whose parts exclude each other, or that are documents of their own: a merge replaces each of them as a whole.
pub const REPLACED_WHOLE: [&str; 4] = ["rate_limit", "parameters", "result_schema", "template"];

/// An action that a caller names.
#[derive(Debug, Clone)]
pub struct Named {
    /// The workspace, for a key for all workspaces.
    pub workspace: Option<WorkspaceIdOrUid>,
    /// The name.
    pub name: ActionName,
}

/// Creates an action; without `secret`, Posthorn generates one. A repeated request that takes over finds the action that the
/// first one created.
///
/// # Errors
/// [`UseCaseError::Problem`] for settings out of bounds, a name that is taken, an unknown workspace, or as many actions as
/// there may be. Requests at once may pass that bound by as many.
pub async fn create_action(
    management: &Management,
    caller: &ApiKey,
    schemas: Schemas,
    workspace: Option<WorkspaceIdOrUid>,
    (settings, secret): (ActionSettings, Option<Secret>),
) -> Result<Action, UseCaseError> {
    // 1. Who asks, and was it made before?
    caller.require(Scope::Admin)?;
    let workspace = management.workspace(caller, workspace).await?;
    let Context { store, clock, .. } = &management.context;
    let now = clock.now();
    let id = management.context.new_id(now, EndpointId::new);
    let before = store.load_action(workspace.id, &settings.name).await?;
    if let Some(made) = before {
        let is_resumed = management.context.is_resumed() && made.endpoint_id() == id;
        return if is_resumed { Ok(made) } else { Err(Problem::ActionExists.into()) };
    }

    // 2. May it be?
    let profile = settings.signature.profile;
    check(management, schemas, &workspace, &settings)?;
    if secret.as_ref().is_some_and(|secret| !secret.fits(profile)) {
        return Err(Problem::invalid("/secret", "does not fit the signature profile").into());
    }
    if store.has_actions(workspace.id, MAX_ACTIONS).await? {
        return Err(Problem::TooManyActions(MAX_ACTIONS).into());
    }

    // 3. Write it with its endpoint and its entry.
    let secret = secret.unwrap_or_else(|| management.new_secret(profile));
    let endpoint = Endpoint {
        id,
        workspace_id: workspace.id,
        purpose: Purpose::Action,
        url: template_base(&settings)?,
        settings: settings.endpoint_settings()?,
        secrets: vec![ActiveSecret { secret, expires_at: None }],
        disabled: None,
        revision: 1,
        created_at: now,
        updated_at: now,
    };
    let action = Action { settings, endpoint, revision: 1, created_at: now, updated_at: now };
    let changes = Changes::created(Snapshot::of_action(&action, now));
    let change = Change::of_action(audit::Action::ActionCreated, &action, changes);
    let entry = management.context.entry(caller, change);
    let quota = workspace.max_endpoints.and_then(|most| usize::try_from(most).ok());
    let most = quota.unwrap_or(MAX_ENDPOINTS).min(MAX_ENDPOINTS);
    match store.create_action(&action, most, Some(&entry)).await? {
        ActionCreated::Done => Ok(action),
        ActionCreated::NameTaken => Err(Problem::ActionExists.into()),
        ActionCreated::TooManyEndpoints => Err(Problem::TooManyEndpoints(most).into()),
    }
}

/// An action as the caller sees it: the values of its headers only one who could change them.
///
/// # Errors
/// [`Problem::NotFound`] when there is no such action.
pub async fn read_action(
    management: &Management,
    caller: &ApiKey,
    named: Named,
) -> Result<Action, UseCaseError> {
    Ok(shown_to(caller, find(management, caller, Scope::ActionsRead, named).await?))
}

/// The actions of a workspace, newest first.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller lacks the scope, or the workspace is unknown.
pub async fn list_actions(
    management: &Management,
    caller: &ApiKey,
    workspace: Option<WorkspaceIdOrUid>,
    rows: Rows<EndpointId>,
) -> Result<ListPage<Action, EndpointId>, UseCaseError> {
    caller.require(Scope::ActionsRead)?;
    let workspace = management.workspace(caller, workspace).await?.id;
    let all = management.context.store.all_actions(workspace).await?;
    let page = rows.page_in_answer(Order::NewestFirst, all, Action::endpoint_id, |action| &action.settings);
    Ok(page.map(|action| shown_to(caller, action)))
}

/// Changes an action: `change` makes its new settings, or refuses. The name never changes. Returns the action, and whether
/// it got a new secret because the old one does not fit its new signature profile.
///
/// # Errors
/// [`UseCaseError::Problem`] for settings out of bounds, or [`Problem::ChangedMeanwhile`].
pub async fn update_action(
    management: &Management,
    caller: &ApiKey,
    schemas: Schemas,
    named: Named,
    change: impl FnOnce(&Action) -> Result<ActionSettings, Problem>,
) -> Result<(Action, bool), UseCaseError> {
    let before = find(management, caller, Scope::Admin, named).await?;
    let settings = change(&before)?;
    if settings.name != *before.name() {
        return Err(Problem::invalid("/name", "never changes; make another action").into());
    }
    let workspace = management.workspace(caller, Some(before.workspace_id())).await?;
    check(management, schemas, &workspace, &settings)?;
    let mut action = before.clone();
    action.endpoint.url = template_base(&settings)?;
    action.endpoint.settings = settings.endpoint_settings()?;
    action.settings = settings;
    let profile = action.settings.signature.profile;
    let fits = action.endpoint.secrets.first().is_some_and(|active| active.secret.fits(profile));
    if !fits {
        action.endpoint.secrets =
            vec![ActiveSecret { secret: management.new_secret(profile), expires_at: None }];
    }
    save_changed(management, caller, audit::Action::ActionUpdated, (&before, &mut action)).await?;
    Ok((action, !fits))
}

/// Gives an action a generated secret, or `secret`; the previous one goes on signing for `overlap_seconds`. With the current
/// one nothing changes: a repeated request that takes over finds its secret.
///
/// # Errors
/// [`UseCaseError::Problem`] for a secret that does not fit, too long an overlap, or too many old secrets.
pub async fn rotate_secret(
    management: &Management,
    caller: &ApiKey,
    named: Named,
    overlap_seconds: u64,
    secret: Option<Secret>,
) -> Result<Action, UseCaseError> {
    let before = find(management, caller, Scope::Admin, named).await?;
    let profile = before.settings.signature.profile;
    let secret = management.rotated_secret(profile, overlap_seconds, secret)?;
    let (mut action, now) = (before.clone(), management.context.clock.now());
    if action.endpoint.rotate(secret, Duration::from_secs(overlap_seconds), now)? {
        let change = audit::Action::ActionSecretRotated;
        save_changed(management, caller, change, (&before, &mut action)).await?;
    }
    Ok(action)
}

/// Ends the overlap of a rotation: from now on only the current secret signs.
///
/// # Errors
/// [`UseCaseError::Problem`] as for any change.
pub async fn end_overlap(
    management: &Management,
    caller: &ApiKey,
    named: Named,
) -> Result<Action, UseCaseError> {
    let before = find(management, caller, Scope::Admin, named).await?;
    let mut action = before.clone();
    action.endpoint.end_overlap();
    save_changed(management, caller, audit::Action::ActionOverlapEnded, (&before, &mut action)).await?;
    Ok(action)
}

/// Deletes an action: from now on it cannot be invoked. Its invocations can be read until they expire.
///
/// # Errors
/// [`Problem::NotFound`] when there is no such action; [`Problem::ChangedMeanwhile`].
pub async fn delete_action(
    management: &Management,
    caller: &ApiKey,
    named: Named,
) -> Result<(), UseCaseError> {
    let action = find(management, caller, Scope::Admin, named).await?;
    let Context { store, cache, clock, .. } = &management.context;
    let now = clock.now();
    let changes = Changes::deleted(Snapshot::of_action(&action, now));
    let change = Change::of_action(audit::Action::ActionDeleted, &action, changes);
    let entry = management.context.entry(caller, change);
    let deleted = store.delete_action(&action, now, Some(&entry)).await?;
    cache.forget_endpoint(action.endpoint.key()).await;
    if deleted { Ok(()) } else { Err(Problem::ChangedMeanwhile.into()) }
}

async fn find(
    management: &Management,
    caller: &ApiKey,
    scope: Scope,
    Named { workspace, name }: Named,
) -> Result<Action, UseCaseError> {
    caller.require(scope)?;
    let workspace = management.workspace(caller, workspace).await?.id;
    let action = management.context.store.load_action(workspace, &name).await?;
    Ok(action.ok_or(Problem::NotFound("action"))?)
}

/// Checks the settings against the rules of their workspace, and that their schemas are schemas.
fn check(
    management: &Management,
    schemas: Schemas,
    workspace: &Workspace,
    settings: &ActionSettings,
) -> Result<(), Problem> {
    settings.check(&management.targets)?;
    let mut invalid = Invalid::new();
    let parameters = closed(&settings.parameters);
    let both = [("/parameters", Some(&parameters)), ("/result_schema", settings.result_schema.as_ref())];
    for (pointer, schema) in both {
        for mistake in schema.map(|schema| schemas.mistakes(schema)).into_iter().flatten() {
            invalid.push(format!("{pointer}{}", mistake.pointer), mistake.detail);
        }
    }
    let may_be = settings.signature.profile != Profile::None || workspace.allow_unsigned;
    invalid.require(may_be, "/signature/profile", "`none` is not allowed in this workspace");
    invalid.into_result()
}

fn template_base(settings: &ActionSettings) -> Result<domain::endpoint::endpoint_url::EndpointUrl, Problem> {
    let template = settings.url_template().map_err(|error| Problem::invalid("/url", error.to_string()))?;
    Ok(template.base().clone())
}

fn shown_to(caller: &ApiKey, action: Action) -> Action {
    match caller.require(Scope::Admin) {
        Ok(()) => action,
        Err(_) => Action { settings: action.settings.without_secrets(), ..action },
    }
}

/// Saves an action and its endpoint as their next revisions, with the entry of what differs from `before`.
async fn save_changed(
    management: &Management,
    caller: &ApiKey,
    kind: audit::Action,
    (before, action): (&Action, &mut Action),
) -> Result<(), UseCaseError> {
    let Context { store, cache, clock, .. } = &management.context;
    let now = clock.now();
    (action.revision, action.endpoint.revision) = (action.revision + 1, action.endpoint.revision + 1);
    (action.updated_at, action.endpoint.updated_at) = (now, now);
    let changes = Changes::between(&Snapshot::of_action(before, now), &Snapshot::of_action(action, now));
    let change = changes.map(|changes| Change::of_action(kind, action, changes));
    let entry = change.map(|change| management.context.entry(caller, change));
    if !store.save_action(action, entry.as_ref()).await? {
        return Err(Problem::ChangedMeanwhile.into());
    }
    cache.forget_endpoint(action.endpoint.key()).await;
    Ok(())
}
