//! What becomes of a provider's request?
//! Incoming webhooks: verify, split, accept, keep, answer; and the replay of a received request.
//!
//! - [`receive_request`]: the steps of one request
//! - [`replay_request`]: the same steps again, for a request that is kept
//! - [`examine`]: from the raw request to its events; the only way by which a body becomes an event
//! - [`certificates`]: the certificates of SNS
//! - [`read_attachment`]: a file that came with a request

mod accept_events;
pub mod certificates;
mod event_data;
pub mod examine;
pub mod read_attachment;
pub mod receive_request;
pub mod receiving;
pub mod replay_request;
