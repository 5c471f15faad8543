//! What do all HTTP functions share?
//!
//! Extractors that authenticate and bound what they take, and the middleware around every router. A handler names what
//! it needs as its arguments, in the order in which a request is judged: `Caller`, ids of the path, query, body.
//!
//! - [`http_api`]: the middleware: request id, log line, problem+json, panics; [`lambda`]: how they run in Lambda
//! - [`revision`]: `ETag` and `If-Match`
//! - [`error_response`]: a use case's error as an answer; [`created`]: the answer when something was made
//! - [`idempotency`]: the middleware that lets a POST be repeated under an `Idempotency-Key`
//! - [`extract`]: [`Caller`], [`Id`], [`Query`], [`Page`], [`Body`], [`OptionalBody`]
//! - [`strict_json`]: bodies; [`document`]: bodies that are settings
//! - [`mod@operations`]: the routes of a function, and their documentation
//! - [`shown`]: what several functions show
//! - [`api_key_header`], [`idempotency_key`], [`trace_header`]: headers

pub mod api_key_header;
pub mod created;
pub mod document;
pub mod error_response;
pub mod extract;
pub mod http_api;
pub mod idempotency;
pub mod idempotency_key;
pub mod lambda;
pub mod management;
pub mod operations;
pub mod revision;
mod serde_words;
pub mod shown;
pub mod strict_json;
pub mod trace_header;

pub use created::Created;
pub use document::Document;
pub use domain::access::api_key::Scope;
pub use domain::problem::Code;
pub use error_response::{Answer, ErrorResponse};
pub use extract::body::{Body, OptionalBody, read_body};
pub use extract::caller::Caller;
pub use extract::id::Id;
pub use extract::page::Page;
pub use extract::query::Query;
pub use idempotency::{InRequest, UnderClaim, idempotent};
pub use revision::{ABOUT_IF_MATCH, IfMatch, Revised};
