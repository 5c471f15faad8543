//! Which event types does an endpoint subscribe to?
//! Type patterns: `[]` is every type, `invoice.paid` one type, `invoice.*` its family.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

/// Longest name of an event type, in characters.
pub const MAX_EVENT_TYPE_CHARS: usize = 256;
/// Most patterns one endpoint may list.
pub const MAX_PATTERNS: usize = 100;

/// A dot-separated name such as `invoice.paid`; each part of `[a-zA-Z0-9_/:-]`. Standard Webhooks 1.0.0 suggests dots,
/// letters, digits and `_`; names of other systems (`order/created`, `user-signed-up`, `com.example:v2`) need the rest.
/// Only dots divide a name into a family and its members.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct EventType(String);

/// A pattern of a subscription: an event type, or a family written `invoice.*`.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct EventTypePattern(String);

/// The error for a text that is not the name of an event type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be dot-separated parts of letters, digits, `_`, `-`, `/` and `:`, at most {MAX_EVENT_TYPE_CHARS} characters"
)]
pub struct BadEventType;

/// The error for a text that is neither the name of an event type nor a family.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be an event type such as `invoice.paid` or a family such as `invoice.*`")]
pub struct BadEventTypePattern;

impl EventType {
    /// Reads a name.
    ///
    /// # Errors
    /// [`BadEventType`] when a part is empty or holds another character, or the name is too long.
    pub fn parse(text: &str) -> Result<Self, BadEventType> {
        if is_name(text) { Ok(Self(text.to_owned())) } else { Err(BadEventType) }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl EventTypePattern {
    /// Reads a name or a family.
    ///
    /// # Errors
    /// [`BadEventTypePattern`] when it is neither. A lone `*` is refused, because `[]` already means "every type".
    pub fn parse(text: &str) -> Result<Self, BadEventTypePattern> {
        let name = text.strip_suffix(".*").unwrap_or(text);
        if is_name(name) { Ok(Self(text.to_owned())) } else { Err(BadEventTypePattern) }
    }

    /// The pattern as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the pattern matches `event_type`. `invoice.*` matches `invoice.paid` and `invoice.item.added`, but
    /// neither `invoice` nor `invoices.paid`.
    pub fn matches(&self, event_type: &EventType) -> bool {
        match self.0.strip_suffix('*') {
            Some(family) => event_type.0.starts_with(family),
            None => self.0 == event_type.0,
        }
    }
}

/// Whether one of `patterns` matches `event_type`; an empty list matches every type.
pub fn wants(patterns: &[EventTypePattern], event_type: &EventType) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(event_type))
}

fn is_name(text: &str) -> bool {
    text.len() <= MAX_EVENT_TYPE_CHARS
        && text.split('.').all(|part| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-/:".contains(&b))
        })
}

macro_rules! text_type {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

text_type!(EventType);

impl FromStr for EventType {
    type Err = BadEventType;

    fn from_str(text: &str) -> Result<Self, BadEventType> {
        Self::parse(text)
    }
}

text_type!(EventTypePattern);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event_type(text: &str) -> EventType {
        EventType::parse(text).unwrap()
    }

    fn pattern(text: &str) -> EventTypePattern {
        EventTypePattern::parse(text).unwrap()
    }

    #[test]
    fn an_empty_list_wants_everything() {
        assert!(wants(&[], &event_type("invoice.paid")));
    }

    #[test]
    fn a_family_matches_its_members_and_nothing_beside_it() {
        let family = pattern("invoice.*");
        assert!(
            family.matches(&event_type("invoice.paid")) && family.matches(&event_type("invoice.item.added"))
        );
        assert!(!family.matches(&event_type("invoice")) && !family.matches(&event_type("invoices.paid")));
    }

    #[test]
    fn an_exact_name_matches_only_itself() {
        assert!(pattern("invoice.paid").matches(&event_type("invoice.paid")));
        assert!(!pattern("invoice.paid").matches(&event_type("invoice.paid.late")));
    }

    #[test]
    fn names_with_empty_parts_spaces_or_stars_are_refused() {
        for text in [
            "",
            ".",
            "invoice.",
            ".paid",
            "a..b",
            "in voice",
            "invoice.*",
            "*",
            "rechnung.bezählt",
            "a,b",
            "a\\b",
        ] {
            assert!(EventType::parse(text).is_err(), "{text}");
        }
        for text in ["*", ".*", "a.*.b", "a*", "", "a.**"] {
            assert!(EventTypePattern::parse(text).is_err(), "{text}");
        }
        assert!(EventType::parse(&"a".repeat(257)).is_err());
        assert!(EventType::parse(&"a".repeat(256)).is_ok());
    }

    #[test]
    fn only_a_dot_divides_a_family_from_its_members() {
        for text in ["order/created", "user-signed-up", "com.example:order.v2", "-", "/", ":"] {
            assert_eq!(event_type(text).as_str(), text);
        }
        assert!(pattern("com.example:order.*").matches(&event_type("com.example:order.v2")));
        for (family, other) in
            [("order.*", "order/created"), ("order.*", "order-line.paid"), ("a.*", "a:b.c")]
        {
            assert!(!pattern(family).matches(&event_type(other)), "{family} {other}");
        }
    }

    proptest! {
        #[test]
        fn every_member_of_a_family_matches_it(family in "[a-z_/:-]{1,8}(\\.[a-z0-9-]{1,8}){0,2}", rest in "[a-z0-9]{1,8}(\\.[a-z]{1,8}){0,2}") {
            let (pattern, member) = (pattern(&format!("{family}.*")), event_type(&format!("{family}.{rest}")));
            prop_assert!(pattern.matches(&member));
            prop_assert!(!pattern.matches(&event_type(&family)));
        }
    }
}
