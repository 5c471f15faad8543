//! How are endpoints created, changed and deleted?
//! Every change is checked whole and saved under an optimistic lock: it is refused if another change came first.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use domain::access::actor::Actor;
use domain::access::api_key::{ApiKey, Scope};
use domain::access::workspace::Workspace;
use domain::audit::changes::Changes;
use domain::audit::snapshot::Snapshot;
use domain::audit::{Action, Change};
use domain::delivery::DeliveryStatus;
use domain::endpoint::defaults::EndpointDefaults;
use domain::endpoint::endpoint_url::EndpointUrl;
use domain::endpoint::filter::{EndpointFilter, EndpointState};
use domain::endpoint::purpose::Purpose;
use domain::endpoint::visibility::is_seen;
use domain::endpoint::{Disabled, DisabledReason, Endpoint, EndpointSettings, MAX_ENDPOINTS};
use domain::id::{EndpointId, EndpointKey};
use domain::policy::circuit::{Health, ParkedCount};
use domain::problem::Problem;
use domain::signing::profile::Profile;
use domain::signing::secret::{ActiveSecret, Secret};
use domain::timestamp::Timestamp;
use domain::uid::WorkspaceIdOrUid;
use store::rows::drains::DrainReason;
use store::rows::endpoint_count::Created;
use store::{Order, Window};

use crate::context::Context;
use crate::error::UseCaseError;
use crate::manage::check_template::check_template;
use crate::manage::listing::{ListPage, Rows};
use crate::manage::management::{Management, require_saved};
use crate::recover::drain::start_drain;

/// Creates an endpoint; without `secret`, Posthorn generates one. `settings` reads its settings, given the defaults of the
/// workspace. A repeated request that takes over finds the endpoint that the first one created.
///
/// # Errors
/// [`UseCaseError::Problem`] for settings out of bounds or an unknown workspace.
pub async fn create_endpoint(
    management: &Management,
    caller: &ApiKey,
    workspace: Option<WorkspaceIdOrUid>,
    settings: impl FnOnce(&EndpointDefaults) -> Result<EndpointSettings, Problem>,
    secret: Option<Secret>,
) -> Result<Endpoint, UseCaseError> {
    caller.require(Scope::Webhooks)?;
    let workspace = management.workspace(caller, workspace).await?;
    let now = management.context.clock.now();
    let id = management.context.new_id(now, EndpointId::new);
    if management.context.is_resumed()
        && let Some(made) = management.context.store.load_endpoint(EndpointKey::new(workspace.id, id)).await?
    {
        return Ok(made);
    }
    let settings = settings(&management.defaults_in(&workspace))?.completed();
    let url = check(management, caller, &workspace, &settings, None)?;
    check_template(&management.context, workspace.id, &settings).await?;
    let profile = settings.signature.profile;
    if let Some(secret) = &secret
        && !secret.fits(profile)
    {
        return Err(Problem::invalid("/secret", "does not fit the signature profile").into());
    }
    let quota = workspace.max_endpoints.and_then(|most| usize::try_from(most).ok());
    let most = quota.unwrap_or(MAX_ENDPOINTS).min(MAX_ENDPOINTS);
    let secret = secret.unwrap_or_else(|| management.new_secret(profile));
    let disabled = (!settings.active).then(|| by_hand(caller, now));
    let endpoint = Endpoint {
        id,
        workspace_id: workspace.id,
        purpose: Purpose::Subscriber,
        settings,
        url,
        secrets: vec![ActiveSecret { secret, expires_at: None }],
        disabled,
        revision: 1,
        created_at: now,
        updated_at: now,
    };
    let changes = Changes::created(Snapshot::of_endpoint(&endpoint, now));
    let change = Change::of_endpoint(Action::EndpointCreated, &endpoint, changes);
    let entry = management.context.entry(caller, change);
    match management.context.store.create_endpoint(&endpoint, most, Some(&entry)).await? {
        Created::Done => {}
        Created::TooMany => return Err(Problem::TooManyEndpoints(most).into()),
        Created::Exists => return Err(Problem::ChangedMeanwhile.into()),
        Created::UidTaken => return Err(Problem::UidTaken("endpoint").into()),
    }
    management.context.cache.forget_endpoint(endpoint.key()).await;
    Ok(endpoint)
}

/// An endpoint that the caller may read.
///
/// # Errors
/// [`Problem::NotFound`] when the endpoint does not exist, or belongs to another workspace.
pub async fn read_endpoint(
    management: &Management,
    caller: &ApiKey,
    scope: Scope,
    id: EndpointId,
) -> Result<Endpoint, UseCaseError> {
    find_endpoint(&management.context, caller, scope, id).await
}

/// The same for use cases outside the management API.
///
/// # Errors
/// As [`read_endpoint`].
pub(crate) async fn find_endpoint(
    context: &Context,
    caller: &ApiKey,
    scope: Scope,
    id: EndpointId,
) -> Result<Endpoint, UseCaseError> {
    caller.require(scope)?;
    let endpoint = match caller.workspace_id {
        Some(workspace) => context.store.load_endpoint(EndpointKey::new(workspace, id)).await?,
        None => context.store.find_endpoint(id).await?,
    };
    // An action's endpoint belongs to the action: who manages endpoints neither changes nor calls it.
    let endpoint =
        endpoint.filter(|endpoint| endpoint.purpose != Purpose::Action && endpoint.is_seen_by(caller));
    let endpoint = endpoint.ok_or(Problem::NotFound("endpoint"))?;
    // The rows of a deleted workspace are deleted later.
    match context.has_workspace(endpoint.workspace_id).await? {
        true => Ok(endpoint),
        false => Err(Problem::NotFound("endpoint").into()),
    }
}

/// An endpoint, its health, and how many deliveries are parked for it.
///
/// # Errors
/// As for [`read_endpoint`].
pub async fn show_endpoint(
    management: &Management,
    caller: &ApiKey,
    id: EndpointId,
) -> Result<(Endpoint, Health, ParkedCount), UseCaseError> {
    let endpoint = read_endpoint(management, caller, Scope::WebhooksRead, id).await?;
    let health = management.context.store.load_health(endpoint.key()).await?;
    let parked = count_parked(management, &endpoint).await?;
    Ok((endpoint.shown_to(caller), health.unwrap_or_default(), parked))
}

/// Counts one by one up to a bound. Beyond it an endpoint that is off for failing has a counter, which says about how many
/// were parked since; so there are at least as many.
async fn count_parked(management: &Management, endpoint: &Endpoint) -> Result<ParkedCount, UseCaseError> {
    let Context { store, clock, .. } = &management.context;
    let (most, now) = (ParkedCount::COUNTED_AT_MOST, clock.now());
    let (counted, is_exact) = store.count_undelivered(endpoint.id, DeliveryStatus::Parked, most, now).await?;
    let counted = u64::try_from(counted).unwrap_or(u64::MAX);
    let has_counter = !is_exact && endpoint.disabled_reason() == Some(DisabledReason::Failing);
    let deliveries = match has_counter {
        true => counted.max(store.parked_count(endpoint.key()).await?),
        false => counted,
    };
    Ok(ParkedCount { deliveries, is_exact })
}

/// The health of the endpoints of a page; endpoints that are not in it are healthy.
async fn healths(
    management: &Management,
    page: &[Endpoint],
) -> Result<HashMap<EndpointId, Health>, UseCaseError> {
    let (Some(newest), Some(oldest)) = (page.first(), page.last()) else { return Ok(HashMap::new()) };
    let healths = management.context.store.healths(newest.workspace_id, oldest.id, newest.id).await?;
    Ok(healths.into_iter().collect())
}

/// Endpoints of a workspace that the filter selects, and their health, newest first.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller lacks the scope, or the workspace is unknown.
pub async fn list_endpoints(
    management: &Management,
    caller: &ApiKey,
    workspace: Option<WorkspaceIdOrUid>,
    filter: &EndpointFilter,
    rows: Rows<EndpointId>,
) -> Result<ListPage<(Endpoint, Health), EndpointId>, UseCaseError> {
    // 1. Who asks, and about which workspace?
    caller.require(Scope::WebhooksRead)?;
    let workspace = management.workspace(caller, workspace).await?.id;

    // 2. Which endpoints fail? Only they have a row of their health.
    let store = &management.context.store;
    let failing: HashSet<EndpointId> = match filter.state {
        Some(EndpointState::Failing) => {
            store.all_healths(workspace).await?.into_iter().map(|(endpoint, _)| endpoint).collect()
        }
        Some(EndpointState::Active | EndpointState::Disabled) | None => HashSet::new(),
    };

    // 3. The page, and the health of its endpoints.
    let selects = |id, purpose: &Purpose, settings: &EndpointSettings| {
        filter.selects_purpose(purpose)
            && is_seen(caller, purpose, settings)
            && filter.selects(settings, failing.contains(&id))
    };
    let listing = rows.listing(Order::NewestFirst, Window::everything(), selects);
    let read = store.list_endpoints(workspace, &listing).await?;
    let page = rows.page_cut(listing.order, read, |endpoint| endpoint.id, |endpoint| &endpoint.settings);
    let mut healths = healths(management, &page.rows).await?;
    Ok(page.map(|endpoint| {
        let health = healths.remove(&endpoint.id).unwrap_or_default();
        (endpoint.shown_to(caller), health)
    }))
}

/// Settings whose parts exclude each other, or mean something only together: a merge replaces each of them as a whole.
pub const REPLACED_WHOLE: [&str; 4] = ["retry", "rate_limit", "filter", "template"];

/// Changes an endpoint: `change` makes its new settings, given the defaults of its workspace, or refuses. Returns the
/// endpoint, and whether it got a new secret because the old one does not fit its new signature profile.
///
/// Switching it on (or, with `resume`, confirming that it is on) or changing its URL forgets its failures and drains its
/// parked deliveries.
///
/// # Errors
/// [`UseCaseError::Problem`] for settings out of bounds, or [`Problem::ChangedMeanwhile`].
pub async fn update_endpoint(
    management: &Management,
    caller: &ApiKey,
    id: EndpointId,
    resume: bool,
    change: impl FnOnce(&Endpoint, &EndpointDefaults) -> Result<EndpointSettings, Problem>,
) -> Result<(Endpoint, bool), UseCaseError> {
    let mut endpoint = read_endpoint(management, caller, Scope::Webhooks, id).await?;
    require_its_own(&endpoint)?;
    let workspace = management.workspace(caller, Some(endpoint.workspace_id)).await?;
    let before = endpoint.clone();
    let settings = change(&endpoint, &management.defaults_in(&workspace))?.completed();
    let moved = settings.url != endpoint.settings.url;
    endpoint.url = check(management, caller, &workspace, &settings, Some(&before.settings))?;
    let EndpointSettings { events, body, template, .. } = &before.settings;
    if (events, body, template) != (&settings.events, &settings.body, &settings.template) {
        check_template(&management.context, workspace.id, &settings).await?;
    }
    endpoint.settings = settings;
    let profile = endpoint.settings.signature.profile;
    let fits = endpoint.secrets.first().is_some_and(|active| active.secret.fits(profile));
    if !fits {
        endpoint.secrets = vec![ActiveSecret { secret: management.new_secret(profile), expires_at: None }];
    }
    // Also for an endpoint that is active already: an earlier process may have died before the drain began.
    let resumed = endpoint.settings.active && (resume || moved || !before.settings.active);
    match (before.settings.active, endpoint.settings.active) {
        (_, true) => endpoint.disabled = None,
        (true, false) => endpoint.disabled = Some(by_hand(caller, management.context.clock.now())),
        (false, false) => {}
    }
    save_changed(management, caller, Action::EndpointUpdated, (&before, &mut endpoint)).await?;
    if resumed {
        management.context.store.record_recovery(endpoint.key()).await?;
        management.context.cache.know_health(endpoint.key(), None).await;
        start_drain(&management.context, endpoint.key(), DrainReason::Recovery).await?;
    }
    Ok((endpoint, !fits))
}

/// Gives an endpoint a generated secret, or `secret`; the previous secret goes on signing for `overlap`. An old secret that
/// still signs may come back. With the current one nothing changes: a repeated request that takes over finds its secret.
///
/// # Errors
/// [`UseCaseError::Problem`] for a secret that does not fit, too long an overlap, or too many old secrets.
pub async fn rotate_secret(
    management: &Management,
    caller: &ApiKey,
    id: EndpointId,
    overlap_seconds: u64,
    secret: Option<Secret>,
) -> Result<Endpoint, UseCaseError> {
    let mut endpoint = read_endpoint(management, caller, Scope::Webhooks, id).await?;
    let profile = endpoint.settings.signature.profile;
    let secret = management.rotated_secret(profile, overlap_seconds, secret)?;
    let before = endpoint.clone();
    let overlap = Duration::from_secs(overlap_seconds);
    if endpoint.rotate(secret, overlap, management.context.clock.now())? {
        save_changed(management, caller, Action::SecretRotated, (&before, &mut endpoint)).await?;
    }
    Ok(endpoint)
}

/// Ends the overlap of a rotation: from now on only the current secret signs.
///
/// # Errors
/// [`UseCaseError::Problem`] as for any change.
pub async fn end_overlap(
    management: &Management,
    caller: &ApiKey,
    id: EndpointId,
) -> Result<Endpoint, UseCaseError> {
    let mut endpoint = read_endpoint(management, caller, Scope::Webhooks, id).await?;
    let before = endpoint.clone();
    endpoint.end_overlap();
    save_changed(management, caller, Action::OverlapEnded, (&before, &mut endpoint)).await?;
    Ok(endpoint)
}

/// Deletes an endpoint. Its jobs under way are cancelled by the sender; its deliveries can be read until they expire, and a
/// tombstone says when it was deleted.
///
/// # Errors
/// [`Problem::NotFound`] when the endpoint does not exist.
pub async fn delete_endpoint(
    management: &Management,
    caller: &ApiKey,
    id: EndpointId,
) -> Result<(), UseCaseError> {
    let endpoint = read_endpoint(management, caller, Scope::Webhooks, id).await?;
    require_its_own(&endpoint)?;
    let now = management.context.clock.now();
    let changes = Changes::deleted(Snapshot::of_endpoint(&endpoint, now));
    let change = Change::of_endpoint(Action::EndpointDeleted, &endpoint, changes);
    let entry = management.context.entry(caller, change);
    let deleted = management.context.store.delete_endpoint(&endpoint.deleted(now), Some(&entry)).await?;
    management.context.cache.forget_endpoint(endpoint.key()).await;
    if deleted { Ok(()) } else { Err(Problem::NotFound("endpoint").into()) }
}

/// Checks the settings against the rules of their workspace; `before` are those that they replace.
fn check(
    management: &Management,
    caller: &ApiKey,
    workspace: &Workspace,
    settings: &EndpointSettings,
    before: Option<&EndpointSettings>,
) -> Result<EndpointUrl, Problem> {
    if settings.is_notification() && caller.is_portal_link() {
        return Err(Problem::invalid("/body", "makes a notification, which a portal link may not"));
    }
    let url = settings.check(&management.targets)?;
    // One that is unsigned already may stay so: it can still be switched off, and whatever else.
    let is_unsigned =
        before.is_some_and(|before| before.signature.profile == Profile::None && !before.body.is_message());
    let may_be_unsigned = workspace.allow_unsigned || is_unsigned || settings.body.is_message();
    if settings.signature.profile == Profile::None && !may_be_unsigned {
        return Err(Problem::invalid("/signature/profile", "`none` is not allowed in this workspace"));
    }
    Ok(url)
}

/// Refuses an endpoint that is changed and deleted with something else.
fn require_its_own(endpoint: &Endpoint) -> Result<(), Problem> {
    match &endpoint.purpose {
        Purpose::Subscriber => Ok(()),
        Purpose::Rule(step) => {
            Err(Problem::BelongsTo(format!("the rule {} (its step {})", step.rule, step.step)))
        }
        Purpose::Action => Err(Problem::BelongsTo("an action".to_owned())),
    }
}

/// How an endpoint is off that its owner switched off.
fn by_hand(caller: &ApiKey, now: Timestamp) -> Disabled {
    Disabled { reason: DisabledReason::Manual, at: Some(now), by: Some(Actor::from(caller)) }
}

/// Saves an endpoint as its next revision, with the entry of what differs from `before`. Without a difference nothing changes
/// but the revision, and nobody asks who changed that.
async fn save_changed(
    management: &Management,
    caller: &ApiKey,
    action: Action,
    (before, endpoint): (&Endpoint, &mut Endpoint),
) -> Result<(), UseCaseError> {
    let Context { store, cache, clock, .. } = &management.context;
    let now = clock.now();
    endpoint.revision += 1;
    endpoint.updated_at = now;
    let changes =
        Changes::between(&Snapshot::of_endpoint(before, now), &Snapshot::of_endpoint(endpoint, now));
    let change = changes.map(|changes| Change::of_endpoint(action, endpoint, changes));
    let entry = change.map(|change| management.context.entry(caller, change));
    let uid = before.settings.uid.as_ref();
    require_saved(store.save_endpoint_and_uid(endpoint, uid, entry.as_ref()).await?, "endpoint")?;
    cache.forget_endpoint(endpoint.key()).await;
    Ok(())
}
