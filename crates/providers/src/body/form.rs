//! Which parameters does a form or a query have?
//! Percent-decoded pairs in their order (`application/x-www-form-urlencoded`, WHATWG URL), and as JSON.

use std::borrow::Cow;

use domain::source::received::Reason;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::adapter::Refusal;

/// Names with their values, in their order.
pub(crate) type Pairs<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

/// The pairs of a form or a query. A `+` is a space. Bytes that are not UTF-8 become U+FFFD.
pub(crate) fn pairs(text: &[u8]) -> Pairs<'_> {
    form_urlencoded::parse(text).collect()
}

/// Most parameters of a request whose signature is made of them one by one.
pub(crate) const MAX_PARAMS: usize = 2_000;

/// The pairs of a form or a query that are signed, before anything is verified.
///
/// # Errors
/// [`Reason::SignatureMalformed`] when there are more than [`MAX_PARAMS`].
pub(crate) fn signed_pairs(text: &[u8]) -> Result<Pairs<'_>, Refusal> {
    let pairs: Vec<_> = form_urlencoded::parse(text).take(MAX_PARAMS + 1).collect();
    if pairs.len() > MAX_PARAMS {
        let detail = format!("it has more than {MAX_PARAMS} parameters, which are signed");
        return Err(Refusal::new(Reason::SignatureMalformed, detail));
    }
    Ok(pairs)
}

/// The first value of a parameter.
pub(crate) fn first<'a>(pairs: &'a [(Cow<'_, str>, Cow<'_, str>)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_ref())
}

/// The parameters as a JSON object: a text each, or an array of texts for a name that comes several times.
pub(crate) fn object(pairs: &[(Cow<'_, str>, Cow<'_, str>)]) -> Map<String, Value> {
    let mut object = Map::new();
    for (name, value) in pairs {
        let value = Value::from(value.as_ref());
        match object.get_mut(name.as_ref()) {
            None => drop(object.insert(name.to_string(), value)),
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    object
}

/// The same as JSON text.
pub(crate) fn raw(pairs: &[(Cow<'_, str>, Cow<'_, str>)]) -> Box<RawValue> {
    crate::body::data::raw(&Value::Object(object(pairs)))
}
