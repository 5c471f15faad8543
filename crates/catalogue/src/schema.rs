//! Does a JSON value fit a schema?
//! JSON Schema, draft 2020-12 and no other, compiled once and asked often.

use std::sync::Arc;

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

use crate::Mistake;
use crate::soundness;
use crate::words;

/// The greatest number of mistakes that are told.
pub const MAX_MISTAKES: usize = 20;
/// The library finds all mistakes before it tells the first, each of some hundred bytes. They are looked for only if the
/// value's parts times the subschemas, which is as many as there can be, are not more than this.
const MAX_LOOKED_FOR: u64 = 50_000;
/// What one compiled pattern, and the states that it is matched with, may take in memory.
const MAX_PATTERN_BYTES: usize = 256 * 1024;

/// A schema, compiled.
#[derive(Debug)]
pub struct Schema {
    validator: Validator,
    /// The number of subschemas, with references followed.
    size: u64,
}

/// Says what is wrong with a value.
pub type Validate = Arc<dyn Fn(&Value) -> Vec<Mistake> + Send + Sync>;

/// Compiles a schema to its check, for a caller that shall not depend on how that is done.
///
/// # Errors
/// As for [`Schema::compile`].
pub fn validator(schema: &Value) -> Result<Validate, Vec<Mistake>> {
    let schema = Schema::compile(schema)?;
    Ok(Arc::new(move |value: &Value| schema.validate(value)))
}

impl Schema {
    /// Compiles a schema. Formats such as `date-time` are checked, not only noted; unknown ones are ignored.
    ///
    /// # Errors
    /// What is wrong with the schema, with pointers into it: it is over a bound of [`soundness`], refers to itself or to
    /// anything outside of it, or is no schema of draft 2020-12.
    pub fn compile(schema: &Value) -> Result<Self, Vec<Mistake>> {
        let size = soundness::measured(schema)?;
        let patterns =
            PatternOptions::regex().size_limit(MAX_PATTERN_BYTES).dfa_size_limit(MAX_PATTERN_BYTES);
        jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(patterns)
            .should_validate_formats(true)
            .offline()
            .build(schema)
            .map(|validator| Self { validator, size })
            .map_err(|error| words::of(&error, 1))
    }

    /// What is wrong with `value`, at most [`MAX_MISTAKES`], with pointers into it. Of a large value it is only said that
    /// it does not fit.
    pub fn validate(&self, value: &Value) -> Vec<Mistake> {
        if self.validator.is_valid(value) {
            return Vec::new();
        }
        let unfit = || Mistake { pointer: String::new(), detail: "does not fit the schema".to_owned() };
        if soundness::nodes(value).saturating_mul(self.size) > MAX_LOOKED_FOR {
            return vec![unfit()];
        }
        let mut mistakes = Vec::new();
        for error in self.validator.iter_errors(value) {
            mistakes.extend(words::of(&error, MAX_MISTAKES - mistakes.len()));
            if mistakes.len() == MAX_MISTAKES {
                break;
            }
        }
        if mistakes.is_empty() {
            mistakes.push(unfit());
        }
        mistakes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn mistakes(schema: Value, value: Value) -> Vec<(String, String)> {
        let schema = Schema::compile(&schema).unwrap();
        let mistakes = schema.validate(&value);
        mistakes.into_iter().map(|mistake| (mistake.pointer, mistake.detail)).collect()
    }

    #[test]
    fn each_mistake_names_its_place_and_what_to_write() {
        for (schema, value, pointer, detail) in [
            (json!({"type": "string"}), json!(1), "", "must be text, not a number"),
            (
                json!({"type": ["integer", "null"]}),
                json!("a"),
                "",
                "must be `null` or a whole number, not text",
            ),
            (json!({"required": ["a/b"]}), json!({}), "/a~1b", "is required"),
            (
                json!({"properties": {"a": {}}, "additionalProperties": false}),
                json!({"a": 1, "b": 2}),
                "/b",
                "is not a member that the schema knows",
            ),
            (json!({"enum": ["gold", 1]}), json!("x"), "", "must be one of `\"gold\"`, `1`"),
            (json!({"items": {"minimum": 3}}), json!([4, 2]), "/1", "must be at least 3"),
            (json!({"minLength": 1}), json!(""), "", "must have at least 1 character"),
            (json!({"pattern": "^a+$"}), json!("b"), "", "must match the pattern `^a+$`"),
            (
                json!({"format": "date-time"}),
                json!("yesterday"),
                "",
                "must be an RFC 3339 instant such as 2026-01-05T09:30:00Z",
            ),
            (json!({"type": "integer"}), json!(1.5), "", "must be a whole number, not one with a fraction"),
            (json!({"additionalProperties": false}), json!({"a": 1}), "", "must have no members"),
            (json!({"properties": {"a": false}}), json!({"a": 1}), "/a", "must not be there"),
            (
                json!({"propertyNames": {"maxLength": 1}}),
                json!({"ab": 1}),
                "/ab",
                "has a name that does not fit: it must have at most 1 character",
            ),
            (
                json!({"oneOf": [{"type": "null"}, {"type": "object", "properties": {"a": {"type": "string"}}}]}),
                json!({"a": 1}),
                "",
                "must fit one of 2 alternatives; by the nearest, `/a` must be text, not a number",
            ),
        ] {
            let expected = vec![(pointer.to_owned(), detail.to_owned())];
            assert_eq!(mistakes(schema.clone(), value.clone()), expected, "{schema} {value}");
        }
        assert_eq!(mistakes(json!({"format": "unheard of"}), json!("x")), []);
    }

    #[test]
    fn at_most_twenty_mistakes_are_told() {
        let many: Vec<_> = (0..100).collect();
        assert_eq!(mistakes(json!({"items": {"type": "string"}}), json!(many)).len(), MAX_MISTAKES);
        let names: serde_json::Map<_, _> = (0..100).map(|n| (format!("m{n}"), json!(n))).collect();
        assert_eq!(
            mistakes(json!({"properties": {"a": {}}, "additionalProperties": false}), json!(names)).len(),
            MAX_MISTAKES
        );
    }

    /// 131,072 items, or ten alternatives for each, would be as many errors in memory.
    #[test]
    fn of_a_large_value_it_is_only_said_that_it_does_not_fit() {
        let many = json!(vec![1; 131_072]);
        let ten: Vec<_> = (0..10).map(|n| json!({ "const": n + 2 })).collect();
        for items in [json!({ "type": "string" }), json!({ "oneOf": ten })] {
            let unfit = vec![(String::new(), "does not fit the schema".to_owned())];
            assert_eq!(mistakes(json!({ "items": items }), many.clone()), unfit);
        }
        let within = json!(vec![1; 20_000]);
        assert_eq!(mistakes(json!({ "items": { "type": "string" } }), within).len(), MAX_MISTAKES);
    }

    #[test]
    fn long_names_and_values_are_cut_where_they_are_told() {
        let long = "n/".repeat(100_000);
        for (schema, value) in [
            (json!({ "additionalProperties": false, "properties": { "a": {} } }), json!({ long.clone(): 1 })),
            (json!({ "additionalProperties": { "type": "string" } }), json!({ long.clone(): 1 })),
            (json!({ "required": [&long[..1_000]] }), json!({})),
            (json!({ "propertyNames": { "maxLength": 1 } }), json!({ long.clone(): 1 })),
            (
                json!({ "oneOf": [{ "additionalProperties": { "type": "null" } }, false] }),
                json!({ long.clone(): 1 }),
            ),
        ] {
            for (pointer, detail) in mistakes(schema.clone(), value) {
                assert!(pointer.chars().count() <= 201, "{schema}: {} characters", pointer.len());
                assert!(detail.chars().count() <= 500, "{schema}: {} characters", detail.len());
            }
        }
    }

    #[test]
    fn what_is_no_schema_is_refused_where_it_is_wrong() {
        for (schema, pointer) in [
            (json!({"type": "text"}), "/type"),
            (json!({"properties": {"a": {"minLength": -1}}}), "/properties/a/minLength"),
            (json!({"pattern": "("}), "/pattern"),
            (json!({"pattern": "(?=a)"}), "/pattern"),
            (json!({"pattern": "((a{1000}){1000}){1000}"}), "/pattern"),
        ] {
            let refused = Schema::compile(&schema).unwrap_err();
            assert_eq!(refused[0].pointer, pointer, "{schema}: {refused:?}");
        }
    }

    /// By the engine of the library's default, this pattern takes exponential time.
    #[test]
    fn a_pattern_takes_linear_time() {
        let schema = Schema::compile(&json!({"pattern": "^(a+)+$"})).unwrap();
        let begin = std::time::Instant::now();
        assert_eq!(schema.validate(&json!(format!("{}b", "a".repeat(100_000)))).len(), 1);
        assert!(begin.elapsed() < std::time::Duration::from_secs(5));
    }
}
