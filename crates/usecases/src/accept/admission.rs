//! How do events become durable, and what if their request has come before?
//! Events under one idempotency claim: the claim names their ids, so the row of an event says whether it was accepted. To
//! accept it, nothing more is written to the claim.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::access::workspace::Workspace;
use domain::endpoint::subscription::{self, MAX_REQUEST_DELIVERIES};
use domain::event::Event;
use domain::event::document::Facts;
use domain::id::{DeliveryId, EndpointId, EventId};
use domain::problem::Problem;
use domain::timestamp::Timestamp;
use futures_util::future::{join_all, try_join_all};
use queue::Job;
use store::rows::events::SavedEvent;
use store::rows::idempotency::{EventClaim, Standing};

use crate::accept::accept_event::{Accepted, jobs_of};
use crate::accept::conformance::Conformance;
use crate::accept::event_request::{EventRequest, is_of};
use crate::accept::idempotency::{By, Claimant, Held, Outcome};
use crate::accept::intake::Intake;
use crate::accept::interrupted::Unfinished;
use crate::error::{Fault, UseCaseError};

/// A request may die between the row of its event and the jobs, and the claim does not say so. So a repeated request sends
/// jobs for those deliveries that have no row yet; they wait so long, for the first jobs to be attempted in peace.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(60);

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
    intents: Vec<Intent>,
    is_batch: bool,
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
    fn is_of_provider(&self) -> bool {
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
}

/// What the claim of a unit came to.
struct Claimed {
    holding: Holding,
    /// For each event its id, and what is there of it.
    begun: Vec<(EventId, Begun)>,
}

/// Which request records the outcome of a claim.
enum Holding {
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
enum Begun {
    /// There was none.
    Nothing,
    /// A claim, but no row.
    Claim,
    /// Its row, and what the claim says of its jobs.
    Row(Box<Event>, Jobs),
}

/// Whether the jobs of an event that has a row were sent.
#[derive(Clone, Copy)]
enum Jobs {
    Sent,
    /// In all likelihood.
    Probably,
    /// The request failed; some may have been.
    PerhapsNot,
}

/// What the events of a unit came to, before their jobs are sent.
pub(crate) struct Admission {
    holding: Holding,
    jobs: Vec<Job>,
    results: Vec<(usize, Result<Accepted, UseCaseError>)>,
}

/// What all events of one request share.
pub(crate) struct Admitter<'a> {
    pub(crate) intake: &'a Intake,
    /// What holds new events to the catalogue, if anything does.
    pub(crate) conformance: Option<&'a Conformance>,
    pub(crate) room: Room,
    pub(crate) now: Timestamp,
    /// The events whose rows may be written and whose jobs are not sent yet.
    pub(crate) unfinished: Unfinished,
}

impl Admitter<'_> {
    /// Claims the events of a unit, fans them out and writes their rows.
    ///
    /// # Errors
    /// A [`Problem`] of the claim of a batch, which concerns the batch as a whole.
    pub(crate) async fn admit(&self, unit: Unit) -> Result<Admission, Problem> {
        let by_provider = unit.is_of_provider();
        let places: Vec<usize> = unit.intents.iter().map(|intent| intent.place).collect();
        let Claimed { holding, begun } = match self.claim(&unit).await {
            Ok(claimed) => claimed,
            Err(UseCaseError::Problem(problem)) if unit.is_batch => return Err(problem),
            Err(error) => {
                let results = places.into_iter().map(|place| (place, Err(error.clone()))).collect();
                return Ok(Admission { holding: Holding::None, jobs: Vec::new(), results });
            }
        };
        let admitted = unit.intents.into_iter().zip(begun);
        let admitted =
            join_all(admitted.map(|(intent, begun)| self.admit_one(by_provider, intent, begun))).await;
        let (mut jobs, mut results) = (Vec::new(), Vec::with_capacity(places.len()));
        for (place, admitted) in places.into_iter().zip(admitted) {
            results.push((
                place,
                admitted.map(|(accepted, its_jobs)| {
                    jobs.extend(its_jobs);
                    accepted
                }),
            ));
        }
        Ok(Admission { holding, jobs, results })
    }

    /// Finds out whether the request has come before, and claims it if it can be repeated.
    async fn claim(&self, unit: &Unit) -> Result<Claimed, UseCaseError> {
        let new = EventId::new(self.now, self.intake.context.randomness.id());
        let first = unit.first_id(new);
        let anew =
            |first| unit.intents.iter().map(|intent| (unit.id(intent, first), Begun::Nothing)).collect();
        let Some(claimant) = &unit.claimant else {
            return Ok(Claimed { holding: Holding::None, begun: anew(first) });
        };
        let held = |id| Held { key: claimant.key.clone(), id };
        match claimant.claim(self.intake, first, self.now).await? {
            EventClaim::Claimed => Ok(Claimed { holding: Holding::Made(held(first)), begun: anew(first) }),
            EventClaim::Reused if claimant.by == By::Header => Err(Problem::IdempotencyKeyReused.into()),
            EventClaim::Reused => Err(Problem::EventExists.into()),
            EventClaim::Found(first, standing) => self.go_on(unit, held(first), standing).await,
        }
    }

    /// Goes on where an earlier request under the same claim left off. While that one may be under way, only what it has
    /// finished is answered.
    async fn go_on(&self, unit: &Unit, held: Held, standing: Standing) -> Result<Claimed, UseCaseError> {
        let store = &self.intake.context.store;
        let rows = unit
            .intents
            .iter()
            .map(|intent| store.load_event(intent.workspace.id, unit.id(intent, held.id), self.now));
        let rows = try_join_all(rows).await?;
        let all_written = rows.iter().all(Option::is_some);
        if unit.is_of_provider() && !all_written && self.has_expired(unit, held.id) && !standing.is_released()
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
        let begun = unit.intents.iter().zip(rows).map(|(intent, row)| {
            let begun = row.map_or(Begun::Claim, |event| Begun::Row(Box::new(event), jobs));
            (unit.id(intent, held.id), begun)
        });
        let begun = begun.collect();
        if all_written && !standing.is_released() {
            let holding = match standing {
                Standing::Completed => Holding::None,
                Standing::Leased | Standing::Over { .. } => Holding::Anothers(held),
            };
            return Ok(Claimed { holding, begun });
        }
        if !store.take_over(&held.key, until, self.now).await? {
            return Err(Problem::IdempotencyKeyInProgress.into());
        }
        Ok(Claimed { holding: Holding::TakenOver(held), begun })
    }

    /// Whether the event of a claim was written so long ago that its row may have expired. A provider's event is recognised
    /// for longer than some workspaces keep events: without a row it was accepted, not cut off.
    fn has_expired(&self, unit: &Unit, id: EventId) -> bool {
        unit.intents.iter().all(|intent| intent.workspace.expiry(id.time()) <= self.now)
    }

    /// Accepts one event, from where an earlier request left it.
    async fn admit_one(
        &self,
        by_provider: bool,
        intent: Intent,
        (id, begun): (EventId, Begun),
    ) -> Result<(Accepted, Vec<Job>), UseCaseError> {
        let Intent { workspace, request, .. } = intent;
        let (event, jobs) = match begun {
            Begun::Row(event, _) if !by_provider && !is_of(&event, &request) => {
                return Err(Problem::EventExists.into());
            }
            Begun::Row(event, jobs) => (*event, Some(jobs)),
            Begun::Nothing => {
                let made_here = request.id.is_none();
                (self.write(&workspace, request, id, made_here).await?.ok_or(Problem::EventExists)?, None)
            }
            Begun::Claim => {
                let again = || Fault::Broken("two requests go on with the same event".to_owned());
                (self.write(&workspace, request, id, false).await?.ok_or_else(again)?, None)
            }
        };
        let repeated = matches!(jobs, Some(Jobs::Sent | Jobs::Probably));
        let jobs = match jobs {
            None => jobs_of(&event),
            Some(Jobs::Sent) => Vec::new(),
            Some(Jobs::Probably) => {
                let due = event.deliver_at.unwrap_or(self.now).max(self.now);
                let jobs = self.unattempted(&event).await?.into_iter();
                jobs.map(|job| job.delayed(due.plus(LOOK_AGAIN_AFTER))).collect()
            }
            Some(Jobs::PerhapsNot) => {
                self.room.fill(event.ledger.deliveries.len());
                self.unattempted(&event).await?.into_iter().map(Job::rechecked).collect()
            }
        };
        Ok((Accepted { id, uid: event.uid, ledger: event.ledger, repeated }, jobs))
    }

    /// Jobs for the deliveries that have no row. Those that have one were attempted, or wait in a way of their own.
    async fn unattempted(&self, event: &Event) -> Result<Vec<Job>, Fault> {
        let wanted: Vec<(EndpointId, DeliveryId)> =
            event.ledger.deliveries.iter().map(|id| (*id, DeliveryId::of(event.id, *id))).collect();
        let rows = self.intake.context.store.load_deliveries(&wanted, self.now).await?;
        let attempted: HashSet<DeliveryId> = rows.iter().map(|row| row.id).collect();
        let mut jobs = jobs_of(event);
        jobs.retain(|job| !attempted.contains(&job.delivery));
        Ok(jobs)
    }

    /// Fans an event out and writes its row; `None` when its id is taken. An event whose uid is taken is refused.
    async fn write(
        &self,
        workspace: &Workspace,
        request: EventRequest,
        id: EventId,
        made_here: bool,
    ) -> Result<Option<Event>, UseCaseError> {
        let context = &self.intake.context;
        // 1. Does it fit the catalogue? One that was accepted before is not asked again: the catalogue may have changed.
        if let Some(conformance) = self.conformance {
            conformance.check(context, workspace, &request, self.now).await?;
        }

        // 2. What becomes of it at every endpoint, and is that more than one request may make?
        let event = self.fan_out(workspace, id, request).await?;
        self.room.take(event.ledger.deliveries.len())?;

        // 3. May the workspace have one more today? One whose uid is taken does not count. An event that is cut off between
        // here and its row is counted twice; it is never free.
        if let (Some(_), Some(uid)) = (workspace.max_events_per_day, &event.uid)
            && context.store.event_of_uid(workspace.id, uid, self.now).await?.is_some()
        {
            return Err(Problem::UidTaken("event").into());
        }
        if let Some(most) = workspace.max_events_per_day
            && !context.store.count_event(workspace.id, most, self.now).await?
        {
            let retry_after_seconds = self.now.seconds_to_midnight();
            return Err(Problem::QuotaExceeded { quota: most, retry_after_seconds }.into());
        }

        // 4. Write its row before any job is sent: a job always finds its event.
        self.unfinished.begin(workspace.id, id);
        match self.intake.save_event(&event, workspace, self.now, made_here).await? {
            SavedEvent::Done => Ok(Some(event)),
            SavedEvent::Exists => Ok(None),
            SavedEvent::UidTaken => Err(Problem::UidTaken("event").into()),
        }
    }

    /// Decides every endpoint's fate.
    async fn fan_out(
        &self,
        workspace: &Workspace,
        id: EventId,
        request: EventRequest,
    ) -> Result<Event, Fault> {
        let subscriptions = self.intake.context.cache.subscriptions(workspace.id).await?;
        let occurred_at = request.occurred_at.unwrap_or(self.now);
        let facts = Facts::new(id, &request.event_type, occurred_at, &request.data);
        let facts = facts.in_channels(&request.channels).caused_by(request.caused_by.as_ref());
        let ledger = subscription::fan_out(&facts, &subscriptions);
        Ok(Event {
            id,
            uid: request.uid,
            workspace_id: workspace.id,
            event_type: request.event_type,
            occurred_at,
            payload: request.data,
            erased_at: None,
            channels: request.channels,
            // That of a derived event says when it was emitted, if that was later than its id says.
            deliver_at: request.deliver_at.filter(|at| *at > self.now || request.caused_by.is_some()),
            trace: request.trace,
            is_test: false,
            caused_by: request.caused_by,
            ledger,
        })
    }
}

impl Admission {
    /// Its jobs, to be sent.
    pub(crate) fn take_jobs(&mut self) -> Vec<Job> {
        std::mem::take(&mut self.jobs)
    }

    /// Why we failed one of its events.
    pub(crate) fn fault(&self) -> Option<&Fault> {
        self.results.iter().find_map(|(_, result)| match result {
            Err(UseCaseError::Fault(fault)) => Some(fault),
            Err(UseCaseError::Problem(_)) | Ok(_) => None,
        })
    }

    /// Notes of the claim what the rows do not say. For an event that is accepted that is nothing.
    pub(crate) async fn note(&self, intake: &Intake, succeeded: bool) {
        let refused =
            self.results.iter().filter(|(_, result)| matches!(result, Err(UseCaseError::Problem(_)))).count();
        let all_refused = refused == self.results.len();
        let (held, outcome) = match &self.holding {
            Holding::None => return,
            Holding::Anothers(held) if succeeded && refused == 0 => (held, Outcome::Completed),
            Holding::Anothers(_) => return,
            Holding::Made(held) | Holding::TakenOver(held) if all_refused => (held, Outcome::Refused),
            Holding::Made(held) | Holding::TakenOver(held) if !succeeded => (held, Outcome::Failed),
            Holding::Made(_) if refused == 0 => return,
            Holding::Made(held) | Holding::TakenOver(held) => (held, Outcome::Completed),
        };
        held.note(intake, outcome).await;
    }

    /// What its events came to, each with its place in the request.
    pub(crate) fn into_results(self) -> Vec<(usize, Result<Accepted, UseCaseError>)> {
        self.results
    }
}

/// Deliveries that the events of one request have made so far.
#[derive(Default)]
pub(crate) struct Room(AtomicUsize);

impl Room {
    /// Takes room for the deliveries of one more event. The first always finds it.
    fn take(&self, deliveries: usize) -> Result<(), Problem> {
        let fits = |taken: usize| {
            Some(taken + deliveries).filter(|sum| taken == 0 || *sum <= MAX_REQUEST_DELIVERIES)
        };
        let taken = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits);
        taken.map(|_| ()).map_err(|_| Problem::BatchTooWide(MAX_REQUEST_DELIVERIES))
    }

    /// Takes room for an event whose row was written before: it found room when its request came first.
    fn fill(&self, deliveries: usize) {
        self.0.fetch_add(deliveries, Ordering::Relaxed);
    }
}
