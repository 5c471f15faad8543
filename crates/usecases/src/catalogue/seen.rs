//! What does a workspace send beside the catalogue?
//! Types of its last events that are not described, each with a schema that its payloads suggest; and what was counted of
//! events that do not fit.

use std::collections::{BTreeMap, HashMap, HashSet};

use catalogue::infer;
use domain::access::api_key::{ApiKey, Scope};
use domain::catalogue::misfits::MisfitTally;
use domain::catalogue::strictness::{Misfit, MisfitKind};
use domain::event::event_type::{EventType, EventTypePattern};
use domain::event::operational;
use domain::event::{Event, Payload};
use domain::id::{EventId, WorkspaceId};
use domain::timestamp::Timestamp;
use domain::uid::WorkspaceIdOrUid;
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde_json::Value;
use store::{Listing, Window};

use crate::error::UseCaseError;
use crate::manage::listing::Span;
use crate::manage::management::Management;

/// The number of events that are looked at.
const EVENTS: usize = 500;
/// The number of events that are counted by type.
const COUNTED: usize = 2_000;
/// The most types that are shown; those that were seen most often.
const MAX_TYPES: usize = 50;
/// The number of payloads that a schema is inferred from.
const PAYLOADS: usize = 5;
/// Types whose payloads are read at once. A payload takes much more memory parsed than as text.
const READS_AT_ONCE: usize = 4;
/// The most types that counts are shown of.
const MAX_MISFITS: usize = 500;

/// A type that was seen and is not described.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenType {
    /// Its name.
    pub name: EventType,
    /// How many of the events had it.
    pub count: usize,
    /// When the last of them was accepted.
    pub last_at: Timestamp,
    /// A schema that the payloads of the last ones fit; `{}` if all were erased.
    pub schema: Value,
}

/// The types of a workspace's last events that are not described.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The number of events looked at.
    pub events: usize,
    /// When the oldest of them was accepted.
    pub back_to: Option<Timestamp>,
    /// The types, those that were seen most often first.
    pub types: Vec<SeenType>,
}

/// How many of the newest events are of a type.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeCount {
    /// The type.
    pub name: EventType,
    /// How many of the events had it.
    pub count: usize,
    /// The last of them.
    pub last: EventId,
    /// Why a strict workspace would refuse those that producers send, whatever their payload.
    pub misfit: Option<MisfitKind>,
}

/// The newest events of a workspace, by type.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeCounts {
    /// The number of events looked at.
    pub events: usize,
    /// When the oldest of them was accepted.
    pub back_to: Option<Timestamp>,
    /// Whether these were all events of the window.
    pub is_complete: bool,
    /// The types, those that were seen most often first.
    pub types: Vec<TypeCount>,
}

/// Looks at the last events of a workspace.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller lacks the scope `events:ro`, or the workspace is unknown.
pub async fn list_seen(
    management: &Management,
    caller: &ApiKey,
    workspace: Option<WorkspaceIdOrUid>,
) -> Result<Seen, UseCaseError> {
    // 1. Which events are the last?
    caller.require(Scope::EventsRead)?;
    let workspace = management.workspace(caller, workspace).await?;
    let (context, now) = (&management.context, management.context.clock.now());
    let window = Window { since: workspace.oldest_kept(now), until: now.plus(domain::event::MAX_ID_AHEAD) };
    let every: &[EventTypePattern] = &[];
    let listing = Listing::newest_first(window, every, EVENTS);
    let events = context.store.list_events(workspace.id, &listing, now).await?.rows;

    // 2. Which of their types are not described?
    let described: HashSet<EventType> = context.store.recent_event_type_names().await?.into_iter().collect();
    let mut by_type: BTreeMap<EventType, Vec<EventId>> = BTreeMap::new();
    for event in &events {
        if !described.contains(&event.event_type) && is_a_producers(event) {
            by_type.entry(event.event_type.clone()).or_default().push(event.id);
        }
    }
    let mut types: Vec<_> = by_type.into_iter().collect();
    types.sort_by_key(|(_, ids)| std::cmp::Reverse(ids.len()));
    types.truncate(MAX_TYPES);

    // 3. What do their payloads look like?
    let seen = futures_util::stream::iter(types).map(async |(name, ids)| {
        let payloads = payloads(management, workspace.id, &ids, now).await?;
        let last_at = ids.first().map_or(now, |id| id.time());
        let parsed = payloads.iter().filter_map(|payload| serde_json::from_str::<Value>(payload.get()).ok());
        let schema = infer(parsed);
        Ok::<_, UseCaseError>(SeenType { name, count: ids.len(), last_at, schema })
    });
    let types = seen.buffered(READS_AT_ONCE).try_collect().await?;
    Ok(Seen { events: events.len(), back_to: events.last().map(|event| event.id.time()), types })
}

/// Counts the newest events of a workspace by type, at most 2,000 of them.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller lacks the scope `events:ro`, or the workspace is unknown.
pub async fn count_types(
    management: &Management,
    caller: &ApiKey,
    workspace: Option<WorkspaceIdOrUid>,
    span: Span,
) -> Result<TypeCounts, UseCaseError> {
    // 1. Which events are the newest?
    caller.require(Scope::EventsRead)?;
    let workspace = management.workspace(caller, workspace).await?;
    let (context, now) = (&management.context, management.context.clock.now());
    let window = span.within(&workspace, now)?;
    let every: &[EventTypePattern] = &[];
    let listing = Listing::newest_first(window, every, COUNTED);
    let page = context.store.list_events(workspace.id, &listing, now).await?;

    // 2. How many are there of each type, and does the catalogue have it?
    let described = context.store.list_event_types().await?.into_iter();
    let described: HashMap<_, _> = described.map(|described| (described.name.clone(), described)).collect();
    let mut counts: HashMap<EventType, TypeCount> = HashMap::new();
    for event in &page.rows {
        // What a rule or Posthorn makes is not held to the catalogue.
        let is_checked = event.caused_by.is_none() && is_a_producers(event);
        let misfit = Misfit::of_type(described.get(&event.event_type)).err().filter(|_| is_checked);
        let row = counts.entry(event.event_type.clone()).or_insert_with(|| TypeCount {
            name: event.event_type.clone(),
            count: 0,
            last: event.id,
            misfit: None,
        });
        row.count += 1;
        row.misfit = row.misfit.or(misfit.map(|misfit| misfit.kind()));
    }
    let mut types: Vec<_> = counts.into_values().collect();
    types.sort_by(|one, other| (other.count, &one.name).cmp(&(one.count, &other.name)));
    let back_to = page.rows.last().map(|event| event.id.time());
    Ok(TypeCounts { events: page.rows.len(), back_to, is_complete: page.next.is_none(), types })
}

/// Whether the event is neither Posthorn's own nor a test.
fn is_a_producers(event: &Event) -> bool {
    !event.is_test && !operational::is_posthorns_own(&event.event_type)
}

/// The payloads, as text, of the first of these events that were not erased.
async fn payloads(
    management: &Management,
    workspace: WorkspaceId,
    ids: &[EventId],
    now: Timestamp,
) -> Result<Vec<Payload>, UseCaseError> {
    let mut payloads = Vec::new();
    for id in ids.iter().take(PAYLOADS) {
        let event = management.context.store.load_event(workspace, *id, now).await?;
        let event = event.filter(|event| event.erased_at.is_none());
        payloads.extend(event.map(|event| event.payload));
    }
    Ok(payloads)
}

/// What was counted of a workspace's events that did not fit the catalogue, by type.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller lacks the scope `events:ro`, or the workspace is unknown.
pub async fn list_mismatches(
    management: &Management,
    caller: &ApiKey,
    workspace: Option<WorkspaceIdOrUid>,
) -> Result<Vec<(EventType, MisfitTally)>, UseCaseError> {
    caller.require(Scope::EventsRead)?;
    let workspace = management.workspace(caller, workspace).await?;
    Ok(management.context.store.list_misfits(workspace.id, MAX_MISFITS).await?)
}
