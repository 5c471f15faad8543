//! What JSON is made of a document?
//! A template: a JSON document whose strings hold Jinja expressions, bounded by fuel.

mod amounts;
mod compile;
mod engine;
mod filters;
mod output;
mod reads;
mod strings;
#[cfg(test)]
mod tests;
mod tree;
mod values;

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

pub use compile::{MAX_BYTES, MAX_DEPTH, MAX_EXPRESSIONS};
pub use engine::FUEL;
pub use output::MAX_OUTPUT;
pub use strings::MAX_CHARACTERS;

use crate::{Document, Mistake};
use compile::{Place, Step};
use output::Output;
use tree::Tree;

/// A JSON document whose strings hold expressions. It is read from any JSON; [`Template::mistakes`] says what is wrong with
/// it. Written, it is as it was read, its members in their order.
///
/// A `serde_json::Value` sorts members by their names: to keep their order, a template is read from JSON itself.
#[derive(Clone)]
pub struct Template {
    source: Tree,
    compiled: Arc<Result<Vec<Step>, Vec<Mistake>>>,
}

/// Two templates are equal if they are written alike, their members in the same order.
impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

// No value in a template is NaN: JSON has none.
impl Eq for Template {}

/// How what an expression puts in is kept from being more than text. In a message for a chat service an object may mention
/// people without a word of text, so expressions may make none there: the message's objects are the template's own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Escape {
    /// Not at all.
    #[default]
    None,
    /// As Slack asks: `&`, `<` and `>`. What `slack_escape` gave is not escaped again. No objects.
    Slack,
    /// No text is. No objects.
    NoObjects,
}

/// What a template makes of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    /// The JSON that was made, its members in the order of the template.
    pub json: String,
    /// The expressions that read members that are not there, by their JSON pointers; each once. One that says what to do
    /// without the member, by `default`, is not among them.
    pub undefined: Vec<String>,
}

/// Why a template makes nothing of a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {detail}")]
pub struct Failure {
    /// The JSON pointer to the string in the template.
    pub pointer: String,
    /// What went wrong: a part of a sentence that begins with a verb, such as "makes …".
    pub detail: String,
}

impl Template {
    /// Reads a template whose members are sorted, as they are in a `Value`.
    pub fn of(source: Value) -> Self {
        Self::compiled(source.into())
    }

    fn compiled(source: Tree) -> Self {
        let compiled = Arc::new(compile::compile(&source));
        Self { source, compiled }
    }

    /// What is wrong with it.
    pub fn mistakes(&self) -> Vec<Mistake> {
        self.compiled.as_ref().as_ref().err().cloned().unwrap_or_default()
    }

    /// What is wrong with it for an example: what fails, and expressions that read members that the example lacks, unless
    /// they say what to do without, by `default`.
    pub fn mistakes_with(&self, example: &Document, escape: Escape) -> Vec<Mistake> {
        let steps = match self.compiled.as_ref() {
            Ok(steps) => steps,
            Err(mistakes) => return mistakes.clone(),
        };
        let root = values::value(example.as_json());
        reads::begin_template();
        let places = steps.iter().filter_map(|step| match step {
            Step::Json(_) => None,
            Step::Value(place) | Step::Text(place) => Some(place),
        });
        let mut mistakes: Vec<Mistake> = places.filter_map(|place| mistake(place, &root)).collect();
        if mistakes.is_empty()
            && let Err(Failure { pointer, detail }) = self.render(example, escape)
        {
            mistakes.push(Mistake { pointer, detail });
        }
        mistakes
    }

    /// Makes the JSON. The same document always gives the same. A member that is not there is `null`, or an empty text
    /// within a string.
    ///
    /// # Errors
    /// [`Failure`] when an expression fails, or a bound is reached.
    pub fn render(&self, document: &Document, escape: Escape) -> Result<Rendered, Failure> {
        let steps = match self.compiled.as_ref() {
            Ok(steps) => steps,
            Err(mistakes) => return Err(first(mistakes)),
        };
        let root = values::value(document.as_json());
        reads::begin_template();
        let mut output = Output::default();
        let mut undefined: Vec<String> = Vec::new();
        for step in steps {
            let place = match step {
                Step::Json(json) => {
                    output.push(json).map_err(|detail| Failure { pointer: String::new(), detail })?;
                    continue;
                }
                Step::Value(place) | Step::Text(place) => place,
            };
            let failure = |detail| Failure { pointer: place.pointer.clone(), detail };
            let written = reads::bounded(|| {
                let given = place.compiled.evaluate(&root)?;
                let is_missing = given.missing.is_some();
                match step {
                    Step::Text(_) => output.inside(&given.value, escape),
                    _ => output.value(&given.value, escape),
                }
                .map(|()| is_missing)
            });
            let is_missing = written.unwrap_or_else(|| Err(engine::too_much())).map_err(failure)?;
            if is_missing && undefined.last() != Some(&place.pointer) {
                undefined.push(place.pointer.clone());
            }
        }
        Ok(Rendered { json: output.json, undefined })
    }
}

/// What is wrong with an expression for an example.
fn mistake(place: &Place, root: &minijinja::Value) -> Option<Mistake> {
    let given = reads::bounded(|| place.compiled.evaluate(root));
    let detail = match given.unwrap_or_else(|| Err(engine::too_much())) {
        Err(detail) => detail,
        Ok(given) => match given.missing?.as_str() {
            "" => "gives nothing for this example: give a value for that, such as {{ data.items | first | default('none') }}"
                .to_owned(),
            name => format!(
                "reads {name}, which this example lacks: give a value for that, such as {{{{ data.{name} | default('') }}}}"
            ),
        },
    };
    Some(Mistake { pointer: place.pointer.clone(), detail })
}

fn first(mistakes: &[Mistake]) -> Failure {
    let (pointer, detail) =
        mistakes.first().map(|mistake| (mistake.pointer.clone(), mistake.detail.clone())).unwrap_or_default();
    Failure { pointer, detail }
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
        Tree::deserialize(deserializer).map(Self::compiled)
    }
}
