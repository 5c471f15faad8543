//! Which event types does an OpenAPI document describe?
//! Those of its `webhooks` (3.1 and later): name, summary, description, first tag, schema and example of each request.
//!
//! A body that is an envelope, with the members `type` and `data`, is taken for what Posthorn puts around a payload: then
//! schema and example are those of `data`, and a constant `type` is the name.

use std::collections::BTreeSet;

use domain::event::event_type::EventType;
use serde_json::{Map, Value};

use super::list::named;
use super::{MAX_IMPORTED, Places, Proposal, mistake};
use crate::Mistake;
use crate::schema::MAX_MISTAKES;
use crate::soundness::{MAX_SCHEMA_BYTES, escaped};

/// How many references in a row are followed outside of schemas.
const MAX_HOPS: usize = 8;
/// What references to schemas begin with.
const SCHEMAS: &str = "#/components/schemas/";

/// The proposals of an OpenAPI document.
pub(super) fn read(document: &Value, mistakes: &mut Vec<Mistake>) -> Vec<Proposal> {
    let version = document["openapi"].as_str().unwrap_or_default();
    if !(version.starts_with("3.1") || version.starts_with("3.2")) {
        mistakes.push(mistake("/openapi", "must be 3.1 or 3.2: earlier ones have no webhooks"));
        return Vec::new();
    }
    let Some(webhooks) = document["webhooks"].as_object().filter(|webhooks| !webhooks.is_empty()) else {
        mistakes.push(mistake("/webhooks", "must have at least one webhook"));
        return Vec::new();
    };
    if webhooks.len() > MAX_IMPORTED {
        mistakes.push(mistake("/webhooks", "may have at most 500 webhooks"));
        return Vec::new();
    }
    let mut proposals = Vec::with_capacity(webhooks.len());
    for (key, item) in webhooks {
        if mistakes.len() >= MAX_MISTAKES {
            break;
        }
        proposals.extend(proposal(document, key, item, mistakes));
    }
    proposals
}

fn proposal(document: &Value, key: &str, item: &Value, mistakes: &mut Vec<Mistake>) -> Option<Proposal> {
    let at = format!("/webhooks/{}", escaped(key));
    let item = resolved(document, item);
    let Some(operation) = item.get("post").or_else(|| item.get("put")) else {
        mistakes.push(mistake(&at, "must have the method `post`"));
        return None;
    };
    let body = resolved(document, &operation["requestBody"]);
    let content = body["content"].as_object();
    let json = content.and_then(|content| {
        content.iter().find(|(kind, _)| *kind == "application/json" || kind.ends_with("+json"))
    });
    let empty = Value::Null;
    let (kind, media) = json.map_or(("application/json", &empty), |(kind, media)| (kind.as_str(), media));
    let given = media.get("schema");
    let envelope = given.map(|schema| resolved(document, schema)).filter(|schema| is_envelope(schema));
    let constant = envelope.and_then(type_of).filter(|name| EventType::parse(name).is_ok());
    let name = named(constant.unwrap_or(key), &at, mistakes)?;

    let below = format!("{at}/post/requestBody/content/{}", escaped(kind));
    let mut settings = Map::new();
    let texts = [
        ("title", operation.get("summary").or_else(|| item.get("summary"))),
        ("description", operation.get("description").or_else(|| item.get("description"))),
        ("group", operation.pointer("/tags/0")),
    ];
    for (name, value) in texts {
        settings
            .extend(value.filter(|value| value.is_string()).map(|value| (name.to_owned(), value.clone())));
    }
    let deprecated = operation.get("deprecated").filter(|value| value.is_boolean());
    settings.extend(deprecated.map(|value| ("deprecated".to_owned(), value.clone())));
    let example = example(document, media).map(|example| match (envelope, example.get("data")) {
        (Some(_), Some(data)) => data.clone(),
        _ => example,
    });
    settings.extend(example.map(|example| ("example".to_owned(), example)));
    let schema = envelope.map(|schema| &schema["properties"]["data"]).or(given);
    let schema = match schema.map(|schema| bundled(document, schema).ok_or(())).transpose() {
        Ok(schema) => schema,
        Err(()) => {
            let detail = "may have at most 64 KiB, with the schemas that it refers to";
            mistakes.push(mistake(&format!("{below}/schema"), detail));
            return None;
        }
    };
    let at = Places { whole: at, schema: format!("{below}/schema"), example: format!("{below}/example") };
    Some(Proposal { name, settings, schema, at })
}

/// The example of a media type: the one, or the first of several.
fn example(document: &Value, media: &Value) -> Option<Value> {
    let first = || media["examples"].as_object()?.values().next();
    let one = media.get("example").or_else(|| resolved(document, first()?).get("value"));
    one.cloned()
}

fn is_envelope(schema: &Value) -> bool {
    let properties = &schema["properties"];
    properties.get("type").is_some() && properties.get("data").is_some()
}

/// The one type that an envelope may have.
fn type_of(envelope: &Value) -> Option<&str> {
    let kind = &envelope["properties"]["type"];
    let only = kind["enum"].as_array().filter(|all| all.len() == 1).and_then(|all| all.first());
    kind.get("const").or(only)?.as_str()
}

/// What a reference leads to; any other value itself, and one that leads to nothing as well.
fn resolved<'a>(document: &'a Value, mut value: &'a Value) -> &'a Value {
    for _ in 0..MAX_HOPS {
        let pointer = value.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix('#'));
        match pointer.and_then(|pointer| document.pointer(pointer)) {
            Some(target) => value = target,
            None => break,
        }
    }
    value
}

/// A schema that stands alone: the schemas of the document that it refers to are its own definitions. `None` where it is
/// longer than a schema may be; then no more of it is copied, because each webhook may refer to the same.
fn bundled(document: &Value, schema: &Value) -> Option<Value> {
    let mut room = MAX_SCHEMA_BYTES;
    let mut copied = |part: &Value| {
        room = room.checked_sub(part.to_string().len())?;
        Some(part.clone())
    };
    let mut schema = copied(schema)?;
    let (mut wanted, mut known) = (BTreeSet::new(), BTreeSet::new());
    renamed(&mut schema, &mut wanted);
    let mut definitions = Map::new();
    while let Some(name) = wanted.pop_first() {
        if !known.insert(name.clone()) {
            continue;
        }
        if let Some(target) = document.pointer(&format!("/components/schemas/{name}")) {
            let mut target = copied(target)?;
            renamed(&mut target, &mut wanted);
            definitions.insert(name, target);
        }
    }
    if let (Value::Object(members), false) = (&mut schema, definitions.is_empty()) {
        let own = members.entry("$defs").or_insert_with(|| Map::new().into());
        if let Value::Object(own) = own {
            own.extend(definitions);
        }
    }
    Some(schema)
}

/// Makes references to the document's schemas those to definitions, and notes their names.
fn renamed(value: &mut Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get_mut("$ref")
                && let Some(rest) = reference.strip_prefix(SCHEMAS)
            {
                names.insert(rest.split('/').next().unwrap_or_default().to_owned());
                *reference = format!("#/$defs/{rest}");
            }
            members.values_mut().for_each(|member| renamed(member, names));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| renamed(item, names)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;
    use crate::Schema;
    use serde_json::json;

    fn document(webhooks: Value) -> Value {
        json!({
            "openapi": "3.1.0",
            "webhooks": webhooks,
            "components": {
                "schemas": {
                    "Order": { "type": "object", "properties": { "id": { "$ref": "#/components/schemas/Id" } }, "required": ["id"] },
                    "Id": { "type": "string" },
                    "Envelope": { "properties": { "type": { "const": "order.paid" }, "data": { "$ref": "#/components/schemas/Order" } } },
                    "Tree": { "properties": { "child": { "$ref": "#/components/schemas/Tree" } } },
                },
                "examples": { "one": { "value": { "type": "order.paid", "data": { "id": "o1" } } } },
            },
        })
    }

    #[test]
    fn a_webhook_is_an_event_type_with_its_schema() {
        let document = document(json!({
            "order/created": { "post": {
                "summary": "An order", "description": "It came.", "tags": ["Orders", "All"], "deprecated": true,
                "requestBody": { "content": { "application/json": {
                    "schema": { "$ref": "#/components/schemas/Order" }, "example": { "id": "o1" },
                } } },
            } },
            "paid": { "post": { "requestBody": { "content": { "application/json": {
                "schema": { "$ref": "#/components/schemas/Envelope" },
                "examples": { "one": { "$ref": "#/components/examples/one" } },
            } } } } },
            "ping": { "post": {} },
        }));
        let [created, paid, ping] = &read(&document).unwrap()[..] else { panic!("three") };
        assert_eq!(created.name.as_str(), "order/created");
        let settings = json!({
            "title": "An order", "description": "It came.", "group": "Orders", "deprecated": true,
            "example": { "id": "o1" },
        });
        assert_eq!(Value::Object(created.settings.clone()), settings);
        let schema = Schema::compile(created.schema.as_ref().unwrap()).unwrap();
        assert_eq!(schema.validate(&json!({ "id": 1 }))[0].pointer, "/id");
        // An envelope: the payload's schema, and the name of its type.
        assert_eq!((paid.name.as_str(), &paid.settings["example"]), ("order.paid", &json!({ "id": "o1" })));
        let schema = Schema::compile(paid.schema.as_ref().unwrap()).unwrap();
        assert_eq!(schema.validate(&json!({}))[0].pointer, "/id");
        assert_eq!((ping.name.as_str(), &ping.schema, ping.settings.len()), ("ping", &None, 0));
    }

    #[test]
    fn a_schema_that_recurses_is_bundled_and_refused_when_it_is_compiled() {
        let body = json!({ "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Tree" } } } });
        let document = document(json!({ "tree": { "post": { "requestBody": body } } }));
        let schema = read(&document).unwrap().remove(0).schema.unwrap();
        assert!(Schema::compile(&schema).unwrap_err()[0].detail.contains("lead back"));
    }

    #[test]
    fn a_schema_that_many_webhooks_share_is_not_copied_beyond_its_bound() {
        let body = json!({ "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Large" } } } });
        let webhooks = |count| {
            let all =
                (0..count).map(|n| (format!("w{n}"), json!({ "post": { "requestBody": body.clone() } })));
            let mut document = document(Value::Object(all.collect()));
            document["components"]["schemas"]["Large"] =
                json!({ "description": "x".repeat(MAX_SCHEMA_BYTES) });
            read(&document).unwrap_err()
        };
        let mistakes = webhooks(500);
        assert_eq!(mistakes.len(), MAX_MISTAKES);
        assert_eq!(mistakes[0].pointer, "/webhooks/w0/post/requestBody/content/application~1json/schema");
        assert_eq!(webhooks(501)[0].pointer, "/webhooks");
    }

    #[test]
    fn what_has_no_webhooks_is_refused() {
        for (document, pointer) in [
            (json!({ "openapi": "3.0.3", "webhooks": { "a": {} } }), "/openapi"),
            (json!({ "openapi": "3.1.0", "paths": {} }), "/webhooks"),
            (json!({ "openapi": "3.1.0", "webhooks": { "a": { "get": {} } } }), "/webhooks/a"),
            (json!({ "openapi": "3.1.0", "webhooks": { "a b": { "post": {} } } }), "/webhooks/a b"),
        ] {
            assert_eq!(read(&document).unwrap_err()[0].pointer, pointer, "{document}");
        }
    }
}
