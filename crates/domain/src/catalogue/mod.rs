//! How is an event type described?
//! The catalogue: one entry for each event type of the installation, with its settings and its schema's versions.
//!
//! The schema itself is judged by the crate `catalogue`; here are its bounds' neighbours and the strictness of workspaces.

pub mod misfits;
pub mod near;
pub mod strictness;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::event::event_type::EventType;
use crate::event::operational;
use crate::problem::{Invalid, Problem};
use crate::timestamp::Timestamp;

/// Most event types of the catalogue: a list of them is one answer.
pub const MAX_EVENT_TYPES: usize = 2_000;
/// Most versions of the schema of one event type.
pub const MAX_VERSIONS: u32 = 100;
/// Longest group, in characters.
pub const MAX_GROUP_CHARS: usize = 100;
/// Longest title, in characters.
pub const MAX_TITLE_CHARS: usize = 200;
/// Longest description, in characters.
pub const MAX_DESCRIPTION_CHARS: usize = 2_000;
/// Largest example, in bytes of its JSON text without spaces.
pub const MAX_EXAMPLE_BYTES: usize = 32 * 1024;
/// Most arrays and objects of an example within each other.
pub const MAX_EXAMPLE_LEVELS: usize = 32;

/// Addresses under `/v1/event-types` that a name would take.
const ADDRESSES: [&str; 4] = ["counts", "import", "mismatches", "seen"];

/// What describes an event type, apart from its schema; a field left out takes its default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", schema(examples(json!({
    "group": "Invoices", "title": "Invoice paid", "description": "The customer paid an invoice in full.",
    "example": { "id": "in_1", "amount": 4200 },
}))))]
pub struct EventTypeSettings {
    /// The heading under which lists show it, at most 100 characters; `null` for none.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 100, examples("Invoices")))]
    pub group: Option<String>,
    /// A title for people, at most 200 characters.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 200, examples("Invoice paid")))]
    pub title: String,
    /// When it is sent and what it means, at most 2,000 characters. Markdown, which Posthorn keeps as it is.
    #[serde(default)]
    #[cfg_attr(
        feature = "openapi",
        schema(max_length = 2000, examples("The customer paid an invoice in full."))
    )]
    pub description: String,
    /// A payload (`data`) as an example, at most 32 KiB. It fits the schema.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>, examples(json!({ "id": "in_1", "amount": 4200 }))))]
    pub example: Option<Value>,
    /// Whether receivers should stop to use it. It is sent as before.
    #[serde(default)]
    pub deprecated: bool,
    /// Whether it is no longer sent: a workspace with `strict: refuse` refuses it.
    #[serde(default)]
    pub archived: bool,
    /// Whether only callers with the scope `catalogue` see it.
    #[serde(default)]
    pub hidden: bool,
}

impl EventTypeSettings {
    /// Checks every bound. Whether the example fits the schema is another question.
    ///
    /// # Errors
    /// [`Problem::Invalid`] with a pointer for each field out of bounds.
    pub fn check(&self) -> Result<(), Problem> {
        let mut invalid = Invalid::new();
        let group = self.group.as_ref();
        let chars = |text: &String| text.chars().count();
        invalid.require(
            group.is_none_or(|group| !group.trim().is_empty() && chars(group) <= MAX_GROUP_CHARS),
            "/group",
            "must be 1 to 100 characters, or left out",
        );
        invalid.require(chars(&self.title) <= MAX_TITLE_CHARS, "/title", "must be at most 200 characters");
        invalid.require(
            chars(&self.description) <= MAX_DESCRIPTION_CHARS,
            "/description",
            "must be at most 2,000 characters",
        );
        if let Some(example) = &self.example {
            invalid.require(
                example.to_string().len() <= MAX_EXAMPLE_BYTES,
                "/example",
                "must be at most 32 KiB",
            );
            invalid.require(
                levels(example) <= MAX_EXAMPLE_LEVELS,
                "/example",
                "may be nested at most 32 levels deep",
            );
        }
        invalid.into_result()
    }
}

/// How deep a value is nested; one that holds nothing has one level.
fn levels(value: &Value) -> usize {
    let deepest = match value {
        Value::Array(items) => items.iter().map(levels).max(),
        Value::Object(members) => members.values().map(levels).max(),
        _ => None,
    };
    1 + deepest.unwrap_or(0)
}

/// Checks whether the catalogue may describe a type of this name.
///
/// # Errors
/// [`Problem::Invalid`] for a type that only Posthorn sends, or whose name is an address of the API.
pub fn check_name(name: &EventType) -> Result<(), Problem> {
    if operational::is_posthorns_own(name) {
        return Err(Problem::invalid("/name", "is Posthorn's own: names that begin with `posthorn.` are"));
    }
    if ADDRESSES.contains(&name.as_str()) {
        let detail =
            "must not be `import`, `mismatches` or `seen`, which are addresses under /v1/event-types";
        return Err(Problem::invalid("/name", detail));
    }
    Ok(())
}

/// An event type of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventTypeDescription {
    /// The name, which is its id.
    pub name: EventType,
    /// What describes it.
    #[serde(flatten)]
    pub settings: EventTypeSettings,
    /// The version of its schema that is in force; 0 if it has none.
    pub version: u32,
    /// When it was described.
    pub created_at: Timestamp,
    /// When the description was last changed.
    pub updated_at: Timestamp,
    /// The revision for the optimistic lock, 1 when it is new; the store keeps it beside the document.
    #[serde(skip)]
    pub revision: u64,
}

/// One version of the schema of an event type. It never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaVersion {
    /// Counts the versions of one event type, from 1.
    pub version: u32,
    /// The schema (JSON Schema, draft 2020-12).
    pub schema: Value,
    /// When the version was added.
    pub created_at: Timestamp,
}

impl EventTypeDescription {
    /// A new one, with its schema, if it has one.
    pub fn new(
        name: EventType,
        settings: EventTypeSettings,
        schema: Option<Value>,
        now: Timestamp,
    ) -> (Self, Option<SchemaVersion>) {
        let version = schema.map(|schema| SchemaVersion { version: 1, schema, created_at: now });
        let described = Self {
            name,
            settings,
            version: version.as_ref().map_or(0, |version| version.version),
            created_at: now,
            updated_at: now,
            revision: 1,
        };
        (described, version)
    }

    /// The next revision, with other settings and, if there is a new schema, the next version of it.
    ///
    /// # Errors
    /// [`Problem::Invalid`] for more versions than there may be.
    pub fn changed(
        &self,
        settings: EventTypeSettings,
        schema: Option<Value>,
        now: Timestamp,
    ) -> Result<(Self, Option<SchemaVersion>), Problem> {
        let version =
            schema.map(|schema| SchemaVersion { version: self.version + 1, schema, created_at: now });
        if version.as_ref().is_some_and(|version| version.version > MAX_VERSIONS) {
            let detail = "may have at most 100 versions; describe a new event type instead";
            return Err(Problem::invalid("/schema", detail));
        }
        let described = Self {
            name: self.name.clone(),
            settings,
            version: version.as_ref().map_or(self.version, |version| version.version),
            created_at: self.created_at,
            updated_at: now,
            revision: self.revision + 1,
        };
        Ok((described, version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn settings(members: Value) -> EventTypeSettings {
        serde_json::from_value(members).unwrap()
    }

    fn name(text: &str) -> EventType {
        EventType::parse(text).unwrap()
    }

    #[test]
    fn every_bound_is_named() {
        let deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
        for (members, pointer) in [
            (json!({ "group": " " }), "/group"),
            (json!({ "group": "g".repeat(101) }), "/group"),
            (json!({ "title": "t".repeat(201) }), "/title"),
            (json!({ "description": "d".repeat(2_001) }), "/description"),
            (json!({ "example": "e".repeat(MAX_EXAMPLE_BYTES) }), "/example"),
            (json!({ "example": deep }), "/example"),
        ] {
            let problem = settings(members).check().unwrap_err();
            assert_eq!(problem.errors()[0].pointer, pointer);
        }
        assert_eq!(settings(json!({})).check(), Ok(()));
        assert_eq!(settings(json!({ "title": "ä".repeat(200) })).check(), Ok(()));
    }

    #[test]
    fn posthorns_own_types_and_addresses_are_not_described() {
        for text in ["posthorn.test", "posthorn.anything", "counts", "import", "seen", "mismatches"] {
            assert!(check_name(&name(text)).is_err(), "{text}");
        }
        for text in ["invoice.paid", "import.done", "posthorns"] {
            assert_eq!(check_name(&name(text)), Ok(()), "{text}");
        }
    }

    #[test]
    fn a_new_schema_is_the_next_version_and_other_settings_are_none() {
        let (at, later) = (Timestamp::from_millis(1), Timestamp::from_millis(2));
        let (first, version) = EventTypeDescription::new(name("a"), settings(json!({})), None, at);
        assert_eq!((first.version, version), (0, None));
        let (second, version) = first.changed(settings(json!({})), Some(json!({})), later).unwrap();
        assert_eq!((second.version, second.revision, second.created_at), (1, 2, at));
        assert_eq!(version.unwrap().version, 1);
        let (third, version) = second.changed(settings(json!({ "title": "A" })), None, later).unwrap();
        assert_eq!((third.version, third.revision, version), (1, 3, None));
        let last = EventTypeDescription { version: MAX_VERSIONS, ..third };
        assert!(last.changed(settings(json!({})), Some(json!({})), later).is_err());
    }
}
