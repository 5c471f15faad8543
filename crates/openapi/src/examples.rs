//! Where do the examples of requests and answers come from?
//! From the schemas: the example of a shape, or else one put together from the examples of its members. So every operation
//! has one.

use serde_json::{Map, Value, json};

use crate::schemas::resolve;

/// Adds an example to every JSON body and every answer that has none.
pub(crate) fn add(schemas: &Map<String, Value>, paths: &mut Map<String, Value>) {
    for path in paths.values_mut() {
        for operation in path.as_object_mut().into_iter().flat_map(Map::values_mut) {
            if let Some(body) = operation.get_mut("requestBody") {
                add_to(body, schemas);
            }
            let answers = operation.get_mut("responses").and_then(Value::as_object_mut);
            for answer in answers.into_iter().flat_map(Map::values_mut) {
                add_to(answer, schemas);
            }
        }
    }
}

fn add_to(body: &mut Value, schemas: &Map<String, Value>) {
    let content = body.get_mut("content").and_then(Value::as_object_mut);
    for media_type in content.into_iter().flat_map(Map::values_mut) {
        if media_type.get("examples").is_none() && media_type.get("example").is_none() {
            media_type["example"] = example(&media_type["schema"], schemas);
        }
    }
}

/// Whether every value of the schema has the member, which may be `null`. An example shows others only if they have one.
fn is_always_there(name: &str, property: &Value, schema: &Value) -> bool {
    let required = schema["required"].as_array().is_some_and(|names| names.contains(&name.into()));
    let null = json!({ "type": "null" });
    let nullable = property["oneOf"].as_array().is_some_and(|options| options.contains(&null))
        || property["type"].as_array().is_some_and(|kinds| kinds.contains(&"null".into()));
    required || nullable || ["default", "examples"].iter().any(|given| property.get(given).is_some())
}

/// An example of a schema.
fn example(schema: &Value, schemas: &Map<String, Value>) -> Value {
    let given = ["example", "default", "const"].into_iter().find_map(|name| schema.get(name));
    let first_of = |name: &str| schema.get(name).and_then(Value::as_array).and_then(|all| all.first());
    if let Some(value) = first_of("examples").or(given).or_else(|| first_of("enum")) {
        return value.clone();
    }
    let target = resolve(schema, schemas);
    if !std::ptr::eq(target, schema) {
        return example(target, schemas);
    }
    for name in ["oneOf", "anyOf", "allOf"] {
        let options = schema.get(name).and_then(Value::as_array).into_iter().flatten();
        if options.clone().any(|option| option["type"] == "null") {
            return Value::Null;
        }
        if let Some(option) = options.clone().next() {
            return example(option, schemas);
        }
    }
    match schema["type"].as_str() {
        Some("object") => {
            let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
            let shown = properties.filter(|(name, property)| is_always_there(name, property, schema));
            shown.map(|(name, property)| (name.clone(), example(property, schemas))).collect()
        }
        Some("array") => match schema.get("prefixItems").and_then(Value::as_array) {
            Some(items) => items.iter().map(|item| example(item, schemas)).collect(),
            None => [example(&schema["items"], schemas)].into_iter().collect(),
        },
        Some("boolean") => false.into(),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(1.into()),
        Some("string") => "text".into(),
        _ => Value::Null,
    }
}
