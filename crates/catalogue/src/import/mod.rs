//! What does an import of event types change?
//! A document as proposals, and proposals beside the catalogue as a plan. Pure: nothing is written here.
//!
//! - [`list`]: our own list, `{"event_types":[…]}`
//! - [`openapi`]: the `webhooks` of an OpenAPI document (3.1 and later)
//! - [`plan`]: what is added, what changes, what stays

pub mod list;
pub mod openapi;
pub mod plan;

use std::collections::{BTreeMap, BTreeSet};

use domain::event::event_type::EventType;
use serde_json::{Map, Value};

use crate::Mistake;
use crate::schema::MAX_MISTAKES;

/// Most event types of one import.
pub const MAX_IMPORTED: usize = 500;

/// What a document says of one event type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Its name.
    pub name: EventType,
    /// The settings that the document names, checked for their types only.
    pub settings: Map<String, Value>,
    /// Its schema.
    pub schema: Option<Value>,
    /// Where each stands in the document.
    pub at: Places,
}

/// JSON pointers into the document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// Of the event type.
    pub whole: String,
    /// Of its schema.
    pub schema: String,
    /// The definitions of the schema that stand among the document's own schemas.
    pub definitions: BTreeSet<String>,
    /// Of its settings, by name, where they do not stand below the event type under this name.
    pub settings: BTreeMap<&'static str, String>,
}

impl Places {
    /// Where a part of the schema stands.
    fn of_schema(&self, pointer: &str) -> String {
        let definition =
            pointer.strip_prefix("/$defs/").map(|rest| rest.split_once('/').unwrap_or((rest, "")));
        match definition.filter(|(name, _)| self.definitions.contains(*name)) {
            Some((name, "")) => format!("{}{name}", &openapi::SCHEMAS[1..]),
            Some((name, rest)) => format!("{}{name}/{rest}", &openapi::SCHEMAS[1..]),
            None => format!("{}{pointer}", self.schema),
        }
    }

    /// Where a part of the settings stands.
    fn of_setting(&self, pointer: &str) -> String {
        let below = pointer.strip_prefix('/').unwrap_or(pointer);
        let (name, rest) = below.split_at(below.find('/').unwrap_or(below.len()));
        match self.settings.get(name) {
            Some(at) => format!("{at}{rest}"),
            None => format!("{}{pointer}", self.whole),
        }
    }
}

/// Reads a document: an OpenAPI document, or our own list.
///
/// # Errors
/// What is wrong with it, with pointers into it.
pub fn read(document: &Value) -> Result<Vec<Proposal>, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let proposals = match document {
        Value::Object(members) if members.contains_key("openapi") => openapi::read(document, &mut mistakes),
        Value::Object(members) if members.contains_key("event_types") => list::read(members, &mut mistakes),
        _ => {
            let detail =
                "must be an OpenAPI document with `webhooks`, or an object with the member `event_types`";
            mistakes.push(mistake("", detail));
            Vec::new()
        }
    };
    if proposals.len() > MAX_IMPORTED {
        mistakes.push(mistake("", "may have at most 500 event types"));
    }
    let mut seen = BTreeMap::new();
    for proposal in &proposals {
        if let Some(first) = seen.insert(&proposal.name, &proposal.at.whole) {
            mistakes.push(mistake(&proposal.at.whole, format!("has the same name as `{first}`")));
        }
    }
    mistakes.truncate(MAX_MISTAKES);
    if mistakes.is_empty() { Ok(proposals) } else { Err(mistakes) }
}

fn mistake(pointer: &str, detail: impl Into<String>) -> Mistake {
    Mistake { pointer: pointer.to_owned(), detail: detail.into() }
}
