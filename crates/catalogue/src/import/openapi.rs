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
/// How much of the document all proposals may copy: shared parts are in it once, and in each proposal.
const MAX_COPIED_BYTES: usize = 4 * 1024 * 1024;
/// What references to schemas begin with.
pub(super) const SCHEMAS: &str = "#/components/schemas/";

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
    let mut source = Source { document, room: Some(MAX_COPIED_BYTES) };
    let mut proposals = Vec::with_capacity(webhooks.len());
    for (key, item) in webhooks {
        if mistakes.len() >= MAX_MISTAKES {
            break;
        }
        proposals.extend(source.proposal(key, item, mistakes));
        if source.room.is_none() {
            break;
        }
    }
    proposals
}

/// A part of the document, with its JSON pointer.
#[derive(Debug, Clone)]
struct Part<'a> {
    value: &'a Value,
    at: String,
}

impl<'a> Part<'a> {
    /// A member of it.
    fn member(&self, name: &str) -> Option<Self> {
        let value = self.value.get(name)?;
        Some(Self { value, at: format!("{}/{}", self.at, escaped(name)) })
    }

    /// What a reference leads to; any other part itself, and one that leads to nothing as well.
    fn resolved(mut self, document: &'a Value) -> Self {
        for _ in 0..MAX_HOPS {
            let reference = self.value.get("$ref").and_then(Value::as_str);
            let pointer = reference.and_then(|text| text.strip_prefix('#'));
            let Some((at, value)) = pointer.and_then(|at| Some((at, document.pointer(at)?))) else { break };
            self = Self { value, at: at.to_owned() };
        }
        self
    }
}

/// The document, and how many bytes of it may still be copied, if not more were wanted already.
#[derive(Debug)]
struct Source<'a> {
    document: &'a Value,
    room: Option<usize>,
}

impl<'a> Source<'a> {
    fn proposal(&mut self, key: &str, item: &'a Value, mistakes: &mut Vec<Mistake>) -> Option<Proposal> {
        let whole = format!("/webhooks/{}", escaped(key));
        let item = Part { value: item, at: whole.clone() }.resolved(self.document);
        let Some(operation) = item.member("post").or_else(|| item.member("put")) else {
            mistakes.push(mistake(&whole, "must have the method `post`"));
            return None;
        };
        let media = self.media(&operation);
        let given = media.as_ref().and_then(|media| media.member("schema"));
        let envelope = given.clone().map(|given| given.resolved(self.document));
        let envelope = envelope.filter(|schema| is_envelope(schema.value));
        let constant = envelope.as_ref().and_then(|envelope| type_of(envelope.value));
        let constant = constant.filter(|name| EventType::parse(name).is_ok());
        let name = named(constant.unwrap_or(key), &whole, mistakes)?;

        let payload = |envelope: &Part<'a>| envelope.member("properties")?.member("data");
        let schema = envelope.as_ref().and_then(payload).or(given);
        let example = media.and_then(|media| self.example(&media, envelope.is_some()));
        let mut at = Places { whole, ..Places::default() };
        let copied = self.settings(&item, &operation, example, &mut at).and_then(|settings| {
            let schema = schema.map(|schema| self.bundled(schema, &mut at)).transpose()?;
            Ok((settings, schema))
        });
        match copied {
            Ok((settings, schema)) => Some(Proposal { name, settings, schema, at }),
            Err(too_long) => {
                mistakes.push(too_long);
                None
            }
        }
    }

    /// The request's body as JSON.
    fn media(&self, operation: &Part<'a>) -> Option<Part<'a>> {
        let content = operation.member("requestBody")?.resolved(self.document).member("content")?;
        let mut kinds = content.value.as_object()?.keys();
        content.member(kinds.find(|kind| *kind == "application/json" || kind.ends_with("+json"))?)
    }

    /// The payload's example: the one of a media type, or the first of several.
    fn example(&self, media: &Part<'a>, is_envelope: bool) -> Option<Part<'a>> {
        let first = || {
            let examples = media.member("examples")?;
            let name = examples.value.as_object()?.keys().next()?;
            examples.member(name)?.resolved(self.document).member("value")
        };
        let example = media.member("example").or_else(first)?;
        let payload = if is_envelope { example.member("data") } else { None };
        Some(payload.unwrap_or(example))
    }

    /// The settings that the document has.
    fn settings(
        &mut self,
        item: &Part<'a>,
        operation: &Part<'a>,
        example: Option<Part<'a>>,
        at: &mut Places,
    ) -> Result<Map<String, Value>, Mistake> {
        let text = |part: Option<Part<'a>>| part.filter(|part| part.value.is_string());
        let either = |name| text(operation.member(name).or_else(|| item.member(name)));
        let tags = operation.member("tags");
        let first =
            tags.and_then(|tags| Some(Part { value: tags.value.get(0)?, at: format!("{}/0", tags.at) }));
        let deprecated = operation.member("deprecated").filter(|part| part.value.is_boolean());
        let found = [
            ("title", either("summary")),
            ("description", either("description")),
            ("group", text(first)),
            ("deprecated", deprecated),
            ("example", example),
        ];
        let mut settings = Map::new();
        for (name, part) in found {
            let Some(part) = part else { continue };
            self.take(part.value.to_string().len())?;
            settings.insert(name.to_owned(), part.value.clone());
            at.settings.insert(name, part.at);
        }
        Ok(settings)
    }

    /// A schema that stands alone: the schemas of the document that it refers to are its own definitions.
    fn bundled(&mut self, schema: Part<'a>, at: &mut Places) -> Result<Value, Mistake> {
        let (document, mut room) = (self.document, MAX_SCHEMA_BYTES);
        let mut copied = |part: &Value| {
            let bytes = part.to_string().len();
            let too_long =
                || mistake(&schema.at, "may have at most 64 KiB, with the schemas that it refers to");
            room = room.checked_sub(bytes).ok_or_else(too_long)?;
            self.take(bytes)?;
            Ok(part.clone())
        };
        let mut bundled = copied(schema.value)?;
        let mut wanted = BTreeSet::new();
        renamed(&mut bundled, &mut wanted);
        let mut definitions = Map::new();
        while let Some(name) = wanted.pop_first() {
            if definitions.contains_key(&name) {
                continue;
            }
            if let Some(target) = document.pointer(&format!("{}{name}", &SCHEMAS[1..])) {
                let mut target = copied(target)?;
                renamed(&mut target, &mut wanted);
                definitions.insert(name, target);
            }
        }
        at.definitions = definitions.keys().cloned().collect();
        at.schema = schema.at;
        if let (Value::Object(members), false) = (&mut bundled, definitions.is_empty()) {
            let own = members.entry("$defs").or_insert_with(|| Map::new().into());
            if let Value::Object(own) = own {
                own.extend(definitions);
            }
        }
        Ok(bundled)
    }

    /// Takes room for a copy.
    fn take(&mut self, bytes: usize) -> Result<(), Mistake> {
        self.room = self.room.and_then(|room| room.checked_sub(bytes));
        let too_much = || mistake("/webhooks", "may have at most 4 MiB, each with all that it refers to");
        self.room.map(|_| ()).ok_or_else(too_much)
    }
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

    /// What is in the document once would be in memory five hundred times.
    #[test]
    fn what_many_webhooks_share_is_bounded_in_all() {
        let media = json!({
            "schema": { "$ref": "#/components/schemas/Half" }, "example": { "note": "x".repeat(10_000) },
        });
        let item = json!({ "post": { "requestBody": { "content": { "application/json": media } } } });
        let shared = json!({ "$ref": "#/components/pathItems/all" });
        let webhooks = |count| {
            let mut document = document((0..count).map(|n| (format!("w{n}"), shared.clone())).collect());
            document["components"]["schemas"]["Half"] = json!({ "description": "x".repeat(30_000) });
            document["components"]["pathItems"] = json!({ "all": item });
            read(&document)
        };
        assert_eq!(webhooks(100).unwrap().len(), 100);
        let mistakes = webhooks(110).unwrap_err();
        assert_eq!((mistakes.len(), &*mistakes[0].pointer), (1, "/webhooks"), "{mistakes:?}");
        assert!(mistakes[0].detail.contains("4 MiB"));
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
