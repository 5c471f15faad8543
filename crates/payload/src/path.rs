//! Where in a document does a condition look?
//! A path: names of members joined by dots. It goes through arrays to any of their elements, as in MongoDB.

use std::ops::ControlFlow;

use serde_json::Value;

/// Most parts of a path.
pub const MAX_PARTS: usize = 10;
/// Most characters of a path.
pub const MAX_CHARACTERS: usize = 200;

/// What a backslash may stand before: a dot of a name, itself, and what is refused as it stands because people mean
/// something else by it.
const ESCAPABLE: &str = "\\.[$";

/// Names of members joined by dots, such as `data.customer.tier`; `\.` is a dot of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path {
    text: String,
    parts: Vec<Part>,
}

/// A name of a member, and the index that it is of an array.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    name: String,
    index: Option<usize>,
}

impl Path {
    /// Reads a path.
    ///
    /// # Errors
    /// What to write instead.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("must be a path, such as data.customer.tier".to_owned());
        }
        if text.chars().count() > MAX_CHARACTERS {
            return Err(format!("must be a path of at most {MAX_CHARACTERS} characters"));
        }
        if let Some(better) = other_notation(text) {
            return Err(format!("must be names joined by dots: write {better}"));
        }
        let parts = split(text)?;
        if parts.len() > MAX_PARTS {
            return Err(format!("must have at most {MAX_PARTS} names joined by dots"));
        }
        if parts.iter().any(String::is_empty) {
            return Err(
                "must not have an empty name: one dot between two names, and none at the ends".to_owned()
            );
        }
        let parts = parts.into_iter().map(|name| Part { index: index(&name), name }).collect();
        Ok(Self { text: text.to_owned(), parts })
    }

    /// The path as it was written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The first name.
    pub(crate) fn root(&self) -> &str {
        self.parts.first().map_or("", |part| &part.name)
    }

    /// Shows each value under the path to `see`, and `None` for each object or plain value that lacks the next member.
    /// Each value of the document is visited at most once.
    pub(crate) fn visit<'a>(
        &self,
        from: &'a Value,
        see: &mut dyn FnMut(Option<&'a Value>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        visit(&self.parts, from, see)
    }

    /// As [`Path::visit`], to the end.
    pub(crate) fn visit_all<'a>(&self, from: &'a Value, see: &mut dyn FnMut(Option<&'a Value>)) {
        let flow = self.visit(from, &mut |value| {
            see(value);
            ControlFlow::Continue(())
        });
        debug_assert!(flow.is_continue(), "nothing ends the visit early");
    }
}

fn visit<'a>(
    parts: &[Part],
    from: &'a Value,
    see: &mut dyn FnMut(Option<&'a Value>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let Some((part, rest)) = parts.split_first() else { return see(Some(from)) };
    match (from, part.index) {
        (Value::Object(members), _) => match members.get(&part.name) {
            Some(member) => visit(rest, member, see),
            None => see(None),
        },
        (Value::Array(elements), Some(index)) => match elements.get(index) {
            Some(element) => visit(rest, element, see),
            None => see(None),
        },
        // As in MongoDB, an element that is a plain value or an array itself has no members to look for.
        (Value::Array(elements), None) => elements
            .iter()
            .filter(|element| element.is_object())
            .try_for_each(|element| visit(parts, element, see)),
        _ => see(None),
    }
}

/// The names between the dots, without their backslashes.
fn split(text: &str) -> Result<Vec<String>, String> {
    let mut parts = Vec::new();
    let mut name = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some(escaped) if ESCAPABLE.contains(escaped) => name.push(escaped),
                _ => {
                    return Err(
                        r"must have a backslash only before . [ $ or \, such as data.file\.name".to_owned()
                    );
                }
            },
            '.' => parts.push(std::mem::take(&mut name)),
            other => name.push(other),
        }
    }
    parts.push(name);
    Ok(parts)
}

/// The index of an array that a name is, written as JSON writes numbers.
fn index(name: &str) -> Option<usize> {
    let digits = name.bytes().all(|byte| byte.is_ascii_digit()) && (name == "0" || !name.starts_with('0'));
    if digits { name.parse().ok() } else { None }
}

/// The path that somebody means who writes a JSON pointer, JSONPath or an index in brackets.
fn other_notation(text: &str) -> Option<String> {
    if let Some(pointer) = text.strip_prefix('/') {
        let names =
            pointer.split('/').map(|name| name.replace("~1", "/").replace("~0", "~").replace('.', "\\."));
        return Some(names.collect::<Vec<_>>().join("."));
    }
    let mut rest = text.strip_prefix('$').unwrap_or(text);
    let mut found = rest.len() < text.len();
    let mut better = String::new();
    while let Some(bracket) = rest.find('[') {
        let (before, after) = rest.split_at(bracket);
        if before.ends_with('\\') {
            let (escaped, after) = rest.split_at(bracket + 1);
            better.push_str(escaped);
            rest = after;
            continue;
        }
        found = true;
        better.push_str(before);
        let (inside, after) = after[1..].split_once(']').unwrap_or((&after[1..], ""));
        let name = inside.trim_matches(['\'', '"']);
        if !name.is_empty() && name != "*" {
            better.push('.');
            better.push_str(name);
        }
        rest = after;
    }
    better.push_str(rest);
    found.then(|| better.trim_start_matches('.').to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn seen(path: &str, document: &Value) -> Vec<Option<Value>> {
        let mut seen = Vec::new();
        Path::parse(path).unwrap().visit_all(document, &mut |value| seen.push(value.cloned()));
        seen
    }

    #[test]
    fn a_path_goes_through_arrays_to_each_element_that_is_an_object() {
        let document = json!({"data": {"items": [{"sku": "a"}, 5, {"sku": "b"}, [{"sku": "c"}], {}]}});
        assert_eq!(seen("data.items.sku", &document), [Some(json!("a")), Some(json!("b")), None]);
        assert_eq!(seen("data.items", &json!({"data": {"items": []}})), [Some(json!([]))]);
        assert_eq!(seen("data.items.sku", &json!({"data": {"items": []}})), []);
    }

    #[test]
    fn a_number_is_an_index_of_an_array_and_a_name_of_an_object() {
        let document = json!({"list": [{"0": "member"}, "b"], "object": {"1": "x", "01": "y"}});
        assert_eq!(seen("list.1", &document), [Some(json!("b"))]);
        assert_eq!(seen("list.0.0", &document), [Some(json!("member"))]);
        assert_eq!(seen("list.2", &document), [None]);
        assert_eq!(seen("object.1", &document), [Some(json!("x"))]);
        assert_eq!(seen("object.01", &document), [Some(json!("y"))]);
    }

    #[test]
    fn a_backslash_makes_a_dot_part_of_a_name() {
        assert_eq!(seen(r"a\.b.c", &json!({"a.b": {"c": 1}})), [Some(json!(1))]);
        assert_eq!(seen(r"a\[0].\$ref\\", &json!({"a[0]": {"$ref\\": 1}})), [Some(json!(1))]);
    }

    #[test]
    fn other_notations_are_refused_with_the_path_to_write() {
        for (text, better) in [
            ("data.items[0].sku", "data.items.0.sku"),
            ("data.items[*].sku", "data.items.sku"),
            ("data.items[].sku", "data.items.sku"),
            ("$.data['tier']", "data.tier"),
            ("/data/customer/tier", "data.customer.tier"),
            ("data[", "data"),
        ] {
            let detail = Path::parse(text).unwrap_err();
            assert_eq!(detail, format!("must be names joined by dots: write {better}"), "{text}");
        }
    }

    #[test]
    fn bounds_and_empty_names_are_refused() {
        assert!(Path::parse(&["a"; 10].join(".")).is_ok());
        assert!(Path::parse(&["a"; 11].join(".")).is_err());
        assert!(Path::parse(&"ä".repeat(200)).is_ok());
        assert!(Path::parse(&"ä".repeat(201)).is_err());
        for text in ["", ".", "a.", ".a", "a..b", r"a\", r"a\b"] {
            assert!(Path::parse(text).is_err(), "{text}");
        }
    }
}
