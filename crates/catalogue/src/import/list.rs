//! How is our own list of event types read?
//! `{"event_types":[…]}`: of each its name, its settings and its schema, as the API takes them.

use domain::event::event_type::EventType;
use serde_json::{Map, Value};

use super::{Places, Proposal, mistake};
use crate::Mistake;
use crate::soundness::escaped;

/// Settings that are texts, and those that are `true` or `false`.
const TEXTS: [&str; 3] = ["description", "group", "title"];
const SWITCHES: [&str; 3] = ["archived", "deprecated", "hidden"];

/// The proposals of a list.
pub(super) fn read(document: &Map<String, Value>, mistakes: &mut Vec<Mistake>) -> Vec<Proposal> {
    for name in document.keys().filter(|name| *name != "event_types") {
        mistakes.push(mistake(&format!("/{}", escaped(name)), "is no member of a list of event types"));
    }
    let Some(Value::Array(rows)) = document.get("event_types") else {
        mistakes.push(mistake("/event_types", "must be a list"));
        return Vec::new();
    };
    let rows = rows.iter().enumerate();
    rows.filter_map(|(index, row)| proposal(row, &format!("/event_types/{index}"), mistakes)).collect()
}

fn proposal(row: &Value, at: &str, mistakes: &mut Vec<Mistake>) -> Option<Proposal> {
    let Some(members) = row.as_object() else {
        mistakes.push(mistake(at, "must be an object"));
        return None;
    };
    let mut settings = Map::new();
    for (name, value) in members {
        let wrong = match name.as_str() {
            "name" | "schema" => continue,
            "group" if value.is_null() => None,
            "example" => None,
            text if TEXTS.contains(&text) => (!value.is_string()).then_some("must be text"),
            switch if SWITCHES.contains(&switch) => {
                (!value.is_boolean()).then_some("must be `true` or `false`")
            }
            _ => Some("is no member of an event type"),
        };
        match wrong {
            Some(detail) => mistakes.push(mistake(&format!("{at}/{}", escaped(name)), detail)),
            None => drop(settings.insert(name.clone(), value.clone())),
        }
    }
    let name = members.get("name").and_then(Value::as_str).unwrap_or_default();
    let name = named(name, &format!("{at}/name"), mistakes)?;
    let at = Places { whole: at.to_owned(), schema: format!("{at}/schema"), ..Places::default() };
    Some(Proposal { name, settings, schema: members.get("schema").filter(|it| !it.is_null()).cloned(), at })
}

/// The name of an event type that the catalogue may describe.
pub(super) fn named(text: &str, at: &str, mistakes: &mut Vec<Mistake>) -> Option<EventType> {
    let name = match EventType::parse(text) {
        Ok(name) => name,
        Err(error) => {
            mistakes.push(mistake(at, error.to_string()));
            return None;
        }
    };
    match domain::catalogue::check_name(&name) {
        Ok(()) => Some(name),
        Err(problem) => {
            mistakes.extend(problem.errors().into_iter().map(|error| mistake(at, error.detail)));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use serde_json::json;

    #[test]
    fn each_mistake_of_a_list_is_named() {
        let document = json!({ "version": 1, "event_types": [
            { "name": "a b" },
            { "name": "posthorn.test" },
            { "name": "a", "title": 1, "hidden": "yes", "colour": "red" },
            "a",
            { "title": "no name" },
        ] });
        let mistakes = read(&document).unwrap_err();
        let pointers: Vec<_> = mistakes.iter().map(|mistake| mistake.pointer.as_str()).collect();
        let expected = [
            "/version",
            "/event_types/0/name",
            "/event_types/1/name",
            "/event_types/2/colour",
            "/event_types/2/hidden",
            "/event_types/2/title",
            "/event_types/3",
            "/event_types/4/name",
        ];
        assert_eq!(pointers, expected);
        let twice = json!({ "event_types": [{ "name": "a" }, { "name": "a" }] });
        assert_eq!(read(&twice).unwrap_err()[0].detail, "has the same name as `/event_types/0`");
        for document in [json!([]), json!({}), json!({ "event_types": {} }), json!("a")] {
            assert!(read(&document).is_err(), "{document}");
        }
    }
}
