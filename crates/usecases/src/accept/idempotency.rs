//! Was this request made before?
//! Idempotency: the `Idempotency-Key`, or else the event id that the producer chose, is claimed under a lease before
//! anything is written. See [`store::rows::idempotency`].

use domain::id::{EventId, WorkspaceId};
use domain::problem::Problem;
use domain::timestamp::Timestamp;
use store::rows::idempotency::{Claim, WantedClaim};

use crate::accept::event_request::{EventRequest, fingerprint, sha256};
use crate::accept::intake::Intake;
use crate::error::{Fault, UseCaseError, chain};

/// By what a repeated request is recognised. Only a digest of it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdempotencyKey {
    /// The `Idempotency-Key` of a request for one event.
    OfOne(String),
    /// The `Idempotency-Key` of a batch, and the position of one of its events.
    OfBatch(String, usize),
}

impl IdempotencyKey {
    /// A key of one kind never has the digest of a key of the other kind: they have different numbers of parts.
    fn digest(&self) -> String {
        match self {
            Self::OfOne(key) => sha256(&[format!("key:{key}").as_bytes()]),
            Self::OfBatch(key, position) => sha256(&[b"batch", &position.to_be_bytes(), key.as_bytes()]),
        }
    }
}

/// What a claim finds.
pub(crate) enum Found {
    /// No earlier request. Holds the claim, if the request can be repeated.
    Nothing(Option<Claimed>),
    /// An earlier request that did not finish: this one goes on under its event id.
    Unfinished(Claimed),
    /// An earlier request that finished, with this event.
    Finished(EventId),
}

/// A claim that must be completed, released or forgotten.
pub(crate) struct Claimed {
    workspace: WorkspaceId,
    pub(crate) event: EventId,
    digest: String,
}

/// A request that can be repeated.
pub(crate) struct Claimant<'a> {
    pub(crate) workspace: WorkspaceId,
    pub(crate) request: &'a EventRequest,
    pub(crate) key: Option<&'a IdempotencyKey>,
}

/// Claims the key of a request, or else the producer's own id, for the event with this id. The claim is a lease: if we die,
/// a repeated request takes it over when the lease ends.
pub(crate) async fn claim(
    intake: &Intake,
    Claimant { workspace, request, key }: Claimant<'_>,
    event: EventId,
    now: Timestamp,
) -> Result<Found, UseCaseError> {
    let own_id = request.id.map(|id| sha256(&[format!("id:{id}").as_bytes()]));
    let Some(digest) = key.map(IdempotencyKey::digest).or(own_id) else { return Ok(Found::Nothing(None)) };
    let claimed = |event, digest| Claimed { workspace, event, digest };
    let fingerprint = fingerprint(request);
    let wanted = WantedClaim { workspace, digest: &digest, request: &fingerprint, event };
    match intake.context.store.claim_idempotency_key(wanted, now).await? {
        Claim::Claimed => Ok(Found::Nothing(Some(claimed(event, digest)))),
        Claim::Resumed(first) => Ok(Found::Unfinished(claimed(first, digest))),
        Claim::Completed(first) => Ok(Found::Finished(first)),
        Claim::InProgress => Err(Problem::IdempotencyKeyInProgress.into()),
        Claim::Reused if key.is_none() => Err(Problem::EventExists.into()),
        Claim::Reused => Err(Problem::IdempotencyKeyReused.into()),
    }
}

impl Claimed {
    /// The event is accepted.
    pub(crate) async fn complete(&self, intake: &Intake) -> Result<(), Fault> {
        Ok(intake.context.store.complete_idempotency_key(self.workspace, &self.digest).await?)
    }

    /// We failed. Best effort: without it the producer's retry waits until the lease ends.
    pub(crate) async fn release(&self, intake: &Intake) {
        if let Err(error) = intake.context.store.release_idempotency_key(self.workspace, &self.digest).await {
            tracing::warn!(event = %self.event, error = chain(&error), "the idempotency claim could not be released; a retry waits until its lease ends");
        }
    }

    /// The event is refused. Best effort as well.
    pub(crate) async fn forget(&self, intake: &Intake) {
        let now = intake.context.clock.now();
        let forgotten =
            intake.context.store.forget_idempotency_key(self.workspace, &self.digest, self.event, now).await;
        if let Err(error) = forgotten {
            tracing::warn!(event = %self.event, error = chain(&error), "the idempotency claim of a refused request could not be deleted");
        }
    }
}
