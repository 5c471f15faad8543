//! `/v1/event-types`: describe, read, list, change, delete, versions, import, and what was seen beside the catalogue.

use api::event_types::{
    CatalogueQuery, CountsQuery, EventTypeCatalogue, EventTypeCount, EventTypeCounts, EventTypeDescription,
    EventTypeGroup, EventTypeMismatch, EventTypeMismatches, EventTypeQuery, Flag, ImportEffect, ImportQuery,
    ImportedEventType, ImportedEventTypes, ListedEventType, ListedSchemaVersion, NewEventType,
    NewSchemaVersion, SchemaVersion, SchemaVersions, SeenEventType, SeenEventTypes, SeenQuery,
};
use api::openapi::{EventTypeChange, ImportDocument};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::catalogue::MAX_EVENT_TYPES;
use domain::event::event_type::EventType;
use domain::problem::Problem;
use http_kit::extract::id::{EventTypeName, VersionNumber};
use http_kit::{
    ABOUT_IF_MATCH as IF_MATCH, Answer, Body, Caller, Created, Document, Id, IfMatch, InRequest, Page, Query,
    Revised, UnderClaim,
};
use serde_json::Value;
use usecases::catalogue::DescribedType;
use usecases::catalogue::describe::{
    REPLACED_WHOLE, change_event_type, delete_event_type, describe_event_type,
};
use usecases::catalogue::import::{Effect, Imported, import_event_types};
use usecases::catalogue::read::{EventTypeFilter, ListedCatalogue, list_event_types, read_event_type};
use usecases::catalogue::seen::{
    Seen, SeenType, TypeCount, TypeCounts, count_types, list_mismatches, list_seen,
};
use usecases::catalogue::versions::{add_version as add_schema_version, list_versions, read_version};
use usecases::manage::listing::Span;
use usecases::manage::management::Management;

/// Largest body with a schema and an example.
const SCHEMA_BYTES: usize = 128 * 1024;
/// Largest document of an import.
const IMPORT_BYTES: usize = 1024 * 1024;

/// What is said of the name in a path.
const NAME: &str =
    "The name of the event type. A `/` in it is written `%2F`, or `~` where a proxy decodes that.";

/// Describe an event type
///
/// Needs a key for all workspaces. The example must fit the schema.
#[utoipa::path(
    post,
    path = "/v1/event-types",
    operation_id = "create_event_type",
    tag = "Event types",
    request_body = NewEventType,
    responses((status = 201, description = "The event type.", body = EventTypeDescription)),
)]
pub(crate) async fn create(
    UnderClaim(management): UnderClaim<Management>,
    caller: Caller,
    Body(mut document): Body<Document, SCHEMA_BYTES>,
) -> Answer<Revised<Created<EventTypeDescription>>> {
    let name = document.take::<EventType>("name")?;
    let name = name.ok_or_else(|| Problem::invalid("/name", "is required"))?;
    let schema = document.take::<Value>("schema")?;
    let described = describe_event_type(&management, &caller, name, document.read()?, schema).await?;
    let path = path(&described.described.name);
    let Revised { revision, answer: Json(body) } = revised(described);
    Ok(Revised { revision, answer: Created { path, body } })
}

/// List event types
///
/// The catalogue by name, without schemas and examples: in one page, unless a `limit` is named or it has more than 2 MiB.
#[utoipa::path(
    get,
    path = "/v1/event-types",
    operation_id = "list_event_types",
    tag = "Event types",
    params(EventTypeQuery, CatalogueQuery),
    responses((status = 200, description = "A page of event types.", body = EventTypeCatalogue)),
)]
pub(crate) async fn list(
    State(management): State<Management>,
    caller: Caller,
    Page { filter: EventTypeQuery { group, name, archived }, rows }: Page<
        EventType,
        EventTypeQuery,
        MAX_EVENT_TYPES,
    >,
) -> Answer<Json<EventTypeCatalogue>> {
    let archived = archived.map(|flag| flag == Flag::True);
    let filter = EventTypeFilter { group, name, archived };
    let ListedCatalogue { page, groups } = list_event_types(&management, &caller, &filter, rows).await?;
    let rows = page.rows.iter().map(ListedEventType::of);
    let page = api::page::Page::of(rows, page.next, page.previous);
    Ok(Json(EventTypeCatalogue { page, groups: groups.into_iter().map(EventTypeGroup::of).collect() }))
}

/// Read an event type
#[utoipa::path(
    get,
    path = "/v1/event-types/{event_type}",
    operation_id = "read_event_type",
    tag = "Event types",
    params(("event_type" = EventType, Path, description = NAME)),
    responses((status = 200, description = "The event type.", body = EventTypeDescription)),
)]
pub(crate) async fn read(
    State(management): State<Management>,
    caller: Caller,
    Id(EventTypeName(name)): Id<EventTypeName>,
) -> Answer<Revised<Json<EventTypeDescription>>> {
    Ok(revised(read_event_type(&management, &caller, &name).await?))
}

/// Change an event type
///
/// The body is merged into the settings (RFC 7396): `null` sets the default, `example` is replaced as a whole. Needs a key
/// for all workspaces. The schema is changed by a new version.
#[utoipa::path(
    patch,
    path = "/v1/event-types/{event_type}",
    operation_id = "update_event_type",
    tag = "Event types",
    params(
        ("event_type" = EventType, Path, description = NAME),
        ("If-Match" = Option<String>, Header, description = IF_MATCH),
    ),
    request_body = EventTypeChange,
    responses((status = 200, description = "The event type.", body = EventTypeDescription)),
)]
pub(crate) async fn update(
    InRequest(management): InRequest<Management>,
    caller: Caller,
    Id(EventTypeName(name)): Id<EventTypeName>,
    if_match: IfMatch,
    Body(patch): Body<Document>,
) -> Answer<Revised<Json<EventTypeDescription>>> {
    let change = |described: &domain::catalogue::EventTypeDescription| {
        if_match.require(described.revision)?;
        patch.merged_into(&described.settings, &REPLACED_WHOLE).read()
    };
    Ok(revised(change_event_type(&management, &caller, &name, change).await?))
}

/// Delete an event type
///
/// With all versions of its schema. Its events stay. Needs a key for all workspaces. To keep the description, archive it.
#[utoipa::path(
    delete,
    path = "/v1/event-types/{event_type}",
    operation_id = "delete_event_type",
    tag = "Event types",
    params(("event_type" = EventType, Path, description = NAME)),
    responses((status = 204, description = "The event type is deleted.")),
)]
pub(crate) async fn delete(
    InRequest(management): InRequest<Management>,
    caller: Caller,
    Id(EventTypeName(name)): Id<EventTypeName>,
) -> Answer<StatusCode> {
    delete_event_type(&management, &caller, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Add a version of the schema of an event type
///
/// It is in force at once. Needs a key for all workspaces. The schema that is in force is no new version.
#[utoipa::path(
    post,
    path = "/v1/event-types/{event_type}/versions",
    operation_id = "add_schema_version",
    tag = "Event types",
    params(("event_type" = EventType, Path, description = NAME)),
    request_body = NewSchemaVersion,
    responses((status = 201, description = "The event type.", body = EventTypeDescription)),
)]
pub(crate) async fn add_version(
    InRequest(management): InRequest<Management>,
    caller: Caller,
    Id(EventTypeName(name)): Id<EventTypeName>,
    Body(NewSchemaVersion { schema, example }): Body<NewSchemaVersion, SCHEMA_BYTES>,
) -> Answer<Revised<Created<EventTypeDescription>>> {
    let described = add_schema_version(&management, &caller, &name, schema, example).await?;
    let path = format!("{}/versions/{}", path(&name), described.described.version);
    let Revised { revision, answer: Json(body) } = revised(described);
    Ok(Revised { revision, answer: Created { path, body } })
}

/// List the versions of the schema of an event type
#[utoipa::path(
    get,
    path = "/v1/event-types/{event_type}/versions",
    operation_id = "list_schema_versions",
    tag = "Event types",
    params(("event_type" = EventType, Path, description = NAME)),
    responses((status = 200, description = "The versions.", body = SchemaVersions)),
)]
pub(crate) async fn versions(
    State(management): State<Management>,
    caller: Caller,
    Id(EventTypeName(name)): Id<EventTypeName>,
) -> Answer<Json<SchemaVersions>> {
    let versions = list_versions(&management, &caller, &name).await?.into_iter();
    let listed = |version: domain::catalogue::SchemaVersion| ListedSchemaVersion {
        version: version.version,
        created_at: version.created_at,
    };
    Ok(Json(SchemaVersions { data: versions.map(listed).collect() }))
}

/// Read a version of the schema of an event type
#[utoipa::path(
    get,
    path = "/v1/event-types/{event_type}/versions/{version}",
    operation_id = "read_schema_version",
    tag = "Event types",
    params(
        ("event_type" = EventType, Path, description = NAME),
        ("version" = u32, Path, description = "The number of the version.", minimum = 1, maximum = 100),
    ),
    responses((status = 200, description = "The version.", body = SchemaVersion)),
)]
pub(crate) async fn version(
    State(management): State<Management>,
    caller: Caller,
    Id(EventTypeName(name)): Id<EventTypeName>,
    Id(VersionNumber(version)): Id<VersionNumber>,
) -> Answer<Json<SchemaVersion>> {
    let domain::catalogue::SchemaVersion { version, schema, created_at } =
        read_version(&management, &caller, &name, version).await?;
    Ok(Json(SchemaVersion { version, schema, created_at }))
}

/// Import event types
///
/// From an OpenAPI document or our own list. With `dry_run` the answer says what would change. A document of which any part
/// cannot be taken is refused whole. Members that it leaves out stay as they are, and so do event types that it does not
/// name. Needs a key for all workspaces.
#[utoipa::path(
    post,
    path = "/v1/event-types/import",
    operation_id = "import_event_types",
    tag = "Event types",
    params(ImportQuery),
    request_body = ImportDocument,
    responses((status = 200, description = "What changed, or would change.", body = ImportedEventTypes)),
)]
pub(crate) async fn import(
    UnderClaim(management): UnderClaim<Management>,
    caller: Caller,
    Query(ImportQuery { dry_run }): Query<ImportQuery>,
    Body(document): Body<Value, IMPORT_BYTES>,
) -> Answer<Json<ImportedEventTypes>> {
    let dry_run = dry_run == Some(Flag::True);
    let imported = import_event_types(&management, &caller, &document, dry_run).await?;
    let count = |effect| imported.iter().filter(|one| one.effect == effect).count();
    Ok(Json(ImportedEventTypes {
        dry_run,
        added: count(Effect::Added),
        changed: count(Effect::Changed),
        untouched: count(Effect::Untouched),
        data: imported.into_iter().map(shown).collect(),
    }))
}

/// List types that are not described
///
/// Of the last 500 events of a workspace, each with a schema that its payloads suggest.
#[utoipa::path(
    get,
    path = "/v1/event-types/seen",
    operation_id = "list_seen_event_types",
    tag = "Event types",
    params(SeenQuery),
    responses((status = 200, description = "The types.", body = SeenEventTypes)),
)]
pub(crate) async fn seen(
    State(management): State<Management>,
    caller: Caller,
    Query(SeenQuery { workspace_id }): Query<SeenQuery>,
) -> Answer<Json<SeenEventTypes>> {
    let Seen { events, back_to, types } = list_seen(&management, &caller, workspace_id).await?;
    let data = types.into_iter().map(|SeenType { name, count, last_at, schema }| SeenEventType {
        name,
        count,
        last_at,
        schema,
    });
    Ok(Json(SeenEventTypes { events, back_to, data: data.collect() }))
}

/// Count events by type
///
/// The newest events of a workspace, at most 2,000, and whether a strict workspace would take their types.
#[utoipa::path(
    get,
    path = "/v1/event-types/counts",
    operation_id = "count_event_types",
    tag = "Event types",
    params(CountsQuery),
    responses((status = 200, description = "The counts.", body = EventTypeCounts)),
)]
pub(crate) async fn counts(
    State(management): State<Management>,
    caller: Caller,
    Query(CountsQuery { workspace_id, since }): Query<CountsQuery>,
) -> Answer<Json<EventTypeCounts>> {
    let counts = count_types(&management, &caller, workspace_id, Span { since, until: None }).await?;
    let TypeCounts { events, back_to, is_complete, types } = counts;
    let data = types.into_iter().map(|TypeCount { name, count, last, misfit }| EventTypeCount {
        name,
        count,
        last_event_id: last,
        last_at: last.time(),
        misfit,
    });
    Ok(Json(EventTypeCounts { events, back_to, at_least: !is_complete, data: data.collect() }))
}

/// List events that did not fit the catalogue
///
/// Counts by event type, of a workspace with `strict: warn`. They are approximate, and some seconds old.
#[utoipa::path(
    get,
    path = "/v1/event-types/mismatches",
    operation_id = "list_event_type_mismatches",
    tag = "Event types",
    params(SeenQuery),
    responses((status = 200, description = "The counts.", body = EventTypeMismatches)),
)]
pub(crate) async fn mismatches(
    State(management): State<Management>,
    caller: Caller,
    Query(SeenQuery { workspace_id }): Query<SeenQuery>,
) -> Answer<Json<EventTypeMismatches>> {
    let rows = list_mismatches(&management, &caller, workspace_id).await?.into_iter();
    let data = rows.map(|(name, tally)| EventTypeMismatch::of(name, tally)).collect();
    Ok(Json(EventTypeMismatches { data }))
}

/// The path of an event type. A `/` of its name is `~`, which nothing on the way decodes.
fn path(name: &EventType) -> String {
    format!("/v1/event-types/{}", name.as_str().replace('/', "~"))
}

fn revised(DescribedType { described, schema }: DescribedType) -> Revised<Json<EventTypeDescription>> {
    Revised { revision: described.revision, answer: Json(EventTypeDescription::of(described, schema)) }
}

fn shown(Imported { name, effect, version, changes }: Imported) -> ImportedEventType {
    let effect = match effect {
        Effect::Added => ImportEffect::Added,
        Effect::Changed => ImportEffect::Changed,
        Effect::Untouched => ImportEffect::Untouched,
    };
    let (before, after) = changes.map_or((None, None), |changes| (changes.before, changes.after));
    ImportedEventType { name, effect, version: api::event_types::version(version), before, after }
}
