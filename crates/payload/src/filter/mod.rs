//! Does a document meet the conditions?
//! A filter: a closed, total subset of MongoDB's query operators.

mod canonical;
mod compare;
mod condition;
mod explain;
mod matches;
mod parse;
mod refused;
#[cfg(test)]
mod tests;
mod text;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

pub use explain::{Finding, MAX_FOUND, Reason};
pub use parse::{MAX_BYTES, MAX_CONDITIONS, MAX_DEPTH, MAX_TEXTS, MAX_VALUES};

use crate::{Document, Mistake};
use condition::Node;
use parse::{Parsed, PathAt};
pub(crate) use text::Folded;

/// Conditions on a document. It is read from any JSON; [`Filter::mistakes`] says what is wrong with it. Written, it is in
/// its canonical form, or as it was read if it has mistakes.
#[derive(Debug, Clone)]
pub struct Filter {
    written: Value,
    parsed: Result<Node, Vec<Mistake>>,
    paths: Vec<PathAt>,
}

/// Two filters are equal if they are written alike.
impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

// No value in a filter is NaN: JSON has none.
impl Eq for Filter {}

impl Filter {
    /// Reads a filter.
    pub fn of(source: Value) -> Self {
        let Parsed { node, paths } = parse::parse(&source);
        let written = node.as_ref().map_or(source, canonical::write);
        Self { written, parsed: node, paths }
    }

    /// What is wrong with it; `members` are the names that a path may begin with.
    pub fn mistakes(&self, members: &[&str]) -> Vec<Mistake> {
        let own = self.parsed.as_ref().err().cloned().unwrap_or_default();
        let roots = self.paths.iter().filter_map(|at| refused::root(at, members));
        own.into_iter().chain(roots).take(parse::MAX_MISTAKES).collect()
    }

    /// Whether the document meets the conditions. A filter with mistakes is met by none; a path that begins with none of the
    /// names given to [`Filter::mistakes`] leads to a missing member.
    pub fn matches(&self, document: &Document) -> bool {
        self.parsed.as_ref().is_ok_and(|node| node.holds(document.as_json(), document.folded()))
    }

    /// What each condition says of the document. Nothing, if the filter has mistakes.
    pub fn explain(&self, document: &Document) -> Vec<Finding> {
        self.parsed.as_ref().map(|node| explain::explain(node, document)).unwrap_or_default()
    }

    /// How it is written: in canonical form, or as it was read if it has mistakes.
    pub fn as_json(&self) -> &Value {
        &self.written
    }
}

impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::of)
    }
}

/// How many bytes the value has, written; `None` if more than `most`. It is written no further than that.
fn bytes(value: &Value, most: usize) -> Option<usize> {
    struct Count {
        bytes: usize,
        most: usize,
    }
    impl std::io::Write for Count {
        fn write(&mut self, written: &[u8]) -> std::io::Result<usize> {
            self.bytes += written.len();
            if self.bytes > self.most {
                return Err(std::io::Error::other("too long"));
            }
            Ok(written.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count { bytes: 0, most };
    serde_json::to_writer(&mut count, value).ok().map(|()| count.bytes)
}
