//! How are many event types described at once?
//! An import: a document is planned whole, refused whole or shown, and then applied type by type. A repeated import goes on
//! where the first one ended.

use std::collections::HashMap;

pub use catalogue::import::plan::Effect;
use catalogue::import::plan::{Planned, plan};
use catalogue::import::read;
use catalogue::schema::MAX_MISTAKES;
use domain::access::api_key::ApiKey;
use domain::audit::changes::Changes;
use domain::audit::snapshot::Snapshot;
use domain::audit::{Action, Change};
use domain::catalogue::{EventTypeDescription, MAX_EVENT_TYPES, SchemaVersion};
use domain::event::event_type::EventType;
use domain::problem::Problem;
use domain::timestamp::Timestamp;
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde_json::Value;

use super::describe::save;
use super::{invalid, require_author};
use crate::error::UseCaseError;
use crate::manage::management::Management;

/// Event types that are written at once.
const WRITES_AT_ONCE: usize = 8;
/// Event types that are planned at once.
const PLANNED_AT_ONCE: usize = 25;

/// What an import did, or would do, with one event type.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// Its name.
    pub name: EventType,
    /// What becomes of it.
    pub effect: Effect,
    /// The version of its schema afterwards; 0 if it has none.
    pub version: u32,
    /// The members that differ; `None` if none does.
    pub changes: Option<Changes>,
}

/// One event type that an import writes.
struct Write {
    described: EventTypeDescription,
    version: Option<SchemaVersion>,
    change: Option<Change>,
}

/// Imports a document: an OpenAPI document with `webhooks`, or our own list. With `dry_run` nothing is written.
///
/// # Errors
/// [`UseCaseError::Problem`] for a document of which any part cannot be taken, with pointers into it, or more event types
/// than there may be; [`Problem::ChangedMeanwhile`] when another request changed one of them at the same time.
pub async fn import_event_types(
    management: &Management,
    caller: &ApiKey,
    document: &Value,
    dry_run: bool,
) -> Result<Vec<Imported>, UseCaseError> {
    // 1. Who asks, and for what?
    require_author(caller)?;
    let proposals = read(document).map_err(|mistakes| invalid(mistakes, ""))?;

    // 2. What is there?
    let context = &management.context;
    let existing = context.store.all_event_types().await?;
    let count = existing.len();
    let existing: HashMap<_, _> =
        existing.into_iter().map(|described| (described.name.clone(), described)).collect();

    // 3. What follows? Some schemas in force at a time: all of them may be large.
    let (mut planned, mut mistakes) = (Vec::with_capacity(proposals.len()), Vec::new());
    let mut proposals = proposals.into_iter();
    loop {
        let some: Vec<_> = proposals.by_ref().take(PLANNED_AT_ONCE).collect();
        if some.is_empty() || mistakes.len() >= MAX_MISTAKES {
            break;
        }
        let known = some.iter().filter_map(|proposal| existing.get(&proposal.name));
        let schemas: HashMap<_, _> = context.store.schemas_in_force(known).await?.into_iter().collect();
        match plan(some, &existing, &schemas) {
            Ok(more) => planned.extend(more),
            Err(more) => mistakes.extend(more),
        }
    }
    if !mistakes.is_empty() {
        mistakes.truncate(MAX_MISTAKES);
        return Err(invalid(mistakes, "").into());
    }
    let added = planned.iter().filter(|planned| planned.effect() == Effect::Added).count();
    if count + added > MAX_EVENT_TYPES {
        return Err(Problem::TooManyEventTypes(MAX_EVENT_TYPES).into());
    }
    let now = context.clock.now();
    let mut imported = Vec::with_capacity(planned.len());
    let mut writes = Vec::new();
    for planned in planned {
        let (one, write) = step(planned, now)?;
        imported.push(one);
        writes.extend(write);
    }
    if dry_run {
        return Ok(imported);
    }

    // 4. Write it. Each entry has an id of its own, which a claim would not give.
    let context = context.clone().with_claim(None);
    let written = futures_util::stream::iter(writes).map(async |write| {
        let Write { described, version, change } = write;
        match save(&context, caller, &described, version.as_ref(), change).await? {
            true => Ok(()),
            false => Err(UseCaseError::from(Problem::ChangedMeanwhile)),
        }
    });
    written.buffer_unordered(WRITES_AT_ONCE).try_collect::<()>().await?;
    Ok(imported)
}

/// What an import shows of one event type, and what it writes of it.
fn step(planned: Planned, now: Timestamp) -> Result<(Imported, Option<Write>), Problem> {
    let effect = planned.effect();
    let Planned { name, before, settings, schema } = planned;
    let (described, version) = match &before {
        None => EventTypeDescription::new(name.clone(), settings, schema, now),
        Some(before) => before.changed(settings, schema, now)?,
    };
    let after = Snapshot::of_event_type(&described);
    let changes = match &before {
        None => Some(Changes::created(after)),
        Some(before) => Changes::between(&Snapshot::of_event_type(before), &after),
    };
    let action = match (effect, &version) {
        (Effect::Added, _) => Action::EventTypeCreated,
        (_, Some(_)) => Action::EventTypeVersionAdded,
        (_, None) => Action::EventTypeUpdated,
    };
    let change = changes.clone().map(|changes| Change::of_event_type(action, &name, changes));
    let shown = Imported { name, effect, version: described.version, changes };
    let write = (effect != Effect::Untouched).then_some(Write { described, version, change });
    Ok((shown, write))
}
