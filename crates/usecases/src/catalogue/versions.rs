//! Which versions has the schema of an event type, and how does it get the next one?
//! Versions are numbered and never change; the last one is in force.

use domain::access::api_key::ApiKey;
use domain::audit::changes::Changes;
use domain::audit::snapshot::Snapshot;
use domain::audit::{Action, Change};
use domain::catalogue::SchemaVersion;
use domain::event::event_type::EventType;
use domain::problem::Problem;
use serde_json::Value;

use super::describe::save;
use super::{DescribedType, check_schema, find, require_author, schema_of};
use crate::error::UseCaseError;
use crate::manage::management::Management;

/// Gives an event type a new version of its schema, and a new example if the one before does not fit it. The schema that is
/// in force is no new version: so a repeated request changes nothing.
///
/// # Errors
/// [`UseCaseError::Problem`] for a schema that cannot be taken, an example that does not fit it, or as many versions as
/// there may be; [`Problem::ChangedMeanwhile`].
pub async fn add_version(
    management: &Management,
    caller: &ApiKey,
    name: &EventType,
    schema: Value,
    example: Option<Value>,
) -> Result<DescribedType, UseCaseError> {
    // 1. What is there?
    require_author(caller)?;
    let context = &management.context;
    let before = find(context, caller, name).await?;
    let current = schema_of(context, &before).await?;

    // 2. What shall be, and may it be?
    let mut settings = before.settings.clone();
    settings.example = example.or(settings.example);
    settings.check()?;
    check_schema(&schema, settings.example.as_ref(), "/schema")?;
    let is_new = current.as_ref() != Some(&schema);
    if !is_new && settings == before.settings {
        return Ok(DescribedType { described: before, schema: current });
    }

    // 3. Write it, with its entry.
    let (described, version) =
        before.changed(settings, is_new.then(|| schema.clone()), context.clock.now())?;
    let changes = Changes::between(&Snapshot::of_event_type(&before), &Snapshot::of_event_type(&described));
    let action = if is_new { Action::EventTypeVersionAdded } else { Action::EventTypeUpdated };
    let change = changes.map(|changes| Change::of_event_type(action, name, changes));
    if !save(context, caller, &described, version.as_ref(), change).await? {
        return Err(Problem::ChangedMeanwhile.into());
    }
    Ok(DescribedType { described, schema: Some(schema) })
}

/// The versions of the schema of an event type, oldest first.
///
/// # Errors
/// [`Problem::NotFound`] when the caller sees no such event type.
pub async fn list_versions(
    management: &Management,
    caller: &ApiKey,
    name: &EventType,
) -> Result<Vec<SchemaVersion>, UseCaseError> {
    let described = find(&management.context, caller, name).await?;
    Ok(management.context.store.schema_versions(&described).await?)
}

/// One version of the schema of an event type.
///
/// # Errors
/// [`Problem::NotFound`] when the caller sees no such event type, or it has no such version.
pub async fn read_version(
    management: &Management,
    caller: &ApiKey,
    name: &EventType,
    version: u32,
) -> Result<SchemaVersion, UseCaseError> {
    let described = find(&management.context, caller, name).await?;
    let found = match (1..=described.version).contains(&version) {
        true => management.context.store.schema_version(&described, version).await?,
        false => None,
    };
    Ok(found.ok_or(Problem::NotFound("version of this schema"))?)
}
