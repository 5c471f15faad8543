//! How is an event accepted? `202` is a promise: its row and every job are durable before the answer.
//!
//! With an `Idempotency-Key` (or an id of the producer's own) the same request can be sent again at any time: it
//! is one event, fanned out once. If we fail half-way the producer hears 5xx, and its retry finishes the work under
//! the same event id.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::access::api_key::{ApiKey, Scope};
use domain::endpoint::subscription::{self, MAX_REQUEST_DELIVERIES};
use domain::event::Event;
use domain::event::ledger::Ledger;
use domain::id::{EventId, WorkspaceId};
use domain::problem::Problem;
use domain::timestamp::Timestamp;
use futures_util::future::join_all;
use queue::Job;

use crate::accept::event_request::{EventRequest, check, is_of};
use crate::accept::idempotency::{Claimed, Found, IdempotencyKey, claim};
use crate::accept::intake::Intake;
use crate::error::{Fault, UseCaseError};

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The event's id.
    pub id: EventId,
    /// Every endpoint's fate.
    pub ledger: Ledger,
    /// Whether the very same request had been accepted before, so that nothing new was sent.
    pub repeated: bool,
}

/// An event to accept, and the key by which its request can be repeated.
#[derive(Debug)]
pub struct Intent {
    /// What the producer posted.
    pub request: EventRequest,
    /// What tells its request from others.
    pub idempotency_key: Option<IdempotencyKey>,
}

/// Accepts one event.
///
/// # Errors
/// [`UseCaseError::Problem`] for a request that cannot be taken; [`UseCaseError::Fault`] when it could not be made durable.
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

/// Accepts many events, each on its own: one that cannot be taken does not harm the others. What is no event to
/// begin with keeps its place and its problem, and so does one whose deliveries are too many beside the others': nothing
/// is left of it, and sent again under the same key it is accepted while the others are only answered.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller may not; [`UseCaseError::Fault`] when not all of them could be made durable.
pub async fn accept_events(
    intake: &Intake,
    caller: &ApiKey,
    intents: Vec<Result<Intent, Problem>>,
) -> Result<Vec<Result<Accepted, Problem>>, UseCaseError> {
    // 1. May the caller?
    caller.require(Scope::Events)?;
    let now = intake.context.clock.now();

    // 2. Which of them are events we take, and have not seen before? Each is claimed, fanned out and written, for as
    // long as there is room for its deliveries.
    let room = Room::default();
    let mut admissions = Vec::with_capacity(intents.len());
    for intent in each_id_once(caller, intents, now) {
        admissions.push(admit(intake, caller, intent, &room, now));
    }
    let admitted = join_all(admissions).await;

    // 3. Send the jobs of all of them together.
    let jobs: Vec<Job> = admitted.iter().flat_map(Admission::jobs).collect();
    let sent = intake.send_jobs(jobs, now).await;
    let fault = admitted.iter().find_map(Admission::fault).cloned().or(sent.err());

    // 4. Say on every claim how it went, and answer. Short of everything, the producer tries again.
    let mut settling = Vec::with_capacity(admitted.len());
    for admission in &admitted {
        settling.push(settle(intake, admission, fault.is_none()));
    }
    let failed = join_all(settling).await.into_iter().find_map(Result::err);
    match fault.or(failed) {
        Some(fault) => Err(fault.into()),
        None => Ok(admitted.into_iter().map(Admission::answer).collect()),
    }
}

/// The producer's own ids are of one event each: of several intents with the same, the first that could be taken has
/// it. Were they left to the table, it would be now this one and now that.
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

/// What became of one intent, before its jobs are sent.
enum Admission {
    /// It is not taken.
    Refused(Problem),
    /// We could not write it down.
    Failed(Fault, Option<Claimed>),
    /// The very same request was accepted before.
    Repeated(Accepted),
    /// Its row is durable; its jobs are not yet sent.
    Written { event: Box<Event>, freshness: Freshness, claimed: Option<Claimed> },
}

impl Admission {
    fn jobs(&self) -> Vec<Job> {
        match self {
            Self::Written { event, freshness, .. } => jobs(event, *freshness),
            Self::Refused(_) | Self::Failed(..) | Self::Repeated(_) => Vec::new(),
        }
    }

    fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Failed(fault, _) => Some(fault),
            Self::Refused(_) | Self::Repeated(_) | Self::Written { .. } => None,
        }
    }

    fn claimed(&self) -> Option<&Claimed> {
        match self {
            Self::Written { claimed, .. } | Self::Failed(_, claimed) => claimed.as_ref(),
            Self::Refused(_) | Self::Repeated(_) => None,
        }
    }

    fn answer(self) -> Result<Accepted, Problem> {
        match self {
            Self::Refused(problem) => Err(problem),
            Self::Repeated(accepted) => Ok(accepted),
            Self::Written { event, .. } => {
                Ok(Accepted { id: event.id, ledger: event.ledger, repeated: false })
            }
            // Never answered: one fault fails the whole request.
            Self::Failed(..) => Err(Problem::IdempotencyKeyInProgress),
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
    /// Takes room for the deliveries of one more event. The first always finds it.
    fn take(&self, deliveries: usize) -> Result<(), Problem> {
        let fits = |taken: usize| {
            Some(taken + deliveries).filter(|sum| taken == 0 || *sum <= MAX_REQUEST_DELIVERIES)
        };
        let taken = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits);
        taken.map(|_| ()).map_err(|_| Problem::BatchTooWide(MAX_REQUEST_DELIVERIES))
    }

    /// Takes room for an event that is written down: it found room when its request came first.
    fn fill(&self, deliveries: usize) {
        self.0.fetch_add(deliveries, Ordering::Relaxed);
    }
}

/// Checks one intent, claims its key, fans it out and writes its row.
async fn admit(
    intake: &Intake,
    caller: &ApiKey,
    intent: Result<Intent, Problem>,
    room: &Room,
    now: Timestamp,
) -> Admission {
    let Intent { request, idempotency_key } = match intent {
        Ok(intent) => intent,
        Err(problem) => return Admission::Refused(problem),
    };
    let mut claimed = None;
    match written(intake, caller, request, idempotency_key.as_ref(), room, now, &mut claimed).await {
        Ok(Written::Now(event, freshness)) => Admission::Written { event, freshness, claimed },
        Ok(Written::Before(accepted)) => Admission::Repeated(accepted),
        Err(UseCaseError::Fault(fault)) => Admission::Failed(fault, claimed),
        Err(UseCaseError::Problem(problem)) => {
            // Were its claim kept, the same request sent again would be taken for one that we had begun to accept.
            if let Some(claimed) = claimed {
                claimed.forget(intake).await;
            }
            Admission::Refused(problem)
        }
    }
}

enum Written {
    Now(Box<Event>, Freshness),
    Before(Accepted),
}

async fn written(
    intake: &Intake,
    caller: &ApiKey,
    request: EventRequest,
    idempotency_key: Option<&IdempotencyKey>,
    room: &Room,
    now: Timestamp,
    claimed: &mut Option<Claimed>,
) -> Result<Written, UseCaseError> {
    // 1. Is it somewhere we take events?
    let workspace_id = caller.workspace(request.workspace_id)?;
    let workspace =
        intake.context.cache.workspace(workspace_id).await?.ok_or(Problem::NotFound("workspace"))?;

    // 2. Is it a request we have seen before?
    let id = request.id.unwrap_or_else(|| EventId::new(now, intake.context.randomness.id()));
    let (id, freshness) = match claim(intake, workspace_id, &request, idempotency_key, id, now).await? {
        Found::Nothing(ours) => {
            *claimed = ours;
            (id, Freshness::New)
        }
        Found::Unfinished(ours) => {
            let first = ours.event;
            *claimed = Some(ours);
            (first, Freshness::Resumed)
        }
        Found::Finished(first) => {
            return Ok(Written::Before(answer_again(intake, workspace_id, first, now).await?));
        }
    };

    // 3. Was it written down before it was left unfinished? Then its ledger stands, and it was counted.
    if freshness == Freshness::Resumed
        && let Some(event) = intake.context.store.load_event(workspace_id, id, now).await?
    {
        if !is_of(&event, &request) {
            return Err(Problem::EventExists.into());
        }
        room.fill(event.ledger.deliveries.len());
        return Ok(Written::Now(Box::new(event), freshness));
    }

    // 4. What becomes of it at every endpoint, and is that more than one request may make?
    let made_here = request.id.is_none() && freshness == Freshness::New;
    let event = fan_out(intake, workspace_id, id, request, now).await?;
    room.take(event.ledger.deliveries.len())?;

    // 5. May the workspace have one more? What died between here and its row is counted again, but never free.
    if let Some(most) = workspace.max_events_per_day
        && !intake.context.store.count_event(workspace_id, most, now).await?
    {
        return Err(Problem::QuotaExceeded(most).into());
    }

    // 6. Write it down. A job always finds its event.
    if intake.save_event(&event, workspace.expiry(now), made_here).await? {
        return Ok(Written::Now(Box::new(event), freshness));
    }
    match freshness {
        Freshness::New => Err(Problem::EventExists.into()),
        Freshness::Resumed => Err(Fault::Broken("two requests resume the same event".to_owned()).into()),
    }
}

/// Completes the claim of an accepted event, or releases that of one that was not, so that a retry need not wait.
async fn settle(intake: &Intake, admission: &Admission, accepted: bool) -> Result<(), Fault> {
    match admission.claimed() {
        Some(claimed) if accepted => claimed.complete(intake).await,
        Some(claimed) => {
            claimed.release(intake).await;
            Ok(())
        }
        None => Ok(()),
    }
}

/// Decides every endpoint's fate.
async fn fan_out(
    intake: &Intake,
    workspace_id: WorkspaceId,
    id: EventId,
    request: EventRequest,
    now: Timestamp,
) -> Result<Event, Fault> {
    let subscriptions = intake.context.cache.subscriptions(workspace_id).await?;
    let ledger = subscription::fan_out(&request.event_type, &request.channels, subscriptions.iter());
    Ok(Event {
        id,
        workspace_id,
        event_type: request.event_type,
        occurred_at: request.occurred_at.unwrap_or(now),
        payload: request.data,
        erased_at: None,
        channels: request.channels,
        deliver_at: request.deliver_at.filter(|at| *at > now),
        trace: request.trace,
        ledger,
    })
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

/// The first answer again, from the event's row.
async fn answer_again(
    intake: &Intake,
    workspace: WorkspaceId,
    id: EventId,
    now: Timestamp,
) -> Result<Accepted, UseCaseError> {
    let event = intake.context.store.load_event(workspace, id, now).await?;
    let event = event.ok_or_else(|| Fault::Broken("an accepted event has no row".to_owned()))?;
    Ok(Accepted { id, ledger: event.ledger, repeated: true })
}
