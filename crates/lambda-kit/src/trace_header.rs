//! Which trace does a request belong to?

use axum::http::HeaderMap;
use domain::trace_parent::TraceParent;

/// The request's `traceparent`. One that is none is passed over, as the standard demands: it harms no event.
pub fn trace_parent(headers: &HeaderMap) -> Option<TraceParent> {
    headers.get("traceparent")?.to_str().ok()?.parse().ok()
}
