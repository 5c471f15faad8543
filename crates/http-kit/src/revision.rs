//! Which revision of a resource is shown, and which one may be changed?
//! Optimistic locking over HTTP (RFC 9110, 13.1.1): answers carry the revision as `ETag`, a change names it in `If-Match`.

use axum::extract::FromRequestParts;
use axum::http::HeaderValue;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use domain::problem::Problem;

use crate::error_response::ErrorResponse;

/// What the API reference says of the header `If-Match`.
pub const ABOUT_IF_MATCH: &str = "The `ETag` of the revision that the change was made for. If it is not the current one, \
                                  nothing is changed.";

/// An answer that shows a resource, with the resource's revision.
#[derive(Debug, Clone, Copy)]
pub struct Revised<R> {
    /// Counts the changes of the resource.
    pub revision: u64,
    /// The answer.
    pub answer: R,
}

impl<R: IntoResponse> IntoResponse for Revised<R> {
    fn into_response(self) -> Response {
        let mut response = self.answer.into_response();
        // Digits in quotes are always a header's value.
        if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", self.revision)) {
            response.headers_mut().insert(ETAG, tag);
        }
        response
    }
}

/// The revisions that a change was made for, from the header `If-Match`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfMatch(Wanted);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    /// The header is not there, or `*`.
    Any,
    /// Tags that are no revision match nothing, so they are left out.
    Revisions(Vec<u64>),
}

impl IfMatch {
    /// Requires that the change was made for `revision`.
    ///
    /// # Errors
    /// [`Problem::PreconditionFailed`] when it was made for another.
    pub fn require(&self, revision: u64) -> Result<(), Problem> {
        match &self.0 {
            Wanted::Any => Ok(()),
            Wanted::Revisions(revisions) if revisions.contains(&revision) => Ok(()),
            Wanted::Revisions(_) => Err(Problem::PreconditionFailed),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ErrorResponse;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ErrorResponse> {
        Ok(Self(wanted(parts.headers.get_all(IF_MATCH).iter())))
    }
}

fn wanted<'a>(values: impl Iterator<Item = &'a HeaderValue>) -> Wanted {
    let mut revisions = None;
    for value in values {
        let tags = value.to_str().unwrap_or_default().split(',').map(str::trim);
        for tag in tags {
            if tag == "*" {
                return Wanted::Any;
            }
            let digits = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
            let revision: Option<u64> = digits.and_then(|digits| digits.parse().ok());
            revisions.get_or_insert_with(Vec::new).extend(revision);
        }
    }
    revisions.map_or(Wanted::Any, Wanted::Revisions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_for_the_revisions_it_names_and_without_the_header_for_any() {
        let allows = |values: &[&'static str], revision| {
            let values: Vec<_> = values.iter().map(|value| HeaderValue::from_static(value)).collect();
            IfMatch(wanted(values.iter())).require(revision).is_ok()
        };
        for (values, revision, allowed) in [
            (&[][..], 7, true),
            (&["*"], 7, true),
            (&["\"7\""], 7, true),
            (&["\"6\", \"7\""], 7, true),
            (&["\"6\"", "\"7\""], 7, true),
            (&["\"6\""], 7, false),
            (&["W/\"7\""], 7, false),
            (&["7"], 7, false),
            (&[""], 7, false),
        ] {
            assert_eq!(allows(values, revision), allowed, "{values:?}");
        }
    }
}
