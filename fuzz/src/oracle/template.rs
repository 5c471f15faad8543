//! What must hold of a template, whatever it and the document are?
//! Oracle: no panic; what it makes is JSON within its bound, always the same, and has no text for Slack that is not escaped.

use payload::template::{Escape, MAX_OUTPUT};
use payload::{Document, Template};
use serde_json::Value;

use super::two_values;

/// An input is the template, a line break, and the event's data.
pub fn check(data: &[u8]) {
    let Some((source, data)) = two_values(data) else { return };
    let document = Document::new([("type", Value::from("a.b")), ("data", data)]);
    let template = Template::of(source.clone());
    for mistake in template.mistakes() {
        assert!(source.pointer(&mistake.pointer).is_some(), "{} is not in the template", mistake.pointer);
    }
    let written = serde_json::to_value(&template).expect("a template is JSON");
    assert_eq!(written, source, "it is not written as it was read");
    template.mistakes_with(&document, Escape::None);
    for escape in [Escape::None, Escape::Slack] {
        let made = template.render(&document, escape);
        assert_eq!(made, template.render(&document, escape), "it makes now this, now that");
        let Ok(made) = made else { continue };
        assert!(made.json.len() <= MAX_OUTPUT, "{} bytes", made.json.len());
        let json: Value = serde_json::from_str(&made.json).expect("what a template makes is JSON");
        if escape == Escape::Slack && !source.to_string().contains(['<', '>']) {
            assert!(texts_are_escaped(&json), "{json}");
        }
    }
}

fn texts_are_escaped(json: &Value) -> bool {
    match json {
        Value::String(text) => !text.contains(['<', '>']),
        Value::Array(elements) => elements.iter().all(texts_are_escaped),
        Value::Object(members) => members.values().all(texts_are_escaped),
        _ => true,
    }
}
