//! How do events become durable?
//! Admission: what was not written by an earlier request is held to the catalogue, fanned out, counted against the quota and
//! written as a row, before any job is sent.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::access::workspace::Workspace;
use domain::endpoint::subscription::{self, MAX_REQUEST_DELIVERIES};
use domain::event::Event;
use domain::event::document::Facts;
use domain::id::{DeliveryId, EndpointId, EventId};
use domain::problem::Problem;
use domain::timestamp::Timestamp;
use futures_util::future::join_all;
use queue::Job;
use store::rows::events::SavedEvent;

use crate::accept::accept_event::{Accepted, jobs_of};
use crate::accept::claim::{Begun, Claimed, Holding, Intent, Jobs, Unit};
use crate::accept::conformance::Conformance;
use crate::accept::event_request::{EventRequest, is_of};
use crate::accept::idempotency::Outcome;
use crate::accept::intake::Intake;
use crate::accept::interrupted::Unfinished;
use crate::error::{Fault, UseCaseError};

/// A request may die between the row of its event and the jobs, and the claim does not say so. So a repeated request sends
/// jobs for those deliveries that have no row yet; they wait so long, for the first jobs to be attempted in peace.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(60);

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
        let Claimed { holding, begun } = match unit.claim(self.intake, self.now).await {
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
