//! What must hold of a filter, whatever it and the document are?
//! Oracle: no panic; the canonical form reads back as it is written and keeps the verdict; the verdict follows from what is
//! explained.

use std::collections::HashMap;

use payload::{Document, Filter};
use serde_json::Value;

use super::two_values;

/// An input is the filter, a line break, and the event's data.
pub fn check(data: &[u8]) {
    let Some((source, data)) = two_values(data) else { return };
    let document = Document::new([("type", Value::from("a.b")), ("data", data)]);
    let filter = Filter::of(source.clone());
    let mistakes = filter.mistakes(&["type", "data"]);
    for mistake in &mistakes {
        assert!(source.pointer(&mistake.pointer).is_some(), "{} is not in the filter", mistake.pointer);
    }
    let met = filter.matches(&document);
    let findings = filter.explain(&document);
    if !mistakes.is_empty() {
        return;
    }
    let again = Filter::of(filter.as_json().clone());
    assert_eq!(again.mistakes(&["type", "data"]), []);
    assert_eq!(again.as_json(), filter.as_json(), "the canonical form is another one");
    assert_eq!(again.matches(&document), met, "the canonical form has another verdict");
    let held: HashMap<&str, bool> =
        findings.iter().map(|finding| (finding.pointer.as_str(), finding.held)).collect();
    assert_eq!(verdict(filter.as_json(), "", &held), met, "the verdict does not follow");
}

fn verdict(filter: &Value, pointer: &str, held: &HashMap<&str, bool>) -> bool {
    let Some((name, value)) = filter.as_object().and_then(|members| members.iter().next()) else {
        return true;
    };
    let nodes = value.as_array().map_or(&[] as &[Value], Vec::as_slice).iter().enumerate();
    let mut verdicts = nodes.map(|(place, node)| verdict(node, &format!("{pointer}/{name}/{place}"), held));
    match name.as_str() {
        "$and" => verdicts.all(|held| held),
        "$or" => verdicts.any(|held| held),
        "$nor" => !verdicts.any(|held| held),
        _ => held[pointer],
    }
}
