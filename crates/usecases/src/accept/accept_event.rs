//! How is an event accepted?
//! Idempotent intake with fan-out: claim the key, decide every endpoint's fate, write the row, send the jobs. `202` is a
//! promise: row and jobs are durable before the answer.
//!
//! A request with an `Idempotency-Key`, or with an event id that the producer chose, can be repeated at any time: it is one
//! event, fanned out once. If we fail half-way the producer gets a 5xx, and its retry finishes the work under the same
//! event id.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::access::api_key::{ApiKey, Scope};
use domain::access::workspace::Workspace;
use domain::endpoint::subscription::{self, MAX_REQUEST_DELIVERIES};
use domain::event::Event;
use domain::event::ledger::Ledger;
use domain::id::{EventId, WorkspaceId};
use domain::problem::Problem;
use domain::timestamp::Timestamp;
use futures_util::future::join_all;
use queue::Job;

use crate::accept::event_request::{EventRequest, check, is_of};
use crate::accept::idempotency::{Claimant, Claimed, Found, IdempotencyKey, claim};
use crate::accept::intake::Intake;
use crate::error::{Fault, UseCaseError};

/// The result for an accepted event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The event's id.
    pub id: EventId,
    /// The result of the fan-out for every endpoint.
    pub ledger: Ledger,
    /// Whether the same request had been accepted before, so that nothing new was sent.
    pub repeated: bool,
}

/// An event to accept, and the key by which its request can be repeated.
#[derive(Debug)]
pub struct Intent {
    /// The producer's request.
    pub request: EventRequest,
    /// By what a repeated request is recognised.
    pub idempotency_key: Option<IdempotencyKey>,
}

/// Accepts one event.
///
/// # Errors
/// [`UseCaseError::Problem`] for a request that is refused; [`UseCaseError::Fault`] when it could not be made durable.
pub async fn accept_event(
    intake: &Intake,
    caller: &ApiKey,
    request: EventRequest,
    idempotency_key: Option<&str>,
) -> Result<Accepted, UseCaseError> {
    let intent =
        Intent { request, idempotency_key: idempotency_key.map(|key| IdempotencyKey::OfOne(key.to_owned())) };
    let mut accepted = accept_events(intake, caller, vec![Ok(intent)]).await?;
    let one = accepted.pop().ok_or_else(|| Fault::Broken("an event was not answered".to_owned()))?;
    Ok(one?)
}

/// Accepts many events, each independently: one that is refused does not harm the others.
///
/// Results keep the order of `intents`. An intent that is already a `Problem` stays one. Events that no longer fit under
/// [`MAX_REQUEST_DELIVERIES`] are refused and leave no idempotency claim, so repeating the batch accepts them and repeats
/// the stored answers of the rest.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller lacks the scope; [`UseCaseError::Fault`] when not all of them could be made durable.
pub async fn accept_events(
    intake: &Intake,
    caller: &ApiKey,
    intents: Vec<Result<Intent, Problem>>,
) -> Result<Vec<Result<Accepted, Problem>>, UseCaseError> {
    // 1. May the caller send events?
    caller.require(Scope::Events)?;
    let request = Request { intake, caller, room: Room::default(), now: intake.context.clock.now() };

    // 2. Claim, fan out and write each of them, all at once.
    let mut admissions = Vec::with_capacity(intents.len());
    for intent in each_id_once(caller, intents, request.now) {
        admissions.push(request.admit(intent));
    }
    let admissions = join_all(admissions).await;

    // 3. Send the jobs of all of them together.
    let jobs: Vec<Job> = admissions.iter().flat_map(Admission::jobs).collect();
    let sent = intake.send_jobs(jobs, request.now).await;
    let fault = admissions.iter().find_map(Admission::fault).cloned().or(sent.err());

    // 4. Complete, release or delete every claim.
    let mut settling = Vec::with_capacity(admissions.len());
    for admission in &admissions {
        settling.push(admission.settle(intake, fault.is_none()));
    }
    let unsettled = join_all(settling).await.into_iter().find_map(Result::err);

    // 5. Answer. One fault fails the whole request: the producer repeats it.
    if let Some(fault) = fault.or(unsettled) {
        return Err(fault.into());
    }
    admissions.into_iter().map(Admission::answer).collect()
}

/// If two intents carry the same producer id, the first valid one wins and the others get `event_exists`. Decided here
/// because concurrent conditional writes would pick a random winner.
fn each_id_once(
    caller: &ApiKey,
    intents: Vec<Result<Intent, Problem>>,
    now: Timestamp,
) -> impl Iterator<Item = Result<Intent, Problem>> {
    let mut taken = HashSet::new();
    intents.into_iter().map(move |intent| {
        let intent = intent?;
        check(&intent.request, now)?;
        let workspace = caller.workspace(intent.request.workspace_id)?;
        match intent.request.id {
            Some(id) if !taken.insert((workspace, id)) => Err(Problem::EventExists),
            _ => Ok(intent),
        }
    })
}

/// What all events of one request share.
struct Request<'a> {
    intake: &'a Intake,
    caller: &'a ApiKey,
    room: Room,
    now: Timestamp,
}

impl Request<'_> {
    /// Claims one intent, fans it out and writes its row.
    async fn admit(&self, intent: Result<Intent, Problem>) -> Admission {
        let claimed = match intent {
            Ok(intent) => self.claim(intent).await,
            Err(problem) => Err(problem.into()),
        };
        match claimed {
            Ok(Begun::Anew(begun)) => {
                let Begin { workspace, request, id, freshness, claim } = *begun;
                let written = self.write(&workspace, request, id, freshness).await;
                Admission { claim, result: written.map(|event| Admitted::Now(event, freshness)) }
            }
            Ok(Begun::Before(accepted)) => Admission { claim: None, result: Ok(Admitted::Before(accepted)) },
            Err(error) => Admission { claim: None, result: Err(error) },
        }
    }

    /// Finds out whether the request has been seen before, and claims it if it can be repeated.
    async fn claim(&self, Intent { request, idempotency_key }: Intent) -> Result<Begun, UseCaseError> {
        let context = &self.intake.context;
        let workspace = self.caller.workspace(request.workspace_id)?;
        let workspace = context.cache.workspace(workspace).await?.ok_or(Problem::NotFound("workspace"))?;
        let id = request.id.unwrap_or_else(|| EventId::new(self.now, context.randomness.id()));
        let claimant = Claimant { workspace: workspace.id, request: &request, key: idempotency_key.as_ref() };
        let (id, freshness, claim) = match claim(self.intake, claimant, id, self.now).await? {
            Found::Nothing(claim) => (id, Freshness::New, claim),
            Found::Unfinished(claim) => (claim.event, Freshness::Resumed, Some(claim)),
            Found::Finished(first) => {
                return Ok(Begun::Before(self.answer_again(workspace.id, first).await?));
            }
        };
        Ok(Begun::Anew(Box::new(Begin { workspace, request, id, freshness, claim })))
    }

    /// Fans an event out and writes its row.
    async fn write(
        &self,
        workspace: &Workspace,
        request: EventRequest,
        id: EventId,
        freshness: Freshness,
    ) -> Result<Box<Event>, UseCaseError> {
        let context = &self.intake.context;
        // 1. Did an earlier request write it, and fail afterwards? Then its ledger is final, and it was counted.
        if freshness == Freshness::Resumed
            && let Some(event) = context.store.load_event(workspace.id, id, self.now).await?
        {
            if !is_of(&event, &request) {
                return Err(Problem::EventExists.into());
            }
            self.room.fill(event.ledger.deliveries.len());
            return Ok(Box::new(event));
        }

        // 2. Which endpoints get it, and are its deliveries more than one request may create?
        let made_here = request.id.is_none() && freshness == Freshness::New;
        let event = self.fan_out(workspace, id, request).await?;
        self.room.take(event.ledger.deliveries.len())?;

        // 3. Is there room in today's quota? If we fail between here and the row, the retry counts the event twice: a
        // quota may be used up early, but never exceeded.
        if let Some(most) = workspace.max_events_per_day
            && !context.store.count_event(workspace.id, most, self.now).await?
        {
            return Err(Problem::QuotaExceeded(most).into());
        }

        // 4. Write its row before any job is sent: a job always finds its event.
        if self.intake.save_event(&event, workspace.expiry(self.now), made_here).await? {
            return Ok(Box::new(event));
        }
        match freshness {
            Freshness::New => Err(Problem::EventExists.into()),
            Freshness::Resumed => Err(Fault::Broken("two requests resume the same event".to_owned()).into()),
        }
    }

    /// Decides for every endpoint whether it gets the event.
    async fn fan_out(
        &self,
        workspace: &Workspace,
        id: EventId,
        request: EventRequest,
    ) -> Result<Event, Fault> {
        let subscriptions = self.intake.context.cache.subscriptions(workspace.id).await?;
        let ledger = subscription::fan_out(&request.event_type, &request.channels, subscriptions.iter());
        Ok(Event {
            id,
            workspace_id: workspace.id,
            event_type: request.event_type,
            occurred_at: request.occurred_at.unwrap_or(self.now),
            payload: request.data,
            erased_at: None,
            channels: request.channels,
            deliver_at: request.deliver_at.filter(|at| *at > self.now),
            trace: request.trace,
            ledger,
        })
    }

    /// The answer of the first request, rebuilt from the event's row.
    async fn answer_again(&self, workspace: WorkspaceId, id: EventId) -> Result<Accepted, UseCaseError> {
        let event = self.intake.context.store.load_event(workspace, id, self.now).await?;
        let event = event.ok_or_else(|| Fault::Broken("an accepted event has no row".to_owned()))?;
        Ok(Accepted { id, ledger: event.ledger, repeated: true })
    }
}

/// The result of a claim.
enum Begun {
    /// The event is to be written.
    Anew(Box<Begin>),
    /// The same request was accepted before.
    Before(Accepted),
}

/// An event that is to be written, under its claim.
struct Begin {
    workspace: Arc<Workspace>,
    request: EventRequest,
    id: EventId,
    freshness: Freshness,
    claim: Option<Claimed>,
}

/// The result for one intent, before its jobs are sent.
struct Admission {
    claim: Option<Claimed>,
    result: Result<Admitted, UseCaseError>,
}

/// An intent that is accepted once its jobs are sent.
enum Admitted {
    /// Its row is durable.
    Now(Box<Event>, Freshness),
    /// The same request was accepted before.
    Before(Accepted),
}

impl Admission {
    fn jobs(&self) -> Vec<Job> {
        match &self.result {
            Ok(Admitted::Now(event, freshness)) => jobs(event, *freshness),
            Ok(Admitted::Before(_)) | Err(_) => Vec::new(),
        }
    }

    fn fault(&self) -> Option<&Fault> {
        match &self.result {
            Err(UseCaseError::Fault(fault)) => Some(fault),
            Err(UseCaseError::Problem(_)) | Ok(_) => None,
        }
    }

    /// Completes the claim of an accepted event. The claim of a refused event is deleted: otherwise the repeated request
    /// would be treated as one that we had begun to accept. After a fault it is released, so that a retry need not wait.
    async fn settle(&self, intake: &Intake, request_accepted: bool) -> Result<(), Fault> {
        let Some(claim) = &self.claim else { return Ok(()) };
        match &self.result {
            Ok(_) if request_accepted => return claim.complete(intake).await,
            Ok(_) | Err(UseCaseError::Fault(_)) => claim.release(intake).await,
            Err(UseCaseError::Problem(_)) => claim.forget(intake).await,
        }
        Ok(())
    }

    fn answer(self) -> Result<Result<Accepted, Problem>, UseCaseError> {
        match self.result {
            Ok(Admitted::Now(event, _)) => {
                Ok(Ok(Accepted { id: event.id, ledger: event.ledger, repeated: false }))
            }
            Ok(Admitted::Before(accepted)) => Ok(Ok(accepted)),
            Err(UseCaseError::Problem(problem)) => Ok(Err(problem)),
            Err(UseCaseError::Fault(fault)) => Err(fault.into()),
        }
    }
}

/// Whether jobs of the event may have been sent before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Freshness {
    New,
    Resumed,
}

/// Deliveries that the events of one request have made so far.
#[derive(Default)]
struct Room(AtomicUsize);

impl Room {
    /// Adds the deliveries of one more event, if they fit. The first event always fits.
    fn take(&self, deliveries: usize) -> Result<(), Problem> {
        let fits = |taken: usize| {
            Some(taken + deliveries).filter(|sum| taken == 0 || *sum <= MAX_REQUEST_DELIVERIES)
        };
        let taken = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits);
        taken.map(|_| ()).map_err(|_| Problem::BatchTooWide(MAX_REQUEST_DELIVERIES))
    }

    /// Adds an event whose row was written before: it did fit when its request came first.
    fn fill(&self, deliveries: usize) {
        self.0.fetch_add(deliveries, Ordering::Relaxed);
    }
}

/// The jobs of an event that is fanned out for the first time.
pub(crate) fn jobs_of(event: &Event) -> Vec<Job> {
    jobs(event, Freshness::New)
}

fn jobs(event: &Event, freshness: Freshness) -> Vec<Job> {
    let jobs = event.ledger.deliveries.iter().map(|endpoint| Job::first(event, *endpoint));
    match freshness {
        Freshness::New => jobs.collect(),
        Freshness::Resumed => jobs.map(Job::rechecked).collect(),
    }
}
