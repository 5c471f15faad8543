//! Does a text contain what a caller looks for?
//! Substring search: a part of a name without regard to case, or a part of a payload byte for byte.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};

/// Longest text to look for, in characters.
pub const MAX_SEARCH_CHARS: usize = 200;
/// Shortest text to look for in payloads, in characters: a shorter one is in nearly all of them.
pub const MIN_PAYLOAD_SEARCH_CHARS: usize = 3;

/// So many characters of a payload are shown on either side of what was found.
pub const EXCERPT_CHARS: usize = 40;

/// A part of a name or of another short text, 1 to 200 characters. Case does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct NamePart(String);

impl NamePart {
    /// Reads what a caller looks for.
    ///
    /// # Errors
    /// The bounds, when it is empty or too long.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        match (1..=MAX_SEARCH_CHARS).contains(&text.chars().count()) {
            true => Ok(Self(text.to_lowercase())),
            false => Err("must be 1 to 200 characters"),
        }
    }

    /// Whether `name` contains it.
    pub fn is_in(&self, name: &str) -> bool {
        name.to_lowercase().contains(&self.0)
    }
}

/// A part of a payload's JSON text, 3 to 200 characters. Every byte counts, so case does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct PayloadPart(String);

impl PayloadPart {
    /// Reads what a caller looks for.
    ///
    /// # Errors
    /// The bounds, when it is too short or too long.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        match (MIN_PAYLOAD_SEARCH_CHARS..=MAX_SEARCH_CHARS).contains(&text.chars().count()) {
            true => Ok(Self(text.to_owned())),
            false => Err("must be 3 to 200 characters"),
        }
    }

    /// The first place of `payload` that contains it, with [`EXCERPT_CHARS`] characters before it and after it; `None` if it
    /// is not there.
    pub fn excerpt<'a>(&self, payload: &'a str) -> Option<&'a str> {
        let found = payload.find(&self.0)?;
        let end = found + self.0.len();
        let before = payload[..found].char_indices().rev().nth(EXCERPT_CHARS - 1);
        let after = payload[end..].char_indices().nth(EXCERPT_CHARS);
        let (start, end) = (before.map_or(0, |(at, _)| at), after.map_or(payload.len(), |(at, _)| end + at));
        Some(&payload[start..end])
    }
}

macro_rules! read_from_text {
    ($name:ident) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::parse(&Cow::<str>::deserialize(deserializer)?).map_err(serde::de::Error::custom)
            }
        }
    };
}

read_from_text!(NamePart);
read_from_text!(PayloadPart);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_name_is_found_whatever_its_case() {
        for (part, name, found) in [
            ("acme", "ACME Inc.", true),
            ("E I", "Acme Inc.", true),
            ("ÉCOLE", "l'école", true),
            ("acme.", "Acme Inc.", false),
            ("a", "", false),
        ] {
            assert_eq!(NamePart::parse(part).unwrap().is_in(name), found, "{part} in {name}");
        }
    }

    #[test]
    fn a_part_of_a_payload_is_found_byte_for_byte() {
        let payload = r#"{ "name" : "J\u00f6rg", "Amount": 4.20e3 }"#;
        for (part, found) in [
            ("Amount\": 4.20e3", true),
            ("amount", false),
            ("Jörg", false),
            ("J\\u00f6rg", true),
            ("4200", false),
        ] {
            assert_eq!(PayloadPart::parse(part).unwrap().excerpt(payload).is_some(), found, "{part}");
        }
    }

    #[test]
    fn an_excerpt_has_as_many_characters_on_either_side_as_there_are() {
        let part = PayloadPart::parse("1003").unwrap();
        assert_eq!(part.excerpt("1003"), Some("1003"));
        let many = "é".repeat(EXCERPT_CHARS);
        let payload = format!("x{many}1003{many}x1003");
        assert_eq!(part.excerpt(&payload), Some(format!("{many}1003{many}").as_str()));
        assert_eq!(part.excerpt(&payload[1..=many.len()]), None);
    }

    #[test]
    fn what_is_looked_for_has_bounds_in_characters() {
        let text = |chars: usize| "é".repeat(chars);
        for (chars, name, payload) in
            [(0, false, false), (1, true, false), (3, true, true), (200, true, true), (201, false, false)]
        {
            assert_eq!(NamePart::parse(&text(chars)).is_ok(), name, "{chars}");
            assert_eq!(PayloadPart::parse(&text(chars)).is_ok(), payload, "{chars}");
        }
    }
}
