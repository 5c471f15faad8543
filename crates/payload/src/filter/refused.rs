//! What should be written instead of what a filter cannot say?
//! Advice for operators of other languages, misspelled ones, and paths that begin with no member.

use serde_json::Value;

use super::condition::{CASE_SENSITIVE, GROUPS, OPERATORS};
use super::parse::PathAt;
use crate::mistake::{self, Mistake};

/// What to write instead of an operator that is not one of conditions.
pub(crate) fn operator(name: &str) -> String {
    match name {
        "$neq" | "$not_eq" | "$notEqual" => return "is not an operator: did you mean $ne?".to_owned(),
        "$exist" => return "is not an operator: did you mean $exists?".to_owned(),
        "$anyOf" | "$any" | "$oneOf" => return "is not an operator: did you mean $in?".to_owned(),
        "$notIn" | "$noneOf" => return "is not an operator: did you mean $nin?".to_owned(),
        "$prefix" | "$beginsWith" => return "is not an operator: did you mean $startsWith?".to_owned(),
        "$suffix" => return "is not an operator: did you mean $endsWith?".to_owned(),
        _ => {}
    }
    let known = known_elsewhere(name);
    if let Some(instead) = known {
        return instead.to_owned();
    }
    if GROUPS.contains(&name) {
        return format!(
            r#"must stand around conditions, not after a path: {{"{name}": [{{"data.tier": "gold"}}]}}"#
        );
    }
    match mistake::meant(name, OPERATORS) {
        Some(meant) => format!("is not an operator: did you mean {meant}?"),
        None => format!("is not an operator: use one of {}", OPERATORS.join(", ")),
    }
}

/// Operators of MongoDB and its relatives that are left out on purpose.
fn known_elsewhere(name: &str) -> Option<&'static str> {
    Some(match name {
        "$regex" | "$options" | "$regexp" | "$match" | "$like" | "$wildcard" => {
            "is not offered, as a regular expression may never end: use $contains, $startsWith or $endsWith, which take \
             a text or a list of texts and ignore case"
        }
        "$where" | "$function" | "$expr" | "$accumulator" => {
            "is not offered: a filter compares members with values and runs no code"
        }
        "$not" => {
            "is not offered after a path: use $ne, $nin or $exists, or put the conditions into {\"$nor\": [...]}"
        }
        "$all" => "is not offered: write one condition for each value, in {\"$and\": [...]}",
        "$size" => {
            "is not offered: ask for an element by its index, such as {\"data.items.2\": {\"$exists\": true}} for three \
             items or more"
        }
        "$type" => {
            "is not offered: a value of another type never meets a condition; use $exists for whether there is one"
        }
        "$mod" | "$bitsAllSet" | "$bitsAnySet" | "$bitsAllClear" | "$bitsAnyClear" => {
            "is not offered: a filter does not calculate; put the result into the event"
        }
        "$text" | "$search" => "is not offered: use $contains after the path of a text",
        "$jsonSchema" => "is not offered: describe the event type in the catalogue instead",
        "$between" => "is not offered: write {\"$gte\": 1, \"$lte\": 5}",
        "$ref" => "is not offered: a member is compared with a value, not with another member",
        _ => return None,
    })
}

/// What to write instead of a member that begins with `$` where a path or a group is expected.
pub(crate) fn group(name: &str) -> String {
    if OPERATORS.contains(&name) {
        return format!(r#"must stand after a path, such as {{"data.tier": {{"{name}": ...}}}}"#);
    }
    if name == CASE_SENSITIVE {
        return "must stand beside $contains, $startsWith or $endsWith".to_owned();
    }
    if name == "$not" {
        return "is not offered: put the conditions into {\"$nor\": [...]}".to_owned();
    }
    if let Some(instead) = known_elsewhere(name) {
        return instead.to_owned();
    }
    match mistake::meant(name, GROUPS.into_iter().chain(OPERATORS)) {
        Some(meant) => format!("is not an operator: did you mean {meant}?"),
        None => {
            "must be a path, or one of $and, $or, $nor; a backslash before the $ makes it a member's name"
                .to_owned()
        }
    }
}

/// The mistake of a path that begins with none of the members.
pub(crate) fn root(at: &PathAt, members: &[&str]) -> Option<Mistake> {
    let (root, path) = (at.path.root(), at.path.text());
    if members.contains(&root) {
        return None;
    }
    let instead = match mistake::meant(root, members.iter().copied()) {
        Some(meant) => format!("did you mean {meant}{}?", path.strip_prefix(root).unwrap_or_default()),
        None if members.contains(&"data") => format!("did you mean data.{path}?"),
        None => format!("{path} does not"),
    };
    let detail = format!("must be a path that begins with {}: {instead}", list(members));
    Some(Mistake { pointer: at.pointer.clone(), detail })
}

fn list(members: &[&str]) -> String {
    match members {
        [] => "a member".to_owned(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// What to write instead of an object or an array that a member is compared with.
pub(crate) fn compared(path: &str, value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let without_dollar = |(name, _): &(&String, &Value)| {
                OPERATORS.iter().any(|operator| operator.strip_prefix('$') == Some(name.as_str()))
            };
            if let Some((name, value)) = members.iter().find(without_dollar) {
                return format!(
                    "must be a value or operators, which begin with $: did you mean {{\"{path}\": {{\"${name}\": {value}}}}}?"
                );
            }
            match members.iter().find(|(_, value)| !value.is_object() && !value.is_array()) {
                Some((name, value)) => {
                    let inner = format!("{path}.{}", escaped(name));
                    format!(
                        "must be a value or operators, not an object: for a member inside it write {{\"{inner}\": {value}}}, \
                     and for an object that equals this one a condition for each member, \
                     {{\"$and\": [{{\"{inner}\": {value}}}, ...]}}"
                    )
                }
                None => format!(
                    "must be a value or operators, not an object: write the whole path, such as {{\"{path}.name\": ...}}"
                ),
            }
        }
        Value::Array(elements) if elements.is_empty() => {
            format!(r#"must not be an array: for an empty one write {{"{path}.0": {{"$exists": false}}}}"#)
        }
        _ => format!(
            r#"must not be an array: for one of these values write {{"{path}": {{"$in": [...]}}}}, for all of them a condition each"#
        ),
    }
}

/// A name as a path writes it.
fn escaped(name: &str) -> String {
    name.replace('\\', r"\\").replace('.', r"\.").replace('[', r"\[")
}
