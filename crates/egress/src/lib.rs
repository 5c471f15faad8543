//! How does Posthorn call addresses that customers chose?
//! The SSRF-guarded HTTP client: every request to a customer's URL goes through one [`Egress`], and obeys these rules:
//!
//! - A connection is made only to an address that the resolver has checked, and if one of a name's addresses
//!   may not be called the name is refused (`resolver.rs`). An address written as the host is never resolved,
//!   so the URL itself is checked again for every request.
//! - No redirect is followed, no proxy variable is read, no body is decompressed.
//! - Whatever the endpoint sends, only a bounded part of it is read and kept, and the request ends at its
//!   timeout (`client.rs`, `answer.rs`). Before it, informational responses (`1xx`) are limited, so that an
//!   endpoint that floods them cannot keep a thread from other tenants (`informational.rs`).
//! - A customer's failing endpoint is an [`Outcome`](domain::policy::outcome::Outcome), never an `Err`; its class is
//!   found in the types of the errors, never in their text (`classify.rs`).

mod answer;
mod classify;
mod client;
mod connector;
mod informational;
mod resolver;

pub use answer::{MAX_BODY_BYTES, MAX_HEADER_BYTES, MAX_HEADERS};
pub use client::{Egress, EgressError, Reply, Request};
pub use connector::CONNECT_TIMEOUT;
pub use informational::{MAX_INFORMATIONAL_BYTES, MAX_INFORMATIONAL_HEADS};
pub use resolver::{Lookup, LookupFuture};
