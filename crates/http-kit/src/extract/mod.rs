//! What does a handler take from a request? Extractors, each of which refuses with problem+json.

pub mod body;
pub mod caller;
pub mod id;
pub mod page;
pub mod query;
