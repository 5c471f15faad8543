//! How are query parameters read? Strictly: one that is unknown, given twice or out of bounds is refused by its name.
//! A serde deserializer over the pairs, whose error keeps what serde says as data, not as a text to be parsed.

use std::borrow::Cow;
use std::fmt;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::problem::Problem;
use serde::de::value::MapDeserializer;
use serde::de::{DeserializeOwned, Deserializer, Expected, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use crate::error_response::ErrorResponse;

/// The query parameters, all of them.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ErrorResponse;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ErrorResponse> {
        Ok(Self(read(pairs(parts))?))
    }
}

/// A parameter: its name and its value.
pub(crate) type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// The parameters of a request, decoded.
pub(crate) fn pairs(parts: &Parts) -> impl Iterator<Item = Pair<'_>> {
    form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
}

/// Reads parameters.
pub(crate) fn read<'a, T: DeserializeOwned>(pairs: impl Iterator<Item = Pair<'a>>) -> Result<T, Problem> {
    let pairs = pairs.map(|(name, value)| (name, Value(value)));
    serde_path_to_error::deserialize(MapDeserializer::new(pairs)).map_err(|error| {
        // The only path there is: the parameter's name.
        let name = error.path().to_string();
        match error.into_inner() {
            Mistake::Unknown(name) => Problem::UnknownField { pointer: name.clone(), field: name },
            Mistake::Twice(name) => Problem::invalid(name, "is given more than once"),
            Mistake::Missing(name) => Problem::invalid(name, "is required"),
            Mistake::Value(detail) => Problem::invalid(name, detail),
        }
    })
}

/// A parameter's value. All values are texts: a type that is read from a query parses one.
struct Value<'a>(Cow<'a, str>);

impl<'de> IntoDeserializer<'de, Mistake> for Value<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Value<'de> {
    type Error = Mistake;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match self.0 {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        visitor.visit_enum(self.0.into_deserializer())
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

/// What is wrong, as serde says it.
#[derive(Debug)]
enum Mistake {
    Unknown(String),
    Twice(&'static str),
    Missing(&'static str),
    Value(String),
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl std::error::Error for Mistake {}

impl serde::de::Error for Mistake {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Value(message.to_string())
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::Value(format!("must be {expected}"))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::Value(format!("must be {expected}"))
    }

    fn unknown_variant(_: &str, known: &'static [&'static str]) -> Self {
        let known: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
        let of = if known.len() > 2 { "one of " } else { "" };
        let between = if known.len() > 2 { ", " } else { " or " };
        Self::Value(format!("must be {of}{}", known.join(between)))
    }

    fn unknown_field(name: &str, _: &'static [&'static str]) -> Self {
        Self::Unknown(name.to_owned())
    }

    fn missing_field(name: &'static str) -> Self {
        Self::Missing(name)
    }

    fn duplicate_field(name: &'static str) -> Self {
        Self::Twice(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::deliveries::DeliveryQuery;
    use api::statistics::{StatisticsQuery, Step};
    use domain::delivery::DeliveryStatus;

    fn parsed<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
        read(form_urlencoded::parse(query.as_bytes()))
    }

    fn refusal(query: &str) -> (&'static str, String, String) {
        let problem = parsed::<DeliveryQuery>(query).unwrap_err();
        let error = problem.errors().remove(0);
        (problem.kind().code, error.pointer, error.detail)
    }

    #[test]
    fn parameters_are_decoded_and_those_left_out_take_their_default() {
        let query: DeliveryQuery =
            parsed("event_type=a.*%2Cb&since=2026-01-01T00%3A00%3A00%2B01%3A00").unwrap();
        assert_eq!(query.event_type.0.len(), 2);
        assert_eq!(query.since.map(|at| at.to_string()).as_deref(), Some("2025-12-31T23:00:00.000Z"));
        assert_eq!(parsed::<DeliveryQuery>("").unwrap(), DeliveryQuery::default());
        let query: DeliveryQuery = parsed("status=failed").unwrap();
        assert_eq!(query.status.0, [DeliveryStatus::Failed]);
        assert_eq!(parsed::<StatisticsQuery>("by=day").unwrap().by, Step::Day);
    }

    #[test]
    fn what_is_wrong_is_said_of_the_parameter_in_words_of_people() {
        for (query, code, pointer, detail) in [
            ("colour=red", "unknown_field", "colour", "unknown field `colour`"),
            ("limit=1&limit=1", "invalid_request", "limit", "is given more than once"),
            ("limit=ten", "invalid_request", "limit", "must be a whole number"),
            ("limit=0", "invalid_request", "limit", "must be 1 to 250"),
            (
                "since=x",
                "invalid_request",
                "since",
                "must be an RFC 3339 instant such as 2026-01-05T09:30:00Z",
            ),
            (
                "status=lost",
                "invalid_request",
                "status",
                "must be one of `pending`, `retrying`, `delivered`, `failed`, `parked`, `cancelled`",
            ),
        ] {
            assert_eq!(refusal(query), (code, pointer.to_owned(), detail.to_owned()), "{query}");
        }
        let problem = parsed::<StatisticsQuery>("by=week").unwrap_err();
        assert_eq!(problem.errors()[0].detail, "must be `hour` or `day`");
    }
}
