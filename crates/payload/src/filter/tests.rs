use serde_json::{Value, json};

use super::*;

const MEMBERS: [&str; 5] = ["type", "id", "timestamp", "channels", "data"];

fn filter(source: Value) -> Filter {
    let filter = Filter::of(source);
    assert_eq!(filter.mistakes(&MEMBERS), []);
    filter
}

fn document(data: Value) -> Document {
    Document::new([
        ("type", json!("ticket.created")),
        ("id", json!("evt_1")),
        ("timestamp", json!("2026-01-05T09:30:00.000Z")),
        ("channels", json!(["eu", "vip"])),
        ("data", data),
    ])
}

fn holds(source: Value, data: Value) -> bool {
    filter(source).matches(&document(data))
}

#[test]
fn each_operator_holds_and_does_not() {
    for (condition, met, unmet) in [
        (json!("gold"), json!("gold"), json!("Gold")),
        (json!({"$eq": 5}), json!(5.0), json!("5")),
        (json!({"$ne": "gold"}), json!("silver"), json!("gold")),
        (json!({"$in": ["a", 1]}), json!(1), json!("1")),
        (json!({"$nin": ["a", 1]}), json!("b"), json!("a")),
        (json!({"$gt": 5}), json!(5.1), json!(5)),
        (json!({"$gte": 5}), json!(5), json!(4.9)),
        (json!({"$lt": "2026-02"}), json!("2026-01-31T00:00:00Z"), json!("2026-02-01T00:00:00Z")),
        (json!({"$lte": 5}), json!(5), json!("4")),
        (json!({"$exists": true}), json!(null), Value::Array(vec![])),
        (json!({"$contains": "refund"}), json!("My REFUND?"), json!("my fund")),
        (json!({"$contains": ["refund", "chargeback"]}), json!("a chargeback"), json!("a charge")),
        (json!({"$startsWith": "re:"}), json!("RE: hello"), json!("hello re:")),
        (json!({"$endsWith": [".pdf", ".doc"]}), json!("A.PDF"), json!("a.pdf.exe")),
        (json!({"$contains": "Refund", "$caseSensitive": true}), json!("Refund"), json!("refund")),
        (
            json!({"$elemMatch": {"sku": "x", "n": {"$gt": 5}}}),
            json!([{"sku": "x", "n": 6}]),
            json!([{"sku": "x"}, {"n": 6}]),
        ),
    ] {
        let of = json!({"data.a": condition});
        assert!(holds(of.clone(), json!({"a": met})), "{of} of {met}");
        if unmet != json!([]) {
            assert!(!holds(of.clone(), json!({"a": unmet})), "{of} of {unmet}");
        }
    }
}

#[test]
fn a_condition_on_an_array_holds_if_it_holds_of_any_element() {
    let data = json!({"tags": ["VIP", "eu"], "items": [{"sku": "a", "n": [1, 9]}, {"sku": "b"}]});
    for met in [
        json!({"data.tags": "eu"}),
        json!({"data.items.sku": "b"}),
        json!({"data.items.0.sku": "a"}),
        json!({"data.items.n": {"$gt": 8}}),
        json!({"data.items.n": {"$gt": 8, "$lt": 2}}),
        json!({"data.tags": {"$contains": "vip"}}),
        json!({"data.tags": {"$startsWith": "v"}}),
        json!({"data.items.sku": {"$contains": "A"}}),
        json!({"channels": {"$in": ["vip", "other"]}}),
        json!({"data.items.n": {"$exists": false}, "data.items.m": {"$exists": false}, "data.tags": "eu", "$nor": [{"data.tags": "x"}]}),
    ] {
        // The last one has a condition that does not hold.
        let expected = !met.as_object().unwrap().contains_key("$nor");
        assert_eq!(holds(met.clone(), data.clone()), expected, "{met}");
    }
    assert!(!holds(json!({"data.items.1.sku": "a"}), data.clone()));
    assert!(!holds(json!({"data.tags": {"$ne": "eu"}}), data.clone()), "no element may be it");
    assert!(
        !holds(json!({"data.tags": {"$contains": "VI"}}), data),
        "an array contains elements, not parts of them"
    );
}

#[test]
fn a_missing_member_is_null_as_in_mongodb() {
    let empty = json!({});
    assert!(holds(json!({"data.a": {"$ne": "x"}}), empty.clone()));
    assert!(holds(json!({"data.a": {"$nin": ["x"]}}), empty.clone()));
    assert!(holds(json!({"data.a": null}), empty.clone()));
    assert!(holds(json!({"data.a": {"$in": [null, 1]}}), empty.clone()));
    assert!(!holds(json!({"data.a": {"$ne": null}}), empty.clone()));
    assert!(holds(json!({"data.a": {"$exists": false}}), empty.clone()));
    assert!(!holds(json!({"data.a.b": {"$exists": true}}), json!({"a": 5})));
    assert!(!holds(json!({"data.a": {"$gt": 0}}), empty.clone()));
    assert!(!holds(json!({"data.a": {"$contains": "x"}}), empty));
    assert!(holds(json!({"data.a": {"$exists": true, "$eq": null}}), json!({"a": null})));
}

#[test]
fn groups_hold_as_they_say() {
    let (yes, no) = (json!({"data.a": 1}), json!({"data.a": 2}));
    let data = json!({"a": 1});
    for (group, expected) in [
        (json!({}), true),
        (json!({"$and": [yes, no]}), false),
        (json!({"$and": [yes, yes]}), true),
        (json!({"$or": [yes, no]}), true),
        (json!({"$or": [no, no]}), false),
        (json!({"$nor": [yes, no]}), false),
        (json!({"$nor": [no, no]}), true),
        (json!({"$or": [no, {"$nor": [no]}], "data.a": {"$gte": 1}}), true),
    ] {
        assert_eq!(holds(group.clone(), data.clone()), expected, "{group}");
    }
}

#[test]
fn the_canonical_form_has_one_condition_an_object() {
    for (source, canonical) in [
        (json!({}), json!({})),
        (json!({"data.a": "x"}), json!({"data.a": {"$eq": "x"}})),
        (
            json!({"data.b": 1, "data.a": {"$gt": 1, "$lt": 5}}),
            json!({"$and": [{"data.a": {"$gt": 1}}, {"data.a": {"$lt": 5}}, {"data.b": {"$eq": 1}}]}),
        ),
        (
            json!({"$and": [{"data.a": 1}], "data.b": 2}),
            json!({"$and": [{"data.a": {"$eq": 1}}, {"data.b": {"$eq": 2}}]}),
        ),
        (
            json!({"$or": [{"data.a": 1, "data.b": 2}, {"data.c": {"$contains": ["x"], "$endsWith": "Y", "$caseSensitive": false}}]}),
            json!({"$or": [
                {"$and": [{"data.a": {"$eq": 1}}, {"data.b": {"$eq": 2}}]},
                {"$and": [{"data.c": {"$contains": ["x"]}}, {"data.c": {"$endsWith": "Y"}}]},
            ]}),
        ),
        (
            json!({"data.c": {"$contains": "X", "$caseSensitive": true}}),
            json!({"data.c": {"$contains": "X", "$caseSensitive": true}}),
        ),
        (
            json!({"data.items": {"$elemMatch": {"sku": "x", "n": {"$gt": 5}}}}),
            json!({"data.items": {"$elemMatch": {"$and": [{"n": {"$gt": 5}}, {"sku": {"$eq": "x"}}]}}}),
        ),
    ] {
        assert_eq!(filter(source.clone()).as_json(), &canonical, "{source}");
        assert_eq!(filter(canonical.clone()).as_json(), &canonical, "{canonical}");
    }
}

/// The one mistake of the filter, where it is and what its detail has.
fn assert_refused(source: &Value, pointer: &str, detail: &str) {
    let mistakes = Filter::of(source.clone()).mistakes(&MEMBERS);
    let [mistake] = mistakes.as_slice() else { panic!("{source}: {mistakes:?}") };
    assert_eq!(mistake.pointer, pointer, "{source}");
    assert!(mistake.detail.contains(detail), "{source}: {}", mistake.detail);
    let verb = mistake.detail.split(' ').next();
    assert!(matches!(verb, Some("must" | "is")), "{source}: {}", mistake.detail);
}

#[test]
fn each_operator_that_is_not_offered_says_what_to_write_instead() {
    for (source, pointer, detail) in [
        (json!([]), "", "must be an object of conditions"),
        (json!({"data.a": {"$neq": 1}}), "/data.a/$neq", "did you mean $ne?"),
        (json!({"data.a": {"$exist": true}}), "/data.a/$exist", "did you mean $exists?"),
        (json!({"data.a": {"$startswith": "x"}}), "/data.a/$startswith", "did you mean $startsWith?"),
        (json!({"data.a": {"$regex": "^x"}}), "/data.a/$regex", "use $contains, $startsWith or $endsWith"),
        (json!({"data.a": {"$not": {"$gt": 1}}}), "/data.a/$not", r#"{"$nor": [...]}"#),
        (json!({"data.a": {"$all": [1]}}), "/data.a/$all", "one condition for each value"),
        (json!({"data.a": {"$size": 2}}), "/data.a/$size", "$exists"),
        (json!({"data.a": {"$or": [{"$eq": 1}]}}), "/data.a/$or", "must stand around conditions"),
        (json!({"$where": "1"}), "/$where", "runs no code"),
        (json!({"$not": {"data.a": 1}}), "/$not", "$nor"),
        (json!({"$andd": []}), "/$andd", "did you mean $and?"),
        (json!({"$gt": 5}), "/$gt", r#"must stand after a path, such as {"data.tier": {"$gt": ...}}"#),
        (json!({"$and": {"data.a": 1}}), "/$and", "must be an array of conditions"),
        (json!({"$or": []}), "/$or", "must hold at least one condition"),
        (json!({"$or": [{}]}), "/$or/0", "must be an object with a condition"),
    ] {
        assert_refused(&source, pointer, detail);
    }
}

#[test]
fn each_value_and_path_that_does_not_fit_says_what_to_write_instead() {
    for (source, pointer, detail) in [
        (json!({"data.c": {"tier": "gold"}}), "/data.c", r#"{"data.c.tier": "gold"}"#),
        (json!({"data.c": {"tier": "gold"}}), "/data.c", r#"{"$and": [{"data.c.tier": "gold"}, ...]}"#),
        (json!({"data.c": {"gt": 100}}), "/data.c", r#"did you mean {"data.c": {"$gt": 100}}?"#),
        (json!({"data.c": {}}), "/data.c", "write the whole path"),
        (json!({"data.c": {"$eq": {"tier": "gold"}}}), "/data.c/$eq", "not an object"),
        (json!({"data.c": ["a", "b"]}), "/data.c", r#"{"data.c": {"$in": [...]}}"#),
        (json!({"data.c": []}), "/data.c", r#"{"data.c.0": {"$exists": false}}"#),
        (json!({"data.c": {"tier": 1, "$gt": 5}}), "/data.c/tier", "write the whole path, data.c.tier"),
        (json!({"data.a": {"$gt": null}}), "/data.a/$gt", r#"{"$ne": null}"#),
        (json!({"data.a": {"$lt": true}}), "/data.a/$lt", "true and false have no order"),
        (json!({"data.a": {"$in": "gold"}}), "/data.a/$in", "must be an array of values"),
        (json!({"data.a": {"$in": []}}), "/data.a/$in", "1 to 100"),
        (json!({"data.a": {"$in": [1, [2]]}}), "/data.a/$in/1", "must be a text, a number"),
        (json!({"data.a": {"$exists": "true"}}), "/data.a/$exists", "must be true or false"),
        (json!({"data.a": {"$contains": ""}}), "/data.a/$contains", r#"{"$exists": true}"#),
        (json!({"data.a": {"$contains": 5}}), "/data.a/$contains", r#"{"data.codes": 5}"#),
        (json!({"data.a": {"$startsWith": ["x", null]}}), "/data.a/$startsWith/1", "must be a text"),
        (
            json!({"data.a": {"$eq": 1, "$caseSensitive": true}}),
            "/data.a/$caseSensitive",
            "must stand beside",
        ),
        (
            json!({"data.a": {"$contains": "x", "$caseSensitive": 1}}),
            "/data.a/$caseSensitive",
            "must be true or false",
        ),
        (json!({"data.a": {"$elemMatch": {"$gt": 1}}}), "/data.a/$elemMatch", "compared without $elemMatch"),
        (json!({"data.a": {"$elemMatch": {}}}), "/data.a/$elemMatch", "must have a condition"),
        (
            json!({"data.a": {"$elemMatch": {"b": {"$gt": null}}}}),
            "/data.a/$elemMatch/b/$gt",
            "must be a number",
        ),
        (json!({"tier": "gold"}), "/tier", "did you mean data.tier?"),
        (json!({"typ": "x"}), "/typ", "did you mean type?"),
        (json!({"dta.tier": "x"}), "/dta.tier", "did you mean data.tier?"),
        (json!({"$or": [{"a/b~c": 1}]}), "/$or/0/a~1b~0c", "did you mean data.a/b~c?"),
        (json!({"$.data.a": 1}), "/$.data.a", "write data.a"),
        (json!({"data.items[0].sku": 1}), "/data.items[0].sku", "write data.items.0.sku"),
    ] {
        assert_refused(&source, pointer, detail);
    }
}

#[test]
fn bounds_are_kept() {
    let conditions = |number: usize| json!({"$or": vec![json!({"data.a": 1}); number]});
    let nested = |depth: usize| (0..depth).fold(json!({"data.a": 1}), |inner, _| json!({"$or": [inner]}));
    let refused = |source: Value| !Filter::of(source).mistakes(&MEMBERS).is_empty();
    assert!(!refused(conditions(50)));
    assert!(refused(conditions(51)));
    assert!(!refused(nested(5)));
    assert!(refused(nested(6)));
    assert!(refused(json!({"$or": [nested(4)], "$nor": [nested(4)]})), "implied groups count");
    assert!(!refused(json!({"data.a": {"$in": vec![1; 100]}})));
    assert!(refused(json!({"data.a": {"$in": vec![1; 101]}})));
    assert!(!refused(json!({"data.a": {"$contains": vec!["x"; 20]}})));
    assert!(refused(json!({"data.a": {"$contains": vec!["x"; 21]}})));
    assert!(!refused(json!({"data.a": "x".repeat(8_100)})));
    assert!(refused(json!({"data.a": "x".repeat(8_200)})));
    assert!(refused(json!({"data.a": "x".repeat(8_175)})), "with $eq written out it is too long");
}

#[test]
fn a_filter_with_mistakes_is_met_by_none_and_written_as_it_was() {
    let source = json!({"data.a": {"$neq": 1}});
    let wrong = Filter::of(source.clone());
    assert!(!wrong.matches(&document(json!({}))));
    assert_eq!(wrong.explain(&document(json!({}))), []);
    assert_eq!(serde_json::to_value(&wrong).unwrap(), source);
}

#[test]
fn a_finding_says_why_a_condition_does_not_hold() {
    use Reason::{Different, Missing, NotInList, OutOfRange, Present, TextAbsent, WrongType};
    let data =
        json!({"a": "x", "n": 5, "list": ["p", "q"], "items": [{"sku": 1}], "empty": [], "nothing": null});
    for (condition, held, reason, found) in [
        (json!({"data.a": "x"}), true, None, json!(["x"])),
        (json!({"data.a": "y"}), false, Some(Different), json!(["x"])),
        (json!({"data.a": 1}), false, Some(WrongType), json!(["x"])),
        (json!({"data.z": 1}), false, Some(Missing), json!([])),
        (json!({"data.z": null}), true, Some(Missing), json!([])),
        (json!({"data.z": {"$ne": 1}}), true, Some(Missing), json!([])),
        (json!({"data.z": {"$ne": null}}), false, Some(Missing), json!([])),
        (json!({"data.a": {"$ne": "x"}}), false, Some(Present), json!(["x"])),
        (json!({"data.a": {"$in": ["y", "z"]}}), false, Some(NotInList), json!(["x"])),
        (json!({"data.a": {"$nin": ["x"]}}), false, Some(Present), json!(["x"])),
        (json!({"data.n": {"$gt": 5}}), false, Some(OutOfRange), json!([5])),
        (json!({"data.n": {"$gt": "5"}}), false, Some(WrongType), json!([5])),
        (json!({"data.list": {"$contains": "z"}}), false, Some(TextAbsent), json!(["p", "q"])),
        (json!({"data.n": {"$contains": "5"}}), false, Some(WrongType), json!([5])),
        (json!({"data.nothing": {"$exists": true}}), true, None, json!([null])),
        (json!({"data.a": {"$exists": false}}), false, Some(Present), json!(["x"])),
        (json!({"data.z": {"$exists": false}}), true, Some(Missing), json!([])),
        (json!({"data.items": {"$elemMatch": {"sku": 2}}}), false, Some(Different), json!([{"sku": 1}])),
        (json!({"data.empty": {"$elemMatch": {"sku": 2}}}), false, Some(Different), json!([[]])),
        (json!({"data.list": {"$elemMatch": {"sku": 2}}}), false, Some(WrongType), json!(["p", "q"])),
    ] {
        let findings = filter(condition.clone()).explain(&document(data.clone()));
        let [finding] = findings.as_slice() else { panic!("{condition}: {findings:?}") };
        assert_eq!((finding.held, finding.reason), (held, reason), "{condition}");
        assert_eq!(json!(finding.found), found, "{condition}");
    }
}

#[test]
fn findings_point_into_the_canonical_filter_and_show_little() {
    let long = json!({"text": "ä".repeat(300), "list": vec![json!("e".repeat(190)); 50], "many": [1, 2, 3, 4, 5, 6, 7]});
    let filter = filter(
        json!({"data.text": "x", "$or": [{"data.list.0": "x"}, {"data.many": 0}], "data": {"$ne": 1}}),
    );
    let findings = filter.explain(&document(long));
    let pointers: Vec<_> = findings.iter().map(|finding| finding.pointer.as_str()).collect();
    assert_eq!(pointers, ["/$and/0/$or/0", "/$and/0/$or/1", "/$and/1", "/$and/2"]);
    for pointer in pointers {
        assert!(filter.as_json().pointer(pointer).is_some_and(Value::is_object), "{pointer}");
    }
    assert_eq!(json!(findings[1].found), json!([1, 2, 3, 4, 5]));
    assert_eq!(json!(findings[2].found), json!(["an object of 3 members"]));
    assert_eq!(json!(findings[3].found), json!([format!("{}…", "ä".repeat(200))]));
}
