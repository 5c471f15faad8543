//! Has this request come before?
//! Idempotency of every POST but those for events: its `Idempotency-Key` is claimed, the request is carried out, and its
//! answer is kept for a day, sealed. See [`store::rows::idempotency`].
//!
//! A key counts for one API key: an answer may hold a secret, and another key may be allowed less.
//!
//! A process may die after a request took effect and before its answer is kept. Then the repeated request is carried out
//! again: at least once. It runs under the same claim, and what a request makes has the id of its claim
//! ([`crate::Context::new_id`]), so endpoint, workspace, replay and test event are found and not made twice.

use domain::access::api_key::ApiKey;
use domain::id::ClaimId;
use domain::problem::Problem;
pub use store::rows::idempotency::{AnswerHead, KeptAnswer};
use store::rows::idempotency::{IdempotencyKey, MAX_ANSWER_BYTES, RequestClaim};

use crate::accept::event_request::sha256;
use crate::context::Context;
use crate::error::{Fault, UseCaseError, chain};

/// A request that its caller may repeat.
#[derive(Debug, Clone, Copy)]
pub struct IdempotentRequest<'a> {
    /// The `Idempotency-Key`.
    pub key: &'a str,
    /// What else makes it the same request, byte for byte: path, query and body.
    pub parts: [&'a [u8]; 3],
}

/// The id that what a request makes gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimedId {
    /// The id.
    pub id: ClaimId,
    /// Whether an earlier request under it was cut off, and may have made something already.
    pub is_resumed: bool,
}

/// What a repeatable request finds.
#[derive(Debug)]
pub enum Begun {
    /// It is to be carried out, under this claim.
    Anew(Claim),
    /// It was answered before.
    Before(KeptAnswer),
}

/// The claim of a request that is to be carried out.
#[derive(Debug)]
pub struct Claim {
    key: IdempotencyKey,
    /// The id of what it makes.
    pub claimed: ClaimedId,
}

/// Claims the key of a request.
///
/// # Errors
/// [`Problem::IdempotencyKeyReused`] when another request had it, [`Problem::IdempotencyKeyInProgress`] while the same
/// request is under way; [`UseCaseError::Fault`] when the table cannot be used.
pub async fn begin(
    context: &Context,
    caller: &ApiKey,
    request: &IdempotentRequest<'_>,
) -> Result<Begun, UseCaseError> {
    let now = context.clock.now();
    let digest = sha256(&[b"request", caller.id.to_string().as_bytes(), request.key.as_bytes()]);
    let key = IdempotencyKey { workspace: caller.workspace_id, digest };
    let id = ClaimId::new(now, context.randomness.id());
    let anew = |key, id, is_resumed| Begun::Anew(Claim { key, claimed: ClaimedId { id, is_resumed } });
    match context.store.claim_request(&key, &sha256(&request.parts), id, now).await? {
        RequestClaim::Claimed => Ok(anew(key, id, false)),
        RequestClaim::Resumed(first) => Ok(anew(key, first, true)),
        RequestClaim::Answered(answer) => Ok(Begun::Before(answer)),
        RequestClaim::InProgress => Err(Problem::IdempotencyKeyInProgress.into()),
        RequestClaim::Reused => Err(Problem::IdempotencyKeyReused.into()),
    }
}

impl Claim {
    /// Ends the claim as the request was answered: an answer is kept, a refused request is forgotten, and where we failed
    /// the repeated one takes over at once. Best effort: the request has taken effect, and a lease ends by itself.
    pub async fn end(self, context: &Context, answer: &KeptAnswer) {
        let ended = match answer.head.status {
            ..400 => self.keep(context, answer).await,
            400..500 => self.forget(context).await,
            500.. => context.store.release_claim(&self.key).await.map_err(Fault::from),
        };
        if let Err(fault) = ended {
            let (claim, status) = (self.claimed.id, answer.head.status);
            tracing::warn!(%claim, status, error = chain(&fault), "idempotency claim could not be ended; until its lease is over the same request is refused, then it is carried out again");
        }
    }

    async fn keep(&self, context: &Context, answer: &KeptAnswer) -> Result<(), Fault> {
        if answer.body.len() > MAX_ANSWER_BYTES {
            // Only previews and dry runs are so large, and they change nothing.
            return self.forget(context).await;
        }
        Ok(context.store.keep_answer(&self.key, answer).await?)
    }

    async fn forget(&self, context: &Context) -> Result<(), Fault> {
        Ok(context.store.forget_claim(&self.key, self.claimed.id, context.clock.now()).await?)
    }
}
