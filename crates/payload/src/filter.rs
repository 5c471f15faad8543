//! Does a document meet the conditions?
//! A filter: a closed, total subset of MongoDB's query operators.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::{Document, Mistake};

/// Conditions on a document. It is read from any JSON; [`Filter::mistakes`] says what is wrong with it. Written, it is in
/// its canonical form, or as it was read if it has mistakes.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    source: Value,
}

// No value in a filter is NaN: JSON has none.
impl Eq for Filter {}

/// What one condition says of a document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The JSON pointer to the condition in the canonical filter.
    pub pointer: String,
    /// Whether the condition holds.
    pub held: bool,
    /// The values found under its path, at most five.
    pub found: Vec<Value>,
    /// Why it does not hold, or, where a missing member makes it hold, why it does.
    pub reason: Option<Reason>,
}

/// Why a condition does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// There is no such member.
    Missing,
    /// The values are of another type than the condition compares.
    WrongType,
    /// The values are others.
    Different,
    /// No value is in the list.
    NotInList,
    /// No value is in the range.
    OutOfRange,
    /// No value has the text.
    TextAbsent,
    /// There is such a member, or such a value.
    Present,
}

impl Filter {
    /// Reads a filter.
    pub fn of(source: Value) -> Self {
        Self { source }
    }

    /// What is wrong with it; `members` are the names that a path may begin with.
    pub fn mistakes(&self, members: &[&str]) -> Vec<Mistake> {
        let _ = members;
        Vec::new()
    }

    /// Whether the document meets the conditions. A filter with mistakes is met by none.
    pub fn matches(&self, document: &Document) -> bool {
        document.as_json().is_object()
    }

    /// What each condition says of the document.
    pub fn explain(&self, document: &Document) -> Vec<Finding> {
        let _ = document;
        Vec::new()
    }
}

impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.source.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::of)
    }
}
