//! Why does a document meet a filter, or not?
//! An explanation: a finding for each condition, from which the verdict follows.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::compare::same_type;
use super::condition::{Condition, Node, Test};
use crate::Document;

/// Most values that a finding shows.
pub const MAX_FOUND: usize = 5;
/// Most characters of a text that a finding shows.
const MAX_TEXT: usize = 200;
/// Most bytes of an object or an array that a finding shows.
const MAX_BYTES: usize = 1024;

/// What one condition says of a document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The JSON pointer to the condition in the canonical filter.
    pub pointer: String,
    /// Whether the condition holds.
    pub held: bool,
    /// The values found under its path, at most five; of an array its elements. Long texts are cut and end with `…`; a
    /// large object or array is shown as a text that tells its size.
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

/// A finding for each condition, in the order of the canonical form.
pub(crate) fn explain(node: &Node, document: &Document) -> Vec<Finding> {
    let mut findings = Vec::new();
    add(node, String::new(), document, &mut findings);
    findings
}

fn add(node: &Node, pointer: String, document: &Document, findings: &mut Vec<Finding>) {
    let (operator, nodes) = match node {
        Node::All(nodes) => ("$and", nodes),
        Node::Any(nodes) => ("$or", nodes),
        Node::Neither(nodes) => ("$nor", nodes),
        Node::Condition(condition) => return findings.push(finding(condition, pointer, document)),
    };
    for (place, node) in nodes.iter().enumerate() {
        add(node, format!("{pointer}/{operator}/{place}"), document, findings);
    }
}

fn finding(condition: &Condition, pointer: String, document: &Document) -> Finding {
    let mut seen = Seen { found: Vec::new(), any: false, fits: false };
    // All of them are looked at, so that "wrong type" is true of every value.
    condition.path.visit_all(document.as_json(), &mut |value| {
        if let Some(value) = value {
            seen.add(value, &condition.test);
        }
    });
    let held = condition.holds(document.as_json(), document.folded());
    Finding { pointer, held, reason: reason(&condition.test, held, &seen), found: seen.found }
}

/// What is under a path.
struct Seen {
    found: Vec<Value>,
    /// Whether anything is.
    any: bool,
    /// Whether a value has a type that the test compares.
    fits: bool,
}

impl Seen {
    fn add(&mut self, value: &Value, test: &Test) {
        self.any = true;
        match value {
            Value::Array(elements) if !elements.is_empty() => {
                for element in elements {
                    self.show(element);
                    self.fits |= fits(element, test);
                }
            }
            Value::Array(_) => {
                self.show(value);
                self.fits |= matches!(test, Test::Element(_) | Test::Text(_) | Test::Exists(_));
            }
            plain => {
                self.show(plain);
                self.fits |= fits(plain, test) && !matches!(test, Test::Element(_));
            }
        }
    }

    fn show(&mut self, value: &Value) {
        if self.found.len() < MAX_FOUND {
            self.found.push(shown(value));
        }
    }
}

/// Whether the test compares values of this type.
fn fits(value: &Value, test: &Test) -> bool {
    match test {
        Test::Is { values, .. } | Test::IsNot { values, .. } => {
            values.iter().any(|wanted| same_type(value, wanted))
        }
        Test::Ordered { bound, .. } => same_type(value, bound),
        Test::Exists(_) => true,
        Test::Text(_) => value.is_string(),
        Test::Element(_) => value.is_object(),
    }
}

fn reason(test: &Test, held: bool, seen: &Seen) -> Option<Reason> {
    match (test, held) {
        _ if !seen.any
            && (!held || matches!(test, Test::Is { .. } | Test::IsNot { .. } | Test::Exists(_))) =>
        {
            Some(Reason::Missing)
        }
        (_, true) => None,
        (Test::IsNot { .. } | Test::Exists(_), false) => Some(Reason::Present),
        _ if !seen.fits => Some(Reason::WrongType),
        (Test::Is { listed: true, .. }, false) => Some(Reason::NotInList),
        (Test::Is { .. } | Test::Element(_), false) => Some(Reason::Different),
        (Test::Ordered { .. }, false) => Some(Reason::OutOfRange),
        (Test::Text(_), false) => Some(Reason::TextAbsent),
    }
}

/// The value as a finding shows it.
fn shown(value: &Value) -> Value {
    match value {
        Value::String(text) => match text.char_indices().nth(MAX_TEXT) {
            Some((end, _)) => Value::String(format!("{}…", &text[..end])),
            None => value.clone(),
        },
        Value::Object(members) if is_large(value) => {
            Value::String(format!("an object of {} members", members.len()))
        }
        Value::Array(elements) if is_large(value) => {
            Value::String(format!("an array of {} elements", elements.len()))
        }
        small => small.clone(),
    }
}

/// Whether the value is too large to show. It looks no further than it must.
fn is_large(value: &Value) -> bool {
    super::bytes(value, MAX_BYTES).is_none()
}
