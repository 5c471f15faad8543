//! Which parameters does a request have, wherever they stand?
//! The members of a flat JSON object, or the pairs of a form or a query.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::adapter::Refusal;
use crate::body::form::MAX_PARAMS;
use crate::body::{data, form};
use crate::request::Request;

/// Names with their values, in their order.
pub(crate) struct Params<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> From<Vec<(Cow<'a, str>, Cow<'a, str>)>> for Params<'a> {
    fn from(pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>) -> Self {
        Self(pairs)
    }
}

/// Whether a body is a JSON object. A form does not begin with a brace: it is encoded.
pub(crate) fn is_json(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"{")
}

impl<'a> Params<'a> {
    /// Those of the body; of the query if there is no body. What a body is, is seen in it: no header says it.
    ///
    /// # Errors
    /// [`domain::source::received::Reason::BodyMalformed`] for a JSON object that is not flat, or names a member twice; as
    /// [`form::signed_pairs`] for more than [`MAX_PARAMS`].
    pub(crate) fn of(request: &Request<'a>) -> Result<Self, Refusal> {
        if is_json(request.body) {
            return data::json(request.body);
        }
        let text = if request.body.is_empty() { request.query().as_bytes() } else { request.body };
        form::signed_pairs(text).map(Self)
    }

    pub(crate) fn pairs(&self) -> &[(Cow<'a, str>, Cow<'a, str>)] {
        &self.0
    }

    /// The first value of a parameter, unless it is empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        form::first(&self.0, name).filter(|value| !value.is_empty())
    }
}

impl<'de> Deserialize<'de> for Params<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Params<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of texts and numbers")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Params<'de>, M::Error> {
        let (mut params, mut names) = (Vec::new(), HashSet::new());
        while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
            // Of two members with the same name, one reader might take the first and another the last.
            if !names.insert(name.clone()) {
                return Err(M::Error::custom("a member comes twice"));
            }
            let value = text_of(value).ok_or_else(|| M::Error::custom("a member is no text"))?;
            params.push((Cow::Owned(name), value));
            if params.len() > MAX_PARAMS {
                return Err(M::Error::custom("too many members"));
            }
        }
        Ok(Params(params))
    }
}

/// A text, or a number or truth value as it is written; `null` is empty.
fn text_of(raw: &RawValue) -> Option<Cow<'_, str>> {
    match raw.get().as_bytes() {
        b"null" => Some(Cow::Borrowed("")),
        [b'"', ..] => serde_json::from_str::<String>(raw.get()).ok().map(Cow::Owned),
        [b'{' | b'[', ..] => None,
        _ => Some(Cow::Borrowed(raw.get())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str, body: &str) -> Option<Vec<(String, String)>> {
        let request = Request { method: "POST", url, headers: &[], body: body.as_bytes() };
        let params = Params::of(&request).ok()?;
        let pairs = params.pairs().iter().map(|(name, value)| (name.to_string(), value.to_string()));
        Some(pairs.collect())
    }

    #[test]
    fn they_are_the_same_wherever_they_stand() {
        let expected = [("a", "1.50"), ("b", "x y"), ("c", "")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        assert_eq!(of("https://x.example/?a=1.50&b=x+y&c=", ""), Some(expected.clone()));
        assert_eq!(of("https://x.example/?d=1", "a=1.50&b=x+y&c="), Some(expected.clone()));
        assert_eq!(of("https://x.example/", "\n{\"a\":1.50,\"b\":\"x y\",\"c\":null}"), Some(expected));
    }

    #[test]
    fn there_are_not_more_than_can_be_signed() {
        let form = |count: usize| vec!["a=1"; count].join("&");
        let json = |count: usize| {
            let members: Vec<_> = (0..count).map(|number| format!("\"{number}\":1")).collect();
            format!("{{{}}}", members.join(","))
        };
        for body in [form(MAX_PARAMS), json(MAX_PARAMS)] {
            assert_eq!(of("https://x.example/", &body).map(|params| params.len()), Some(MAX_PARAMS));
        }
        for body in [form(MAX_PARAMS + 1), json(MAX_PARAMS + 1)] {
            assert_eq!(of("https://x.example/", &body), None);
        }
    }

    #[test]
    fn json_that_is_not_flat_is_refused() {
        for body in ["{", "{}x", r#"{"a":[]}"#, r#"{"a":{}}"#, r#"{"a":1,"a":1}"#, r#"{"a":1,"\u0061":2}"#] {
            assert_eq!(of("https://x.example/", body), None, "{body}");
        }
    }
}
