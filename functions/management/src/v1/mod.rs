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
pub(crate) mod portal;
pub(crate) mod portal_links;
pub(crate) mod replays;
pub(crate) mod sessions;
pub(crate) mod statistics;
pub(crate) mod undelivered;
pub(crate) mod workspace_deliveries;
pub(crate) mod workspaces;

pub(crate) use http_kit::{ABOUT_IF_MATCH as IF_MATCH, Answer};
