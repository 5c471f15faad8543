//! What do filters and templates read?
//! A document: a JSON object whose members are the roots of every path.

use serde_json::{Map, Value};

use crate::filter::Folded;

/// A JSON object whose members are the roots of every path. It never changes.
#[derive(Debug)]
pub struct Document {
    json: Value,
    folded: Folded,
}

impl Document {
    /// A document with these members.
    pub fn new(members: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
        Self { json: Value::Object(members.collect::<Map<_, _>>()), folded: Folded::default() }
    }

    /// The document as JSON.
    pub fn as_json(&self) -> &Value {
        &self.json
    }

    /// Its texts without their case.
    pub(crate) fn folded(&self) -> &Folded {
        &self.folded
    }
}
