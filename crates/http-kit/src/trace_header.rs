//! Which trace does a request belong to?

use axum::http::HeaderMap;
use domain::trace_parent::TraceParent;

/// The request's `traceparent`. One that is none is passed over, as the standard demands, and so are several: it harms no
/// event.
pub fn trace_parent(headers: &HeaderMap) -> Option<TraceParent> {
    let mut values = headers.get_all("traceparent").iter();
    match (values.next(), values.next()) {
        (Some(only), None) => only.to_str().ok()?.parse().ok(),
        _ => None,
    }
}
