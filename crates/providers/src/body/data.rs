//! How are a provider's values read and written?
//! Small readers of JSON, and the parts of an event's `data`.

use domain::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::adapter::Refusal;
use crate::body::lenient;

/// A value as JSON text; `null` if it cannot be one.
pub(crate) fn raw(value: &impl Serialize) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// Reads a body as JSON. What is read may borrow from it.
///
/// # Errors
/// [`domain::source::received::Reason::BodyMalformed`].
pub(crate) fn json<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| {
        // The message of serde_json may repeat the text; place and kind do not.
        let place = format!("line {}, column {}", error.line(), error.column());
        let what = if error.is_data() { "the JSON that this provider sends" } else { "JSON" };
        Refusal::malformed(format!("its body is not {what} ({place})"))
    })
}

/// Reads a body as a JSON value. What no value can hold is replaced: see [`crate::body::lenient`].
///
/// # Errors
/// [`domain::source::received::Reason::BodyMalformed`].
pub(crate) fn value(body: &[u8]) -> Result<Value, Refusal> {
    json(body).or_else(|refusal| lenient::value(body).ok_or(refusal))
}

/// The digest of a body, where nothing else tells two events apart.
pub(crate) fn digest(bytes: &[u8]) -> String {
    domain::hex::hex(&Sha256::digest(bytes))
}

/// The digest of several texts, each with its length: none can give a part of itself to its neighbour.
pub(crate) fn digest_of<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    domain::hex::hex(&hash.finalize())
}

/// Bytes as base64.
pub(crate) fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// A text at this pointer; a number or truth value as text.
pub(crate) fn text_at(value: &Value, pointer: &str) -> Option<String> {
    match value.pointer(pointer)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// As [`text_at`], but an empty text is none: for ids and types, of which an empty one says nothing.
pub(crate) fn word_at(value: &Value, pointer: &str) -> Option<String> {
    text_at(value, pointer).filter(|text| !text.is_empty())
}

/// An instant in unix seconds, whole or not, as a number or as text; `None` if it is none, or before 1970 or after 9999.
pub(crate) fn unix_seconds(value: &Value) -> Option<Timestamp> {
    let seconds = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.parse::<f64>().ok()?,
        _ => return None,
    };
    if !(0.0..253_402_300_800.0).contains(&seconds) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "it is within the bounds above")]
    Some(Timestamp::from_millis((seconds * 1000.0).round() as i64))
}

/// An RFC 3339 instant.
pub(crate) fn rfc3339(text: &str) -> Option<Timestamp> {
    let at: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp::from_millis(at.as_millisecond()))
}

/// An instant as `2026-01-05 09:30:00`, which is UTC where no offset is written; RFC 3339 as well.
pub(crate) fn utc(text: &str) -> Option<Timestamp> {
    rfc3339(text).or_else(|| {
        let at: jiff::civil::DateTime = text.parse().ok()?;
        let at = at.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(Timestamp::from_millis(at.timestamp().as_millisecond()))
    })
}

/// How many there are, if there are any.
pub(crate) fn count(text: &str) -> Option<u32> {
    text.parse().ok().filter(|count| *count > 0)
}

/// Builds an event's `data`: members without a value are left out.
#[derive(Debug, Default)]
pub(crate) struct Data(Map<String, Value>);

impl Data {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// With a member, if there is a value.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), value.into());
        }
        self
    }

    pub(crate) fn build(self) -> Map<String, Value> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_without_an_offset_is_utc() {
        let millis = |text| utc(text).map(Timestamp::as_millis);
        assert_eq!(millis("2018-10-25 12:10:29"), Some(1_540_469_429_000));
        assert_eq!(millis("2018-10-25 12:10:29.500000"), Some(1_540_469_429_500));
        assert_eq!(millis("2018-10-25T14:10:29+02:00"), Some(1_540_469_429_000));
        assert_eq!(millis("1810251310"), None);
        assert_eq!(millis(""), None);
    }
}
