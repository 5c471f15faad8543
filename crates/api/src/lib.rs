//! What does a caller of the public API send, and what is it answered?
//!
//! Data transfer objects (DTOs), one file a noun: serde types whose members stand in the order in which people read
//! them. They decide nothing and know no HTTP. A type that holds a payload keeps its JSON text, never a parsed value.
//!
//! - [`problem`]: a refusal, RFC 9457
//! - [`page`]: lists, their limit and their cursor
//! - [`workspaces`], [`api_keys`], [`endpoints`]: what is configured; [`sessions`], [`portal_links`], [`portal`]: how people
//!   get in
//! - [`events`], [`deliveries`], [`replays`], [`previews`], [`test_events`]: what is sent
//! - [`workspace_deliveries`]: the deliveries of all endpoints of a workspace
//! - [`verifications`]: why a signature is refused; [`explanations`]: why an endpoint got an event, or why not
//! - [`event_types`]: the catalogue
//! - [`rules`]: how events are routed
//! - [`actions`], [`invocations`]: what may be invoked, and what was
//! - [`audit`]: who changed what
//! - [`statistics`], [`jwks`], [`health`]: what is read besides
//! - `client` (a feature): a caller of the API
//! - `openapi` (a feature): schemas for the OpenAPI document; the doc comments of the shapes are its descriptions

pub mod actions;
pub mod api_keys;
pub mod audit;
#[cfg(feature = "client")]
pub mod client;
pub(crate) mod comma_list;
pub mod deliveries;
pub mod endpoints;
pub mod event_types;
pub mod events;
pub mod explanations;
pub(crate) mod flag;
pub mod health;
pub mod invocations;
pub mod jwks;
#[cfg(feature = "openapi")]
pub mod openapi;
pub mod page;
pub mod portal;
pub mod portal_links;
pub mod previews;
pub mod problem;
pub mod replays;
pub mod rules;
pub mod samples;
pub mod sessions;
pub mod sources;
pub mod statistics;
pub mod test_events;
pub mod verifications;
pub mod workspace_deliveries;
pub mod workspaces;
