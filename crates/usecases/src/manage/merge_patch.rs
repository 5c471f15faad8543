//! How does `PATCH` change a document?
//! JSON Merge Patch (RFC 7396): an object is merged, `null` removes, any other value replaces.

use serde_json::{Map, Value};

/// Members that hold JSON of their own kind, in which `null` means something. They are replaced as they are.
const VERBATIM: [&str; 3] = ["filter", "template", "if"];

/// Merges `patch` into `target`. The members named in `whole`, at any depth, are replaced as a whole, because their parts
/// exclude each other.
pub fn merge(target: &mut Map<String, Value>, patch: Map<String, Value>, whole: &[&str]) {
    for (name, value) in patch {
        match (target.get_mut(&name), value) {
            (_, Value::Null) => {
                target.remove(&name);
            }
            (_, value) if VERBATIM.contains(&name.as_str()) => {
                target.insert(name, value);
            }
            (Some(Value::Object(old)), Value::Object(new)) if !whole.contains(&name.as_str()) => {
                merge(old, new, whole);
            }
            (_, value) => {
                target.insert(name, without_nulls(value));
            }
        }
    }
}

/// RFC 7396 merges a new object into an empty one, so its nulls vanish too.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut object = Map::new();
            merge(&mut object, members, &[]);
            Value::Object(object)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn merged(target: Value, patch: Value) -> Value {
        match (target, patch) {
            (Value::Object(mut target), Value::Object(patch)) => {
                merge(&mut target, patch, &["retry"]);
                Value::Object(target)
            }
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn a_filter_and_a_template_are_replaced_with_their_nulls() {
        let old = json!({ "filter": { "data.a": 1 }, "template": { "a": 1, "b": 2 } });
        let new = json!({ "filter": { "data.b": { "$eq": null } }, "template": { "a": null } });
        assert_eq!(merged(old.clone(), new.clone()), new);
        assert_eq!(merged(old, json!({ "filter": null, "template": null })), json!({}));
    }

    /// The object cases of the table in RFC 7396, appendix A.
    #[test]
    fn the_rfcs_examples_come_out_as_printed() {
        for (target, patch, result) in [
            (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
            (json!({"a":"b"}), json!({"a":null}), json!({})),
            (json!({"a":"b","b":"c"}), json!({"a":null}), json!({"b":"c"})),
            (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"c"}), json!({"a":["b"]}), json!({"a":["b"]})),
            (json!({"a":{"b":"c"}}), json!({"a":{"b":"d","c":null}}), json!({"a":{"b":"d"}})),
            (json!({"a":[{"b":"c"}]}), json!({"a":[1]}), json!({"a":[1]})),
            (json!({"e":null}), json!({"a":1}), json!({"e":null,"a":1})),
            (json!({}), json!({"a":{"bb":{"ccc":null}}}), json!({"a":{"bb":{}}})),
        ] {
            assert_eq!(merged(target, patch), result);
        }
    }

    #[test]
    fn members_whose_parts_exclude_each_other_are_replaced_whole() {
        let target = json!({"retry":{"preset":"default"}});
        let patch = json!({"retry":{"schedule_seconds":[1]}});
        assert_eq!(merged(target.clone(), patch.clone()), json!({"retry":{"schedule_seconds":[1]}}));
        let within = |settings| json!({"endpoint_defaults":settings});
        let replaced = within(json!({"retry":{"schedule_seconds":[1]}}));
        assert_eq!(merged(within(target), within(patch)), replaced);
    }
}
