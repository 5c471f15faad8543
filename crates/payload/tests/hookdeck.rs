//! What becomes of a filter that was written for Hookdeck or Outpost?
//! Their cases, each with the filter that says the same here, and the cases in which ours says something else on purpose.
//!
//! The cases are those of Hookdeck's `simple-json-match` (MIT License, Copyright (c) 2024 Hookdeck), which Outpost ported:
//! <https://github.com/hookdeck/simple-json-match>. Each row has the document, their filter (for the reader), ours, and
//! their verdict.

use payload::{Document, Filter};
use serde_json::{Value, json};

type Row = (Value, Value, Value, bool);

fn verdict(document: &Value, filter: &Value) -> bool {
    let filter = Filter::of(filter.clone());
    assert_eq!(filter.mistakes(&["data"]), [], "{}", filter.as_json());
    filter.matches(&Document::new([("data", document.clone())]))
}

fn assert_all(rows: Vec<Row>, differs: bool) {
    for (document, theirs, ours, expected) in rows {
        assert_eq!(verdict(&document, &ours), expected != differs, "{document}: {theirs} as {ours}");
    }
}

#[test]
fn plain_values_and_comparisons_say_the_same() {
    assert_all(
        vec![
            (json!({"type": "created"}), json!({"type": "created"}), json!({"data.type": "created"}), true),
            (json!({}), json!({"type": "created"}), json!({"data.type": "created"}), false),
            (json!({"type": 1}), json!({"type": "created"}), json!({"data.type": "created"}), false),
            (
                json!({"count": 1, "type": "created"}),
                json!({"count": 1, "type": "created"}),
                json!({"data.count": 1, "data.type": "created"}),
                true,
            ),
            (
                json!({"count": 1}),
                json!({"count": 1, "type": "a"}),
                json!({"data.count": 1, "data.type": "a"}),
                false,
            ),
            (json!({"count": 0}), json!({"count": {"$lt": 1}}), json!({"data.count": {"$lt": 1}}), true),
            (json!({"count": 2}), json!({"count": {"$lt": 1}}), json!({"data.count": {"$lt": 1}}), false),
            (json!({"count": 2}), json!({"count": {"$neq": 2}}), json!({"data.count": {"$ne": 2}}), false),
            (
                json!({"count": 2}),
                json!({"count": {"$gt": 1, "$lt": 3}}),
                json!({"data.count": {"$gt": 1, "$lt": 3}}),
                true,
            ),
            (
                json!({"title": "a"}),
                json!({"title": {"$gt": "b"}}),
                json!({"data.title": {"$gt": "b"}}),
                false,
            ),
            (
                json!({"title": "c"}),
                json!({"title": {"$gt": "b"}}),
                json!({"data.title": {"$gt": "b"}}),
                true,
            ),
            (json!(10), json!({"$gte": 5}), json!({"data": {"$gte": 5}}), true),
            (json!({"exist": null}), json!({"exist": null}), json!({"data.exist": null}), true),
            (json!({"exist": null}), json!({"exist": false}), json!({"data.exist": false}), false),
            (
                json!({"exist": null}),
                json!({"exist": {"$neq": null}}),
                json!({"data.exist": {"$ne": null}}),
                false,
            ),
            (
                json!({"test": "some-text"}),
                json!({"test": {"$startsWith": "some"}}),
                json!({"data.test": {"$startsWith": "some"}}),
                true,
            ),
            (
                json!({"test": "some-text"}),
                json!({"test": {"$endsWith": "some"}}),
                json!({"data.test": {"$endsWith": "some"}}),
                false,
            ),
            (
                json!({"test": {"more": true}}),
                json!({"test": {"$startsWith": "text"}}),
                json!({"data.test": {"$startsWith": "text"}}),
                false,
            ),
            (
                json!({"id": 123}),
                json!({"id": {"$in": [123, 456]}}),
                json!({"data.id": {"$in": [123, 456]}}),
                true,
            ),
            (
                json!({"id": 123}),
                json!({"id": {"$nin": [123, 456]}}),
                json!({"data.id": {"$nin": [123, 456]}}),
                false,
            ),
            (
                json!({"test": "some-text"}),
                json!({"test": {"$in": "text"}}),
                json!({"data.test": {"$contains": "text"}}),
                true,
            ),
            (json!(1), json!({"$or": [1, 2]}), json!({"data": {"$in": [1, 2]}}), true),
        ],
        false,
    );
}

#[test]
fn objects_are_paths_and_arrays_are_searched_alike() {
    assert_all(
        vec![
            (
                json!({"type": {"a": "created"}}),
                json!({"type": {"a": "created"}}),
                json!({"data.type.a": "created"}),
                true,
            ),
            (
                json!({"type": {"a": "created"}}),
                json!({"type": {"a": "updated"}}),
                json!({"data.type.a": "updated"}),
                false,
            ),
            (json!({"type": {"a": "created"}}), json!({"type": 1}), json!({"data.type": 1}), false),
            (json!({"test": "text"}), json!({"test": {"a": "text"}}), json!({"data.test.a": "text"}), false),
            (json!({"tags": ["test", "other"]}), json!({"tags": "test"}), json!({"data.tags": "test"}), true),
            (
                json!({"tags": ["test", "other"]}),
                json!({"tags": "nope"}),
                json!({"data.tags": "nope"}),
                false,
            ),
            (
                json!({"items": [{"sku": "test"}]}),
                json!({"items": {"sku": "test"}}),
                json!({"data.items.sku": "test"}),
                true,
            ),
            (
                json!({"items": [{"inventory": 9}, {"inventory": 11}]}),
                json!({"items": {"inventory": {"$lte": 10}}}),
                json!({"data.items.inventory": {"$lte": 10}}),
                true,
            ),
            (
                json!({"items": [{"inventory": 12}, {"inventory": 11}]}),
                json!({"items": {"inventory": {"$lte": 10}}}),
                json!({"data.items.inventory": {"$lte": 10}}),
                false,
            ),
            (
                json!({"tags": ["test", "other", "more"]}),
                json!({"tags": ["test", "other"]}),
                json!({"$and": [{"data.tags": "test"}, {"data.tags": "other"}]}),
                true,
            ),
            (
                json!({"tags": ["test", "other", "more"]}),
                json!({"tags": ["test", "whatever"]}),
                json!({"$and": [{"data.tags": "test"}, {"data.tags": "whatever"}]}),
                false,
            ),
            (
                json!({"tags": ["test", "a"]}),
                json!({"tags": {"$nin": "test"}}),
                json!({"data.tags": {"$ne": "test"}}),
                false,
            ),
            (
                json!({"test": {"a": "else"}}),
                json!({"test": {"$or": [{"a": true}, {"a": {"$in": "else"}}]}}),
                json!({"$or": [{"data.test.a": true}, {"data.test.a": {"$contains": "else"}}]}),
                true,
            ),
        ],
        false,
    );
}

#[test]
fn these_say_something_else_on_purpose() {
    assert_all(
        vec![
            // A missing member is not equal to anything but null: as in MongoDB, $ne and $nin hold.
            (json!({}), json!({"a": {"$neq": 1}}), json!({"data.a": {"$ne": 1}}), false),
            (json!({}), json!({"a": {"$nin": [1]}}), json!({"data.a": {"$nin": [1]}}), false),
            // A missing member is null.
            (json!({}), json!({"a": null}), json!({"data.a": null}), false),
            // No type is converted: their == makes a text a number.
            (json!({"a": "1"}), json!({"a": 1}), json!({"data.a": 1}), true),
            (json!({"a": "10"}), json!({"a": {"$gt": 9}}), json!({"data.a": {"$gt": 9}}), true),
            // Text operators ignore case.
            (
                json!({"a": "Text"}),
                json!({"a": {"$startsWith": "text"}}),
                json!({"data.a": {"$startsWith": "text"}}),
                false,
            ),
            // Operators are asked of each element of an array, not of the array.
            (json!({"a": [1, 5]}), json!({"a": {"$gt": 4}}), json!({"data.a": {"$gt": 4}}), false),
        ],
        true,
    );
    for refused in [
        json!({"data.a": {"$neq": 1}}),
        json!({"data.a": {"$exist": true}}),
        json!({"data.a": {"$ref": "b"}}),
        json!({"data.a": {"$in": "text"}}),
        json!({"data.a": {"b": 1}}),
        json!({"data.a": {"$eq": ["x", "y"]}}),
        json!({"data.a": {"$gt": [1, 2]}}),
    ] {
        assert_eq!(Filter::of(refused.clone()).mistakes(&["data"]).len(), 1, "{refused}");
    }
}
