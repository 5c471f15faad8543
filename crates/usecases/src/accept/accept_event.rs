//! How is an event accepted?
//! Idempotent intake with fan-out: claim the key, decide every endpoint's fate, write the row, send the jobs. `202` is a
//! promise: row and jobs are durable before the answer.
//!
//! A request with an `Idempotency-Key`, or with an event id that the producer chose, can be repeated at any time: it is one
//! event, fanned out once. If we fail half-way the producer gets a 5xx, and its retry finishes the work under the same
//! event id; without one a sweep does ([`crate::accept::sweep`]).

use std::collections::HashSet;
use std::sync::Arc;

use domain::access::api_key::{ApiKey, Scope};
use domain::access::workspace::Workspace;
use domain::event::Event;
use domain::event::ledger::Ledger;
use domain::id::{EventId, SourceKey, WorkspaceId};
use domain::problem::Problem;
use domain::uid::Uid;
use futures_util::future::join_all;
use queue::Job;

use crate::accept::admission::{Admission, Admitter, Room};
use crate::accept::claim::{Intent, Unit};
use crate::accept::event_request::{EventRequest, check};
use crate::accept::idempotency::{Claimant, fingerprint_of_batch};
use crate::accept::intake::Intake;
use crate::context::Context;
use crate::error::{Fault, UseCaseError};

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The event's id.
    pub id: EventId,
    /// The producer's own id of it.
    pub uid: Option<Uid>,
    /// Every endpoint's fate.
    pub ledger: Ledger,
    /// Whether the very same request had been accepted before, so that nothing new was sent.
    pub repeated: bool,
}

/// The key by which a request can be repeated.
#[derive(Debug, Clone, Copy)]
enum Keyed<'a> {
    One(Option<&'a str>),
    Batch(Option<&'a str>),
    /// Each event by the dedupe key of its provider.
    Parts(SourceKey, &'a [String]),
    /// The event of a rule, by its id.
    Derived,
}

/// Who sends events.
#[derive(Debug, Clone, Copy)]
enum Producer<'a> {
    /// The holder of an API key.
    Caller(&'a ApiKey),
    /// A provider, through a source of this workspace. Its request was verified.
    Source(&'a Arc<Workspace>),
    /// A rule of this workspace.
    Rule(&'a Arc<Workspace>),
}

impl Producer<'_> {
    /// The workspace that an event goes to.
    async fn workspace(
        self,
        context: &Context,
        request: &EventRequest,
    ) -> Result<Arc<Workspace>, UseCaseError> {
        let caller = match self {
            Self::Caller(caller) => caller,
            Self::Source(workspace) | Self::Rule(workspace) => return Ok(Arc::clone(workspace)),
        };
        let workspace = context.workspace_id(caller, request.workspace_id.clone()).await?;
        Ok(context.cache.workspace(workspace).await?.ok_or(Problem::NotFound("workspace"))?)
    }
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
    let mut accepted =
        accept(intake, Producer::Caller(caller), vec![Ok(request)], Keyed::One(idempotency_key)).await?;
    let one = accepted.pop().ok_or_else(|| Fault::Broken("an event was not answered".to_owned()))?;
    Ok(one?)
}

/// Accepts many events, each on its own: one that cannot be taken does not harm the others.
///
/// Results keep the order of `requests`. A request that is already a `Problem` stays one. With a key the batch makes one
/// claim, and a repeated batch gets the stored answers of its accepted events. Those that were refused, because they no
/// longer fitted under [`domain::endpoint::subscription::MAX_REQUEST_DELIVERIES`] for example, are tried again.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller may not, or the key was used before; [`UseCaseError::Fault`] when not all of
/// them could be made durable.
pub async fn accept_events(
    intake: &Intake,
    caller: &ApiKey,
    requests: Vec<Result<EventRequest, Problem>>,
    idempotency_key: Option<&str>,
) -> Result<Vec<Result<Accepted, Problem>>, UseCaseError> {
    accept(intake, Producer::Caller(caller), requests, Keyed::Batch(idempotency_key)).await
}

/// Accepts the events of a verified request of a provider, each under its dedupe key. One that came before is
/// `repeated`, or refused with [`Problem::EventExists`] when its row has expired since.
///
/// # Errors
/// [`UseCaseError::Fault`] when not all of them could be made durable.
pub(crate) async fn accept_parts(
    intake: &Intake,
    source: SourceKey,
    workspace: &Arc<Workspace>,
    parts: Vec<(String, EventRequest)>,
) -> Result<Vec<Result<Accepted, Problem>>, UseCaseError> {
    let (keys, requests): (Vec<_>, Vec<_>) =
        parts.into_iter().map(|(key, request)| (key, Ok(request))).unzip();
    accept(intake, Producer::Source(workspace), requests, Keyed::Parts(source, &keys)).await
}

/// Accepts the event that a rule emits; `request` has its id and its cause. One that came before is `repeated`, or refused
/// with [`Problem::EventExists`] when that was so long ago that its claim has expired.
///
/// # Errors
/// [`UseCaseError::Problem`] for an event that cannot be taken; [`UseCaseError::Fault`] when it could not be made durable.
pub(crate) async fn accept_derived(
    intake: &Intake,
    workspace: &Arc<Workspace>,
    request: EventRequest,
) -> Result<Accepted, UseCaseError> {
    let mut accepted = accept(intake, Producer::Rule(workspace), vec![Ok(request)], Keyed::Derived).await?;
    let one = accepted.pop().ok_or_else(|| Fault::Broken("an event was not answered".to_owned()))?;
    Ok(one?)
}

async fn accept(
    intake: &Intake,
    producer: Producer<'_>,
    requests: Vec<Result<EventRequest, Problem>>,
    keyed: Keyed<'_>,
) -> Result<Vec<Result<Accepted, Problem>>, UseCaseError> {
    // 1. May the caller send events?
    if let Producer::Caller(caller) = producer {
        caller.require(Scope::Events)?;
    }
    let (now, unfinished) = (intake.context.clock.now(), intake.interrupted.watch());
    let conformance = intake.conformance.as_ref().filter(|_| matches!(producer, Producer::Caller(_)));
    let admitter = Admitter { intake, conformance, room: Room::default(), now, unfinished };

    // 2. Which of them are events that can be taken, and which share a claim?
    let digest = matches!(keyed, Keyed::Batch(Some(_))).then(|| fingerprint_of_batch(&requests));
    let (mut results, intents) = judge(&admitter, producer, requests).await?;
    let units = share_claims(&admitter, intents, keyed, digest).await?;

    // 3. Claim, fan out and write each of them, all at once.
    let admitted = join_all(units.into_iter().map(|unit| admitter.admit(unit))).await;
    let mut admissions = Vec::with_capacity(admitted.len());
    for unit in admitted {
        admissions.push(unit?);
    }

    // 4. Send the jobs of all of them together.
    let jobs: Vec<Job> = admissions.iter_mut().flat_map(Admission::take_jobs).collect();
    let sent = intake.send_jobs(jobs, admitter.now).await;
    let fault = admissions.iter().find_map(Admission::fault).cloned().or(sent.err());
    let unfinished = admitter.unfinished;
    if fault.is_none() {
        unfinished.finish();
    } else {
        drop(unfinished);
    }

    // 5. Note what the rows do not say of a claim: that we failed, or refused an event of it.
    join_all(admissions.iter().map(|admission| admission.note(intake, fault.is_none()))).await;

    // 6. Rows that were left without their jobs are finished by a sweep.
    intake.write_interrupted().await;
    if let Some(conformance) = &intake.conformance {
        conformance.counter.flush_if_due(&intake.context.store, now).await;
    }

    // 7. Answer. One fault fails the whole request: the producer repeats it.
    if let Some(fault) = fault {
        return Err(fault.into());
    }
    for (place, result) in admissions.into_iter().flat_map(Admission::into_results) {
        results[place] = Some(match result {
            Ok(accepted) => Ok(accepted),
            Err(UseCaseError::Problem(problem)) => Err(problem),
            Err(UseCaseError::Fault(fault)) => return Err(fault.into()),
        });
    }
    let unanswered = || Fault::Broken("an event was not answered".to_owned());
    results.into_iter().map(|result| Ok(result.ok_or_else(unanswered)?)).collect()
}

type Results = Vec<Option<Result<Accepted, Problem>>>;

/// Sorts out the requests that are no event to take, with their problems.
///
/// If two carry the same producer id or uid, the first valid one wins and the others are refused. Decided here because
/// concurrent conditional writes would pick a random winner.
async fn judge(
    admitter: &Admitter<'_>,
    producer: Producer<'_>,
    requests: Vec<Result<EventRequest, Problem>>,
) -> Result<(Results, Vec<Intent>), UseCaseError> {
    let (mut results, mut intents) = (Vec::with_capacity(requests.len()), Vec::with_capacity(requests.len()));
    let mut taken = Taken::default();
    for (place, request) in requests.into_iter().enumerate() {
        match intent(admitter, producer, place, request, &mut taken).await {
            Ok(intent) => {
                intents.push(intent);
                results.push(None);
            }
            Err(UseCaseError::Problem(problem)) => results.push(Some(Err(problem))),
            Err(fault) => return Err(fault),
        }
    }
    Ok((results, intents))
}

/// The producer's own ids that the events of one request have so far.
#[derive(Default)]
struct Taken {
    ids: HashSet<(WorkspaceId, EventId)>,
    uids: HashSet<(WorkspaceId, Uid)>,
}

impl Taken {
    fn take(&mut self, workspace: WorkspaceId, request: &EventRequest) -> Result<(), Problem> {
        if request.id.is_some_and(|id| !self.ids.insert((workspace, id))) {
            return Err(Problem::EventExists);
        }
        let uid = request.uid.clone();
        if uid.is_some_and(|uid| !self.uids.insert((workspace, uid))) {
            return Err(Problem::UidTaken("event"));
        }
        Ok(())
    }
}

/// A request as an event that can be taken.
async fn intent(
    admitter: &Admitter<'_>,
    producer: Producer<'_>,
    place: usize,
    request: Result<EventRequest, Problem>,
    taken: &mut Taken,
) -> Result<Intent, UseCaseError> {
    let request = request?;
    check(&request, admitter.now)?;
    let workspace = producer.workspace(&admitter.intake.context, &request).await?;
    taken.take(workspace.id, &request)?;
    Ok(Intent { place, workspace, request })
}

/// Which events stand under one claim: those of a batch with a key, which has a digest.
async fn share_claims(
    admitter: &Admitter<'_>,
    intents: Vec<Intent>,
    keyed: Keyed<'_>,
    digest: Option<String>,
) -> Result<Vec<Unit>, Fault> {
    if let (Keyed::Batch(Some(key)), Some(digest), Some(first)) = (keyed, digest, intents.first()) {
        let of_first = Claimant::of_place(first.workspace.id, key, first.place, &first.request);
        if !admitter.intake.context.store.is_claimed(&of_first.key, admitter.now).await? {
            let same = intents.iter().all(|intent| intent.workspace.id == first.workspace.id);
            let claimant = Claimant::of_batch(same.then_some(first.workspace.id), key, digest);
            return Ok(vec![Unit::of_batch(claimant, intents)]);
        }
    }
    let units = intents.into_iter().map(|intent| {
        let Intent { place, workspace, request } = &intent;
        let claimant = match (keyed, request.id) {
            (Keyed::Parts(source, keys), _) => {
                let kept_for = workspace.expiry(admitter.now).since(admitter.now);
                keys.get(*place).map(|key| Claimant::of_provider(source, key, kept_for))
            }
            (Keyed::Derived, Some(id)) => Some(Claimant::of_rule(workspace.id, id)),
            (Keyed::One(Some(key)), _) => Some(Claimant::of_one(workspace.id, key, request)),
            (Keyed::Batch(Some(key)), _) => Some(Claimant::of_place(workspace.id, key, *place, request)),
            (_, Some(id)) => Some(Claimant::of_id(workspace.id, id, request)),
            (_, None) => None,
        };
        Unit::of_one(claimant, intent)
    });
    Ok(units.collect())
}

/// The jobs of an event that is fanned out for the first time.
pub(crate) fn jobs_of(event: &Event) -> Vec<Job> {
    event.ledger.deliveries.iter().map(|endpoint| Job::first(event, *endpoint)).collect()
}
