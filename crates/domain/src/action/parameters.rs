//! Which parameters does an action take?
//! The JSON Schema of its parameters, as far as Posthorn itself reads it: an object, closed unless it says otherwise.
//!
//! Whether it is a schema, and whether parameters fit it, is for a library to say.

use serde_json::{Map, Value, json};

use crate::action::url_template::UrlTemplate;
use crate::action::{ActionSettings, MAX_SCHEMA_BYTES};
use crate::json_depth::is_deeper_than;
use crate::problem::{FieldError, Invalid, escape_pointer};

/// The most bytes of an invocation's parameters.
pub const MAX_PARAMETERS_BYTES: usize = 65_536;
/// How deep parameters and schemas may be nested.
pub const MAX_LEVELS: usize = 32;

/// Names of parameters that agents need for the call itself: beside the parameters of an action a tool takes these.
pub const RESERVED: [&str; 2] = ["idempotency_key", "confirmation"];

/// The schema of no parameters.
pub fn none() -> Value {
    json!({ "type": "object", "properties": {} })
}

/// Checks the schema of an action's parameters and that of its result; `url` is its template, if that can be read.
pub(crate) fn check(settings: &ActionSettings, url: Option<&UrlTemplate>, invalid: &mut Invalid) {
    check_size("/parameters", &settings.parameters, invalid);
    if let Some(schema) = &settings.result_schema {
        check_size("/result_schema", schema, invalid);
        invalid.require(schema.is_object(), "/result_schema", "must be a JSON Schema: an object");
    }
    let Some(schema) = settings.parameters.as_object() else {
        invalid.push("/parameters", "must be a JSON Schema of `\"type\": \"object\"`");
        return;
    };
    let is_object = schema.get("type").and_then(Value::as_str) == Some("object");
    invalid.require(is_object, "/parameters/type", "must be `object`: parameters have names");
    let properties = properties(schema);
    for name in properties.keys().filter(|name| RESERVED.contains(&name.as_str())) {
        let pointer = format!("/parameters/properties/{}", escape_pointer(name));
        invalid.push(pointer, "is what a tool takes besides the parameters; take another name");
    }
    let Some(url) = url else { return };
    for name in url.parameters(false).filter(|name| !properties.contains_key(*name)) {
        invalid.push(
            "/url",
            format!("names the parameter `{name}`, which /parameters/properties does not have"),
        );
    }
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|known| known == name));
    for name in url.parameters(true).filter(|name| properties.contains_key(*name) && !is_required(name)) {
        invalid
            .push("/parameters/required", format!("must name `{name}`, which stands in the path of the URL"));
    }
    if !settings.method.has_body() {
        let in_url: Vec<_> = url.parameters(false).collect();
        for name in properties.keys().filter(|name| !in_url.contains(&name.as_str())) {
            let pointer = format!("/parameters/properties/{}", escape_pointer(name));
            invalid.push(pointer, "is not in the URL, and GET and DELETE have no body that could hold it");
        }
    }
}

fn check_size(pointer: &str, schema: &Value, invalid: &mut Invalid) {
    let text = schema.to_string();
    invalid.require(text.len() <= MAX_SCHEMA_BYTES, pointer, "may have at most 65536 bytes");
    invalid.require(!is_deeper_than(&text, MAX_LEVELS), pointer, "may be nested 32 levels deep");
}

fn properties(schema: &Map<String, Value>) -> Map<String, Value> {
    schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default()
}

/// The schema closed: it refuses members that it does not name, unless it says otherwise itself. What the schemas that it is
/// composed of name, it names too.
pub fn closed(schema: &Value) -> Value {
    const SAYING: [&str; 3] = ["additionalProperties", "unevaluatedProperties", "patternProperties"];
    const COMPOSING: [&str; 8] =
        ["$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "not", "dependentSchemas"];
    let mut schema = schema.clone();
    if let Some(members) = schema.as_object_mut()
        && !SAYING.iter().any(|name| members.contains_key(*name))
    {
        // `additionalProperties` sees only what stands beside it.
        let is_composed = COMPOSING.iter().any(|name| members.contains_key(*name));
        let closing = if is_composed { "unevaluatedProperties" } else { "additionalProperties" };
        members.insert(closing.to_owned(), Value::Bool(false));
    }
    schema
}

/// What of `value` does not fit a schema by the names of its members alone: those that are missing, and those that a closed
/// schema does not name.
pub fn misfits_of_names(schema: &Value, value: &Value) -> Vec<FieldError> {
    let (Some(schema), Some(members)) = (schema.as_object(), value.as_object()) else { return Vec::new() };
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    let missing = required.filter_map(Value::as_str).filter(|name| !members.contains_key(*name));
    let missing = missing
        .map(|name| FieldError { pointer: String::new(), detail: format!("must have the member `{name}`") });
    let is_closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
    let known = properties(schema);
    let unknown = members.keys().filter(|name| is_closed && !known.contains_key(*name));
    let unknown = unknown.map(|name| FieldError {
        pointer: format!("/{}", escape_pointer(name)),
        detail: "is not a parameter of this action".to_owned(),
    });
    missing.chain(unknown).collect()
}

/// JSON with the members of each object in the order of their names: equal parameters have equal text, in whatever order
/// their members came.
pub fn canonical(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            let written = members
                .into_iter()
                .map(|(name, value)| format!("{}:{}", Value::String(name.clone()), canonical(value)));
            format!("{{{}}}", written.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_equal_in_whatever_order_their_members_come() {
        let one: Value = serde_json::from_str(r#"{"b":{"y":1,"x":[{"d":1,"c":2}]},"a":"é\""}"#).unwrap();
        let other: Value =
            serde_json::from_str(r#"{ "a":"\u00e9\"", "b":{"x":[{"c":2,"d":1}],"y":1} }"#).unwrap();
        assert_eq!(canonical(&one), canonical(&other));
        assert_eq!(serde_json::from_str::<Value>(&canonical(&one)).unwrap(), one);
        assert_ne!(canonical(&json!({ "a": 1 })), canonical(&json!({ "a": "1" })));
    }

    #[test]
    fn a_schema_is_closed_unless_it_says_otherwise() {
        assert_eq!(closed(&json!({ "type": "object" }))["additionalProperties"], json!(false));
        let composed = closed(&json!({ "type": "object", "allOf": [{ "properties": { "a": {} } }] }));
        assert_eq!(composed["unevaluatedProperties"], json!(false));
        assert_eq!(composed.get("additionalProperties"), None, "it would refuse `a`");
        for open in [
            json!({ "type": "object", "additionalProperties": true }),
            json!({ "type": "object", "additionalProperties": { "type": "string" } }),
            json!({ "type": "object", "unevaluatedProperties": false }),
        ] {
            assert_eq!(closed(&open), open);
        }
    }
}
