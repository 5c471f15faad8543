//! How is an action invoked?
//! Checked, confirmed where that is asked for, claimed under its `Idempotency-Key`, and called with a few quick retries
//! while the invoker waits; every call is recorded, whatever comes of it.
//!
//! All of it takes 25 s at most: on Lambda nothing runs after the answer, and API Gateway gives up at 30 s
//! (docs/adr/0033-actions.md). A called system that fails is data: only what the invoker did wrong, or what was not sent at
//! all, is a [`Problem`].

mod attempts;
mod claim;
mod guard;
mod prepared;

use domain::access::actor::Actor;
use domain::access::api_key::{ApiKey, Scope};
use domain::access::workspace::Workspace;
use domain::action::confirmation::Confirmed;
use domain::action::invocation::{Content, Invocation, InvocationStatus, Invoker};
use domain::action::name::ActionName;
use domain::action::render::Call;
use domain::action::retrying::LONGEST_INVOCATION;
use domain::action::{Action, ActionSettings};
use domain::audit::Change;
use domain::audit::changes::Changes;
use domain::id::{DeliveryId, InvocationId, RuleId, WorkspaceId};
use domain::problem::Problem;
use domain::timestamp::Timestamp;
use domain::uid::WorkspaceIdOrUid;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tokio::time::Instant;

use self::claim::{Claim, Claimed};
pub use self::prepared::Prepared;
use crate::act::actions::Actions;
use crate::error::UseCaseError;
use crate::telemetry::call_log;

/// Who invokes.
#[derive(Debug, Clone, Copy)]
pub enum Caller<'a> {
    /// The holder of an API key, which needs the scope `actions` and one of the action's roles.
    Key(&'a ApiKey),
    /// A rule, which may invoke what the person who made it might have let it.
    Rule {
        /// The workspace of the rule.
        workspace: WorkspaceId,
        /// The rule.
        rule: RuleId,
        /// The delivery of its step, from which the invocation's id follows: there is one of each.
        delivery: DeliveryId,
        /// Whether a person asked for the delivery again.
        is_replay: bool,
    },
}

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct InvokeRequest {
    /// The workspace of the action, for a key for all workspaces.
    pub workspace: Option<WorkspaceIdOrUid>,
    /// The parameters.
    pub parameters: Map<String, Value>,
    /// For whom, as the invoker says.
    pub actor: Option<String>,
    /// Whether only the request is to be shown.
    pub dry_run: bool,
    /// The confirmation that the first of two requests got.
    pub confirmation: Option<String>,
    /// The key under which it can be repeated; the called system gets it unchanged.
    pub idempotency_key: Option<String>,
    /// The program that invokes, as it says itself.
    pub client: Option<String>,
}

/// What came of it.
#[derive(Debug)]
pub enum Invoked {
    /// The action was called, now or by an earlier request under the same key.
    Ended {
        /// The invocation.
        invocation: Box<Invocation>,
        /// Its content.
        content: Box<Content>,
        /// Whether an earlier request called it.
        is_repeated: bool,
    },
    /// Nothing was sent: this would be.
    DryRun(Prepared),
    /// Nothing was sent: this would be, once it is confirmed.
    ToConfirm {
        /// The request.
        request: Prepared,
        /// The confirmation to send with the same request again.
        confirmation: String,
        /// When the confirmation ends.
        expires_at: Timestamp,
    },
}

/// Invokes an action.
///
/// # Errors
/// [`Problem::MissingScope`] without `actions`; [`Problem::NotFound`] when there is no such action, or none that the caller
/// may invoke; [`Problem::Invalid`] for parameters that do not fit, a missing key or a confirmation that does not hold;
/// [`Problem::IdempotencyKeyReused`] and [`Problem::IdempotencyKeyInProgress`]; [`Problem::ActionDisabled`],
/// [`Problem::ActionFailing`] and [`Problem::ActionBusy`] when nothing was sent; [`UseCaseError::Fault`] when it could not be
/// recorded.
pub async fn invoke(
    actions: &Actions,
    caller: Caller<'_>,
    name: &ActionName,
    request: InvokeRequest,
) -> Result<Invoked, UseCaseError> {
    let invoked = call_or_refuse(actions, caller, name, request).await;
    if let (Caller::Key(key), Err(UseCaseError::Problem(problem))) = (caller, &invoked) {
        call_log::refused(key, name, problem);
    }
    invoked
}

async fn call_or_refuse(
    actions: &Actions,
    caller: Caller<'_>,
    name: &ActionName,
    request: InvokeRequest,
) -> Result<Invoked, UseCaseError> {
    // 1. Which action, and may the caller invoke it? From here on the time counts.
    let begun_at = Instant::now();
    let (workspace, action) = find(actions, caller, name, &request).await?;

    // 2. Does the request fit it, and what would be sent?
    prepared::check(actions, &action, &request)?;
    let now = actions.context.clock.now();
    let id = match caller {
        Caller::Key(_) => InvocationId::new(now, actions.context.randomness.id()),
        Caller::Rule { delivery, .. } => InvocationId::of(delivery),
    };
    let key = request.idempotency_key.clone().unwrap_or_else(|| id.to_string());
    let mut call = Call::new(&action, id, &request.parameters, request.actor.as_deref(), key)?;
    if request.dry_run {
        guard::is_on(&action)?;
        return Ok(Invoked::DryRun(Prepared::of(actions, &action, &call)));
    }

    // 3. Has it to be confirmed first?
    let parameters = Value::Object(request.parameters.clone());
    let caller_id = caller.id();
    let confirmed = Confirmed {
        action: &action,
        caller: &caller_id,
        actor: request.actor.as_deref(),
        idempotency_key: call.idempotency_key(),
        parameters: &parameters,
    };
    if action.settings.asks_for_confirmation() && request.confirmation.is_none() {
        guard::is_on(&action)?;
        let (confirmation, expires_at) = confirmed.token(now);
        let request = Prepared::of(actions, &action, &call);
        return Ok(Invoked::ToConfirm { request, confirmation, expires_at });
    }

    // 4. Did it come before?
    let claim = match claim::claim(actions, caller, &action, &request, id).await? {
        Claimed::Before(before) => return Ok(ended_so(*before, true)),
        Claimed::Anew(claim) => claim,
    };

    // 5. May it go out now? If not, the key is free again.
    let confirmation = request.confirmation.as_deref();
    let passed = guard::pass(actions, &action, &confirmed, confirmation, now).await;
    let lease = match passed {
        Ok(lease) => lease,
        Err(refused) => {
            claim.forget(actions).await;
            return Err(refused);
        }
    };

    // 6. Write down that it begins, call, write down how it ended.
    call.id = claim.id;
    let begun = begun(&call, caller, &action, &request, now);
    let content = Content {
        parameters: parameters.clone(),
        idempotency_key: call.idempotency_key().to_owned(),
        response: None,
        attempt_log: Vec::new(),
    };
    let ends = begun_at + LONGEST_INVOCATION;
    let ended =
        carry_out(actions, (&action, &call, ends), (begun, content), (&workspace, caller.actor())).await;
    lease.give_back(actions).await;
    finish(actions, claim, ended).await
}

async fn finish(
    actions: &Actions,
    claim: Claim,
    ended: Result<(Invocation, Content), UseCaseError>,
) -> Result<Invoked, UseCaseError> {
    // If it failed it may have been sent. The claim's lease ends by itself; then the same request learns that, or goes on under
    // the same id and key where that does no harm.
    let ended = ended?;
    claim.complete(actions).await;
    Ok(ended_so(ended, false))
}

fn ended_so((invocation, content): (Invocation, Content), is_repeated: bool) -> Invoked {
    let (invocation, content) = (Box::new(invocation), Box::new(content));
    Invoked::Ended { invocation, content, is_repeated }
}

/// The settings of those actions in the key's workspace that it may invoke, by name: they are on and open to one of its
/// roles. Values of headers are left out.
///
/// # Errors
/// [`Problem::MissingScope`] without `actions`; [`Problem::NotFound`] for an unknown workspace.
pub async fn invocable_actions(
    actions: &Actions,
    caller: &ApiKey,
) -> Result<Vec<ActionSettings>, UseCaseError> {
    let workspace = workspace_of(actions, caller).await?;
    let all = actions.context.store.all_action_settings(workspace).await?.into_iter();
    Ok(all.filter(|settings| is_invocable(settings, caller)).collect())
}

/// Notes that a key called a tool that is none for it: the name may be that of an action of other roles.
pub fn note_unknown(caller: &ApiKey, name: &ActionName) {
    call_log::refused(caller, name, &Problem::NotFound("action that you may invoke"));
}

/// The settings of the action of this name, if the key may invoke it, as in [`invocable_actions`].
///
/// # Errors
/// As for [`invocable_actions`].
pub async fn invocable_action(
    actions: &Actions,
    caller: &ApiKey,
    name: &ActionName,
) -> Result<Option<ActionSettings>, UseCaseError> {
    let workspace = workspace_of(actions, caller).await?;
    let settings = actions.context.store.load_action_settings(workspace, name).await?;
    Ok(settings.filter(|settings| is_invocable(settings, caller)))
}

fn is_invocable(settings: &ActionSettings, caller: &ApiKey) -> bool {
    settings.active && settings.is_open_to(&caller.roles)
}

async fn workspace_of(actions: &Actions, caller: &ApiKey) -> Result<WorkspaceId, UseCaseError> {
    caller.require(Scope::Actions)?;
    let workspace = actions.context.workspace_id(caller, None).await?;
    match actions.context.has_workspace(workspace).await? {
        true => Ok(workspace),
        false => Err(Problem::NotFound("workspace").into()),
    }
}

async fn find(
    actions: &Actions,
    caller: Caller<'_>,
    name: &ActionName,
    request: &InvokeRequest,
) -> Result<(Arc<Workspace>, Action), UseCaseError> {
    let context = &actions.context;
    let workspace = match caller {
        Caller::Key(key) => {
            key.require(Scope::Actions)?;
            context.workspace_id(key, request.workspace.clone()).await?
        }
        Caller::Rule { workspace, .. } => workspace,
    };
    let workspace = context.cache.workspace(workspace).await?.ok_or(Problem::NotFound("workspace"))?;
    let action = context.store.load_action(workspace.id, name).await?;
    // Which actions there are besides those that a key may invoke is none of its business.
    let action = action.filter(|action| match caller {
        Caller::Key(key) => action.settings.is_open_to(&key.roles),
        Caller::Rule { .. } => true,
    });
    let action = action.ok_or(Problem::NotFound("action that you may invoke"))?;
    if matches!(caller, Caller::Rule { .. }) && !action.may_be_a_step() {
        return Err(Problem::invalid("/action", "has to be confirmed, which a rule cannot do").into());
    }
    Ok((workspace, action))
}

impl Caller<'_> {
    fn id(&self) -> String {
        match self {
            Self::Key(key) => key.id.to_string(),
            Self::Rule { rule, .. } => rule.to_string(),
        }
    }

    fn actor(&self) -> Actor {
        match self {
            Self::Key(key) => Actor::from(*key),
            Self::Rule { .. } => Actor::Posthorn,
        }
    }

    fn invoker(&self) -> Invoker {
        match self {
            Self::Key(key) => Invoker::ApiKey { id: key.holder(), name: key.name.clone() },
            Self::Rule { rule, .. } => Invoker::Rule { id: *rule },
        }
    }
}

/// The invocation as it begins.
fn begun(
    call: &Call,
    caller: Caller<'_>,
    action: &Action,
    request: &InvokeRequest,
    now: Timestamp,
) -> Invocation {
    Invocation {
        id: call.id,
        workspace_id: action.workspace_id(),
        action: action.name().clone(),
        revision: action.revision,
        endpoint_id: action.endpoint_id(),
        effect: action.settings.effect,
        roles: action.settings.roles.clone(),
        invoker: caller.invoker(),
        actor: request.actor.clone(),
        client: request.client.as_deref().map(domain::action::invocation::shown_client),
        status: InvocationStatus::Running,
        attempts: 0,
        response_status: None,
        error: None,
        may_have_been_carried_out: true,
        started_at: now,
        ended_at: None,
    }
}

async fn carry_out(
    actions: &Actions,
    (action, call, ends): (&Action, &Call, Instant),
    (invocation, content): (Invocation, Content),
    (workspace, actor): (&Workspace, Actor),
) -> Result<(Invocation, Content), UseCaseError> {
    let (context, expires_at) = (&actions.context, workspace.expiry(invocation.started_at));
    let changes = Changes::asked_for([
        ("action", json!(invocation.action)),
        ("effect", json!(invocation.effect)),
        ("invoker", json!(invocation.invoker)),
        ("actor", json!(invocation.actor)),
        ("client", json!(invocation.client)),
    ]);
    let entry = context.entry(actor, Change::of_invocation(&invocation, changes));
    context.store.begin_invocation(&invocation, &content, expires_at, &entry).await?;
    let (invocation, content) = attempts::make(actions, (action, call, ends), invocation, content).await?;
    context.store.end_invocation(&invocation, &content, expires_at).await?;
    Ok((invocation, content))
}
