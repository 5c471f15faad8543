//! What is added, what changes, what stays?
//! A plan: each proposal beside what the catalogue has. A member that the document leaves out stays as it is.

use std::collections::HashMap;

use domain::catalogue::{EventTypeDescription, EventTypeSettings};
use domain::event::event_type::EventType;
use domain::problem::FieldError;
use serde_json::{Map, Value};

use super::{Proposal, mistake};
use crate::schema::MAX_MISTAKES;
use crate::{Mistake, Schema};

/// What becomes of one event type.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// Its name.
    pub name: EventType,
    /// It as it is; `None` if it is added.
    pub before: Option<EventTypeDescription>,
    /// Its settings afterwards.
    pub settings: EventTypeSettings,
    /// Its schema, if that is new: a next version.
    pub schema: Option<Value>,
}

/// What a plan does with an event type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It is described for the first time.
    Added,
    /// Settings change, or it gets a new version of its schema.
    Changed,
    /// It is as the document says.
    Untouched,
}

impl Planned {
    /// What the plan does with it.
    pub fn effect(&self) -> Effect {
        match &self.before {
            None => Effect::Added,
            Some(before) if before.settings == self.settings && self.schema.is_none() => Effect::Untouched,
            Some(_) => Effect::Changed,
        }
    }
}

/// The plan, in the order of the document. `schemas` are those in force of the types that the catalogue has.
///
/// # Errors
/// What is wrong with schemas, examples and settings, with pointers into the document.
pub fn plan(
    proposals: Vec<Proposal>,
    existing: &HashMap<EventType, EventTypeDescription>,
    schemas: &HashMap<EventType, Value>,
) -> Result<Vec<Planned>, Vec<Mistake>> {
    let (mut planned, mut mistakes) = (Vec::with_capacity(proposals.len()), Vec::new());
    for proposal in proposals {
        if mistakes.len() >= MAX_MISTAKES {
            break;
        }
        let (before, current) = (existing.get(&proposal.name), schemas.get(&proposal.name));
        match one(proposal, before, current) {
            Ok(one) => planned.push(one),
            Err(more) => mistakes.extend(more),
        }
    }
    mistakes.truncate(MAX_MISTAKES);
    if mistakes.is_empty() { Ok(planned) } else { Err(mistakes) }
}

fn one(
    proposal: Proposal,
    before: Option<&EventTypeDescription>,
    current: Option<&Value>,
) -> Result<Planned, Vec<Mistake>> {
    let Proposal { name, settings, schema, at } = proposal;
    let names_example = settings.contains_key("example");
    let settings = merged(before, settings).ok_or_else(|| vec![mistake(&at.whole, "cannot be read")])?;
    let of_setting = |error: FieldError| mistake(&at.of_setting(&error.pointer), error.detail);
    settings.check().map_err(|problem| problem.errors().into_iter().map(of_setting).collect::<Vec<_>>())?;
    let schema = schema.filter(|schema| Some(schema) != current);
    let example_changes = before.is_none_or(|before| before.settings.example != settings.example);
    if (schema.is_some() || example_changes)
        && let Some(in_force) = schema.as_ref().or(current)
    {
        let of_schema = |found: Mistake| mistake(&at.of_schema(&found.pointer), found.detail);
        let compiled = Schema::compile(in_force)
            .map_err(|found| found.into_iter().map(of_schema).collect::<Vec<_>>())?;
        let of_example = |Mistake { pointer, detail }: Mistake| match names_example {
            true => mistake(&at.of_setting(&format!("/example{pointer}")), detail),
            // The document does not have it, so no pointer leads to it.
            false => {
                mistake(&at.schema, format!("does not fit the example that is there: `{pointer}` {detail}"))
            }
        };
        let found = settings.example.iter().flat_map(|example| compiled.validate(example));
        let found: Vec<_> = found.map(of_example).collect();
        if !found.is_empty() {
            return Err(found);
        }
    }
    Ok(Planned { name, before: before.cloned(), settings, schema })
}

/// The settings as they are, with those of the document in their place.
fn merged(before: Option<&EventTypeDescription>, settings: Map<String, Value>) -> Option<EventTypeSettings> {
    let defaults = EventTypeSettings::default();
    let current = before.map_or(&defaults, |before| &before.settings);
    let Value::Object(mut members) = serde_json::to_value(current).ok()? else { return None };
    members.extend(settings);
    serde_json::from_value(members.into()).ok()
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;
    use domain::timestamp::Timestamp;
    use proptest::prelude::*;
    use serde_json::json;

    type Catalogue = (HashMap<EventType, EventTypeDescription>, HashMap<EventType, Value>);

    /// The catalogue after a plan.
    fn applied(planned: &[Planned], (mut types, mut schemas): Catalogue) -> Catalogue {
        let at = Timestamp::from_millis(0);
        for Planned { name, before, settings, schema } in planned.iter().cloned() {
            schemas.extend(schema.clone().map(|schema| (name.clone(), schema)));
            let (described, _) = match before {
                None => EventTypeDescription::new(name.clone(), settings, schema, at),
                Some(before) => before.changed(settings, schema, at).unwrap(),
            };
            types.insert(name, described);
        }
        (types, schemas)
    }

    fn planned(document: &Value, (types, schemas): &Catalogue) -> Result<Vec<Planned>, Vec<Mistake>> {
        plan(read(document)?, types, schemas)
    }

    fn effects(planned: &[Planned]) -> Vec<Effect> {
        planned.iter().map(Planned::effect).collect()
    }

    #[test]
    fn what_a_document_leaves_out_stays_and_a_new_schema_is_a_new_version() {
        let none = Catalogue::default();
        let first = json!({ "event_types": [
            { "name": "a", "title": "A", "hidden": true, "schema": { "type": "object" }, "example": { "n": 1 } },
            { "name": "b" },
        ] });
        let plan = planned(&first, &none).unwrap();
        assert_eq!(effects(&plan), [Effect::Added, Effect::Added]);
        let catalogue = applied(&plan, none);
        assert_eq!(effects(&planned(&first, &catalogue).unwrap()), [Effect::Untouched, Effect::Untouched]);

        let second = json!({ "event_types": [
            { "name": "a", "title": "A", "schema": { "properties": { "n": { "type": "integer" } } } },
            { "name": "b", "title": "B" },
        ] });
        let plan = planned(&second, &catalogue).unwrap();
        assert_eq!(effects(&plan), [Effect::Changed, Effect::Changed]);
        let (types, _) = applied(&plan, catalogue.clone());
        let a = &types[&EventType::parse("a").unwrap()];
        assert_eq!((a.version, a.settings.hidden, &a.settings.title), (2, true, &"A".to_owned()));

        // The example that the catalogue has must fit the new schema.
        let breaks = json!({ "event_types": [{ "name": "a", "schema": { "required": ["m"] } }] });
        let mistake = planned(&breaks, &catalogue).unwrap_err().remove(0);
        assert_eq!(mistake.pointer, "/event_types/0/schema", "the document has no example");
        assert_eq!(mistake.detail, "does not fit the example that is there: `/m` is required");
    }

    #[test]
    fn what_is_wrong_is_named_by_its_place_in_the_document() {
        let document = json!({ "event_types": [
            { "name": "a", "schema": { "type": "text" } },
            { "name": "b", "schema": { "required": ["x"] }, "example": {} },
            { "name": "c", "title": "t".repeat(300) },
        ] });
        let mistakes = planned(&document, &Catalogue::default()).unwrap_err();
        let pointers: Vec<_> = mistakes.iter().map(|mistake| mistake.pointer.as_str()).collect();
        assert_eq!(
            pointers,
            ["/event_types/0/schema/type", "/event_types/1/example/x", "/event_types/2/title"]
        );
    }

    /// Every pointer but those to what is missing leads somewhere in the document that was sent.
    #[test]
    fn what_is_wrong_in_an_openapi_document_is_named_by_its_place_there() {
        let schema = |schema: Value| json!({ "content": { "application/json": { "schema": schema } } });
        let example = |example: Value| json!({ "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Order" }, "example": example } } });
        let long = "x".repeat(3_000);
        for (item, pointer) in [
            (
                json!({ "post": { "requestBody": schema(json!({ "properties": { "x": { "type": "text" } } })) } }),
                "/webhooks/a~1b/post/requestBody/content/application~1json/schema/properties/x/type",
            ),
            (
                json!({ "put": { "requestBody": schema(json!({ "items": { "$ref": "#/components/schemas/Wrong" } })) } }),
                "/components/schemas/Wrong/properties/n/minLength",
            ),
            (
                json!({ "post": { "requestBody": schema(json!({ "$ref": "#/components/schemas/Envelope" })) } }),
                "/components/schemas/Envelope/properties/data/pattern",
            ),
            (
                json!({ "post": { "requestBody": { "$ref": "#/components/requestBodies/Body" } } }),
                "/components/requestBodies/Body/content/application~1vnd.a+json/schema/type",
            ),
            (json!({ "$ref": "#/components/pathItems/item" }), "/components/pathItems/item/summary"),
            (json!({ "post": { "description": long } }), "/webhooks/a~1b/post/description"),
            (json!({ "post": { "tags": [long] } }), "/webhooks/a~1b/post/tags/0"),
            (
                json!({ "post": { "requestBody": example(json!({ "id": 7 })) } }),
                "/webhooks/a~1b/post/requestBody/content/application~1json/example/id",
            ),
            (
                json!({ "post": { "requestBody": { "content": { "application/json": {
                    "schema": { "$ref": "#/components/schemas/Order" },
                    "examples": { "one": { "$ref": "#/components/examples/one" } },
                } } } } }),
                "/components/examples/one/value/id",
            ),
        ] {
            let document = json!({ "openapi": "3.1.0", "webhooks": { "a/b": item }, "components": {
                "schemas": {
                    "Order": { "properties": { "id": { "type": "string" } } },
                    "Wrong": { "properties": { "n": { "minLength": -1 } } },
                    "Envelope": { "properties": { "type": {}, "data": { "pattern": "(" } } },
                },
                "requestBodies": { "Body": { "content": { "application/vnd.a+json": { "schema": { "type": 1 } } } } },
                "pathItems": { "item": { "summary": long, "post": {} } },
                "examples": { "one": { "value": { "id": 1 } } },
            } });
            let mistakes = planned(&document, &Catalogue::default()).unwrap_err();
            assert_eq!(mistakes[0].pointer, pointer, "{mistakes:?}");
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
    }

    proptest! {
        #[test]
        fn an_import_that_is_repeated_changes_nothing(
            rows in prop::collection::btree_map("[a-c]{1,2}", ("[A-B]{0,1}", any::<bool>(), 0u8..3), 0..6),
            before in prop::collection::btree_map("[a-c]{1,2}", ("[A-B]{0,1}", any::<bool>(), 0u8..3), 0..6),
        ) {
            let document = |rows: std::collections::BTreeMap<String, (String, bool, u8)>| {
                let rows = rows.into_iter().map(|(name, (title, hidden, schema))| match schema {
                    0 => json!({ "name": name, "title": title, "hidden": hidden }),
                    n => json!({ "name": name, "title": title, "schema": { "minimum": n } }),
                });
                json!({ "event_types": rows.collect::<Vec<_>>() })
            };
            let (before, document) = (document(before), document(rows));
            let catalogue = Catalogue::default();
            let catalogue = applied(&planned(&before, &catalogue).unwrap(), catalogue);
            let plan = planned(&document, &catalogue).unwrap();
            let after = applied(&plan, catalogue);
            let again = effects(&planned(&document, &after).unwrap());
            prop_assert!(again.iter().all(|effect| *effect == Effect::Untouched), "{again:?}");
        }
    }
}
