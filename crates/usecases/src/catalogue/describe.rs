//! How are event types described, changed and deleted?
//! Every change is checked whole, its example against its schema, and saved under an optimistic lock.

use domain::access::api_key::ApiKey;
use domain::audit::changes::Changes;
use domain::audit::snapshot::Snapshot;
use domain::audit::{Action, Change};
use domain::catalogue::{
    EventTypeDescription, EventTypeSettings, MAX_EVENT_TYPES, SchemaVersion, check_name,
};
use domain::event::event_type::EventType;
use domain::problem::Problem;
use serde_json::Value;

use super::{DescribedType, check_schema, find, require_author, schema_of};
use crate::context::Context;
use crate::error::UseCaseError;
use crate::manage::management::Management;

/// Settings whose parts exclude each other: a merge replaces an example as a whole.
pub const REPLACED_WHOLE: [&str; 1] = ["example"];

/// Describes an event type. A repeated request that takes over finds what the first one made; a type of the same name that is
/// described otherwise is another's.
///
/// # Errors
/// [`UseCaseError::Problem`] for settings out of bounds, a schema that cannot be taken, an example that does not fit it, a
/// name that is there, or as many event types as there may be.
pub async fn describe_event_type(
    management: &Management,
    caller: &ApiKey,
    name: EventType,
    settings: EventTypeSettings,
    schema: Option<Value>,
) -> Result<DescribedType, UseCaseError> {
    // 1. Who asks, and was it made before?
    require_author(caller)?;
    let context = &management.context;
    if context.is_resumed()
        && let Some(described) = context.store.load_event_type(&name).await?
    {
        let in_force = schema_of(context, &described).await?;
        return match described.settings == settings && in_force == schema {
            true => Ok(DescribedType { described, schema }),
            false => Err(Problem::EventTypeExists.into()),
        };
    }

    // 2. May it be?
    check_name(&name)?;
    settings.check()?;
    if let Some(schema) = &schema {
        check_schema(schema, settings.example.as_ref(), "/schema")?;
    }
    if context.store.has_event_types(MAX_EVENT_TYPES).await? {
        return Err(Problem::TooManyEventTypes(MAX_EVENT_TYPES).into());
    }

    // 3. Write it, with its entry.
    let now = context.clock.now();
    let (described, version) = EventTypeDescription::new(name, settings, schema.clone(), now);
    let changes = Changes::created(Snapshot::of_event_type(&described));
    let change = Change::of_event_type(Action::EventTypeCreated, &described.name, changes);
    if !save(context, caller, &described, version.as_ref(), Some(change)).await? {
        return Err(Problem::EventTypeExists.into());
    }
    Ok(DescribedType { described, schema })
}

/// Changes an event type: `change` makes its new settings, or refuses.
///
/// # Errors
/// [`UseCaseError::Problem`] for settings out of bounds or an example that does not fit the schema, or
/// [`Problem::ChangedMeanwhile`].
pub async fn change_event_type(
    management: &Management,
    caller: &ApiKey,
    name: &EventType,
    change: impl FnOnce(&EventTypeDescription) -> Result<EventTypeSettings, Problem>,
) -> Result<DescribedType, UseCaseError> {
    // 1. What is there?
    require_author(caller)?;
    let context = &management.context;
    let before = find(context, caller, name).await?;
    let schema = schema_of(context, &before).await?;

    // 2. What shall be, and may it be?
    let settings = change(&before)?;
    settings.check()?;
    if let Some(schema) = schema.as_ref().filter(|_| settings.example != before.settings.example) {
        check_schema(schema, settings.example.as_ref(), "/schema")?;
    }

    // 3. Write it, with its entry.
    let (described, _) = before.changed(settings, None, context.clock.now())?;
    let changes = Changes::between(&Snapshot::of_event_type(&before), &Snapshot::of_event_type(&described));
    let change = changes.map(|changes| Change::of_event_type(Action::EventTypeUpdated, name, changes));
    if !save(context, caller, &described, None, change).await? {
        return Err(Problem::ChangedMeanwhile.into());
    }
    Ok(DescribedType { described, schema })
}

/// Deletes an event type with its schemas. Events of the type stay, and can still be sent.
///
/// # Errors
/// [`Problem::NotFound`] when there is none.
pub async fn delete_event_type(
    management: &Management,
    caller: &ApiKey,
    name: &EventType,
) -> Result<(), UseCaseError> {
    require_author(caller)?;
    let Context { store, cache, .. } = &management.context;
    let described = find(&management.context, caller, name).await?;
    let changes = Changes::deleted(Snapshot::of_event_type(&described));
    let change = Change::of_event_type(Action::EventTypeDeleted, name, changes);
    let entry = management.context.entry(caller, change);
    let deleted = store.delete_event_type(&described, Some(&entry)).await?;
    cache.forget_event_type(name).await;
    if deleted { Ok(()) } else { Err(Problem::ChangedMeanwhile.into()) }
}

/// Saves a description with what is new of it; whether the stored one was of the revision before.
pub(super) async fn save(
    context: &Context,
    caller: &ApiKey,
    described: &EventTypeDescription,
    version: Option<&SchemaVersion>,
    change: Option<Change>,
) -> Result<bool, UseCaseError> {
    let entry = change.map(|change| context.entry(caller, change));
    let saved = context.store.save_event_type(described, version, entry.as_ref()).await?;
    context.cache.forget_event_type(&described.name).await;
    Ok(saved)
}
