//! How does a value become JSON or text?
//! The writer: bounded, exact for integers, and the place where text is escaped.

use std::borrow::Cow;

use minijinja::Value;
use minijinja::value::ValueKind;

use super::Escape;

/// Most bytes that a template may make.
pub const MAX_OUTPUT: usize = 256 * 1024;
/// How deep arrays and objects may be inside each other.
const MAX_DEPTH: usize = 200;

/// What is said of an expression that makes an object where it may not.
const OBJECT: &str = "makes an object, which could mention people in a chat: write the message's objects in the template, and \
                      put in texts and numbers";

/// JSON that is being written.
#[derive(Default)]
pub(crate) struct Output {
    pub(crate) json: String,
}

impl Output {
    /// Adds JSON.
    ///
    /// # Errors
    /// When it becomes too long.
    pub(crate) fn push(&mut self, json: &str) -> Result<(), String> {
        if self.json.len() + json.len() > MAX_OUTPUT {
            return Err(format!("makes more than {} KiB", MAX_OUTPUT / 1024));
        }
        self.json.push_str(json);
        Ok(())
    }

    /// Adds a value; its texts are escaped.
    pub(crate) fn value(&mut self, value: &Value, escape: Escape) -> Result<(), String> {
        self.nested(value, escape, 0)
    }

    /// Adds the text that a value is, within a string.
    pub(crate) fn inside(&mut self, value: &Value, escape: Escape) -> Result<(), String> {
        let text = text(value)?;
        let quoted = quoted(&escaped(value, &text, escape));
        self.push(&quoted[1..quoted.len() - 1])
    }

    fn nested(&mut self, value: &Value, escape: Escape, depth: usize) -> Result<(), String> {
        if depth > MAX_DEPTH {
            return Err(format!("makes arrays and objects more than {MAX_DEPTH} deep"));
        }
        match value.kind() {
            ValueKind::Undefined | ValueKind::None => self.push("null"),
            ValueKind::Bool => self.push(if value.is_true() { "true" } else { "false" }),
            ValueKind::Number => self.push(&number(value)?),
            ValueKind::String => {
                let text = value.as_str().unwrap_or_default();
                self.push(&quoted(&escaped(value, text, escape)))
            }
            ValueKind::Seq | ValueKind::Iterable => {
                self.push("[")?;
                for (place, element) in value.try_iter().map_err(|error| error.to_string())?.enumerate() {
                    if place > 0 {
                        self.push(",")?;
                    }
                    self.nested(&element, escape, depth + 1)?;
                }
                self.push("]")
            }
            ValueKind::Map if escape != Escape::None => Err(OBJECT.to_owned()),
            ValueKind::Map => {
                self.push("{")?;
                for (place, name) in value.try_iter().map_err(|error| error.to_string())?.enumerate() {
                    if place > 0 {
                        self.push(",")?;
                    }
                    self.push(&quoted(&text(&name)?))?;
                    self.push(":")?;
                    let member = value.get_item(&name).map_err(|error| error.to_string())?;
                    self.nested(&member, escape, depth + 1)?;
                }
                self.push("}")
            }
            _ => Err("makes a value that JSON cannot hold".to_owned()),
        }
    }
}

/// The text that a value is within a string: nothing is empty text, an array or an object is its JSON.
pub(crate) fn text(value: &Value) -> Result<Cow<'_, str>, String> {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => Ok(Cow::Borrowed("")),
        ValueKind::String => Ok(Cow::Borrowed(value.as_str().unwrap_or_default())),
        _ => json(value).map(Cow::Owned),
    }
}

/// The value as JSON, not escaped.
pub(crate) fn json(value: &Value) -> Result<String, String> {
    let mut output = Output::default();
    output.value(value, Escape::None)?;
    Ok(output.json)
}

fn number(value: &Value) -> Result<String, String> {
    if value.is_integer() {
        return Ok(value.to_string());
    }
    let float = f64::try_from(value.clone()).map_err(|error| error.to_string())?;
    match serde_json::Number::from_f64(float) {
        Some(number) => Ok(number.to_string()),
        None => Err("makes a number that JSON cannot hold".to_owned()),
    }
}

/// A text as a string of JSON.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The text, escaped unless the value says that it is already.
fn escaped<'a>(value: &Value, text: &'a str, escape: Escape) -> Cow<'a, str> {
    match escape {
        Escape::Slack if !value.is_safe() => slack(text),
        _ => Cow::Borrowed(text),
    }
}

/// The text as Slack takes it for plain text:
/// <https://docs.slack.dev/messaging/formatting-message-text#escaping>.
pub(crate) fn slack(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>']) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"))
}
