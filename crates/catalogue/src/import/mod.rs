//! What does an import of event types change?
//! A document as proposals, and proposals beside the catalogue as a plan. Pure: nothing is written here.
//!
//! - [`list`]: our own list, `{"event_types":[…]}`
//! - [`openapi`]: the `webhooks` of an OpenAPI document (3.1 and later)
//! - [`plan`]: what is added, what changes, what stays

pub mod list;
pub mod openapi;
pub mod plan;

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
    /// Of its example.
    pub example: String,
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
    let mut seen = std::collections::BTreeMap::new();
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
