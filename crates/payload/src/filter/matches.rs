//! Does a document meet a filter?
//! Evaluation: each condition visits each value of the document at most once.

use std::ops::ControlFlow;

use serde_json::Value;

use super::compare::{equal, order};
use super::condition::{Condition, Node, Test};
use super::text::Folded;
use crate::path::Path;

impl Node {
    /// Whether it holds of the value; `texts` are those of its document.
    pub(crate) fn holds(&self, of: &Value, texts: &Folded) -> bool {
        match self {
            Self::All(nodes) => nodes.iter().all(|node| node.holds(of, texts)),
            Self::Any(nodes) => nodes.iter().any(|node| node.holds(of, texts)),
            Self::Neither(nodes) => !nodes.iter().any(|node| node.holds(of, texts)),
            Self::Condition(condition) => condition.holds(of, texts),
        }
    }
}

impl Condition {
    /// Whether it holds of the value; `texts` are those of its document.
    pub(crate) fn holds(&self, of: &Value, texts: &Folded) -> bool {
        match &self.test {
            Test::Is { values, .. } => self.is_one_of(values, of),
            Test::IsNot { values, .. } => !self.is_one_of(values, of),
            Test::Ordered { order: wanted, bound } => {
                let accepts = |value: &Value| order(value, bound).is_some_and(|found| wanted.accepts(found));
                any(&self.path, of, &mut |seen| seen.is_some_and(|value| or_an_element(value, accepts)))
            }
            Test::Exists(wanted) => any(&self.path, of, &mut |seen| seen.is_some()) == *wanted,
            Test::Text(text) => {
                any(&self.path, of, &mut |seen| seen.is_some_and(|value| text.is_in(value, texts)))
            }
            Test::Element(node) => {
                any(&self.path, of, &mut |seen| seen.is_some_and(|value| has(value, node, texts)))
            }
        }
    }

    /// As in MongoDB, a member that is missing is `null`.
    fn is_one_of(&self, values: &[Value], of: &Value) -> bool {
        let is_listed = |value: &Value| values.iter().any(|wanted| equal(value, wanted));
        any(&self.path, of, &mut |seen| or_an_element(seen.unwrap_or(&Value::Null), is_listed))
    }
}

/// Whether `wanted` holds of what is seen anywhere under the path.
fn any<'a>(path: &Path, of: &'a Value, wanted: &mut dyn FnMut(Option<&'a Value>) -> bool) -> bool {
    let flow = path
        .visit(of, &mut |seen| if wanted(seen) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) });
    flow.is_break()
}

/// Whether `wanted` holds of the value or, if it is an array, of one of its elements.
fn or_an_element(value: &Value, wanted: impl Fn(&Value) -> bool) -> bool {
    match value {
        Value::Array(elements) => elements.iter().any(wanted),
        plain => wanted(plain),
    }
}

/// Whether the value is an array that has an object of which the conditions hold.
fn has(value: &Value, conditions: &Node, texts: &Folded) -> bool {
    let Value::Array(elements) = value else { return false };
    elements.iter().any(|element| element.is_object() && conditions.holds(element, texts))
}
