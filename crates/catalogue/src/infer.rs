//! Which schema do some payloads suggest?
//! Inference: types, members that are always there, and instants. Every payload fits what is inferred from it.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use domain::timestamp::Timestamp;
use serde_json::{Map, Value, json};

/// Below this depth a schema says nothing.
const MAX_LEVELS: usize = 8;
/// An object with more members than that is taken for a map, whose members have no names of their own.
const MAX_MEMBERS: usize = 60;

/// A schema that all of these values fit. It leaves further members open. Each value is let go before the next is asked for.
pub fn infer(values: impl IntoIterator<Item = impl Borrow<Value>>) -> Value {
    let mut shape = Shape::default();
    for value in values {
        shape.see(value.borrow(), 0);
    }
    shape.schema(0)
}

/// What was seen at one place.
#[derive(Debug, Default)]
struct Shape {
    nulls: usize,
    booleans: usize,
    integers: usize,
    numbers: usize,
    texts: usize,
    instants: usize,
    arrays: usize,
    objects: usize,
    items: Option<Box<Shape>>,
    /// Each member with how often it was there.
    members: BTreeMap<String, (usize, Shape)>,
}

impl Shape {
    fn see(&mut self, value: &Value, level: usize) {
        match value {
            Value::Null => self.nulls += 1,
            Value::Bool(_) => self.booleans += 1,
            Value::Number(number) if number.is_i64() || number.is_u64() => self.integers += 1,
            Value::Number(_) => self.numbers += 1,
            Value::String(text) => {
                self.texts += 1;
                self.instants += usize::from(is_instant(text));
            }
            Value::Array(items) => {
                self.arrays += 1;
                if level < MAX_LEVELS {
                    let shape = self.items.get_or_insert_default();
                    items.iter().for_each(|item| shape.see(item, level + 1));
                }
            }
            Value::Object(members) => {
                self.objects += 1;
                for (name, member) in members.iter().filter(|_| level < MAX_LEVELS) {
                    let (count, shape) = self.members.entry(name.clone()).or_default();
                    *count += 1;
                    shape.see(member, level + 1);
                }
            }
        }
    }

    fn schema(&self, level: usize) -> Value {
        let kinds = [
            ("object", self.objects),
            ("array", self.arrays),
            ("string", self.texts),
            ("integer", if self.numbers == 0 { self.integers } else { 0 }),
            ("number", self.numbers),
            ("boolean", self.booleans),
            ("null", self.nulls),
        ];
        let mut kinds: Vec<&str> =
            kinds.into_iter().filter(|(_, count)| *count > 0).map(|(kind, _)| kind).collect();
        let mut schema = Map::new();
        match (kinds.len(), kinds.pop()) {
            (0, _) | (_, None) => return json!({}),
            (1, Some(kind)) => schema.insert("type".to_owned(), kind.into()),
            (_, Some(last)) => {
                kinds.push(last);
                schema.insert("type".to_owned(), kinds.into())
            }
        };
        if self.texts > 0 && self.instants == self.texts {
            schema.insert("format".to_owned(), "date-time".into());
        }
        if let Some(items) = self.items.as_ref().filter(|_| level < MAX_LEVELS) {
            let items = items.schema(level + 1);
            if items != json!({}) {
                schema.insert("items".to_owned(), items);
            }
        }
        if (1..=MAX_MEMBERS).contains(&self.members.len()) {
            let properties =
                self.members.iter().map(|(name, (_, shape))| (name.clone(), shape.schema(level + 1)));
            schema.insert("properties".to_owned(), Value::Object(properties.collect()));
            let always = self.members.iter().filter(|(_, (count, _))| *count == self.objects);
            let required: Vec<&String> = always.map(|(name, _)| name).collect();
            if !required.is_empty() {
                schema.insert("required".to_owned(), json!(required));
            }
        }
        schema.into()
    }
}

/// Whether a text is an instant as most programs write it: `2026-01-05T09:30:00Z`, with or without a fraction.
fn is_instant(text: &str) -> bool {
    let has_separators = text.get(10..11) == Some("T") && text.ends_with('Z') && text.get(4..5) == Some("-");
    // Validators of `date-time` disagree on leap seconds.
    has_separators && text.get(17..19) != Some("60") && Timestamp::parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Schema;
    use proptest::prelude::*;

    #[test]
    fn what_is_always_there_is_required_and_what_differs_is_either() {
        let (one, two) = (
            json!({ "id": "in_1", "amount": 4200, "at": "2026-01-05T09:30:00Z", "items": [{ "sku": "a" }] }),
            json!({ "id": "in_2", "amount": 4.5, "at": "2026-01-05T09:30:00.123Z", "note": null, "items": [] }),
        );
        let expected = json!({
            "type": "object",
            "properties": {
                "id": { "type": "string" },
                "amount": { "type": "number" },
                "at": { "type": "string", "format": "date-time" },
                "note": { "type": "null" },
                "items": {
                    "type": "array",
                    "items": {
                        "type": "object", "properties": { "sku": { "type": "string" } }, "required": ["sku"],
                    },
                },
            },
            "required": ["amount", "at", "id", "items"],
        });
        assert_eq!(infer([&one, &two]), expected);
        assert_eq!(infer([] as [Value; 0]), json!({}));
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[a-z]{0,3}".prop_map(Value::from),
            "20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]Z".prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-d/~]{1,2}", inner, 0..5)
                    .prop_map(|members| members.into_iter().collect::<Value>()),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_payload_fits_what_is_inferred_from_it(values in prop::collection::vec(value(), 1..5)) {
            let inferred = infer(&values);
            let schema = Schema::compile(&inferred).unwrap();
            for value in &values {
                prop_assert_eq!(schema.validate(value), vec![], "{} {}", inferred, value);
            }
        }
    }
}
