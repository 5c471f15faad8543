//! How is an event accepted? `202` is a promise: its row and every job are durable before the answer.
//!
//! With an `Idempotency-Key` (or an id of the producer's own) the same request can be sent again at any time: it
//! is one event, fanned out once. If we fail half-way the producer hears 5xx, and its retry finishes the work under
//! the same event id.

use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use domain::api_key::{ApiKey, Scope};
use domain::event::{Event, MAX_PAYLOAD_BYTES, Payload};
use domain::event_type::EventType;
use domain::id::{DeliveryId, EventId, WorkspaceId};
use domain::ledger::Ledger;
use domain::problem::Problem;
use domain::timestamp::Timestamp;
use queue::{Job, Queue};
use serde::Deserialize;
use store::Store;
use store::idempotency::Claim;

use crate::error::{Fault, Refusal};
use crate::{Chance, Clock, Directory};

/// Longest `Idempotency-Key`, in characters.
pub const MAX_IDEMPOTENCY_KEY_CHARS: usize = 255;
/// How far the instant inside a producer's own event id may lie from now, in days either way.
const MAX_ID_AGE_DAYS: i64 = 1;

/// What accepting events needs.
#[derive(Clone, Debug)]
pub struct Intake {
    /// The table.
    pub store: Store,
    /// The queue of delivery jobs.
    pub queue: Queue,
    /// Who is who.
    pub directory: Directory,
    /// What time it is.
    pub clock: Clock,
    /// Randomness.
    pub chance: Chance,
}

/// What a producer posts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventRequest {
    /// What kind of thing happened.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// What happened.
    pub data: Payload,
    /// The tenant; needed only with a key that opens all workspaces.
    #[serde(default)]
    pub workspace_id: Option<WorkspaceId>,
    /// The producer's own id for the event.
    #[serde(default)]
    pub id: Option<EventId>,
    /// When it happened; now, if left out.
    #[serde(default)]
    pub occurred_at: Option<Timestamp>,
}

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

/// Accepts one event.
///
/// # Errors
/// [`Refusal::Problem`] for a request that cannot be taken; [`Refusal::Fault`] when it could not be made durable.
pub async fn accept_event(
    intake: &Intake,
    caller: &ApiKey,
    request: EventRequest,
    idempotency_key: Option<&str>,
) -> Result<Accepted, Refusal> {
    // 1. May the caller, and is it an event we take?
    caller.require(Scope::Events)?;
    let now = intake.clock.now();
    check(&request, idempotency_key, now)?;
    let workspace_id = caller.workspace(request.workspace_id)?;
    let workspace = intake.directory.workspace(workspace_id).await?.ok_or(Problem::NotFound("workspace"))?;

    // 2. Is it a request we have seen before?
    let id = request.id.unwrap_or_else(|| EventId::new(now, intake.chance.id()));
    let key =
        idempotency_key.map(|key| format!("key:{key}")).or_else(|| request.id.map(|id| format!("id:{id}")));
    let Some(key) = key else {
        let event = fan_out(intake, workspace_id, id, request, now).await?;
        return publish(intake, event, workspace.expiry(now), Freshness::New).await;
    };
    let key = sha256(&[key.as_bytes()]);
    let fingerprint = fingerprint(&request);
    let claim = intake.store.claim_idempotency_key(workspace_id, &key, &fingerprint, id, now).await?;
    let (id, freshness) = match claim {
        Claim::Claimed => (id, Freshness::New),
        Claim::Resumed(first) => (first, Freshness::Resumed),
        Claim::InProgress => return Err(Problem::IdempotencyKeyInProgress.into()),
        Claim::Reused if idempotency_key.is_none() => return Err(Problem::EventExists.into()),
        Claim::Reused => return Err(Problem::IdempotencyKeyReused.into()),
        Claim::Completed(first) => return answer_again(intake, workspace_id, first, now).await,
    };

    // 3. Fan out and publish; whatever happens, say so on the claim.
    let event = fan_out(intake, workspace_id, id, request, now).await;
    let published = match event {
        Ok(event) => publish(intake, event, workspace.expiry(now), freshness).await,
        Err(fault) => Err(fault.into()),
    };
    match published {
        Ok(accepted) => {
            intake.store.complete_idempotency_key(workspace_id, &key).await?;
            Ok(accepted)
        }
        Err(refusal) => {
            // Best effort: without it the producer's retry waits until the lease is over.
            if let Err(error) = intake.store.release_idempotency_key(workspace_id, &key).await {
                tracing::warn!(event = %id, error = %Fault::from(error), "the claim could not be released");
            }
            Err(refusal)
        }
    }
}

/// Whether jobs of the event may have been sent before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Freshness {
    New,
    Resumed,
}

/// Decides every endpoint's fate.
async fn fan_out(
    intake: &Intake,
    workspace_id: WorkspaceId,
    id: EventId,
    request: EventRequest,
    now: Timestamp,
) -> Result<Event, Fault> {
    let subscriptions = intake.directory.subscriptions(workspace_id).await?;
    let ledger = Ledger::fan_out(&request.event_type, subscriptions.iter());
    Ok(Event {
        id,
        workspace_id,
        event_type: request.event_type,
        occurred_at: request.occurred_at.unwrap_or(now),
        payload: request.data,
        ledger,
    })
}

/// Makes the event and its jobs durable, in this order: a job always finds its event.
async fn publish(
    intake: &Intake,
    event: Event,
    expires_at: Timestamp,
    freshness: Freshness,
) -> Result<Accepted, Refusal> {
    let mut event = event;
    if !intake.store.save_event(&event, expires_at).await? {
        // The id is taken: by the request we resume, whose ledger then stands, or by another event.
        if freshness == Freshness::New {
            return Err(Problem::EventExists.into());
        }
        let stored = intake.store.load_event(event.workspace_id, event.id, intake.clock.now()).await?;
        event = stored.ok_or_else(|| Fault::Broken("an event vanished while it was resumed".to_owned()))?;
    }
    intake.queue.send(&jobs(&event, freshness)).await?;
    Ok(Accepted { id: event.id, ledger: event.ledger, repeated: false })
}

fn jobs(event: &Event, freshness: Freshness) -> Vec<Job> {
    event
        .ledger
        .deliveries
        .iter()
        .map(|endpoint| Job {
            workspace: event.workspace_id,
            endpoint: *endpoint,
            event: event.id,
            delivery: DeliveryId::of(event.id, *endpoint),
            event_type: event.event_type.clone(),
            occurred_at: event.occurred_at,
            payload: Some(Arc::clone(&event.payload)),
            recheck: freshness == Freshness::Resumed,
        })
        .collect()
}

/// The first answer again, from the event's row.
async fn answer_again(
    intake: &Intake,
    workspace: WorkspaceId,
    id: EventId,
    now: Timestamp,
) -> Result<Accepted, Refusal> {
    let event = intake.store.load_event(workspace, id, now).await?;
    let event = event.ok_or_else(|| Fault::Broken("an accepted event has no row".to_owned()))?;
    Ok(Accepted { id, ledger: event.ledger, repeated: true })
}

fn check(request: &EventRequest, idempotency_key: Option<&str>, now: Timestamp) -> Result<(), Problem> {
    if request.data.get().len() > MAX_PAYLOAD_BYTES {
        return Err(Problem::TooLarge { what: "payload", limit_bytes: MAX_PAYLOAD_BYTES });
    }
    if let Some(key) = idempotency_key
        && !(1..=MAX_IDEMPOTENCY_KEY_CHARS).contains(&key.chars().count())
    {
        return Err(Problem::invalid("Idempotency-Key", "must be 1 to 255 characters"));
    }
    if let Some(id) = request.id
        && (id.time().as_millis() - now.as_millis()).abs() > MAX_ID_AGE_DAYS * 86_400_000
    {
        return Err(Problem::invalid("/id", "must carry an instant within a day of now"));
    }
    Ok(())
}

/// Two requests are the same if these parts are, byte for byte.
fn fingerprint(request: &EventRequest) -> String {
    let id = request.id.map(|id| id.to_string()).unwrap_or_default();
    let at = request.occurred_at.map(|at| at.to_string()).unwrap_or_default();
    sha256(&[
        request.event_type.as_str().as_bytes(),
        id.as_bytes(),
        at.as_bytes(),
        request.data.get().as_bytes(),
    ])
}

/// SHA-256 of the parts, each preceded by its length, in hex.
fn sha256(parts: &[&[u8]]) -> String {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&part.len().to_be_bytes());
        context.update(part);
    }
    domain::api_key::hex(context.finish().as_ref())
}
