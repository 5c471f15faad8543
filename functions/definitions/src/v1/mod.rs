//! Which operations does the API have on what a workspace defines? Its own dialect, version 1, one file a noun.
//!
//! A handler translates: extractors read and bound the request, one use case decides, and a shape of `api` is the answer.

pub(crate) mod actions;
pub(crate) mod event_types;
pub(crate) mod received_requests;
pub(crate) mod rules;
pub(crate) mod sources;
