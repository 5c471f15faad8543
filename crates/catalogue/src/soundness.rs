//! Which schemas are taken?
//! Those whose cost is bounded: the references of a schema lead to its own parts and in no circle, so it could be written
//! without any, and that is not long.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::Mistake;

/// The greatest length of a schema, written without spaces.
pub const MAX_SCHEMA_BYTES: usize = 64 * 1024;
/// How deep a schema may be nested.
pub const MAX_SCHEMA_LEVELS: usize = 32;
/// How deep it may be nested with its references followed.
const MAX_FOLLOWED_LEVELS: usize = 64;
/// The greatest number of subschemas, each counted as often as it is referred to: what checking one value costs.
pub const MAX_FOLLOWED_SCHEMAS: u64 = 2_000;
/// The greatest number of patterns.
pub const MAX_PATTERNS: usize = 50;

/// The dialect that every schema is in, if it names one.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Keywords whose value is a schema.
const ONE: [&str; 11] = [
    "additionalProperties",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];
/// Keywords whose value is a list of schemas.
const LIST: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];
/// Keywords whose value is an object of schemas.
const NAMED: [&str; 5] = ["$defs", "definitions", "dependentSchemas", "patternProperties", "properties"];

/// The number of subschemas of a schema, each counted as often as it is referred to.
///
/// # Errors
/// What is wrong with it, apart from its keywords' values, which the library judges.
pub(crate) fn measured(schema: &Value) -> Result<u64, Vec<Mistake>> {
    if !(schema.is_object() || schema.is_boolean()) {
        return Err(vec![mistake("", "must be an object, or `true` or `false`")]);
    }
    if schema.to_string().len() > MAX_SCHEMA_BYTES {
        return Err(vec![mistake("", "may have at most 64 KiB")]);
    }
    if levels(schema) > MAX_SCHEMA_LEVELS {
        return Err(vec![mistake("", "may be nested at most 32 levels deep")]);
    }
    let mut walk = Walk { root: schema, known: HashMap::new(), patterns: 0, mistakes: Vec::new() };
    let whole = walk.measure(schema, "", 0);
    if walk.mistakes.is_empty() && whole.schemas > MAX_FOLLOWED_SCHEMAS {
        walk.mistakes.push(mistake(
            "",
            "may have at most 2,000 subschemas, each counted as often as it is referred to",
        ));
    }
    if walk.mistakes.is_empty() && walk.patterns > MAX_PATTERNS {
        walk.mistakes.push(mistake("", "may have at most 50 patterns"));
    }
    walk.mistakes.truncate(crate::schema::MAX_MISTAKES);
    if walk.mistakes.is_empty() { Ok(whole.schemas) } else { Err(walk.mistakes) }
}

fn mistake(pointer: &str, detail: impl Into<String>) -> Mistake {
    Mistake { pointer: pointer.to_owned(), detail: detail.into() }
}

/// The number of values that a value is, those within it counted.
pub(crate) fn nodes(value: &Value) -> u64 {
    let within: u64 = match value {
        Value::Array(items) => items.iter().map(nodes).sum(),
        Value::Object(members) => members.values().map(nodes).sum(),
        _ => 0,
    };
    within + 1
}

/// How deep a value is nested; one that holds nothing has one level.
pub(crate) fn levels(value: &Value) -> usize {
    let deepest = match value {
        Value::Array(items) => items.iter().map(levels).max(),
        Value::Object(members) => members.values().map(levels).max(),
        _ => None,
    };
    1 + deepest.unwrap_or(0)
}

/// A schema with its references followed.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    schemas: u64,
    levels: usize,
}

impl Size {
    fn with(self, part: Self) -> Self {
        Self { schemas: self.schemas.saturating_add(part.schemas), levels: self.levels.max(part.levels + 1) }
    }
}

struct Walk<'a> {
    root: &'a Value,
    /// The size of each subschema by its pointer; `None` while it is being measured.
    known: HashMap<String, Option<Size>>,
    patterns: usize,
    mistakes: Vec<Mistake>,
}

impl Walk<'_> {
    /// The size of the subschema at `pointer`, which is `above` levels below the root.
    fn measure(&mut self, schema: &Value, pointer: &str, above: usize) -> Size {
        if let Some(Some(size)) = self.known.get(pointer) {
            let size = *size;
            self.check_levels(pointer, above + size.levels);
            return size;
        }
        let mut size = Size { schemas: 1, levels: 1 };
        let Value::Object(members) = schema else { return size };
        if !self.check_levels(pointer, above + 1) {
            return size;
        }
        self.known.insert(pointer.to_owned(), None);
        self.refuse_names(members, pointer);
        for (keyword, value) in members {
            let at = format!("{pointer}/{}", escaped(keyword));
            if keyword == "$ref" {
                size = size.with(self.follow(value, &at, above));
            }
            self.patterns += usize::from(keyword == "pattern");
            for (part, at) in self.parts(keyword, value, &at) {
                let part = self.measure(part, &at, above + 1);
                // Definitions cost where they are referred to.
                if keyword != "$defs" && keyword != "definitions" {
                    size = size.with(part);
                }
            }
        }
        self.known.insert(pointer.to_owned(), Some(size));
        size
    }

    /// The subschemas that are the value of a keyword, with their pointers.
    fn parts<'v>(&mut self, keyword: &str, value: &'v Value, at: &str) -> Vec<(&'v Value, String)> {
        match value {
            value if ONE.contains(&keyword) => vec![(value, at.to_owned())],
            Value::Array(items) if LIST.contains(&keyword) => {
                items.iter().enumerate().map(|(index, item)| (item, format!("{at}/{index}"))).collect()
            }
            Value::Object(members) if NAMED.contains(&keyword) => {
                self.patterns += if keyword == "patternProperties" { members.len() } else { 0 };
                members.iter().map(|(name, part)| (part, format!("{at}/{}", escaped(name)))).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The size of the subschema that a reference leads to.
    fn follow(&mut self, reference: &Value, at: &str, above: usize) -> Size {
        let Some(reference) = reference.as_str() else { return Size::default() };
        let pointer = reference.strip_prefix('#').filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let Some(pointer) = pointer else {
            let detail = "must be a part of this schema, such as `#/$defs/customer`: nothing is fetched";
            self.mistakes.push(mistake(at, detail));
            return Size::default();
        };
        let pointer = percent_decoded(pointer);
        if let Some(None) = self.known.get(&pointer) {
            let detail = "must not lead back to where it stands: a schema that holds itself is not bounded";
            self.mistakes.push(mistake(at, detail));
            return Size::default();
        }
        let root = self.root;
        match root.pointer(&pointer) {
            Some(schema) => self.measure(schema, &pointer, above + 1),
            None => {
                self.mistakes.push(mistake(at, "leads to nothing in this schema"));
                Size::default()
            }
        }
    }

    /// Refuses what would give a part of the schema another name, or another dialect.
    fn refuse_names(&mut self, members: &Map<String, Value>, pointer: &str) {
        for keyword in ["$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveRef"] {
            if members.contains_key(keyword) {
                let detail = "is not supported: refer to a part by its place, such as `#/$defs/customer`";
                self.mistakes.push(mistake(&format!("{pointer}/{keyword}"), detail));
            }
        }
        if members.contains_key("$id") && !pointer.is_empty() {
            let detail = "is supported at the top only: refer to a part by its place";
            self.mistakes.push(mistake(&format!("{pointer}/$id"), detail));
        }
        let dialect = members.get("$schema").and_then(Value::as_str).map(|name| name.trim_end_matches('#'));
        if dialect.is_some_and(|dialect| dialect != DIALECT) {
            let detail = format!("must be `{DIALECT}`, or left out");
            self.mistakes.push(mistake(&format!("{pointer}/$schema"), detail));
        }
    }

    fn check_levels(&mut self, pointer: &str, levels: usize) -> bool {
        let is_in_bounds = levels <= MAX_FOLLOWED_LEVELS;
        if !is_in_bounds && self.mistakes.is_empty() {
            let detail = "is nested more than 64 levels deep with its references followed";
            self.mistakes.push(mistake(pointer, detail));
        }
        is_in_bounds
    }
}

/// A member's name as a part of a JSON pointer.
pub(crate) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The pointer of a URI's fragment. What is not percent-encoded well leads to nothing.
fn percent_decoded(fragment: &str) -> String {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        match code.filter(|_| *first == b'%').and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(schema: &Value) -> Vec<(String, String)> {
        measured(schema)
            .err()
            .unwrap_or_default()
            .into_iter()
            .map(|mistake| (mistake.pointer, mistake.detail))
            .collect()
    }

    #[test]
    fn a_schema_may_refer_to_its_own_parts_however_they_are_written() {
        let schema = json!({
            "properties": {"from": {"$ref": "#/$defs/a%2Fb"}, "to": {"$ref": "#/$defs/a~1b"}},
            "$defs": {"a/b": {"type": "string"}},
        });
        // The first is not found: `%2F` is decoded first, and then separates.
        assert_eq!(refused(&schema)[0].0, "/properties/from/$ref");
        assert_eq!(refused(&schema).len(), 1);
        let named = json!({"$defs": {"straße": {}}, "items": {"$ref": "#/$defs/stra%C3%9Fe"}});
        assert_eq!(refused(&named), []);
    }

    #[test]
    fn a_schema_that_holds_itself_is_refused_where_it_does() {
        for (schema, pointer) in [
            (json!({"$ref": "#"}), "/$ref"),
            (json!({"properties": {"child": {"$ref": "#"}}}), "/properties/child/$ref"),
            (
                json!({"$ref": "#/$defs/a", "$defs": {"a": {"items": {"$ref": "#/$defs/b"}}, "b": {"not": {"$ref": "#/$defs/a"}}}}),
                "/$defs/b/not/$ref",
            ),
        ] {
            let refused = refused(&schema);
            assert_eq!(refused[0].0, pointer, "{schema}");
            assert!(refused[0].1.contains("lead back"), "{refused:?}");
        }
    }

    #[test]
    fn a_schema_that_refers_outside_is_refused() {
        for reference in
            ["https://example.com/a.json", "file:///etc/passwd", "other.json#/a", "#anchor", "a", ""]
        {
            let schema = json!({"allOf": [{"$ref": reference}]});
            let (pointer, detail) = refused(&schema).remove(0);
            assert_eq!(
                (&*pointer, detail.contains("nothing is fetched")),
                ("/allOf/0/$ref", true),
                "{detail}"
            );
        }
    }

    #[test]
    fn a_value_that_only_looks_like_a_reference_is_none() {
        let schema = json!({"const": {"$ref": "https://example.com"}, "properties": {"$ref": {"type": "string"}, "$id": {}}});
        assert_eq!(refused(&schema), []);
    }

    /// Thirty definitions that each refer to the next twice are a milliard subschemas.
    #[test]
    fn references_that_multiply_are_counted_as_often_as_they_are_followed() {
        let mut definitions = Map::new();
        for n in 0..30 {
            let next = json!({"$ref": format!("#/$defs/d{}", n + 1)});
            definitions.insert(format!("d{n}"), json!({"allOf": [next, next]}));
        }
        definitions.insert("d30".to_owned(), json!({"type": "string"}));
        let schema = json!({"$ref": "#/$defs/d0", "$defs": definitions});
        assert!(refused(&schema)[0].1.contains("2,000 subschemas"), "{:?}", refused(&schema));
    }

    #[test]
    fn a_long_chain_of_references_is_refused_before_it_is_followed() {
        let mut definitions = Map::new();
        for n in 0..1_000 {
            definitions.insert(format!("d{n:04}"), json!({"$ref": format!("#/$defs/d{:04}", n + 1)}));
        }
        definitions.insert("d1000".to_owned(), json!({}));
        let schema = json!({"$ref": "#/$defs/d0000", "$defs": definitions});
        assert!(refused(&schema)[0].1.contains("64 levels"), "{:?}", refused(&schema));
    }

    #[test]
    fn length_depth_patterns_and_dialect_are_bounded() {
        let long = json!({"description": "x".repeat(MAX_SCHEMA_BYTES)});
        assert!(refused(&long)[0].1.contains("64 KiB"));
        let deep = (0..40).fold(json!({}), |inner, _| json!({"not": inner}));
        assert!(refused(&deep)[0].1.contains("32 levels"));
        let patterns: Map<_, _> = (0..60).map(|n| (format!("p{n}"), json!({"pattern": "a"}))).collect();
        assert!(refused(&json!({"properties": patterns}))[0].1.contains("50 patterns"));
        let other = json!({"$schema": "http://json-schema.org/draft-07/schema#"});
        assert_eq!(refused(&other)[0].0, "/$schema");
        assert_eq!(refused(&json!({"$schema": DIALECT, "$id": "https://example.com/x"})), []);
        assert_eq!(refused(&json!({"properties": {"a": {"$id": "b"}}}))[0].0, "/properties/a/$id");
        assert_eq!(refused(&json!("string"))[0].1, "must be an object, or `true` or `false`");
    }
}
