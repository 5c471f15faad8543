//! Was this action invoked before, under the same `Idempotency-Key`?
//! A claim of the key, which names the invocation: the invocation's row is the answer to every repetition.
//!
//! A key counts for one invoker and one action: another API key may be allowed to see less.

use domain::action::Action;
use domain::action::invocation::{Content, Invocation, InvocationStatus};
use domain::action::parameters::canonical;
use domain::action::retrying::is_tried_again;
use domain::id::InvocationId;
use domain::problem::Problem;
use serde_json::Value;
use store::rows::idempotency::{IdempotencyKey, InvocationClaim, Request, Standing};

use super::{Caller, InvokeRequest};
use crate::accept::event_request::sha256;
use crate::act::actions::Actions;
use crate::error::{UseCaseError, chain};

/// What the key leads to.
pub(super) enum Claimed {
    /// It was invoked before, and ended.
    Before(Box<(Invocation, Content)>),
    /// It is to be invoked, under this claim.
    Anew(Claim),
}

/// The claim of an invocation that is to be carried out.
pub(super) struct Claim {
    /// The id of the invocation: that of an earlier request that died, if there was one.
    pub(super) id: InvocationId,
    key: Option<IdempotencyKey>,
    /// Whether an earlier request made it, which may have sent something.
    is_taken_over: bool,
}

/// Claims the key of an invocation; without one there is nothing to claim.
pub(super) async fn claim(
    actions: &Actions,
    caller: Caller<'_>,
    action: &Action,
    request: &InvokeRequest,
    id: InvocationId,
) -> Result<Claimed, UseCaseError> {
    let Some(text) = &request.idempotency_key else {
        return Ok(Claimed::Anew(Claim { id, key: None, is_taken_over: false }));
    };
    let workspace = action.workspace_id();
    let parts =
        [b"invoke".as_slice(), caller.id().as_bytes(), action.name().as_str().as_bytes(), text.as_bytes()]
            .map(<[u8]>::to_vec);
    let key = IdempotencyKey {
        workspace: Some(workspace),
        digest: sha256(&parts.iter().map(Vec::as_slice).collect::<Vec<_>>()),
    };
    let parameters = canonical(&Value::Object(request.parameters.clone()));
    let actor = request.actor.as_deref().unwrap_or_default();
    let digest = sha256(&[parameters.as_bytes(), actor.as_bytes()]);

    // A delivery of a rule is one invocation, whatever the rule's template makes of its event by now.
    let digest = match caller {
        Caller::Key(_) => Request::Same(&digest),
        Caller::Rule { .. } => Request::Any(&digest),
    };
    let (store, now) = (&actions.context.store, actions.context.clock.now());
    let (first, standing) = match store.claim_invocation(&key, digest, id, now).await? {
        InvocationClaim::Claimed => {
            // A claim is kept for a day, the invocation of a rule's delivery as long as the delivery.
            let before = match caller {
                Caller::Key(_) => None,
                Caller::Rule { .. } => store.load_invocation(workspace, id, now).await?,
            };
            let is_taken_over = before.is_some();
            return Ok(match before.and_then(|before| caller.answer_of(action, before)) {
                Some(answer) => Claimed::Before(Box::new(answer)),
                None => Claimed::Anew(Claim { id, key: Some(key), is_taken_over }),
            });
        }
        InvocationClaim::Reused => return Err(Problem::IdempotencyKeyReused.into()),
        InvocationClaim::Found(first, standing) => (first, standing),
    };
    let found = store.load_invocation(workspace, first, now).await?;
    match (found.and_then(|found| caller.answer_of(action, found)), standing) {
        // Also where its process died before the claim was completed.
        (Some(answer), _) if is_over(&answer) => Ok(Claimed::Before(Box::new(answer))),
        (_, Standing::Leased) => Err(Problem::IdempotencyKeyInProgress.into()),
        (Some(interrupted), _) => Ok(Claimed::Before(Box::new(interrupted))),
        // It died before anything was sent, may be carried out again, or failed and is tried again. Of two repetitions one
        // goes on, under the same id and with the same key.
        (None, standing) => {
            let leased_until = match standing {
                Standing::Over { leased_until } => Some(leased_until),
                Standing::Completed | Standing::Leased => None,
            };
            match store.take_over(&key, leased_until, now).await? {
                true => Ok(Claimed::Anew(Claim { id: first, key: Some(key), is_taken_over: true })),
                false => Err(Problem::IdempotencyKeyInProgress.into()),
            }
        }
    }
}

fn is_over((invocation, _): &(Invocation, Content)) -> bool {
    match invocation.status {
        InvocationStatus::Running | InvocationStatus::Interrupted => false,
        InvocationStatus::Succeeded | InvocationStatus::Failed | InvocationStatus::TimedOut => true,
    }
}

impl Caller<'_> {
    /// The answer that an earlier invocation already gives; `None` if it is carried out again. One that was interrupted may
    /// have been carried out: where once more could do harm, whoever invoked it must find out.
    fn answer_of(&self, action: &Action, found: (Invocation, Content)) -> Option<(Invocation, Content)> {
        if is_over(&found) {
            return (!self.goes_on(action, &found)).then_some(found);
        }
        let is_replay = matches!(self, Self::Rule { is_replay: true, .. });
        if action.settings.is_repeatable() || is_replay {
            return None;
        }
        let (mut invocation, content) = found;
        invocation.status = InvocationStatus::Interrupted;
        Some((invocation, content))
    }

    /// Whether it carries out an invocation that is over once more: a rule does, for a delivery that is tried again.
    fn goes_on(&self, action: &Action, (invocation, content): &(Invocation, Content)) -> bool {
        let Self::Rule { is_replay, .. } = self else { return false };
        invocation.status != InvocationStatus::Succeeded
            && (*is_replay || is_tried_again(&action.settings, content))
    }
}

impl Claim {
    /// Frees the key of an invocation that was refused: nothing was sent. One that an earlier request may have sent keeps its
    /// key; only the lease ends.
    pub(super) async fn forget(self, actions: &Actions) {
        let Some(key) = &self.key else { return };
        let now = actions.context.clock.now();
        let store = &actions.context.store;
        let forgotten = match self.is_taken_over {
            true => store.release_claim(key).await,
            false => store.forget_claim(key, self.id, now).await,
        };
        if let Err(error) = forgotten {
            tracing::warn!(invocation = %self.id, error = chain(&error), "idempotency claim of a refused invocation could not be freed; until its lease is over the same request is refused");
        }
    }

    /// Completes it. Best effort: the invocation's row says that it has ended.
    pub(super) async fn complete(self, actions: &Actions) {
        let Some(key) = &self.key else { return };
        if let Err(error) = actions.context.store.complete_claim(key).await {
            tracing::warn!(invocation = %self.id, error = chain(&error), "idempotency claim of an invocation could not be completed; its row answers repetitions");
        }
    }
}
