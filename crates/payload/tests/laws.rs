//! What holds of every filter, every template and every document?
//! Laws, as property tests.

use std::collections::HashMap;

use payload::template::{Escape, MAX_OUTPUT};
use payload::{Document, Filter, Template};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const MEMBERS: [&str; 2] = ["type", "data"];

fn document(data: Value) -> Document {
    Document::new([("type", json!("a.b")), ("data", data)])
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "0", "A.b", "é"]).prop_map(str::to_owned)
}

fn plain() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        (-2_i64..3).prop_map(Value::from),
        prop::sample::select(vec![0.0, 1.0, 1.5, -1e300]).prop_map(Value::from),
        prop::sample::select(vec!["", "a", "A", "ab", "Éa", "2026-01-05"]).prop_map(Value::from),
    ]
}

fn data() -> impl Strategy<Value = Value> {
    plain().prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(name(), inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec(name(), 0..4).prop_map(|names| {
        let names = names.into_iter().map(|name| name.replace('.', "\\."));
        std::iter::once("data".to_owned()).chain(names).collect::<Vec<_>>().join(".")
    })
}

fn test() -> impl Strategy<Value = Value> {
    let ordered = prop_oneof![(-2_i64..3).prop_map(Value::from), Just(json!(0.5)), Just(json!("a"))];
    let text = prop_oneof![Just(json!("a")), Just(json!(["B", "é"]))];
    prop_oneof![
        plain(),
        (prop::sample::select(vec!["$eq", "$ne"]), plain()).prop_map(|(name, value)| json!({ name: value })),
        (prop::sample::select(vec!["$in", "$nin"]), prop::collection::vec(plain(), 1..4))
            .prop_map(|(name, values)| json!({ name: values })),
        (prop::sample::select(vec!["$gt", "$gte", "$lt", "$lte"]), ordered)
            .prop_map(|(name, value)| json!({ name: value })),
        any::<bool>().prop_map(|wanted| json!({ "$exists": wanted })),
        (prop::sample::select(vec!["$contains", "$startsWith", "$endsWith"]), text, any::<bool>())
            .prop_map(|(name, value, case)| json!({ name: value, "$caseSensitive": case })),
        (name(), plain())
            .prop_map(|(name, value)| json!({ "$elemMatch": { name.replace('.', "\\."): value } })),
        ((-2_i64..3), (-2_i64..3)).prop_map(|(low, high)| json!({ "$gte": low, "$lte": high })),
    ]
}

fn condition() -> impl Strategy<Value = Value> {
    (path(), test()).prop_map(|(path, test)| json!({ path: test }))
}

/// A filter without mistakes.
fn filter() -> impl Strategy<Value = Value> {
    let several = prop::collection::hash_map(path(), test(), 1..3)
        .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>()));
    let groups = prop_oneof![condition(), several].prop_recursive(3, 12, 3, |inner| {
        (
            prop::sample::select(vec!["$and", "$or", "$nor"]),
            prop::collection::vec(inner, 1..3),
            path(),
            test(),
            any::<bool>(),
        )
            .prop_map(|(group, inner, path, test, beside)| {
                if beside { json!({ group: inner, path: test }) } else { json!({ group: inner }) }
            })
    });
    groups.prop_filter("within the bound of depth", |filter| {
        Filter::of(filter.clone()).mistakes(&MEMBERS).is_empty()
    })
}

/// JSON that may or may not be a filter.
fn any_json() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        prop::sample::select(vec![
            "$and",
            "$or",
            "$nor",
            "$not",
            "$eq",
            "$neq",
            "$in",
            "$gt",
            "$exists",
            "$contains",
            "$caseSensitive",
            "$elemMatch",
            "$regex",
            "data",
            "data.a",
            "data.a[0]",
            "$.data",
            "/data/a",
            "data..a",
            "\\",
            "type",
            "",
        ])
        .prop_map(str::to_owned),
        ".{0,12}",
    ];
    plain().prop_recursive(8, 48, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(word.clone(), inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// What a canonical filter says if its conditions hold as they were found to.
fn verdict(filter: &Value, pointer: &str, held: &HashMap<String, bool>) -> bool {
    let (name, value) = filter
        .as_object()
        .and_then(|members| members.iter().next())
        .map_or(("$and", &Value::Null), |(name, value)| (name, value));
    let each = |place: usize, node: &Value| verdict(node, &format!("{pointer}/{name}/{place}"), held);
    let nodes = value.as_array().map_or(&[] as &[Value], Vec::as_slice);
    let mut verdicts = nodes.iter().enumerate().map(|(place, node)| each(place, node));
    match name {
        "$and" => verdicts.all(|held| held),
        "$or" => verdicts.any(|held| held),
        "$nor" => !verdicts.any(|held| held),
        _ => held[pointer],
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_canonical_filter_reads_back_byte_equal_and_keeps_the_verdict(source in filter(), data in data()) {
        let filter = Filter::of(source.clone());
        prop_assert_eq!(filter.mistakes(&MEMBERS), [], "{}", source);
        let written = serde_json::to_string(&filter).unwrap();
        let again: Filter = serde_json::from_str(&written).unwrap();
        prop_assert_eq!(again.mistakes(&MEMBERS), []);
        prop_assert_eq!(serde_json::to_string(&again).unwrap(), written);
        prop_assert_eq!(again.matches(&document(data.clone())), filter.matches(&document(data)));
    }

    #[test]
    fn the_verdict_follows_from_what_is_explained(source in filter(), data in data()) {
        let filter = Filter::of(source);
        let document = document(data);
        let findings = filter.explain(&document);
        let held: HashMap<String, bool> = findings.iter().map(|finding| (finding.pointer.clone(), finding.held)).collect();
        prop_assert_eq!(held.len(), findings.len(), "each condition has a pointer of its own");
        prop_assert_eq!(verdict(filter.as_json(), "", &held), filter.matches(&document));
        for finding in findings {
            prop_assert!(finding.found.len() <= payload::filter::MAX_FOUND);
            prop_assert!(finding.held || finding.reason.is_some(), "{:?}", finding);
        }
    }

    #[test]
    fn nor_is_not_or_and_ne_is_not_eq(source in condition(), path in path(), value in plain(), data in data()) {
        let document = document(data);
        let matches = |filter: Value| Filter::of(filter).matches(&document);
        prop_assert_eq!(matches(json!({ "$nor": [source.clone()] })), !matches(json!({ "$or": [source] })));
        prop_assert_eq!(matches(json!({ &path: { "$ne": value.clone() } })), !matches(json!({ &path: value.clone() })));
        let either = matches(json!({ &path: value.clone() })) || matches(json!({ &path: "a" }));
        prop_assert_eq!(matches(json!({ &path: { "$in": [value, "a"] } })), either);
    }

    #[test]
    fn any_json_is_judged_without_a_panic_and_a_mistake_points_into_it(source in any_json(), data in data()) {
        let filter = Filter::of(source.clone());
        let mistakes = filter.mistakes(&MEMBERS);
        for mistake in &mistakes {
            prop_assert!(source.pointer(&mistake.pointer).is_some(), "{} of {}", mistake.pointer, source);
            prop_assert!(mistake.detail.starts_with("must ") || mistake.detail.starts_with("is "), "{}", mistake.detail);
        }
        let document = document(data);
        let met = filter.matches(&document);
        let explained = filter.explain(&document);
        if !mistakes.is_empty() && explained.is_empty() && source != json!({}) {
            prop_assert!(!met);
        }
        if mistakes.is_empty() {
            let canonical = Filter::of(filter.as_json().clone());
            prop_assert_eq!(canonical.mistakes(&MEMBERS), []);
            prop_assert_eq!(canonical.as_json(), filter.as_json());
        }
    }

    #[test]
    fn a_template_makes_valid_json_and_always_the_same(source in any_template(), data in data(), slack in any::<bool>()) {
        let escape = if slack { Escape::Slack } else { Escape::None };
        let template = Template::of(source.clone());
        for mistake in template.mistakes() {
            prop_assert!(source.pointer(&mistake.pointer).is_some(), "{} of {}", mistake.pointer, source);
        }
        let document = document(data);
        let made = template.render(&document, escape);
        prop_assert_eq!(&made, &template.render(&document, escape));
        if let Ok(made) = made {
            prop_assert!(made.json.len() <= MAX_OUTPUT);
            let json: Value = serde_json::from_str(&made.json).unwrap();
            prop_assert!(is_alike(&source, &json), "{} {}", source, json);
            for pointer in made.undefined {
                prop_assert!(source.pointer(&pointer).is_some_and(Value::is_string));
            }
        }
        let written = serde_json::to_string(&template).unwrap();
        prop_assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), source);
    }

    #[test]
    fn a_value_goes_through_a_template_unchanged(data in data(), text in ".{0,40}", integer in any::<i64>(), more in any::<u64>(), float in any::<f64>()) {
        let data = json!({ "data": data, "text": text, "integer": integer, "more": more, "float": if float.is_finite() { float } else { 0.0 } });
        let made = Template::of(json!("{{ data }}")).render(&document(data.clone()), Escape::None).unwrap();
        prop_assert_eq!(made.json, data.to_string());
        let made = Template::of(json!("<{{ data.text }}>")).render(&document(data), Escape::None).unwrap();
        prop_assert_eq!(serde_json::from_str::<String>(&made.json).unwrap(), format!("<{text}>"));
    }

    #[test]
    fn no_text_of_a_document_reaches_slack_unescaped(data in data(), text in "[<>&!a-c]{0,12}") {
        let data = json!({ "a": text, "b": [data, text], "c": { "d": text } });
        for template in ["{{ data.a }}", "x {{ data.a }}", "{{ data.b }}", "x {{ data }}", "{{ data.a | slack_escape | upper }}",
            "{{ (data.a | slack_escape) ~ data.a }}", "{{ data.b | last | title }}", "{{ [data.a] | join }}", "{{ data.c | tojson }}",
            "{{ data.a | slack_escape | replace('&lt;', '<') }}", "{{ data.c }}", "x {{ data.c }}"] {
            // Objects are refused, unless they are put into a text.
            let made = Template::of(json!(template)).render(&document(data.clone()), Escape::Slack);
            prop_assert!(made.is_ok() || template.starts_with("{{ data."), "{}", template);
            let json = made.map(|made| made.json).unwrap_or_default();
            prop_assert!(!json.contains(['<', '>']), "{}: {}", template, json);
        }
    }
}

/// Expressions and text in any order, most of them right.
fn any_template() -> impl Strategy<Value = Value> {
    let expression = prop_oneof![
        prop::sample::select(vec![
            "data",
            "data.a",
            "data.b.a",
            "data.a | default('x')",
            "data.a | upper",
            "data | tojson",
            "data.a ~ data.b",
            "data.a + 1",
            "type | title",
            "data.a | join(',')",
            "data.a | sort | first",
            "data.a | date",
            "data[0]",
            "data.a if data.b else 1",
            "data.a | currency('EUR')",
            "data | length",
            "'}}'",
            "data.a | map(attribute='b')",
        ])
        .prop_map(|expression| format!("{{{{ {expression} }}}}")),
        "\\{\\{[ a-z.|()'\\[\\]0-9+*~-]{0,16}\\}\\}",
        "[a-z\"\\\\{}%# \n]{0,8}",
    ];
    let text = prop::collection::vec(expression, 0..3).prop_map(|parts| Value::from(parts.concat()));
    prop_oneof![3 => text, 1 => plain()].prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::hash_map(name(), inner, 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Whether the JSON has the template's form: the same names, as many elements, and what is no text as it was.
fn is_alike(template: &Value, json: &Value) -> bool {
    match (template, json) {
        (Value::String(_), _) => true,
        (Value::Array(template), Value::Array(json)) => {
            template.len() == json.len()
                && template.iter().zip(json).all(|(template, json)| is_alike(template, json))
        }
        (Value::Object(template), Value::Object(json)) => {
            template.len() == json.len()
                && template
                    .iter()
                    .all(|(name, template)| json.get(name).is_some_and(|json| is_alike(template, json)))
        }
        (template, json) => template == json,
    }
}
