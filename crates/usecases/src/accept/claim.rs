//! How far did an earlier request get with these events?
//! Events under one idempotency claim: the claim names their ids, so the row of an event says whether it was accepted. To
//! accept it, nothing more is written to the claim.

use std::sync::Arc;

use domain::access::workspace::Workspace;
use domain::event::Event;
use domain::id::EventId;
use domain::problem::Problem;
use domain::timestamp::Timestamp;
use futures_util::future::try_join_all;
use store::rows::idempotency::{EventClaim, Standing};

use crate::accept::event_request::EventRequest;
use crate::accept::idempotency::{By, Claimant, Held};
use crate::accept::intake::Intake;
use crate::error::UseCaseError;

/// An event that can be taken.
#[derive(Debug)]
pub(crate) struct Intent {
    /// Its place among the events of its request.
    pub(crate) place: usize,
    pub(crate) workspace: Arc<Workspace>,
    pub(crate) request: EventRequest,
}

/// Events under one claim, or one event without.
#[derive(Debug)]
pub(crate) struct Unit {
    claimant: Option<Claimant>,
    pub(super) intents: Vec<Intent>,
    pub(super) is_batch: bool,
}

/// What the claim of a unit came to.
pub(super) struct Claimed {
    pub(super) holding: Holding,
    /// For each event its id, and what is there of it.
    pub(super) begun: Vec<(EventId, Begun)>,
}

/// Which request records the outcome of a claim.
pub(super) enum Holding {
    /// No claim to complete: there is none, or it was completed.
    None,
    /// This request made it.
    Made(Held),
    /// This request took it over.
    TakenOver(Held),
    /// Another request holds it, or held it to the end, and every event of it has a row.
    Anothers(Held),
}

/// What an earlier request left of an event.
pub(super) enum Begun {
    /// There was none.
    Nothing,
    /// A claim, but no row.
    Claim,
    /// Its row, and what the claim says of its jobs.
    Row(Box<Event>, Jobs),
}

/// Whether the jobs of an event that has a row were sent.
#[derive(Clone, Copy)]
pub(super) enum Jobs {
    Sent,
    /// In all likelihood.
    Probably,
    /// The request failed; some may have been.
    PerhapsNot,
}

impl Unit {
    /// One event.
    pub(crate) fn of_one(claimant: Option<Claimant>, intent: Intent) -> Self {
        Self { claimant, intents: vec![intent], is_batch: false }
    }

    /// The events of a batch.
    pub(crate) fn of_batch(claimant: Claimant, intents: Vec<Intent>) -> Self {
        Self { claimant: Some(claimant), intents, is_batch: true }
    }

    /// Whether it is an event of a provider.
    pub(super) fn is_of_provider(&self) -> bool {
        self.claimant.as_ref().is_some_and(|claimant| claimant.by == By::Provider)
    }

    /// The id of the claim, where it is the first.
    fn first_id(&self, new: EventId) -> EventId {
        let own = self.intents.first().and_then(|intent| intent.request.id);
        own.filter(|_| !self.is_batch).unwrap_or(new)
    }

    /// The id of an event under the claim `first`.
    fn id(&self, intent: &Intent, first: EventId) -> EventId {
        match self.is_batch {
            true => intent.request.id.unwrap_or_else(|| EventId::of_batch(first, intent.place)),
            false => first,
        }
    }

    /// Finds out whether the request has come before, and claims it if it can be repeated.
    ///
    /// # Errors
    /// [`Problem::IdempotencyKeyReused`], [`Problem::IdempotencyKeyInProgress`] or [`Problem::EventExists`]; a fault when the
    /// table cannot be read or written.
    pub(super) async fn claim(&self, intake: &Intake, now: Timestamp) -> Result<Claimed, UseCaseError> {
        let first = self.first_id(EventId::new(now, intake.context.randomness.id()));
        let anew =
            |first| self.intents.iter().map(|intent| (self.id(intent, first), Begun::Nothing)).collect();
        let Some(claimant) = &self.claimant else {
            return Ok(Claimed { holding: Holding::None, begun: anew(first) });
        };
        let held = |id| Held { key: claimant.key.clone(), id };
        match claimant.claim(intake, first, now).await? {
            EventClaim::Claimed => Ok(Claimed { holding: Holding::Made(held(first)), begun: anew(first) }),
            EventClaim::Reused if claimant.by == By::Header => Err(Problem::IdempotencyKeyReused.into()),
            EventClaim::Reused => Err(Problem::EventExists.into()),
            EventClaim::Found(first, standing) => self.go_on((intake, now), held(first), standing).await,
        }
    }

    /// Goes on where an earlier request under the same claim left off. While that one may be under way, only what it has
    /// finished is answered.
    async fn go_on(
        &self,
        (intake, now): (&Intake, Timestamp),
        held: Held,
        standing: Standing,
    ) -> Result<Claimed, UseCaseError> {
        let store = &intake.context.store;
        let rows = self
            .intents
            .iter()
            .map(|intent| store.load_event(intent.workspace.id, self.id(intent, held.id), now));
        let rows = try_join_all(rows).await?;
        let all_written = rows.iter().all(Option::is_some);
        if self.is_of_provider() && !all_written && self.has_expired(held.id, now) && !standing.is_released()
        {
            return Err(Problem::EventExists.into());
        }
        let (until, jobs) = match standing {
            Standing::Completed => (None, Jobs::Sent),
            Standing::Over { leased_until } if standing.is_released() => {
                (Some(leased_until), Jobs::PerhapsNot)
            }
            Standing::Over { leased_until } => (Some(leased_until), Jobs::Probably),
            Standing::Leased if all_written => (None, Jobs::Probably),
            Standing::Leased => return Err(Problem::IdempotencyKeyInProgress.into()),
        };
        let begun = self.intents.iter().zip(rows).map(|(intent, row)| {
            let begun = row.map_or(Begun::Claim, |event| Begun::Row(Box::new(event), jobs));
            (self.id(intent, held.id), begun)
        });
        let begun = begun.collect();
        if all_written && !standing.is_released() {
            let holding = match standing {
                Standing::Completed => Holding::None,
                Standing::Leased | Standing::Over { .. } => Holding::Anothers(held),
            };
            return Ok(Claimed { holding, begun });
        }
        if !store.take_over(&held.key, until, now).await? {
            return Err(Problem::IdempotencyKeyInProgress.into());
        }
        Ok(Claimed { holding: Holding::TakenOver(held), begun })
    }

    /// Whether the event of a claim was written so long ago that its row may have expired. A provider's event is recognised
    /// for longer than some workspaces keep events: without a row it was accepted, not cut off.
    fn has_expired(&self, id: EventId, now: Timestamp) -> bool {
        self.intents.iter().all(|intent| intent.workspace.expiry(id.time()) <= now)
    }
}
