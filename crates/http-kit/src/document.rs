//! How is a request body read that changes settings?
//! As a JSON object: members that are no settings are taken out of it, and `PATCH` merges it (RFC 7396).

use domain::endpoint::defaults::EndpointDefaults;
use domain::problem::Problem;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use usecases::manage::merge_patch::merge;

use crate::strict_json::parse_value;

/// A JSON object, not read yet.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Document(Map<String, Value>);

impl Document {
    /// Takes one member out and reads it; `None` if it is left out or `null`.
    ///
    /// # Errors
    /// [`Problem::Invalid`] with a pointer to the member.
    pub fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, Problem> {
        let value = self.0.remove(name).filter(|value| !value.is_null());
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

    /// Reads what is left of it.
    ///
    /// # Errors
    /// [`Problem`] says what is wrong and where.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, Problem> {
        parse_value(Value::Object(self.0))
    }

    /// Whether it sets this member to `value`.
    pub fn sets(&self, name: &str, value: &Value) -> bool {
        self.0.get(name) == Some(value)
    }

    /// The same with the default of each setting of an endpoint that it does not have.
    #[must_use]
    pub fn with_defaults(mut self, defaults: &EndpointDefaults) -> Self {
        defaults.add_to(&mut self.0);
        self
    }

    /// `current` with this document merged into it. The members named in `whole` are replaced as one.
    #[must_use]
    pub fn merged_into<T: Serialize>(self, current: &T, whole: &[&str]) -> Self {
        let mut document = match serde_json::to_value(current) {
            Ok(Value::Object(document)) => document,
            // Settings are structs with string keys: they always become an object.
            _ => Map::new(),
        };
        merge(&mut document, self.0, whole);
        Self(document)
    }
}
