//! What if JSON is valid, and says something that no Rust value can hold?
//! Lenient reading: a lone surrogate in a text becomes U+FFFD, and a number beyond the largest becomes `null`.
//!
//! RFC 8259 allows both in its grammar. JavaScript writes the first when it cuts a text within an emoji, and a signed
//! request must not be lost for it. The event's `raw` keeps what the provider wrote.

use serde_json::Value;
use serde_json::value::RawValue;

/// The value of valid JSON; `None` if it is none.
pub(super) fn value(json: &[u8]) -> Option<Value> {
    let raw: &RawValue = serde_json::from_slice(json).ok()?;
    serde_json::from_str(&readable(raw.get())).ok()
}

/// The same JSON without what cannot be read.
fn readable(json: &str) -> String {
    let mut readable = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(first) = rest.chars().next() {
        let (token, after) = match first {
            '"' => rest.split_at(end_of_text(rest)),
            '-' | '0'..='9' => rest.split_at(end_of_number(rest)),
            _ => rest.split_at(first.len_utf8()),
        };
        match first {
            '"' => readable.push_str(&without_lone_surrogates(token)),
            '-' | '0'..='9' if !token.parse::<f64>().is_ok_and(f64::is_finite) => readable.push_str("null"),
            _ => readable.push_str(token),
        }
        rest = after;
    }
    readable
}

fn end_of_number(json: &str) -> usize {
    json.find(|letter: char| !(letter.is_ascii_alphanumeric() || "+-.".contains(letter)))
        .unwrap_or(json.len())
}

/// Behind the closing quotation mark of the text that `json` begins with.
fn end_of_text(json: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in json.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    json.len()
}

fn without_lone_surrogates(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        kept.push_str(&rest[..at]);
        rest = &rest[at..];
        let unit = |text: &str| {
            let digits = text.strip_prefix("\\u")?.get(..4)?;
            u16::from_str_radix(digits, 16).ok()
        };
        let length = match unit(rest) {
            Some(0xD800..=0xDBFF) if matches!(rest.get(6..).and_then(unit), Some(0xDC00..=0xDFFF)) => 12,
            Some(0xD800..=0xDFFF) => {
                kept.push_str("\\ufffd");
                rest = &rest[6..];
                continue;
            }
            Some(_) => 6,
            // A backslash and one other character.
            None => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        };
        kept.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_cut_emoji_and_a_number_without_end_are_no_reason_to_lose_the_rest() {
        for (text, expected) in [
            (r#"{"text":"cut \ud83d"}"#, json!({ "text": "cut \u{fffd}" })),
            (r#"{"text":"\ude00\ud83d\ud83d\ude00"}"#, json!({ "text": "\u{fffd}\u{fffd}😀" })),
            (r#"["a\\ud83d", "\"\\\ud83d"]"#, json!(["a\\ud83d", "\"\\\u{fffd}"])),
            (r#"[1e999, -1e999, 1.5, -0]"#, json!([null, null, 1.5, -0.0])),
        ] {
            assert_eq!(value(text.as_bytes()).unwrap(), expected, "{text}");
        }
        assert_eq!(value(b"{"), None);
    }

    proptest! {
        #[test]
        fn what_can_be_read_is_read_as_it_is(text: String, number: f64, list: Vec<i64>) {
            let json = json!({ text.clone(): [text, number], "list": list });
            prop_assert_eq!(value(json.to_string().as_bytes()), Some(serde_json::from_str::<Value>(&json.to_string()).unwrap()));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, text in "[\\[\\]{}\",:\\\\u0-9d8ec.+-]{0,60}") {
            value(&bytes);
            value(text.as_bytes());
        }
    }
}
