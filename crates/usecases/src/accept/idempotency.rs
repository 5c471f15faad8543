//! Have these events come before?
//! Idempotency: the `Idempotency-Key`, or else the event id that the producer chose, is claimed under a lease before
//! anything is written. See [`store::rows::idempotency`].

use std::time::Duration;

use domain::id::{EventId, SourceKey, WorkspaceId};
use domain::problem::Problem;
use domain::source::DEDUPE_FOR;
use domain::timestamp::Timestamp;
use store::rows::idempotency::{EventClaim, IdempotencyKey, KEPT_FOR};

use crate::accept::event_request::{EventRequest, fingerprint, sha256};
use crate::accept::intake::Intake;
use crate::error::{Fault, chain};

/// What tells a request from others, where it counts, and the digest of the request itself.
#[derive(Debug)]
pub(crate) struct Claimant {
    pub(crate) key: IdempotencyKey,
    request: String,
    /// Where the key comes from.
    pub(crate) by: By,
    kept_for: Duration,
}

/// Where the key of a claim comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// The caller gave an `Idempotency-Key`.
    Header,
    /// The producer chose the event's id.
    Id,
    /// It is the dedupe key of a provider's event. Whatever comes again under it is the same event: the provider's
    /// repetition may differ in its details.
    Provider,
}

impl Claimant {
    /// A request for one event, under its `Idempotency-Key`.
    pub(crate) fn of_one(workspace: WorkspaceId, key: &str, request: &EventRequest) -> Self {
        Self {
            key: key_of_one(workspace, key),
            request: fingerprint(request),
            by: By::Header,
            kept_for: KEPT_FOR,
        }
    }

    /// An event that has an id of its producer's choice.
    pub(crate) fn of_id(workspace: WorkspaceId, id: EventId, request: &EventRequest) -> Self {
        Self::of_event(workspace, sha256(&[format!("id:{id}").as_bytes()]), request, By::Id)
    }

    /// An event of a batch as version 0.1 claimed it: each by its place. Such a claim is found for a day after an upgrade.
    pub(crate) fn of_place(workspace: WorkspaceId, key: &str, place: usize, request: &EventRequest) -> Self {
        let digest = sha256(&[b"batch", &place.to_be_bytes(), key.as_bytes()]);
        Self::of_event(workspace, digest, request, By::Header)
    }

    /// A whole batch. `workspace` is that of all its events, if they have the same.
    pub(crate) fn of_batch(workspace: Option<WorkspaceId>, key: &str, request: String) -> Self {
        Self { key: key_of_batch(workspace, key), request, by: By::Header, kept_for: KEPT_FOR }
    }

    /// An event of a provider, by its dedupe key. It is recognised for as long as it is kept: a received request can be
    /// replayed until then.
    pub(crate) fn of_provider(source: SourceKey, dedupe_key: &str, event_kept_for: Duration) -> Self {
        let digest = sha256(&[b"provider", source.id.to_string().as_bytes(), dedupe_key.as_bytes()]);
        let key = IdempotencyKey { workspace: Some(source.workspace), digest };
        let kept_for = DEDUPE_FOR.max(event_kept_for);
        Self { key, request: "provider".to_owned(), by: By::Provider, kept_for }
    }

    /// An event that a rule emits, by its id, which follows from its cause. Whatever comes again under it is the same event,
    /// even if the rule was changed meanwhile.
    pub(crate) fn of_rule(workspace: WorkspaceId, id: EventId) -> Self {
        let digest = sha256(&[b"rule", id.to_string().as_bytes()]);
        let key = IdempotencyKey { workspace: Some(workspace), digest };
        Self { key, request: "rule".to_owned(), by: By::Provider, kept_for: KEPT_FOR }
    }

    fn of_event(workspace: WorkspaceId, digest: String, request: &EventRequest, by: By) -> Self {
        let key = IdempotencyKey { workspace: Some(workspace), digest };
        Self { key, request: fingerprint(request), by, kept_for: KEPT_FOR }
    }

    /// Claims the key for an event with this id. The claim is a lease: if we die, a repeated request takes it over when
    /// the lease ends.
    pub(crate) async fn claim(
        &self,
        intake: &Intake,
        id: EventId,
        now: Timestamp,
    ) -> Result<EventClaim, Fault> {
        let times = (now, self.kept_for);
        Ok(intake.context.store.claim_events(&self.key, &self.request, id, times).await?)
    }
}

/// The key under which a request for one event with this `Idempotency-Key` is claimed.
///
/// A key of one kind never has the digest of a key of another kind: they differ in number and text of their parts.
pub(crate) fn key_of_one(workspace: WorkspaceId, key: &str) -> IdempotencyKey {
    IdempotencyKey { workspace: Some(workspace), digest: sha256(&[format!("key:{key}").as_bytes()]) }
}

/// The key under which a batch with this `Idempotency-Key` is claimed.
pub(crate) fn key_of_batch(workspace: Option<WorkspaceId>, key: &str) -> IdempotencyKey {
    IdempotencyKey { workspace, digest: sha256(&[b"whole batch", key.as_bytes()]) }
}

/// A claim that the request holds, and the id that it was made under.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) key: IdempotencyKey,
    pub(crate) id: EventId,
}

/// What is to be noted of a claim once the request is over. All of it is best effort: the events' rows say what became
/// of them, and a lease ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing is left to do, though the claim does not follow from the rows.
    Completed,
    /// We failed: a repeated request need not wait for the end of the lease.
    Failed,
    /// Every event of it is refused. Were the claim kept, the same request sent again would be taken for one that we had
    /// begun to accept.
    Refused,
}

impl Held {
    /// Writes down what came of the request.
    pub(crate) async fn note(&self, intake: &Intake, outcome: Outcome) {
        let store = &intake.context.store;
        let noted = match outcome {
            Outcome::Completed => store.complete_claim(&self.key).await,
            Outcome::Failed => store.release_claim(&self.key).await,
            Outcome::Refused => store.forget_claim(&self.key, self.id, intake.context.clock.now()).await,
        };
        if let Err(error) = noted {
            tracing::warn!(event = %self.id, ?outcome, error = chain(&error), "idempotency claim could not be changed; it stands until its lease ends");
        }
    }
}

/// The digest of a batch: two batches are the same if each of their events is. An event that cannot even be read counts by
/// what is wrong with it.
pub(crate) fn fingerprint_of_batch(events: &[Result<EventRequest, Problem>]) -> String {
    let parts = events.iter().map(|event| match event {
        Ok(request) => {
            let workspace = request.workspace_id.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{workspace} {}", fingerprint(request))
        }
        Err(problem) => problem.to_string(),
    });
    let parts: Vec<String> = parts.collect();
    sha256(&parts.iter().map(String::as_bytes).collect::<Vec<_>>())
}
