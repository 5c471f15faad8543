//! Does a value have a text, whatever its case?
//! Case folding, and the search of a text at the start, at the end or anywhere.

use std::borrow::Cow;

use serde_json::Value;

use super::condition::{Place, Text};

impl Text {
    /// Whether the value has one of the texts at the place. An array *contains* a text that is one of its elements.
    pub(crate) fn is_in(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => {
                let text = self.as_compared(text);
                self.folded.iter().any(|wanted| match self.place {
                    Place::Anywhere => text.contains(wanted.as_str()),
                    Place::Start => text.starts_with(wanted.as_str()),
                    Place::End => text.ends_with(wanted.as_str()),
                })
            }
            Value::Array(elements) => elements.iter().any(|element| self.is_element(element)),
            _ => false,
        }
    }

    fn is_element(&self, element: &Value) -> bool {
        match (element, self.place) {
            (Value::String(text), Place::Anywhere) => {
                let text = self.as_compared(text);
                self.folded.iter().any(|wanted| *wanted == text)
            }
            (Value::String(_), Place::Start | Place::End) => self.is_in(element),
            _ => false,
        }
    }

    fn as_compared<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.case_sensitive { Cow::Borrowed(text) } else { fold(text) }
    }
}

/// The text without its case: each character in upper case, then in lower case, so that `ß` is `ss` and both sigmas are
/// one. It knows no language: a Turkish dotless `ı` is an `i`.
pub(crate) fn fold(text: &str) -> Cow<'_, str> {
    if !text.is_ascii() {
        return Cow::Owned(text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect());
    }
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Owned(text.to_ascii_lowercase());
    }
    Cow::Borrowed(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_folded_without_a_language() {
        assert_eq!(fold("Straße"), "strasse");
        assert_eq!(fold("ΟΔΟΣ"), fold("οδος"));
        assert_eq!(fold("ÀÉ"), "àé");
        assert_eq!(fold("REFUND"), "refund");
    }
}
