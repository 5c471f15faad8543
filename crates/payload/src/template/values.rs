//! How does an expression see the document?
//! The document as the engine's values: they note when a member is read that is not there, and count what is visited.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr};
use serde_json::Value as Json;

use super::{output, reads};

/// The value as the engine sees it. Integers of 64 bits and doubles are kept exactly.
pub(crate) fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::from(()),
        Json::Bool(value) => Value::from(*value),
        Json::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(integer), _, _) => Value::from(integer),
            (_, Some(integer), _) => Value::from(integer),
            (_, _, float) => Value::from(float.unwrap_or(f64::MAX)),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(elements) => array(elements.iter().map(value).collect()),
        Json::Object(members) => {
            let members = members.iter().map(|(name, member)| (name.clone(), value(member)));
            Value::from_object(Members(members.collect()))
        }
    }
}

/// A copy of what was found, which is counted.
fn visited(found: Option<&Value>) -> Option<Value> {
    reads::visit(found.and_then(Value::as_str).map_or(0, str::len));
    found.cloned()
}

/// An array as the engine sees it. Arrays that filters give are the document's, too, so that going through them is counted.
pub(crate) fn array(elements: Vec<Value>) -> Value {
    Value::from_object(Elements(elements))
}

/// An object of the document.
#[derive(Debug)]
struct Members(BTreeMap<String, Value>);

impl Object for Members {
    /// How `data['name']` reads, but also `in` and `==`.
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let found = key.as_str().and_then(|name| self.0.get(name));
        if found.is_none() {
            reads::note_missing(key.as_str().unwrap_or_default(), false);
        }
        visited(found)
    }

    /// How `data.name` reads.
    fn get_value_by_str(self: &Arc<Self>, name: &str) -> Option<Value> {
        let found = self.0.get(name);
        if found.is_none() {
            reads::note_missing(name, true);
        }
        visited(found)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        self.0.keys().for_each(|name| reads::visit(name.len()));
        Enumerator::Values(self.0.keys().map(|name| Value::from(name.as_str())).collect())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.0.len())
    }

    /// How `~` writes it.
    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        written(Value::from_dyn_object(self.clone()), f)
    }
}

/// An array of the document, or of elements that a filter took from it.
#[derive(Debug)]
struct Elements(Vec<Value>);

impl Object for Elements {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let found = key.as_usize().and_then(|place| self.0.get(place));
        if found.is_none() {
            reads::note_missing(&key.to_string(), true);
        }
        visited(found)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.len())
    }

    /// How `~` writes it.
    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        written(Value::from_dyn_object(self.clone()), f)
    }
}

/// As JSON, as everywhere within text.
fn written(value: Value, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(&output::json(&value).map_err(|_| fmt::Error)?)
}
