//! Which page of a list is asked for?
//! An extractor for cursor pagination: limit and cursor are checked here, and every other parameter is the filter's.

use std::str::FromStr;

use api::page::{DEFAULT_LIMIT, NoFilter, PageQuery};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::problem::Problem;
use serde::de::DeserializeOwned;

use crate::error_response::ErrorResponse;
use crate::extract::query::{Pair, pairs, read};

/// A page of a list whose cursors stand for a `P`, filtered by `F`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page<P, F = NoFilter> {
    /// Which rows of the list.
    pub filter: F,
    /// Where the page begins; at the beginning, if `None`.
    pub after: Option<P>,
    /// How many rows it may have.
    pub limit: usize,
}

impl<S: Sync, P: FromStr, F: DeserializeOwned> FromRequestParts<S> for Page<P, F> {
    type Rejection = ErrorResponse;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ErrorResponse> {
        Ok(page(pairs(parts))?)
    }
}

fn page<'a, P: FromStr, F: DeserializeOwned>(
    pairs: impl Iterator<Item = Pair<'a>>,
) -> Result<Page<P, F>, Problem> {
    let (paging, filter): (Vec<_>, Vec<_>) =
        pairs.partition(|(name, _)| matches!(&**name, "limit" | "cursor"));
    let filter = read(filter.into_iter())?;
    let PageQuery { limit, cursor } = read(paging.into_iter())?;
    let not_ours = || Problem::invalid("cursor", "is not a cursor returned by this API");
    let after = cursor.map(|cursor| cursor.position().ok_or_else(not_ours)).transpose()?;
    Ok(Page { filter, after, limit: limit.map_or(DEFAULT_LIMIT, |limit| limit.rows()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::page::Cursor;
    use api::workspaces::OfWorkspace;
    use domain::id::EventId;
    use domain::timestamp::Timestamp;

    fn asked(query: &str) -> Result<Page<EventId, OfWorkspace>, Problem> {
        page(form_urlencoded::parse(query.as_bytes()))
    }

    #[test]
    fn limit_and_cursor_are_checked_beside_the_filter() {
        let id = EventId::new(Timestamp::from_millis(1), 1);
        let cursor = serde_json::to_value(Cursor::after(&id)).unwrap();
        let page = asked(&format!("limit=7&cursor={}", cursor.as_str().unwrap())).unwrap();
        assert_eq!((page.limit, page.after, page.filter.workspace_id), (7, Some(id), None));
        assert_eq!(asked("").unwrap().limit, DEFAULT_LIMIT);
        for (query, pointer) in [
            ("limit=251", "limit"),
            ("cursor=x", "cursor"),
            ("cursor=a&cursor=a", "cursor"),
            ("workspace_id=%20", "workspace_id"),
            ("event_type=a", "event_type"),
        ] {
            assert_eq!(asked(query).unwrap_err().errors()[0].pointer, pointer, "{query}");
        }
    }
}
