//! What do filters and templates read?
//! A document: a JSON object whose members are the roots of every path.

use serde_json::{Map, Value};

/// A JSON object whose members are the roots of every path.
#[derive(Debug, Clone, PartialEq)]
pub struct Document(Value);

impl Document {
    /// A document with these members.
    pub fn new(members: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
        Self(Value::Object(members.collect::<Map<_, _>>()))
    }

    /// The document as JSON.
    pub fn as_json(&self) -> &Value {
        &self.0
    }
}
