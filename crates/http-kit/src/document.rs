//! How is a request body read that changes settings?
//! As a JSON object: members that are no settings are taken out of it, and `PATCH` merges it (RFC 7396).

use std::fmt;

use domain::endpoint::defaults::EndpointDefaults;
use domain::problem::Problem;
use serde::de::{DeserializeOwned, Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use usecases::manage::merge_patch::merge;

use crate::strict_json::{parse_json, parse_value};

/// The member whose own members keep their order, which a [`Value`] does not.
const TEMPLATE: &str = "template";

/// A JSON object, not read yet.
#[derive(Debug, Clone, Default)]
pub struct Document {
    members: Map<String, Value>,
    /// The text of the member of this name, as it was sent.
    template: Option<Box<RawValue>>,
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Document;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document, A::Error> {
                let mut document = Document::default();
                while let Some(name) = map.next_key::<String>()? {
                    let value = if name == TEMPLATE {
                        let text = map.next_value::<Box<RawValue>>()?;
                        let value = serde_json::from_str(text.get()).map_err(A::Error::custom)?;
                        document.template = Some(text);
                        value
                    } else {
                        map.next_value()?
                    };
                    document.members.insert(name, value);
                }
                Ok(document)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

impl Document {
    /// Takes one member out and reads it; `None` if it is left out or `null`.
    ///
    /// # Errors
    /// [`Problem::Invalid`] with a pointer to the member.
    pub fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, Problem> {
        let value = self.members.remove(name).filter(|value| !value.is_null());
        value.map(parse_value).transpose().map_err(|problem: Problem| match problem {
            Problem::Invalid(mut errors) => {
                for error in &mut errors {
                    error.pointer = format!("/{name}{}", error.pointer);
                }
                Problem::Invalid(errors)
            }
            other => other,
        })
    }

    /// Takes one member out, a JSON document of its own that is not merged: `Some` if it was there, with `null` as none.
    pub fn take_whole(&mut self, name: &str) -> Option<Option<Value>> {
        self.members.remove(name).map(|value| Some(value).filter(|value| !value.is_null()))
    }

    /// Reads what is left of it.
    ///
    /// # Errors
    /// [`Problem`] says what is wrong and where.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, Problem> {
        let Self { mut members, template } = self;
        let Some(template) = template.filter(|_| members.remove(TEMPLATE).is_some()) else {
            return parse_value(Value::Object(members));
        };
        let others = Value::Object(members).to_string();
        let others = others.strip_suffix('}').unwrap_or(&others);
        let comma = if others.len() > 1 { "," } else { "" };
        parse_json(format!(r#"{others}{comma}"{TEMPLATE}":{template}}}"#).as_bytes())
    }

    /// Whether it sets this member to `value`.
    pub fn sets(&self, name: &str, value: &Value) -> bool {
        self.members.get(name) == Some(value)
    }

    /// The same with the default of each setting of an endpoint that it does not have.
    #[must_use]
    pub fn with_defaults(mut self, defaults: &EndpointDefaults) -> Self {
        defaults.add_to(&mut self.members);
        self
    }

    /// `current` with this document merged into it. The members named in `whole` are replaced as one.
    #[must_use]
    pub fn merged_into<T: Serialize>(self, current: &T, whole: &[&str]) -> Self {
        // Settings are structs with string keys: they always become an object.
        let text = serde_json::to_string(current).unwrap_or_default();
        let mut document: Self = serde_json::from_str(&text).unwrap_or_default();
        if self.members.contains_key(TEMPLATE) {
            document.template = self.template;
        }
        merge(&mut document.members, self.members, whole);
        document
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::endpoint::EndpointSettings;

    fn written(document: Document) -> String {
        let settings: EndpointSettings = document.read().unwrap();
        serde_json::to_string(&settings.template).unwrap()
    }

    fn document(json: &str) -> Document {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_members_of_a_template_keep_their_order_in_a_request_and_in_a_change_of_something_else() {
        let template = r#"{"b":1,"a":{"z":null,"y":"{{ data.y }}"}}"#;
        let made =
            document(&format!(r#"{{"url":"https://example.com","template":{template},"metadata":{{}}}}"#));
        assert_eq!(written(made.clone()), template);
        let settings: EndpointSettings = made.read().unwrap();
        let changed = document(r#"{"timeout_seconds":5}"#).merged_into(&settings, &[]);
        assert_eq!(written(changed), template);
        let replaced = document(r#"{"template":{"d":1,"c":2}}"#).merged_into(&settings, &[]);
        assert_eq!(written(replaced), r#"{"d":1,"c":2}"#);
        let removed = document(r#"{"template":null}"#).merged_into(&settings, &[]);
        assert_eq!(written(removed), "null");
    }
}
