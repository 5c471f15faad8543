//! How do the schemas of the Rust types become those of the document?
//! JSON Schema 2020-12, tidied: what utoipa cannot know of a type, because serde or a use case decides it.

use std::collections::BTreeSet;

use domain::access::workspace::WorkspaceSettings;
use domain::endpoint::EndpointSettings;
use domain::source::SourceSettings;
use http_kit::operations::Operation;
use serde_json::{Map, Value, json};
use usecases::catalogue::describe;
use usecases::manage::manage_endpoint::REPLACED_WHOLE;
use usecases::manage::manage_source;

const COMPONENTS: &str = "#/components/schemas/";

/// A body of `PATCH`.
struct MergePatch {
    name: &'static str,
    /// What it changes.
    settings: &'static str,
    /// The members that are replaced whole.
    whole: &'static [&'static str],
    description: &'static str,
    example: &'static str,
}

const MERGE_PATCHES: [MergePatch; 4] = [
    MergePatch {
        name: "EndpointChange",
        settings: "EndpointSettings",
        whole: &REPLACED_WHOLE,
        description: "A change of an endpoint's settings (RFC 7396): a member that is left out stays, `null` sets the \
                      default.",
        example: r#"{"timeout_seconds":5,"disable":{"window_seconds":600}}"#,
    },
    MergePatch {
        name: "EventTypeChange",
        settings: "EventTypeSettings",
        whole: &describe::REPLACED_WHOLE,
        description: "A change of the description of an event type (RFC 7396): a member that is left out stays, `null` sets \
                      the default.",
        example: r#"{"deprecated":true}"#,
    },
    MergePatch {
        name: "SourceChange",
        settings: "ChangedSource",
        whole: &manage_source::REPLACED_WHOLE,
        description: "A change of a source's settings (RFC 7396): a member that is left out stays, `null` sets the \
                      default.",
        example: r#"{"active":false}"#,
    },
    MergePatch {
        name: "WorkspaceChange",
        settings: "WorkspaceSettings",
        whole: &REPLACED_WHOLE,
        description: "A change of a workspace's settings (RFC 7396): a member that is left out stays, `null` sets the \
                      default.",
        example: r#"{"retention_days":60}"#,
    },
];
/// Requests with flattened settings, which refuse members that do not exist.
const CLOSED: [&str; 4] = ["NewEndpoint", "NewEventType", "NewSource", "ChangedSource"];

/// A reference to a component.
pub(crate) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("{COMPONENTS}{name}") })
}

/// Every schema that the operations refer to, by name.
pub(crate) fn collect(operations: &[Operation]) -> serde_json::Result<Map<String, Value>> {
    let mut schemas = Map::new();
    for (name, schema) in api::openapi::parameters() {
        schemas.insert(name.to_owned(), serde_json::to_value(schema)?);
    }
    for (name, schema) in operations.iter().flat_map(|operation| &operation.schemas) {
        let schema = serde_json::to_value(schema)?;
        match schemas.insert(name.clone(), schema.clone()) {
            // Two types of one name would describe each other.
            Some(other) if other != schema => {
                let error = std::io::Error::other(format!("two schemas are called {name}"));
                return Err(serde_json::Error::io(error));
            }
            Some(_) | None => {}
        }
    }
    Ok(schemas)
}

/// Tidies the schemas and what uses them.
pub(crate) fn tidy(
    schemas: &mut Map<String, Value>,
    paths: &mut Map<String, Value>,
) -> serde_json::Result<()> {
    add_defaults(schemas)?;
    refer_to_rows(schemas);
    flatten_all(schemas);
    for patch in MERGE_PATCHES {
        let mut schema = merge_patch(&reference(patch.settings), patch.whole, schemas);
        schema["description"] = patch.description.into();
        schema["examples"] = json!([serde_json::from_str::<Value>(patch.example)?]);
        schemas.insert(patch.name.to_owned(), schema);
    }
    for path in paths.values_mut() {
        for operation in path.as_object_mut().into_iter().flat_map(Map::values_mut) {
            tidy_operation(operation);
        }
    }
    drop_unused(schemas, paths);
    schemas.values_mut().chain(paths.values_mut()).for_each(polish);
    Ok(())
}

/// Descriptions are paragraphs, not lines of source code, and stand beside a choice, not in one of its options. Numbers have
/// bounds in place of a format.
fn polish(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(polish);
            if let Some(Value::String(text)) = members.get_mut("description") {
                let paragraphs = text.split("\n\n").map(|paragraph| paragraph.replace('\n', " "));
                *text = paragraphs.collect::<Vec<_>>().join("\n\n");
            }
            // utoipa says so of unsigned numbers too, which reach further.
            if matches!(members.get("format").and_then(Value::as_str), Some("int32" | "int64")) {
                members.remove("format");
            }
            let null = json!({ "type": "null" });
            let options = members.get_mut("oneOf").and_then(Value::as_array_mut);
            let described = options.filter(|options| options.contains(&null)).into_iter().flatten();
            let texts = described.filter_map(|option| option.as_object_mut()?.remove("description"));
            if let Some(text) = texts.last() {
                members.entry("description").or_insert(text);
            }
        }
        Value::Array(rows) => rows.iter_mut().for_each(polish),
        _ => {}
    }
}

/// Defaults as the code has them: the settings that come of a document which says nothing but what is required.
fn add_defaults(schemas: &mut Map<String, Value>) -> serde_json::Result<()> {
    let endpoint: EndpointSettings = serde_json::from_value(json!({ "url": "https://example.com/hooks" }))?;
    let workspace: WorkspaceSettings = serde_json::from_value(json!({ "name": "Acme" }))?;
    let source: SourceSettings = serde_json::from_value(json!({ "name": "Billing", "provider": "stripe" }))?;
    let window: api::replays::ReplayWindow =
        serde_json::from_value(json!({ "since": "2026-11-21T12:46:12.092Z" }))?;
    for (name, given, settings) in [
        ("EndpointSettings", &["url"][..], json!(endpoint)),
        ("SourceSettings", &["name", "provider"], json!(source)),
        ("WorkspaceSettings", &["name"], json!(workspace)),
        ("ReplayWindow", &["since"], json!(window)),
    ] {
        let settings = settings
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(member, _)| !given.contains(&member.as_str()));
        for (member, default) in settings {
            if let Some(property) =
                schemas.get_mut(name).and_then(|schema| schema["properties"].get_mut(member))
            {
                property["default"] = default.clone();
            }
        }
    }
    Ok(())
}

/// `schema` with the description and the examples of `by`.
fn described(mut schema: Value, by: &Value) -> Value {
    for member in ["description", "examples"] {
        if let Some(value) = by.get(member) {
            schema[member] = value.clone();
        }
    }
    schema
}

/// utoipa writes out the rows of a generic `Page<T>`; where `T` has a schema of its own, the page refers to it.
fn refer_to_rows(schemas: &mut Map<String, Value>) {
    let names: BTreeSet<String> = schemas.keys().cloned().collect();
    for (name, page) in schemas.iter_mut() {
        if let Some(row) = name.strip_prefix("Page_").filter(|row| names.contains(*row)) {
            page["properties"]["data"]["items"] = reference(row);
        }
    }
}

/// serde's `flatten` becomes `allOf`, in which one part's `additionalProperties: false` forbids the others' members. One
/// object says the same and can be read.
fn flatten_all(schemas: &mut Map<String, Value>) {
    let whole = schemas.clone();
    for (name, schema) in schemas.iter_mut() {
        let Some(parts) = schema.get("allOf").and_then(Value::as_array) else { continue };
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for part in parts {
            let part = resolve(part, &whole);
            for (member, property) in part["properties"].as_object().into_iter().flatten() {
                let mut property = property.clone();
                if let Some(example) = part.pointer("/examples/0").and_then(|example| example.get(member)) {
                    property["examples"] = json!([example]);
                }
                properties.insert(member.clone(), property);
            }
            required.extend(part["required"].as_array().cloned().unwrap_or_default());
        }
        let mut object = json!({ "type": "object", "properties": properties, "required": required });
        if CLOSED.contains(&name.as_str()) {
            object["additionalProperties"] = false.into();
        }
        *schema = described(object, schema);
    }
}

/// The schema of a merge patch (RFC 7396) into a document of schema `settings`: nothing has to be there, and `null` sets
/// what has a default.
fn merge_patch(settings: &Value, whole: &[&str], schemas: &Map<String, Value>) -> Value {
    let mut patch = resolve(settings, schemas).clone();
    let Some(object) = patch.as_object_mut() else { return patch };
    let required = object.remove("required").unwrap_or_default();
    let has_default = |name: &str| !required.as_array().is_some_and(|names| names.contains(&name.into()));
    object.remove("default");
    if let Some(properties) = object.get_mut("properties").and_then(Value::as_object_mut) {
        for (name, property) in properties {
            let merged = match whole.contains(&name.as_str()) {
                true => property.clone(),
                false => merged_member(property, whole, schemas),
            };
            *property = if has_default(name) { or_null(merged) } else { merged };
        }
    }
    if let Some(values) = object.get_mut("additionalProperties").filter(|values| values.is_object()) {
        *values = or_null(values.clone());
    }
    patch
}

/// The schema of a member of a merge patch: where it may be an object, that is merged, too.
fn merged_member(property: &Value, whole: &[&str], schemas: &Map<String, Value>) -> Value {
    let schema = resolve(property, schemas);
    let is_object = |schema: &Value| schema["type"] == "object";
    match schema.get("oneOf").and_then(Value::as_array) {
        _ if is_object(schema) => described(merge_patch(property, whole, schemas), property),
        Some(options) if options.iter().any(is_object) => {
            let mut merged = schema.clone();
            merged["oneOf"] = options.iter().map(|option| merged_member(option, whole, schemas)).collect();
            described(merged, property)
        }
        _ => property.clone(),
    }
}

/// `schema`, or `null`.
fn or_null(mut schema: Value) -> Value {
    let null = json!({ "type": "null" });
    if let Some(one_of) = schema.get_mut("oneOf").and_then(Value::as_array_mut) {
        if !one_of.contains(&null) {
            one_of.push(null);
        }
        return schema;
    }
    let Some(object) = schema.as_object_mut() else { return schema };
    if object.get("type").is_some_and(Value::is_array) {
        return schema;
    }
    object.remove("default");
    let description = object.remove("description");
    let mut nullable = Map::from_iter([("oneOf".to_owned(), Value::Array(vec![schema, null]))]);
    nullable.extend(description.map(|text| ("description".to_owned(), text)));
    nullable.into()
}

/// In a query or a header there is no `null`, and a body that may be left out is not `null` either.
fn tidy_operation(operation: &mut Value) {
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        without_null(&mut parameter["schema"]);
    }
    let answers = operation.get_mut("responses").and_then(Value::as_object_mut);
    for answer in answers.into_iter().flat_map(Map::values_mut) {
        let headers = answer.get_mut("headers").and_then(Value::as_object_mut);
        headers
            .into_iter()
            .flat_map(Map::values_mut)
            .filter_map(|header| header.get_mut("schema"))
            .for_each(without_null);
    }
    if let Some(content) = operation.get_mut("requestBody").and_then(|body| body["content"].as_object_mut()) {
        for media_type in content.values_mut() {
            without_null(&mut media_type["schema"]);
        }
    }
}

fn without_null(schema: &mut Value) {
    let null = json!({ "type": "null" });
    if let Some(kinds) = schema.get_mut("type").and_then(Value::as_array_mut) {
        kinds.retain(|kind| kind != "null");
        if let [kind] = kinds.as_slice() {
            schema["type"] = kind.clone();
        }
    }
    if let Some(one_of) = schema.get_mut("oneOf").and_then(Value::as_array_mut) {
        one_of.retain(|option| *option != null);
        if let [only] = one_of.as_slice() {
            *schema = only.clone();
        }
    }
}

/// The schema that a reference leads to; any other schema itself.
pub(crate) fn resolve<'a>(schema: &'a Value, schemas: &'a Map<String, Value>) -> &'a Value {
    let name = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix(COMPONENTS));
    name.and_then(|name| schemas.get(name)).unwrap_or(schema)
}

/// Drops schemas that nothing refers to any more.
fn drop_unused(schemas: &mut Map<String, Value>, paths: &Map<String, Value>) {
    let mut used = BTreeSet::new();
    let mut found: Vec<String> = paths.values().flat_map(references).collect();
    while let Some(name) = found.pop() {
        if let Some(schema) = schemas.get(&name)
            && used.insert(name)
        {
            found.extend(references(schema));
        }
    }
    schemas.retain(|name, _| used.contains(name));
}

fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => {
            let own =
                members.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix(COMPONENTS));
            let nested = members.values().flat_map(references);
            own.map(str::to_owned).into_iter().chain(nested).collect()
        }
        Value::Array(rows) => rows.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}
