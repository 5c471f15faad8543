//! How are the events of one request accepted?
//! In groups, each event under its dedupe key: one that came before is counted as a duplicate. A request with ten thousand
//! events ends in time, or says that it has to be repeated, and then goes on where it ended.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use domain::access::workspace::Workspace;
use domain::id::{EventId, ReceivedRequestId};
use domain::problem::Problem;
use domain::source::Source;
use domain::source::received::{MAX_NAMED_EVENTS, Reason};
use futures_util::StreamExt as _;
use futures_util::stream;
use providers::adapter::Part;
use tokio::time::Instant;

use crate::accept::accept_event::{Accepted, accept_parts};
use crate::accept::event_request::EventRequest;
use crate::accept::intake::Intake;
use crate::error::{Fault, UseCaseError};
use crate::receive::event_data::event_of;

/// Events that are accepted together.
const GROUP: usize = 100;
/// Groups under way at once: enough to fill the table's time, and not so many that it throttles.
const GROUPS_AT_ONCE: usize = 4;
/// API Gateway ends a request after 30 s. What is left then is for the provider's repetition.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// How long a copy of an event that is being accepted is waited for; the shortest deadline of a provider is 3 s (Slack).
const WAIT_FOR_COPY: Duration = Duration::from_secs(2);
/// The first pause before it is looked for again; each further one is twice as long, up to the longest. A row takes about
/// 1,000 writes a second, and a thousand copies may wait at once.
const PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(400);

/// What became of a request's events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many were new.
    pub accepted: u32,
    /// How many had come before.
    pub duplicates: u32,
    /// The first of them.
    pub events: Vec<EventId>,
    /// The deliveries that were queued.
    pub deliveries: u32,
}

/// Why some of the events are not accepted. The provider repeats its request.
#[derive(Debug)]
pub(super) struct Stopped {
    pub(super) reason: Reason,
    pub(super) detail: String,
}

impl Tally {
    fn add(&mut self, accepted: &Accepted) {
        match accepted.repeated {
            true => self.duplicates += 1,
            false => {
                self.accepted += 1;
                let deliveries = u32::try_from(accepted.ledger.deliveries.len()).unwrap_or(u32::MAX);
                self.deliveries = self.deliveries.saturating_add(deliveries);
            }
        }
        if self.events.len() < MAX_NAMED_EVENTS {
            self.events.push(accepted.id);
        }
    }
}

/// Accepts every part, or says why it stopped. What was accepted stays accepted.
///
/// # Errors
/// [`Fault`] when table or queue failed.
pub(super) async fn accept_events(
    intake: &Intake,
    source: &Source,
    workspace: &Arc<Workspace>,
    (request, parts): (ReceivedRequestId, &[Part]),
    tally: &mut Tally,
) -> Result<Result<(), Stopped>, Fault> {
    // 1. The same event twice in one request is one event.
    let mut keys = HashSet::with_capacity(parts.len());
    let mut waiting = Vec::with_capacity(parts.len());
    for part in parts {
        match keys.insert(part.dedupe_key.as_str()) {
            true => waiting.push((part.dedupe_key.clone(), event_of(source, request, part)?)),
            false => tally.duplicates += 1,
        }
    }

    // 2. Accept group after group. Events that have too many deliveries for one group, and copies of events that are
    // being accepted at this moment, come again in the next round.
    let began = Instant::now();
    let (mut progressed, mut pause) = (began, PAUSE);
    while !waiting.is_empty() {
        let before = waiting.len();
        let round = accept_round(intake, source, workspace, (waiting, began + ANSWER_WITHIN), tally).await?;
        waiting = match round {
            Ok(left) if left.is_empty() => break,
            Ok(left) => left,
            Err(stopped) => return Ok(Err(stopped)),
        };
        if waiting.len() < before {
            (progressed, pause) = (Instant::now(), PAUSE);
        }
        if progressed.elapsed() > WAIT_FOR_COPY || began.elapsed() > ANSWER_WITHIN {
            let detail = format!(
                "there was no time for {} of its {} events; the provider was asked to repeat it",
                waiting.len(),
                parts.len()
            );
            return Ok(Err(Stopped { reason: Reason::InProgress, detail }));
        }
        tokio::time::sleep(pause).await;
        pause = (2 * pause).min(LONGEST_PAUSE);
    }
    Ok(Ok(()))
}

/// An event under its dedupe key.
type Keyed = (String, EventRequest);

/// Accepts each of `waiting` once, in groups; those that have to come again.
async fn accept_round(
    intake: &Intake,
    source: &Source,
    workspace: &Arc<Workspace>,
    (waiting, deadline): (Vec<Keyed>, Instant),
    tally: &mut Tally,
) -> Result<Result<Vec<Keyed>, Stopped>, Fault> {
    let groups: Vec<Vec<Keyed>> = waiting.chunks(GROUP).map(<[Keyed]>::to_vec).collect();
    let answers = stream::iter(groups).map(|group| async move {
        let is_late = Instant::now() > deadline;
        let results = match is_late {
            true => None,
            false => Some(accept_parts(intake, source.key(), workspace, group.clone()).await),
        };
        (group, results)
    });
    let mut answers = answers.buffer_unordered(GROUPS_AT_ONCE);
    let (mut again, mut stopped) = (Vec::new(), None);
    while let Some((group, results)) = answers.next().await {
        let Some(results) = results else {
            again.extend(group);
            continue;
        };
        for (event, result) in group.into_iter().zip(results.map_err(fault)?) {
            match result {
                Ok(accepted) => tally.add(&accepted),
                // It was accepted so long ago that its row has expired.
                Err(Problem::EventExists) => tally.duplicates += 1,
                Err(Problem::BatchTooWide(_) | Problem::IdempotencyKeyInProgress) => again.push(event),
                Err(problem @ Problem::QuotaExceeded { .. }) => {
                    stopped = Some(Stopped { reason: Reason::QuotaExceeded, detail: problem.to_string() });
                }
                Err(problem) => return Err(fault(problem.into())),
            }
        }
    }
    Ok(stopped.map_or(Ok(again), Err))
}

/// Whatever is wrong with an event that we made ourselves is a fault of ours.
fn fault(error: UseCaseError) -> Fault {
    match error {
        UseCaseError::Fault(fault) => fault,
        UseCaseError::Problem(problem) => {
            Fault::Broken(format!("an event of a provider was refused: {problem}"))
        }
    }
}
