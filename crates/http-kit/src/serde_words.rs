//! What does serde_json say in words only?
//! The one place that reads its messages: serde_json keeps of an unknown, missing or mistaken member nothing but a text.
//! A test below fails when the words change.

/// A message of serde_json's, understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Said<'a> {
    /// The object has a member that does not exist.
    UnknownField(&'a str),
    /// The object lacks a member.
    MissingField(&'a str),
    /// The value is not one of the allowed ones; the text uses the words of JSON.
    Unfit(String),
    /// It is the message of our own type, meant for callers.
    Own(&'a str),
}

/// Understands a message. Its place in the text is left out: the pointer says it better.
pub(crate) fn understand(message: &str) -> Said<'_> {
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    let quoted = |start: &str| message.strip_prefix(start)?.split('`').next();
    if let Some(field) = quoted("unknown field `") {
        return Said::UnknownField(field);
    }
    if let Some(field) = quoted("missing field `") {
        return Said::MissingField(field);
    }
    if quoted("unknown variant `").is_some() {
        let known =
            message.split_once("`, expected ").map_or("one of the values it may have", |(_, known)| known);
        return Said::Unfit(format!("must be {known}"));
    }
    let mismatch = message.starts_with("invalid type: ") || message.starts_with("invalid value: ");
    match message.rsplit_once(", expected ").filter(|_| mismatch) {
        Some((_, expected)) => Said::Unfit(format!("must be {}", in_words_of_json(expected))),
        None if message.contains("untagged enum") || message.contains("struct ") => {
            Said::Unfit("is of the wrong kind".to_owned())
        }
        None => Said::Own(message),
    }
}

/// What serde expects, which it says in words of Rust.
fn in_words_of_json(expected: &str) -> &str {
    match expected {
        "a boolean" => "true or false",
        "a sequence" => "an array",
        "a map" => "an object",
        "string or map" => "one of the values it may have",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, not negative and not too large",
        "str" | "a borrowed string" => "a string",
        other if other.starts_with("struct ") => "an object",
        other if other.contains("enum ") => "one of the values it may have",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde::de::DeserializeOwned;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Shape {
        #[serde(rename = "known")]
        _known: u32,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Word {
        One,
        Two,
        Three,
    }

    #[derive(Debug, Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number { _number: u32 },
        Text { _text: String },
    }

    /// The exact words, of the version of serde and serde_json that is built with.
    fn said<T: DeserializeOwned + std::fmt::Debug>(json: &str) -> String {
        serde_json::from_str::<T>(json).unwrap_err().to_string()
    }

    #[test]
    fn serdes_words_are_those_that_are_understood_here() {
        let unfit = |detail: &str| Said::Unfit(format!("must be {detail}"));
        for (message, words, meaning) in [
            (said::<Shape>(r#"{"x":1}"#), "unknown field `x`, expected `known`", Said::UnknownField("x")),
            (said::<Shape>("{}"), "missing field `known`", Said::MissingField("known")),
            (
                said::<Shape>(r#"{"known":-1}"#),
                "invalid value: integer `-1`, expected u32",
                unfit("a whole number, not negative and not too large"),
            ),
            (said::<Shape>("7"), "invalid type: integer `7`, expected struct Shape", unfit("an object")),
            (said::<bool>("7"), "invalid type: integer `7`, expected a boolean", unfit("true or false")),
            (said::<String>("7"), "invalid type: integer `7`, expected a string", unfit("a string")),
            (said::<Vec<u8>>("7"), "invalid type: integer `7`, expected a sequence", unfit("an array")),
            (
                said::<BTreeMap<String, u8>>("7"),
                "invalid type: integer `7`, expected a map",
                unfit("an object"),
            ),
            (
                said::<Word>("\"four\""),
                "unknown variant `four`, expected one of `one`, `two`, `three`",
                unfit("one of `one`, `two`, `three`"),
            ),
            (
                said::<Either>("{}"),
                "data did not match any variant of untagged enum Either",
                Said::Unfit("is of the wrong kind".to_owned()),
            ),
        ] {
            let place = message.strip_prefix(words);
            assert!(
                place.is_some_and(|place| place.is_empty() || place.starts_with(" at line ")),
                "{message}"
            );
            assert_eq!(understand(&message), meaning, "{message}");
        }
        assert_eq!(understand("must be odd at line 1 column 2"), Said::Own("must be odd"));
    }
}
