//! Which page of a list is asked for?
//! An extractor for cursor pagination: limit and cursors are checked here, and every other parameter is the filter's.

use std::str::FromStr;

use api::page::{Cursor, DEFAULT_LIMIT, NoFilter, PageQuery};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::problem::Problem;
use serde::de::DeserializeOwned;
use usecases::manage::listing::{Anchor, Rows};

use crate::error_response::ErrorResponse;
use crate::extract::query::{Pair, pairs, read};

/// A page of a list whose cursors stand for a `P`, filtered by `F`; of `DEFAULT` rows if the caller names no `limit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page<P, F = NoFilter, const DEFAULT: usize = DEFAULT_LIMIT> {
    /// Of which rows the list consists.
    pub filter: F,
    /// Which of them the page has.
    pub rows: Rows<P>,
}

impl<S: Sync, P: FromStr, F: DeserializeOwned, const DEFAULT: usize> FromRequestParts<S>
    for Page<P, F, DEFAULT>
{
    type Rejection = ErrorResponse;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ErrorResponse> {
        Ok(page(pairs(parts))?)
    }
}

fn page<'a, P: FromStr, F: DeserializeOwned, const DEFAULT: usize>(
    pairs: impl Iterator<Item = Pair<'a>>,
) -> Result<Page<P, F, DEFAULT>, Problem> {
    let (paging, filter): (Vec<_>, Vec<_>) =
        pairs.partition(|(name, _)| matches!(&**name, "limit" | "cursor" | "before"));
    let filter = read(filter.into_iter())?;
    let PageQuery { limit, cursor, before } = read(paging.into_iter())?;
    let anchor = match (cursor, before) {
        (None, None) => Anchor::First,
        (Some(cursor), None) => Anchor::After(boundary("cursor", &cursor)?),
        (None, Some(before)) => Anchor::UpTo(boundary("before", &before)?),
        (Some(_), Some(_)) => return Err(Problem::invalid("before", "cannot be combined with `cursor`")),
    };
    Ok(Page { filter, rows: Rows { anchor, limit: limit.map_or(DEFAULT, |limit| limit.rows()) } })
}

fn boundary<P: FromStr>(parameter: &str, cursor: &Cursor) -> Result<P, Problem> {
    cursor.position().ok_or_else(|| Problem::invalid(parameter, "is not a cursor returned by this list"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::workspaces::OfWorkspace;
    use domain::id::EventId;
    use domain::timestamp::Timestamp;

    fn asked(query: &str) -> Result<Page<EventId, OfWorkspace>, Problem> {
        page(form_urlencoded::parse(query.as_bytes()))
    }

    #[test]
    fn limit_and_cursor_are_checked_beside_the_filter() {
        let id = EventId::new(Timestamp::from_millis(1), 1);
        let cursor = serde_json::to_value(Cursor::at(&id)).unwrap();
        let cursor = cursor.as_str().unwrap();
        for (query, limit, anchor) in [
            ("", DEFAULT_LIMIT, Anchor::First),
            (&format!("limit=7&cursor={cursor}"), 7, Anchor::After(id)),
            (&format!("before={cursor}"), DEFAULT_LIMIT, Anchor::UpTo(id)),
        ] {
            let page = asked(query).unwrap();
            assert_eq!((page.rows, page.filter.workspace_id), (Rows { anchor, limit }, None), "{query}");
        }
        for (query, pointer) in [
            ("limit=251", "limit"),
            ("cursor=x", "cursor"),
            ("before=x", "before"),
            (&format!("cursor={cursor}&before={cursor}"), "before"),
            ("cursor=a&cursor=a", "cursor"),
            ("workspace_id=%20", "workspace_id"),
            ("event_type=a", "event_type"),
        ] {
            assert_eq!(asked(query).unwrap_err().errors()[0].pointer, pointer, "{query}");
        }
    }
}
