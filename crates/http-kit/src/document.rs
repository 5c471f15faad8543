//! How is a request body read that changes settings?
//! As a JSON object: members that are no settings are taken out of it, and `PATCH` merges it (RFC 7396).

use std::collections::BTreeMap;
use std::fmt;

use domain::endpoint::defaults::EndpointDefaults;
use domain::problem::Problem;
use serde::de::{DeserializeOwned, Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use usecases::manage::merge_patch::merge;

use crate::strict_json::{parse_json, parse_value};

/// The members in which templates stand, whose own members keep their order, which a [`Value`] does not: the template of an
/// endpoint, and the steps of a rule.
const IN_ORDER: [&str; 2] = ["template", "then"];

/// A JSON object, not read yet.
#[derive(Debug, Clone, Default)]
pub struct Document {
    members: Map<String, Value>,
    /// The texts of the members of [`IN_ORDER`], as they were sent.
    texts: BTreeMap<String, Box<RawValue>>,
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
                    let value = if IN_ORDER.contains(&name.as_str()) {
                        let text = map.next_value::<Box<RawValue>>()?;
                        let value = serde_json::from_str(text.get()).map_err(A::Error::custom)?;
                        document.texts.insert(name.clone(), text);
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
        let Self { mut members, mut texts } = self;
        texts.retain(|name, text| text.get() != "null" && members.contains_key(name));
        if texts.is_empty() {
            return parse_value(Value::Object(members));
        }
        // What is wrong is said of the values: of a text `serde_json` says in places that it is malformed.
        parse_value::<T>(Value::Object(members.clone()))?;
        members.retain(|name, _| !texts.contains_key(name));
        let mut json = Value::Object(members).to_string();
        json.pop();
        for (name, text) in texts {
            let comma = if json.len() > 1 { "," } else { "" };
            json.push_str(&format!(r#"{comma}"{name}":{text}"#));
        }
        json.push('}');
        parse_json(json.as_bytes())
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
        for name in IN_ORDER.into_iter().filter(|name| self.members.contains_key(*name)) {
            document.texts.remove(name);
        }
        document.texts.extend(self.texts);
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

    #[test]
    fn so_do_those_of_the_templates_in_a_rules_steps() {
        let steps = r#"[{"id":"a1","do":"emit","type":"b","data":{"z":1,"a":{"y":2,"b":3}}}]"#;
        let written = |document: Document| {
            let settings: domain::rule::RuleSettings = document.read().unwrap();
            serde_json::to_string(&settings.then).unwrap()
        };
        let made = document(&format!(r#"{{"name":"A rule","then":{steps},"active":false}}"#));
        assert_eq!(written(made.clone()), steps);
        let settings: domain::rule::RuleSettings = made.read().unwrap();
        let renamed = document(r#"{"name":"Another"}"#).merged_into(&settings, &[]);
        assert_eq!(written(renamed), steps);
        let other = steps.replace("\"z\":1", "\"zz\":1");
        let replaced = document(&format!(r#"{{"then":{other}}}"#)).merged_into(&settings, &[]);
        assert_eq!(written(replaced), other);
    }
}
