//! Which operations does the API have? Its own dialect, version 1, one file a noun.
//!
//! A handler translates: extractors read and bound the request, one use case decides, and a shape of `api` is the answer.

pub(crate) mod api_keys;
pub(crate) mod audit;
pub(crate) mod deleted_endpoints;
pub(crate) mod deliveries;
pub(crate) mod endpoints;
pub(crate) mod events;
pub(crate) mod explanations;
pub(crate) mod health;
pub(crate) mod jwks;
pub(crate) mod openapi;
pub(crate) mod received_requests;
pub(crate) mod replays;
pub(crate) mod sources;
pub(crate) mod statistics;
pub(crate) mod undelivered;
pub(crate) mod workspace_deliveries;
pub(crate) mod workspaces;

use http_kit::ErrorResponse;

/// What the API reference says of the header `If-Match`.
pub(crate) const IF_MATCH: &str = "The `ETag` of the revision that the change was made for. If it is not the current one, \
                                   nothing is changed.";

/// What a handler answers.
pub(crate) type Answer<T> = Result<T, ErrorResponse>;
