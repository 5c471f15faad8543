//! Does a value have a text, whatever its case?
//! Case folding, and the search of a text at the start, at the end or anywhere.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::condition::{Place, Text};

/// A text of fewer bytes is folded as fast as it is found among those that were.
const SHORT: usize = 128;

/// The long texts of one document without their case, each made when a condition first asks for it: a thousand endpoints may
/// look into the same text. They are known by their addresses, so the document must not change.
#[derive(Debug, Default)]
pub(crate) struct Folded(RefCell<HashMap<usize, Option<Arc<str>>>>);

impl Folded {
    /// What `look` finds in the text without its case.
    fn look_into(&self, text: &str, look: impl FnOnce(&str) -> bool) -> bool {
        if text.len() < SHORT {
            return look(&fold(text));
        }
        let known = self.0.borrow().get(&text.as_ptr().addr()).cloned();
        let folded = known.unwrap_or_else(|| {
            let folded = match fold(text) {
                Cow::Borrowed(_) => None,
                Cow::Owned(folded) => Some(folded.into()),
            };
            self.0.borrow_mut().insert(text.as_ptr().addr(), folded.clone());
            folded
        });
        look(folded.as_deref().unwrap_or(text))
    }
}

impl Text {
    /// Whether the value has one of the texts at the place. An array *contains* a text that is one of its elements.
    pub(crate) fn is_in(&self, value: &Value, texts: &Folded) -> bool {
        match value {
            Value::String(text) => self.compare(text, texts, |text, wanted| match self.place {
                Place::Anywhere => text.contains(wanted),
                Place::Start => text.starts_with(wanted),
                Place::End => text.ends_with(wanted),
            }),
            Value::Array(elements) => elements.iter().any(|element| self.is_element(element, texts)),
            _ => false,
        }
    }

    fn is_element(&self, element: &Value, texts: &Folded) -> bool {
        match (element, self.place) {
            (Value::String(text), Place::Anywhere) => {
                self.compare(text, texts, |text, wanted| text == wanted)
            }
            (Value::String(_), Place::Start | Place::End) => self.is_in(element, texts),
            _ => false,
        }
    }

    /// Whether `holds` of the text and one of the wanted ones, without their case unless that matters.
    fn compare(&self, text: &str, texts: &Folded, holds: impl Fn(&str, &str) -> bool) -> bool {
        let look = |text: &str| self.folded.iter().any(|wanted| holds(text, wanted));
        if self.case_sensitive { look(text) } else { texts.look_into(text, look) }
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
    fn a_long_text_is_folded_once_for_all_conditions() {
        let (texts, text) = (Folded::default(), format!("A Refund {}", "x".repeat(SHORT)));
        let address_of_folded = || {
            let mut at = 0;
            let look = |folded: &str| {
                at = folded.as_ptr().addr();
                folded.starts_with("a refund")
            };
            assert!(texts.look_into(&text, look));
            at
        };
        assert_eq!(address_of_folded(), address_of_folded());
        assert!(texts.look_into("A Refund", |folded| folded == "a refund"));
        assert_eq!(texts.0.borrow().len(), 1, "a short text is not kept");
    }

    #[test]
    fn case_is_folded_without_a_language() {
        assert_eq!(fold("Straße"), "strasse");
        assert_eq!(fold("ΟΔΟΣ"), fold("οδος"));
        assert_eq!(fold("ÀÉ"), "àé");
        assert_eq!(fold("REFUND"), "refund");
    }
}
