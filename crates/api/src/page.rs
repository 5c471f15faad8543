//! How are lists asked for and answered?
//! Cursor pagination both ways: `limit` and an opaque `cursor` or `before` in the query,
//! `{"data":[…],"next":…,"previous":…}` in the answer.

use std::fmt::Display;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize};

/// Rows of a page when the caller names no `limit`.
pub const DEFAULT_LIMIT: usize = 50;
/// Most rows of a page.
pub const MAX_LIMIT: usize = 250;

/// How many rows a page may have: 1 to [`MAX_LIMIT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Limit(usize);

/// A boundary between two pages: the `next` of the page before it, the `previous` of the page after it. Its content is
/// opaque.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
#[cfg_attr(feature = "openapi", schema(examples("ZXZ0XzAxTTdaMjk0S1cwN1YyU1hTWjJCVFpDQ0dT")))]
pub struct Cursor(String);

/// The parameters of every list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// The most rows of the page, 1 to 250; 50 if left out.
    pub limit: Option<Limit>,
    /// The `next` of the page before: the page that follows it. The first page if left out.
    pub cursor: Option<Cursor>,
    /// The `previous` of the page after: the page that precedes it. Cannot be combined with `cursor`.
    pub before: Option<Cursor>,
}

/// A list that cannot be filtered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct NoFilter {}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The rows of the page.
    pub data: Vec<T>,
    /// The `cursor` of the next page; `null` on the last page. A page may be short, even empty, and still have a next one.
    pub next: Option<Cursor>,
    /// The `before` of the previous page; `null` on the first page.
    pub previous: Option<Cursor>,
}

impl Limit {
    /// The number of rows.
    pub fn rows(self) -> usize {
        self.0
    }
}

impl FromStr for Limit {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("must be a whole number");
        }
        let rows = text.parse().ok().filter(|rows| (1..=MAX_LIMIT).contains(rows));
        rows.map(Self).ok_or("must be 1 to 250")
    }
}

/// From the text of a query parameter.
impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Cursor {
    /// The cursor of the boundary at `position`.
    pub fn at(position: &impl Display) -> Self {
        Self(URL_SAFE_NO_PAD.encode(position.to_string()))
    }

    /// The position it stands for; `None` if no list gave it.
    pub fn position<P: FromStr>(&self) -> Option<P> {
        let bytes = URL_SAFE_NO_PAD.decode(&self.0).ok()?;
        String::from_utf8(bytes).ok()?.parse().ok()
    }
}

impl<T> Page<T> {
    /// The page of `rows` between the boundaries `next` and `previous`.
    pub fn of<P: Display>(rows: impl IntoIterator<Item = T>, next: Option<P>, previous: Option<P>) -> Self {
        let cursor = |boundary: Option<P>| boundary.as_ref().map(Cursor::at);
        Self { data: rows.into_iter().collect(), next: cursor(next), previous: cursor(previous) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::EventId;
    use domain::timestamp::Timestamp;

    #[test]
    fn a_cursor_gives_back_the_position_it_was_made_of_and_nothing_else() {
        let id = EventId::new(Timestamp::from_millis(7), 7);
        assert_eq!(Cursor::at(&id).position(), Some(id));
        for text in ["", "x", "=", "bm8", "e30"] {
            assert_eq!(Cursor(text.to_owned()).position::<EventId>(), None, "{text}");
        }
    }

    #[test]
    fn a_limit_is_1_to_250() {
        for (text, limit) in
            [("1", Ok(1)), ("250", Ok(250)), ("0", Err(())), ("251", Err(())), ("1e1", Err(()))]
        {
            assert_eq!(text.parse::<Limit>().map(Limit::rows).map_err(|_| ()), limit, "{text}");
        }
        for text in ["", "ten", "+5", "-1"] {
            assert_eq!(text.parse::<Limit>(), Err("must be a whole number"), "{text}");
        }
        assert_eq!("9".repeat(99).parse::<Limit>(), Err("must be 1 to 250"));
    }
}
