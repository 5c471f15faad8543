//! What does the API show of the catalogue, and what may be set in it? The shapes of `/v1/event-types`.

use domain::audit::changes::Members;
use domain::catalogue::misfits::MisfitTally;
use domain::catalogue::strictness::MisfitKind;
use domain::catalogue::{EventTypeDescription as Described, EventTypeSettings};
use domain::event::event_type::EventType;
use domain::id::EventId;
use domain::search::NamePart;
use domain::timestamp::Timestamp;
use domain::uid::WorkspaceIdOrUid;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::page::{Cursor, Limit, Page};
use crate::problem::FieldError;

/// The description of a new event type: its name, its settings and its schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(examples(json!({
    "name": "invoice.paid", "group": "Invoices", "title": "Invoice paid",
    "schema": { "type": "object", "properties": { "amount": { "type": "integer" } }, "required": ["amount"] },
    "example": { "amount": 4200 },
}))))]
pub struct NewEventType {
    /// The name: the `type` of its events. It cannot be changed later.
    pub name: EventType,
    /// The first version of its schema: JSON Schema, draft 2020-12, at most 64 KiB, which refers to its own parts only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub schema: Option<Value>,
    /// The settings.
    #[serde(flatten)]
    pub settings: EventTypeSettings,
}

/// An event type of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventTypeDescription {
    /// The members that lists show.
    #[serde(flatten)]
    pub listed: ListedEventType,
    /// The schema in force (JSON Schema, draft 2020-12); `null` if it has none.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>, examples(json!({ "type": "object" }))))]
    pub schema: Option<Value>,
    /// An example payload; `null` if the description has no example.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>, examples(json!({ "amount": 4200 }))))]
    pub example: Option<Value>,
}

/// An event type in a list: without its schema and its example.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListedEventType {
    /// The name: the `type` of its events.
    pub name: EventType,
    /// The heading under which lists show it; `null` for none.
    #[cfg_attr(feature = "openapi", schema(examples("Invoices")))]
    pub group: Option<String>,
    /// A title for people.
    #[cfg_attr(feature = "openapi", schema(examples("Invoice paid")))]
    pub title: String,
    /// When it is sent and what it means.
    #[cfg_attr(feature = "openapi", schema(examples("The customer paid an invoice in full.")))]
    pub description: String,
    /// The version of its schema that is in force; `null` if it has no schema.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 100, examples(1)))]
    pub version: Option<u32>,
    /// Whether receivers should stop to use it.
    pub deprecated: bool,
    /// Whether it is no longer sent.
    pub archived: bool,
    /// Whether only callers with the scope `catalogue` see it.
    pub hidden: bool,
    /// When it was described.
    pub created_at: Timestamp,
    /// When the description was last changed.
    pub updated_at: Timestamp,
}

/// A page of the event types of the catalogue, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventTypeCatalogue {
    /// The rows and the cursors of the pages beside this one.
    #[serde(flatten)]
    pub page: Page<ListedEventType>,
    /// The groups of the event types of all pages, by name.
    pub groups: Vec<EventTypeGroup>,
}

/// A group of event types.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventTypeGroup {
    /// Its name; `null` for the event types without a group, which come last.
    #[cfg_attr(feature = "openapi", schema(examples("Invoices")))]
    pub name: Option<String>,
    /// The number of its event types.
    pub count: usize,
}

/// `true` or `false` in a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Flag {
    /// Yes.
    #[serde(rename = "true")]
    True,
    /// No.
    #[serde(rename = "false")]
    False,
}

/// The parameters of a list of event types.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct EventTypeQuery {
    /// Only event types of this group.
    pub group: Option<String>,
    /// Only event types whose name or title contains this, whatever the case.
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>, min_length = 1, max_length = 200))]
    pub name: Option<NamePart>,
    /// `true`: only archived ones, `false`: only others; all if left out.
    #[cfg_attr(feature = "openapi", param(value_type = Option<bool>))]
    pub archived: Option<Flag>,
}

/// Which page of the catalogue: read as [`crate::page::PageQuery`], with another default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub struct CatalogueQuery {
    /// The most rows of the page, 1 to 250; as many as fit into an answer if left out.
    pub limit: Option<Limit>,
    /// The `next` of the page before: the page that follows it. The first page if left out.
    pub cursor: Option<Cursor>,
    /// The `previous` of the page after: the page that precedes it. Cannot be combined with `cursor`.
    pub before: Option<Cursor>,
}

/// A new version of the schema of an event type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", schema(examples(json!({
    "schema": { "type": "object", "properties": { "amount": { "type": "number" } } }, "example": { "amount": 42.5 },
}))))]
pub struct NewSchemaVersion {
    /// The schema: JSON Schema, draft 2020-12, at most 64 KiB, which refers to its own parts only.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub schema: Value,
    /// A new example; if left out, the example that is there must fit the schema.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub example: Option<Value>,
}

/// A version of the schema of an event type. It never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SchemaVersion {
    /// Counts the versions of one event type, from 1.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 100, examples(1)))]
    pub version: u32,
    /// The schema.
    #[cfg_attr(feature = "openapi", schema(value_type = Object, examples(json!({ "type": "object" }))))]
    pub schema: Value,
    /// When the version was added.
    pub created_at: Timestamp,
}

/// A version in a list: without its schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListedSchemaVersion {
    /// Counts the versions of one event type, from 1.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 100, examples(1)))]
    pub version: u32,
    /// When the version was added.
    pub created_at: Timestamp,
}

/// The versions of the schema of an event type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SchemaVersions {
    /// All of them, oldest first; the last one is in force.
    pub data: Vec<ListedSchemaVersion>,
}

/// The parameters of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct ImportQuery {
    /// Whether to answer what would change, and to change nothing; `false` if left out.
    #[cfg_attr(feature = "openapi", param(value_type = Option<bool>))]
    pub dry_run: Option<Flag>,
}

/// What an import does with an event type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ImportEffect {
    /// It is described for the first time.
    Added,
    /// Settings change, or it gets a new version of its schema.
    Changed,
    /// It is as the document says.
    Untouched,
}

/// What an import did with one event type, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportedEventType {
    /// The name.
    pub name: EventType,
    /// What becomes of it.
    pub effect: ImportEffect,
    /// The version of its schema afterwards; `null` if it has none.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 100, examples(1)))]
    pub version: Option<u32>,
    /// The members that change, as they are; `null` for one that is added or stays as it is. Of a schema, the `version`.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub before: Option<Members>,
    /// The same members afterwards; `null` for one that stays as it is.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub after: Option<Members>,
}

/// What an import did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportedEventTypes {
    /// Whether nothing was changed.
    pub dry_run: bool,
    /// The number of event types that are described for the first time.
    pub added: usize,
    /// The number of those that change.
    pub changed: usize,
    /// The number of those that are as the document says.
    pub untouched: usize,
    /// Each event type of the document, in its order.
    pub data: Vec<ImportedEventType>,
}

/// The workspace whose events are looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct SeenQuery {
    /// The workspace. Required with a key for all workspaces.
    pub workspace_id: Option<WorkspaceIdOrUid>,
}

/// An event type that was seen and is not described.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SeenEventType {
    /// The name.
    pub name: EventType,
    /// How many of the events had it.
    pub count: usize,
    /// When the last of them was accepted.
    pub last_at: Timestamp,
    /// A schema that the payloads of the last five fit, to begin a description with.
    #[cfg_attr(feature = "openapi", schema(value_type = Object, examples(json!({ "type": "object" }))))]
    pub schema: Value,
}

/// The types of a workspace's last events that are not described.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SeenEventTypes {
    /// The number of events looked at, at most 500.
    pub events: usize,
    /// When the oldest of them was accepted; `null` if no event was looked at.
    pub back_to: Option<Timestamp>,
    /// The types, at most 50, those that were seen most often first.
    pub data: Vec<SeenEventType>,
}

/// The workspace whose events are counted, and since when.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct CountsQuery {
    /// The workspace. Required with a key for all workspaces.
    pub workspace_id: Option<WorkspaceIdOrUid>,
    /// Only events accepted at this time or later.
    pub since: Option<Timestamp>,
}

/// How many of the newest events are of a type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventTypeCount {
    /// The type.
    pub name: EventType,
    /// How many of the events had it.
    #[cfg_attr(feature = "openapi", schema(examples(7)))]
    pub count: usize,
    /// The last of them.
    pub last_event_id: EventId,
    /// When that was accepted.
    pub last_at: Timestamp,
    /// Why a workspace with `strict: refuse` would refuse those that producers send, whatever their payload: `undescribed` or
    /// `archived`; `null` if it would not.
    pub misfit: Option<MisfitKind>,
}

/// The newest events of a workspace by type, at most 2,000.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventTypeCounts {
    /// The number of events looked at.
    #[cfg_attr(feature = "openapi", schema(examples(2000)))]
    pub events: usize,
    /// When the oldest of them was accepted; `null` if no event was looked at.
    pub back_to: Option<Timestamp>,
    /// Whether these were not all events of the time: there were at least as many of each type.
    pub at_least: bool,
    /// The types, those that were seen most often first.
    pub data: Vec<EventTypeCount>,
}

/// How many events of one type did not fit the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventTypeMismatch {
    /// The event type.
    pub name: EventType,
    /// Events that came while the type was not described.
    pub undescribed: u64,
    /// Events that came while the type was archived.
    pub archived: u64,
    /// Events whose payload did not fit the schema.
    pub mismatched: u64,
    /// What was wrong with the last such payload, with pointers that begin with `/data`.
    pub errors: Vec<FieldError>,
    /// When the first was counted.
    pub first_at: Timestamp,
    /// When the last was counted.
    pub last_at: Timestamp,
}

/// How many events of a workspace did not fit the catalogue, while it was `strict: warn`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventTypeMismatches {
    /// By event type, in the order of names. A row goes 30 days after its last event.
    pub data: Vec<EventTypeMismatch>,
}

impl EventTypeDescription {
    /// An event type with its schema.
    pub fn of(described: Described, schema: Option<Value>) -> Self {
        let listed = ListedEventType::of(&described);
        Self { listed, schema, example: described.settings.example }
    }
}

impl ListedEventType {
    /// An event type in a list.
    pub fn of(described: &Described) -> Self {
        let settings = &described.settings;
        Self {
            name: described.name.clone(),
            group: settings.group.clone(),
            title: settings.title.clone(),
            description: settings.description.clone(),
            version: version(described.version),
            deprecated: settings.deprecated,
            archived: settings.archived,
            hidden: settings.hidden,
            created_at: described.created_at,
            updated_at: described.updated_at,
        }
    }
}

impl EventTypeGroup {
    /// A group of so many event types.
    pub fn of((name, count): (Option<String>, usize)) -> Self {
        Self { name, count }
    }
}

impl EventTypeMismatch {
    /// The counts of one type.
    pub fn of(name: EventType, tally: MisfitTally) -> Self {
        let MisfitTally { undescribed, archived, mismatched, errors, first_at, last_at } = tally;
        let errors = errors.into_iter().map(FieldError::from).collect();
        Self { name, undescribed, archived, mismatched, errors, first_at, last_at }
    }
}

/// A version as the API shows it. A type without a schema has version 0, which is not shown.
pub fn version(version: u32) -> Option<u32> {
    Some(version).filter(|version| *version > 0)
}
