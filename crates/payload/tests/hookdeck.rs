//! What becomes of a filter that was written for Hookdeck or Outpost?
//! Their cases, each with the filter that says the same here, and the cases in which ours says something else on purpose.
//!
//! The cases are those of Hookdeck's `simple-json-match` (MIT License, Copyright (c) 2024 Hookdeck), which Outpost ported:
//! <https://github.com/hookdeck/simple-json-match>.

use payload::{Document, Filter};
use serde_json::Value;

/// The document, their filter, ours, and their verdict.
const ALIKE: &str = r#"
{"type": "created"} | {"type": "created"} | {"data.type": "created"} | true
{} | {"type": "created"} | {"data.type": "created"} | false
{"type": 1} | {"type": "created"} | {"data.type": "created"} | false
{"count": 1, "type": "created"} | {"count": 1, "type": "created"} | {"data.count": 1, "data.type": "created"} | true
{"count": 1} | {"count": 1, "type": "a"} | {"data.count": 1, "data.type": "a"} | false
{"count": 0} | {"count": {"$lt": 1}} | {"data.count": {"$lt": 1}} | true
{"count": 2} | {"count": {"$lt": 1}} | {"data.count": {"$lt": 1}} | false
{"count": 2} | {"count": {"$neq": 2}} | {"data.count": {"$ne": 2}} | false
{"count": 2} | {"count": {"$gt": 1, "$lt": 3}} | {"data.count": {"$gt": 1, "$lt": 3}} | true
{"title": "a"} | {"title": {"$gt": "b"}} | {"data.title": {"$gt": "b"}} | false
{"title": "c"} | {"title": {"$gt": "b"}} | {"data.title": {"$gt": "b"}} | true
10 | {"$gte": 5} | {"data": {"$gte": 5}} | true
{"exist": null} | {"exist": null} | {"data.exist": null} | true
{"exist": null} | {"exist": false} | {"data.exist": false} | false
{"exist": null} | {"exist": {"$neq": null}} | {"data.exist": {"$ne": null}} | false
{"test": "some-text"} | {"test": {"$startsWith": "some"}} | {"data.test": {"$startsWith": "some"}} | true
{"test": "some-text"} | {"test": {"$endsWith": "some"}} | {"data.test": {"$endsWith": "some"}} | false
{"test": {"more": true}} | {"test": {"$startsWith": "text"}} | {"data.test": {"$startsWith": "text"}} | false
{"id": 123} | {"id": {"$in": [123, 456]}} | {"data.id": {"$in": [123, 456]}} | true
{"id": 123} | {"id": {"$nin": [123, 456]}} | {"data.id": {"$nin": [123, 456]}} | false
{"test": "some-text"} | {"test": {"$in": "text"}} | {"data.test": {"$contains": "text"}} | true
1 | {"$or": [1, 2]} | {"data": {"$in": [1, 2]}} | true
{"type": {"a": "created"}} | {"type": {"a": "created"}} | {"data.type.a": "created"} | true
{"type": {"a": "created"}} | {"type": {"a": "updated"}} | {"data.type.a": "updated"} | false
{"type": {"a": "created"}} | {"type": 1} | {"data.type": 1} | false
{"test": "text"} | {"test": {"a": "text"}} | {"data.test.a": "text"} | false
{"tags": ["test", "other"]} | {"tags": "test"} | {"data.tags": "test"} | true
{"tags": ["test", "other"]} | {"tags": "nope"} | {"data.tags": "nope"} | false
{"items": [{"sku": "test"}]} | {"items": {"sku": "test"}} | {"data.items.sku": "test"} | true
{"items": [{"inventory": 9}, {"inventory": 11}]} | {"items": {"inventory": {"$lte": 10}}} | {"data.items.inventory": {"$lte": 10}} | true
{"items": [{"inventory": 12}, {"inventory": 11}]} | {"items": {"inventory": {"$lte": 10}}} | {"data.items.inventory": {"$lte": 10}} | false
{"tags": ["test", "other", "more"]} | {"tags": ["test", "other"]} | {"$and": [{"data.tags": "test"}, {"data.tags": "other"}]} | true
{"tags": ["test", "other", "more"]} | {"tags": ["test", "whatever"]} | {"$and": [{"data.tags": "test"}, {"data.tags": "whatever"}]} | false
{"tags": ["test", "a"]} | {"tags": {"$nin": "test"}} | {"data.tags": {"$ne": "test"}} | false
{"test": {"a": "else"}} | {"test": {"$or": [{"a": true}, {"a": {"$in": "else"}}]}} | {"$or": [{"data.test.a": true}, {"data.test.a": {"$contains": "else"}}]} | true
"#;

/// The same, where ours says something else.
const DIFFERENT: &str = r#"
# A missing member is not equal to anything but null: as in MongoDB, $ne and $nin hold.
{} | {"a": {"$neq": 1}} | {"data.a": {"$ne": 1}} | false
{} | {"a": {"$nin": [1]}} | {"data.a": {"$nin": [1]}} | false
# A missing member is null.
{} | {"a": null} | {"data.a": null} | false
# No type is converted: their == makes a text a number.
{"a": "1"} | {"a": 1} | {"data.a": 1} | true
{"a": "10"} | {"a": {"$gt": 9}} | {"data.a": {"$gt": 9}} | true
# Text operators ignore case.
{"a": "Text"} | {"a": {"$startsWith": "text"}} | {"data.a": {"$startsWith": "text"}} | false
# Operators are asked of each element of an array, not of the array.
{"a": [1, 5]} | {"a": {"$gt": 4}} | {"data.a": {"$gt": 4}} | false
"#;

/// What of ours is refused, as it stands in theirs.
const REFUSED: &str = r#"
{"data.a": {"$neq": 1}}
{"data.a": {"$exist": true}}
{"data.a": {"$ref": "b"}}
{"data.a": {"$in": "text"}}
{"data.a": {"b": 1}}
{"data.a": {"$eq": ["x", "y"]}}
{"data.a": {"$gt": [1, 2]}}
"#;

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Their verdict and ours.
fn verdicts(line: &str) -> (bool, bool) {
    let [document, _theirs, ours, verdict] = *line.split(" | ").collect::<Vec<_>>() else { panic!("{line}") };
    let filter = Filter::of(parsed(ours));
    assert_eq!(filter.mistakes(&["data"]), [], "{line}");
    (verdict == "true", filter.matches(&Document::new([("data", parsed(document))])))
}

#[test]
fn their_cases_have_the_same_verdict_here() {
    for line in lines(ALIKE) {
        let (theirs, ours) = verdicts(line);
        assert_eq!(theirs, ours, "{line}");
    }
}

#[test]
fn these_say_something_else_on_purpose() {
    for line in lines(DIFFERENT) {
        let (theirs, ours) = verdicts(line);
        assert_ne!(theirs, ours, "{line}");
    }
}

#[test]
fn what_would_mean_something_else_is_refused() {
    for line in lines(REFUSED) {
        assert_eq!(Filter::of(parsed(line)).mistakes(&["data"]).len(), 1, "{line}");
    }
}
