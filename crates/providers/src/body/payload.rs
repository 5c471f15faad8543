//! What does a body say whose format is not known beforehand?
//! JSON, a form or a text, as a value to look into and as `raw`.

use serde_json::Value;
use serde_json::value::RawValue;

use crate::adapter::Refusal;
use crate::body::{data, form};
use crate::request::Request;

/// A body that was read.
#[derive(Debug)]
pub(crate) struct Payload {
    /// What it says: JSON as it is, a form as an object, any other text as a string.
    pub(crate) value: Value,
    /// The same as JSON, byte for byte where it is JSON.
    pub(crate) raw: Box<RawValue>,
}

impl Payload {
    fn of(value: Value) -> Self {
        let raw = data::raw(&value);
        Self { value, raw }
    }
}

/// Reads JSON.
///
/// # Errors
/// [`domain::source::received::Reason::BodyMalformed`].
pub(crate) fn json(body: &[u8]) -> Result<Payload, Refusal> {
    Ok(Payload { value: data::value(body)?, raw: data::json(body)? })
}

/// Reads JSON, or what the request's `Content-Type` says instead: a form, or a text such as XML.
///
/// # Errors
/// [`domain::source::received::Reason::BodyMalformed`] for a body that is said to be JSON, or of no type, and is not JSON,
/// and for one that is no UTF-8 text.
pub(crate) fn any(request: &Request<'_>) -> Result<Payload, Refusal> {
    if request.is_form() {
        return Ok(Payload::of(Value::Object(form::object(&form::pairs(request.body)))));
    }
    let read = json(request.body);
    let media_type = request.media_type();
    if read.is_ok() || media_type.is_empty() || media_type.to_ascii_lowercase().ends_with("json") {
        return read;
    }
    match std::str::from_utf8(request.body) {
        Ok(text) => Ok(Payload::of(Value::from(text))),
        Err(_) => Err(Refusal::malformed("its body is neither JSON nor UTF-8 text")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content_type: &str, body: &[u8]) -> Result<(Value, String), Refusal> {
        let headers = [("content-type".to_owned(), content_type.as_bytes().to_vec())];
        let headers = if content_type.is_empty() { &[][..] } else { &headers[..] };
        let request = Request { method: "POST", url: "https://example.com/in/x", headers, body };
        any(&request).map(|payload| (payload.value, payload.raw.get().to_owned()))
    }

    #[test]
    fn json_is_kept_byte_for_byte_whatever_the_type_says() {
        for content_type in ["", "application/json; charset=utf-8", "text/plain"] {
            let (value, raw) = read(content_type, b" {\"a\" : 1.50}\n").unwrap();
            assert_eq!((value["a"].as_f64(), raw.as_str()), (Some(1.5), "{\"a\" : 1.50}"), "{content_type}");
        }
    }

    #[test]
    fn a_form_becomes_an_object_and_a_text_a_string() {
        let (value, raw) = read("application/x-www-form-urlencoded", b"a=1&b=x+y&a=2").unwrap();
        assert_eq!(value, serde_json::json!({ "a": ["1", "2"], "b": "x y" }));
        assert_eq!(serde_json::from_str::<Value>(&raw).unwrap(), value);
        assert_eq!(read("application/xml", b"<a/>").unwrap().1, "\"<a/>\"");
    }

    #[test]
    fn what_is_said_to_be_json_must_be_json() {
        for (content_type, body) in [
            ("application/json", &b"<a/>"[..]),
            ("application/vnd.api+json", b"nope"),
            ("", b""),
            ("", b"<a/>"),
            ("application/xml", b"\xff"),
        ] {
            assert!(read(content_type, body).is_err(), "{content_type}");
        }
    }
}
