//! How is a JSON body read?
//! Strictly: what is not JSON is 400, and a member that is unknown, missing or of the wrong kind is 422 with a JSON
//! pointer (RFC 6901) to it.

use domain::problem::Problem;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use crate::serde_words::{Said, understand};

/// Reads a whole body, or an event of one: an object, whatever `T` would take besides.
///
/// # Errors
/// [`Problem`] says what is wrong and where.
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // serde takes an array for a struct, member by member.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        serde_json::from_slice::<IgnoredAny>(bytes).map_err(|error| malformed(&error))?;
        return Err(Problem::invalid("", "must be an object"));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| problem(&error.path().clone(), &error.into_inner()))?;
    deserializer.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

/// Reads a value that is JSON already.
///
/// # Errors
/// [`Problem`] says what is wrong and where.
pub fn parse_value<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value)
        .map_err(|error| problem(&error.path().clone(), &error.into_inner()))
}

fn problem(path: &Path, error: &serde_json::Error) -> Problem {
    use serde_json::error::Category;
    if matches!(error.classify(), Category::Syntax | Category::Eof | Category::Io) {
        return malformed(error);
    }
    let pointer = pointer(path);
    match understand(&error.to_string()) {
        Said::UnknownField(field) => {
            // The path leads to the member where its name was read, to its parent where a visitor refused it.
            let at_it = pointer.ends_with(&format!("/{}", escape(field)));
            let pointer = if at_it { pointer } else { child(&pointer, field) };
            Problem::UnknownField { pointer, field: field.to_owned() }
        }
        Said::MissingField(field) => Problem::invalid(child(&pointer, field), "is required"),
        Said::Unfit(detail) => Problem::invalid(pointer, detail),
        Said::Own(detail) => Problem::invalid(pointer, detail),
    }
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::MalformedJson(error.to_string())
}

fn pointer(path: &Path) -> String {
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", escape(key)),
            Segment::Enum { variant } => format!("/{}", escape(variant)),
            Segment::Unknown => String::new(),
        })
        .collect()
}

fn child(pointer: &str, field: &str) -> String {
    format!("{pointer}/{}", escape(field))
}

fn escape(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::endpoint::EndpointSettings;
    use domain::event::event_type::EventType;
    use std::sync::Arc;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Event {
        #[serde(rename = "type")]
        _event_type: EventType,
        data: Arc<serde_json::value::RawValue>,
    }

    fn refusal(json: &str) -> (&'static str, Vec<String>) {
        let problem = parse_json::<Event>(json.as_bytes()).unwrap_err();
        (problem.kind().code, problem.errors().into_iter().map(|error| error.pointer).collect())
    }

    fn told_of_settings(value: Value) -> (&'static str, Vec<String>) {
        let problem = parse_value::<EndpointSettings>(value).unwrap_err();
        (problem.kind().code, problem.errors().into_iter().map(|error| error.pointer).collect())
    }

    #[test]
    fn raw_members_keep_every_byte() {
        let event: Event = parse_json(br#"{"type":"a","data": { "n" : 1e3 } }"#).unwrap();
        assert_eq!(event.data.get(), r#"{ "n" : 1e3 }"#);
    }

    #[test]
    fn what_is_not_json_is_malformed() {
        for json in ["", "{", "not json", "{\"type\":\"a\",}", "{\"type\":\"a\",\"data\":1} x", "\u{feff}{}"]
        {
            assert_eq!(refusal(json).0, "malformed_json", "{json}");
        }
        assert!(matches!(parse_json::<Event>(b"{\"type\":\"\xff\"}"), Err(Problem::MalformedJson(_))));
    }

    #[test]
    fn nesting_beyond_all_reason_is_malformed_and_no_crash() {
        let deep = format!("{{\"type\":\"a\",\"data\":{}", "[".repeat(200_000));
        assert_eq!(refusal(&deep).0, "malformed_json");
    }

    #[test]
    fn unknown_missing_wrong_and_doubled_members_are_pointed_at() {
        assert_eq!(refusal(r#"{"type":"a","data":1,"tyep":2}"#), ("unknown_field", vec!["/tyep".into()]));
        assert_eq!(refusal(r#"{"data":1}"#), ("invalid_request", vec!["/type".into()]));
        assert_eq!(refusal(r#"{"type":"a b","data":1}"#), ("invalid_request", vec!["/type".into()]));
        assert_eq!(refusal(r#"{"type":7,"data":1}"#), ("invalid_request", vec!["/type".into()]));
        assert_eq!(refusal(r#"{"type":"a","type":"b","data":1}"#).0, "invalid_request");
        for json in ["[]", r#" ["a",{}]"#, "null", "7", "\"a\""] {
            assert_eq!(refusal(json), ("invalid_request", vec![String::new()]), "{json}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_in_words_of_json() {
        for (member, value) in [
            ("timeout_seconds", serde_json::json!("ten")),
            ("timeout_seconds", serde_json::json!(-1)),
            ("retry", serde_json::json!([])),
            ("retry", serde_json::json!(7)),
            ("retry", serde_json::json!({ "schedule_seconds": [-1] })),
            ("outcomes", serde_json::json!({ "success": [true] })),
            ("method", serde_json::json!("TRACE")),
            ("method", serde_json::json!(7)),
            ("rate_limit", serde_json::json!(7)),
            ("events", serde_json::json!({})),
            ("headers", serde_json::json!([])),
            ("active", serde_json::json!("yes")),
        ] {
            let settings = serde_json::json!({ "url": "https://example.com", member: value });
            let detail = parse_value::<EndpointSettings>(settings).unwrap_err().errors().remove(0).detail;
            let of_rust = ["struct", "enum", "u64", "u32", "variant", "sequence", "map", "expected"];
            assert!(!of_rust.iter().any(|word| detail.contains(word)), "{member}: {detail}");
        }
    }

    #[test]
    fn members_of_members_are_pointed_at() {
        let of = |member: &str, value: Value| {
            told_of_settings(serde_json::json!({ "url": "https://example.com", member: value }))
        };
        let retry = of("retry", serde_json::json!({ "sched": [1] }));
        assert_eq!(retry.0, "unknown_field");
        assert_eq!(of("events", serde_json::json!(["a", "b b"])).1, ["/events/1"]);
        assert_eq!(of("timeout_seconds", serde_json::json!("ten")).1, ["/timeout_seconds"]);
        for member in ["retry", "outcomes", "signature", "disable"] {
            assert_eq!(of(member, serde_json::json!([])).1, [format!("/{member}")]);
        }
        assert_eq!(of("disable", serde_json::json!([3, 60])).1, ["/disable"]);
        assert_eq!(
            of("disable", serde_json::json!({ "window_seconds": "x" })).1,
            ["/disable/window_seconds"]
        );
        assert_eq!(of("disable", serde_json::json!({ "x": 1 })).1, ["/disable/x"]);
        assert_eq!(of("url2", serde_json::json!(1)), ("unknown_field", vec!["/url2".into()]));
    }
}
